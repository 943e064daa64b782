"""The definitions of a distance and of its interval, pair by pair, without any search."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from pipeline.volume import Geometry, Mask

Array = NDArray[np.float64]


def crossings(mask: Mask, *, around: bool = False) -> Array:
    """Return the mid-points of all edges between set and unset voxels, one voxel after the other, LPS mm."""
    grid, found = mask.grid, []
    for voxel in np.argwhere(mask.voxels) + np.array(mask.offset):
        for axis in range(3):
            for side in (-1, 1):
                step = np.zeros(3, dtype=int)
                step[axis] = side
                if not mask.are_set((voxel + step)[None])[0]:
                    found.append(voxel + step / 2)
    return grid.to_world(np.array(found))


def centres(mask: Mask) -> Array:
    """Return the centres of all voxels, LPS mm."""
    return mask.grid.to_world((np.argwhere(mask.voxels) + np.array(mask.offset)).astype(float))


def interval(first: Array, second: Array, steps: Array) -> tuple[float, float]:
    """Return low and high end of the distance of two sets of voxel centres."""
    vectors = (second[None] - first[:, None]).reshape(-1, 3)
    lengths = np.linalg.norm(vectors, axis=1)
    if lengths.min() == 0:
        return 0.0, 0.0
    moved = 2 * np.sqrt((((vectors / lengths[:, None]) @ steps.T) ** 2).sum(axis=1))
    return max(0.0, float((lengths - moved).min())), float(lengths.min())


def distance(first: Mask, second: Mask, steps: Array) -> tuple[float, float, float]:
    """Return value, low and high end for two masks that share no voxel."""
    low, high = interval(centres(first), centres(second), steps)
    value = float(cdist(crossings(first), crossings(second)).min())
    return min(max(value, low), high), low, high


def turned(grid: Geometry, rotation: Array) -> Geometry:
    """Return a grid turned about the origin."""
    affine = grid.affine.copy()
    affine[:3] = rotation @ affine[:3]
    positions = None if grid.slice_positions_mm is None else grid.slice_positions_mm @ rotation.T
    return Geometry(grid.shape, affine, grid.slice_axis, positions)
