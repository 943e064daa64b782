"""The nearest points of two surfaces, without an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.measures.distances.overlap import find_shared
from pipeline.measures.distances.surface import Surface
from pipeline.measures.point_tree import PointTree
from pipeline.volume import Points


@dataclass(frozen=True, eq=False)
class Gap:
    """The smallest distance between two surfaces.

    Parameters
    ----------
    value_mm
        The distance in mm; 0 where the masks share a voxel.
    ends_mm
        Where it lies: the point of the first and of the second surface, LPS mm, shape (2, 3). Of masks that share
        voxels twice the centre of one of these.
    """

    value_mm: float
    ends_mm: Points


def nearest(first: Surface, second: Surface) -> Gap:
    """Return the smallest distance between two surfaces; 0 where the masks share a voxel."""
    shared = find_shared(first.mask, second.mask)
    if shared is not None:
        return Gap(0.0, np.stack([shared, shared]))
    return nearest_points(first.points_mm, second.points_mm)


def nearest_points(first: Points, second: Points) -> Gap:
    """Return the smallest distance between two sets of points in LPS mm, neither empty."""
    small, large = (first, second) if len(first) <= len(second) else (second, first)
    distances, numbers = PointTree(large).find_nearest(small)
    at = int(distances.argmin())
    pair = (small[at], large[int(numbers[at])])
    ends = np.stack(pair if small is first else pair[::-1])
    return Gap(float(np.linalg.norm(ends[0] - ends[1])), ends)
