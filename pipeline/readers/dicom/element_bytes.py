"""The bytes of a DICOM file up to its pixels: read in bounds, unpacked in bounds, their structure checked.

Deflated files become plain ones here, so that everything behind sees one kind of bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.readers.dicom.scan import (
    MAX_FILE_BYTES,
    PIXEL_TAGS,
    Element,
    MoreNeeded,
    UnusualLayout,
    find_elements,
)
from pipeline.readers.dicom.unreadable import UnreadableFile

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT, DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
WINDOWS = (2**16, 2**20, 2**24, 2**28)
"""How much of a file is read, one after the other, until its header is complete."""
MAX_INFLATED_BYTES = 2**28
MAX_INFLATE_RATIO, FREE_BYTES = 200, 2**24
"""Beyond 16 MB, packed data that unpack to more than 200 times their size are no image."""
PLAIN_META = (
    bytes(128)
    + b"DICM\x02\x00\x00\x00UL\x04\x00\x1c\x00\x00\x00"
    + b"\x02\x00\x10\x00UI\x14\x00"
    + EXPLICIT.encode()
    + b"\0"
)
"""File meta information that says no more than how the data set is written (20 characters and their header)."""


@dataclass(frozen=True, eq=False)
class DicomBytes:
    """The beginning of a DICOM file, at least up to its pixels.

    Parameters
    ----------
    content
        Bytes from the beginning of the file; of an unpacked one when it was deflated.
    size
        Bytes of the whole file, or of the whole unpacked one.
    elements
        Where its elements lie; empty when only a full parser can tell.
    syntax
        Its transfer syntax; empty when it states none.
    """

    content: bytes
    size: int
    syntax: str
    elements: dict[int, Element] = field(default_factory=dict)

    @property
    def pixels(self) -> Element | None:
        """The pixel element, or None."""
        return next((self.elements[tag] for tag in PIXEL_TAGS if tag in self.elements), None)


def read_bytes(source: bytes | Path) -> DicomBytes:
    """Return the bytes of a DICOM file up to its pixels; all of them when they are given or had to be unpacked.

    Raises
    ------
    UnreadableFile
        ``LIMIT_LENGTH``, ``LIMIT_DEPTH``, ``LIMIT_INFLATE`` or ``TRUNCATED``.
    """
    for content, size in _windows(source):
        start, syntax = _start_of_data(content)
        if syntax == DEFLATED:
            return _inflate(_whole(source, content, size), start)
        try:
            elements = _elements(content, start, syntax, size)
        except MoreNeeded:
            continue
        except UnusualLayout:
            return DicomBytes(_whole(source, content, size), size, syntax)
        return DicomBytes(content, size, syntax, elements)
    raise UnreadableFile("LIMIT_LENGTH", "its header is longer than any")


def _windows(source: bytes | Path) -> Iterator[tuple[bytes, int]]:
    if isinstance(source, bytes):
        yield source, len(source)
        return
    try:
        size = source.stat().st_size
    except OSError as error:
        raise UnreadableFile("TRUNCATED", f"it cannot be read ({type(error).__name__})") from None
    if size > MAX_FILE_BYTES:
        raise UnreadableFile("LIMIT_LENGTH", "it is larger than any image that is read (2 GB)")
    for count in WINDOWS:
        yield _read(source, count), size
        if count >= size:
            return


def _whole(source: bytes | Path, content: bytes, size: int) -> bytes:
    """Return all bytes of a file that cannot be read in part."""
    if len(content) == size:
        return content
    if size > WINDOWS[-1]:
        raise UnreadableFile("LIMIT_LENGTH", "it is too large to be read at once (256 MB), as its coding needs it")
    return _read(source, size)


def _read(source: bytes | Path, count: int) -> bytes:
    if isinstance(source, bytes):
        return source[:count]
    try:
        with source.open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise UnreadableFile("TRUNCATED", f"it cannot be read ({type(error).__name__})") from None


def _start_of_data(content: bytes) -> tuple[int, str]:
    """Return where the data set begins, and the transfer syntax that the file meta information states."""
    place = 132 if content[128:132] == b"DICM" else 0
    syntax = ""
    while content[place : place + 2] == b"\x02\x00" and place + 8 <= len(content):
        long = content[place + 4 : place + 6] in (b"OB", b"UN", b"OW", b"UT")
        at = place + (12 if long else 8)
        length = int.from_bytes(content[at - 4 : at] if long else content[at - 2 : at], "little")
        if content[place + 2 : place + 4] == b"\x10\x00":
            syntax = content[at : at + length].decode("ascii", "replace").strip(" \0")
        place = at + length
    return place, syntax


def _elements(content: bytes, start: int, syntax: str, size: int) -> dict[int, Element]:
    if syntax == BIG_ENDIAN:
        raise UnusualLayout
    if len(content) < start + 8:
        raise MoreNeeded if len(content) < size else UnreadableFile("TRUNCATED", "it is cut off within its header")
    stated = content[start + 4 : start + 6]
    explicit = stated.isalpha() and stated.isupper()
    if syntax and explicit == (syntax == IMPLICIT):
        raise UnusualLayout
    return find_elements(content, start, not explicit, size)


def _inflate(content: bytes, start: int) -> DicomBytes:
    """Return a deflated file as a plain one (DICOM PS3.5 section A.5)."""
    limit = min(MAX_INFLATED_BYTES, max(FREE_BYTES, MAX_INFLATE_RATIO * (len(content) - start)))
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = stream.decompress(memoryview(content)[start:], limit)
    except zlib.error:
        raise UnreadableFile("TRUNCATED", "its packed data are damaged") from None
    if stream.unconsumed_tail and not stream.eof:
        raise UnreadableFile("LIMIT_INFLATE", "it unpacks to far more bytes than an image has")
    if not stream.eof:
        raise UnreadableFile("TRUNCATED", "its packed data are cut off")
    return read_bytes(PLAIN_META + data)
