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


def bound_steps(sizes: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest ``sqrt(sum (a_i . n)^2)`` of steps at right angles, shape (n,).

    Parameters
    ----------
    sizes
        Length of each step in mm, shape (n, 3).
    shares
        What the square of the direction's part along each step does not exceed, shape (n, 3).
    """
    order = np.argsort(-sizes, axis=1)
    squared, most = np.take_along_axis(sizes, order, axis=1) ** 2, np.take_along_axis(shares, order, axis=1)
    first = most[:, 0]
    second = np.minimum(most[:, 1], 1 - first)
    total = squared[:, 0] * first + squared[:, 1] * second + squared[:, 2] * (1 - first - second)
    return np.asarray(np.sqrt(total))


def widest_step(grid: Geometry) -> float:
    """Return the largest distance between neighbouring voxels along any axis, in mm."""
    widest = float(grid.spacing_mm.max())
    if grid.slice_positions_mm is None or len(grid.slice_positions_mm) < 2:
        return widest
    return max(widest, float(np.linalg.norm(np.diff(grid.slice_positions_mm, axis=0), axis=1).max()))
