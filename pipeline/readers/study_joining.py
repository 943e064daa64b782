"""Masks stored under a StudyInstanceUID of their own that name the study of their images (rows M01 and M03).

Radiotherapy systems write structure sets so. Only what a mask says itself joins it: an RTSTRUCT by its
RTReferencedStudySequence (PS3.3 C.8.8.5), a SEG by its StudiesContainingOtherReferencedInstancesSequence (PS3.3
C.12.2). Patient, frame of reference, series and images are checked afterwards, as for every mask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.errors import StudyRefused
from pipeline.readers.dicom.image_classes import IMAGE_CLASSES
from pipeline.readers.found_files import DicomFile
from pipeline.readers.mask_formats import mask_format_of
from pipeline.study import Finding, Identity, Severity

OTHER_STUDY = Finding(
    "PAIR_SERIES",
    Severity.WARNING,
    "A segmentation carries another StudyInstanceUID than the images and names their study: it was paired with them, "
    "after patient, frame of reference, series and images were compared.",
)
Group = Sequence[tuple[DicomFile, Identity]]


def join_studies(groups: Mapping[str, Group]) -> dict[str, Group]:
    """Return the files of each study with the masks of other studies that name it.

    Parameters
    ----------
    groups
        Files by their StudyInstanceUID, which is empty where they state none.
    """
    with_images = {uid for uid, group in groups.items() if uid and _holds_images(group)}
    targets = {uid: _find_target(group, with_images) for uid, group in groups.items() if not _holds_images(group)}
    joined: dict[str, Group] = {uid: group for uid, group in groups.items() if not targets.get(uid)}
    for uid, target in targets.items():
        if target:
            joined[target] = [*joined[target], *groups[uid]]
    return joined


def describe_joined(uid: str, group: Group) -> tuple[Finding, ...]:
    """Flag a study that holds masks with another StudyInstanceUID."""
    return (OTHER_STUDY,) if any((identity.study_instance_uid or "") != uid for _, identity in group) else ()


def _holds_images(group: Group) -> bool:
    return any(file.sop_class in IMAGE_CLASSES for file, _ in group)


def _find_target(group: Group, with_images: set[str]) -> str | None:
    """Return the one study with images that every mask of a group names."""
    named = [_studies_of(file) for file, _ in group if mask_format_of(file.sop_class) is not None]
    if not with_images or not named:
        return None
    common = frozenset.intersection(*named) & with_images
    return next(iter(common)) if len(common) == 1 else None


def _studies_of(file: DicomFile) -> frozenset[str]:
    """Return the studies that a mask names; none when it cannot be read, which is told where it is read."""
    mask_format = mask_format_of(file.sop_class)
    try:
        opened = mask_format.open(file.path) if mask_format else None
    except StudyRefused:
        return frozenset()
    return opened.reference.studies if opened and opened.reference else frozenset()
