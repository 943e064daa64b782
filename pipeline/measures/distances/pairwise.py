"""The distance of two surfaces by comparing all voxels that can matter, pair by pair.

For sheared grids and for two grids, where inner voxels can decide the interval.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Points
from pipeline.measures.distances.cells import Boundary, Cells
from pipeline.measures.distances.distance import SLACK_MM, Distance, Reach
from pipeline.measures.distances.interval import moved_inward
from pipeline.measures.distances.ragged import Rows
from pipeline.measures.distances.surface import Surface
from pipeline.measures.point_tree import PointTree

SMALL = 40_000
"""Pairs up to which all are compared at once; above, nearest points come from a tree. A matter of speed alone."""


def compare(bodies: Sequence[Surface], other: Surface, reaches: Sequence[Reach]) -> list[Distance]:
    """Return the distances of bodies that share no voxel with the other surface."""
    shells = [body.solid if reach.solid else body.shell for body, reach in zip(bodies, reaches, strict=True)]
    near = _near_cells(shells, other.cells, np.array([reach.margin for reach in reaches]))
    drawn = other.draw(np.flatnonzero(near.any(axis=0)), solid=any(reach.solid for reach in reaches))
    return [
        _compare(shell, drawn, np.flatnonzero(own[drawn.cell]), reach)
        for shell, own, reach in zip(shells, near, reaches, strict=True)
    ]


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
