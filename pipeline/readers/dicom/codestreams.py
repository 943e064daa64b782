"""What a compressed frame says of its own size, read before a decoder allocates anything for it (row S02)."""

from __future__ import annotations

from itertools import pairwise

from pipeline.readers.dicom.unreadable import UnreadableFile

RLE = "1.2.840.10008.1.2.5"
JPEG_SYNTAXES = (
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
)
"""JPEG baseline, extended, lossless (process 14) and lossless first-order prediction."""
JPEG_LS_SYNTAXES = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
JPEG_2000_SYNTAXES = (
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.4.203",
)
"""JPEG 2000 and its high-throughput form."""
DECODED = (RLE, *JPEG_SYNTAXES, *JPEG_LS_SYNTAXES, *JPEG_2000_SYNTAXES)
FRAME_HEADERS = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
"""Markers that begin a frame header of JPEG and JPEG-LS (ITU-T T.81 table B.1, T.87 annex C)."""
BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xDA)})
MAX_TILES = 4096

WRONG = "its compressed pixels are not of the size that its header states"


def check_codestream(code: bytes, syntax: str, rows: int, columns: int, bytes_each: int) -> None:
    """Check that a compressed frame has one sample a pixel and the size that the image's header states.

    Raises
    ------
    UnreadableFile
        ``TRUNCATED`` when it does not, ``LIMIT_PIXELS`` when it would unpack to more.
    """
    if syntax == RLE:
        _check_segments(code, rows * columns, bytes_each)
        return
    found = _size_of_jpeg_2000(code) if syntax in JPEG_2000_SYNTAXES else _size_of_jpeg(code)
    if found is None:
        raise UnreadableFile("TRUNCATED", "its compressed pixels are damaged")
    if found != (rows, columns, 1):
        code_name = "LIMIT_PIXELS" if found[0] * found[1] * found[2] > rows * columns else "TRUNCATED"
        raise UnreadableFile(code_name, WRONG)


def _size_of_jpeg(code: bytes) -> tuple[int, int, int] | None:
    """Return rows, columns and samples of a JPEG or JPEG-LS frame; None when it has no frame header."""
    place = 2
    if code[:2] != b"\xff\xd8":
        return None
    while place + 4 <= len(code):
        if code[place] != 0xFF:
            return None
        marker = code[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker in BARE_MARKERS:
            place += 2
            continue
        if marker in FRAME_HEADERS:
            rows, columns = (int.from_bytes(code[at : at + 2], "big") for at in (place + 5, place + 7))
            return (rows, columns, code[place + 9]) if place + 9 < len(code) else None
        place += 2 + int.from_bytes(code[place + 2 : place + 4], "big")
    return None


def _size_of_jpeg_2000(code: bytes) -> tuple[int, int, int] | None:
    """Return rows, columns and samples of a JPEG 2000 codestream (ITU-T T.800 A.5.1), within file boxes or bare."""
    start = 0 if code[:2] == b"\xff\x4f" else code.find(b"\xff\x4f\xff\x51")
    if start < 0 or len(code) < start + 44 or code[start + 2 : start + 4] != b"\xff\x51":
        return None
    wide, high, left, top, tile_wide, tile_high, tile_left, tile_top = (
        int.from_bytes(code[start + at : start + at + 4], "big") for at in range(8, 40, 4)
    )
    if not tile_wide or not tile_high:
        return None
    if -(-(wide - tile_left) // tile_wide) * -(-(high - tile_top) // tile_high) > MAX_TILES:
        raise UnreadableFile("LIMIT_PIXELS", "its compressed pixels are in more tiles than any image's")
    return high - top, wide - left, int.from_bytes(code[start + 40 : start + 42], "big")


def _check_segments(code: bytes, pixels: int, bytes_each: int) -> None:
    """Check that a run-length encoded frame has a segment for each byte of a pixel, and enough in each of them."""
    segments = segments_of(code)
    if len(segments) != bytes_each or any(64 * len(segment) < pixels for segment in segments):
        raise UnreadableFile("TRUNCATED", WRONG)


def segments_of(code: bytes) -> list[bytes]:
    """Return the segments of a run-length encoded frame, most significant byte first (DICOM PS3.5 section G.5).

    Raises
    ------
    UnreadableFile
        ``TRUNCATED`` when they do not lie within it one after the other.
    """
    if len(code) < 64:
        raise UnreadableFile("TRUNCATED", WRONG)
    count, *starts = (int.from_bytes(code[at : at + 4], "little") for at in range(0, 64, 4))
    if count > 15:
        raise UnreadableFile("TRUNCATED", WRONG)
    bounds = [*starts[:count], len(code)]
    if any(not 64 <= start < end for start, end in pairwise(bounds)):
        raise UnreadableFile("TRUNCATED", "its compressed pixels are damaged")
    return [code[start:end] for start, end in pairwise(bounds)]
