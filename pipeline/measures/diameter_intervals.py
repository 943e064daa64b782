"""Intervals of axial diameters and extents: half a voxel, the gaps between planes, and ties of diameters.

To d -+ 2 delta (``pipeline.measures.uncertainty``) come two things that the boundary alone does not say:

- **Between planes.** The widest section of a lesion may lie up to half a step beside every plane. A ball of diameter D
  shows there sqrt(D^2 - s^2), which is the definition's sqrt((d + 2 delta)^2 + s^2). A lesion flatter than a ball loses
  more: an ellipsoid that n planes cross shows D sqrt(1 - 1/n^2). The high end is the larger of both.
- **A tie.** The short diameter runs at right angles to the longest one. Where another direction is as long to within
  2 delta, the longest diameter may as well run there: the interval holds the short diameters of all such directions.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.contour import find_plane_points
from pipeline.measures.diameters import Chord
from pipeline.measures.uncertainty import Interval, boundary_shift_mm, diameter_interval, drawn_grid
from pipeline.volume import Mask

DIRECTIONS = 180
"""Directions over half a turn in which the breadth of a section is taken: 1 degree."""
FEWEST_PLANES = 2
"""Planes from which on a shape between them can be told; one plane alone is taken for two."""


def axial_intervals(mask: Mask, long: Chord, short: Chord) -> tuple[Interval, Interval]:
    """Return the intervals of the longest and the short axial diameter of a mask that is not empty, in mm."""
    longest, across = _axial_interval(mask, long), _axial_interval(mask, short)
    tied = _tied_short_diameters(mask, long)
    return longest, Interval(min(across.low, tied.low), max(across.high, tied.high))


def extent_interval(mask: Mask, extent_mm: float, axis: NDArray[np.float64]) -> Interval:
    """Return the interval of an extent along a unit vector (LPS): its end may lie between voxels on every side.

    For each grid step a_i with the part t_i at right angles to the axis, t_i^2 is added to (e + 2 delta)^2 as for a
    ball; or, if that is more, (e + delta)^2 grows by its 1 / (n_i^2 - 1) (t_i / a_i)^2, as for an ellipsoid that n_i
    voxels cross: its tip may lie between planes, and its sections between voxels at both ends.
    """
    grid = drawn_grid(mask)
    shift = 2 * boundary_shift_mm(grid, axis)
    ball, flat = 0.0, 0.0
    for step, voxels in zip(grid.axes, _voxels_across(mask), strict=True):
        beside = float(step @ step - (step @ axis) ** 2)
        ball += beside
        flat += beside / float(step @ step) / (voxels**2 - 1)
    high = max(math.hypot(extent_mm + shift, math.sqrt(ball)), (extent_mm + shift / 2) * math.sqrt(1 + flat))
    return Interval(max(extent_mm - shift, 0.0), high)


def _axial_interval(mask: Mask, chord: Chord) -> Interval:
    """Return the definition's interval of an axial diameter, its high end that of an ellipsoid of as many planes."""
    grid = drawn_grid(mask)
    interval = diameter_interval(grid, chord)
    flat = chord.length_mm / math.sqrt(1 - 1 / _voxels_across(mask)[0] ** 2)
    return Interval(interval.low, max(interval.high, flat))


def _tied_short_diameters(mask: Mask, long: Chord) -> Interval:
    """Return the smallest and largest short diameter beside any direction in which the section is as long.

    The longest chord of a convex section along w is the least of breadth(v) / |v . w| over all directions v: the radius
    of its difference body, whose breadths are twice the section's (Schneider, Convex Bodies, 2014, section 1.7).
    """
    breadths = np.ptp(_section(mask, long.plane) @ _plane_directions(mask).T, axis=0)
    lengths = (breadths[:, None] / _cosines()).min(axis=0)
    slack = 2 * boundary_shift_mm(drawn_grid(mask), long.direction, in_plane=True)
    across = np.roll(lengths, -DIRECTIONS // 2)[lengths >= lengths.max() - slack]
    return Interval(float(across.min()), float(across.max()))


def _plane_directions(mask: Mask) -> NDArray[np.float64]:
    """Return unit vectors (LPS) over half a turn in the planes of axis 0, shape (directions, 3)."""
    first = mask.grid.axes[1] / np.linalg.norm(mask.grid.axes[1])
    second = np.cross(mask.grid.plane_normal, first)
    angles = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
    return np.asarray(np.outer(np.cos(angles), first) + np.outer(np.sin(angles), second))


@cache
def _cosines() -> NDArray[np.float64]:
    """Return the size of the cosine between every two directions, never 0, shape (directions, directions)."""
    angles = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
    return np.asarray(np.maximum(np.abs(np.cos(angles[:, None] - angles[None, :])), 1e-9))


def _section(mask: Mask, plane: int | None) -> NDArray[np.float64]:
    """Return the contour points of one plane of axis 0, LPS mm, shape (n, 3)."""
    row = (plane or 0) - mask.offset[0]
    alone = Mask(mask.grid, (plane or 0, *mask.offset[1:]), mask.voxels[row : row + 1])
    return find_plane_points(alone)[0]


def _voxels_across(mask: Mask) -> tuple[float, ...]:
    """Return how many voxels or drawn sections the mask's box spans along each axis, at least two."""
    pairs = zip(mask.voxels.shape, mask.steps, strict=True)
    return tuple(max(size / step, float(FEWEST_PLANES)) for size, step in pairs)
