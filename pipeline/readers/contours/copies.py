"""Contours of one outline that is stored twice, not quite the same: with fewer points, rounded, or drawn once more.

Even-odd alone would take the inner one for a hole and leave a ring that nobody drew. No wall can be drawn thinner than
a pixel: a ring that is thinner on average, between contours that hold nearly the same, is no structure. The contour
with more points is kept, the first of equal ones.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

COPY_PIXELS, COPY_SHARE = 1.0, 0.1
"""Two contours are one outline stored twice when they lie less than a pixel apart on average, and the area between them
is less than this share of what they hold together."""
HAIR_PIXELS, HAIR_SHARE = 0.25, 0.5
"""So are contours that lie less than a quarter of a pixel apart, where few points describe a small outline."""
SHELL_PIXELS = 2.0
"""A ring thinner than this and not taken for a copy is a thin shell, and flagged."""
ALIKE = 0.5
"""Contours of which the smaller holds less than this share of the larger are not compared."""

Polygons = NDArray[np.object_]


def drop_copies(members: Polygons) -> tuple[Polygons, int, float]:
    """Return the contours of one slice without near copies, how many those were, and the area of thin shells in pixels.

    Parameters
    ----------
    members
        Valid polygons in pixels, no two of them equal.
    """
    first, second, between, apart = _compare(members)
    share = between / np.maximum(np.maximum(shapely.area(members[first]), shapely.area(members[second])), 1e-12)
    is_copy = ((apart < COPY_PIXELS) & (share < COPY_SHARE)) | ((apart < HAIR_PIXELS) & (share < HAIR_SHARE))
    points = shapely.get_num_coordinates(members)
    kept = np.ones(len(members), dtype=np.bool_)
    for a, b in zip(first[is_copy], second[is_copy], strict=True):
        if kept[a] and kept[b]:
            kept[b if points[a] >= points[b] else a] = False
    left = kept[first] & kept[second] & ~is_copy
    shells = left & (apart < SHELL_PIXELS) & (share < COPY_SHARE) & _nested(members, first, second)
    return members[kept], int(np.count_nonzero(~kept)), float(between[shells].sum())


def _compare(
    members: Polygons,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the pairs of contours of similar size that touch, the area between them, and its mean width in pixels."""
    first, second = shapely.STRtree(members).query(members, predicate="intersects")
    area = shapely.area(members)
    smaller, larger = np.minimum(area[first], area[second]), np.maximum(area[first], area[second])
    asked = (first < second) & (smaller >= ALIKE * larger)
    first, second = first[asked], second[asked]
    between = shapely.area(shapely.symmetric_difference(members[first], members[second]))
    around = (shapely.length(members[first]) + shapely.length(members[second])) / 2
    return first, second, between, between / np.maximum(around, 1e-12)


def _nested(members: Polygons, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which pairs lie one in the other."""
    a, b = members[first], members[second]
    return np.asarray(shapely.contains(a, b) | shapely.contains(b, a), dtype=np.bool_)
