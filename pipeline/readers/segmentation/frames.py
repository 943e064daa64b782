"""Frames of a segmentation, unpacked only where something is set, and stacked by their slice.

Frames of one bit a pixel: bit 0 of byte 0 is the first pixel, and frames follow each other without padding (DICOM PS3.5
section 8.1.1), so that a frame whose size is no multiple of 8 begins within a byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Index3

MAX_VOXELS = 2**31
Values: TypeAlias = NDArray[np.unsignedinteger[Any]]


class Part(NamedTuple):
    """The rectangle of a frame in which something is set, and the row and column where it begins."""

    voxels: NDArray[Any]
    top: int = 0
    left: int = 0


NOTHING = Part(np.zeros((0, 0), dtype=np.bool_))


class FrameBits:
    """Frames of one bit a pixel.

    Parameters
    ----------
    data
        Value of PixelData.
    frames, rows, columns
        Their number and size.

    Raises
    ------
    StudyRefused
        ``LIMIT_PIXELS`` or ``TRUNCATED`` when the header promises more than there is, ``SEG_KIND`` when there is more
        than it promises: then these are no single bits.
    """

    def __init__(self, data: bytes | memoryview, frames: int, rows: int, columns: int) -> None:
        check_size(len(data) * 8, frames, rows, columns)
        if len(data) > (frames * rows * columns + 7) // 8 + 1:
            raise StudyRefused(
                "SEG_KIND", "The segmentation has more pixel data than its frames of one bit a pixel; export it again."
            )
        self._bytes = np.frombuffer(data, dtype=np.uint8)
        self._rows, self._columns = rows, columns

    def collect(self, frames: NDArray[np.int64], slices: NDArray[np.int64]) -> tuple[NDArray[np.bool_], Index3]:
        """Return the voxels of some frames as a block of slices, rows, columns, and the index of its first voxel.

        Parameters
        ----------
        frames
            Numbers of the frames, counted from 0.
        slices
            The slice each frame lies in.
        """
        return stack(frames, slices, self._part)

    def _part(self, frame: int) -> Part:
        size = self._rows * self._columns
        start = frame * size
        packed = self._bytes[start // 8 : (start + size + 7) // 8]
        if start % 8 == 0 and self._columns % 8 == 0:
            return _unpack_whole(packed.reshape(self._rows, self._columns // 8))
        if not packed.any():
            return NOTHING
        bits = np.unpackbits(packed, bitorder="little")[start % 8 : start % 8 + size]
        return trim(bits.reshape(self._rows, self._columns).view(np.bool_))


def check_size(available: int, frames: int, rows: int, columns: int) -> None:
    """Check that the pixels a header promises are there, before anything is made for them.

    Raises
    ------
    StudyRefused
        ``LIMIT_PIXELS`` or ``TRUNCATED``.
    """
    if rows < 1 or columns < 1 or rows * columns > MAX_VOXELS:
        raise StudyRefused("LIMIT_PIXELS", "Rows and Columns of the segmentation are missing or beyond any scanner's.")
    if available < frames * rows * columns:
        raise StudyRefused("TRUNCATED", "The segmentation has fewer pixels than its header says.")


def _unpack_whole(packed: NDArray[np.uint8]) -> Part:
    """Return the part of a frame whose rows are whole bytes; only the bytes in it are unpacked."""
    wide = packed.view(np.uint64) if packed.shape[1] % 8 == 0 else packed
    (words,) = (wide != 0).ravel().nonzero()
    if not words.size:
        return NOTHING
    top, bottom = int(words[0]) // wide.shape[1], int(words[-1]) // wide.shape[1] + 1
    columns = np.flatnonzero(np.bitwise_or.reduce(wide[top:bottom], axis=0).view(np.uint8))
    left, right = int(columns[0]), int(columns[-1]) + 1
    bits = np.unpackbits(packed[top:bottom, left:right], axis=1, bitorder="little")
    return Part(bits.view(np.bool_), top, left * 8)


def trim(plane: NDArray[Any]) -> Part:
    """Return the rectangle of a frame outside which every pixel is zero."""
    rows = np.flatnonzero(plane.any(axis=1))
    if not rows.size:
        return NOTHING
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(plane[top:bottom].any(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    return Part(plane[top:bottom, left:right], top, left)


def stack(frames: Iterable[int], slices: Iterable[int], part_of: Callable[[int], Part]) -> tuple[NDArray[Any], Index3]:
    """Return the parts of some frames as one block of slices, rows, columns, and the index of its first voxel.

    Raises
    ------
    StudyRefused
        ``SEG_FRAMES`` when two frames lie in one slice and differ, ``LIMIT_PIXELS`` for a block that cannot be held.
    """
    parts: dict[int, Part] = {}
    for frame, place in zip(frames, slices, strict=True):
        part, known = part_of(int(frame)), parts.get(int(place))
        if known is not None and not _equal(part, known):
            raise StudyRefused(
                "SEG_FRAMES",
                "Two frames of one structure lie in one slice and differ: which of them holds cannot be told.",
            )
        parts[int(place)] = part
    filled = {place: part for place, part in parts.items() if part.voxels.size}
    if not filled:
        return np.zeros((0, 0, 0), dtype=np.bool_), (0, 0, 0)
    return _block(filled)


def _block(filled: dict[int, Part]) -> tuple[NDArray[Any], Index3]:
    first, top = min(filled), min(part.top for part in filled.values())
    left = min(part.left for part in filled.values())
    height = max(part.top + part.voxels.shape[0] for part in filled.values()) - top
    width = max(part.left + part.voxels.shape[1] for part in filled.values()) - left
    count = max(filled) - first + 1
    if count * height * width > MAX_VOXELS:
        raise StudyRefused("LIMIT_PIXELS", "A segment spans more voxels than can be held.")
    block = np.zeros((count, height, width), dtype=next(iter(filled.values())).voxels.dtype)
    for place, (voxels, row, column) in filled.items():
        rows, columns = voxels.shape
        block[place - first, row - top : row - top + rows, column - left : column - left + columns] = voxels
    return block, (first, top, left)


def _equal(one: Part, other: Part) -> bool:
    return one[1:] == other[1:] and np.array_equal(one.voxels, other.voxels)
