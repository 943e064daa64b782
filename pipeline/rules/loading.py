"""Load all rules and profiles, or refuse them with every problem of every file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from pipeline.rules.catalogue import Catalogue
from pipeline.rules.checks import Library, RuleInFile, check_rules
from pipeline.rules.files import Problems, digest_files, list_of, mapping_of, read_file, read_model
from pipeline.rules.given import Example
from pipeline.rules.model import InputSpec, ParameterSpec, Rule, Treatment
from pipeline.rules.ranges import check_ranges
from pipeline.rules.references import check_cycles, check_decided
from pipeline.rules.thresholds import profile_paths, read_profiles, read_site
from pipeline.rules.views import Views
from pipeline.yaml_file import YamlFile

CATALOGUE, INPUTS, PARAMETERS, SOURCES = "catalogue.yaml", "inputs.yaml", "parameters.yaml", "sources.yaml"
"""Files of the rules' folder that hold no rules."""
MORE_INPUTS = "inputs"
"""Folder beside them with further files like ``inputs.yaml``."""

_RULE_KEYS = {
    *Rule.model_fields,
    *Example.model_fields,
    *("all", "any", "not", "case", "of", "verdict", "rule", "class", "score", "parameter", "plus", "by", "cases"),
    *("input", "op", "threshold", "unit", "is", "any_of", "unknown", "first_known", "lowest_of", "highest_of"),
    *("bounded_above_by", "bounded_below_by", "times", "otherwise"),
}

ModelT = TypeVar("ModelT", bound=BaseModel)


def load_catalogue(rules: Path, profiles: Path, site: Path | None = None) -> Catalogue:
    """Return the catalogue in the two folders, with a site's own thresholds in their place.

    Parameters
    ----------
    rules
        Folder with ``catalogue.yaml``, ``inputs.yaml``, ``parameters.yaml``, ``sources.yaml`` and the rule files.
    profiles
        Folder with one file a profile.
    site
        A file that overrides single thresholds, or None.

    Raises
    ------
    ConfigurationError
        With all problems of all files, each as ``file:line: problem``.
    """
    problems = Problems()
    head = read_file(rules / CATALOGUE, problems)
    version, treatments = _read_head(head, problems)
    inputs = _read_inputs(rules, problems)
    parameters = _read_named(ParameterSpec, rules / PARAMETERS, "parameters", problems)
    sources = _read_sources(rules / SOURCES, problems)
    found = read_profiles(profiles, parameters, problems)
    own = read_site(site, parameters, found, problems) if site is not None else None
    held = _read_rules(rule_paths(rules), problems)
    check_rules(held, Library(treatments, inputs, parameters, sources, tuple(found)), problems)
    problems.raise_if_any()
    all_rules = tuple(one.rule for one in held)
    views = Views(found, all_rules, treatments, inputs, own)
    check_cycles(held, views, problems)
    if head is not None:
        check_decided(views, head, problems)
    check_ranges(held, views, site, problems)
    problems.raise_if_any()
    digest = digest_files([*catalogue_paths(rules, profiles), *([site] if site else [])])
    name = own.site if own else None
    return Catalogue(version, digest, all_rules, treatments, inputs, parameters, sources, found, name, views)


def catalogue_paths(rules: Path, profiles: Path) -> tuple[Path, ...]:
    """Return every file that a catalogue is loaded from, but a site's."""
    fixed = (rules / name for name in (CATALOGUE, PARAMETERS, SOURCES))
    return (*fixed, *_input_paths(rules), *rule_paths(rules), *profile_paths(profiles))


def _read_head(file: YamlFile | None, problems: Problems) -> tuple[str, tuple[Treatment, ...]]:
    """Return the catalogue's version and its treatments in the order of evaluation."""
    if file is None:
        return "", ()
    version = file.value.get("version") if isinstance(file.value, dict) else None
    if not isinstance(version, str):
        problems.add(file, 'expected `version: "..."`, a text in quotes', "version")
    treatments: list[Treatment] = []
    for place, value in enumerate(list_of(file, "treatments", problems)):
        one = read_model(Treatment, file, value, ("treatments", place), Treatment.model_fields, problems)
        if one is not None and one.id in {other.id for other in treatments}:
            problems.add(file, f"treatment {one.id} is given twice", "treatments", place)
        elif one is not None:
            treatments.append(one)
    return str(version), tuple(treatments)


def _read_named(model: type[ModelT], path: Path, key: str, problems: Problems) -> dict[str, ModelT]:
    file = read_file(path, problems)
    found: dict[str, ModelT] = {}
    for name, value in mapping_of(file, key, problems).items():
        one = read_model(model, file, value, (key, name), model.model_fields, problems) if file else None
        if one is not None:
            found[name] = one
    return found


def _input_paths(rules: Path) -> tuple[Path, ...]:
    """Return the files that declare inputs: ``inputs.yaml`` and those in the folder ``inputs``."""
    return (rules / INPUTS, *sorted((rules / MORE_INPUTS).glob("*.yaml")))


def _read_inputs(rules: Path, problems: Problems) -> dict[str, InputSpec]:
    found: dict[str, InputSpec] = {}
    for path in _input_paths(rules):
        for name, spec in _read_named(InputSpec, path, "inputs", problems).items():
            if name in found and (file := read_file(path, problems)) is not None:
                problems.add(file, f"input {name} is declared in another file too", "inputs", name)
            found.setdefault(name, spec)
    return found


def _read_sources(path: Path, problems: Problems) -> dict[str, str]:
    file = read_file(path, problems)
    found: dict[str, str] = {}
    for name, value in mapping_of(file, "sources", problems).items():
        if isinstance(value, str):
            found[name] = value
        elif file is not None:
            problems.add(file, f"{name}: expected a text", "sources", name)
    return found


def rule_paths(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder that hold rules."""
    fixed = {CATALOGUE, INPUTS, PARAMETERS, SOURCES}
    return tuple(path for path in sorted(folder.glob("*.yaml")) if path.name not in fixed)


def _read_rules(paths: Iterable[Path], problems: Problems) -> list[RuleInFile]:
    found: list[RuleInFile] = []
    for path in paths:
        file = read_file(path, problems)
        if file is not None:
            found += _read_rule_file(file, problems)
    return found


def _read_rule_file(file: YamlFile, problems: Problems) -> list[RuleInFile]:
    if isinstance(file.value, dict):
        for key in sorted(set(map(str, file.value)) - {"rules"}):
            problems.add(file, f"{key} is not known here; a rule file holds `rules`", key)
    found = []
    for place, value in enumerate(list_of(file, "rules", problems)):
        rule = read_model(Rule, file, value, ("rules", place), _RULE_KEYS, problems)
        if rule is not None:
            found.append(RuleInFile(rule, file, value, ("rules", place)))
    return found
