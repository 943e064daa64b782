"""Words of the page: a bound, a missing input, a fact."""

from __future__ import annotations

import pytest

from pipeline.measurement import Fact
from pipeline.verdict import Evidence, Kind, Missing, Outcome, Truth
from pipeline.writers.format import format_label
from pipeline.writers.page_words import list_missing, pick_flips, say_fact
from pipeline.writers.quantities import label_of
from pipeline.writers.trace_words import (
    group_evidence,
    pick_printed,
    say_asked,
    say_missing,
    say_range,
    split_missing,
    split_printed,
)

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
        pytest.param("moderate_severe", "1", "moderate to severe", id="word"),
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


@pytest.mark.parametrize(
    ("op", "threshold", "unit", "expected"),
    [
        pytest.param("is not", "no", "1", "yes", id="not-no"),
        pytest.param("is not", "yes", "1", "no", id="not-yes"),
        pytest.param("is", "yes", "1", "yes", id="yes"),
        pytest.param("is", "G1 or G2", "1", "G1 or G2", id="words"),
        pytest.param("is not", "moderate_severe", "1", "not moderate to severe", id="not-a-word"),
        pytest.param(">=", 12.0, "wk", "≥ 12\N{NO-BREAK SPACE}weeks", id="weeks"),
        pytest.param("<=", 65.0, "a", "≤ 65\N{NO-BREAK SPACE}years", id="years"),
        pytest.param(">=", "40 or 30", "%", "≥ 40 or 30\N{NO-BREAK SPACE}%", id="several"),
        pytest.param("is", "known", "mg/dL", "known", id="known"),
        pytest.param("<=", None, "mm", "a threshold that is not known", id="open"),
    ],
)
def test_what_a_comparison_asked(op: str, threshold: float | str | None, unit: str, expected: str) -> None:
    """A question reads as its answer would: no double negation, units in words."""
    assert say_asked(Evidence("x", op, threshold, unit, None, None, None, Truth.MET)) == expected


def test_an_interval_that_is_the_value_is_not_said() -> None:
    """A count of 6 from 6 to 6 is 6."""
    assert say_range(Evidence("lesion_count", "<", 5.0, "1", 6.0, 6.0, 6.0, Truth.NOT_MET), {}) == ""


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        pytest.param("label 2 (lesion) (2)", "lesion (label 2)", id="role-and-number"),
        pytest.param("label 2 (lesion)", "lesion (label 2)", id="role"),
        pytest.param("label 7 (7)", "label 7", id="number"),
        pytest.param("label 7", "label 7", id="bare"),
        pytest.param("label 2 (3)", "label 2 (3)", id="another-number"),
        pytest.param("Tumor_3 (7)", "Tumor_3 (7)", id="named"),
    ],
)
def test_a_number_of_a_label_is_said_once(label: str, expected: str) -> None:
    """A label that has only a number in its source is named by its role, then the number."""
    assert format_label(label) == expected


def test_what_is_missing_is_said_by_who_can_give_it() -> None:
    """The clinical record, a later version, the images, or what waits for these; a settled verdict misses nothing."""
    report = records.done()
    assert report.assessment is not None
    open_verdict, eligible = report.assessment.verdicts[0], report.assessment.verdicts[1]
    missing = (
        Missing("ecog", "ECOG", "NOT_GIVEN: not in the clinical record"),
        Missing("ecog", "ECOG", "NOT_GIVEN: not in the clinical record"),
        Missing(
            "gap", "gap to the vessel", "NOT_MEASURED: not measured in this version; the clinical record may give it"
        ),
        Missing("lesion.capsule", "distance to the capsule", "NOT_MEASURED: not measured in this version"),
        Missing("remnant_percent", "remnant", "NO_REMNANT: no remnant mask is given"),
        Missing("fong", "Fong score", "SCORE_OPEN: 0 to 3 points"),
    )
    assert split_missing(records.replace(open_verdict, missing=missing)) == [
        ("The clinical record can give", ["ECOG", "gap to the vessel"]),
        ("This version does not measure", ["distance to the capsule"]),
        ("The images and masks do not give", ["remnant"]),
        ("Open until the rest is known", ["Fong score"]),
    ]
    for outcome in (Outcome.NOT_ELIGIBLE, Outcome.NOT_APPLICABLE, Outcome.ELIGIBLE):
        settled = records.replace(eligible, outcome=outcome, missing=missing)
        assert split_missing(settled) == []
        assert list_missing(settled) == []


def test_alike_answers_of_several_lesions_are_one() -> None:
    """What is not measured for six lesions is said once; a lesion with a value keeps its own line."""
    reason = "NOT_MEASURED: not measured in this version"
    unknown = [
        Evidence("lesion.gap_mm", ">=", 3.0, "mm", None, None, None, Truth.INDETERMINATE, lesion=f"L{n}", reason=reason)
        for n in range(1, 7)
    ]
    known = [records.diameter_evidence("L1", 12.0, 30.0), records.diameter_evidence("L2", 12.0, 30.0)]
    asked = records.criterion("X-1", Truth.INDETERMINATE, (*unknown, *known))
    assert [who for who, _ in group_evidence(asked.evidence)] == ["6 lesions", "L1", "L2"]


def test_paper_shows_what_decides_or_is_open() -> None:
    """Deciding, borderline, and hard or soft criteria that are not met or indeterminate; no note, nothing settled."""
    report = records.done()
    assert report.assessment is not None
    criteria = (
        records.criterion("MET", Truth.MET),
        records.criterion("DECIDES", Truth.MET),
        records.criterion("BORDER", Truth.MET, borderline=True),
        records.criterion("OPEN", Truth.INDETERMINATE, kind=Kind.SOFT),
        records.criterion("FAILS", Truth.NOT_MET),
        records.criterion("NOTE", Truth.NOT_MET, kind=Kind.NOTE),
    )
    verdict = records.replace(report.assessment.verdicts[0], criteria=criteria, decided_by=("DECIDES",))
    assert [one.id for one in pick_printed(verdict)] == ["DECIDES", "BORDER", "OPEN", "FAILS"]
    own_rows, waiting = split_printed(verdict)
    assert [one.id for one in own_rows] == ["DECIDES", "BORDER", "FAILS"]
    assert [(kind, [one.id for one in group]) for kind, group in waiting] == [("should be met", ["OPEN"])]
    beside = records.replace(verdict, outcome=Outcome.NOT_APPLICABLE)
    assert [one.id for one in pick_printed(beside)] == ["DECIDES"]
