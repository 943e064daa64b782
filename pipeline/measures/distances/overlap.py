"""Whether two masks share a voxel, and how much."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.grids import intersect, same_grid
from pipeline.measures.shares import take_common
from pipeline.volume import Mask, Points


def find_shared(first: Mask, second: Mask) -> Points | None:
    """Return the centre in LPS mm of a voxel that both masks hold, shape (3,); None where they share none.

    Masks on different grids share a voxel when the nearest voxel of either one's grid to a set voxel's centre of the
    other one is set.
    """
    if same_grid(first.grid, second.grid):
        if intersect(first.box, second.box) is None:
            return None
        shared = np.argwhere(_common_voxels(first, second))
        return _centre(first, shared[len(shared) // 2] + _common_start(first, second)) if len(shared) else None
    for mask, other in ((first, second), (second, first)):
        inside = find_inside(mask, other)
        if len(inside):
            return _centre(mask, inside[len(inside) // 2])
    return None


def find_inside(mask: Mask, other: Mask) -> NDArray[np.int64]:
    """Return the grid indices of a mask's voxels whose nearest voxel of the other mask's grid is set, shape (n, 3)."""
    voxels = np.argwhere(mask.voxels) + np.array(mask.offset)
    places = other.grid.to_index(mask.grid.to_world(voxels.astype(np.float64)))
    return np.asarray(voxels[other.are_set(np.rint(places).astype(np.int64))])


def common_mask(first: Mask, second: Mask) -> Mask:
    """Return what two masks have in common; on different grids on the finer one, by nearest neighbour."""
    if same_grid(first.grid, second.grid):
        return take_common(first, second)
    fine, coarse = (first, second) if first.grid.voxel_volume_mm3 <= second.grid.voxel_volume_mm3 else (second, first)
    inside = find_inside(fine, coarse) - np.array(fine.offset)
    voxels = np.zeros_like(fine.voxels)
    voxels[tuple(inside.T)] = True
    return Mask.from_array(fine.grid, voxels, fine.offset)


def _common_start(first: Mask, second: Mask) -> NDArray[np.int64]:
    """Return the first grid index of the common part of two boxes."""
    return np.asarray(np.maximum(np.array(first.offset), np.array(second.offset)))


def _common_voxels(first: Mask, second: Mask) -> NDArray[np.bool_]:
    """Return the voxels that two masks on one grid hold, over the common part of their boxes."""
    start = _common_start(first, second)
    stop = np.minimum(*(np.array(mask.offset) + np.array(mask.voxels.shape) for mask in (first, second)))
    if (stop <= start).any():
        return np.zeros((0, 0, 0), dtype=np.bool_)
    parts = []
    for mask in (first, second):
        box = tuple(slice(int(a - o), int(b - o)) for a, b, o in zip(start, stop, mask.offset, strict=True))
        parts.append(mask.voxels[box])
    return np.asarray(parts[0] & parts[1])


def _centre(mask: Mask, index: NDArray[np.int64]) -> Points:
    """Return the centre of a voxel in LPS mm, shape (3,)."""
    return mask.grid.to_world(index[None].astype(np.float64)).reshape(3)
