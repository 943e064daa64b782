"""Where the pixels of each frame of a DICOM file lie, so that only those that are needed are read.

No stated length or offset is believed further than the file goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from struct import Struct
from typing import BinaryIO

from pipeline.readers.dicom.element_bytes import DicomBytes
from pipeline.readers.dicom.header import Header, integer_of, transfer_syntax_of
from pipeline.readers.dicom.scan import EXTENDED_OFFSETS, ITEM, SEQUENCE_END, UNDEFINED
from pipeline.readers.dicom.unreadable import UnreadableFile

UNCOMPRESSED = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
MAX_FRAGMENTS = 1_000_000
_ITEM = Struct("<HHI")
FRAME_BITS = (8, 16, 32, 64)
"""Bits of a pixel of images of one sample."""
CUT = "the file ends before its pixels do"

Span = tuple[int, int]
"""Where bytes begin in the file, and how many."""


@dataclass(frozen=True, eq=False)
class FramePlaces:
    """The bytes of every frame, as the spans to join.

    Parameters
    ----------
    source
        The file, or its bytes where they are held already (a deflated file).
    """

    source: Path | bytes
    spans: tuple[tuple[Span, ...], ...]

    def open(self) -> BinaryIO:
        """Open the bytes that the spans lie in."""
        return self.source.open("rb") if isinstance(self.source, Path) else BytesIO(self.source)


def find_frames(path: Path, found: DicomBytes, header: Header, frame_bytes: int, count: int) -> FramePlaces:
    """Return where each of ``count`` frames lies; ``frame_bytes`` is what one holds when it is not compressed.

    Raises
    ------
    UnreadableFile
        ``TRUNCATED`` when the file ends before its pixels do, ``LIMIT_LENGTH`` when their end is not stated,
        ``TRANSFER_SYNTAX`` when they are compressed and nothing says how.
    """
    return find_spans(path, found, transfer_syntax_of(header), frame_bytes, count)


def find_spans(path: Path, found: DicomBytes, syntax: str, frame_bytes: int, count: int) -> FramePlaces:
    """Return the same for a transfer syntax that is known; raises as ``find_frames`` does."""
    held = len(found.content) == found.size
    source: Path | bytes = found.content if held else path
    compressed = syntax not in UNCOMPRESSED
    if found.elements and found.pixels is None:
        raise UnreadableFile("TRUNCATED", CUT)
    if found.pixels is None:
        source, at, length = _parsed_pixels(found)
        size = len(source)
    else:
        at, length, size = found.pixels.at, found.pixels.length, found.size
    if not compressed and length == UNDEFINED:
        raise UnreadableFile("TRANSFER_SYNTAX", "its pixels are compressed, and its header does not say how")
    if not compressed:
        if min(length, size - at) < frame_bytes * count:
            raise UnreadableFile("TRUNCATED", CUT)
        return FramePlaces(source, tuple(((at + n * frame_bytes, frame_bytes),) for n in range(count)))
    places = FramePlaces(source, ())
    with places.open() as file:
        fragments = _find_fragments(file, at, size)
        offsets = _offsets(file, fragments[0], found)
    return FramePlaces(source, _join(fragments[1:], offsets, count))


def frame_bytes_of(header: Header, pixels: int) -> int:
    """Return how many bytes a plane of so many pixels has when it is not compressed."""
    bits = integer_of(header, "BitsAllocated") or 16
    if bits not in FRAME_BITS:
        raise UnreadableFile("TRUNCATED", f"its pixels are said to have {bits} bits, which none have")
    return pixels * bits // 8


def _parsed_pixels(found: DicomBytes) -> tuple[bytes, int, int]:
    """Return the pixels of a file that only a full parser reads: their bytes, where they begin, their stated length."""
    import pydicom

    try:
        data = pydicom.dcmread(BytesIO(found.content), force=True)
        element = data["PixelData"]
        value = bytes(element.value)
    except Exception:
        raise UnreadableFile("TRUNCATED", CUT) from None
    if not element.is_undefined_length:
        return value, 0, len(value)
    return value + _ITEM.pack(SEQUENCE_END >> 16, SEQUENCE_END & 0xFFFF, 0), 0, UNDEFINED


def _find_fragments(file: BinaryIO, at: int, size: int) -> list[Span]:
    """Return the items of compressed pixels: the table of offsets, then the fragments (DICOM PS3.5 section A.4)."""
    found: list[Span] = []
    place = at
    while len(found) < MAX_FRAGMENTS:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            code = "LIMIT_LENGTH" if found and not head else "TRUNCATED"
            raise UnreadableFile(code, "the end of its pixels is not stated" if code == "LIMIT_LENGTH" else CUT)
        group, number, length = _ITEM.unpack(head)
        tag = group << 16 | number
        if tag == SEQUENCE_END and found:
            return found
        if tag != ITEM or place + 8 + length > size:
            raise UnreadableFile("TRUNCATED", CUT)
        found.append((place + 8, length))
        place += 8 + length
    raise UnreadableFile("LIMIT_LENGTH", "its pixels are in more pieces than any image's")


def _offsets(file: BinaryIO, table: Span, found: DicomBytes) -> list[int]:
    """Return where frames begin, in bytes behind the table of offsets, as the file states it; none when it does not."""
    element, width = found.elements.get(EXTENDED_OFFSETS), 8
    at, length = (element.at, element.length) if element else table
    if element is None:
        width = 4
    if length == UNDEFINED or length % width or at + length > found.size:
        return []
    file.seek(at)
    stated = file.read(min(length, MAX_FRAGMENTS * width))
    return [int.from_bytes(stated[n : n + width], "little") for n in range(0, len(stated), width)]


def _join(fragments: list[Span], offsets: list[int], count: int) -> tuple[tuple[Span, ...], ...]:
    """Return the fragments of each frame."""
    if count == 1 and fragments:
        return (tuple(fragments),)
    if len(fragments) == count:
        return tuple((fragment,) for fragment in fragments)
    if len(fragments) < count:
        raise UnreadableFile("TRUNCATED", CUT)
    start = fragments[0][0] - 8
    begins = [at - 8 - start for at, _ in fragments]
    if len(offsets) != count or not set(offsets) <= set(begins) or sorted(set(offsets)) != offsets:
        raise UnreadableFile("TRANSFER_SYNTAX", "its frames are in several pieces, and nothing says which")
    places = [begins.index(offset) for offset in offsets] + [len(fragments)]
    return tuple(tuple(fragments[a:b]) for a, b in pairwise(places))
