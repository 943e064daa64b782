"""The image a study is measured on: which series, as a grid; its pixels are read later, box by box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry, canonical_geometry
from pipeline.readers.cases import stem_of
from pipeline.readers.dicom_pixels import read_dicom_pixels
from pipeline.readers.dicom_series import read_slices
from pipeline.readers.discovery import StudyFiles
from pipeline.readers.found_files import DicomFile
from pipeline.readers.image_stack import Stack, build_stacks
from pipeline.readers.label_map import choose_geometry
from pipeline.readers.mask_formats import open_volume
from pipeline.readers.mask_object import MaskReference, clean_name
from pipeline.readers.naming import normalize
from pipeline.readers.volume_file import native_box
from pipeline.study import Finding, Identity, ImageSeries, Severity
from pipeline.volume import Box, Image

IMAGE_CLASSES = {"1.2.840.10008.5.1.4.1.1.2": "CT", "1.2.840.10008.5.1.4.1.1.4": "MR"}
MULTI_FRAME_CLASSES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2.1",
        "1.2.840.10008.5.1.4.1.1.2.2",
        "1.2.840.10008.5.1.4.1.1.4.1",
        "1.2.840.10008.5.1.4.1.1.4.4",
    }
)
"""Enhanced and legacy converted enhanced CT and MR."""
MAX_RIGHT_ANGLE_ERROR_DEGREES = 0.5


@dataclass(frozen=True, eq=False)
class ImageCandidate:
    """An image, or one contiguous part of it, that masks may be placed on."""

    series: ImageSeries
    identity: Identity
    sources: tuple[tuple[Path, str], ...]
    findings: tuple[Finding, ...] = ()
    gap: str = ""


def find_images(files: StudyFiles, references: Sequence[MaskReference | None]) -> list[ImageCandidate]:
    """Return the image that the masks were made on; several parts of it when slices are missing.

    Raises
    ------
    StudyRefused
        ``NO_IMAGE``, ``PAIR_SERIES`` when the masks name no or another series, ``ENHANCED`` or ``SOP_CLASS`` when what
        they name is no single-frame CT or MR, or the code of the geometry that cannot be measured.
    """
    if files.case is not None and files.case.images:
        return [_read_volume_image(files)]
    if not any(file.sop_class in IMAGE_CLASSES for file in files.dicom):
        _refuse_no_image(files)
    series = _choose_series(files.dicom, [each for each in references if each is not None])
    slices, findings = read_slices([file.path for file in series])
    _check_one_patient([each.identity for each in slices])
    findings += _describe_others(files.dicom, series)
    return [_from_stack(stack, series[0], findings) for stack in build_stacks(slices)]


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


def _refuse_no_image(files: StudyFiles) -> None:
    if any(file.sop_class in MULTI_FRAME_CLASSES for file in files.dicom):
        raise StudyRefused("ENHANCED", "The image is an enhanced (multi-frame) object, which is not read yet.")
    if any(file.modality in ("CT", "MR", "OT", "SC") for file in files.dicom):
        raise StudyRefused(
            "SOP_CLASS",
            "The study holds no CT or MR images but screenshots or other objects, which cannot be measured.",
        )
    lost = next((each for each in files.findings if each.code == "TRUNCATED" or each.code.startswith("LIMIT_")), None)
    if lost is not None:
        raise StudyRefused(lost.code, f"The study holds masks and no image that can be read. {lost.message}")
    if files.is_split:
        raise StudyRefused(
            "NO_IMAGE",
            "The study holds masks and no image; images lie beside them whose StudyInstanceUID is another one: the "
            "StudyInstanceUIDs of masks and images differ, so that they were not paired; check the export.",
        )
    raise StudyRefused("NO_IMAGE", "The study holds masks and no CT or MR image that they could belong to.")


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


def _check_one_patient(identities: Sequence[Identity]) -> None:
    if len({(each.patient_id, each.issuer) for each in identities}) > 1:
        raise StudyRefused("PAIR_PATIENT", "The images of one series carry different patient identifiers.")


def _describe_others(files: Sequence[DicomFile], used: Sequence[DicomFile]) -> list[Finding]:
    """List objects that are no measurable images; other image series were not asked for."""
    others = [file for file in files if file not in used]
    frames = sum(file.sop_class in MULTI_FRAME_CLASSES for file in others)
    screens = sum(file.sop_class.startswith("1.2.840.10008.5.1.4.1.1.7") for file in others)
    notes = [
        ("ENHANCED", frames, "enhanced (multi-frame) images are not read yet and were left out"),
        ("SOP_CLASS", screens, "screenshots (secondary captures) were left out"),
    ]
    return [Finding(code, Severity.INFO, f"{count} {text}.") for code, count, text in notes if count]


def _from_stack(stack: Stack, file: DicomFile, findings: Sequence[Finding]) -> ImageCandidate:
    first = stack.slices[0]
    modality = IMAGE_CLASSES[file.sop_class]
    notes = [*findings, *stack.findings]
    if modality == "CT" and not all(each.has_rescale for each in stack.slices):
        message = "Images lack RescaleSlope: their values may not be Hounsfield units."
        notes.append(Finding("HU_RANGE", Severity.WARNING, message))
    series = ImageSeries(
        modality,
        stack.geometry,
        tuple(each.path for each in stack.slices),
        file.series_uid,
        first.frame_of_reference_uid,
        clean_name(file.description) if file.description else None,
        tuple(each.sop_instance_uid for each in stack.slices),
    )
    sources = tuple((each.path, each.sha256) for each in stack.slices)
    return ImageCandidate(series, first.identity, sources, tuple(notes), stack.gap)


def _read_volume_image(files: StudyFiles) -> ImageCandidate:
    case = files.case
    assert case is not None
    if len(case.images) > 1:
        raise StudyRefused(
            "PAIR_SERIES",
            f"The case has {len(case.images)} files whose names do not say whether they are its image or a mask; name "
            "one of them `image`, or give a role file.",
        )
    file = open_volume(files.base / case.images[0])
    geometry = canonical_geometry(choose_geometry(file, None))[0]
    if min(geometry.shape) < 2:
        raise StudyRefused("GEOM_SLICES", "The image is a single slice; a volume needs two or more.")
    modality = _modality(stem_of(case.images[0]), case.naming.modality)
    series = ImageSeries(modality, geometry, (file.path,))
    return ImageCandidate(
        series, files.identity, ((file.path, file.sha256),), (*file.findings, *_describe_shear(geometry))
    )


def _describe_shear(geometry: Geometry) -> list[Finding]:
    """Flag a grid whose slices are not stacked at right angles."""
    step, normal = geometry.axes[geometry.slice_axis], np.cross(*np.delete(geometry.axes, geometry.slice_axis, axis=0))
    cosine = abs(step @ normal) / np.linalg.norm(step) / np.linalg.norm(normal)
    angle = float(np.degrees(np.arccos(min(cosine, 1.0))))
    message = f"The slices are tilted by {angle:.1f} degrees (gantry tilt); the sheared grid itself was measured."
    return [Finding("GEOM_TILT", Severity.WARNING, message)] if angle > MAX_RIGHT_ANGLE_ERROR_DEGREES else []


def _modality(stem: str, declared: str) -> str:
    words = set(normalize(stem.rsplit("/", 1)[-1]).split("_"))
    if words & {"mr", "mri"}:
        return "MR"
    return "CT" if "ct" in words else declared


def read_image(image: ImageSeries, box: Box) -> Image:
    """Return the pixel values of a box of the image's grid: Hounsfield units for CT, stored units for MR.

    Parameters
    ----------
    box
        Slices with start and stop inside the grid.

    Raises
    ------
    StudyRefused
        When the pixels cannot be decoded.
    """
    if image.sop_instance_uids:
        return read_dicom_pixels(image, box)
    file = open_volume(image.files[0])
    native = choose_geometry(file, image.geometry)
    turn = canonical_geometry(native)[1]
    with np.errstate(over="ignore"):
        array = np.asarray(file.load(native_box(native, box))[0], dtype=np.float32)
    return Image(image.geometry.crop(box), box, np.ascontiguousarray(turn.apply(array)))


def with_gap_flag(candidate: ImageCandidate) -> ImageCandidate:
    """Return a part of an image with the finding that slices are missing outside it."""
    count = candidate.series.geometry.shape[candidate.series.geometry.slice_axis]
    message = f"{candidate.gap}, outside the structures; the part of {count} slices that holds them was used."
    return replace(candidate, findings=(*candidate.findings, Finding("GEOM_GAP", Severity.WARNING, message)))
