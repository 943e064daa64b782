"""On which slices a structure was drawn: on every one, regularly on every second (third ...), or with some missing.

In a structure that was drawn on every k-th slice all through each contour stands for k slices of the image, as its
author meant it: for the slab that ends half-way to the neighbouring contours. Its intervals are as wide as such slices
make them. Any other slice that is missing between two sections above each other is a gap, and counts as empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import gcd

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.readers.contours.polygons import Region

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


def find_spacings(regions: Sequence[Region]) -> tuple[Spacing, ...]:
    """Return the slices that the structures of one object were drawn on.

    A structure of one or two contours cannot tell by itself. Where everything in the object lies on every k-th slice,
    and a larger structure is drawn regularly, it was drawn so as well.
    """
    found = [find_spacing(region) for region in regions]
    drawn = [region.slices for region in regions if len(region.slices)]
    common = _common_step(np.unique(np.concatenate(drawn))) if drawn else 1
    if common < 2 or all(each.step == 1 for each in found):
        return tuple(found)
    return tuple(
        each if each.step > 1 or not len(region.slices) else _space(region, common)
        for each, region in zip(found, regions, strict=True)
    )


def find_spacing(region: Region) -> Spacing:
    """Return the slices that a structure was drawn on, from its own contours."""
    used = np.unique(region.slices)
    if len(used) < 2:
        return Spacing()
    facing = _facing(region)
    step = _common_step(used)
    if step < 2 or len(used) < LEAST_PLANES or 2 * len(facing) < len(used) - 1:
        return Spacing(missing=sum(b - a - 1 for a, b in facing))
    return _space(region, step)


def _space(region: Region, step: int) -> Spacing:
    """Return the slices of a structure that was drawn on every ``step``-th of them."""
    missing = sum((b - a) // step - 1 for a, b in _facing(region))
    return Spacing(step, int(region.slices.min()) % step, missing)


def _common_step(used: NDArray[np.int64]) -> int:
    """Return the largest step in which all slices are reached; 0 for one slice alone."""
    return gcd(*(int(gap) for gap in np.diff(used)))


def _facing(region: Region) -> list[tuple[int, int]]:
    """Return the pairs of slices with sections above each other and none between them."""
    used = np.unique(region.slices)
    return [(int(a), int(b)) for a, b in pairwise(used) if b - a > 1 and _lie_above(region, int(a), int(b))]


def _lie_above(region: Region, first: int, second: int) -> bool:
    """Tell whether at least half of the smaller of two sections lies over the other."""
    below, above = (shapely.union_all(region.polygons[region.slices == place]) for place in (first, second))
    shared = float(shapely.area(shapely.intersection(below, above)))
    return 2 * shared >= min(float(shapely.area(below)), float(shapely.area(above))) > 0
