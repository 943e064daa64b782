"""Which NIfTI and NRRD files make one case: the files that ``pipeline.readers.layouts.case_groups`` puts together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pipeline.readers.layouts.case_groups import Group, group_files
from pipeline.readers.layouts.file_patterns import is_volume_file as is_volume_file
from pipeline.readers.layouts.file_patterns import stem_of as stem_of
from pipeline.readers.layouts.layout import LooseFiles
from pipeline.readers.layouts.naming import GENERIC, Naming

ONLY_CASE = "study"
"""Name of a case that lies in the input folder itself and has none of its own."""


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
    channels
        Further images of other contrasts, which are not measured.
    """

    naming: Naming
    folder: PurePosixPath
    name: str
    images: tuple[PurePosixPath, ...] = ()
    labels: tuple[PurePosixPath, ...] = ()
    structures: tuple[tuple[str, PurePosixPath], ...] = ()
    unknown: tuple[PurePosixPath, ...] = ()
    image_named: bool = True
    channels: tuple[PurePosixPath, ...] = ()

    @property
    def masks(self) -> tuple[PurePosixPath, ...]:
        """Every file that is a mask."""
        return (*self.labels, *(path for _, path in self.structures), *self.unknown)

    @property
    def files(self) -> tuple[PurePosixPath, ...]:
        """Every file of the case."""
        return tuple(sorted({*self.images, *self.channels, *self.masks}))


def find_cases(paths: Sequence[PurePosixPath], namings: Mapping[str, Naming], chosen: str | None) -> list[Case]:
    """Return the cases among NIfTI and NRRD files, by the chosen naming or by those whose patterns fit.

    A naming claims the files of a folder when images and masks both fit its patterns; files that exactly one claims are
    read with it, all others with ``generic``. Files that a chosen naming has no pattern for are grouped by the patterns
    of ``generic``; what they hold is still looked up in the chosen one.
    """
    if chosen is not None:
        everything = list(namings.values())
        own = _claimed_cases(_group_cases(paths, namings[chosen]))
        taken = {path for case in own for path in case.files}
        layout = _loose_layout(namings[chosen], namings.get(GENERIC, namings[chosen]))
        return own + _group_cases([path for path in paths if path not in taken], layout, everything)
    claims: dict[PurePosixPath, list[Case]] = defaultdict(list)
    for name in sorted(set(namings) - {GENERIC}):
        for case in _claimed_cases(_group_cases(paths, namings[name])):
            for path in case.files:
                claims[path].append(case)
    single = {id(case): case for path, cases in claims.items() for case in cases}
    claims = {path: _prefer_complete(found) for path, found in claims.items()}
    cases = [case for case in single.values() if all(claims[path] == [case] for path in case.files)]
    taken = {path for case in cases for path in case.files}
    rest = [path for path in paths if path not in taken]
    if GENERIC in namings:
        cases += _group_cases(rest, namings[GENERIC], list(namings.values()))
    return sorted(cases, key=lambda case: (case.folder.as_posix(), case.name))


def _loose_layout(naming: Naming, generic: Naming) -> Naming:
    """Return a role file for files that do not lie as it says: its own label maps first, all else as ``generic``."""
    files = generic.files.model_copy(update={"labels": [*naming.files.labels, *generic.files.labels]})
    return replace(naming, files=files, loose=LooseFiles(tuple(naming.files.labels), generic.names))


def _claimed_cases(cases: Sequence[Case]) -> list[Case]:
    """Return the cases of folders where both images and masks fit, those without one of the two included.

    An image and a mask whose names contradict each other are two cases: no looser pattern may pair them after all.
    """
    known = [case for case in cases if not case.unknown]
    folders = {case.folder for case in known if case.images} & {case.folder for case in known if case.masks}
    return [case for case in known if case.folder in folders]


def _prefer_complete(claims: list[Case]) -> list[Case]:
    """Return those of several claims to one file that pair an image with masks, where there are any."""
    return [case for case in claims if case.images and case.masks] or claims


def _group_cases(paths: Iterable[PurePosixPath], naming: Naming, others: Sequence[Naming] = ()) -> list[Case]:
    groups = group_files(paths, naming, others)
    cases = [_build_case(folder, case, group, naming) for (folder, case), group in groups.items()]
    return _join_mask_folders(cases)


def _build_case(folder: PurePosixPath, case: str, group: Group, naming: Naming) -> Case:
    """Return a case; where an image is named as such, other files of no known name may be masks."""
    images = [(path, match) for path, match in group if match.kind == "image"]
    named = [path for path, match in images if not match.catch_all]
    others = [path for path, match in images if match.catch_all]
    unknown = [path for path, match in group if match.kind == "unknown"]
    return Case(
        _with_modality(naming, case),
        folder,
        case or folder.name or ONLY_CASE,
        tuple(named or others),
        tuple(path for path, match in group if match.kind == "labels"),
        tuple(sorted((match.structure, path) for path, match in group if match.kind == "structure")),
        tuple(sorted([*unknown, *(others if named else ())])),
        bool(named),
        tuple(path for path, match in group if match.kind == "channel"),
    )


def _with_modality(naming: Naming, case: str) -> Naming:
    """Return a naming with the modality that it gives to the number in a case's name."""
    found = re.search(r"\d+", case)
    modalities = naming.modality_of_cases.items()
    fitting = [modality for modality, (low, high) in modalities if found and low <= int(found[0]) <= high]
    return replace(naming, modality=fitting[0]) if fitting else naming


def _join_mask_folders(cases: list[Case]) -> list[Case]:
    """Join an image without masks and the one folder beside it that holds nothing but structures of known name."""
    joined = list(cases)
    for image in cases:
        if len(image.images) != 1 or image.masks or sum(each.folder == image.folder for each in cases) > 1:
            continue
        below = [each for each in cases if image.folder == each.folder.parent != each.folder]
        if len(below) != 1 or below[0].images or below[0].labels or below[0].unknown:
            continue
        joined.remove(below[0])
        joined[joined.index(image)] = replace(image, structures=below[0].structures)
    return joined
