"""The smallest distance from each of several structures to another one, with its interval; exact, and pruned.

What counts is decided by the definitions alone (docs/measurements.md); bounds only leave out what cannot matter:

- a structure's cells whose distance from a body's bounding ball exceeds a distance that is known to exist;
- voxels whose distance from the other side's bounding box does;
- voxels whose nearest voxel on the other side is farther than the nearest pair by more than the interval can use.

On straight grids the extremes lie between boundary voxels: an inner voxel has a neighbour, one step along the axis of
the smallest spacing, that is nearer, and whose direction has no smaller step. On sheared grids, and between two
grids, all voxels are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Index3, Points
from pipeline.measures.distances.cells import Boundary, Cells
from pipeline.measures.distances.interval import Steps, extreme_steps, moved_inward, steps_between, widest_step
from pipeline.measures.distances.overlap import find_shared
from pipeline.measures.distances.surface import Surface, is_straight
from pipeline.measures.grids import same_grid
from pipeline.measures.point_tree import PointTree
from pipeline.volume import Mask

Rows = NDArray[np.int64]
"""Numbers of points or voxels of a set."""
SMALL = 40_000
"""Pairs up to which all are compared at once; above, nearest points come from a tree. A matter of speed alone."""
SLACK_MM = 1e-7
"""Added to every bound against rounding."""


@dataclass(frozen=True, eq=False)
class Distance:
    """The smallest distance between two surfaces and its interval, in mm.

    Parameters
    ----------
    value_mm
        0 where the masks share a voxel.
    ends_mm
        The nearest points of the first and of the second surface, LPS mm, shape (2, 3); of masks that share voxels
        twice the centre of one.
    """

    value_mm: float
    low_mm: float
    high_mm: float
    ends_mm: Points
    shares: bool = False


@dataclass(frozen=True)
class Reach:
    """How much farther than the nearest pair of voxel centres a pair may be and still matter, in mm.

    Parameters
    ----------
    steps, most
        Steps of the interval's low end, and the largest ``sqrt(sum (a_i . n)^2)`` of any direction n.
    crossing
        The farthest that two crossings can be nearer to each other than the voxels they belong to.
    margin
        What holds for crossings and for the interval's low end together.
    solid
        All voxels are compared, not those of the boundary alone.
    """

    steps: Steps
    most: float
    crossing: float
    margin: float
    solid: bool


def find_distances(bodies: Sequence[Surface], other: Surface) -> list[Distance | None]:
    """Return the distance of each body to another surface; None where that one has no voxel.

    Parameters
    ----------
    bodies
        On any grids; each is small beside the other surface, for speed alone.
    """
    found: list[Distance | None] = [None] * len(bodies)
    waiting = []
    for number, body in enumerate(bodies):
        shared = find_shared(body.mask, other.mask)
        if shared is None:
            waiting.append(number)
        else:
            found[number] = Distance(0.0, 0.0, 0.0, np.stack([shared, shared]), shares=True)
    if not waiting or other.mask.is_empty:
        return found
    asked = [bodies[number] for number in waiting]
    for number, distance in zip(waiting, _search(asked, other), strict=True):
        found[number] = distance
    return found


def _search(bodies: Sequence[Surface], other: Surface) -> list[Distance]:
    """Return the distances of bodies that share no voxel with the other surface."""
    reaches = _find_reaches(bodies, other)
    shells = [body.solid if reach.solid else body.shell for body, reach in zip(bodies, reaches, strict=True)]
    near = _near_cells(shells, other.cells, np.array([reach.margin for reach in reaches]))
    drawn = other.draw(np.flatnonzero(near.any(axis=0)), solid=any(reach.solid for reach in reaches))
    return [
        _compare(shell, drawn, np.flatnonzero(own[drawn.cell]), reach)
        for shell, own, reach in zip(shells, near, reaches, strict=True)
    ]


def _find_reaches(bodies: Sequence[Surface], other: Surface) -> list[Reach]:
    """Return which pairs of voxels may matter to each body and the other surface."""
    known: dict[tuple[int, Index3], Reach] = {}
    for body in bodies:
        key = (id(body.mask.grid), body.mask.steps)
        if key not in known:
            known[key] = _find_reach(body.mask, other.mask)
    return [known[id(body.mask.grid), body.mask.steps] for body in bodies]


def _find_reach(body: Mask, other: Mask) -> Reach:
    """Return which pairs of voxels may matter to two masks."""
    steps = steps_between(body, other)
    least, most = extreme_steps(steps)
    crossing = (widest_step(body.grid) + widest_step(other.grid)) / 2
    solid = not (same_grid(body.grid, other.grid) and is_straight(body.grid))
    margin = max(crossing * (2 if solid else 1), 2 * (most - least)) + SLACK_MM
    return Reach(steps, most, crossing, margin, solid)


def _near_cells(shells: Sequence[Boundary], cells: Cells, margins: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which cells can hold a voxel that matters to each body, shape (bodies, cells)."""
    middles = np.stack([(s.at.min(axis=1) + s.at.max(axis=1)) / 2 for s in shells])
    radii = [np.sqrt(_squares(s.at, middle).max()) for s, middle in zip(shells, middles, strict=True)]
    squared = np.zeros((len(shells), len(cells.number)))
    for axis in range(3):
        gap = np.abs(middles[:, axis, None] - cells.middle[:, axis])
        gap -= cells.half[:, axis]
        np.maximum(gap, 0.0, out=gap)
        gap *= gap
        squared += gap
    at_least = np.sqrt(squared, out=squared) - np.array(radii)[:, None]
    at_most = [_known(s, cells, int(n)) for s, n in zip(shells, at_least.argmin(axis=1), strict=True)]
    return np.asarray(at_least <= (np.array(at_most) + margins)[:, None])


