"""Turn configuration files into models, and each fault into a line: file, line, what is wrong, nearest name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipeline.errors import ConfigurationError
from pipeline.yaml_file import Place, Plain, YamlFile, read_yaml

ModelT = TypeVar("ModelT", bound=BaseModel)
PATTERN_WORDS = {
    "confidence": "is one of V, V-, K, U, E, or several of them joined by ' / '",
    "id": "begins with a capital letter and has letters and digits in parts joined by '-', such as ABL-01",
}
"""How a text of a form is written, by its key."""
MOST_NEAR = 3
"""Names that are offered for one that is not known."""
LEAST_START = 3
"""Letters that a name must have to be taken as the start of another one."""
AS_NEAR = 0.03
"""Difference of likeness (0 to 1) up to which a name is as near as the nearest one."""
UNIT_ENDINGS = frozenset({"mm", "ml", "percent", "g", "gy", "kg", "days", "weeks", "months", "years", "points"})


@dataclass
class Problems:
    """Problems found so far; collected so that one run of the loader names all of them."""

    lines: list[str] = field(default_factory=list)

    def add(self, file: YamlFile, text: str, *place: str | int) -> None:
        """Add a problem at a place in a file."""
        self.lines.append(file.problem(text, *place))

    def raise_if_any(self) -> None:
        """Raise all problems, ordered by file and line, each once."""
        if self.lines:
            raise ConfigurationError(sorted(set(self.lines), key=_order))


def _order(problem: str) -> tuple[str, int, str]:
    name, line, text = problem.split(":", 2)
    return name, int(line) if line.isdigit() else 0, text


def read_file(path: Path, problems: Problems) -> YamlFile | None:
    """Return a file's content, or None with its problems added."""
    try:
        return read_yaml(path)
    except ConfigurationError as error:
        problems.lines += error.problems
        return None


def read_model(
    model: type[ModelT], file: YamlFile, value: Plain, place: Place, known: Collection[str], problems: Problems
) -> ModelT | None:
    """Return a part of a file as a model, or None with its problems added.

    Parameters
    ----------
    known
        Names of keys to suggest for one that is not known.
    """
    try:
        return model.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        for at, text in _group(error.errors(), value, known).items():
            name = f"{at[-1]}: " if at and isinstance(at[-1], str) and "known here" not in text else ""
            problems.add(file, name + text, *place, *at)
        return None


def _group(errors: Iterable[ErrorDetails], value: Plain, known: Collection[str]) -> dict[Place, str]:
    """Return one text for each place; what several readings of one value have against it is joined."""
    found: dict[Place, list[str]] = {}
    for error in errors:
        if error["type"] == "too_short" and value_at(value, error["loc"]):
            continue
        place = _place_of(error["loc"], value)
        text = _describe(error, known)
        if text not in found.setdefault(place, []):
            found[place].append(text)
    return {place: " or ".join(texts) for place, texts in found.items()}


def value_at(value: Plain, place: Place) -> Plain:
    """Return what stands at a place of a value; None where there is nothing."""
    for part in place:
        if isinstance(value, dict) and isinstance(part, str):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


class _Nothing:
    """Stands for a part of a location that is not in the file."""


def _place_of(location: tuple[int | str, ...], value: Plain) -> Place:
    """Return the part of an error's location that exists in the file: names of models in between are left out."""
    place: list[str | int] = []
    for part in location:
        inner: Plain | _Nothing = _Nothing()
        if isinstance(value, dict) and isinstance(part, str):
            inner = value.get(part, inner)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            inner = value[part]
        if not isinstance(inner, _Nothing):
            value = inner
            place.append(part)
    return tuple(place)


def _describe(error: ErrorDetails, known: Collection[str]) -> str:
    name = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        return f"{name} is not known here{suggest(name, known)}"
    if error["type"] == "missing":
        return f"{name} is missing"
    if error["type"] in ("model_type", "model_attributes_type", "dict_type"):
        return "should be a mapping"
    if error["type"] == "string_pattern_mismatch":
        return PATTERN_WORDS.get(name, "is not written in the form that is asked for here")
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{message[:1].lower()}{message[1:]}"


def suggest(name: str, known: Collection[str]) -> str:
    """Return the nearest known names, up to three, as the end of a sentence, or nothing."""
    near = find_nearest(name, known)
    if len(near) > 1:
        return f"; the nearest known names are {', '.join(near)}"
    return f"; the nearest known name is {near[0]}" if near else ""


def find_nearest(name: str, known: Collection[str]) -> list[str]:
    """Return up to three known names: those that go on where a name ends, else those that are spelled most alike.

    Of those that go on the shortest comes first, and one that lacks nothing but its unit before others of its length.
    """
    names = sorted(known) if isinstance(known, set | frozenset) else list(known)
    longer = [each for each in names if each.startswith(name) and len(name) >= LEAST_START]
    if longer:
        return sorted(longer, key=lambda each: _rank(each.removeprefix(name)))[:MOST_NEAR]
    alike = get_close_matches(name, names, n=MOST_NEAR, cutoff=0.5)
    ratios = [SequenceMatcher(None, each, name).ratio() for each in alike]
    return [each for each, ratio in zip(alike, ratios, strict=True) if ratio >= ratios[0] - AS_NEAR]


def _rank(rest: str) -> tuple[int, bool]:
    return rest.count("_"), rest.removeprefix("_") not in UNIT_ENDINGS


def find_mention(value: Plain, text: str, place: Place = ()) -> Place:
    """Return where a word first stands in a part of a file, as a value or as a key; else the part itself."""
    return next(_mentions(value, text, place), place)


def _mentions(value: Plain, text: str, place: Place) -> Iterator[Place]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == text:
                yield (*place, key)
            yield from _mentions(item, text, (*place, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _mentions(item, text, (*place, position))
    elif value == text:
        yield place


def mapping_of(file: YamlFile | None, key: str, problems: Problems) -> Mapping[str, Plain]:
    """Return the mapping under a key, or an empty one with the problem added."""
    if file is None:
        return {}
    value = file.value.get(key) if isinstance(file.value, dict) else None
    if isinstance(value, dict):
        return value
    problems.add(file, f"expected a mapping under `{key}`")
    return {}


def list_of(file: YamlFile | None, key: str, problems: Problems) -> list[Plain]:
    """Return the list under a key, or an empty one with the problem added."""
    if file is None:
        return []
    value = file.value.get(key) if isinstance(file.value, dict) else None
    if isinstance(value, list):
        return value
    problems.add(file, f"expected a list under `{key}`")
    return []


def digest_files(paths: Iterable[Path]) -> str:
    """Return the digest of the files' names and contents."""
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda path: (path.parent.name, path.name)):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
