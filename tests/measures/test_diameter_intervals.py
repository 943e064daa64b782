"""Intervals of axial diameters and extents where half a voxel says too little: flat lesions, ties, hidden tips."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.measures.contour import find_surface_points
from pipeline.measures.diameter_intervals import axial_intervals, extent_interval
from pipeline.measures.diameters import find_axial_diameters
from pipeline.measures.uncertainty import diameter_interval
from pipeline.volume import Mask
from tests.phantoms import Cylinder, Ellipsoid, make_grid, sample, sphere

THICK = make_grid((12, 60, 60), (5.0, 0.8, 0.8))
LEFT, HEAD = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])


def test_a_flat_ellipsoid_between_two_planes_keeps_its_diameter_in_the_interval() -> None:
    """Half-way between its two planes 24 mm shows as 20.8: 24 sqrt(1 - 1/4); the definition ends at 22.2."""
    shape = Ellipsoid((12.0, 12.0, 5.0))
    mask = sample(shape, THICK)
    long, short = find_axial_diameters(mask)
    assert mask.voxels.shape[0] == 2
    assert diameter_interval(mask.grid, long).high < 24.0
    longest, _ = axial_intervals(mask, long, short)
    assert longest.high == pytest.approx(long.length_mm / math.sqrt(1 - 1 / 4))
    assert longest.low <= 24.0 <= longest.high


def test_a_ball_keeps_the_interval_of_the_definition() -> None:
    """A ball of D shows sqrt(D^2 - s^2) at worst, which is the definition's own high end."""
    mask = sample(sphere(12.0), THICK)
    long, short = find_axial_diameters(mask)
    assert axial_intervals(mask, long, short)[0] == diameter_interval(mask.grid, long)


def test_one_slice_alone_is_taken_for_two() -> None:
    """A lesion drawn on one slice gets a high end, and no division by zero."""
    mask = Mask.from_array(THICK, np.ones((1, 10, 20), dtype=bool), (3, 3, 3))
    long, short = find_axial_diameters(mask)
    longest, across = axial_intervals(mask, long, short)
    assert longest.high == pytest.approx(long.length_mm / math.sqrt(3 / 4))
    assert across.low <= short.length_mm <= across.high


@pytest.mark.parametrize("turn", range(0, 180, 20))
def test_a_tie_of_longest_diameters_leaves_the_short_one_open(turn: int) -> None:
    """In a C most directions are 2 R long; the short diameter of the best tie is 2 R, of another one 12 % less."""
    angle = np.radians(turn)
    grid = make_grid((12, 90, 90), (2.5, 0.8, 0.8), center_mm=(0.31 * np.cos(angle), 0.31 * np.sin(angle), 0.4))
    mask = sample(Cylinder(20.0, 20.0, 8.0, 80.0), grid)
    _, across = axial_intervals(mask, *find_axial_diameters(mask))
    assert across.high >= 40.0 - 0.4
    assert across.low <= 20 * (1 + np.cos(np.radians(40))) + 0.8


def test_the_extent_of_a_ball_with_its_tip_between_slices_lies_in_the_interval() -> None:
    """Across the slices and along them, for any offset; the foot-head one is wide by a slice each way."""
    for offset in np.linspace(-2.5, 2.5, 11):
        mask = sample(sphere(6.0, (0.0, 0.0, float(offset))), THICK)
        surface = find_surface_points(mask)
        for axis in (LEFT, HEAD):
            found = extent_interval(mask, float(np.ptp(surface @ axis)), axis)
            assert found.low <= 12.0 <= found.high, (offset, axis)
