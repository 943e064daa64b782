"""``livermetry rules check``: files of the user's beside the shipped ones; all that is wrong at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.cli.rule_files import rule_folders
from pipeline.cli.rule_rounds import find_all
from pipeline.errors import ConfigurationError, UsageError
from pipeline.rules import Catalogue, load_catalogue
from pipeline.rules.examples import check_example
from pipeline.rules.model import Word
from pipeline.rules.site_doubts import find_site_doubts
from pipeline.settings import configs_folder
from pipeline.writers.format import format_exact
from pipeline.yaml_file import YamlFile, read_yaml

EXIT_RIGHT, EXIT_WRONG = 0, 1
PLACES = {
    "rules": "rules/{name}",
    "inputs": "rules/inputs/{name}",
    "parameters": "rules/parameters.yaml",
    "sources": "rules/sources.yaml",
    "treatments": "rules/catalogue.yaml",
}
"""Where a file stands among the rules, by the key that it holds."""
SHAPE = "it holds neither rules, inputs, parameters, sources or treatments nor a profile nor a site's overrides"


@dataclass(frozen=True)
class _Given:
    """A file to check: what it is, and what it holds."""

    file: YamlFile
    kind: str

    @property
    def name(self) -> str:
        return self.file.path.with_suffix(".yaml").name


def check_text(paths: Sequence[Path]) -> tuple[list[str], int]:
    """Return what is wrong with files and folders, or that all is right, and the exit code.

    A file stands beside the shipped ones; one of the same name takes their place. Several are checked together.

    Raises
    ------
    UsageError
        When there is no such file.
    """
    folders = [path for path in paths if path.is_dir() and _is_whole(path)]
    files = [each for path in paths if path not in folders for each in _files_in(path)]
    lines: list[str] = []
    problems: list[str] = []
    for folder in folders:
        _check_folder(folder, lines, problems)
    problems += find_all(files, lambda given: _check_together(given, lines))
    if problems:
        count = len(dict.fromkeys(problems))
        return [*dict.fromkeys(problems), f"{count} {'problem' if count == 1 else 'problems'}"], EXIT_WRONG
    return lines, EXIT_RIGHT


def _check_together(paths: Sequence[Path], lines: list[str]) -> list[str]:
    """Return what is wrong with files; what is right goes to the lines."""
    given, problems = _read(paths)
    if given:
        _check_files(given, lines, problems)
    return problems


def _is_whole(folder: Path) -> bool:
    """Tell whether a folder holds a whole catalogue."""
    return any((each / "catalogue.yaml").is_file() for each in (folder, folder / "rules"))


def _files_in(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(each for pattern in ("*.yaml", "*.yml") for each in path.rglob(pattern) if each.is_file())
        if not found:
            raise UsageError(f"{path}: the folder holds no YAML file")
        return found
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    return [path]


def _read(paths: Sequence[Path]) -> tuple[list[_Given], list[str]]:
    """Return the files that can be read, and what is wrong with the others."""
    given: list[_Given] = []
    problems: list[str] = []
    for path in paths:
        try:
            file = read_yaml(path)
        except ConfigurationError as error:
            problems += error.problems
            continue
        kind = _kind_of(file)
        if kind is None:
            problems.append(file.problem(SHAPE))
        elif any(kind == other.kind and path.stem == other.file.path.stem for other in given):
            problems.append(file.problem("another file of this name is checked with it"))
        else:
            given.append(_Given(file, kind))
    return given, problems


def _kind_of(file: YamlFile) -> str | None:
    keys = set(file.value) if isinstance(file.value, dict) else set()
    if keys & {"site", "overrides"}:
        return "site"
    if {"name", "parameters"} <= keys or {"name", "statement"} <= keys:
        return "profile"
    return next((key for key in PLACES if key in keys), None)


def _check_folder(folder: Path, lines: list[str], problems: list[str]) -> None:
    """Check a whole catalogue."""
    rules, profiles = rule_folders(folder)
    try:
        catalogue = load_catalogue(rules, profiles)
    except ConfigurationError as error:
        problems += error.problems
        return
    wrong = [problem for path in sorted(rules.glob("*.yaml")) for problem in _run_examples(catalogue, read_yaml(path))]
    problems += wrong
    lines.append(f"{folder}: {_count(catalogue, {rule.id for rule in catalogue.rules})}: all right")


def _check_files(given: Sequence[_Given], lines: list[str], problems: list[str]) -> None:
    """Check files beside the shipped ones; each site file by itself."""
    sites = [each for each in given if each.kind == "site"]
    others = [each for each in given if each.kind != "site"]
    with TemporaryDirectory(prefix="livermetry-rules-") as folder:
        place = Path(folder)
        _lay_out(place, others)
        plain = _load(place, None, problems)
        own = {site.file.path: _load(place, site.file.path, problems) for site in sites}
    if plain is None:
        return
    problems += [each for one in others for each in _run_examples(plain, one.file)]
    lines += [f"{one.name}: {_count(plain, _ids_in(one.file))}: all right" for one in others]
    for path, catalogue in own.items():
        lines += [] if catalogue is None else _describe_site(catalogue, plain, path.name)


def _load(place: Path, site: Path | None, problems: list[str]) -> Catalogue | None:
    """Return the rules as they are laid out; None where they cannot be loaded, which is said."""
    try:
        return load_catalogue(place / "rules", place / "profiles", site)
    except ConfigurationError as error:
        problems += error.problems
        return None


def _lay_out(place: Path, given: Sequence[_Given]) -> None:
    """Copy the shipped files, and put those to check beside or in their place."""
    for name in ("rules", "profiles"):
        shutil.copytree(configs_folder() / name, place / name)
    for each in given:
        where = "profiles/{name}" if each.kind == "profile" else PLACES[each.kind]
        shipped = place / "rules" / each.name
        target = shipped if each.kind == "inputs" and shipped.is_file() else place / where.format(name=each.name)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(each.file.path, target)


def _ids_in(file: YamlFile) -> set[str]:
    return {id_ for _, id_ in _rules_in(file)}


def _rules_in(file: YamlFile) -> Iterator[tuple[int, str]]:
    """Yield place and id of each rule of a file."""
    held = file.value.get("rules") if isinstance(file.value, dict) else None
    for place, item in enumerate(held if isinstance(held, list) else ()):
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            yield place, str(item["id"])


def _run_examples(catalogue: Catalogue, file: YamlFile) -> Iterator[str]:
    """Yield a line for each example of a file's rules whose answer is another one."""
    rules = {rule.id: rule for rule in catalogue.rules}
    for place, id_ in _rules_in(file):
        for number, example in enumerate(rules[id_].examples):
            for wrong in check_example(catalogue, rules[id_], example):
                yield file.problem(f"{id_}, example {number + 1}: {wrong}", "rules", place, "examples", number)


