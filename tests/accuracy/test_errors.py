"""Volumes and diameters stay within the limits of docs/accuracy.md; all sizes and grids are in `make accuracy`."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.measures.diameters import find_axial_diameters
from pipeline.measures.volumes import mask_volume_ml
from tests.accuracy.livers import run_liver
from tests.accuracy.trials import KINDS, ROUND, Trial

THIN, THICK = "0.8 x 0.8 x 1.25", "0.8 x 0.8 x 5"


@pytest.mark.parametrize(("spacing", "size", "percent"), [(THIN, 15, 1), (THICK, 20, 3), (THICK, 10, 12)])
def test_mean_volume_errors_are_within_their_limits(spacing: str, size: int, percent: float) -> None:
    """Mean of every kind of shape, turned anyhow: absolute within the limit of size and spacing, signed about 0."""
    errors = []
    for kind in KINDS:
        for number in range(12):
            trial = Trial(kind, size, spacing, number, turned=True)
            truth = trial.solid().volume_mm3 / 1000
            errors.append(100 * (mask_volume_ml(trial.mask()) - truth) / truth)
    assert np.mean(np.abs(errors)) <= percent
    assert abs(np.mean(errors)) <= 3 * np.std(errors) / np.sqrt(len(errors)) + 0.1


@pytest.mark.parametrize("kind", ROUND)
def test_longest_diameters_are_at_most_a_pixel_long_and_short_by_what_slices_hide(kind: str) -> None:
    """Of a ball: a pixel + d - sqrt(d^2 - s^2); upright shapes of two slices or more."""
    for number in range(4):
        trial = Trial(kind, 16.0, "0.8 x 0.8 x 2.5", number, turned=False)
        truth = trial.solid().plane_diameters_mm(np.array([0.0, 0.0, 1.0]))[0]
        error = find_axial_diameters(trial.mask())[0].length_mm - truth
        assert -0.8 - (truth - np.sqrt(truth**2 - 2.5**2)) <= error <= 0.8


def test_liver_and_remnant_are_within_their_limits_and_their_intervals_hold() -> None:
    """On 5 mm slices: total liver 0.3 %, remnant 0.3 points, every ratio and distance inside its interval."""
    trial = run_liver(THICK, (5.0, 0.8, 0.8), np.random.default_rng(5))
    total, share = (trial.found[name].value for name in ("total_liver_volume_ml", "remnant_percent"))
    assert total == pytest.approx(trial.truth["total_liver_volume_ml"], rel=0.003)
    assert share == pytest.approx(trial.truth["remnant_percent"], abs=0.3)
    for name, truth in trial.truth.items():
        found = trial.found.get(name)
        if found is not None and found.low is not None and found.high is not None:
            assert found.low <= truth <= found.high, name
