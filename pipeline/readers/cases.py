"""Which NIfTI and NRRD files make one case: the file patterns of role files applied to paths.

A file matches by its path relative to some folder, without extension. ``{case}`` and ``{structure}`` are read from it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import PurePosixPath

from pipeline.readers.naming import GENERIC, Naming

SUFFIXES = (".seg.nrrd", ".nii.gz", ".nrrd", ".nii")


@dataclass(frozen=True)
class Case:
    """The files of one case; paths are relative to the input folder.

    Parameters
    ----------
    folder
        Where its patterns begin.
    name
        What ``{case}`` stood for, else the folder's name.
    structures
        Pairs of structure name and path.
    unknown
        Files that fit no pattern and may be masks of unknown name.
    image_named
        Whether the images fit a pattern of their own, not only ``*``.
    """

    naming: Naming
    folder: PurePosixPath
    name: str
    images: tuple[PurePosixPath, ...] = ()
    labels: tuple[PurePosixPath, ...] = ()
    structures: tuple[tuple[str, PurePosixPath], ...] = ()
    unknown: tuple[PurePosixPath, ...] = ()
    image_named: bool = True

    @property
    def masks(self) -> tuple[PurePosixPath, ...]:
        """Every file that is a mask."""
        return (*self.labels, *(path for _, path in self.structures), *self.unknown)

    @property
    def files(self) -> tuple[PurePosixPath, ...]:
        """Every file of the case."""
        return tuple(sorted({*self.images, *self.masks}))


@dataclass(frozen=True)
class Match:
    """How one file matches a pattern."""

    kind: str
    folder: PurePosixPath
    case: str = ""
    structure: str = ""
    catch_all: bool = False


@dataclass
class _Group:
    """Files of one folder and one case while they are gathered."""

    matches: list[tuple[PurePosixPath, Match]] = field(default_factory=list)

    def of(self, kind: str) -> list[tuple[PurePosixPath, Match]]:
        return [(path, match) for path, match in self.matches if match.kind == kind]


def is_volume_file(path: PurePosixPath) -> bool:
    """Tell by its name whether a file is NIfTI or NRRD."""
    return path.name.lower().endswith(SUFFIXES)


def stem_of(path: PurePosixPath) -> str:
    """Return a path without the extension of its format."""
    text = path.as_posix()
    suffix = next((each for each in SUFFIXES if text.lower().endswith(each)), "")
    return text[: len(text) - len(suffix)]


def find_cases(paths: Sequence[PurePosixPath], namings: Mapping[str, Naming], chosen: str | None) -> list[Case]:
    """Return the cases among NIfTI and NRRD files, by the chosen naming or by those whose patterns fit.

    A naming claims the files of a case when image and masks both fit its patterns; files that exactly one claims are
    read with it, all others with ``generic``. Files that a chosen naming has no pattern for are grouped by the patterns
    of ``generic``; what they hold is still looked up in the chosen one.
    """
    if chosen is not None:
        own = [case for case in _group_cases(paths, namings[chosen]) if case.images and case.masks]
        taken = {path for case in own for path in case.files}
        layout = replace(namings[chosen], files=namings.get(GENERIC, namings[chosen]).files)
        return own + _group_cases([path for path in paths if path not in taken], layout)
    claims: dict[PurePosixPath, list[Case]] = defaultdict(list)
    for name in sorted(set(namings) - {GENERIC}):
        for case in _complete_folders(_group_cases(paths, namings[name])):
            for path in case.files:
                claims[path].append(case)
    single = {id(case): case for path, cases in claims.items() for case in cases}
    cases = [case for case in single.values() if all(len(claims[path]) == 1 for path in case.files)]
    taken = {path for case in cases for path in case.files}
    rest = [path for path in paths if path not in taken]
    if GENERIC in namings:
        cases += _group_cases(rest, namings[GENERIC])
    return sorted(cases, key=lambda case: (case.folder.as_posix(), case.name))


def _complete_folders(cases: Sequence[Case]) -> list[Case]:
    """Return the cases of folders where at least one has both image and masks, the incomplete ones there included."""
    folders = {case.folder for case in cases if case.images and case.masks and not case.unknown}
    return [case for case in cases if case.folder in folders and not case.unknown]


def _group_cases(paths: Iterable[PurePosixPath], naming: Naming) -> list[Case]:
    groups: dict[tuple[PurePosixPath, str], _Group] = defaultdict(_Group)
    for path in paths:
        match = match_file(path, naming)
        if match is not None:
            groups[match.folder, match.case].matches.append((path, match))
    _merge_single_images(groups)
    return [_build_case(folder, case, group, naming) for (folder, case), group in groups.items()]


def _merge_single_images(groups: dict[tuple[PurePosixPath, str], _Group]) -> None:
    """Join the groups of a folder that holds one image in all: every mask there belongs to it."""
    for folder in {folder for folder, _ in groups}:
        keys = sorted(key for key in groups if key[0] == folder)
        images = [key for key in keys for path, match in groups[key].of("image") if not match.catch_all]
        images = images or [key for key in keys for path, match in groups[key].of("image")]
        if len(images) == 1 and len(keys) > 1:
            for key in keys:
                if key != images[0]:
                    groups[images[0]].matches += groups.pop(key).matches


def _build_case(folder: PurePosixPath, case: str, group: _Group, naming: Naming) -> Case:
    """Return a case; where an image is named as such, other files of no known name may be masks."""
    images = group.of("image")
    named = [path for path, match in images if not match.catch_all]
    others = [path for path, match in images if match.catch_all]
    structures = [(match.structure, path) for path, match in group.of("structure")]
    return Case(
        naming,
        folder,
        case or folder.name or "study",
        tuple(named or others),
        tuple(path for path, _ in group.of("labels")),
        tuple(sorted(structures)),
        tuple(others if named else ()),
        bool(named),
    )


def match_file(path: PurePosixPath, naming: Naming) -> Match | None:
    """Return how a file fits a naming: structures of known name first, then label maps, then images.

    In a folder that holds structures by pattern (``masks/{structure}``), a name that is not known fits too.
    """
    stem = stem_of(path)
    unnamed: Match | None = None
    for pattern in sorted(naming.files.structure, key=_shallowness):
        for match in _matches(stem, pattern, "structure"):
            if naming.role_of_name(match.structure) is not None:
                return match
            if "/" in pattern and unnamed is None:
                unnamed = match
    patterns = [("labels", each) for each in naming.files.labels] + [("image", each) for each in naming.files.image]
    loose = [(kind, pattern) for kind, pattern in patterns if "*" in pattern]
    exact = [(kind, pattern) for kind, pattern in patterns if "*" not in pattern]
    found = _first_match(stem, exact) or unnamed
    return found or _first_match(stem, loose)


def _shallowness(pattern: str) -> int:
    """Return the sorting key of patterns: ``masks/{structure}`` before ``{structure}``, which fits its files too."""
    return -pattern.count("/")


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
            found.append(Match(kind, folder, groups.get("case", ""), groups.get("structure", ""), pattern == "*"))
    return found


@cache
def _expressions(pattern: str) -> tuple[re.Pattern[str], ...]:
    """Return a pattern as expressions; with a case before a structure, one for each way to divide their names."""
    greedy = [r"(?P<structure>[^/]+)"]
    if "{case}" in pattern and "{structure}" in pattern:
        greedy = [rf"(?P<structure>[^/_\-]+(?:[_\-][^/_\-]+){{{count}}})" for count in range(5, -1, -1)]
    found = []
    for structure in greedy:
        text = re.escape(pattern).replace(r"\*", "[^/]*").replace(r"\{case\}", "(?P<case>[^/]+?)")
        found.append(re.compile(text.replace(r"\{structure\}", structure), re.IGNORECASE))
    return tuple(found)
