"""The packed bits of a BINARY segmentation, unpacked only where voxels are set.

Bit 0 of byte 0 is the first pixel, and frames follow each other without padding (DICOM PS3.5 section 8.1.1): a frame
whose size is no multiple of 8 begins within a byte.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Index3

MAX_VOXELS = 2**31


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

    def __init__(self, data: bytes, frames: int, rows: int, columns: int) -> None:
        if rows < 1 or columns < 1 or rows * columns > MAX_VOXELS:
            raise StudyRefused(
                "LIMIT_PIXELS", "Rows and Columns of the segmentation are missing or beyond any scanner's."
            )
        if len(data) * 8 < frames * rows * columns:
            raise StudyRefused("TRUNCATED", "The segmentation has fewer pixels than its header says.")
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
            The slice each frame lies in; frames in one slice are united.
        """
        planes = [(int(place), *self._trimmed(int(frame))) for frame, place in zip(frames, slices, strict=True)]
        filled = [(place, plane, top) for place, plane, top in planes if plane.size]
        if not filled:
            return np.zeros((0, 0, 0), dtype=np.bool_), (0, 0, 0)
        first = min(place for place, _, _ in filled)
        top = min(start for _, _, start in filled)
        bottom = max(start + len(plane) for _, plane, start in filled)
        count = max(place for place, _, _ in filled) - first + 1
        if count * (bottom - top) * self._columns > MAX_VOXELS:
            raise StudyRefused("LIMIT_PIXELS", "A segment spans more voxels than can be held.")
        block = np.zeros((count, bottom - top, self._columns), dtype=np.bool_)
        for place, plane, start in filled:
            block[place - first, start - top : start - top + len(plane)] |= plane
        return block, (first, top, 0)

    def _trimmed(self, frame: int) -> tuple[NDArray[np.bool_], int]:
        """Return the rows of a frame from the first to the last that has a set pixel, and the first one's number."""
        size = self._rows * self._columns
        start = frame * size
        packed = self._bytes[start // 8 : (start + size + 7) // 8]
        if not packed.any():
            return np.zeros((0, 0), dtype=np.bool_), 0
        bits = np.unpackbits(packed, bitorder="little")[start % 8 : start % 8 + size].reshape(self._rows, self._columns)
        used = np.flatnonzero(bits.any(axis=1))
        if not used.size:
            return np.zeros((0, 0), dtype=np.bool_), 0
        top = int(used[0])
        return bits[top : int(used[-1]) + 1].view(np.bool_), top
