"""Which files of a folder make one case: by the case that their names say, and by what they leave open."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TypeAlias

from pipeline.readers.layouts.file_patterns import Match, case_key, match_file, possible_cases, stem_of
from pipeline.readers.layouts.naming import Naming

Key: TypeAlias = tuple[PurePosixPath, str]
"""Folder and case; an empty case where the names say none."""
Group: TypeAlias = list[tuple[PurePosixPath, Match]]


def group_files(paths: Iterable[PurePosixPath], naming: Naming, others: Sequence[Naming]) -> dict[Key, Group]:
    """Return the files that fit a naming, by folder and case.

    Parameters
    ----------
    others
        Namings whose structures are no images either: a file called ``urinary_bladder`` is a mask.
    """
    files = list(paths)
    cases = _image_cases(files, naming, others)
    groups: dict[Key, Group] = defaultdict(list)
    for path in files:
        match = match_file(path, naming, cases)
        if match is not None:
            match = _sort_loose(match, path, cases, others)
            groups[match.folder, match.case].append((path, match))
    for folder in sorted({folder for folder, _ in groups}):
        _part_numbers(groups, folder)
        for _ in range(2):
            _merge_folder(groups, folder)
    return dict(groups)


def _image_cases(
    paths: Sequence[PurePosixPath], naming: Naming, others: Sequence[Naming]
) -> Mapping[PurePosixPath, set[str]]:
    """Return the cases that images of each folder are called by.

    Images of no pattern of their own name a case where no other image of the folder is named as one, and a mask is
    called by the whole name of the image.
    """
    found: dict[PurePosixPath, set[str]] = defaultdict(set)
    named: set[PurePosixPath] = set()
    bare: dict[PurePosixPath, set[str]] = defaultdict(set)
    for path in paths:
        match = match_file(path, naming, {})
        if match is None or match.kind != "image":
            continue
        if not match.catch_all:
            named.add(match.folder)
            found[match.folder] |= {case_key(match.case)} - {""}
        elif not _is_structure(path, others):
            bare[match.folder].add(case_key(_name_of(path)))
    for path in paths:
        for folder, case in possible_cases(path, naming):
            if folder not in named and case_key(case) in bare.get(folder, ()):
                found[folder].add(case_key(case))
    return found


def _name_of(path: PurePosixPath) -> str:
    return PurePosixPath(stem_of(path)).name


def _is_structure(path: PurePosixPath, namings: Sequence[Naming]) -> bool:
    return any(naming.role_of_name(_name_of(path)) is not None for naming in namings)


def _sort_loose(
    match: Match, path: PurePosixPath, cases: Mapping[PurePosixPath, set[str]], others: Sequence[Naming]
) -> Match:
    """Return what a file of no pattern of its own is: a structure that another naming knows, a case's image or mask."""
    if match.kind != "unknown" and not (match.kind == "image" and match.catch_all):
        return match
    name = _name_of(path)
    if match.catch_all and _is_structure(path, others):
        return replace(match, kind="structure", structure=name, catch_all=False)
    key, known = case_key(name), cases.get(match.folder, set())
    if match.catch_all and key in known:
        return replace(match, case=name)
    owners = [case for case in known if key.startswith((f"{case}_", f"{case}-"))]
    return replace(match, kind="unknown", case=max(owners, key=len)) if owners else match


def _part_numbers(groups: dict[Key, Group], folder: PurePosixPath) -> None:
    """Part a label map from the one image beside it when both are called by a word and a number, and these differ."""
    group = groups.get((folder, ""), [])
    images = [path for path, match in group if match.kind == "image"]
    number = _number_of(images[0]) if len(images) == 1 else None
    for path, match in list(group):
        other = _number_of(path) if match.kind == "labels" else None
        if number and other and number != other:
            group.remove((path, match))
            groups[folder, _name_of(path)].append((path, match))


def _number_of(path: PurePosixPath) -> str | None:
    found = re.fullmatch(r"[^\W\d_]+[_\-. ]?0*(\d+)", _name_of(path))
    return found and found.group(1)


def _merge_folder(groups: dict[Key, Group], folder: PurePosixPath) -> None:
    """Join the groups of a folder whose names do not contradict each other."""
    keys = sorted(key for key in groups if key[0] == folder)
    images = [key for key in keys for _, match in groups[key] if match.kind == "image" and not match.catch_all]
    images = images or [key for key in keys for _, match in groups[key] if match.kind == "image"]
    for key in keys:
        owner = None if key in images else _owner_of(key, images, groups)
        if owner is not None and owner != key:
            groups[owner] += groups.pop(key)


def _owner_of(key: Key, images: Sequence[Key], groups: Mapping[Key, Group]) -> Key | None:
    """Return the group that files without an image belong to: that of the same case, or of the only image.

    Masks that name another case than the only image belong to none; where the image has masks of its own, a file of
    unknown name is one more of them.
    """
    folder, case = key
    same = [each for each in images if case_key(each[1]) == case_key(case)]
    if len(same) == 1:
        return same[0]
    unknown = all(match.kind == "unknown" for _, match in groups[key])
    if not images:
        return (folder, "") if unknown else None
    if len(images) > 1:
        return None
    only = images[0]
    has_masks = any(match.kind in ("labels", "structure") for _, match in groups[only])
    open_names = not case or (not only[1] and not _numbers_differ(groups[key], groups[only]))
    return only if open_names or (unknown and has_masks) else None


def _numbers_differ(masks: Group, image: Group) -> bool:
    """Tell whether label maps and image are called by a word and a number each, and the numbers differ."""
    first = {_number_of(path) for path, match in masks if match.kind == "labels"} - {None}
    second = {_number_of(path) for path, match in image if match.kind == "image"} - {None}
    return bool(first and second and first != second)
