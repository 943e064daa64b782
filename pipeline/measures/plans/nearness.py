"""How far voxels lie from a lesion's half-level surface, bounded at once for a whole box.

The surface's points are mid-points of grid edges, so those of edges along one axis form a lattice of their own. In a
straight grid the square of the distance to the nearest of them is a sum over the axes: it is found along one axis
after another (Felzenszwalb and Huttenlocher, Theory of Computing 2012, 8:415), no farther than is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry
from pipeline.measures.contour import find_surface_points
from pipeline.measures.grids import start_of, within_box
from pipeline.measures.plans.straight import Straight
from pipeline.measures.point_tree import PointTree
from pipeline.volume import Box, Mask, Points

Squares = NDArray[np.float32]
TOGETHER = 1 << 18
"""Voxels whose lines are looked at together; a matter of memory alone."""


@dataclass(frozen=True, eq=False)
class Near:
    """What lies near a lesion.

    Parameters
    ----------
    mask
        The lesion.
    box
        Holds every voxel of the total liver within ``reach_mm``; within the liver's box.
    total
        The total liver over ``box``.
    squared
        Over ``box``: square of the distance of each voxel's centre to the lesion's surface in ``straight``, inside and
        outside the lesion; beyond ``reach_mm`` anything larger. In a slanted grid that in the grid itself, and infinite
        outside the total liver.
    straight
        The straight grid nearest to the lesion's.
    """

    mask: Mask
    box: Box
    total: NDArray[np.bool_]
    squared: Squares
    straight: Straight
    reach_mm: float

    @property
    def limit(self) -> float:
        """Square beyond which no voxel lies within ``reach_mm``."""
        return self.straight.possibly_mm(self.reach_mm) ** 2

    @property
    def half_step_mm(self) -> float:
        """The largest distance between a voxel's centre and the mid-point of one of its edges."""
        return find_half_step(self.mask.grid)

    @cached_property
    def tree(self) -> PointTree:
        """The points of the lesion's half-level surface."""
        return PointTree(find_surface_points(self.mask))

    def measure(self, indices: Points) -> NDArray[np.float64]:
        """Return the distance in mm of indices of ``box`` to the surface; infinite where it is more than asked."""
        places = self.mask.grid.to_world(indices + np.array(start_of(self.box), dtype=np.float64))
        return self.tree.find_nearest(places, self.reach_mm * (1 + 1e-9))[0]


def find_half_step(grid: Geometry) -> float:
    """Return the largest distance in mm between a voxel's centre and the mid-point of one of its edges."""
    steps = float(grid.spacing_mm.max())
    if grid.slice_positions_mm is not None:
        gaps = np.linalg.norm(np.diff(grid.slice_positions_mm, axis=0), axis=1)
        steps = max(steps, float(gaps.max(initial=0.0)))
    return steps / 2


def find_near(mask: Mask, total: Mask, straight: Straight, reach_mm: float) -> Near:
    """Return what of the total liver lies near a lesion on its grid.

    Parameters
    ----------
    total
        Holds a voxel of the lesion.
    straight
        The straight grid nearest to theirs.
    """
    around = straight.find_box(mask.box, reach_mm)
    a, b, c = (
        slice(max(part.start, own.start), min(part.stop, own.stop)) for part, own in zip(around, total.box, strict=True)
    )
    box = (a, b, c)
    liver = total.voxels[within_box(box, total.box)]
    if straight.is_slanted:
        empty = Near(mask, box, liver, np.full(liver.shape, np.inf, dtype=np.float32), straight, reach_mm)
        empty.squared[liver] = empty.measure(np.argwhere(liver).astype(np.float64)) ** 2
        return empty
    return Near(mask, box, liver, _transform(mask, box, straight, straight.possibly_mm(reach_mm)), straight, reach_mm)


def _transform(mask: Mask, box: Box, straight: Straight, reach_mm: float) -> Squares:
    """Return the square of the distance of each voxel of a box to the nearest point of a mask's half-level surface.

    The points on edges along z are sought along z, y, x; those along y: y, z, x; those along x: x, z, y. The first two
    go along x together.
    """
    axes = [
        _Axis(part, own, straight, axis, reach_mm) for axis, (part, own) in enumerate(zip(box, mask.box, strict=True))
    ]
    z, y, x = axes
    along_z, along_y, along_x = (axis.find_crossed(mask.voxels) for axis in axes)
    others = z.spread(along_y)
    found = x.spread(np.minimum(others, y.spread(along_z), out=others))
    return np.ascontiguousarray(np.minimum(found, y.spread(z.spread(along_x)), out=found))


@dataclass(frozen=True, eq=False)
class _Axis:
    """One axis of the box around a mask.

    Parameters
    ----------
    asked, own
        Of the box, and of the mask within it.
    number
        Of the axis.
    """

    asked: slice
    own: slice
    straight: Straight
    number: int
    reach_mm: float

    def find_crossed(self, voxels: NDArray[np.bool_]) -> Squares:
        """Return the square of each voxel's distance to the nearest crossed edge along this axis, on its own line.

        Shape of the mask's box, along this axis that of the asked one; infinite on a line without a crossed edge.
        """
        across = (self.number + 1) % 3
        pieces = np.array_split(voxels, -(-voxels.size // TOGETHER), axis=across)
        return np.concatenate([self._find_crossed(piece) for piece in pieces if piece.size], axis=across)

    def _find_crossed(self, voxels: NDArray[np.bool_]) -> Squares:
        """Return the same of some of the lines."""
        lines = np.moveaxis(voxels, self.number, 0)
        end = np.zeros((1, *lines.shape[1:]), dtype=np.bool_)
        crossed = np.diff(np.concatenate([end, lines, end]), axis=0)
        edges = self.straight.edges[self.number][self.own.start : self.own.stop + 1, None, None]
        before = np.maximum.accumulate(np.where(crossed, edges, -np.inf), axis=0)
        after = np.minimum.accumulate(np.where(crossed, edges, np.inf)[::-1], axis=0)[::-1]
        none = np.full(end.shape, np.inf)
        at = np.arange(self.asked.start, self.asked.stop) - self.own.start
        places = self.straight.centres[self.number][self.asked, None, None]
        gaps = places - np.concatenate([-none, before])[np.clip(at, -1, len(lines)) + 1]
        np.minimum(gaps, np.concatenate([after, none])[np.clip(at + 1, 0, len(edges))] - places, out=gaps)
        return np.moveaxis((gaps**2).astype(np.float32), 0, self.number)

    def spread(self, squared: Squares) -> Squares:
        """Return the smallest sum of a square and the square of the distance along this axis from it.

        Parameters
        ----------
        squared
            Of the mask's box along this axis; what is returned is of the asked one.
        """
        lines = np.ascontiguousarray(np.moveaxis(squared, self.number, 0))
        places = self.straight.centres[self.number][self.asked]
        first, count = self.own.start - self.asked.start, len(lines)
        out = np.full((len(places), *lines.shape[1:]), np.inf, dtype=np.float32)
        room = np.empty_like(lines)
        for step in range(1 - first - count, len(places) - first):
            low, high = max(0, -first - step), min(count, len(places) - first - step)
            aimed = slice(first + step + low, first + step + high)
            gaps = places[aimed] - places[first + low : first + high]
            if np.abs(gaps).min() > self.reach_mm:
                continue
            np.add(lines[low:high], (gaps**2).astype(np.float32)[:, None, None], out=room[: high - low])
            np.minimum(out[aimed], room[: high - low], out=out[aimed])
        return np.moveaxis(out, 0, self.number)
