"""The surface of a mask: its half-level crossings and the centres of its boundary voxels, made when first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.contour import find_surface_points
from pipeline.volume import Mask, Points


@dataclass(frozen=True, eq=False)
class Surface:
    """The surface of a mask that is not empty."""

    mask: Mask

    @cached_property
    def points_mm(self) -> Points:
        """Mid-points of all crossed grid edges (half-level surface), LPS mm, shape (n, 3)."""
        return find_surface_points(self.mask)

    @cached_property
    def centres_mm(self) -> Points:
        """Centres of all set voxels with an unset face neighbour, LPS mm, shape (n, 3)."""
        return self.mask.grid.to_world(find_boundary(self.mask).astype(np.float64))


def find_boundary(mask: Mask) -> NDArray[np.int64]:
    """Return the grid indices of a mask's voxels that have an unset face neighbour, shape (n, 3)."""
    padded = np.pad(mask.voxels, 1)
    inner = (slice(1, -1), slice(1, -1), slice(1, -1))
    core = padded[inner].copy()
    for axis in range(3):
        for side in (slice(None, -2), slice(2, None)):
            window = (*inner[:axis], side, *inner[axis + 1 :])
            core &= padded[window]
    return np.argwhere(mask.voxels & ~core) + np.array(mask.offset, dtype=np.int64)
