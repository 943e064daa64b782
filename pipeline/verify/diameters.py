"""Diameters by brute force over pairs of contour vertices, and checks of their end points."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import ConvexHull
from scipy.spatial.distance import cdist

from pipeline.measurement import Point
from pipeline.verify.grid import Floats, Grid
from pipeline.verify.length_ends import axial_ends, extent_ends, tied_ends
from pipeline.verify.number import ENDS_MM, Number, agree, within
from pipeline.verify.solid import Solid
from pipeline.verify.surface import half_step, off_points, plane_points, surface_points

TIE_MM = 1e-6
MANY = 1500
"""Points from which on pairs are sought among the corners of the convex hull alone."""


@dataclass(frozen=True, eq=False)
class Widest:
    """The longest chord of any plane: its ends, its plane, that plane's contour, and the short chord across it.

    ``alike`` holds the directions of all chords that no rule but the smallest mid-point tells apart.
    """

    ends: Floats
    plane: int
    contour: Floats
    short: float
    direction: Floats
    alike: Floats


def _longest(points: Floats) -> tuple[float, list[tuple[int, int]]]:
    """Return the largest distance between two points, and all pairs that have it."""
    distances = cdist(points, points)
    top = float(distances.max())
    return top, [(int(a), int(b)) for a, b in np.argwhere(distances >= top - TIE_MM) if a < b]


def _corners(points: Floats) -> Floats:
    return points[ConvexHull(points - points[0]).vertices] if len(points) > MANY else points


def _flat_axes(grid: Grid) -> Floats:
    """Return two unit vectors at right angles that span the planes of axis 0."""
    first = grid.steps[1] / np.linalg.norm(grid.steps[1])
    second = grid.steps[2] - (grid.steps[2] @ first) * first
    return np.array([first, second / np.linalg.norm(second)])


def _extents_across(contour: Floats, axes: Floats, along: Floats) -> tuple[float, Floats]:
    """Return the longest chord of a contour's hull at right angles to a direction, and its direction in LPS.

    Between two neighbouring corners the chord's length changes linearly: it is longest at a corner.
    """
    flat = (contour - contour[0]) @ axes.T
    hull = flat[ConvexHull(flat).vertices]
    line = axes @ along
    line = line / np.linalg.norm(line)
    side = np.array([-line[1], line[0]])
    t, u = hull @ line, hull @ side
    best = 0.0
    for place in t:
        crossed = []
        for (t0, u0), (t1, u1) in zip(
            zip(t, u, strict=True), zip(np.roll(t, -1), np.roll(u, -1), strict=True), strict=True
        ):
            if min(t0, t1) - 1e-9 <= place <= max(t0, t1) + 1e-9:
                crossed += [u0, u1] if abs(t1 - t0) < 1e-9 else [u0 + (u1 - u0) * (place - t0) / (t1 - t0)]
        best = max(best, max(crossed) - min(crossed))
    return best, side @ axes


def find_widest(solid: Solid) -> Widest:
    """Return the longest chord of any plane; of equally long ones that with the longest short chord across it."""
    axes = _flat_axes(solid.grid)
    planes = plane_points(solid)
    room = {plane: float(np.linalg.norm(np.ptp(points @ axes.T, axis=0))) for plane, points in planes.items()}
    best = 0.0
    ties: list[tuple[int, Floats]] = []
    for plane in sorted(planes, key=lambda p: -room[p]):
        if room[plane] < best - TIE_MM:
            break
        points = _corners(planes[plane])
        length, pairs = _longest(points)
        if length > best + TIE_MM:
            ties = []
        best = max(best, length)
        if length >= best - TIE_MM:
            ties += [(plane, points[list(pair)]) for pair in pairs]
    found = []
    for plane, ends in ties:
        along = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
        short, direction = _extents_across(planes[plane], axes, along)
        found.append(Widest(ends, plane, planes[plane], short, direction, along[None]))
    longest = max(each.short for each in found)
    near = [each for each in found if each.short >= longest - TIE_MM]
    highest = max(each.plane for each in near)
    near = [each for each in near if each.plane == highest]
    chosen = min(near, key=lambda each: _middle(each.ends))
    return replace(chosen, alike=np.concatenate([each.alike for each in near]))


def _middle(ends: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in np.round(ends.mean(axis=0), 6))


def long_diameter(solid: Solid, found: Widest, slices: frozenset[int | None], own: bool) -> Number:
    """Return the longest diameter with its interval, and how its end points are checked."""
    length = float(np.linalg.norm(found.ends[1] - found.ends[0]))
    direction = (found.ends[1] - found.ends[0]) / length

    def ends_of(ends: tuple[Point, ...], value: float) -> str | None:
        if len(ends) != 2 or off_points(ends, found.contour):
            return "its end points are not on the contour of its slice"
        return None if agree(math.dist(*ends), value) else "its end points are not as far apart as it is long"

    number = within(length, *axial_ends(solid, length, direction, found.plane))
    return replace(number, slices=slices, uids=own, ends=ends_of)


def short_diameter(solid: Solid, found: Widest, slices: frozenset[int | None], own: bool) -> Number:
    """Return the short diameter with its interval, and how its end points are checked."""

    def ends_of(ends: tuple[Point, ...], value: float) -> str | None:
        if len(ends) != 2 or not agree(math.dist(*ends), value):
            return "its end points are not as far apart as it is long"
        if np.abs(found.alike @ (np.array(ends[1]) - np.array(ends[0]))).min() > 10 * ENDS_MM:
            return "its end points are not at right angles to the longest diameter"
        return None if on_hull(np.array(ends), found.contour, _flat_axes(solid.grid)) else "its end points are off"

    low, high = axial_ends(solid, found.short, found.direction, found.plane)
    along = (found.ends[1] - found.ends[0]) / np.linalg.norm(found.ends[1] - found.ends[0])
    least, most = tied_ends(solid, found.contour, along)
    return replace(within(found.short, min(low, least), max(high, most)), slices=slices, uids=own, ends=ends_of)


def on_hull(ends: Floats, contour: Floats, axes: Floats) -> bool:
    """Tell whether points lie on the border of the convex hull of a plane's contour."""
    normal = np.cross(axes[0], axes[1])
    flat = (contour - contour[0]) @ axes.T
    equations = ConvexHull(flat).equations
    for end in ends:
        gap = end - contour[0]
        outside = equations[:, :2] @ (axes @ gap) + equations[:, 2]
        if abs(gap @ normal) > 5 * ENDS_MM or abs(float(outside.max())) > 5 * ENDS_MM:
            return False
    return True


def diameter_3d(solid: Solid) -> Number:
    """Return the largest distance between two vertices of the surface, and how its end points are checked."""
    points = surface_points(solid)
    corners = points[ConvexHull(points - points[0]).vertices] if len(points) > MANY else points
    length, pairs = _longest(corners)
    first, second = min((corners[list(pair)] for pair in pairs), key=_middle)
    direction = (second - first) / length

    def ends_of(ends: tuple[Point, ...], value: float) -> str | None:
        if len(ends) != 2 or off_points(ends, points):
            return "its end points are not on the surface"
        return None if agree(math.dist(*ends), value) else "its end points are not as far apart as it is long"

    shift = 2 * half_step(solid.grid, direction, solid.apart)
    number = within(length, max(length - shift, 0), length + shift)
    return Number(number.value, number.low, number.high, ends=ends_of)


def extents(solid: Solid) -> dict[str, Number]:
    """Return the extent of the surface along each patient axis."""
    points = surface_points(solid)
    found = {}
    for axis, name in enumerate(("extent_left_right_mm", "extent_front_back_mm", "extent_foot_head_mm")):
        size = float(points[:, axis].max() - points[:, axis].min())
        found[name] = within(size, *extent_ends(solid, size, np.eye(3)[axis]))
    return found
