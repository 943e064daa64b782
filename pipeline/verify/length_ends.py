"""Low and high ends of axial diameters and extents (docs/measurements.md, *Uncertainty*), by plain loops."""

from __future__ import annotations

import math

import numpy as np

from pipeline.verify.grid import Floats, Grid
from pipeline.verify.solid import Solid
from pipeline.verify.surface import drawn_steps, half_step

DEGREES = 180


def voxels_across(solid: Solid) -> list[float]:
    """Return how many voxels, or drawn sections, a solid's box spans along each axis: two at least."""
    low, high = solid.box()
    return [max((b - a + 1) / step, 2.0) for a, b, step in zip(low, high, solid.apart, strict=True)]


def plane_gap(solid: Solid, plane: int) -> float:
    """Return the larger step in mm from a plane of axis 0 to its neighbours."""
    grid = solid.grid
    if solid.apart != (1, 1, 1):
        return float(np.linalg.norm(drawn_steps(grid, solid.apart)[0]))
    if grid.places is None or grid.slice_axis != 0 or len(grid.places) < 2:
        return float(grid.spacing[0])
    gaps = np.linalg.norm(np.diff(grid.places, axis=0), axis=1)
    return float(gaps[max(plane - 1, 0) : plane + 1].max())


def axial_ends(solid: Solid, length: float, direction: Floats, plane: int) -> tuple[float, float]:
    """Return the ends of a diameter in a plane: half a voxel at either end, and a wider plane between two slices."""
    shift = 2 * half_step(solid.grid, direction, solid.apart, in_plane=True)
    ball = math.hypot(length + shift, plane_gap(solid, plane))
    flat = length / math.sqrt(1 - 1 / voxels_across(solid)[0] ** 2)
    return max(length - shift, 0), max(ball, flat)


def tied_ends(solid: Solid, contour: Floats, direction: Floats) -> tuple[float, float]:
    """Return the smallest and largest short diameter beside any direction in which a section is as long as it is.

    Over directions one degree apart. The longest chord along one is the least, over all of them, of the section's
    breadth by the cosine between both.
    """
    lines = _directions(solid.grid)
    breadths = [float((contour @ line).max() - (contour @ line).min()) for line in lines]
    chords = []
    for along in lines:
        cosines = (max(abs(float(along @ line)), 1e-9) for line in lines)
        chords.append(min(breadth / cosine for breadth, cosine in zip(breadths, cosines, strict=True)))
    slack = 2 * half_step(solid.grid, direction, solid.apart, in_plane=True)
    tied = [n for n in range(DEGREES) if chords[n] >= max(chords) - slack]
    across = [chords[(n + DEGREES // 2) % DEGREES] for n in tied]
    return min(across), max(across)


def _directions(grid: Grid) -> list[Floats]:
    """Return unit vectors one degree apart in the planes of axis 0, from the direction of a row's step on."""
    first = grid.steps[1] / np.linalg.norm(grid.steps[1])
    normal = np.cross(grid.steps[1], grid.steps[2])
    normal = normal / np.linalg.norm(normal) * (1 if normal[2] >= 0 else -1)
    second = np.cross(normal, first)
    angles = [math.pi * n / DEGREES for n in range(DEGREES)]
    return [math.cos(angle) * first + math.sin(angle) * second for angle in angles]


def extent_ends(solid: Solid, size: float, axis: Floats) -> tuple[float, float]:
    """Return the ends of an extent along a patient axis: its tips may lie between voxels on every side."""
    shift = 2 * half_step(solid.grid, axis, solid.apart)
    steps = drawn_steps(solid.grid, solid.apart) if solid.apart != (1, 1, 1) else solid.grid.steps
    ball = flat = 0.0
    for step, count in zip(steps, voxels_across(solid), strict=True):
        length = float(step @ step)
        beside = length - float(step @ axis) ** 2
        ball += beside
        flat += beside / length / (count**2 - 1)
    high = max(math.sqrt((size + shift) ** 2 + ball), (size + shift / 2) * math.sqrt(1 + flat))
    return max(size - shift, 0), high
