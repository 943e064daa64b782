"""Bytes of files that are plain, or packed with gzip (RFC 1952) or zlib (RFC 1950), read from the front in pieces."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import BinaryIO, Protocol

PIECE = 1 << 20


class Source(Protocol):
    """Something that bytes are read from, at most as many as asked for; none at its end."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""

    def close(self) -> None:
        """Give up what is held."""


class ZlibSource:
    """Unpacked bytes of a zlib stream; its checksum is compared at its end, and bytes behind it are passed over."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._unpacker = file, zlib.decompressobj()

    def read(self, size: int, /) -> bytes:
        """Return the next bytes.

        Raises
        ------
        EOFError
            When the stream is cut off.
        zlib.error
            When it is damaged.
        """
        while not self._unpacker.eof:
            packed = self._unpacker.unconsumed_tail or self._file.read(PIECE)
            found = self._unpacker.decompress(packed, size)
            if found:
                return found
            if not packed:
                raise EOFError
        return b""

    def close(self) -> None:
        """Give up what is held; the file stays open."""


def open_packed(file: BinaryIO, start: int) -> Source:
    """Return the unpacked bytes of a stream that starts at a byte of a file."""
    file.seek(start)
    is_gzip = file.read(2) == b"\x1f\x8b"
    file.seek(start)
    return gzip.GzipFile(fileobj=file) if is_gzip else ZlibSource(file)


class PackedStream:
    """The bytes of several files, one after the other, of each an equal part.

    Parameters
    ----------
    start
        Byte at which each file's part, or its packed stream, begins.
    part
        Bytes of each file, unpacked.
    """

    def __init__(self, paths: tuple[Path, ...], start: int, part: int, packed: bool) -> None:
        self._paths, self._start, self._part, self._packed = list(paths), start, part, packed
        self._file: BinaryIO | None = None
        self._source: Source | None = None
        self._left = 0

    def read(self, size: int) -> bytearray:
        """Return exactly the next ``size`` bytes.

        Raises
        ------
        EOFError
            When there are fewer.
        """
        found = bytearray()
        while len(found) < size:
            found += self._next(size - len(found))
        return found

    def skip(self, size: int) -> None:
        """Pass over bytes: of plain files without reading them."""
        while size and not self._packed and size >= self._left:
            size -= self._left
            self._left = 0
            if not size:
                return
            self._open_next()
        if not self._packed and self._file is not None and size:
            self._file.seek(size, 1)
            self._left -= size
            return
        while size:
            size -= len(self._next(min(size, PIECE)))

    def close(self) -> None:
        """Close the file that is open."""
        for each in (self._source, self._file):
            if each is not None:
                each.close()
        self._file = self._source = None

    def _next(self, size: int) -> bytes:
        if not self._left:
            self._open_next()
        assert self._source is not None
        found = self._source.read(min(size, self._left))
        if not found:
            raise EOFError
        self._left -= len(found)
        return found

    def _open_next(self) -> None:
        self.close()
        if not self._paths:
            raise EOFError
        self._file = self._paths.pop(0).open("rb")
        self._source = open_packed(self._file, self._start) if self._packed else self._file
        if not self._packed:
            self._file.seek(self._start)
        self._left = self._part
