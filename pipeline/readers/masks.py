"""The mask objects of one study: DICOM objects and mask files, opened but not yet placed."""

from __future__ import annotations

from pipeline.errors import StudyRefused
from pipeline.readers.discovery import StudyFiles
from pipeline.readers.mask_files import open_mask_files
from pipeline.readers.mask_formats import mask_format_of
from pipeline.readers.mask_object import OpenMask
from pipeline.readers.slice_masks import open_slice_masks
from pipeline.readers.volume_file import digest_of
from pipeline.study import Finding, Severity


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
            "the StudyInstanceUIDs of masks and images differ, so that they were not paired; check the export.",
        )
    if not opened:
        raise StudyRefused("NO_MASK", "The study holds no segmentation: add a DICOM SEG, or NIfTI or NRRD masks.")
    message = "{} It was left out."
    left_out = [Finding(each.code, Severity.WARNING, message.format(each.message)) for each in refusals]
    return opened, [*notes, *left_out]


def _open_dicom(files: StudyFiles) -> tuple[list[OpenMask], list[StudyRefused]]:
    opened: list[OpenMask] = []
    refusals: list[StudyRefused] = []
    seen: set[str] = set()
    for file in files.dicom:
        mask_format = mask_format_of(file.sop_class)
        if mask_format is None:
            continue
        digest = digest_of(file.path)
        if digest in seen:
            continue
        seen.add(digest)
        try:
            opened.append(mask_format.open(file.path))
        except StudyRefused as refusal:
            refusals.append(refusal)
    return opened, refusals
