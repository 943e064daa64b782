"""Coarse cells over the box of a voxel set: which hold a voxel, where they lie, and the voxels along their boundary.

A search for the nearest voxels looks at whole cells first and draws the boundary of those alone that can hold them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry, Index3, Points

CELL_MM = 6.4
"""Wanted edge of a cell: some hundred boundary voxels in clinical grids; a matter of speed alone."""

Voxels = NDArray[np.bool_]
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a voxel set that hold at least one set voxel.

    Parameters
    ----------
    size
        Voxels of a cell along each array axis; the last cell along an axis may be smaller.
    number
        Position of each cell along each axis, shape (n, 3), in ascending order.
    middle, half
        The box in LPS mm that holds the centres of a cell's voxels: its middle and its half edges, shape (n, 3).
    """

    size: Index3
    number: Indices
    middle: Points
    half: Points


STEPS = np.array([[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]], dtype=np.int64)
"""The step to each neighbour, in the order of ``Boundary.is_open``."""


@dataclass(frozen=True, eq=False)
class Boundary:
    """Voxels along the boundary of a voxel set.

    Parameters
    ----------
    index
        Grid indices, shape (n, 3).
    is_open
        Whether the neighbours one step back and one step forth along axis 0, 1, 2 are unset, shape (n, 6).
    cell
        Which cell each lies in, ascending, shape (n,).
    at
        Centres of the voxels, LPS mm, one row for each coordinate, shape (3, n).
    """

    grid: Geometry
    index: Indices
    is_open: NDArray[np.bool_]
    cell: Indices
    at: Points

    def crossings_mm(self, rows: Indices) -> Points:
        """Return the mid-points of the edges of some voxels to unset neighbours, LPS mm, shape (n, 3)."""
        voxel, side = np.nonzero(self.is_open[rows])
        return self.grid.to_world(self.index[rows[voxel]] + STEPS[side] / 2)


def find_cells(grid: Geometry, offset: Index3, voxels: Voxels) -> Cells:
    """Return the cells of a voxel set that starts at ``offset`` in a grid."""
    size = _cell_size(grid)
    held = voxels
    for axis in range(3):
        held = _join(held, axis, size[axis])
    number = np.argwhere(held)
    low, high = np.zeros((len(number), 3)), np.zeros((len(number), 3))
    for axis in range(3):
        near, far = _bounds_along(grid, offset[axis], voxels.shape[axis], size[axis], axis)
        low += near[number[:, axis]]
        high += far[number[:, axis]]
    return Cells(size, number, (low + high) / 2, (high - low) / 2)


def find_inner(voxels: Voxels, cells: Cells, *, beyond: bool) -> NDArray[np.bool_]:
    """Tell which cells hold no boundary voxel because they and their six neighbours are full, shape (n,).

    Parameters
    ----------
    beyond
        Whether what lies outside the array counts as full.
    """
    gaps = ~voxels
    for axis in range(3):
        gaps = _join(gaps, axis, cells.size[axis])
    full = np.pad(~gaps, 1, constant_values=beyond)
    place = cells.number + 1
    inner = full[tuple(place.T)]
    for step in STEPS:
        inner &= full[tuple((place + step).T)]
    return np.asarray(inner)


def draw_boundary(
    grid: Geometry, offset: Index3, voxels: Voxels, cells: Cells, chosen: Indices, *, beyond: bool, solid: bool
) -> Boundary:
    """Return the boundary voxels in chosen cells of a voxel set.

    Parameters
    ----------
    chosen
        Positions in ``cells``.
    beyond
        What a voxel outside the array counts as: unset (False) for a structure, set for what lies around one.
    solid
        Return every set voxel; inner ones have no open neighbour.
    """
    start = cells.number[chosen] * np.array(cells.size)
    block = _gather(voxels, start, cells.size, beyond)
    wanted = block[:, 1:-1, 1:-1, 1:-1].copy()
    _clip(wanted, start, voxels.shape)
    if not solid:
        wanted &= ~_core(block)
    cell, *local = np.nonzero(wanted)
    place = np.stack(local, axis=1)
    near = [block[(cell, *(place + 1 + step).T)] for step in STEPS]
    index = place + start[cell] + np.array(offset, dtype=np.int64)
    centres = np.ascontiguousarray(grid.to_world(index.astype(np.float64)).T)
    return Boundary(grid, index, ~np.stack(near, axis=1), chosen[cell], centres)


def _core(block: Voxels) -> Voxels:
    """Return which voxels of cells have no unset neighbour, from the cells with one layer around each."""
    a, b, c = (slice(1, -1),) * 3
    low, high = slice(None, -2), slice(2, None)
    core = block[:, low, b, c] & block[:, high, b, c]
    core &= block[:, a, low, c] & block[:, a, high, c]
    core &= block[:, a, b, low] & block[:, a, b, high]
    return np.asarray(core)


def _cell_size(grid: Geometry) -> Index3:
    """Return how many voxels make a cell along each axis."""
    a, b, c = (max(1, round(CELL_MM / step)) for step in grid.spacing_mm)
    return a, b, c


def _join(voxels: Voxels, axis: int, step: int) -> Voxels:
    """Return whether any voxel of each run of ``step`` along an axis is set."""
    before = (slice(None),) * axis
    joined = voxels[(*before, slice(0, None, step))].copy()
    for first in range(1, step):
        part = voxels[(*before, slice(first, None, step))]
        joined[(*before, slice(0, part.shape[axis]))] |= part
    return joined


def _bounds_along(grid: Geometry, start: int, count: int, step: int, axis: int) -> tuple[Points, Points]:
    """Return what the indices of each cell along one axis add to a position in LPS mm: least and most, shape (n, 3).

    A position is a sum of what each index adds to it, on uneven grids too; the origin goes with axis 0.
    """
    index = np.zeros((count, 3))
    index[:, axis] = np.arange(start, start + count)
    places = grid.to_world(index)
    if axis:
        places -= grid.to_world(np.zeros((1, 3)))
    edges = np.arange(0, count, step)
    return np.minimum.reduceat(places, edges, axis=0), np.maximum.reduceat(places, edges, axis=0)


def _gather(voxels: Voxels, start: Indices, size: Index3, beyond: bool) -> Voxels:
    """Return the voxels of cells with one layer around each, shape (n, size + 2)."""
    places = [start[:, axis, None] + np.arange(-1, size[axis] + 1) for axis in range(3)]
    z, y, x = (np.clip(place, 0, n - 1) for place, n in zip(places, voxels.shape, strict=True))
    flat = (z[:, :, None] * voxels.shape[1] + y[:, None, :])[:, :, :, None] * voxels.shape[2] + x[:, None, None, :]
    block: Voxels = voxels.reshape(-1)[flat]
    for axis, place in enumerate(places):
        outside = (place < 0) | (place >= voxels.shape[axis])
        if outside.any():
            cell, layer = np.nonzero(outside)
            np.moveaxis(block, axis + 1, 1)[cell, layer] = beyond
    return block


def _clip(inner: Voxels, start: Indices, shape: tuple[int, ...]) -> None:
    """Unset what of cells lies outside the array."""
    for axis in range(3):
        place = start[:, axis, None] + np.arange(inner.shape[axis + 1])
        cell, layer = np.nonzero(place >= shape[axis])
        np.moveaxis(inner, axis + 1, 1)[cell, layer] = False
