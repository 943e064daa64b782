"""Strict reading of YAML: for every configuration file and clinical record, with the line of each value.

PyYAML keeps the last of two equal keys and reads ``no`` as false. Here repeated keys are problems, only ``true`` and
``false`` are truths, dates stay text unless quoted otherwise, and aliases (which can grow a file beyond memory) are
refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import yaml

from pipeline.errors import ConfigurationError

Place: TypeAlias = tuple[str | int, ...]
Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 50


if TYPE_CHECKING:
    from yaml import SafeLoader as _Loader
else:
    # libyaml's loader, where PyYAML was built with it: the same results, several times as fast
    _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_Loader):
    """SafeLoader whose truths are only ``true`` and ``false`` and which knows no dates."""


_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":", 1)[1] not in ("bool", "timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


class _TextLoader(_StrictLoader):
    """Loader that keeps every scalar as it is written, so that ``017``, ``1:30`` and ``1_000`` become no numbers."""


_TextLoader.yaml_implicit_resolvers = {
    first: kept
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if (kept := [each for each in resolvers if each[0] == "tag:yaml.org,2002:null"])
}


@dataclass(frozen=True)
class YamlFile:
    """The content of a YAML (or JSON) file, and the line on which each value stands."""

    path: Path
    value: Plain
    lines: Mapping[Place, int]

    def line(self, *place: str | int) -> int:
        """Return the line of a value, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, text: str, *place: str | int) -> str:
        """Return a problem of this file as one line: ``file:line: text``."""
        return f"{self.path.name}:{self.line(*place)}: {text}"


def read_yaml(path: Path) -> YamlFile:
    """Read a YAML file.

    Raises
    ------
    ConfigurationError
        When it cannot be read, is too large or too deep, uses aliases, or repeats keys (all of these at once).
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigurationError([f"{path.name}:1: larger than {MAX_BYTES // 1024 // 1024} MB"])
        return parse_yaml(path.read_text(encoding="utf-8-sig"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{path.name}:1: cannot be read: {say_cause(error)}"]) from None


def say_cause(error: Exception) -> str:
    """Return why a file cannot be read, in words and without its path."""
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    return "not text in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def parse_yaml(text: str, path: Path, *, as_text: bool = False) -> YamlFile:
    """Read YAML from a text; ``path`` names it in problems. Raises as ``read_yaml`` does.

    With ``as_text`` every scalar but null stays the text that was written.
    """
    loader = _TextLoader(text) if as_text else _StrictLoader(text)
    lines: dict[Place, int] = {}
    problems: list[str] = []
    try:
        _check_shape(text, path.name)
        node = loader.get_single_node()
        _collect(node, (), lines, problems, path.name)
        value = None if node is None or problems else loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ConfigurationError([f"{path.name}:{line}: not YAML: {getattr(error, 'problem', error)}"]) from None
    if problems:
        raise ConfigurationError(problems)
    return YamlFile(path, value, lines)


def _check_shape(text: str, name: str) -> None:
    """Refuse aliases and deep nesting before anything is built: the events come one by one, whatever the file holds."""
    depth = 0
    for event in yaml.parse(text, Loader=_StrictLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise ConfigurationError([f"{name}:{line}: aliases (*name) are not allowed"])
        if getattr(event, "tag", None):
            raise ConfigurationError([f"{name}:{line}: not YAML for a configuration: tags (!!name) are not allowed"])
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ConfigurationError([f"{name}:{line}: nested too deeply"])


def _collect(node: yaml.Node | None, place: Place, lines: dict[Place, int], problems: list[str], name: str) -> None:
    """Note the line of every value below a node, and its repeated keys."""
    if node is None:
        return
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            _collect(item, (*place, position), lines, problems, name)
    elif isinstance(node, yaml.MappingNode):
        _collect_mapping(node, place, lines, problems, name)


def _collect_mapping(
    node: yaml.MappingNode, place: Place, lines: dict[Place, int], problems: list[str], name: str
) -> None:
    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            problems.append(f"{name}:{line}: a key must be a word or a number")
            continue
        if key.value in seen:
            problems.append(f"{name}:{line}: {key.value} is given twice")
        seen.add(key.value)
        lines[(*place, key.value)] = line
        _collect(value, (*place, key.value), lines, problems, name)
