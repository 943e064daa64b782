"""Mask files that lie beside a DICOM series: which study they belong to, by folder alone (flagged ``PAIR_BY_NAME``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.readers.layouts.case_names import call_by_structure
from pipeline.readers.layouts.cases import Case

if TYPE_CHECKING:
    from pipeline.readers.discovery import StudyFiles

MASK_FOLDERS = frozenset(
    {"mask", "masks", "label", "labels", "seg", "segs", "segmentation", "segmentations", "structures"}
)


def attach_cases(
    studies: Sequence[StudyFiles], cases: Sequence[Case], root: Path
) -> tuple[list[StudyFiles], list[Case]]:
    """Give mask files to the one DICOM study they lie with.

    They belong to it when they lie in its folder or below, or above it with no other study below, or in a folder named
    as masks beside it. A case of masks and an image that is named as one stays a case. Else the image is the series: a
    file that is named as an image, or as nothing, is a copy of it or a mask of unknown name.

    Returns
    -------
    tuple
        The studies, and the cases that belong to none of them.
    """
    attached = {study.key: study for study in studies}
    left = []
    for case in cases:
        owner = _owner_of(case, studies, root)
        present = attached[owner.key].case if owner is not None else None
        if owner is None or (present is not None and (case.labels or case.structures)):
            left.append(case)
            continue
        loose = (*case.unknown, *case.images)
        masks = replace(present or case, images=(), unknown=(*present.unknown, *loose) if present else loose)
        masks = call_by_structure(masks, owner.identity, _own_folders(owner, studies, root))
        attached[owner.key] = attached[owner.key].with_case(masks)
    return list(attached.values()), left


def _own_folders(owner: StudyFiles, studies: Sequence[StudyFiles], root: Path) -> list[str]:
    """Return the names of the folders, the input folder and below, that hold this study and no other."""
    others = {folder for study in studies if study.key != owner.key for folder in (study.root, *study.root.parents)}
    inside = [folder for folder in (owner.root, *owner.root.parents) if folder == root or root in folder.parents]
    return [folder.name for folder in inside if folder not in others]


def _owner_of(case: Case, studies: Sequence[StudyFiles], root: Path) -> StudyFiles | None:
    if case.images and case.image_named and (case.labels or case.structures):
        return None
    folder = root / case.folder
    near = [study for study in studies if folder == study.root or study.root in folder.parents]
    near = near or [study for study in studies if folder in study.root.parents]
    if not near and folder.name.lower() in MASK_FOLDERS:
        near = [study for study in studies if folder.parent in (study.root, *study.root.parents)]
    return near[0] if len(near) == 1 else None
