"""Voxels as a volume file stores them: of a stated type and number, plain or packed, in it or in a file beside it.

What a header promises is compared with what is there before anything is made for it (rows S02, S03 and S06), and a file
beside is one of the same folder (rows S01 and S14).
"""

from __future__ import annotations

import gzip
import stat
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused

PIECE = 1 << 20
MAX_SURPLUS = 1 << 20
"""Bytes that may follow the voxels of a packed file."""
ANY_HEADER = zlib.MAX_WBITS | 32
"""Tells gzip (RFC 1952) from zlib (RFC 1950) by their first bytes."""


@dataclass(frozen=True)
class StoredVoxels:
    """Where a grid's voxels are.

    Parameters
    ----------
    paths
        The file that holds them; several where each holds an equal part, in their order.
    start
        Byte of the first voxel in each file; of the packed stream where they are packed.
    kind
        Their type and byte order.
    count
        How many there are in all files together.
    """

    paths: tuple[Path, ...]
    start: int
    kind: np.dtype[Any]
    count: int
    packed: bool = False

    def check(self) -> None:
        """Check that all voxels are there and undamaged.

        Raises
        ------
        StudyRefused
            ``TRUNCATED`` or ``LIMIT_INFLATE``.
        """
        for path in self.paths:
            check_complete(path, self.start, self.count * self.kind.itemsize // len(self.paths), self.packed)

    def read(self) -> NDArray[Any]:
        """Return the voxels as a flat array; unpacking stops when there are as many as promised.

        Raises
        ------
        StudyRefused
            ``TRUNCATED`` when there are fewer.
        """
        needed = self.count * self.kind.itemsize // len(self.paths)
        try:
            parts = [_read_bytes(path, self.start, needed, self.packed) for path in self.paths]
        except (OSError, zlib.error) as error:
            message = f"The voxels of a volume file are damaged ({type(error).__name__})."
            raise StudyRefused("TRUNCATED", message) from None
        if any(len(part) < needed for part in parts):
            raise StudyRefused("TRUNCATED", "A volume file ends before its voxels do.")
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        return np.frombuffer(data, dtype=self.kind, count=self.count).astype(self.kind.newbyteorder("="), copy=False)


def _read_bytes(path: Path, start: int, needed: int, packed: bool) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        if not packed:
            return file.read(needed)
        return zlib.decompressobj(wbits=ANY_HEADER).decompress(file.read(), needed)


def find_beside(path: Path, name: str) -> Path:
    """Return the file of a plain name in the folder of another file.

    Raises
    ------
    StudyRefused
        ``PATH`` when the name leads elsewhere, or to a link or anything that is no regular file; ``TRUNCATED`` when
        there is none.
    """
    plain = name.strip()
    parts = {PurePosixPath(plain).name, PureWindowsPath(plain).name}
    if parts != {plain} or plain in ("", ".", "..") or "\0" in plain:
        raise StudyRefused("PATH", "A volume file keeps its voxels in a file of another folder, which is not followed.")
    found = path.parent / plain
    try:
        mode = found.lstat().st_mode
    except (OSError, ValueError):
        raise StudyRefused("TRUNCATED", "The file that a volume file keeps its voxels in is not beside it.") from None
    if not stat.S_ISREG(mode):
        raise StudyRefused("PATH", "The file that a volume file keeps its voxels in is a link or no regular file.")
    return found


def all_beside(path: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """Return the files of several plain names in the folder of another file."""
    return tuple(find_beside(path, name) for name in names)


def check_complete(path: Path, start: int, needed: int, packed: bool) -> None:
    """Check that a file holds all its voxels, and holds them undamaged, without keeping them.

    Parameters
    ----------
    start
        Bytes before the packed stream, 0 when the whole file is packed.
    needed
        Bytes that must be there from ``start`` on, unpacked.
    packed
        Whether they are packed with gzip or zlib: the stream is then unpacked to its end, where its checksum is, and
        no further than a little beyond what is needed.

    Raises
    ------
    StudyRefused
        ``TRUNCATED`` when the file ends before its voxels do or its checksum is off, ``LIMIT_INFLATE`` when it goes on
        behind them.
    """
    try:
        state = path.stat()
        size = (
            _unpacked_size(path, start, needed, state.st_size, state.st_mtime_ns) if packed else state.st_size - start
        )
    except (OSError, zlib.error, EOFError):
        raise StudyRefused(
            "TRUNCATED", "A packed volume file is damaged (its checksum is off, or it was cut off); copy it again."
        ) from None
    if size < needed:
        raise StudyRefused("TRUNCATED", "A volume file ends before its voxels do.")
    if packed and size > needed + MAX_SURPLUS:
        raise StudyRefused("LIMIT_INFLATE", "A packed volume file unpacks to more than its header says.")


@lru_cache(maxsize=256)
def _unpacked_size(path: Path, start: int, needed: int, size: int, changed: int) -> int:
    """Return how many bytes a packed stream holds, its checksum compared; it is not followed beyond the surplus.

    ``size`` and ``changed`` say which state of the file was read: a file is opened often, and checked once.
    """
    limit = needed + MAX_SURPLUS
    with path.open("rb") as file:
        file.seek(start)
        is_gzip = file.read(2) == b"\x1f\x8b"
        file.seek(start)
        if not is_gzip:
            return _zlib_size(iter(lambda: file.read(PIECE), b""), limit)
        total = 0
        with gzip.GzipFile(fileobj=file) as stream:
            while total <= limit and (piece := stream.read(PIECE)):
                total += len(piece)
        return total


def _zlib_size(pieces: Iterator[bytes], limit: int) -> int:
    unpacker, total = zlib.decompressobj(), 0
    for piece in pieces:
        rest = piece
        while rest and total <= limit and not unpacker.eof:
            total += len(unpacker.decompress(rest, PIECE))
            rest = unpacker.unconsumed_tail
        if unpacker.eof or total > limit:
            return total
    raise EOFError
