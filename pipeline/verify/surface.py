"""Mid-points of crossed grid edges: the vertices of half-level contours and surfaces, edge by edge."""

from __future__ import annotations

import numpy as np

from pipeline.measurement import Point
from pipeline.verify.grid import Floats, Grid
from pipeline.verify.number import ENDS_MM, RELATIVE
from pipeline.verify.solid import Bools, Solid


def crossed_edges(voxels: Bools, axes: tuple[int, ...]) -> Floats:
    """Return the mid-points, in array indices, of edges along ``axes`` between a set and an unset voxel."""
    found = []
    wide = np.pad(voxels, 1)
    for axis in axes:
        for sense in (-1, 1):
            neighbour = np.roll(wide, -sense, axis=axis)
            middle = np.argwhere(wide & ~neighbour).astype(float) - 1
            middle[:, axis] += sense / 2
            found.append(middle)
    return np.concatenate(found)


def surface_points(solid: Solid) -> Floats:
    """Return the vertices of a solid's half-level surface, LPS mm."""
    low, high = solid.box()
    return solid.grid.world(crossed_edges(solid.over(low, high), (0, 1, 2)) + low)


def plane_points(solid: Solid) -> dict[int, Floats]:
    """Return the vertices of the half-level contours of each plane of axis 0, LPS mm, by the plane's index."""
    low, high = solid.box()
    edges = crossed_edges(solid.over(low, high), (1, 2)) + low
    planes = np.rint(edges[:, 0]).astype(int)
    return {int(plane): solid.grid.world(edges[planes == plane]) for plane in np.unique(planes)}


def half_step(grid: Grid, direction: Floats, apart: tuple[int, int, int], *, in_plane: bool = False) -> float:
    """Return the uncertainty of a boundary in mm along a unit vector: half of each step's part along it, squared."""
    steps = drawn_steps(grid, apart)
    parts = (steps[1:] if in_plane else steps) @ direction
    return float(np.sqrt((parts**2).sum())) / 2


def drawn_steps(grid: Grid, apart: tuple[int, int, int]) -> Floats:
    """Return the steps between drawn sections; on uneven grids with the widest gap between slices."""
    steps = grid.steps * np.array(apart)[:, None]
    if grid.places is not None and len(grid.places) > 1:
        gaps = np.linalg.norm(np.diff(grid.places, axis=0), axis=1)
        steps[grid.slice_axis] *= max(1.0, float(gaps.max() / grid.spacing[grid.slice_axis]))
    return np.asarray(steps)


def off_points(ends: tuple[Point, ...], points: Floats) -> bool:
    """Tell whether any end point lies on none of some points."""
    for end in ends:
        gaps = np.abs(points - np.array(end)).max(axis=1)
        if gaps.min() > ENDS_MM + RELATIVE * 1e-2 * max(abs(value) for value in end):
            return True
    return False