def _known(shell: Boundary, cells: Cells, number: int) -> float:
    """Return a distance that no voxel of a cell exceeds from the nearest voxel of a body."""
    return float(np.sqrt(_squares(shell.at, cells.middle[number]).min()) + np.linalg.norm(cells.half[number]))


def _compare(first: Boundary, second: Boundary, chosen: Rows, reach: Reach) -> Distance:
    """Return the distance between a set of voxels and those chosen of another, which hold all that can matter."""
    rows, columns = _narrow(first.at, second.at[:, chosen], reach.margin)
    columns = chosen[columns]
    one, two = first.at[:, rows], second.at[:, columns]
    gaps = _all_lengths(one, two)
    row, column = divmod(int(gaps.argmin()), len(columns))
    high = float(gaps[row, column])
    low = _find_low(one, two, gaps, (row, column), reach)
    limit = _nearest_crossings(first, rows[[row]], second, columns[[column]])[0] + reach.crossing
    close = gaps <= min(limit, high + reach.margin) + SLACK_MM
    value, ends = _nearest_crossings(first, rows[close.any(axis=1)], second, columns[close.any(axis=0)])
    return Distance(min(max(value, low), high), low, high, ends)


def _find_low(one: Points, two: Points, gaps: NDArray[np.float64], nearest: tuple[int, int], reach: Reach) -> float:
    """Return the smallest ``|v| - 2 sqrt(sum (a_i . v/|v|)^2)`` over all pairs of centres, floor 0."""
    known = float(moved_inward((two[:, nearest[1]] - one[:, nearest[0]])[None], reach.steps)[0])
    if known <= 0:
        return 0.0
    rows, columns = np.nonzero(gaps <= known + 2 * reach.most + SLACK_MM)
    return max(float(moved_inward((two[:, columns] - one[:, rows]).T, reach.steps).min()), 0.0)


def _narrow(first: Points, second: Points, margin: float) -> tuple[Rows, Rows]:
    """Return which of two sets of points, shape (3, n) each, are near enough to the other one to matter."""
    limit = _find_upper(first, second) + margin
    columns = np.flatnonzero(_near_box(second, first, limit))
    rows = np.flatnonzero(_near_box(first, second[:, columns], limit))
    columns = columns[_near_box(second[:, columns], first[:, rows], limit)]
    if len(rows) * len(columns) <= SMALL:
        return rows, columns
    one, two = first[:, rows].T, second[:, columns].T
    gaps = PointTree(two).find_nearest(one, limit + SLACK_MM)[0]
    limit = float(gaps.min()) + margin + SLACK_MM
    rows, one = rows[gaps <= limit], one[gaps <= limit]
    gaps = PointTree(one).find_nearest(two, limit + SLACK_MM)[0]
    return rows, columns[gaps <= limit]


def _find_upper(first: Points, second: Points) -> float:
    """Return the distance of two points that are likely to be near each other."""
    start = second[:, int(_squares(second, (first.min(axis=1) + first.max(axis=1)) / 2).argmin())]
    onto = first[:, int(_squares(first, start).argmin())]
    return float(np.sqrt(_squares(second, onto).min()))


def _near_box(points: Points, others: Points, limit: float) -> NDArray[np.bool_]:
    """Tell which points, shape (3, n), lie no farther than a limit from the bounding box of others."""
    low, high = others.min(axis=1), others.max(axis=1)
    total = np.zeros(points.shape[1])
    for axis in range(3):
        outside = np.abs(points[axis] - (low[axis] + high[axis]) / 2)
        outside -= (high[axis] - low[axis]) / 2
        np.maximum(outside, 0.0, out=outside)
        outside *= outside
        total += outside
    return np.asarray(total <= (limit + SLACK_MM) ** 2)


def _nearest_crossings(first: Boundary, rows: Rows, second: Boundary, columns: Rows) -> tuple[float, Points]:
    """Return the smallest distance between the crossings around some voxels, and its ends; infinite without one."""
    one, two = first.crossings_mm(rows), second.crossings_mm(columns)
    if not len(one) or not len(two):
        return np.inf, np.zeros((0, 3))
    if len(one) * len(two) > SMALL:
        gaps, numbers = PointTree(two).find_nearest(one)
        row = int(gaps.argmin())
        column = int(numbers[row])
    else:
        row, column = divmod(int(_all_lengths(one.T, two.T).argmin()), len(two))
    ends = np.stack([one[row], two[column]])
    return float(np.linalg.norm(ends[0] - ends[1])), ends


def _all_lengths(first: Points, second: Points) -> NDArray[np.float64]:
    """Return all distances between two sets of points, shape (3, n) and (3, m), as an array (n, m)."""
    total = np.subtract.outer(first[0], second[0])
    total *= total
    for axis in (1, 2):
        part = np.subtract.outer(first[axis], second[axis])
        part *= part
        total += part
    lengths: NDArray[np.float64] = np.sqrt(total, out=total)
    return lengths


def _squares(points: Points, place: Points) -> NDArray[np.float64]:
    """Return the squared distances of points, shape (3, n), from a place."""
    x, y, z = (points[axis] - place[axis] for axis in range(3))
    return np.asarray(x * x + y * y + z * z)
