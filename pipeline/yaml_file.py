"""Strict reading of YAML: for every configuration file and clinical record, with the line of each value.

PyYAML keeps the last of two equal keys and reads ``no`` as false. Here repeated keys are problems, only ``true`` and
``false`` are truths, dates stay text unless quoted otherwise, and aliases (which can grow a file beyond memory) are
refused. Merge keys (``<<``) are words like others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

import yaml

from pipeline.errors import ConfigurationError

Place: TypeAlias = tuple[str | int, ...]
Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 50
PLAIN_NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]?\.(?:inf|nan)", re.IGNORECASE)
"""How a number is written here: never ``017`` (15 in YAML), ``1:30`` (90) or ``0x1F``."""


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
    builder = _Builder(_TextLoader(text) if as_text else _StrictLoader(text), path.name)
    try:
        value = builder.build_document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ConfigurationError([f"{path.name}:{line}: not YAML: {getattr(error, 'problem', error)}"]) from None
    if builder.problems:
        raise ConfigurationError(builder.problems)
    return YamlFile(path, value, builder.lines)


class _Builder:
    """Builds the content of a file from the events of its parser, one by one, whatever the file holds.

    Aliases, tags and deep nesting are refused where they are met, before anything is made of them.
    """

    def __init__(self, loader: _Loader, name: str) -> None:
        self.lines: dict[Place, int] = {}
        self.problems: list[str] = []
        self._loader, self._name = loader, name
        self._scalars: dict[str, Plain] = {}

    def build_document(self) -> Plain:
        """Return the content of the only document; None of an empty file."""
        event, value = self._next(), None
        while not isinstance(event, yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                if self.lines:
                    raise self._refuse(event, "not YAML: but found another document")
                first = self._next()
                self.lines[()] = _line_of(first)
                value = self._build(first, (), 0)
            event = self._next()
        return value

    def _next(self) -> yaml.Event:
        event: yaml.Event = self._loader.get_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.NodeEvent):
            if isinstance(event, yaml.AliasEvent):
                raise self._refuse(event, "aliases (*name) are not allowed")
            if getattr(event, "tag", None):
                raise self._refuse(event, "not YAML for a configuration: tags (!!name) are not allowed")
        return event

    def _refuse(self, event: yaml.Event, text: str) -> ConfigurationError:
        return ConfigurationError([f"{self._name}:{_line_of(event)}: {text}"])

    def _build(self, event: yaml.Event, place: Place, depth: int) -> Plain:
        """Return the value that begins with an event; the line of every value below it is noted."""
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if depth == MAX_DEPTH:
            raise self._refuse(event, "nested too deeply")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place, depth + 1)
        items: list[Plain] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            inner = (*place, len(items))
            self.lines.setdefault(inner, _line_of(event))
            items.append(self._build(event, inner, depth + 1))
        return items

    def _mapping(self, place: Place, depth: int) -> Plain:
        found: dict[str, Plain] = {}
        seen: set[str] = set()
        while not isinstance(key := self._next(), yaml.MappingEndEvent):
            line = _line_of(key)
            if not isinstance(key, yaml.ScalarEvent):
                self.problems.append(f"{self._name}:{line}: a key must be a word or a number")
                for event in (key, None):
                    self._build(event or self._next(), (*place, ""), depth)
                continue
            word = str(key.value)
            if word in seen:
                self.problems.append(f"{self._name}:{line}: {word} is given twice")
            seen.add(word)
            inner = (*place, word)
            self.lines[inner] = line
            found[cast("str", self._scalar(key))] = self._build(self._next(), inner, depth)
        return found

    def _scalar(self, event: yaml.ScalarEvent) -> Plain:
        """Return a word or number; what is quoted, or begins unlike every number, stays as it is written."""
        text: str = event.value
        if not event.implicit[0] or text[:1] not in self._loader.yaml_implicit_resolvers:
            return text
        if text not in self._scalars:
            self._scalars[text] = self._resolve(text, event)
        return self._scalars[text]

    def _resolve(self, text: str, event: yaml.ScalarEvent) -> Plain:
        tag: str = self._loader.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
        make: dict[str, Callable[[yaml.ScalarNode], Plain]] = {
            "null": _nothing,
            "bool": self._loader.construct_yaml_bool,
            "int": self._loader.construct_yaml_int,
            "float": self._loader.construct_yaml_float,
        }
        kind = tag.rsplit(":", 1)[1]
        if kind not in make:
            return text
        if kind in ("int", "float") and not PLAIN_NUMBER.fullmatch(text):
            self.problems.append(
                f"{self._name}:{_line_of(event)}: {text[:20]} is not a plain decimal number; write it out, "
                "or put it in quotes where a text is meant"
            )
        try:
            return make[kind](yaml.ScalarNode(tag, text))
        except ValueError:
            raise self._refuse(event, "not YAML: not a number") from None


def _nothing(node: yaml.ScalarNode) -> None:
    """Return what an empty value and ``null`` stand for."""


def _line_of(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark else 1
