"""One image of a series: where its plane lies and what tells it from others at the same place; nothing of its pixels.

Single images and the frames of a multi-frame image are described alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.readers.dicom.digests import Digests
from pipeline.readers.dicom.header import (
    BadAttribute,
    Header,
    UnreadableFile,
    integer_of,
    number_of,
    numbers_of,
    text_of,
    transfer_syntax_of,
    words_of,
)
from pipeline.study import Identity

MAX_PLANE_PIXELS = 2**26
"""Rows times columns beyond which no scanner's image goes: a header that says more is damaged."""
COSINE_TOLERANCE = 1e-3
MARKS = (
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "DiffusionBValue",
    "EchoTime",
    "EffectiveEchoTime",
    "StackID",
    "ImageType",
    "ConvolutionKernel",
    "AcquisitionTime",
    "ContentTime",
)
"""Attributes that can tell images at one place apart, those that are meant for it first."""
LOSSY_SYNTAXES = {
    "1.2.840.10008.1.2.4.50": "JPEG baseline",
    "1.2.840.10008.1.2.4.51": "JPEG extended",
    "1.2.840.10008.1.2.4.81": "JPEG-LS with loss",
    "1.2.840.10008.1.2.4.91": "JPEG 2000 that allows loss",
    "1.2.840.10008.1.2.4.93": "JPEG 2000 (multi-component) that allows loss",
    "1.2.840.10008.1.2.4.112": "JPEG XL that allows loss",
    "1.2.840.10008.1.2.4.203": "high-throughput JPEG 2000 that allows loss",
}
"""Transfer syntaxes that can lose detail (DICOM PS3.5 section 10); the attribute is often missing beside them."""

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Slice:
    """One image of a series: where its plane lies, and nothing of its pixels.

    Parameters
    ----------
    position, row_direction, column_direction
        ImagePositionPatient and the two halves of ImageOrientationPatient, LPS mm: ``row_direction`` points along a
        row (growing column index), ``column_direction`` along a column.
    spacing
        PixelSpacing as DICOM orders it: distance of rows, distance of columns.
    refusal
        Why it cannot be measured if it is one of the images that are: a localizer may lack what they need.
    frame
        Which frame of a multi-frame image it is, counted from 0; None for a single image.
    marks
        Those of ``MARKS`` that it states, as text.
    """

    path: Path
    digests: Digests
    sop_instance_uid: str
    identity: Identity
    position: Vector
    row_direction: Vector
    column_direction: Vector
    spacing: tuple[float, float]
    shape: tuple[int, int]
    frame_of_reference_uid: str | None
    is_localizer: bool
    thickness_mm: float | None
    lossy: str | None
    has_rescale: bool
    refusal: StudyRefused | None = None
    frame: int | None = None
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """SHA-256 of its file."""
        return self.digests.of(self.path)

    @cached_property
    def normal(self) -> Vector:
        """Unit normal of the plane."""
        return np.asarray(np.cross(self.row_direction, self.column_direction), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class SliceFile:
    """What all slices of one file share."""

    path: Path
    digests: Digests
    sop_instance_uid: str
    identity: Identity
    shape: tuple[int, int]
    frame_of_reference_uid: str | None
    lossy: str | None


def build_slice(file: SliceFile, header: Header, frame: int | None = None) -> Slice:
    """Return the slice that a header describes: an image's own, or the attributes of one frame.

    Raises
    ------
    UnreadableFile
        ``LOCALIZER`` for a localizer without a place.
    StudyRefused
        ``GEOM_ORIENT`` when anything else has no place.
    """
    is_localizer = "LOCALIZER" in words_of(header, "ImageType")
    position, orientation = _placement(header, is_localizer)
    spacing, refusal = _pixel_spacing(header)
    return Slice(
        path=file.path,
        digests=file.digests,
        sop_instance_uid=file.sop_instance_uid,
        identity=file.identity,
        position=position,
        row_direction=orientation[:3],
        column_direction=orientation[3:],
        spacing=spacing,
        shape=file.shape,
        frame_of_reference_uid=file.frame_of_reference_uid,
        is_localizer=is_localizer,
        thickness_mm=number_of(header, "SliceThickness"),
        lossy=file.lossy,
        has_rescale=_has_rescale(header),
        refusal=refusal,
        frame=frame,
        marks={name: text for name in MARKS if name in header and (text := text_of(header, name))},
    )


def plane_shape(header: Header) -> tuple[int, int]:
    """Return Rows and Columns of an image that could be measured.

    Raises
    ------
    UnreadableFile
        ``LIMIT_PIXELS`` when they are missing, or more than an image has.
    StudyRefused
        ``SOP_CLASS`` when it is in colour.
    """
    rows, columns = integer_of(header, "Rows") or 0, integer_of(header, "Columns") or 0
    if rows < 1 or columns < 1 or rows * columns > MAX_PLANE_PIXELS:
        raise UnreadableFile("LIMIT_PIXELS", "its Rows and Columns are missing or beyond any scanner's")
    if (integer_of(header, "SamplesPerPixel") or 1) != 1:
        raise StudyRefused("SOP_CLASS", "The images are in colour: these are no measured CT or MR values.")
    return rows, columns


def _placement(header: Header, is_localizer: bool) -> tuple[Vector, Vector]:
    try:
        position = np.array(numbers_of(header, "ImagePositionPatient", 3))
        orientation = np.array(numbers_of(header, "ImageOrientationPatient", 6))
    except BadAttribute as error:
        if is_localizer:
            raise UnreadableFile("LOCALIZER", "it is a localizer without a place") from None
        raise StudyRefused(
            "GEOM_ORIENT", f"{error.keyword} is missing or unusable in an image: without it the image has no place."
        ) from None
    return position, np.concatenate(check_orientation(orientation))


def check_orientation(orientation: Vector) -> tuple[Vector, Vector]:
    """Return the unit vectors along rows and columns; raises ``StudyRefused`` (``GEOM_ORIENT``) when they are none."""
    first, second = orientation[:3], orientation[3:]
    lengths = np.linalg.norm(first), np.linalg.norm(second)
    if max(abs(length - 1) for length in lengths) > COSINE_TOLERANCE or abs(first @ second) > COSINE_TOLERANCE:
        raise StudyRefused(
            "GEOM_ORIENT", "ImageOrientationPatient of an image is not two unit vectors at right angles."
        )
    return first / lengths[0], second / lengths[1]


def _pixel_spacing(header: Header) -> tuple[tuple[float, float], StudyRefused | None]:
    """Return PixelSpacing, or why it cannot be used."""
    try:
        rows, columns = numbers_of(header, "PixelSpacing", 2)
    except BadAttribute:
        message = "PixelSpacing is missing or not two numbers in an image; spacing at the detector does not replace it."
        return (1.0, 1.0), StudyRefused("PIXEL_SPACING", message)
    return check_spacing(rows, columns)


def check_spacing(rows: float, columns: float) -> tuple[tuple[float, float], StudyRefused | None]:
    """Return the distances of rows and of columns in mm, or why they cannot be."""
    if 1e-3 < rows < 100 and 1e-3 < columns < 100:
        return (rows, columns), None
    message = f"PixelSpacing of an image is {rows:g} x {columns:g} mm, which cannot be."
    return (1.0, 1.0), StudyRefused("PIXEL_SPACING", message)


def _has_rescale(header: Header) -> bool:
    slope, intercept = number_of(header, "RescaleSlope"), number_of(header, "RescaleIntercept")
    return slope is not None and slope != 0 and intercept is not None


def lossy_of(header: Header) -> str | None:
    """Return how the pixels were compressed with loss, by attribute or by transfer syntax, or None."""
    name = LOSSY_SYNTAXES.get(transfer_syntax_of(header))
    if text_of(header, "LossyImageCompression") != "01":
        return name and f"stored as {name}"
    ratio = words_of(header, "LossyImageCompressionRatio") or ("unknown",)
    method = words_of(header, "LossyImageCompressionMethod") or ("unknown",)
    return f"method {', '.join(method)}, ratio {', '.join(ratio)}"
