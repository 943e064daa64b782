"""The image a study is measured on: which series, as a grid; its pixels are read later, box by box."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry, canonical_geometry
from pipeline.readers.dicom.groups import sources_of
from pipeline.readers.dicom.image_classes import IMAGE_CLASSES
from pipeline.readers.dicom.pixels import read_dicom_pixels
from pipeline.readers.dicom.series import read_slices
from pipeline.readers.dicom.stack import Stack, build_stacks
from pipeline.readers.discovery import StudyFiles
from pipeline.readers.found_files import DicomFile
from pipeline.readers.layouts.cases import stem_of
from pipeline.readers.layouts.naming import normalize
from pipeline.readers.mask_formats import open_volume
from pipeline.readers.mask_object import MaskReference, clean_name
from pipeline.readers.volumes.label_map import choose_geometry
from pipeline.readers.volumes.volume_file import native_box
from pipeline.study import Finding, Identity, ImageSeries, Severity
from pipeline.volume import Box, Image

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
MAX_RIGHT_ANGLE_ERROR_DEGREES = 0.5


@dataclass(frozen=True, eq=False)
class ImageCandidate:
    """An image, or one contiguous part of it, that masks may be placed on."""

    series: ImageSeries
    identity: Identity
    sources: Callable[[], tuple[tuple[Path, str], ...]]
    findings: tuple[Finding, ...] = ()
    gap: str = ""


def read_series(
    files: StudyFiles, series: Sequence[DicomFile], references: Sequence[MaskReference | None] = ()
) -> list[ImageCandidate]:
    """Return the image that a series of a study holds; several parts of it when slices are missing.

    Parameters
    ----------
    references
        What each mask says of its image: which of several volumes in the series it was drawn on.

    Raises
    ------
    StudyRefused
        ``PAIR_PATIENT`` when its images carry different patients, ``UID_CONFLICT`` when objects of other series carry
        their SOPInstanceUIDs, or the code of the geometry that cannot be measured.
    """
    slices, findings = read_slices([file.path for file in series])
    _check_one_patient([each.identity for each in slices])
    paths = {file.path for file in series}
    others = [file for file in files.dicom if file.path not in paths]
    _check_unique(series, others)
    findings += _describe_others(others)
    return [_from_stack(stack, series[0], findings) for stack in build_stacks(slices, sources_of(references))]


def refuse_no_image(files: StudyFiles) -> None:
    """Refuse a study without an image that can be measured, and say what it holds instead."""
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
            "StudyInstanceUIDs of masks and images differ and the masks do not name the images' study, so that they "
            "were not paired; check the export.",
        )
    raise StudyRefused("NO_IMAGE", "The study holds masks and no CT or MR image that they could belong to.")


def _check_one_patient(identities: Sequence[Identity]) -> None:
    if len({(each.patient_id, each.issuer) for each in identities}) > 1:
        raise StudyRefused("PAIR_PATIENT", "The images of one series carry different patient identifiers.")


def _check_unique(series: Sequence[DicomFile], others: Sequence[DicomFile]) -> None:
    """Check that no object outside a series carries the SOPInstanceUID of one of its images (row G03)."""
    own = {file.sop_instance_uid for file in series if file.sop_instance_uid}
    count = sum(file.sop_instance_uid in own for file in others)
    if count:
        raise StudyRefused(
            "UID_CONFLICT",
            f"{count} objects outside the image series carry SOPInstanceUIDs of its images: what the masks refer to is "
            "not certain; keep the series that was segmented, and run again.",
        )


def _describe_others(others: Sequence[DicomFile]) -> list[Finding]:
    """List objects that are no measurable images; other image series were not asked for."""
    screens = sum(file.sop_class.startswith(SECONDARY_CAPTURE) for file in others)
    message = f"{screens} screenshots (secondary captures) were left out."
    return [Finding("SOP_CLASS", Severity.INFO, message)] if screens else []


def _from_stack(stack: Stack, file: DicomFile, findings: Sequence[Finding]) -> ImageCandidate:
    first = stack.slices[0]
    modality = IMAGE_CLASSES[file.sop_class]
    notes = [*findings, *stack.findings]
    if modality == "CT" and not all(each.has_rescale for each in stack.slices):
        message = "Images lack RescaleSlope or RescaleIntercept: their values may not be Hounsfield units."
        notes.append(Finding("HU_RANGE", Severity.WARNING, message))
    series = ImageSeries(
        modality,
        stack.geometry,
        tuple(each.path for each in stack.slices),
        file.series_uid,
        first.frame_of_reference_uid,
        clean_name(file.description) if file.description else None,
        tuple(each.sop_instance_uid for each in stack.slices),
        _frames_of(stack),
    )
    return ImageCandidate(series, first.identity, lambda: _sources_of(stack), tuple(notes), stack.gap)


def _sources_of(stack: Stack) -> tuple[tuple[Path, str], ...]:
    """Return the files of a stack, each once, with their SHA-256."""
    return tuple(
        (path, digests.of(path)) for path, digests in {each.path: each.digests for each in stack.slices}.items()
    )


def _frames_of(stack: Stack) -> tuple[int, ...]:
    """Return the frame of each slice; nothing when all of them are single images."""
    frames = [each.frame for each in stack.slices]
    return () if all(frame is None for frame in frames) else tuple(frame or 0 for frame in frames)


def read_volume_image(files: StudyFiles) -> ImageCandidate:
    """Return the image of a case: its one image file."""
    case = files.case
    assert case is not None
    if len(case.images) > 1:
        raise StudyRefused(
            "PAIR_SERIES",
            f"The case has {len(case.images)} files whose names do not say whether they are its image or a mask; name "
            "one of them `image`, or give a role file.",
        )
    file = open_volume(files.base / case.images[0])
    file.check_single()
    geometry = canonical_geometry(choose_geometry(file, None))[0]
    if min(geometry.shape) < 2:
        raise StudyRefused("GEOM_SLICES", "The image is a single slice; a volume needs two or more.")
    modality = _modality(stem_of(case.images[0]), case.naming.modality)
    series = ImageSeries(modality, geometry, (file.path,))
    return ImageCandidate(series, files.identity, lambda: file.sources, (*file.findings, *_describe_shear(geometry)))


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
        array = file.load(native_box(native, box), np.dtype(np.float32))[0]
    return Image(image.geometry.crop(box), box, np.ascontiguousarray(turn.apply(array)))


def with_gap_flag(candidate: ImageCandidate) -> ImageCandidate:
    """Return a part of an image with the finding that slices are missing outside it."""
    count = candidate.series.geometry.shape[candidate.series.geometry.slice_axis]
    message = f"{candidate.gap}, outside the structures; the part of {count} slices that holds them was used."
    return replace(candidate, findings=(*candidate.findings, Finding("GEOM_GAP", Severity.WARNING, message)))
