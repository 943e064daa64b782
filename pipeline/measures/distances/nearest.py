"""The nearest points of two surfaces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pykdtree.kdtree import KDTree

from pipeline.measures.distances.surface import Surface
from pipeline.measures.grids import same_grid
from pipeline.volume import Mask, Points


@dataclass(frozen=True, eq=False)
class Gap:
    """The smallest distance between two surfaces.

    Parameters
    ----------
    value_mm
        The distance in mm; 0 where the masks share a voxel.
    ends_mm
        Where it lies: the point of the first and of the second surface, LPS mm, shape (2, 3). Of masks that share
        voxels twice the centre of one of these.
    """

    value_mm: float
    ends_mm: Points


def nearest(first: Surface, second: Surface) -> Gap:
    """Return the smallest distance between two surfaces; 0 where the masks share a voxel.

    Masks on different grids share a voxel when the nearest voxel of either one's grid to a set voxel's centre of the
    other one is set.
    """
    shared = find_shared(first.mask, second.mask)
    if shared is not None:
        return Gap(0.0, np.stack([shared, shared]))
    return nearest_points(first.points_mm, second.points_mm)


def nearest_points(first: Points, second: Points) -> Gap:
    """Return the smallest distance between two sets of points in LPS mm, neither empty."""
    small, large = (first, second) if len(first) <= len(second) else (second, first)
    distances, numbers = KDTree(large).query(small)
    at = int(distances.argmin())
    pair = (small[at], large[int(numbers[at])])
    ends = np.stack(pair if small is first else pair[::-1])
    return Gap(float(np.linalg.norm(ends[0] - ends[1])), ends)


def find_shared(first: Mask, second: Mask) -> Points | None:
    """Return the centre in LPS mm of a voxel that both masks hold, shape (3,); None where they share none."""
    if same_grid(first.grid, second.grid):
        small, large = (first, second) if first.voxels.size <= second.voxels.size else (second, first)
        shared = np.argwhere(small.voxels & large.within(small.box))
        return None if not len(shared) else _centre(small, shared[len(shared) // 2])
    for mask, other in ((first, second), (second, first)):
        voxels = np.argwhere(mask.voxels) + np.array(mask.offset)
        nearest_voxels = np.rint(other.grid.to_index(mask.grid.to_world(voxels.astype(np.float64)))).astype(np.int64)
        inside = np.flatnonzero(other.are_set(nearest_voxels))
        if len(inside):
            return _centre(mask, voxels[inside[len(inside) // 2]] - np.array(mask.offset))
    return None


def _centre(mask: Mask, local: NDArray[np.int64]) -> Points:
    """Return the centre of a voxel of a mask's box in LPS mm, shape (3,)."""
    index = local + np.array(mask.offset)
    return mask.grid.to_world(index[None].astype(np.float64)).reshape(3)
