"""What a comparison behind a verdict cites is what the report measured, also the lowest of several quantities."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from pipeline.evidence import Evidence
from pipeline.measurement import Measurement
from pipeline.outcome import Truth
from pipeline.report import Report
from pipeline.verify.record_checks import _is_cited

MEASURED = Measurement("remnant_percent", 77.1, "%", 75.9, 78.5)
STANDARDIZED = Measurement("standardized_remnant_percent", 77.8, "%", 71.1, 84.6)
OTHER = Measurement("remnant_volume_ml", 60.0, "mL", 50.0, 70.0)


@pytest.mark.parametrize(("value", "low", "said"), [(77.1, 71.1, True), (77.1, 50.0, False), (77.8, 71.1, False)])
def test_an_end_may_be_that_of_another_quantity_of_the_same_unit(value: float, low: float, *, said: bool) -> None:
    """The lowest of 77.1 (75.9 to 78.5) and 77.8 (71.1 to 84.6) is 77.1 (71.1 to 78.5)."""
    held = {each.name: each for each in (MEASURED, STANDARDIZED, OTHER)}
    report = cast(Report, SimpleNamespace(measurements=held))
    evidence = Evidence("remnant_percent", ">=", 30.0, "%", value, low, 78.5, Truth.MET)
    assert _is_cited(report, evidence, MEASURED) is said
