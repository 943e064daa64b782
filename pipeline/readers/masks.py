"""The mask objects of one study: DICOM objects and mask files, opened but not yet placed."""

from __future__ import annotations

from pipeline.errors import StudyRefused
from pipeline.readers.discovery import StudyFiles
from pipeline.readers.found_files import DicomFile
from pipeline.readers.layouts.mask_files import open_mask_files
from pipeline.readers.layouts.slice_masks import open_slice_masks
from pipeline.readers.mask_formats import MaskFormat, mask_format_of
from pipeline.readers.mask_object import OpenMask
from pipeline.readers.volumes.volume_file import digest_of
from pipeline.study import Finding, Severity

NO_MASK = (
    "The study holds no segmentation, and livermetry draws none: put a DICOM SEG or RTSTRUCT of it into its folder, or "
    "NIfTI, NRRD or MetaImage masks: a label map, or one file a structure, with names of a role file (docs/roles.md)."
)


def open_masks(files: StudyFiles) -> tuple[list[OpenMask], list[Finding]]:
    """Open every mask object of a study; what cannot be read is listed beside those that can.

    Raises
    ------
    StudyRefused
        ``NO_MASK`` when the study has none; the reason of the first one when none of them can be read.
    """
    opened, refusals = _open_dicom(files)
    notes: list[Finding] = []
    opened += [open_slice_masks(files.slices)] if files.slices is not None else []
    if files.case is not None:
        masks, unreadable, notes = open_mask_files(files.case, files.base)
        opened += masks
        refusals += unreadable
    if not opened and refusals:
        raise refusals[0]
    if not opened and files.is_split:
        raise StudyRefused(
            "NO_MASK",
            "The study holds images and no segmentation; one lies beside them whose StudyInstanceUID is another one: "
            "the StudyInstanceUIDs of masks and images differ and the masks do not name the images' study, so that "
            "they were not paired; check the export.",
        )
    if not opened:
        raise StudyRefused("NO_MASK", NO_MASK)
    message = "{} It was left out."
    left_out = [Finding(each.code, Severity.WARNING, message.format(each.message)) for each in refusals]
    return opened, [*notes, *left_out]


def _open_dicom(files: StudyFiles) -> tuple[list[OpenMask], list[StudyRefused]]:
    opened: list[OpenMask] = []
    refusals: list[StudyRefused] = []
    for file, mask_format in _without_copies(files):
        try:
            opened.append(mask_format.open(file.path))
        except StudyRefused as refusal:
            refusals.append(refusal)
    return opened, refusals


def _without_copies(files: StudyFiles) -> list[tuple[DicomFile, MaskFormat]]:
    """Return the files of mask objects, copies of one once.

    Raises
    ------
    StudyRefused
        ``UID_CONFLICT`` when two different objects carry one SOPInstanceUID.
    """
    found = [(file, form) for file in files.dicom if (form := mask_format_of(file.sop_class)) is not None]
    if len(found) == 1:
        return found
    kept: dict[str, tuple[DicomFile, MaskFormat]] = {}
    numbers: dict[str, tuple[str, int]] = {}
    for number, (file, form) in enumerate(found, 1):
        digest = digest_of(file.path)
        known, first = numbers.setdefault(file.sop_instance_uid or digest, (digest, number))
        if known != digest:
            raise StudyRefused(
                "UID_CONFLICT",
                f"Two different segmentations carry one SOPInstanceUID (objects {first} and {number} of {len(found)}); "
                "keep the right one and run again.",
            )
        kept.setdefault(digest, (file, form))
    return list(kept.values())
