"""Interpolation and smoothing of the mask check, held against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from pipeline.measures.forensics.interpolation import interpolate, smooth_block, smooth_rows

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.tuples(*[st.integers(1, 9)] * 3))
@settings(max_examples=60, deadline=None)
def test_values_between_voxels_are_those_of_scipy(seed: int, shape: tuple[int, int, int]) -> None:
    """Inside, on the border and beyond it, for arrays of a single voxel along an axis too."""
    rng = np.random.default_rng(seed)
    values, index = rng.normal(size=shape), rng.uniform(-3, 12, size=(50, 3))
    index[::5] = np.rint(index[::5])
    expected = ndimage.map_coordinates(values, index.T, order=1, mode="nearest")
    assert interpolate(values, index) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("order", [0, 1])
@given(seed=SEEDS, count=st.integers(1, 40), sigma=st.floats(0.3, 4.0))
@settings(max_examples=40, deadline=None)
def test_rows_are_smoothed_as_scipy_smooths_them(order: int, seed: int, count: int, sigma: float) -> None:
    """Rows shorter than the kernel too."""
    rows = np.random.default_rng(seed).normal(size=(3, count))
    expected = ndimage.gaussian_filter1d(rows, sigma, axis=1, order=order, mode="nearest")
    assert smooth_rows(rows, sigma, order) == pytest.approx(expected, abs=1e-12)


@given(SEEDS, st.tuples(*[st.integers(1, 12)] * 3), st.tuples(*[st.floats(0.3, 3.0)] * 3))
@settings(max_examples=40, deadline=None)
def test_blocks_are_smoothed_as_scipy_smooths_them(
    seed: int, shape: tuple[int, int, int], sigmas: tuple[float, float, float]
) -> None:
    """Single precision, nothing outside."""
    block = np.random.default_rng(seed).random(shape).astype(np.float32)
    expected = ndimage.gaussian_filter(block, sigmas, mode="constant")
    assert smooth_block(block, np.array(sigmas)) == pytest.approx(expected, abs=1e-6)
