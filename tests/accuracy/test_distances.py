"""Distances stay within their limits and intervals hold them; all grids and more placements are in `make accuracy`."""

from __future__ import annotations

import numpy as np
import pytest

from tests.accuracy.counts import GAPS, count_pair
from tests.accuracy.distances import measure_gaps


def test_distances_on_thick_slices_are_off_by_less_than_a_slice() -> None:
    """Ball to ball, tube, capsule, cut face and zone, turned anyhow; margins in a zone have their own limit."""
    found = [gap for number in range(5) for gap in measure_gaps("0.8 x 0.8 x 5", number)]
    assert max(abs(gap.error) for gap in found) <= 5.0
    assert [gap.name for gap in found if not gap.is_held and gap.name != "ablation_margin_mm"] == []


def test_distances_on_thin_slices_are_off_by_less_than_half_a_voxel() -> None:
    """Half the diagonal, with that much more for the one in twenty; none is off by more than a whole one."""
    found = [gap for number in range(4) for gap in measure_gaps("0.8 x 0.8 x 1.25", number)]
    errors = np.array([abs(gap.error) for gap in found])
    half = float(np.linalg.norm([0.8, 0.8, 1.25])) / 2
    assert np.mean(errors <= half) >= 0.8
    assert errors.max() <= 2 * half
    assert all(gap.is_held for gap in found)


@pytest.mark.parametrize("case", [case for case in GAPS if case != "touching"])
def test_two_balls_are_counted_as_two_unless_a_broad_neck_joins_them(case: str) -> None:
    """The interval of the count holds the true one."""
    assert all(count_pair("1 x 1 x 1", case, number).is_held for number in range(3))
