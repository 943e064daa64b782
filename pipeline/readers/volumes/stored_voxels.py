"""Voxels as a volume file stores them: of a stated type and number, plain or packed, in it or in a file beside it.

What a header promises is compared with what is there before anything is made for it (rows S02, S03 and S06), and a file
beside is one of the same folder (rows S01 and S14).
"""

from __future__ import annotations

import math
import stat
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.readers.volumes.packed_stream import PackedStream, open_packed

PIECE = 1 << 20
MAX_BYTES = (1 << 31) + (1 << 24)
"""Bytes that a file's voxels may take unpacked: 512 x 512 x 1000 of 64 bits."""
MAX_PLANE = 1 << 28
"""Bytes of one plane with all its channels: 4096 x 4096 of 64 bits and two channels."""
SLAB_VOXELS = 1 << 22
"""Voxels that are read at a time."""
MAX_SURPLUS = 1 << 20
"""Bytes that may follow the voxels of a packed file."""


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

    @property
    def part(self) -> int:
        """Bytes of the voxels in each file, unpacked."""
        return self.count * self.kind.itemsize // len(self.paths)

    def check(self, plane: tuple[int, ...]) -> None:
        """Check that all voxels are there and undamaged, and that planes of this shape can be held.

        Raises
        ------
        StudyRefused
            ``TRUNCATED``, ``LIMIT_INFLATE`` or ``LIMIT_PIXELS``.
        """
        planes_at_once(math.prod(plane), self.kind.itemsize)
        check_bytes(self.count * self.kind.itemsize)
        for path in self.paths:
            check_complete(path, self.start, self.part, self.packed)

    def planes(self, shape: tuple[int, ...], start: int, stop: int) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield a few planes at a time, and the number of the first of them; unpacking stops at the last one asked for.

        Parameters
        ----------
        shape
            Of one plane, the axis that is stored fastest first; planes lie along a last axis behind these.
        start, stop
            First plane, and the one behind the last.

        Raises
        ------
        StudyRefused
            ``TRUNCATED`` when the voxels end before.
        """
        size = math.prod(shape)
        step = planes_at_once(size, self.kind.itemsize)
        try:
            with closing(PackedStream(self.paths, self.start, self.part, self.packed)) as stream:
                stream.skip(start * size * self.kind.itemsize)
                for first in range(start, stop, step):
                    number = min(step, stop - first)
                    data = stream.read(number * size * self.kind.itemsize)
                    flat = np.frombuffer(data, dtype=self.kind).astype(self.kind.newbyteorder("="), copy=False)
                    yield first, flat.reshape((*shape, number), order="F")
        except (OSError, zlib.error, EOFError) as error:
            message = f"The voxels of a volume file are damaged ({type(error).__name__})."
            raise StudyRefused("TRUNCATED", message) from None


def planes_at_once(voxels: int, itemsize: int) -> int:
    """Return how many planes of some voxels are read at a time.

    Raises
    ------
    StudyRefused
        ``LIMIT_PIXELS`` when one of them is larger than any.
    """
    if voxels * itemsize > MAX_PLANE:
        raise StudyRefused("LIMIT_PIXELS", "The planes of a volume file are larger than can be held.")
    return max(1, SLAB_VOXELS // voxels)


def check_bytes(needed: int) -> None:
    """Check that voxels take no more bytes than are read of one file."""
    if needed > MAX_BYTES:
        raise StudyRefused(
            "LIMIT_PIXELS",
            "The voxels of a volume file take more than 2 GiB unpacked; store masks as whole numbers of 8 or 16 bits.",
        )


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
        behind them, ``LIMIT_PIXELS`` when they take more bytes than are read.
    """
    check_bytes(needed)
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
    limit, total = needed + MAX_SURPLUS, 0
    with path.open("rb") as file, closing(open_packed(file, start)) as stream:
        while total <= limit and (piece := stream.read(PIECE)):
            total += len(piece)
    return total
