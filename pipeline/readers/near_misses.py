"""What lies beside a study that lacks masks or images, and was not paired with it: why, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.readers.walk import walk_files
from pipeline.study import Finding, Severity

if TYPE_CHECKING:
    from pipeline.readers.discovery import StudyFiles

FEWEST_SLICES = 2
"""PNG files that may be slices of masks; one alone is a picture."""


def describe_near_misses(
    study: StudyFiles, studies: Sequence[StudyFiles], halves: Sequence[StudyFiles], own: Path
) -> list[Finding]:
    """Return notes on what was not paired with a study.

    Parameters
    ----------
    halves
        Studies beside it that hold what it lacks, with another StudyInstanceUID.
    own
        The highest folder that holds this study and no other.
    """
    found = [*_describe_patients(study, halves), *_describe_names(study, studies)]
    if not (study.dicom and _has_masks(study)) and not study.slices and (study.case is None or not study.case.masks):
        found += _describe_pictures(own)
    return found


def _has_masks(study: StudyFiles) -> bool:
    return any(file.modality in ("SEG", "RTSTRUCT") for file in study.dicom)


def _describe_patients(study: StudyFiles, halves: Sequence[StudyFiles]) -> list[Finding]:
    own = study.identity.patient_id
    others = {each.identity.patient_id for each in halves} - {None, ""}
    if not own or not others or own in others:
        return []
    message = "The patient identifiers of the images and of the masks beside them differ too: they may be two patients."
    return [Finding("PAIR_PATIENT", Severity.WARNING, message)]


def _describe_names(study: StudyFiles, studies: Sequence[StudyFiles]) -> list[Finding]:
    """Tell that an image lies beside masks whose names hold another case or number."""
    case = study.case
    if case is None or study.dicom or bool(case.images) == bool(case.masks):
        return []
    beside = [each.case for each in studies if each.case is not None and each.case.folder == case.folder]
    if not any(bool(each.masks) != bool(case.masks) and bool(each.images) != bool(case.images) for each in beside):
        return []
    what = "Masks lie beside the image" if case.images else "An image lies beside the masks"
    message = (
        f"{what} and the names hold another case or number, so that they were not paired: only equal ones are "
        "(volume-0 and segmentation-0). Rename them where they belong together."
    )
    return [Finding("FILE_UNKNOWN", Severity.INFO, message)]


def _describe_pictures(folder: Path) -> list[Finding]:
    count = sum(1 for path in walk_files(folder) if path.suffix.lower() == ".png")
    if count < FEWEST_SLICES:
        return []
    message = (
        f"{count} PNG files lie with the study and state no place. Slices of masks are read where a role file says "
        "how they lie: `slices` in docs/roles.md, given with --roles."
    )
    return [Finding("FILE_UNKNOWN", Severity.INFO, message)]
