"""Nearest points among many, in mm, on one thread.

pykdtree asks its points on as many threads as there are processors, and threads that wait for each other spin: beside
other work a query of microseconds takes milliseconds. ``pipeline/__init__.py`` tells OpenMP to use one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pykdtree.kdtree import KDTree

from pipeline.geometry import Points

LEAF = 16
"""Points of a leaf; a matter of speed alone."""
NEIGHBOURS = 8
"""Points looked for at first around one; more where they do not suffice. A matter of speed alone."""
LEAST_MM, WIDER = 1.0, 1.1
"""Places whose bounds differ by less than this factor are asked together; those below the least one too."""


class PointTree:
    """Points in LPS mm, shape (n, 3), n at least 1, among which nearest ones are looked for."""

    def __init__(self, points: Points) -> None:
        self.count = len(points)
        self._tree = KDTree(np.ascontiguousarray(points, dtype=np.float64), leafsize=LEAF)

    def find_nearest(
        self, places: Points, within_mm: float | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return for each place the distance in mm to the nearest point and that point's number.

        Parameters
        ----------
        places
            LPS mm, shape (m, 3).
        within_mm
            Where no point is nearer than this, the distance is infinite and the number is n. A bound makes it faster.
        """
        if not len(places):
            return np.zeros(0), np.zeros(0, dtype=np.int64)
        found = self._tree.query(np.ascontiguousarray(places, dtype=np.float64), distance_upper_bound=within_mm)
        return found[0], found[1].astype(np.int64)

    def find_nearest_within(
        self, places: Points, within_mm: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the same as ``find_nearest`` with a bound for each place, or one that is a little wider."""
        gaps, numbers = np.empty(len(places)), np.empty(len(places), dtype=np.int64)
        bins = np.ceil(np.log(np.maximum(within_mm, LEAST_MM)) / np.log(WIDER))
        order = np.argsort(bins, kind="stable")
        for part in np.split(order, np.flatnonzero(np.diff(bins[order])) + 1):
            if len(part):
                gaps[part], numbers[part] = self.find_nearest(places[part], float(within_mm[part].max()))
        return gaps, numbers

    def find_all_within(
        self, places: Points, limits_mm: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return all points within a limit of each place: the place's number, ascending, and the point's."""
        found, count, asked = [np.zeros((2, 0), dtype=np.int64)], NEIGHBOURS, np.arange(len(places))
        while len(asked):
            gaps, numbers = self._find_several(places[asked], count, float(limits_mm[asked].max()))
            full = (gaps[:, -1] <= limits_mm[asked]) & (count < self.count)
            place, column = np.nonzero((gaps <= limits_mm[asked, None]) & ~full[:, None])
            found.append(np.stack([asked[place], numbers[place, column]]))
            asked, count = asked[full], min(4 * count, self.count)
        place, point = np.concatenate(found, axis=1)
        order = np.argsort(place, kind="stable")
        return place[order], point[order]

    def _find_several(
        self, places: Points, count: int, within_mm: float
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the distances to several nearest points, shape (m, count), ascending, and their numbers."""
        found = self._tree.query(np.ascontiguousarray(places), k=count, distance_upper_bound=within_mm)
        return found[0].reshape(-1, count), found[1].reshape(-1, count).astype(np.int64)
