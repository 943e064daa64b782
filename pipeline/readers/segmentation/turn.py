"""Blocks of a segmentation's own grid, as masks on the same grid in canonical orientation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry, Index3, canonical_geometry
from pipeline.volume import Mask


class Turned:
    """A segmentation's grid, and how its blocks become canonical.

    Parameters
    ----------
    native
        The grid as the frames give it: slice, row, column.
    """

    def __init__(self, native: Geometry) -> None:
        self.native = native
        self.canonical, self._turn = canonical_geometry(native)

    def block(self, block: NDArray[Any], offset: Index3) -> tuple[NDArray[Any], Index3]:
        """Return a block that starts at ``offset`` of the native grid as it lies in the canonical one."""
        start = [
            self.native.shape[axis] - offset[axis] - block.shape[axis] if flip else offset[axis]
            for axis, flip in zip(self._turn.order, self._turn.flipped, strict=True)
        ]
        return self._turn.apply(block), (start[0], start[1], start[2])

    def mask_of(self, block: NDArray[np.bool_], offset: Index3) -> Mask:
        """Return the mask of a block that starts at ``offset`` of the native grid."""
        turned, start = self.block(block, offset)
        return Mask.from_array(self.canonical, turned, start)
