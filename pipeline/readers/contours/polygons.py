"""Contours of one structure as clean polygons: even-odd within each slice, whatever way they were drawn.

Holes come as nested contours, as one contour with a channel (keyhole), or as CLOSEDPLANAR_XOR: for all three a point is
inside when a line from it to infinity crosses the contours an odd number of times. Polygon algebra is GEOS's, by
shapely; the plane's own coordinates are rows and columns of the grid, in which areas are counted in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.readers.contours.copies import drop_copies

CROSSING_SHARE = 0.01
"""Share of a contour's area that may depend on how crossings of its line are counted; below, it is drawing noise."""
NO_AREA_PIXELS = 1e-6
"""A contour whose points lie on one line bounds no area but what rounding makes of it."""
SAMPLED_EDGES = 200
MANY_EDGES = 500
"""From this many edges in a plane on they are looked at before anything is computed of them."""
MAX_NEIGHBOURS = 40.0
"""A contour's edge has a few others beside it. Where it has more than this on average, the lines are no outline."""

Floats = NDArray[np.float64]
Polygons = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Region:
    """The area of one structure.

    Parameters
    ----------
    polygons, slices
        Valid polygons (column, row), possibly with holes, and the slice that each lies in.
    crossing
        Area in pixels whose being inside depends on how crossing lines are read, slice by slice.
    repeated
        Number of contours that were drawn twice and counted once: exactly, or nearly so (``contour_copies``).
    shells
        Area in pixels of thin rings between nested contours, which were taken as holes, slice by slice.
    without_area
        Number of contours that bound no area.
    """

    polygons: Polygons
    slices: NDArray[np.int64]
    crossing: dict[int, float] = field(default_factory=dict)
    repeated: int = 0
    without_area: int = 0
    shells: dict[int, float] = field(default_factory=dict)


def build_region(rings: Sequence[Floats], slices: NDArray[np.int64]) -> Region:
    """Return the area bounded by closed contours, even-odd within each slice.

    Parameters
    ----------
    rings
        Column and row of each contour's points, shape (n, 2), three points or more each.
    slices
        The slice of each ring.

    Raises
    ------
    StudyRefused
        ``RT_CROSS`` for lines that cross so often that they are no outline.
    """
    if not len(rings):
        return Region(np.zeros(0, dtype=np.object_), slices)
    sizes = [len(ring) for ring in rings]
    _check_planes(rings, slices)
    lines = shapely.linearrings(np.concatenate(rings), indices=np.repeat(np.arange(len(rings)), sizes))
    polygons = shapely.polygons(lines)
    crossing = _mend(polygons, slices)
    bounds_area = shapely.area(polygons) > NO_AREA_PIXELS
    polygons, slices = polygons[bounds_area], slices[bounds_area]
    without = int(np.count_nonzero(~bounds_area))
    if without == len(rings):
        return Region(polygons, slices, without_area=without)
    repeated, shells = 0, dict[int, float]()
    alone = np.bincount(slices - slices.min())[slices - slices.min()] == 1
    parts, places = [polygons[alone]], [slices[alone]]
    for place in np.unique(slices[~alone]):
        members, twice = _drop_repeated(polygons[slices == place])
        members, near, ring = drop_copies(members)
        repeated += twice + near
        if ring > 0:
            shells[int(place)] = ring
        overlap = _overlapping_area(members)
        if overlap > 0:
            crossing[int(place)] = crossing.get(int(place), 0.0) + overlap
        parts.append(np.array([_combine(members)], dtype=np.object_))
        places.append(np.array([place], dtype=np.int64))
    whole, where = shapely.get_parts(np.concatenate(parts), return_index=True)
    kept = shapely.get_type_id(whole) == shapely.GeometryType.POLYGON
    return Region(whole[kept], np.concatenate(places)[where[kept]], crossing, repeated, without, shells)


def _mend(polygons: Polygons, slices: NDArray[np.int64]) -> dict[int, float]:
    """Replace contours that touch or cross themselves by their even-odd area; return the area in doubt by slice."""
    crossing: dict[int, float] = {}
    for number in np.flatnonzero(~shapely.is_valid(polygons)):
        drawn = abs(_signed_area(shapely.get_coordinates(polygons[number])))
        polygons[number] = _areas_only(shapely.make_valid(polygons[number]))
        doubt = abs(float(shapely.area(polygons[number])) - drawn)
        if doubt > CROSSING_SHARE * max(drawn, 1.0):
            place = int(slices[number])
            crossing[place] = crossing.get(place, 0.0) + doubt
    return crossing


def _signed_area(points: Floats) -> float:
    """Return the area that a closed line runs round, counted as often as it does."""
    x, y = (points - points[0]).T
    return float(x[:-1] @ y[1:] - x[1:] @ y[:-1]) / 2


def _areas_only(geometry: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a geometry, without the lines and points that mending leaves over."""
    parts = shapely.get_parts(geometry)
    kept = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    nested = parts[shapely.get_type_id(parts) == shapely.GeometryType.MULTIPOLYGON]
    return shapely.MultiPolygon([*kept, *shapely.get_parts(nested)])


def _drop_repeated(members: Polygons) -> tuple[Polygons, int]:
    """Return polygons without those that are the same as an earlier one, and how many those were."""
    keys = shapely.to_wkb(shapely.normalize(members))
    first = np.sort(np.unique(keys, return_index=True)[1])
    return members[first], len(members) - len(first)


def _overlapping_area(members: Polygons) -> float:
    """Return the area in pixels in which contours overlap that neither hold each other nor lie apart."""
    first, second = shapely.STRtree(members).query(members, predicate="overlaps")
    return float(shapely.area(shapely.intersection(members[first], members[second])).sum()) / 2


def _combine(members: Polygons) -> shapely.Geometry:
    """Return the points that lie in an odd number of polygons."""
    while len(members) > 1:
        half = len(members) // 2
        joined = shapely.symmetric_difference(members[:half], members[half : 2 * half])
        members = np.concatenate([joined, members[2 * half :]])
    return _areas_only(members[0])


def _check_planes(rings: Sequence[Floats], slices: NDArray[np.int64]) -> None:
    """Refuse planes with so many edges beside each other that their crossings could not be counted in any time."""
    edges = np.bincount(slices - slices.min(), [len(ring) for ring in rings])
    for place in np.flatnonzero(edges > MANY_EDGES) + slices.min():
        _check_outline([rings[int(number)] for number in np.flatnonzero(slices == place)])


def _check_outline(lines: Sequence[Floats]) -> None:
    """Refuse lines whose edges mostly have many others beside them."""
    ends = [np.roll(line, -1, axis=0) for line in lines]
    low = np.concatenate([np.minimum(line, end) for line, end in zip(lines, ends, strict=True)])
    high = np.concatenate([np.maximum(line, end) for line, end in zip(lines, ends, strict=True)])
    sample = np.unique(np.linspace(0, len(low) - 1, SAMPLED_EDGES).astype(np.int64))
    beside = sum(
        int(np.count_nonzero((low <= high[edge]).all(axis=1) & (high >= low[edge]).all(axis=1))) for edge in sample
    )
    if beside > MAX_NEIGHBOURS * len(sample):
        raise StudyRefused(
            "RT_CROSS", "The lines of a structure's contours cross each other all over: they bound no area."
        )
