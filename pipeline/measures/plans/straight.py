"""A grid as the straight one that comes nearest to it: distances there are quickly found, and bound those in the grid.

In a straight grid the square of a distance is a sum over the axes. Grids of scanners are straight but for the digits
that their files leave out; there the two distances differ by less than matters to any voxel but a few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry
from pipeline.volume import Box

Places = NDArray[np.float64]
MOST_SLANT = 0.3
"""Above which a straight grid tells too little of a slanted one; a matter of speed alone."""
SINGLE = 1e-6
"""Relative error of distances in single precision, with room to spare."""


@dataclass(frozen=True, eq=False)
class Straight:
    """The straight grid nearest to a grid.

    Parameters
    ----------
    centres
        Of each axis: mm along it of the voxel centres; of a slanted grid, mm along the normal of the other two.
    edges
        Likewise of the mid-points between voxels, with one before the first and one after the last.
    slant
        By which part of itself the square of a distance here differs at most from that in the grid: the spectral norm
        of what the products of the grid's unit axes are off from those at right angles.
    sway_mm
        How far uneven slices are moved sideways at most.
    """

    centres: tuple[Places, ...]
    edges: tuple[Places, ...]
    slant: float
    sway_mm: float

    @property
    def is_slanted(self) -> bool:
        """Tell whether distances here say nothing of those in the grid."""
        return self.slant > MOST_SLANT

    def low_mm(self, here_mm: Places) -> Places:
        """Return the least distance in the grid of points at a distance here; in a slanted grid, where both are one."""
        slant, sway = self._doubt
        return np.asarray(here_mm * (math.sqrt(1 - slant) * (1 - SINGLE)) - 2 * sway)

    def high_mm(self, here_mm: Places) -> Places:
        """Return the largest distance in the grid of points at a distance here; likewise."""
        slant, sway = self._doubt
        return np.asarray(here_mm * (math.sqrt(1 + slant) * (1 + SINGLE)) + 2 * sway)

    def surely_mm(self, distance_mm: float) -> float:
        """Return the distance here up to which all points lie within a distance in the grid; negative where none do."""
        slant, sway = self._doubt
        return (distance_mm - 2 * sway) / math.sqrt(1 + slant) / (1 + SINGLE)

    def possibly_mm(self, distance_mm: float) -> float:
        """Return the distance here beyond which no point lies within a distance in the grid, along an axis or not."""
        slant = self._doubt[0]
        return (distance_mm + 2 * self.sway_mm) / math.sqrt(1 - slant) / (1 - SINGLE)

    @property
    def _doubt(self) -> tuple[float, float]:
        return (0.0, 0.0) if self.is_slanted else (self.slant, self.sway_mm)

    def find_box(self, box: Box, distance_mm: float) -> Box:
        """Return the box that holds every voxel whose centre lies within a distance in mm of another box's voxels."""
        reach, found = self.possibly_mm(distance_mm), []
        for part, centres, edges in zip(box, self.centres, self.edges, strict=True):
            first = np.searchsorted(centres, edges[part.start] - reach, side="left")
            last = np.searchsorted(centres, edges[part.stop] + reach, side="right")
            found.append(slice(int(first), int(last)))
        return found[0], found[1], found[2]


def straighten(grid: Geometry) -> Straight:
    """Return the straight grid nearest to a grid."""
    units: NDArray[np.float64] = grid.axes / grid.spacing_mm[:, None]
    slant = float(np.linalg.norm(units @ units.T - np.eye(3), 2))
    if slant > MOST_SLANT:
        normals = np.linalg.inv(grid.axes).T
        units = np.asarray(normals / np.linalg.norm(normals, axis=1)[:, None], dtype=np.float64)
    steps = _steps(grid, units).tolist()
    centres = [np.arange(count, dtype=np.float64) * step for count, step in zip(grid.shape, steps, strict=True)]
    sway = 0.0
    if grid.slice_positions_mm is not None:
        moved = grid.slice_positions_mm - grid.slice_positions_mm[0]
        along = grid.axes[grid.slice_axis] / grid.spacing_mm[grid.slice_axis]
        sway = float(np.linalg.norm(moved - (moved @ along)[:, None] * along, axis=1).max())
        centres[grid.slice_axis] = np.asarray(moved @ units[grid.slice_axis], dtype=np.float64)
    edges = [_edges(each, step) for each, step in zip(centres, _steps(grid, units), strict=True)]
    return Straight(tuple(centres), tuple(edges), slant, sway)


def _steps(grid: Geometry, units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far one step along each axis leads along its unit."""
    return np.asarray((grid.axes * units).sum(axis=1))


def _edges(centres: Places, step: float) -> Places:
    """Return the mid-points between places, and those half a step before the first and after the last."""
    ends = centres[0] - step / 2, centres[-1] + step / 2
    return np.concatenate([[ends[0]], (centres[1:] + centres[:-1]) / 2, [ends[1]]])
