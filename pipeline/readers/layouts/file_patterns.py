"""How one NIfTI or NRRD file fits the file patterns of a role file.

A file matches by its path relative to some folder, without extension. ``{case}`` and ``{structure}`` are read from it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import PurePosixPath

from pipeline.readers.layouts.naming import Naming

SUFFIXES = (".seg.nrrd", ".nii.gz", ".nrrd", ".nhdr", ".nii", ".hdr", ".mha", ".mhd")


@dataclass(frozen=True)
class Match:
    """How one file matches a pattern.

    Parameters
    ----------
    kind
        ``image``, ``channel``, ``labels``, ``structure``, or ``unknown`` for what may be a mask of no known name.
    folder
        Where the pattern begins.
    """

    kind: str
    folder: PurePosixPath
    case: str = ""
    structure: str = ""
    catch_all: bool = False


def is_volume_file(path: PurePosixPath) -> bool:
    """Tell by its name whether a file is NIfTI, NRRD or MetaImage."""
    return path.name.lower().endswith(SUFFIXES)


def stem_of(path: PurePosixPath) -> str:
    """Return a path without the extension of its format."""
    text = path.as_posix()
    suffix = next((each for each in SUFFIXES if text.lower().endswith(each)), "")
    return text[: len(text) - len(suffix)]


def case_key(case: str) -> str:
    """Return the name of a case for comparison: in lower case, its numbers without leading zeros."""
    return re.sub(r"0*(\d+)", r"\1", case.casefold())


def match_file(
    path: PurePosixPath, naming: Naming, image_cases: Mapping[PurePosixPath, Collection[str]]
) -> Match | None:
    """Return how a file fits a naming: structures of known name first, then label maps, then images.

    In a folder that holds structures by pattern (``masks/{structure}``), a name that is not known fits too.

    Parameters
    ----------
    image_cases
        The cases that images of each folder name (``case_key``). ``no_tumor`` is no tumor of a case called ``no``: what
        stands before the name of a structure is a case only where an image is called by it too.
    """
    stem = stem_of(path)
    unnamed: Match | None = None
    foreign: Match | None = None
    for match, pattern in _structure_matches(stem, naming):
        if naming.role_of_name(match.structure) is None:
            unnamed = unnamed or (match if "/" in pattern else None)
        elif not match.case or case_key(match.case) in image_cases.get(match.folder, ()):
            return match
        else:
            foreign = foreign or replace(match, kind="unknown")
    if foreign is not None:
        return unnamed or foreign
    patterns = [("labels", each) for each in naming.files.labels] + [("image", each) for each in naming.files.image]
    patterns += [("channel", each) for each in naming.files.channels]
    loose = [(kind, pattern) for kind, pattern in patterns if "*" in pattern]
    exact = [(kind, pattern) for kind, pattern in patterns if "*" not in pattern]
    found = _first_match(stem, exact) or unnamed
    return found or _first_match(stem, loose)


def fits_pattern(path: PurePosixPath, pattern: str) -> bool:
    """Tell whether a file fits one pattern, wherever that begins."""
    return bool(_matches(stem_of(path), pattern, "any"))


def possible_cases(path: PurePosixPath, naming: Naming) -> Iterator[tuple[PurePosixPath, str]]:
    """Yield the folder and name of every case that a file may be a mask of, by its name."""
    stem = stem_of(path)
    for match, _ in _structure_matches(stem, naming):
        if match.case and naming.role_of_name(match.structure) is not None:
            yield match.folder, match.case
    for pattern in naming.files.labels:
        for match in _matches(stem, pattern, "labels"):
            if match.case:
                yield match.folder, match.case


def _structure_matches(stem: str, naming: Naming) -> Iterator[tuple[Match, str]]:
    """Yield every match of a structure pattern: ``masks/{structure}`` before ``{structure}``, which fits too."""
    for pattern in sorted(naming.files.structure, key=lambda pattern: -pattern.count("/")):
        for match in _matches(stem, pattern, "structure"):
            yield match, pattern


def _first_match(stem: str, patterns: Iterable[tuple[str, str]]) -> Match | None:
    return next((match for kind, pattern in patterns for match in _matches(stem, pattern, kind)), None)


def _matches(stem: str, pattern: str, kind: str) -> list[Match]:
    """Return every way a path fits a pattern: a case name may end at any underscore."""
    depth = pattern.count("/") + 1
    parts = PurePosixPath(stem).parts
    if len(parts) < depth:
        return []
    folder, tail = PurePosixPath(*parts[:-depth]), "/".join(parts[-depth:])
    found = []
    for expression in _expressions(pattern):
        match = expression.fullmatch(tail)
        if match:
            groups = match.groupdict()
            case = "_".join(part for part in (groups.get("case"), groups.get("session")) if part)
            found.append(Match(kind, folder, case, groups.get("structure", ""), pattern == "*"))
    return found


@cache
def _expressions(pattern: str) -> tuple[re.Pattern[str], ...]:
    """Return a pattern as expressions; with a case before a structure, one for each way to divide their names."""
    greedy = [r"(?P<structure>[^/]+)"]
    if "{case}" in pattern and "{structure}" in pattern:
        greedy = [rf"(?P<structure>[^/_\-]+(?:[_\-][^/_\-]+){{{count}}})" for count in range(5, -1, -1)]
    found = []
    for structure in greedy:
        text = re.escape(pattern).replace(r"\*", "[^/]*").replace(r"\{structure\}", structure)
        for name in ("case", "session"):
            text = _group_once(text, name)
        found.append(re.compile(text, re.IGNORECASE))
    return tuple(found)


def _group_once(text: str, name: str) -> str:
    """Return an expression whose first ``{name}`` is a group, and every further one the same text again."""
    first, *others = text.split(rf"\{{{name}\}}")
    if not others:
        return text
    return f"{first}(?P<{name}>[^/]+?)" + f"(?P={name})".join(others)
