"""Intervals hold the true value; the full grid of shapes, sizes and spacings is `make accuracy`."""

from __future__ import annotations

import numpy as np
import pytest

from tests.accuracy.coverage import run_cell
from tests.accuracy.definition import volume_width_ml
from tests.accuracy.solids import make_solids
from tests.accuracy.trials import KINDS, ROUND


def test_the_width_of_a_ball_by_its_definition_is_that_of_two_balls() -> None:
    """On an even grid delta is half a voxel in every direction."""
    truth = 4 / 3 * np.pi * (5.5**3 - 4.5**3) / 1000
    assert volume_width_ml(make_solids(10.0)["sphere"], (1.0, 1.0, 1.0)) == pytest.approx(truth, rel=0.04)


@pytest.mark.parametrize("spacing", ["0.8 x 0.8 x 5", "1 x 1 x 1"])
@pytest.mark.parametrize("kind", KINDS)
def test_true_values_lie_in_the_intervals(kind: str, spacing: str) -> None:
    """Volumes of every shape and all lengths of round ones, three voxels across, in at least 95 of 100 placements."""
    cell = run_cell(kind, spacing, 3, kind != "pair", 20, widths_of=0)
    names = cell.tallies if kind in ROUND else ("volume_ml", "equivalent_diameter_mm")
    assert {name: cell.tallies[name].percent for name in names if cell.tallies[name].percent < 95} == {}


@pytest.mark.parametrize("kind", ["sphere", "shell"])
def test_intervals_are_not_wider_than_the_definition_says(kind: str) -> None:
    """Mean widths are at most 1.25 times those of the definition."""
    cell = run_cell(kind, "0.8 x 0.8 x 2.5", 3, True, 10)
    wide = {name: tally.relative_width for name, tally in cell.tallies.items() if tally.relative_width > 1.25}
    assert wide == {}
    assert cell.tallies["volume_ml"].relative_width > 0.75
