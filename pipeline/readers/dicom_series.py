"""CT and MR series of single-frame DICOM images: which images belong, in which order, on which grid.

Positions along the slice normal decide; instance numbers, slice locations, thickness and file names never do.
Owns the checks on image geometry (rows G01 to G23 of ``docs/hazards.md``); owns no pixels (``dicom_pixels``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from pipeline.errors import StudyRefused
from pipeline.readers.dicom_header import (
    BadAttribute,
    UnreadableFile,
    identity_of,
    integer_of,
    number_of,
    numbers_of,
    parse_dicom,
    text_of,
    transfer_syntax_of,
    words_of,
)
from pipeline.study import Finding, Identity, Severity

MAX_PLANE_PIXELS = 2**26
"""Rows times columns beyond which no scanner's image goes: a header that says more is damaged."""
COSINE_TOLERANCE = 1e-3
UNCOMPRESSED = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
UNKNOWN_LENGTH = b"\xff\xff\xff\xff"
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
    """

    path: Path
    sha256: str
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

    @property
    def normal(self) -> Vector:
        """Unit normal of the plane."""
        return np.asarray(np.cross(self.row_direction, self.column_direction), dtype=np.float64)


def read_slices(paths: Sequence[Path]) -> tuple[list[Slice], list[Finding]]:
    """Read the headers of a series; damaged files are left out and listed, copies of one file are counted once.

    Raises
    ------
    StudyRefused
        ``UID_CONFLICT`` when two different images carry one SOPInstanceUID; ``PIXEL_SPACING``, ``GEOM_ORIENT``,
        ``GEOM_MATRIX`` or ``SOP_CLASS`` when an image has no usable geometry.
    """
    slices: dict[str, Slice] = {}
    lost: list[tuple[int, UnreadableFile]] = []
    copies = 0
    for number, path in enumerate(paths, 1):
        try:
            found = _read_slice(path)
        except UnreadableFile as error:
            lost.append((number, error))
            continue
        known = slices.setdefault(found.sop_instance_uid, found)
        if known is found:
            continue
        if known.sha256 != found.sha256:
            raise StudyRefused(
                "UID_CONFLICT",
                f"Two different images of one series carry one SOPInstanceUID (files {paths.index(known.path) + 1} "
                f"and {number} of {len(paths)}); keep the right one and run again.",
            )
        copies += 1
    findings = _describe_lost(lost, len(paths))
    if not slices and findings:
        raise StudyRefused(findings[0].code, f"No image of the series can be read. {findings[0].message}")
    if copies:
        findings.append(
            Finding("GEOM_DUP_FILE", Severity.INFO, f"{copies} identical copies of images were counted once.")
        )
    return list(slices.values()), findings


def _describe_lost(lost: Sequence[tuple[int, UnreadableFile]], count: int) -> list[Finding]:
    """Return one finding for each reason why image files are left out."""
    reasons: dict[tuple[str, str], list[int]] = {}
    for number, error in lost:
        reasons.setdefault((error.code, error.message), []).append(number)
    findings = []
    for (code, reason), numbers in reasons.items():
        which = (
            f"Image file {numbers[0]} of {count} is"
            if len(numbers) == 1
            else f"{len(numbers)} of {count} image files are"
        )
        severity = Severity.INFO if code == "LOCALIZER" else Severity.WARNING
        findings.append(Finding(code, severity, f"{which} left out: {reason}."))
    return findings


def _read_slice(path: Path) -> Slice:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile("TRUNCATED", f"it cannot be read ({type(error).__name__})") from None
    header = parse_dicom(content)
    rows, columns = _plane_shape(header)
    _check_length(header, content, rows * columns)
    is_localizer = "LOCALIZER" in words_of(header, "ImageType")
    position, orientation = _placement(header, is_localizer)
    spacing, refusal = _pixel_spacing(header)
    return Slice(
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        sop_instance_uid=text_of(header, "SOPInstanceUID") or "",
        identity=identity_of(header),
        position=position,
        row_direction=orientation[:3],
        column_direction=orientation[3:],
        spacing=spacing,
        shape=(rows, columns),
        frame_of_reference_uid=text_of(header, "FrameOfReferenceUID"),
        is_localizer=is_localizer,
        thickness_mm=number_of(header, "SliceThickness"),
        lossy=_lossy(header),
        has_rescale=number_of(header, "RescaleSlope") is not None,
        refusal=refusal,
    )


def _plane_shape(header: Dataset) -> tuple[int, int]:
    rows, columns = integer_of(header, "Rows") or 0, integer_of(header, "Columns") or 0
    if rows < 1 or columns < 1 or rows * columns > MAX_PLANE_PIXELS:
        raise UnreadableFile("LIMIT_PIXELS", "its Rows and Columns are missing or beyond any scanner's")
    if (integer_of(header, "SamplesPerPixel") or 1) != 1:
        raise StudyRefused("SOP_CLASS", "The images are in colour: these are no measured CT or MR values.")
    return rows, columns


def _check_length(header: Dataset, content: bytes, pixels: int) -> None:
    """Refuse an image whose file ends before its pixels do."""
    syntax = transfer_syntax_of(header)
    needed = pixels * (integer_of(header, "BitsAllocated") or 16) // 8
    start = _pixel_start(content, syntax)
    if start is not None and syntax in UNCOMPRESSED and _is_packed(content, start):
        raise UnreadableFile("TRANSFER_SYNTAX", "its pixels are compressed, and its header does not say how")
    if start is None or (syntax in UNCOMPRESSED and len(content) - start < needed):
        raise UnreadableFile("TRUNCATED", "the file ends before its pixels do")


def _is_packed(content: bytes, start: int) -> bool:
    """Tell whether the pixel element has no length, as compressed pixels have: its header may not say so."""
    return UNKNOWN_LENGTH in (content[start - 4 : start], content[start : start + 4])


def _pixel_start(content: bytes, syntax: str) -> int | None:
    """Return where the pixel bytes can begin at the earliest, or None when there is no pixel element."""
    tag = b"\x7f\xe0\x00\x10" if syntax == UNCOMPRESSED[2] else b"\xe0\x7f\x10\x00"
    place = content.rfind(tag) if syntax not in UNCOMPRESSED else content.find(tag)
    return None if place < 0 else place + 8


def _placement(header: Dataset, is_localizer: bool) -> tuple[Vector, Vector]:
    try:
        position = np.array(numbers_of(header, "ImagePositionPatient", 3))
        orientation = np.array(numbers_of(header, "ImageOrientationPatient", 6))
    except BadAttribute as error:
        if is_localizer:
            raise UnreadableFile("LOCALIZER", "it is a localizer without a place") from None
        raise StudyRefused(
            "GEOM_ORIENT", f"{error.keyword} is missing or unusable in an image: without it the image has no place."
        ) from None
    first, second = orientation[:3], orientation[3:]
    lengths = np.linalg.norm(first), np.linalg.norm(second)
    if max(abs(length - 1) for length in lengths) > COSINE_TOLERANCE or abs(first @ second) > COSINE_TOLERANCE:
        raise StudyRefused(
            "GEOM_ORIENT", "ImageOrientationPatient of an image is not two unit vectors at right angles."
        )
    return position, np.concatenate([first / lengths[0], second / lengths[1]])


def _pixel_spacing(header: Dataset) -> tuple[tuple[float, float], StudyRefused | None]:
    """Return PixelSpacing, or why it cannot be used."""
    try:
        rows, columns = numbers_of(header, "PixelSpacing", 2)
    except BadAttribute:
        message = "PixelSpacing is missing or not two numbers in an image; spacing at the detector does not replace it."
        return (1.0, 1.0), StudyRefused("PIXEL_SPACING", message)
    if 1e-3 < rows < 100 and 1e-3 < columns < 100:
        return (rows, columns), None
    message = f"PixelSpacing of an image is {rows:g} x {columns:g} mm, which cannot be."
    return (1.0, 1.0), StudyRefused("PIXEL_SPACING", message)


def _lossy(header: Dataset) -> str | None:
    """Return how the pixels were compressed with loss, by attribute or by transfer syntax, or None."""
    name = LOSSY_SYNTAXES.get(transfer_syntax_of(header))
    if text_of(header, "LossyImageCompression") != "01":
        return name and f"stored as {name}"
    ratio = words_of(header, "LossyImageCompressionRatio") or ("unknown",)
    method = words_of(header, "LossyImageCompressionMethod") or ("unknown",)
    return f"method {', '.join(method)}, ratio {', '.join(ratio)}"
