"""Loading of the named liver resections (``configs/resections.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import ConfigurationError
from pipeline.readers.clinical.spelling import fold_word
from pipeline.resection import Extent, NamedResection, Resections, role_of_segment
from pipeline.structures import Role
from pipeline.yaml_file import YamlFile, read_yaml

Number = Literal["1", "2", "3", "4", "4a", "4b", "5", "6", "7", "8"]


class _Resection(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    segments: list[Number] = Field(min_length=1)
    segment_1: Literal["stays", "removed"]
    synonyms: list[str]


Whole = Literal["1", "2", "3", "4", "5", "6", "7", "8"]


class _Extent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    minor_up_to: int = Field(ge=1)
    major_from: int = Field(ge=1)
    extended_from: int = Field(ge=1)


class _ResectionsFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    source: str
    resections: dict[str, _Resection]
    ambiguous: dict[str, list[str]]
    side_by_side: list[list[Whole]]
    extent: _Extent


def load_resections(path: Path) -> Resections:
    """Load the table of named resections.

    Raises
    ------
    ConfigurationError
        With every problem of the file: unknown keys or segments, a name or synonym used twice, segment 1 in the list of
        a resection that leaves it, or the other way round, two names for one set of segments.
    """
    file = read_yaml(path)
    try:
        parsed = _ResectionsFile.model_validate(file.value)
    except ValidationError as error:
        raise ConfigurationError(
            file.problem(f"{'.'.join(map(str, each['loc']))}: {each['msg']}", *each["loc"]) for each in error.errors()
        ) from None
    problems = [*_check_names(file, parsed), *_check_segments(file, parsed), *_check_extent(file, parsed)]
    if problems:
        raise ConfigurationError(problems)
    named = {name: _as_named(name, each) for name, each in parsed.resections.items()}
    ambiguous = {name: tuple(each) for name, each in parsed.ambiguous.items()}
    pairs = frozenset(frozenset(pair) for pair in parsed.side_by_side)
    return Resections(parsed.source, named, ambiguous, pairs, Extent(**parsed.extent.model_dump()))


def _as_named(name: str, each: _Resection) -> NamedResection:
    roles = tuple(role_of_segment(number) for number in each.segments)
    return NamedResection(name, roles, Role.SEGMENT_1 in roles, tuple(each.synonyms))


def _check_names(file: YamlFile, parsed: _ResectionsFile) -> Iterator[str]:
    """Yield a problem for each name that stands for two resections, and each reading that is none."""
    seen: set[str] = set()
    for name, each in parsed.resections.items():
        for text in (name, *each.synonyms):
            if fold_word(text) in seen:
                yield file.problem(f"{text} is used twice", "resections", name)
            seen.add(fold_word(text))
    for name, readings in parsed.ambiguous.items():
        if fold_word(name) in seen:
            yield file.problem(f"{name} is a resection and ambiguous", "ambiguous", name)
        if len(readings) < 2 or set(readings) - set(parsed.resections):
            yield file.problem(f"{name}: name two or more of the resections", "ambiguous", name)


def _check_segments(file: YamlFile, parsed: _ResectionsFile) -> Iterator[str]:
    """Yield a problem for each list that is at odds with itself or equal to another one."""
    lists: dict[frozenset[str], str] = {}
    for name, each in parsed.resections.items():
        numbers = frozenset(each.segments)
        if len(numbers) < len(each.segments) or {"4", "4a"} <= numbers or {"4", "4b"} <= numbers:
            yield file.problem(f"{name}: a segment is listed twice", "resections", name)
        if ("1" in numbers) != (each.segment_1 == "removed"):
            yield file.problem(f"{name}: segment_1 and the list of segments disagree", "resections", name)
        if numbers in lists:
            yield file.problem(f"{name}: the same segments as {lists[numbers]}", "resections", name)
        lists.setdefault(numbers, name)


def _check_extent(file: YamlFile, parsed: _ResectionsFile) -> Iterator[str]:
    """Yield a problem for pairs that are none, and for words of extent that are out of order."""
    for place, pair in enumerate(parsed.side_by_side):
        if len(set(pair)) != 2 or len(pair) != 2:
            yield file.problem("name two segments that lie side by side", "side_by_side", place)
    extent = parsed.extent
    if not extent.minor_up_to < extent.major_from <= extent.extended_from:
        yield file.problem("minor, major and extended must follow each other", "extent")
