"""The pruned search for distances and intervals: equal to comparing all pairs, on every grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measures.distances import Surface
from pipeline.measures.distances.interval import drawn_steps
from pipeline.measures.distances.search import find_distances, find_pairs
from pipeline.volume import Geometry, Mask
from tests.measures.distances import brute_force
from tests.phantoms import rotation_about

THICK = ("thick", "sagittal", "unequal", "thick oblique", "thick uneven")
GRIDS = ("even", "flat", "oblique", "sheared", "uneven", *THICK)
SPACINGS = {
    "flat": (0.7, 2.0, 1.1),
    "thick": (5.0, 0.8, 0.8),
    "sagittal": (0.9, 0.9, 4.0),
    "unequal": (4.0, 0.6, 1.7),
    "thick oblique": (4.0, 0.7, 0.7),
    "thick uneven": (3.0, 0.8, 0.9),
}


def _grid(kind: str, shape: tuple[int, int, int]) -> Geometry:
    spacing = SPACINGS.get(kind, (1.3, 0.8, 0.9))
    axes = np.diag(spacing) @ np.array([[0.0, 0, 1], [0, 1, 0], [1, 0, 0]])
    if kind.endswith("oblique"):
        axes = axes @ rotation_about((1, 2, 3), 33).T
    if kind == "sheared":
        axes[0] += 0.7 * axes[1] + 0.4 * axes[2]
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = axes.T, (-120.0, 40.0, 900.0)
    positions = None
    if kind.endswith("uneven"):
        gaps = np.where(np.arange(shape[0] - 1) % 5 == 2, 1.7, 1.2) * spacing[0] / 1.3
        positions = affine[:3, 3] + np.concatenate([[0.0], np.cumsum(gaps)])[:, None] * axes[0] / spacing[0]
    return Geometry(shape, affine, 0, positions)


def _blob(grid: Geometry, rng: np.random.Generator, low: int, high: int) -> Mask:
    """Return a ragged ball, or a few voxels, between two rows of a grid."""
    array = np.zeros(grid.shape, dtype=np.bool_)
    if rng.random() < 0.3:
        array[tuple(rng.integers((0, low, 0), (grid.shape[0], high, grid.shape[2]), (4, 3)).T)] = True
        return Mask.from_array(grid, array)
    middle = rng.uniform((2, low + 2, 2), (grid.shape[0] - 2, high - 2, grid.shape[2] - 2))
    index = np.indices(grid.shape).reshape(3, -1).T
    inside = (((index - middle) / rng.uniform(1.5, 5, 3)) ** 2).sum(axis=1) <= 1
    array.reshape(-1)[inside] = True
    array &= rng.random(grid.shape) < rng.choice([0.8, 1.0])
    array[:, :low] = array[:, high:] = False
    array[tuple(np.clip(np.rint(middle), 0, np.array(grid.shape) - 1).astype(int))] = True
    return Mask.from_array(grid, array)


def _scatter(grid: Geometry, rng: np.random.Generator, rows: slice, share: float) -> Mask:
    """Return single voxels, at least one, in some rows of a grid."""
    array = np.zeros(grid.shape, dtype=np.bool_)
    array[:, rows] = rng.random(array[:, rows].shape) < share
    array[rng.integers(grid.shape[0]), rows.start, rng.integers(grid.shape[2])] = True
    return Mask.from_array(grid, array)


@settings(max_examples=100, deadline=None)
@given(kind=st.sampled_from(GRIDS), seed=st.integers(0, 10_000), split=st.integers(5, 14), apart=st.integers(0, 11))
def test_value_and_interval_equal_those_of_all_pairs(kind: str, seed: int, split: int, apart: int) -> None:
    rng, grid = np.random.default_rng(seed), _grid(kind, (13, 30, 20))
    first, second = _blob(grid, rng, 0, split), _blob(grid, rng, split + apart, 30)
    (found,) = find_distances([Surface(first)], Surface(second))
    assert found is not None
    expected = brute_force.distance(first, second, drawn_steps(first))
    assert (found.value_mm, found.low_mm, found.high_mm) == pytest.approx(expected, abs=1e-9)
    ends = found.ends_mm
    assert np.abs(brute_force.crossings(first) - ends[0]).sum(axis=1).min() < 1e-9
    assert np.abs(brute_force.crossings(second) - ends[1]).sum(axis=1).min() < 1e-9


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(THICK), seed=st.integers(0, 10_000), share=st.floats(0.003, 0.2))
def test_scattered_voxels_on_thick_slices_are_measured_as_all_pairs(kind: str, seed: int, share: float) -> None:
    rng, grid = np.random.default_rng(seed), _grid(kind, (12, 26, 14))
    masks = [_scatter(grid, rng, rows, share) for rows in (slice(0, 9), slice(0, 12), slice(14, 26), slice(12, 20))]
    bodies, others = [Surface(mask) for mask in masks[:2]], [Surface(mask) for mask in masks[2:]]
    found = find_pairs(bodies, others, [(0, 0), (0, 1), (1, 0), (1, 1)])
    for (body, other), distance in found.items():
        expected = brute_force.distance(masks[body], masks[2 + other], drawn_steps(masks[0]))
        assert (distance.value_mm, distance.low_mm, distance.high_mm) == pytest.approx(expected, abs=1e-9)
        ends = distance.ends_mm
        assert min(max(float(np.linalg.norm(ends[0] - ends[1])), expected[1]), expected[2]) == distance.value_mm


@pytest.mark.parametrize("offset", [1, 2, 3])
@pytest.mark.parametrize("kind", THICK)
def test_what_lies_above_can_have_the_lowest_end(kind: str, offset: int) -> None:
    grid = _grid(kind, (12, 26, 14))
    axis = 2 if kind == "sagittal" else 0
    first, second = np.zeros(grid.shape, dtype=np.bool_), np.zeros(grid.shape, dtype=np.bool_)
    first[5, 12, 5] = True
    beside, above = [5, 12, 5], [5, 12, 5]
    beside[1], above[axis] = 12 + 5 * offset - 3, 5 + offset
    second[tuple(beside)] = second[tuple(above)] = True
    masks = Mask.from_array(grid, first), Mask.from_array(grid, second)
    (found,) = find_distances([Surface(masks[0])], Surface(masks[1]))
    assert found is not None
    expected = brute_force.distance(*masks, drawn_steps(masks[0]))
    assert (found.value_mm, found.low_mm, found.high_mm) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("above", [0, 1, 2])
def test_of_a_layer_a_farther_voxel_along_its_wider_step_can_have_the_lowest_end(above: int) -> None:
    grid = _grid("unequal", (12, 40, 30))
    first, second = np.zeros(grid.shape, dtype=np.bool_), np.zeros(grid.shape, dtype=np.bool_)
    first[5, 12, 5] = True
    second[5 + above, 12 + 19, 5] = second[5 + above, 12, 5 + 7] = True
    masks = Mask.from_array(grid, first), Mask.from_array(grid, second)
    (found,) = find_distances([Surface(masks[0])], Surface(masks[1]))
    assert found is not None
    expected = brute_force.distance(*masks, drawn_steps(masks[0]))
    nearest = masks[0], Mask.from_array(grid, second & (np.arange(30) == 5))
    assert expected[1] < brute_force.distance(*nearest, drawn_steps(masks[0]))[1] - 0.1
    assert (found.value_mm, found.low_mm, found.high_mm) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(kinds=st.tuples(st.sampled_from(GRIDS), st.sampled_from(GRIDS)), seed=st.integers(0, 10_000))
def test_masks_on_two_grids_keep_their_own_surfaces(kinds: tuple[str, str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = (_blob(_grid(kind, (10, 20, 14)), rng, 0, 20) for kind in kinds)
    other = second.grid.affine.copy()
    other[:3, 3] += (0.0, 60.0, 0.0)
    positions = second.grid.slice_positions_mm
    positions = None if positions is None else positions + np.array([0.0, 60.0, 0.0])
    second = Mask(Geometry(second.grid.shape, other, 0, positions), second.offset, second.voxels)
    (found,) = find_distances([Surface(first)], Surface(second))
    assert found is not None
    steps = max(drawn_steps(first), drawn_steps(second), key=lambda each: abs(np.linalg.det(each)))
    expected = brute_force.distance(first, second, steps)
    assert (found.value_mm, found.low_mm, found.high_mm) == pytest.approx(expected, abs=1e-9)


def test_several_bodies_are_measured_as_each_by_itself() -> None:
    rng, grid = np.random.default_rng(4), _grid("even", (20, 60, 40))
    bodies = [Surface(_blob(grid, rng, 0, 30)) for _ in range(8)]
    other = Surface(_blob(grid, rng, 30, 60))
    together = find_distances(bodies, other)
    for body, distance in zip(bodies, together, strict=True):
        (alone,) = find_distances([body], other)
        assert distance is not None
        assert alone is not None
        assert (distance.value_mm, distance.low_mm, distance.high_mm) == (alone.value_mm, alone.low_mm, alone.high_mm)
