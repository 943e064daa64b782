"""Nearest points among many, in mm, on one thread.

pykdtree asks its points on as many threads as there are processors, and threads that wait for each other spin: beside
other work a query of microseconds takes milliseconds. It is told to use one before it is loaded, which OpenMP reads
once; a number that the user has set stays.
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Points

os.environ.setdefault("OMP_NUM_THREADS", "1")

from pykdtree.kdtree import KDTree

LEAF = 16
"""Points of a leaf; a matter of speed alone."""


class PointTree:
    """Points in LPS mm, shape (n, 3), n at least 1, among which nearest ones are looked for."""

    def __init__(self, points: Points) -> None:
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
