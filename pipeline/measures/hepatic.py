"""Whether a structure lies in the liver.

Intrahepatic: at least half of its voxels lie in the liver, or, where the liver mask leaves it out (LiTS label 1), at
least half of its boundary voxels lie within ``NEAR_LIVER_MM`` of the liver. Intrahepatic lesions count as liver; the
question is asked again until nothing changes (docs/measurements.md, *Lesions*).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry, Index3
from pipeline.measures.grids import draw_union, grow_box
from pipeline.volume import Mask

NEAR_LIVER_MM = 3.0
"""Part of the definition of an intrahepatic lesion, docs/measurements.md."""


def find_in_liver(masks: Sequence[Mask], liver: Mask) -> tuple[bool, ...]:
    """Tell which masks lie in the liver, where those that do count as liver for the others.

    Parameters
    ----------
    masks
        On the liver's grid, none empty.
    """
    inside = [False] * len(masks)
    parts = [liver]
    changed = True
    while changed:
        changed = False
        for number, mask in enumerate(masks):
            if not inside[number] and lies_in_liver(mask, parts):
                inside[number] = changed = True
        parts = [liver, *(mask for mask, is_in in zip(masks, inside, strict=True) if is_in)]
    return tuple(inside)


def lies_in_liver(mask: Mask, liver_parts: Sequence[Mask]) -> bool:
    """Tell whether a mask lies in the union of the liver's parts, by the definition of this module."""
    if 2 * count_inside(mask, liver_parts) >= mask.count:
        return True
    boundary = _boundary_voxels(mask.voxels)
    return 2 * _count_near(mask, boundary, liver_parts) >= len(boundary)


def count_inside(mask: Mask, liver_parts: Sequence[Mask]) -> int:
    """Return how many voxels of a mask lie in the union of the liver's parts."""
    return int(np.count_nonzero(mask.voxels & draw_union(liver_parts, mask.box)))


def _boundary_voxels(voxels: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the indices of set voxels with an unset face neighbour, shape (n, 3)."""
    padded = np.pad(voxels, 1)
    core = padded.copy()
    for axis in range(3):
        core &= np.roll(padded, 1, axis) & np.roll(padded, -1, axis)
    return np.argwhere(padded & ~core) - 1


def _count_near(mask: Mask, boundary: NDArray[np.int64], liver_parts: Sequence[Mask]) -> int:
    """Return how many boundary voxels lie within ``NEAR_LIVER_MM`` of the liver."""
    steps = _near_steps(mask.grid)
    reach = np.abs(steps).max(axis=0)
    margin: Index3 = (int(reach[0]), int(reach[1]), int(reach[2]))
    liver = draw_union(liver_parts, grow_box(mask.box, margin))
    if not liver.any():
        return 0
    waiting = boundary + reach
    for step in steps:
        waiting = waiting[~liver[tuple((waiting + step).T)]]
        if len(waiting) == 0:
            break
    return len(boundary) - len(waiting)


def _near_steps(grid: Geometry) -> NDArray[np.int64]:
    """Return the voxel steps that join voxels within ``NEAR_LIVER_MM`` of each other, nearest first, shape (n, 3).

    The distance between two voxels is that of their centres less half a voxel at either end, along the line between
    them: voxels that touch are at distance 0 whatever the spacing.
    """
    reach = np.ceil(NEAR_LIVER_MM / grid.spacing_mm).astype(int) + 2
    steps = np.array(list(product(*(range(-r, r + 1) for r in reach))))
    lines = steps @ grid.axes
    lengths = np.linalg.norm(lines, axis=1)
    directions = lines / np.maximum(lengths, 1e-12)[:, None]
    gaps = lengths - np.linalg.norm(directions @ grid.axes.T, axis=1)
    near = np.flatnonzero(gaps <= NEAR_LIVER_MM)
    return np.asarray(steps[near[np.argsort(lengths[near], kind="stable")]], dtype=np.int64)
