"""Formulas, conventions and statements of the catalogue, as their files hold them, for ``livermetry rules show``."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.cli.terminal import wrap
from pipeline.settings import configs_folder
from pipeline.yaml_file import Plain, read_yaml

FILES = ("formulas.yaml", "conventions.yaml", "statements.yaml")


def find_entries() -> Iterator[tuple[str, list[str]]]:
    """Yield id and page of every entry of the files that are there."""
    for name in FILES:
        path = configs_folder() / name
        value = read_yaml(path).value if path.is_file() else None
        for held in value.values() if isinstance(value, dict) else ():
            yield from _entries_in(held)


def _entries_in(held: Plain) -> Iterator[tuple[str, list[str]]]:
    """Yield the entries of a list whose items have an id, or of a mapping by id."""
    if isinstance(held, list):
        for item in held:
            if isinstance(item, dict) and isinstance(item.get("id"), str):
                yield str(item["id"]), _describe(str(item["id"]), item)
    elif isinstance(held, dict):
        for id_, item in held.items():
            if isinstance(item, dict):
                yield id_, _describe(id_, item)


def _describe(id_: str, item: dict[str, Plain]) -> list[str]:
    lines = wrap(f"{id_}  {item.get('title', '')}".rstrip())
    for name, value in item.items():
        if name not in ("id", "title"):
            lines += wrap(f"{name.replace('_', ' ')}: {_say(value)}", "  ", 4)
    return lines


def _say(value: Plain) -> str:
    if isinstance(value, list):
        return ", ".join(_say(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{name} {_say(item)}" for name, item in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)
