"""Volumes of masks by their voxels, or by the shares of voxels that they fill."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box, Geometry
from pipeline.volume import Mask, ShareKind

MM3_PER_ML = 1000.0
METHODS = {
    ShareKind.POLYGONS: "polygon area (even-odd) x slab of each slice",
    ShareKind.FRACTIONS: "sum of the fractions of voxels x voxel volume",
    ShareKind.MIXED: "sum of the shares of voxels x voxel volume",
}
"""How a volume is obtained from shares of voxels, by where they come from."""


def sum_volume_ml(voxels: NDArray[np.bool_], grid: Geometry, box: Box) -> float:
    """Return the volume in mL of the set voxels over a box of a grid: voxels x abs(det(affine)).

    Where slices are uneven: each slice's voxels x its own slab (half the gap to each neighbour). The box may reach
    beyond the grid where no voxel is set.
    """
    if grid.slice_positions_mm is None:
        return int(np.count_nonzero(voxels)) * grid.voxel_volume_mm3 / MM3_PER_ML
    others = tuple(axis for axis in range(3) if axis != grid.slice_axis)
    counts = np.count_nonzero(voxels, axis=others)
    first, count = box[grid.slice_axis].start, grid.shape[grid.slice_axis]
    slices = np.clip(np.arange(first, first + len(counts)), 0, count - 1)
    return float(counts @ grid.slab_volumes_mm3[slices]) / MM3_PER_ML


def mask_volume_ml(mask: Mask) -> float:
    """Return the volume of a mask in mL: the sum of its voxels' shares, where its source states them."""
    return voxel_volume_ml(mask) + _partial_volume_ml(mask)


def voxel_volume_ml(mask: Mask) -> float:
    """Return the volume of a mask's set voxels in mL, whatever their shares."""
    return 0.0 if mask.is_empty else sum_volume_ml(mask.voxels, mask.grid, mask.box)


def describe_volume(mask: Mask) -> str:
    """Return how the volume of a mask is obtained, with its voxels beside it where they are not what was counted."""
    if mask.coverage is None:
        return "voxels x voxel volume"
    return f"{METHODS[mask.coverage.kind]}; its {mask.count} voxels make {voxel_volume_ml(mask):.3f} mL"


def state_basis(*masks: Mask | None) -> str:
    """Return how the volumes of masks are obtained where any of them states shares of voxels; else nothing."""
    kinds = {mask.coverage.kind for mask in masks if mask is not None and mask.coverage is not None}
    if not kinds:
        return ""
    return f"volumes: {METHODS[kinds.pop() if len(kinds) == 1 else ShareKind.MIXED]}"


def _partial_volume_ml(mask: Mask) -> float:
    """Return what the shares of a mask's voxels add to them, in mL; negative where they take more away."""
    if mask.coverage is None:
        return 0.0
    gains = mask.coverage.shares - mask.are_set(mask.coverage.indices)
    slices = mask.coverage.indices[:, mask.grid.slice_axis]
    return float(gains @ mask.grid.slab_volumes_mm3[slices]) / MM3_PER_ML


def equivalent_diameter_mm(volume_ml: float) -> float:
    """Return the diameter in mm of the sphere with a volume in mL."""
    return float((6 * volume_ml * MM3_PER_ML / math.pi) ** (1 / 3))
