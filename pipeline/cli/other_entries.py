"""Formulas, conventions and statements of the catalogue, as their files hold them, for ``livermetry rules show``."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.cli.terminal import wrap
from pipeline.rules import Catalogue
from pipeline.rules.expressions import LESION
from pipeline.settings import configs_folder
from pipeline.yaml_file import Plain, read_yaml

FILES = ("formulas.yaml", "conventions.yaml", "statements.yaml")


def find_entries(catalogue: Catalogue) -> Iterator[tuple[str, list[str]]]:
    """Yield id and page of every entry of the files that are there."""
    for name in FILES:
        path = configs_folder() / name
        value = read_yaml(path).value if path.is_file() else None
        for held in value.values() if isinstance(value, dict) else ():
            yield from _entries_in(held, catalogue)


def _entries_in(held: Plain, catalogue: Catalogue) -> Iterator[tuple[str, list[str]]]:
    """Yield the entries of a list whose items have an id, or of a mapping by id."""
    if isinstance(held, list):
        for item in held:
            if isinstance(item, dict) and isinstance(item.get("id"), str):
                yield str(item["id"]), _describe(str(item["id"]), item, catalogue)
    elif isinstance(held, dict):
        for id_, item in held.items():
            if isinstance(item, dict):
                yield id_, _describe(id_, item, catalogue)


def _describe(id_: str, item: dict[str, Plain], catalogue: Catalogue) -> list[str]:
    lines = wrap(f"{id_}  {item.get('title') or _find_label(item, catalogue)}".rstrip())
    for name, value in item.items():
        if name not in ("id", "title", "sources"):
            lines += wrap(f"{name.replace('_', ' ')}: {_say(value)}", "  ", 4)
    sources = item.get("sources")
    for source in sources if isinstance(sources, list) else [] if sources is None else [sources]:
        known = catalogue.sources.get(str(source))
        lines += wrap(f"source: {source}{f': {known}' if known else ''}", "  ", 4)
    return lines


def _find_label(item: dict[str, Plain], catalogue: Catalogue) -> str:
    """Return what the quantities of a formula are called; empty where no rule reads them."""
    given = item.get("quantity")
    names = [str(name) for name in (given if isinstance(given, list) else [given])]
    found = [catalogue.inputs.get(name) or catalogue.inputs.get(f"{LESION}{name}") for name in names]
    label = ", ".join(dict.fromkeys(spec.label for spec in found if spec is not None))
    return label[:1].upper() + label[1:]


def _say(value: Plain) -> str:
    if isinstance(value, list):
        return ", ".join(_say(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{name} {_say(item)}" for name, item in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)
