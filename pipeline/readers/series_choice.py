"""Which series of a study its masks were made on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from pipeline.errors import StudyRefused
from pipeline.readers.discovery import StudyFiles
from pipeline.readers.found_files import DicomFile
from pipeline.readers.image_classes import IMAGE_CLASSES, MULTI_FRAME_CLASSES
from pipeline.readers.images import ImageCandidate, read_series, read_volume_image, refuse_no_image
from pipeline.readers.mask_object import MaskReference


def find_images(files: StudyFiles, references: Sequence[MaskReference | None]) -> list[ImageCandidate]:
    """Return the image that the masks were made on; several parts of it when slices are missing.

    Raises
    ------
    StudyRefused
        ``NO_IMAGE``, ``PAIR_SERIES`` when the masks name no or another series, ``ENHANCED`` or ``SOP_CLASS`` when what
        they name is no CT or MR that is read, or the code of the geometry that cannot be measured.
    """
    if files.case is not None and files.case.images:
        return [read_volume_image(files)]
    if not any(file.sop_class in IMAGE_CLASSES for file in files.dicom):
        refuse_no_image(files)
    series = _choose_series(files.dicom, [each for each in references if each is not None])
    return read_series(files, series)


def _choose_series(files: Sequence[DicomFile], references: Sequence[MaskReference]) -> list[DicomFile]:
    """Return the files of the series that the masks refer to, or of the only one there is."""
    images = [file for file in files if file.sop_class in IMAGE_CLASSES]
    wanted = {uid for reference in references for uid in reference.series or _series_holding(reference, files)}
    named = {file.series_uid for file in files} & wanted
    groups = _by_series(images)
    if wanted:
        if len(named & set(groups)) == 1 and len(wanted) == 1:
            return groups[(named & set(groups)).pop()]
        _refuse_named_series(files, named, wanted)
    if len(groups) > 1:
        found = "; ".join(_describe(group) for group in groups.values())
        raise StudyRefused(
            "PAIR_SERIES",
            f"The study has {len(groups)} image series and the masks name none of them ({found}); "
            "keep the one that was segmented.",
        )
    return next(iter(groups.values()))


def _series_holding(reference: MaskReference, files: Sequence[DicomFile]) -> set[str]:
    """Return the series that hold the images which a mask refers to one by one."""
    return {file.series_uid for file in files if file.sop_instance_uid in reference.instances}


def _by_series(images: Sequence[DicomFile]) -> dict[str, list[DicomFile]]:
    ordered = sorted(images, key=lambda file: (file.series_uid, file.path.as_posix()))
    return {uid: list(group) for uid, group in groupby(ordered, key=lambda file: file.series_uid)}


def _refuse_named_series(files: Sequence[DicomFile], named: set[str], wanted: set[str]) -> None:
    classes = {file.sop_class for file in files if file.series_uid in named}
    if classes & MULTI_FRAME_CLASSES:
        raise StudyRefused("ENHANCED", "The masks refer to an enhanced (multi-frame) image, which is not read yet.")
    if len(wanted) > 1:
        raise StudyRefused("PAIR_SERIES", f"The masks refer to {len(wanted)} different series; keep those of one.")
    if named:
        raise StudyRefused("SOP_CLASS", "The masks refer to a series that is no CT or MR image.")
    raise StudyRefused("PAIR_SERIES", "The series that the masks were made on is not among the study's files; add it.")


def _describe(group: Sequence[DicomFile]) -> str:
    kind = IMAGE_CLASSES[group[0].sop_class]
    number = group[0].series_number
    return f"series {number if number.isdecimal() else 'without number'}: {kind}, {len(group)} images"
