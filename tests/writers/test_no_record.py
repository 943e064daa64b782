"""A study without a clinical record, and classes that wait for it: said once and first, not in many open lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.measurement import Fact
from pipeline.report import Report
from pipeline.verdict import CriterionResult, Evidence, Kind, Truth
from pipeline.writers.html_page import write_html
from pipeline.writers.verdict_words import say_class
from tests.writers import records
from tests.writers.pages import parse


def page(report: Report) -> str:
    return " ".join(parse(write_html(report)).text.split())


def scored(value: str, truth: Truth = Truth.INDETERMINATE, known: float | None = None) -> CriterionResult:
    """A score of that value, of whose only input a value is known or not."""
    asked = Evidence("ecog", "<=", 2.0, "1", known, known, known, truth)
    return replace(records.criterion("SCO-1", truth, (asked,), title="Score"), class_value=value, kind=Kind.NOTE)


def test_without_a_record_it_is_said_first_how_many_verdicts_wait() -> None:
    """One of the sample; with a fact of the record nothing is said."""
    report = records.done()
    without = report.model_copy(update={"facts": {}})
    assert "Read first" in page(without)
    assert "No clinical record: 1 of 5 verdicts waits for it" in page(without)
    fact = Fact("ecog", 1.0, source="clinical record")
    assert "No clinical record" not in page(report.model_copy(update={"facts": {"ecog": fact}}))


def test_classes_of_which_nothing_is_known_are_one_line() -> None:
    """One of which something is known keeps its line."""
    report = records.done()
    assert report.assessment is not None
    blank = replace(scored("low or high (0-5)"), id="SCO-2", title="Blank score")
    held = replace(report.assessment, indices=(scored("low or high (1-4)", known=1.0), blank))
    text = page(report.model_copy(update={"assessment": held}))
    assert "Open, nothing known yet: Blank score." in text
    assert "Score low or high, 1 to 4 points" in text
    assert "0 to 5" not in text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("points_0 or points_1 or points_2 (0-2)", "0 to 2 points"),
        ("items_1 or items_2 (1-2)", "1 to 2 items"),
        ("low or high (1-4)", "low or high, 1 to 4 points"),
        ("low (1)", "low, 1 point"),
        ("5-15", "5 to 15 points"),
        ("7", "7 points"),
        ("from_2_to_4", "from 2 to 4"),
        ("grade_1 or grade_2", "grade 1 or grade 2"),
        ("zone_2", "zone 2"),
    ],
)
def test_a_score_is_said_in_words(value: str, said: str) -> None:
    assert say_class(scored(value)) == said
