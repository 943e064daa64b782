"""Distances of shapes with closed-form answers, at random places and on every kind of grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.lesion import Lesion
from pipeline.measures.distances import Surface, find_distances
from pipeline.structures import Role
from pipeline.volume import Geometry
from tests.measures.distances.scene import half_diagonal, measure, value
from tests.phantoms import GRIDS, Box, Cylinder, Shape, make_grid, sample, sphere

PLACES = 100


def _spheres(rng: np.random.Generator) -> tuple[Shape, Shape, float]:
    radii, gap, way = rng.uniform(5, 9, 2), rng.uniform(3, 14), rng.normal(size=3)
    way /= np.linalg.norm(way)
    start = rng.uniform(-1, 1, 3) - way * (radii.sum() + gap) / 2
    end = start + way * (radii.sum() + gap)
    return sphere(radii[0], tuple(start)), sphere(radii[1], tuple(end)), gap


def _vessel(rng: np.random.Generator) -> tuple[Shape, Shape, float]:
    radius, gap, angle = rng.uniform(5, 9), rng.uniform(2, 12), rng.uniform(0, 2 * np.pi)
    shift = rng.uniform(-1, 1, 3)
    away = (radius + 4.0 + gap) * np.array([np.cos(angle), np.sin(angle), 0.0])
    return sphere(radius, tuple(shift)), Cylinder(4.0, 50.0, center_mm=tuple(shift + away)), gap


def _error(shapes: tuple[Shape, Shape, float], grid: Geometry) -> tuple[float, bool]:
    first, second, gap = shapes
    (found,) = find_distances([Surface(sample(first, grid))], Surface(sample(second, grid)))
    assert found is not None
    return found.value_mm - gap, found.low_mm <= gap <= found.high_mm


def _grid(slices_mm: float) -> Geometry:
    return make_grid((round(70 / slices_mm), 76, 76), (slices_mm, 0.9, 0.9))


@pytest.mark.parametrize("make", [_spheres, _vessel])
def test_thin_slices_are_right_to_half_a_voxel_and_the_interval_holds_the_truth(
    make: Callable[[np.random.Generator], tuple[Shape, Shape, float]],
) -> None:
    rng, grid = np.random.default_rng(1), _grid(1.25)
    errors, held = zip(*(_error(make(rng), grid) for _ in range(PLACES)), strict=True)
    assert np.mean(np.abs(errors) <= half_diagonal(grid)) >= 0.95
    assert np.mean(held) >= 0.95


@pytest.mark.parametrize("make", [_spheres, _vessel])
def test_thick_slices_are_right_to_one_slice_and_the_interval_holds_the_truth(
    make: Callable[[np.random.Generator], tuple[Shape, Shape, float]],
) -> None:
    rng, grid = np.random.default_rng(2), _grid(5.0)
    errors, held = zip(*(_error(make(rng), grid) for _ in range(PLACES)), strict=True)
    assert np.abs(errors).max() <= 5.0
    assert np.mean(held) >= 0.95


def _in_box(rng: np.random.Generator, grid: Geometry) -> tuple[Lesion, float, float]:
    middle, radius = rng.uniform(-6, 6, 3), rng.uniform(5, 8)
    size = np.array([44.0, 40.0, 42.0])
    faces = np.minimum(size / 2 - middle, size / 2 + middle)
    (lesion,) = measure([sample(sphere(radius, tuple(middle)), grid)], {Role.LIVER: sample(Box(tuple(size)), grid)})
    return lesion, float(faces.min() - radius), radius


@pytest.mark.parametrize("kind", sorted(GRIDS))
def test_a_ball_in_a_box_lies_as_deep_as_its_nearest_face_says(kind: str) -> None:
    """Distance of a ball to a face, and the depth: at most the distance plus its diameter; on every kind of grid."""
    rng, grid = np.random.default_rng(3), GRIDS[kind]
    errors = []
    for _ in range(8):
        lesion, gap, radius = _in_box(rng, grid)
        errors.append(value(lesion, "dist_capsule_mm") - gap)
        assert value(lesion, "depth_mm") <= gap + 2 * radius + 2 * half_diagonal(grid)
        assert value(lesion, "depth_mm") >= gap + radius - 2 * half_diagonal(grid)
        found = lesion.measurements["dist_capsule_mm"]
        assert found.low is not None
        assert found.high is not None
        assert found.low - 1e-9 <= gap <= found.high + 1e-9
    assert np.abs(errors).max() <= grid.spacing_mm.max()


def test_the_depth_of_a_ball_in_a_ball() -> None:
    """Off-centre by c inside a ball of R: the deepest point of a ball of r that holds the centre is at R."""
    grid = make_grid((65, 65, 65))
    liver = sample(sphere(24.0), grid)
    (central,) = measure([sample(sphere(6.0), grid)], {Role.LIVER: liver})
    (outer,) = measure([sample(sphere(5.0, (15.0, 0.0, 0.0)), grid)], {Role.LIVER: liver})
    assert value(central, "depth_mm") == pytest.approx(24.0, abs=0.9)
    assert value(outer, "depth_mm") == pytest.approx(24.0 - 10.0, abs=0.9)
    assert value(outer, "dist_capsule_mm") == pytest.approx(4.0, abs=0.9)
