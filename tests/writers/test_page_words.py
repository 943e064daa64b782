"""Words of the page: a bound, a missing input, a fact."""

from __future__ import annotations

import pytest

from pipeline.measurement import Fact
from pipeline.verdict import Evidence, Missing, Truth
from pipeline.writers.page_words import pick_flips, say_fact, say_missing, say_operator, say_range, say_threshold
from pipeline.writers.quantities import label_of

from . import records


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        pytest.param(12.5, 31.0, "12.5 to 31.0", id="both"),
        pytest.param(12.5, None, "at least 12.5", id="low"),
        pytest.param(None, 31.0, "at most 31.0", id="high"),
        pytest.param(None, None, "", id="neither"),
    ],
)
def test_bounds_of_an_unknown_value(low: float | None, high: float | None, expected: str) -> None:
    """What is known of a missing value is said, one bound as a bound."""
    evidence = Evidence("remnant_percent", ">=", 30.0, "%", None, low, high, Truth.INDETERMINATE, reason="X: y")
    assert say_range(evidence, {}) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        pytest.param(True, "1", "yes", id="truth"),
        pytest.param(("segment_4a", "segment_8"), "1", "4a, 8", id="segments"),
        pytest.param((), "1", "none", id="empty-list"),
        pytest.param("moderate_severe", "1", "moderate severe", id="word"),
        pytest.param(0.8, "mg/dL", "0.8\N{NO-BREAK SPACE}mg/dL", id="number"),
        pytest.param(2.0, "1", "2", id="grade"),
    ],
)
def test_a_fact_in_words(value: str | bool | float | tuple[str, ...], unit: str, expected: str) -> None:
    """Every kind of value has its words."""
    assert say_fact(Fact("x", value, unit=unit)) == expected


def test_names_in_words() -> None:
    """A listed quantity has its label, any other its name without unit, with acronyms in capitals."""
    assert label_of("lesion.longest_diameter_mm") == "Longest axial diameter"
    assert label_of("bilirubin_total_mg_dl") == "bilirubin total"
    assert label_of("ecog") == "ECOG"
    assert say_missing(Missing("ecog", "ECOG", "CLIN_ABSENT: no record")) == "ECOG (not known: no record (CLIN_ABSENT))"
    assert (say_operator("<="), say_operator("is")) == ("≤", "is")
    assert say_threshold(Evidence("x", "is", None, "1", None, None, None, Truth.MET)) == "a threshold that is not known"


def test_the_nearest_flip_comes_first() -> None:
    """Flips inside the interval lead, then the smallest change."""
    report = records.done()
    assert report.assessment is not None
    verdict = report.assessment.verdicts[1]
    flip = verdict.flips[0]
    far = records.replace(flip, within_interval=False, change_percent=-2.0, lesion="L2")
    farther = records.replace(flip, within_interval=False, change_percent=40.0, lesion="L3")
    sorted_flips = pick_flips(records.replace(verdict, flips=(farther, far, flip)))
    assert [item.lesion for item in sorted_flips] == ["L1", "L2", "L3"]
