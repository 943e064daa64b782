"""Diameters of a mask between vertices of its half-level contours.

Planes are those of array axis 0, which canonical orientation makes the grid family nearest to axial. Everything is
measured on corners of convex hulls: a largest distance always joins two of them. Chords may leave a concave lesion, and
holes do not matter (RECIST 1.1; IBSI 'maximum 3D diameter').
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.hull_points import Doubled, find_corners, find_plane_corners, find_space_corners
from pipeline.volume import Mask, Points

TIE_MM = 1e-6
"""Chords that differ by less are equally long."""
DIRECTIONS = 24
"""Directions over half a turn that bound each plane's diameter before its hull is made."""


@dataclass(frozen=True, eq=False)
class Chord:
    """A straight length between two contour points: LPS mm, shape (2, 3), and the plane it lies in (None in 3D)."""

    ends_mm: Points
    plane: int | None = None

    @property
    def length_mm(self) -> float:
        """Length in mm."""
        return float(np.linalg.norm(self.ends_mm[1] - self.ends_mm[0]))

    @property
    def direction(self) -> NDArray[np.float64]:
        """Unit vector from the first to the second end, LPS, shape (3,)."""
        step = self.ends_mm[1] - self.ends_mm[0]
        return np.asarray(step / max(float(np.linalg.norm(step)), 1e-12), dtype=np.float64)


def find_axial_diameters(mask: Mask, corners: Doubled | None = None) -> tuple[Chord, Chord]:
    """Return the longest diameter of any plane of axis 0, and the short diameter at right angles to it.

    The longest is the largest distance between two contour points of one plane; the short one is the longest chord of
    that contour's convex hull perpendicular to it. Among chords within ``TIE_MM`` of the longest: the largest short
    diameter, then the most head-ward plane, then the smallest mid-point, then the smallest end (RECIST 1.1;
    docs/measurements.md).

    Parameters
    ----------
    mask
        Not empty.
    corners
        ``find_plane_corners`` of it, where these are known already.

    Raises
    ------
    ValueError
        When the mask is empty.
    """
    if mask.is_empty:
        raise ValueError("an empty mask has no diameter")
    doubled = find_plane_corners(mask) if corners is None else corners
    points, planes = _place(mask, doubled), doubled[:, 0] // 2 + mask.offset[0]
    flat = points @ _plane_basis(mask).T
    if mask.grid.slice_positions_mm is not None:
        kept = find_corners(planes, *flat.T)
        points, planes, flat = points[kept], planes[kept], flat[kept]
    spans = {plane: slice(a, b) for plane, a, b in _widest_planes(flat, planes)}
    chords = {plane: _longest_pairs(flat[span]) for plane, span in spans.items()}
    longest = max(length for length, _ in chords.values())
    best: tuple[tuple[float, ...], Chord, Chord] | None = None
    for plane, (length, pairs) in chords.items():
        if length < longest - TIE_MM:
            continue
        own = points[spans[plane]]
        for first, second in pairs:
            long = Chord(_ordered(own[[first, second]]), plane)
            short = _short_chord(own, flat[spans[plane]], first, second, plane)
            key = _preference(short.length_mm, plane, long.ends_mm)
            if best is None or key < best[0]:
                best = (key, long, short)
    assert best is not None
    return best[1], best[2]


def find_3d_diameter(mask: Mask, corners: Doubled | None = None) -> Chord:
    """Return the largest distance between two vertices of the half-level surface (IBSI, morph_diam).

    Parameters
    ----------
    mask
        Not empty.
    corners
        ``find_plane_corners`` of it, where these are known already.

    Raises
    ------
    ValueError
        When the mask is empty.
    """
    if mask.is_empty:
        raise ValueError("an empty mask has no diameter")
    return find_farthest(find_outermost(mask, corners))


def find_outermost(mask: Mask, corners: Doubled | None = None) -> Points:
    """Return vertices of the half-level surface, LPS mm, among which are all corners of its convex hull.

    Parameters
    ----------
    mask
        Not empty.
    corners
        ``find_plane_corners`` of it, where these are known already.
    """
    return _place(mask, find_space_corners(mask, find_plane_corners(mask) if corners is None else corners))


def find_farthest(points: Points) -> Chord:
    """Return the largest distance between two of several points; of equally long ones the first by its middle."""
    far = _keep_far(points)
    _, pairs = _longest_pairs(far)
    ends = [_ordered(far[[first, second]]) for first, second in pairs]
    return Chord(min(ends, key=_order_of))


def _plane_basis(mask: Mask) -> NDArray[np.float64]:
    """Return two orthonormal LPS directions that span the planes of axis 0, shape (2, 3)."""
    first, second = mask.grid.axes[1], mask.grid.axes[2]
    first = first / np.linalg.norm(first)
    second = second - (second @ first) * first
    return np.stack([first, second / np.linalg.norm(second)])


