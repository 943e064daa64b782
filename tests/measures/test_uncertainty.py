"""Intervals: the boundary moved by half a voxel, and the truth inside for any placement of a shape on any grid."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measures.boundary import measure_curvature, measure_interface, measure_surface
from pipeline.measures.diameters import find_3d_diameter, find_axial_diameters
from pipeline.measures.uncertainty import boundary_shift_mm, diameter_interval, volume_interval
from pipeline.measures.volumes import mask_volume_ml
from pipeline.volume import Mask
from tests.phantoms import (
    GRIDS,
    Box,
    Cylinder,
    Ellipsoid,
    Shape,
    Shell,
    make_grid,
    rotation_about,
    sample,
    sphere,
    touching_spheres,
)

PLACES = st.tuples(*[st.floats(-1.5, 1.5)] * 3)
TURNS = st.tuples(st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda a: np.linalg.norm(a) > 0.1), st.floats(0, 180))


def interval_of(mask: Mask) -> tuple[float, float, float]:
    volume = mask_volume_ml(mask)
    interval = volume_interval(mask.voxels, volume)
    return interval.low, volume, interval.high


@pytest.mark.parametrize("radius", [2.0, 3.0, 5.0, 10.0, 20.0])
def test_volume_interval_of_a_ball_is_that_of_the_moved_boundary(radius: float) -> None:
    """On a grid of 1 mm the ends are the balls with the radius less and more by half a voxel."""
    rng = np.random.default_rng(3)
    found = []
    for center in rng.uniform(-0.5, 0.5, (20, 3)):
        low, _, high = interval_of(sample(sphere(radius, tuple(center)), make_grid((48, 48, 48))))
        found.append((1000 * low, 1000 * high))
    truth = [4 / 3 * math.pi * (radius + shift) ** 3 for shift in (-0.5, 0.5)]
    assert np.mean(found, axis=0) == pytest.approx(truth, rel=0.03)


def test_volume_interval_follows_the_spacing_of_each_direction() -> None:
    """An ellipsoid along the grid grows by half a voxel of each direction: in index space it stays an ellipsoid."""
    spacing = (3.0, 0.7, 0.8)
    shape = Ellipsoid((28.0, 24.5, 45.0))
    mask = sample(shape, make_grid((40, 90, 90), spacing))
    low, _, high = interval_of(mask)
    index_axes = np.array([45.0, 24.5, 28.0]) / np.array(spacing)
    cell = np.prod(spacing) / 1000
    shells = [4 / 3 * math.pi * np.prod(index_axes + shift) * cell for shift in (-0.5, 0.5)]
    assert (low, high) == pytest.approx(tuple(shells), rel=0.01)


@settings(deadline=None, max_examples=60)
@given(PLACES, TURNS, st.sampled_from(list(GRIDS)), st.sampled_from(["ellipsoid", "box", "shell", "pair", "cylinder"]))
def test_the_true_volume_lies_in_the_interval(
    place: tuple[float, float, float], turn: tuple[tuple[float, float, float], float], grid: str, kind: str
) -> None:
    """Whatever the shape, where it lies and how it is turned."""
    rotation = rotation_about(*turn)
    shapes: dict[str, Shape] = {
        "ellipsoid": Ellipsoid((9.0, 4.0, 6.0), place, rotation),
        "box": Box((14.0, 6.0, 9.0), place, rotation),
        "shell": Shell(11.0, 5.0, place),
        "pair": touching_spheres(5.0, rotation[0]),
        "cylinder": Cylinder(7.0, 9.0, center_mm=place),
    }
    low, _, high = interval_of(sample(shapes[kind], GRIDS[grid]))
    assert low <= shapes[kind].volume_mm3 / 1000 <= high


@settings(deadline=None, max_examples=60)
@given(PLACES, TURNS, st.tuples(*[st.floats(2.0, 5.0)] * 3))
def test_the_true_volume_of_a_lesion_of_few_voxels_lies_in_the_interval(
    place: tuple[float, float, float], turn: tuple[tuple[float, float, float], float], size: tuple[float, float, float]
) -> None:
    """Ellipsoids two to five voxels wide."""
    shape = Ellipsoid((size[0] / 2, size[1] / 2, size[2] / 2), place, rotation_about(*turn))
    mask = sample(shape, make_grid((16, 16, 16)))
    if not mask.is_empty:
        low, _, high = interval_of(mask)
        assert low <= shape.volume_mm3 / 1000 <= high


@settings(deadline=None, max_examples=80)
@given(PLACES, TURNS, st.sampled_from(list(GRIDS)), st.floats(1.0, 2.5), st.tuples(*[st.floats(0.0, 1.0)] * 3))
def test_the_true_diameters_lie_in_their_intervals(
    place: tuple[float, float, float],
    turn: tuple[tuple[float, float, float], float],
    grid: str,
    least: float,
    longer: tuple[float, float, float],
) -> None:
    """Longest axial and 3D diameter of ellipsoids two voxels wide or more, anywhere, turned anyhow, on every grid.

    Their tips are at least as round as a ball of one voxel: a sharper tip can pass between voxel centres.
    """
    voxel = float(GRIDS[grid].spacing_mm.max())
    axes = [voxel * least * (1 + part * (least - 1)) for part in longer]
    shape = Ellipsoid((axes[0], axes[1], axes[2]), place, rotation_about(*turn))
    mask = sample(shape, GRIDS[grid])
    long, _ = find_axial_diameters(mask)
    truth = shape.plane_diameters_mm(mask.grid.plane_normal)[0]
    axial, in_space = diameter_interval(mask.grid, long), diameter_interval(mask.grid, find_3d_diameter(mask))
    assert axial.low <= truth <= axial.high
    assert in_space.low <= shape.max_3d_mm <= in_space.high


def test_boundary_shift_is_half_the_spacing_along_an_axis() -> None:
    """delta(n) = half a voxel along n; between axes the root of the squared parts."""
    grid = make_grid((5, 5, 5), (4.0, 1.0, 2.0))
    head, back = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    assert boundary_shift_mm(grid, head) == pytest.approx(2.0)
    assert boundary_shift_mm(grid, back) == pytest.approx(0.5)
    assert boundary_shift_mm(grid, (head + back) / math.sqrt(2)) == pytest.approx(math.sqrt((16 + 1) / 2) / 2)


def test_axial_diameter_may_be_larger_between_slices() -> None:
    """high = sqrt((d + 2 delta)^2 + slice spacing^2), low = d - 2 delta."""
    grid = make_grid((10, 40, 40), (5.0, 0.8, 0.8))
    long, _ = find_axial_diameters(sample(sphere(12), grid))
    interval = diameter_interval(grid, long)
    assert interval.low == pytest.approx(long.length_mm - 0.8)
    assert interval.high == pytest.approx(math.hypot(long.length_mm + 0.8, 5.0))


@pytest.mark.parametrize("voxels", [(1, 1, 1), (1, 1, 6), (1, 5, 5), (2, 2, 2)], ids=str)
def test_intervals_of_the_smallest_lesions_start_at_zero_or_above_and_hold_the_value(
    voxels: tuple[int, int, int],
) -> None:
    """What is one voxel thin may be almost nothing; nothing is negative."""
    low, value, high = interval_of(Mask.from_array(make_grid((8, 8, 8)), np.ones(voxels, dtype=bool), (1, 1, 1)))
    assert 0 <= low <= value <= high
    if min(voxels) == 1:
        assert low < 0.35 * value


def test_surface_and_curvature_of_a_ball_are_those_of_its_formula() -> None:
    """4 pi R^2 and 4 pi R, by counting neighbours."""
    voxels = sample(sphere(18.0, (0.2, 0.3, -0.1)), make_grid((48, 48, 48))).voxels
    assert measure_surface(voxels) == pytest.approx(4 * math.pi * 18**2, rel=0.01)
    assert measure_curvature(voxels) == pytest.approx(4 * math.pi * 18, rel=0.02)


def test_surface_of_turned_boxes_is_at_most_ten_percent_off() -> None:
    """Crofton's formula over 13 directions reads faces along the grid and sharp edges a little small."""
    rng = np.random.default_rng(5)
    size = (30.0, 24.0, 18.0)
    truth = 2 * (30 * 24 + 30 * 18 + 24 * 18)
    ratios = []
    for _ in range(25):
        rotation = rotation_about(rng.normal(size=3), rng.uniform(0, 180))
        ratios.append(measure_surface(sample(Box(size, rotation=rotation), make_grid((48, 48, 48))).voxels) / truth)
    assert np.mean(ratios) == pytest.approx(1, abs=0.05)
    assert max(abs(np.array(ratios) - 1)) < 0.1


def test_the_boundary_of_a_part_is_the_sum_of_its_interfaces() -> None:
    """Every piece of boundary belongs to exactly one neighbour."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, (12, 13, 14))
    labels[0] = labels[-1] = labels[:, 0] = labels[:, -1] = labels[:, :, 0] = labels[:, :, -1] = 0
    shares = [measure_interface(labels == 1, labels == other) for other in (0, 2, 3)]
    assert sum(shares) == pytest.approx(measure_surface(labels == 1))
