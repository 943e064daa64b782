"""The smallest distance between two structures and its interval, by comparing every pair that can matter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from pipeline.measurement import Point
from pipeline.verify.grid import Floats, Grid, Ints
from pipeline.verify.number import ENDS_MM, Ends, agree
from pipeline.verify.solid import Solid, shared_count
from pipeline.verify.surface import drawn_steps, off_points, surface_points

CHUNK = 2000
SHEAR = 1e-9


@dataclass(frozen=True, eq=False)
class Gap:
    """A distance in mm, its interval, whether both structures share a voxel, and how its end points are checked."""

    value: float
    low: float
    high: float
    shares: bool
    ends: Ends


class Points:
    """Points in LPS mm among which nearest ones are looked for, by SciPy's tree."""

    def __init__(self, points: Floats) -> None:
        self.points = points
        self._tree = cKDTree(points)

    def nearest(self, places: Floats) -> tuple[Floats, Ints]:
        """Return for each place the distance to the nearest point, and its number."""
        gaps, numbers = self._tree.query(np.asarray(places).reshape(-1, 3))
        return np.asarray(gaps), np.asarray(numbers)


class Body:
    """A structure with its surface and voxel centres, drawn once for all distances."""

    def __init__(self, solid: Solid, surface: Floats | None = None, rim: Ints | None = None) -> None:
        self.solid = solid
        self.surface = surface_points(solid) if surface is None else surface
        self.tree = Points(self.surface)
        self.rim = solid.grid.world(outer_voxels(solid) if rim is None else rim)

    @cached_property
    def rim_tree(self) -> Points:
        """The boundary voxels' centres, to look for nearest ones in."""
        return Points(self.rim)

    @property
    def centres(self) -> Floats:
        """Centres of all voxels, LPS mm."""
        return self.solid.grid.world(self.solid.indices)


def outer_voxels(solid: Solid) -> Ints:
    """Return the grid indices of set voxels with an unset face neighbour."""
    low, high = solid.box()
    wide = np.pad(solid.over(low, high), 1)
    inner = wide.copy()
    for axis in range(3):
        inner &= np.roll(wide, 1, axis) & np.roll(wide, -1, axis)
    return np.asarray(np.argwhere(wide & ~inner) - 1 + low)


def nearest_inside(solid: Solid, other: Solid) -> Ints:
    """Return the grid indices of a solid's voxels whose nearest voxel of another one's grid is set."""
    indices = solid.indices
    places = np.rint(other.grid.index(solid.grid.world(indices))).astype(int) - other.start
    fits = ((places >= 0) & (places < np.array(other.voxels.shape))).all(axis=1)
    inside = np.zeros(len(indices), dtype=bool)
    inside[fits] = other.voxels[tuple(places[fits].T)]
    return np.asarray(indices[inside])


def share_voxels(first: Solid, second: Solid) -> bool:
    """Tell whether two solids share a voxel; on different grids by the nearest voxel of either."""
    if first.grid is second.grid:
        return shared_count(first, second) > 0
    return bool(len(nearest_inside(first, second)) or len(nearest_inside(second, first)))


def find_gap(first: Body, second: Body) -> Gap:
    """Return the distance between two structures."""
    if share_voxels(first.solid, second.solid):
        return Gap(0.0, 0.0, 0.0, True, _inside_ends(first.solid, second.solid))
    gaps = second.tree.nearest(first.surface)[0]
    value = float(gaps.min())
    straight = first.solid.grid is second.solid.grid and _is_straight(first.solid.grid)
    one, two = (first.rim, second.rim) if straight else (first.centres, second.centres)
    tree = second.rim_tree if straight else None
    low, high = centre_ends(one, two, steps_between(first.solid, second.solid), tree)
    clipped = min(max(value, low), high)
    return Gap(clipped, low, high, False, _surface_ends(first.surface, second.surface, value))


def steps_between(first: Solid, second: Solid) -> Floats:
    """Return the steps a_i of an interval: the wider of both along each axis, or those of the coarser grid."""
    own, other = drawn_steps(first.grid, first.apart), drawn_steps(second.grid, second.apart)
    if first.grid is second.grid:
        return np.array([a if a @ a >= b @ b else b for a, b in zip(own, other, strict=True)])
    return own if abs(np.linalg.det(own)) >= abs(np.linalg.det(other)) else other


def centre_ends(one: Floats, two: Floats, steps: Floats, tree: Points | None = None) -> tuple[float, float]:
    """Return the smallest |v| - 2 sqrt(sum (a_i . v/|v|)^2) over pairs of centres, floor 0, and the smallest |v|."""
    gaps, partners = (tree or Points(two)).nearest(one)
    at = int(gaps.argmin())
    high = float(gaps[at])
    widest = 2 * float(np.linalg.svd(steps, compute_uv=False)[0])
    best = float(_less(two[partners[at]][None] - one[at], steps)[0])
    if best <= 0:
        return 0.0, high
    reach = best + widest + 1e-6
    near = one[gaps <= reach]
    beside = two[Points(near).nearest(two)[0] <= reach]
    for start in range(0, len(near), CHUNK):
        part = near[start : start + CHUNK]
        rows, columns = np.nonzero(cdist(part, beside) <= reach)
        best = min(best, float(_less(beside[columns] - part[rows], steps).min(initial=best)))
    return max(best, 0.0), high


def _less(lines: Floats, steps: Floats) -> Floats:
    lengths = np.maximum(np.linalg.norm(lines, axis=1), 1e-300)
    parts = (lines / lengths[:, None]) @ steps.T
    return np.asarray(lengths - 2 * np.sqrt((parts**2).sum(axis=1)))


def _is_straight(grid: Grid) -> bool:
    unit = grid.steps / grid.spacing[:, None]
    if grid.places is not None:
        across = np.diff(grid.places, axis=0) @ np.delete(unit, grid.slice_axis, axis=0).T
        if np.abs(across).max(initial=0.0) > SHEAR * grid.spacing.min():
            return False
    return bool(np.abs(unit @ unit.T - np.eye(3)).max() <= SHEAR)


def _surface_ends(first: Floats, second: Floats, apart: float) -> Ends:
    """Return the check of end points: one on each surface, as far apart as the surfaces are."""

    def ends_of(ends: tuple[Point, ...], _: float) -> str | None:
        if len(ends) != 2 or off_points(ends[:1], first) or off_points(ends[1:], second):
            return "its end points are not on both surfaces"
        close = agree(math.dist(*ends), apart) or abs(math.dist(*ends) - apart) <= 2 * ENDS_MM
        return None if close else "its end points are not as far apart as it is long"

    return ends_of


def _inside_ends(first: Solid, second: Solid) -> Ends:
    """Return the check of end points of structures that share voxels: twice the centre of one of these."""

    def ends_of(ends: tuple[Point, ...], _: float) -> str | None:
        if len(ends) != 2 or ends[0] != ends[1]:
            return "its end points are not one point"
        for solid, other in ((first, second), (second, first)):
            held = solid.indices if solid.grid is other.grid else nearest_inside(solid, other)
            if len(held) and not off_points(ends[:1], solid.grid.world(held)) and _holds(other, ends[0]):
                return None
        return "its end points lie in no voxel that both structures hold"

    return ends_of


def _holds(solid: Solid, point: Point) -> bool:
    place = np.rint(solid.grid.index(np.array(point))[0]).astype(int) - solid.start
    fits = bool((place >= 0).all() and (place < np.array(solid.voxels.shape)).all())
    return fits and bool(solid.voxels[tuple(place)])