def _count(catalogue: Catalogue, ids: set[str]) -> str:
    """Return how many rules and examples there are."""
    rules = [rule for rule in catalogue.rules if rule.id in ids]
    examples = sum(len(rule.examples) for rule in rules)
    if not rules:
        return "no rules of its own"
    return f"{len(rules)} {'rule' if len(rules) == 1 else 'rules'}, {examples} examples"


def _say(value: Word) -> str:
    return format_exact(value) if isinstance(value, float) else str(value).lower()


def _behind(unit: str) -> str:
    return f" {unit}" if unit not in ("", "1") else ""


def _describe_site(own: Catalogue, plain: Catalogue, name: str) -> list[str]:
    """Return what a site's thresholds change under each profile."""
    lines = [f"{name}: site {own.site}: all right"]
    for profile in own.profiles:
        for each, parameter in own.under(profile).parameters.items():
            if parameter.origin.startswith("site:"):
                was, unit = plain.under(profile).parameters[each].value, _behind(own.parameters[each].unit or "")
                lines.append(f"  {profile}: {each} {_say(was)} -> {_say(parameter.value)}{unit}; {parameter.origin}")
    doubts = (doubt for profile in own.profiles for doubt in find_site_doubts(own, profile))
    return [*lines, *(f"  warning: {doubt}" for doubt in dict.fromkeys(doubts))]
