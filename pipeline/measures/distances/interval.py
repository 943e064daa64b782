"""The interval of a distance (docs/measurements.md, *Uncertainty*)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.grids import same_grid
from pipeline.measures.uncertainty import drawn_grid
from pipeline.volume import Geometry, Mask, Points

Steps = NDArray[np.float64]
"""Steps a_i of a grid in LPS mm, one a row, shape (3, 3)."""


def steps_between(first: Mask, second: Mask) -> Steps:
    """Return the steps that say how sure the boundaries of two masks are: those between the slices that were drawn.

    On one grid the wider of both along each axis; on two grids those of the grid with the larger voxel. Where slices
    are unevenly spaced, the widest step.
    """
    own, other = drawn_steps(first), drawn_steps(second)
    if same_grid(first.grid, second.grid):
        wider = np.linalg.norm(own, axis=1) >= np.linalg.norm(other, axis=1)
        return np.where(wider[:, None], own, other)
    return own if abs(np.linalg.det(own)) >= abs(np.linalg.det(other)) else other


def drawn_steps(mask: Mask) -> Steps:
    """Return the steps between the voxels that a mask was drawn on, in LPS mm, one a row."""
    steps = drawn_grid(mask).axes
    positions, axis = mask.grid.slice_positions_mm, mask.grid.slice_axis
    if positions is not None and len(positions) > 1 and mask.steps[axis] == 1:
        gaps = np.linalg.norm(np.diff(positions, axis=0), axis=1)
        steps[axis] *= max(1.0, float(gaps.max() / mask.grid.spacing_mm[axis]))
    return steps


def moved_inward(vectors: Points, steps: Steps) -> NDArray[np.float64]:
    """Return ``|v| - 2 sqrt(sum (a_i . v / |v|)^2)`` of vectors in mm; 0 of the null vector.

    It is what is left of a distance along v when both boundaries move towards each other by a full step.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    directions = vectors / np.maximum(lengths, 1e-300)[:, None]
    return np.asarray(lengths - 2 * np.linalg.norm(directions @ steps.T, axis=1))


def extreme_steps(steps: Steps) -> tuple[float, float]:
    """Return the least and the largest ``sqrt(sum (a_i . n)^2)`` over all directions n."""
    values = np.linalg.svd(steps, compute_uv=False)
    return float(values[-1]), float(values[0])


def widest_steps(grid: Geometry) -> NDArray[np.float64]:
    """Return the largest distance between neighbouring voxels along each axis, in mm."""
    steps = grid.spacing_mm.copy()
    if grid.slice_positions_mm is not None and len(grid.slice_positions_mm) > 1:
        gaps = np.linalg.norm(np.diff(grid.slice_positions_mm, axis=0), axis=1)
        steps[grid.slice_axis] = max(steps[grid.slice_axis], float(gaps.max()))
    return steps


def widest_step(grid: Geometry) -> float:
    """Return the largest of them."""
    return float(widest_steps(grid).max())
