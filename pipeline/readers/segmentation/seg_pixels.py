"""Pixels of a segmentation, frame by frame: uncompressed of either byte order, or unpacked within the header's bounds.

What a packed frame claims to hold is compared with Rows and Columns before it is unpacked (rows S02 and S03).
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.readers.segmentation.frames import FrameBits, Part, check_size, stack, trim
from pipeline.readers.segmentation.seg_file import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT

NATIVE = frozenset({IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN})
ENCAPSULATED_RAW, DEFLATED_FRAMES = "1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.8.1"
RLE = "1.2.840.10008.1.2.5"
JPEG_LS, JPEG_2000 = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"
BITS_SYNTAXES = frozenset({*NATIVE, ENCAPSULATED_RAW, DEFLATED_FRAMES})
VALUES_SYNTAXES = BITS_SYNTAXES | {RLE, JPEG_LS, JPEG_2000}
MAX_FRAME = 2**26
"""Pixels of one compressed frame that are unpacked (8192 x 8192)."""

Planes = Callable[[int], NDArray[Any]]


def check_syntax(syntax: str, bits: int) -> None:
    """Check that pixels of this transfer syntax are read.

    Raises
    ------
    StudyRefused
        ``SEG_COMPRESSED``.
    """
    if syntax not in (BITS_SYNTAXES if bits == 1 else VALUES_SYNTAXES):
        raise StudyRefused(
            "SEG_COMPRESSED",
            "The segmentation is stored in a transfer syntax that is not read for it; store it uncompressed.",
        )


def open_bits(
    pixels: bytes | memoryview, kind: str, syntax: str, shape: tuple[int, int, int]
) -> Callable[[NDArray[np.int64], NDArray[np.int64]], tuple[NDArray[np.bool_], tuple[int, int, int]]]:
    """Return what stacks frames of one bit a pixel: frame numbers and slices in, block and its first index out.

    Parameters
    ----------
    pixels, kind
        Value of PixelData and its value representation.
    shape
        Number of frames, Rows and Columns.
    """
    frames, rows, columns = shape
    if syntax in NATIVE:
        data = _swapped(pixels) if syntax == BIG_ENDIAN and kind == "OW" else pixels
        return FrameBits(data, frames, rows, columns).collect
    packed = _fragments(pixels, frames)
    size = (rows * columns + 7) // 8
    check_size(MAX_FRAME, 1, rows, columns)

    def part(frame: int) -> Part:
        raw = np.frombuffer(_raw(packed[frame], syntax, size), dtype=np.uint8)
        bits = np.unpackbits(raw, count=rows * columns, bitorder="little")
        return trim(bits.reshape(rows, columns).view(np.bool_))

    return lambda numbers, slices: stack(numbers, slices, part)


def open_values(pixels: bytes | memoryview, kind: str, syntax: str, shape: tuple[int, int, int], bits: int) -> Planes:
    """Return what reads a frame of 8 or 16 bits a pixel by its number, shape (rows, columns).

    Raises
    ------
    StudyRefused
        ``TRUNCATED`` or ``LIMIT_PIXELS`` when the pixels are not what the header promises.
    """
    frames, rows, columns = shape
    if syntax in NATIVE:
        check_size(len(pixels) * 8 // bits, frames, rows, columns)
        swap = syntax == BIG_ENDIAN and bits == 8 and kind == "OW"
        order = ">" if syntax == BIG_ENDIAN else "<"
        flat = np.frombuffer(
            _swapped(pixels) if swap else pixels, f"{order}u{bits // 8}", count=frames * rows * columns
        )
        whole = flat.reshape(shape)
        return lambda frame: whole[frame]
    check_size(MAX_FRAME, 1, rows, columns)
    packed = _fragments(pixels, frames)
    return lambda frame: _decode(packed[frame], syntax, rows, columns, bits)


def _swapped(pixels: bytes | memoryview) -> bytes:
    """Return bytes in the order of little-endian words (DICOM PS3.5 section 7.3)."""
    return np.frombuffer(pixels, dtype=np.uint16, count=len(pixels) // 2).byteswap().tobytes()


def _fragments(pixels: bytes | memoryview, frames: int) -> list[bytes]:
    """Return the packed bytes of every frame."""
    from pydicom.encaps import generate_frames

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = list(generate_frames(bytes(pixels), number_of_frames=frames))
    except Exception as error:
        raise _damaged(type(error).__name__) from None
    if len(found) != frames:
        raise StudyRefused("TRUNCATED", "The segmentation has fewer or more packed frames than its header says.")
    return found


def _damaged(what: str) -> StudyRefused:
    return StudyRefused("TRUNCATED", f"The packed pixels of the segmentation are damaged ({what}).")


def _raw(packed: bytes, syntax: str, size: int) -> bytes:
    """Return the bytes of a frame that is deflated or merely put into a fragment (DICOM PS3.5 A.4.13 and A.4.11)."""
    if syntax == DEFLATED_FRAMES:
        try:
            packed = zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(packed, size + 2)
        except zlib.error as error:
            raise _damaged(type(error).__name__) from None
    if not size <= len(packed) <= size + 1:
        raise StudyRefused("TRUNCATED", "A packed frame of the segmentation has another size than its header says.")
    return packed[:size]


def _decode(packed: bytes, syntax: str, rows: int, columns: int, bits: int) -> NDArray[Any]:
    from pydicom.encaps import encapsulate
    from pydicom.pixels.common import PhotometricInterpretation
    from pydicom.pixels.decoders.base import get_decoder

    size = rows * columns * bits // 8
    if syntax in (DEFLATED_FRAMES, ENCAPSULATED_RAW):
        return np.frombuffer(_raw(packed, syntax, size), dtype=f"<u{bits // 8}").reshape(rows, columns)
    _check_claim(packed, syntax, rows, columns, size)
    options: dict[str, object] = {
        "rows": rows,
        "columns": columns,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "photometric_interpretation": PhotometricInterpretation.MONOCHROME2,
        "bits_allocated": bits,
        "bits_stored": bits,
        "pixel_representation": 0,
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plane, _ = get_decoder(syntax).as_array(encapsulate([packed]), raw=True, **options)  # type: ignore[arg-type]
    except Exception as error:
        raise _damaged(type(error).__name__) from None
    if plane.shape != (rows, columns) or plane.dtype.kind != "u":
        raise _damaged("other pixels than promised")
    return np.asarray(plane)


def _check_claim(packed: bytes, syntax: str, rows: int, columns: int, size: int) -> None:
    """Check what a frame says of its own size, before a decoder makes room for it."""
    if syntax == RLE:
        if len(packed) > 2 * size + 1024:
            raise StudyRefused("LIMIT_PIXELS", "A packed frame of the segmentation is longer than its pixels.")
        return
    if (rows, columns) != _claimed(packed, syntax):
        raise StudyRefused("LIMIT_PIXELS", "A packed frame of the segmentation claims another size than its header.")


def _claimed(packed: bytes, syntax: str) -> tuple[int, int] | None:
    """Return rows and columns in a code stream's own header: SIZ (ISO 15444-1 A.5.1) or SOF55 (ISO 14495-1 C.2.2)."""
    marker = b"\xff\x4f\xff\x51" if syntax == JPEG_2000 else b"\xff\xf7"
    at = packed.find(marker, 0, 4096)
    try:
        if at < 0:
            return None
        if syntax != JPEG_2000:
            rows, columns = struct.unpack_from(">HH", packed, at + 5)
            return rows, columns
        right, bottom, left, top = struct.unpack_from(">IIII", packed, at + 8)
        return bottom - top, right - left
    except struct.error:
        return None
