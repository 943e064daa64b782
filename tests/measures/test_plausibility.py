"""A liver volume that no liver has is flagged."""

from __future__ import annotations

import pytest

from pipeline.measurement import Measurement, absent
from pipeline.measures.plausibility import check_liver_volume


@pytest.mark.hazard("M21")
@pytest.mark.parametrize(
    ("total_ml", "flagged"), [(0.615, True), (399.9, True), (400.0, False), (1500.0, False), (30000.0, True)]
)
def test_a_total_volume_that_no_liver_has_is_flagged(total_ml: float, flagged: bool) -> None:
    """A grid in cm read as mm, or a mask of the whole body: said beside the number, which stays."""
    measured = {"total_liver_volume_ml": Measurement("total_liver_volume_ml", total_ml, "mL")}
    findings = check_liver_volume(measured, 400.0, 8000.0)
    assert [finding.code for finding in findings] == ["MASK_IMPLAUSIBLE"] * flagged


def test_a_volume_that_is_not_known_is_not_judged() -> None:
    """A cut or missing liver has its own finding."""
    measured = {"total_liver_volume_ml": absent("total_liver_volume_ml", "mL", "FOV_CUT", "the liver is cut")}
    assert check_liver_volume(measured, 400.0, 8000.0) == ()
