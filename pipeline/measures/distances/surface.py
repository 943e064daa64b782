"""The surface of a mask: its half-level crossings and its boundary voxels, drawn where and when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry
from pipeline.measures.contour import find_surface_points
from pipeline.measures.distances.blocks import Blocks, find_blocks, find_lengths
from pipeline.measures.distances.cells import Boundary, Cells, Indices, draw_boundary, find_cells, find_inner
from pipeline.volume import Mask, Points


@dataclass(frozen=True, eq=False)
class Surface:
    """The surface of a mask that is not empty.

    Parameters
    ----------
    beyond
        What a voxel outside the mask's box counts as: unset, or set for the voxels around a structure.
    """

    mask: Mask
    beyond: bool = False

    @cached_property
    def points_mm(self) -> Points:
        """Mid-points of all crossed grid edges (half-level surface), LPS mm, shape (n, 3)."""
        return find_surface_points(self.mask)

    @cached_property
    def cells(self) -> Cells:
        """The coarse cells that hold a set voxel."""
        return find_cells(self.mask.grid, self.mask.offset, self.mask.voxels)

    @cached_property
    def shell(self) -> Boundary:
        """All boundary voxels."""
        return self.draw(np.arange(len(self.cells.number)), solid=False)

    @cached_property
    def blocks(self) -> Blocks:
        """All boundary voxels in small blocks."""
        return find_blocks(self.shell)

    @cached_property
    def ball(self) -> tuple[Points, float]:
        """The middle of the box around all boundary voxels, LPS mm, and the distance of the farthest from it."""
        at = self.shell.at
        middle = (at.min(axis=1) + at.max(axis=1)) / 2
        return middle, float(find_lengths(at.T - middle).max())

    @cached_property
    def solid(self) -> Boundary:
        """All set voxels."""
        return self.draw(np.arange(len(self.cells.number)), solid=True)

    @cached_property
    def _is_inner(self) -> NDArray[np.bool_]:
        return find_inner(self.mask.voxels, self.cells, beyond=self.beyond)

    def draw(self, chosen: Indices, *, solid: bool) -> Boundary:
        """Return the boundary voxels, or all set ones, in some of the cells."""
        mask = self.mask
        if self.beyond and not solid:
            chosen = chosen[~self._is_inner[chosen]]
        return draw_boundary(
            mask.grid,
            mask.offset,
            np.ascontiguousarray(mask.voxels),
            self.cells,
            chosen,
            beyond=self.beyond,
            solid=solid,
        )


def is_straight(grid: Geometry) -> bool:
    """Tell whether the axes of a grid are at right angles: even or uneven, oblique or not, but not sheared."""
    axes = grid.axes / grid.spacing_mm[:, None]
    if grid.slice_positions_mm is not None:
        steps = np.diff(grid.slice_positions_mm, axis=0)
        across = steps @ np.delete(axes, grid.slice_axis, axis=0).T
        if np.abs(across).max(initial=0.0) > RIGHT * float(grid.spacing_mm.min()):
            return False
    return bool(np.abs(axes @ axes.T - np.eye(3)).max() <= RIGHT)


RIGHT = 1e-9
"""Cosine up to which an angle is a right one."""
