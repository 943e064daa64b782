"""One mask slice or its image: where a DICOM image lies, and the values of one PNG or DICOM mask slice."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.readers.dicom.decoding import FrameDecoder
from pipeline.readers.dicom.element_bytes import read_bytes
from pipeline.readers.dicom.frame_places import find_frames, frame_bytes_of
from pipeline.readers.dicom.header import BadAttribute, identity_of, integer_of, numbers_of, parse_bytes, parse_dicom
from pipeline.readers.dicom.slice_header import plane_shape
from pipeline.readers.dicom.unreadable import UnreadableFile
from pipeline.readers.layouts.layout import SliceLayout
from pipeline.study import Identity

MAX_BYTES = 2**28
KEYWORDS = [
    *("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "PatientSex", "SpecificCharacterSet"),
    *("StudyInstanceUID", "StudyDate", "AccessionNumber", "StudyDescription"),
    *("Rows", "Columns", "PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"),
]
GREY_MODES = ("1", "L", "I;16", "I", "P")
"""Pillow's modes of one channel: bits, bytes, words, and bytes with a table of colours."""


@dataclass(frozen=True, eq=False)
class Plane:
    """Where the rows and columns of an image lie, LPS mm.

    ``row_step`` leads from one row to the next, ``column_step`` from one column to the next.
    """

    position: NDArray[np.float64]
    row_step: NDArray[np.float64]
    column_step: NDArray[np.float64]
    shape: tuple[int, int]

    def corners(self) -> NDArray[np.float64]:
        """Return LPS mm of the first and last pixel of the first and last row, shape (2, 2, 3)."""
        rows = np.array([0, self.shape[0] - 1])[:, None, None] * self.row_step
        columns = np.array([0, self.shape[1] - 1])[None, :, None] * self.column_step
        return np.asarray(self.position + rows + columns)


@dataclass(frozen=True, eq=False)
class SliceHeader:
    """Who and where: ``plane`` is None where an image does not state its place."""

    identity: Identity
    plane: Plane | None


def read_header(path: Path) -> SliceHeader:
    """Return what the header of a DICOM image says.

    Raises
    ------
    StudyRefused
        ``TRUNCATED`` when it cannot be read.
    """
    try:
        header = parse_dicom(path, KEYWORDS)
    except UnreadableFile as error:
        raise StudyRefused(error.code, f"A slice cannot be read: {error.message}.") from None
    rows, columns = integer_of(header, "Rows") or 0, integer_of(header, "Columns") or 0
    try:
        position = np.array(numbers_of(header, "ImagePositionPatient", 3))
        turn = np.array(numbers_of(header, "ImageOrientationPatient", 6))
        spacing = numbers_of(header, "PixelSpacing", 2)
    except BadAttribute:
        return SliceHeader(identity_of(header), None)
    if not np.allclose([turn[:3] @ turn[:3], turn[3:] @ turn[3:], 1 + turn[:3] @ turn[3:]], 1, atol=1e-2):
        return SliceHeader(identity_of(header), None)
    if min(spacing) <= 0:
        return SliceHeader(identity_of(header), None)
    plane = Plane(position, turn[3:] * spacing[0], turn[:3] * spacing[1], (rows, columns))
    return SliceHeader(identity_of(header), plane)


def read_plane(content: bytes, layout: SliceLayout, shape: tuple[int, int]) -> NDArray[np.uint16]:
    """Return the values of one mask slice, turned as its layout says.

    Parameters
    ----------
    shape
        Rows and columns of the image it belongs to; they are compared before anything is unpacked.

    Raises
    ------
    StudyRefused
        ``GEOM_MATRIX`` for another size, ``LABEL_NONINT`` for colours or negative values, ``LIMIT_PIXELS`` for more
        pixels than any image has, ``TRUNCATED`` when damaged.
    """
    values = _read_png(content, shape) if layout.form == "png" else _read_dicom(content, shape)
    if values.dtype.kind not in "iub" or int(values.min(initial=0)) < 0 or int(values.max(initial=0)) > 65_535:
        raise StudyRefused("LABEL_NONINT", "A mask slice holds values that are no labels.")
    for axis in layout.flip:
        values = np.flip(values, 0 if axis == "rows" else 1)
    return values.astype(np.uint16)


def _read_png(content: bytes, shape: tuple[int, int]) -> NDArray[np.generic]:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
                _check_shape((picture.height, picture.width), shape)
                if picture.mode not in GREY_MODES:
                    raise StudyRefused("LABEL_NONINT", "A mask slice is a colour picture: its values are no labels.")
                return np.asarray(picture.convert("L") if picture.mode in ("1", "P") else picture)
    except StudyRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise StudyRefused("LIMIT_PIXELS", "A PNG mask slice claims more pixels than any image has.") from None
    except Exception as error:
        raise StudyRefused("TRUNCATED", f"A PNG mask slice is damaged ({type(error).__name__}).") from None


def _read_dicom(content: bytes, shape: tuple[int, int]) -> NDArray[np.generic]:
    try:
        found = read_bytes(content)
        header = parse_bytes(found)
        rows, columns = plane_shape(header)
        _check_shape((rows, columns), shape)
        if (integer_of(header, "NumberOfFrames") or 1) != 1:
            raise StudyRefused("LABEL_NONINT", "A mask slice has several frames: it is no mask.")
        places = find_frames(Path(), found, header, frame_bytes_of(header, rows * columns), 1)
        with places.open() as file:
            return FrameDecoder(header).decode(b"".join(_piece(file, at, length) for at, length in places.spans[0]))
    except UnreadableFile as error:
        raise StudyRefused(error.code, f"A mask slice cannot be read: {error.message}.") from None


def _piece(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at)
    return file.read(length)


def read_content(path: Path) -> bytes:
    """Return the bytes of a mask slice.

    Raises
    ------
    StudyRefused
        ``LIMIT_LENGTH`` when it is larger than any slice, ``TRUNCATED`` when it cannot be read.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise StudyRefused("LIMIT_LENGTH", "A mask slice is larger than any image of its size.")
        return path.read_bytes()
    except OSError as error:
        raise StudyRefused("TRUNCATED", f"A mask slice cannot be read ({type(error).__name__}).") from None


def _check_shape(found: tuple[int, int], expected: tuple[int, int]) -> None:
    if found != expected:
        raise StudyRefused(
            "GEOM_MATRIX",
            f"A mask slice has {found[0]} x {found[1]} pixels and its image {expected[0]} x {expected[1]}.",
        )