def _widest_planes(flat: Points, planes: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Return (plane, start, stop) of the planes that can hold the longest diameter.

    The extent in the direction nearest to a diameter is at least its length times cos(half the step between
    directions).
    """
    starts = np.flatnonzero(np.diff(planes, prepend=planes[0] - 1))
    stops = np.append(starts[1:], len(planes))
    angles = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
    along = flat @ np.stack([np.cos(angles), np.sin(angles)])
    extent = (np.maximum.reduceat(along, starts) - np.minimum.reduceat(along, starts)).max(axis=1)
    keep = extent / np.cos(np.pi / (2 * DIRECTIONS)) >= extent.max() - 2 * TIE_MM
    return [(int(planes[a]), int(a), int(b)) for a, b, wide in zip(starts, stops, keep, strict=True) if wide]


def _place(mask: Mask, doubled: Doubled) -> Points:
    """Return points given as twice the index in a mask's box in LPS mm."""
    return mask.grid.to_world(doubled / 2 + np.array(mask.offset))


def _keep_far(points: Points) -> Points:
    """Return the points that can be ends of the largest distance: far enough from the middle of all."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    far = np.linalg.norm(points - middle, axis=1)
    reach, start = float(far.max()), points[int(far.argmax())]
    for _ in range(2):
        lengths = np.linalg.norm(points - start, axis=1)
        start = points[int(lengths.argmax())]
    return np.asarray(points[far + reach >= lengths.max() - 2 * TIE_MM])


def _longest_pairs(points: Points, chunk: int = 1024) -> tuple[float, list[tuple[int, int]]]:
    """Return the largest distance between two points, and every pair of them within ``TIE_MM`` of it."""
    longest, pairs = 0.0, [(0, 0)]
    for start in range(0, len(points), chunk):
        distances = _distances(points[start : start + chunk], points[start:])
        here = float(distances.max())
        if here < longest - TIE_MM:
            continue
        if here > longest + TIE_MM:
            pairs = []
        longest = max(longest, here)
        near = np.argwhere(distances >= longest - TIE_MM) + start
        pairs += [(int(a), int(b)) for a, b in near if a < b]
    return longest, pairs


def _distances(first: Points, second: Points) -> Points:
    """Return the distance between every point of one set and every point of another one."""
    squares = sum(np.square(a[:, None] - b[None, :]) for a, b in zip(first.T, second.T, strict=True))
    return np.asarray(np.sqrt(squares), dtype=np.float64)


def _short_chord(corners: Points, flat: Points, first: int, second: int, plane: int) -> Chord:
    """Return the longest chord of a convex polygon at right angles to the diameter between two of its corners.

    The chord's length along the diameter is concave and linear between corners, so it is largest at a corner.
    """
    axis = flat[second] - flat[first]
    axis = axis / np.linalg.norm(axis)
    along = (flat - flat[first]) @ axis
    aside = (flat - flat[first]) @ np.array([-axis[1], axis[0]])
    aside[[first, second]] = 0.0
    upper, lower = _chain(along, aside), _chain(along, -aside)
    heights = np.interp(along, *upper), -np.interp(along, *lower)
    lengths = heights[0] - heights[1]
    near = np.flatnonzero(lengths >= lengths.max() - TIE_MM)
    step, side = _world_axes(corners, along, aside, first, second)
    ends = [corners[first] + along[i] * step + np.outer([heights[0][i], heights[1][i]], side) for i in near]
    return Chord(_ordered(min(ends, key=lambda pair: tuple(np.round(pair.mean(axis=0), 6)))), plane)


def _chain(along: NDArray[np.float64], aside: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corners on the positive side of a diameter, ends included, ordered along it."""
    mine = np.flatnonzero(aside >= 0)
    mine = mine[np.argsort(along[mine], kind="stable")]
    return along[mine], aside[mine]


def _world_axes(
    corners: Points, along: NDArray[np.float64], aside: NDArray[np.float64], first: int, second: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the unit vectors along a diameter and at right angles to it in LPS."""
    step = (corners[second] - corners[first]) / along[second]
    far = int(np.argmax(np.abs(aside)))
    return step, (corners[far] - corners[first] - along[far] * step) / aside[far]


def _ordered(ends: Points) -> Points:
    """Return both end points, the smaller one (by L, P, H) first, so that flips change nothing."""
    keys = [tuple(np.round(end, 6)) for end in ends]
    return ends if keys[0] <= keys[1] else ends[::-1]


def _preference(short_mm: float, plane: int, ends: Points) -> tuple[float, ...]:
    """Return the sorting key of equally long chords: the preferred one is smallest."""
    return (-round(short_mm / TIE_MM) * TIE_MM, -plane, *_order_of(ends))


def _order_of(ends: Points) -> tuple[float, ...]:
    """Return the sorting key of chords that are equal otherwise: mid-point, then first end, by L, P, H."""
    return tuple(float(value) for value in np.round(np.concatenate([ends.mean(axis=0), ends[0]]), 6))
