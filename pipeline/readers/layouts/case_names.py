"""Mask files beside a DICOM series that are called by their case and a structure: ``PAT0071_liver``.

The case is what the images say (patient identifier, accession number) or their folder is called, or one name with a
number that stands before every mask of the study. Nothing else is cut off: ``no_liver`` stays unknown, and so does
``PAT0099_liver`` beside images of PAT0071: it is numbered in the same way and may be another patient's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import PurePosixPath

from pipeline.readers.layouts.cases import Case
from pipeline.readers.layouts.file_patterns import stem_of
from pipeline.readers.layouts.name_keys import generalize, normalize
from pipeline.structures import Role
from pipeline.study import Identity

SHORTEST = 2
"""Signs of a name that is taken for a case."""
CASE_DIGITS = 3
"""Digits in a row that make a case of a name that only the masks bear: fewer may be a margin, a dose or a part."""


def call_by_structure(case: Case, identity: Identity, folders: Iterable[str]) -> Case:
    """Return a case whose mask files are called by the structure alone, where their names hold the case too.

    Parameters
    ----------
    identity
        Of the images that the masks lie with.
    folders
        Names of the folders that hold this study.
    """
    stated = [identity.patient_id, identity.accession_number, *(each for each in folders if re.search(r"\d", each))]
    cases = {normalize(each) for each in stated if each}
    forms = {generalize(each) for each in cases}
    cases |= {each for each in _common_case(_names_of(case), case) if generalize(each) not in forms}
    cases = {each for each in cases if len(each) >= SHORTEST and case.naming.role_of_name(each) is None}
    structures = [(_cut(name, cases, case), path) for name, path in case.structures]
    found = {path: _cut(_name_of(path), cases, case) for path in case.unknown}
    known = {path: name for path, name in found.items() if case.naming.role_of_name(name) is not None}
    return replace(
        case,
        structures=tuple(sorted([*structures, *((name, path) for path, name in known.items())])),
        unknown=tuple(path for path in case.unknown if path not in known),
    )


def _name_of(path: PurePosixPath) -> str:
    return PurePosixPath(stem_of(path)).name


def _names_of(case: Case) -> list[str]:
    return [_name_of(path) for path in case.masks]


def _common_case(names: Sequence[str], case: Case) -> set[str]:
    """Return the name with a number of a case that every mask begins with; none of one that says what a mask is."""
    if len(names) < 2:
        return set()
    signs = zip(*(name.casefold() for name in names), strict=False)
    common = re.match(r"(.*)[_-]", "".join(each[0] for each in takewhile(lambda each: len(set(each)) == 1, signs)))
    if common is None or not re.search(rf"\d{{{CASE_DIGITS}}}", common[1]):
        return set()
    return set() if case.naming.words.contradicts(common[1], Role.IGNORED) else {normalize(common[1])}


def _cut(name: str, cases: Iterable[str], case: Case) -> str:
    """Return a name without the case before or after it; a name that is known as it is stays."""
    if case.naming.role_of_name(name) is not None:
        return name
    cut = [rest for each in sorted(cases) for rest in _without(name, each)]
    known = [rest for rest in cut if case.naming.role_of_name(rest) is not None]
    return next(iter([*known, *cut]), name)


def _without(name: str, case: str) -> Iterator[str]:
    """Yield what stands after a case and a separator, and what stands before them."""
    for sign in re.finditer(r"[_\-. ]", name):
        first, rest = name[: sign.start()], name[sign.end() :]
        if first and rest and normalize(first) == case:
            yield rest
        if first and rest and normalize(rest) == case and not _may_be_a_part(case):
            yield first


def _may_be_a_part(case: str) -> bool:
    """Tell whether a case is a short number: behind the name of a structure it may number it."""
    return case.isdecimal() and len(case) < CASE_DIGITS
