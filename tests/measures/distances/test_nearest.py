"""Nearest points of two surfaces: closed forms and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from pipeline.measures.distances import Surface, nearest
from pipeline.volume import Geometry, Mask


def _grid(spacing: tuple[float, float, float] = (1.0, 1.0, 1.0), size: int = 24) -> Geometry:
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, spacing[2]], [0, spacing[1], 0], [spacing[0], 0, 0]])
    return Geometry((size, size, size), affine)


def _box(grid: Geometry, *spans: tuple[int, int]) -> Mask:
    array = np.zeros(grid.shape, dtype=np.bool_)
    array[tuple(slice(*span) for span in spans)] = True
    return Mask.from_array(grid, array)


def test_two_boxes_are_apart_by_the_voxels_between_them() -> None:
    grid = _grid((5.0, 0.8, 0.8))
    first, second = _box(grid, (2, 5), (3, 8), (3, 8)), _box(grid, (2, 5), (3, 8), (12, 15))
    gap = nearest(Surface(first), Surface(second))
    assert gap.value_mm == pytest.approx(4 * 0.8)
    assert np.linalg.norm(gap.ends_mm[0] - gap.ends_mm[1]) == pytest.approx(gap.value_mm)


def test_boxes_that_touch_are_at_zero() -> None:
    grid = _grid()
    gap = nearest(Surface(_box(grid, (2, 5), (3, 8), (3, 8))), Surface(_box(grid, (2, 5), (3, 8), (8, 9))))
    assert gap.value_mm == 0


def test_a_box_in_another_is_at_zero() -> None:
    grid = _grid()
    gap = nearest(Surface(_box(grid, (5, 7), (5, 7), (5, 7))), Surface(_box(grid, (1, 20), (1, 20), (1, 20))))
    assert gap.value_mm == 0
    assert np.array_equal(gap.ends_mm[0], gap.ends_mm[1])


def test_any_two_masks_are_as_far_apart_as_all_their_points() -> None:
    rng, grid = np.random.default_rng(0), _grid((2.5, 0.7, 0.9))
    for _ in range(20):
        a, b = np.zeros(grid.shape, dtype=np.bool_), np.zeros(grid.shape, dtype=np.bool_)
        a[tuple(rng.integers(0, 11, (3, 5)))] = True
        b[tuple(rng.integers(12, 24, (3, 9)))] = True
        first, second = Surface(Mask.from_array(grid, a)), Surface(Mask.from_array(grid, b))
        assert nearest(first, second).value_mm == pytest.approx(cdist(first.points_mm, second.points_mm).min())
