"""Masks of solids on straight grids along the patient axes, slice by slice: several times as fast as tests.phantoms."""

from __future__ import annotations

import numpy as np

from pipeline.volume import Geometry, Mask
from tests.phantoms import Shape


def draw(shape: Shape, grid: Geometry) -> Mask:
    """Return the mask of a shape on an even grid whose array axes run along head, back and left (test_sampling.py)."""
    steps, start = np.diag(grid.axes[:, ::-1]), grid.affine[:3, 3][::-1]
    center, radius = shape.bounds_mm
    middle = (center[::-1] - start) / steps
    reach = radius / np.abs(steps) + 1
    low = np.clip(np.floor(middle - reach), 0, grid.shape).astype(int)
    high = np.clip(np.ceil(middle + reach) + 1, 0, grid.shape).astype(int)
    heights, rows, columns = (a + s * np.arange(b, c) for a, s, b, c in zip(start, steps, low, high, strict=True))
    points = np.empty((rows.size * columns.size, 3))
    points[:, 0], points[:, 1] = np.tile(columns, rows.size), np.repeat(rows, columns.size)
    inside = np.zeros((heights.size, rows.size, columns.size), dtype=bool)
    for plane, height in zip(inside, heights, strict=True):
        points[:, 2] = height
        plane[...] = shape.contains(points).reshape(plane.shape)
    return Mask.from_array(grid, inside, (int(low[0]), int(low[1]), int(low[2])))
