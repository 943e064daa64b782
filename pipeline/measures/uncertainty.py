"""Intervals of measurements from the uncertainty of a mask's boundary.

The boundary is known to half a voxel: along a direction n, ``delta(n) = 1/2 sqrt(sum (s_i n_i)^2)`` with the grid's
steps s_i (docs/measurements.md, *Uncertainty*). On a sheared grid ``s_i n_i`` is the step along axis i projected on
n.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.boundary import Voxels, measure_curvature, measure_surface, pack
from pipeline.measures.diameters import Chord
from pipeline.volume import Geometry, Mask

HALF = 0.5
"""The boundary's uncertainty in index units."""


@dataclass(frozen=True)
class Interval:
    """Low and high end, in the unit of the value between them."""

    low: float
    high: float


@dataclass(frozen=True)
class Move:
    """What moving a boundary by half a voxel adds (outward) and takes away (inward), in voxels; both >= 0."""

    outward: float
    inward: float


def boundary_shift_mm(geometry: Geometry, direction: NDArray[np.float64], *, in_plane: bool = False) -> float:
    """Return delta(n) in mm along a unit vector n (LPS).

    Parameters
    ----------
    in_plane
        Count the steps of array axes 1 and 2 only: for contours of a plane of axis 0, which the step between planes
        does not touch. On a grid with right angles it makes no difference.
    """
    axes = geometry.axes.copy()
    axes[geometry.slice_axis] *= _widest_gap(geometry)
    return HALF * float(np.linalg.norm((axes[1:] if in_plane else axes) @ direction))


def diameter_interval(geometry: Geometry, chord: Chord) -> Interval:
    """Return the interval of a diameter: d -+ 2 delta along itself, floor 0.

    An axial one (a chord with a plane) may have its widest plane between slices: high = sqrt((d + 2 delta)^2 + s^2),
    with the larger step s to a neighbouring plane.
    """
    axial = chord.plane is not None
    shift = 2 * boundary_shift_mm(geometry, chord.direction, in_plane=axial)
    high = chord.length_mm + shift
    if chord.plane is not None:
        high = math.hypot(high, plane_step_mm(geometry, chord.plane))
    return Interval(max(chord.length_mm - shift, 0.0), high)


def plane_step_mm(geometry: Geometry, plane: int) -> float:
    """Return the larger step in mm from a plane of axis 0 to its neighbours, at equal row and column."""
    if geometry.slice_positions_mm is None or geometry.slice_axis != 0 or geometry.shape[0] < 2:
        return float(geometry.spacing_mm[0])
    steps = np.linalg.norm(np.diff(geometry.slice_positions_mm, axis=0), axis=1)
    near = steps[max(plane - 1, 0) : plane + 1]
    return float(near.max())


def _widest_gap(geometry: Geometry) -> float:
    """Return the largest gap between neighbouring slices as a multiple of the even step; 1 on an even grid."""
    if geometry.slice_positions_mm is None or len(geometry.slice_positions_mm) < 2:
        return 1.0
    steps = np.linalg.norm(np.diff(geometry.slice_positions_mm, axis=0), axis=1)
    return max(1.0, float(steps.max() / geometry.spacing_mm[geometry.slice_axis]))


def find_move(voxels: Voxels) -> Move:
    """Return what moving the boundary of a voxel set by half a voxel adds and takes away, by Steiner's formula.

    Bounded by the ball of equal volume: no solid gains less when it grows or keeps more when it shrinks
    (Brunn-Minkowski). Never takes more than there is.
    """
    bits = pack(voxels)
    count = bits.count
    if count == 0:
        return Move(0.0, 0.0)
    return bound_move(count, measure_surface(bits), measure_curvature(bits))


def bound_move(count: int, surface: float, curvature: float) -> Move:
    """Return the move of the boundary of a voxel set by its count, surface area and integral of mean curvature.

    Parameters
    ----------
    count
        Above zero.
    surface, curvature
        In index units (``pipeline.measures.boundary``).
    """
    area, bend = HALF * surface, HALF**2 * curvature
    corner = 4 / 3 * math.pi * HALF**3
    radius = (3 * count / (4 * math.pi)) ** (1 / 3)
    ball_grown = 4 / 3 * math.pi * (radius + HALF) ** 3 - count
    ball_shrunk = count - 4 / 3 * math.pi * max(radius - HALF, 0.0) ** 3
    outward = max(area + max(bend, 0.0) + corner, ball_grown)
    inward = max(area - abs(bend) + corner, ball_shrunk)
    return Move(outward, min(inward, float(count)))


def volume_interval(voxels: Voxels, value: float) -> Interval:
    """Return the interval of a volume: the boundary moved in and out by delta.

    Parameters
    ----------
    voxels
        The voxel set.
    value
        Its volume in any unit; its mean voxel has the volume ``value / count`` (uneven grids).
    """
    count = int(np.count_nonzero(voxels))
    if count == 0:
        return Interval(0.0, 0.0)
    move = find_move(voxels)
    return Interval(max(value * (1 - move.inward / count), 0.0), value * (1 + move.outward / count))


def mask_volume_interval(mask: Mask, value: float) -> Interval:
    """Return the interval of a mask's volume; where not every slice was drawn, that of the sections that were."""
    return volume_interval(drawn_sections(mask), value)


def drawn_sections(mask: Mask) -> Voxels:
    """Return a mask's voxels with one slice for each drawn section: what lies in any slice that it stands for."""
    voxels = mask.voxels
    for axis, step in enumerate(mask.steps):
        if step > 1 and voxels.size:
            voxels = np.logical_or.reduceat(voxels, np.arange(0, voxels.shape[axis], step), axis=axis)
    return voxels


def drawn_grid(mask: Mask) -> Geometry:
    """Return the even grid whose steps are those between the slices that a mask was drawn on: its own, or wider.

    For intervals alone: its origin and number of slices are those of the mask's grid.
    """
    grid = mask.grid
    if mask.steps == (1, 1, 1):
        return grid
    affine = grid.affine.copy()
    affine[:3, :3] *= np.array(mask.steps)
    affine[:3, grid.slice_axis] *= _widest_gap(grid)
    return Geometry(grid.shape, affine, grid.slice_axis, None, grid.slice_thickness_mm)


def power_interval(interval: Interval, scale: float, exponent: float) -> Interval:
    """Return the interval of ``scale x value ** exponent`` for a value >= 0 and a positive exponent."""
    return Interval(scale * interval.low**exponent, scale * interval.high**exponent)
