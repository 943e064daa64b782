"""Volumes of masks by their voxels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box, Geometry
from pipeline.volume import Mask

MM3_PER_ML = 1000.0


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
    """Return the volume of a mask in mL."""
    return 0.0 if mask.is_empty else sum_volume_ml(mask.voxels, mask.grid, mask.box)


def equivalent_diameter_mm(volume_ml: float) -> float:
    """Return the diameter in mm of the sphere with a volume in mL."""
    return float((6 * volume_ml * MM3_PER_ML / math.pi) ** (1 / 3))
