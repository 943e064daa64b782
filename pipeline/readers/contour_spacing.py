"""On which slices a structure was drawn: on every one, regularly on every second (third ...), or with some missing.

Nothing is filled in. A structure that was drawn on every k-th slice all through is measured on a grid of these slices,
where each contour stands for k slices of the image, as its author meant it; its intervals are as wide as such slices
make them. Any other slice that is missing between two sections above each other is a gap, and counts as empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import gcd

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.geometry import Geometry
from pipeline.readers.contour_planes import plane_origins
from pipeline.readers.contour_polygons import Region

LEAST_PLANES = 3
"""Slices that a structure must be drawn on before a regular distance between them means anything."""


@dataclass(frozen=True)
class Spacing:
    """The slices of a structure.

    Parameters
    ----------
    step, first
        It was drawn on every ``step``-th slice of the image, counted from slice ``first`` (less than ``step``).
    missing
        Slices among these that lack a contour between two sections that lie above each other.
    """

    step: int = 1
    first: int = 0
    missing: int = 0


def find_spacing(region: Region) -> Spacing:
    """Return the slices that a structure was drawn on."""
    used = np.unique(region.slices)
    if len(used) < 2:
        return Spacing()
    facing = [(int(a), int(b)) for a, b in pairwise(used) if b - a > 1 and _lie_above(region, int(a), int(b))]
    step = gcd(*(int(gap) for gap in np.diff(used)))
    if step < 2 or len(used) < LEAST_PLANES or 2 * len(facing) < len(used) - 1:
        return Spacing(missing=sum(b - a - 1 for a, b in facing))
    return Spacing(step, int(used[0]) % step, sum((b - a) // step - 1 for a, b in facing))


def _lie_above(region: Region, first: int, second: int) -> bool:
    """Tell whether at least half of the smaller of two sections lies over the other."""
    below, above = (shapely.union_all(region.polygons[region.slices == place]) for place in (first, second))
    shared = float(shapely.area(shapely.intersection(below, above)))
    return 2 * shared >= min(float(shapely.area(below)), float(shapely.area(above))) > 0


def thin_out(grid: Geometry, axis: int, spacing: Spacing) -> Geometry:
    """Return the grid of every ``step``-th slice of a grid."""
    origins = plane_origins(grid, axis)[spacing.first :: spacing.step]
    steps = grid.axes.copy()
    steps[axis] *= spacing.step
    affine = np.eye(4)
    affine[:3, :3] = steps.T
    affine[:3, 3] = _even_start(origins, steps[axis])
    shape = [*grid.shape]
    shape[axis] = len(origins)
    positions = None if grid.slice_positions_mm is None else origins
    return Geometry((shape[0], shape[1], shape[2]), affine, axis, positions, grid.slice_thickness_mm)


def _even_start(origins: NDArray[np.float64], step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the origin of the even stack with this step that fits slices best, LPS mm."""
    return np.asarray((origins - np.arange(len(origins))[:, None] * step).mean(axis=0), dtype=np.float64)
