"""The remnant's bar: only thresholds that decide, each with its criterion, none over another."""

from __future__ import annotations

from itertools import combinations

import pytest

from pipeline.report import Report
from pipeline.verdict import CriterionResult, Evidence, Kind, Truth
from pipeline.writers.format import find_limits
from pipeline.writers.html_page import write_html
from pipeline.writers.remnant_bar import LETTER_WIDTH, TITLE_HEIGHT, WIDTH, draw_remnant_bar, find_thresholds

from . import records
from .pages import parse


def asked(identifier: str, threshold: float | str, kind: Kind = Kind.HARD) -> CriterionResult:
    evidence = Evidence("remnant_percent", ">=", threshold, "%", 30.7, 29.8, 31.6, Truth.MET)
    statement = "The remnant is at least 20 % in a healthy, 30 % in an injured and 40 % in a cirrhotic liver."
    return records.criterion(identifier, Truth.MET, (evidence,), kind=kind, statement=statement)


def report_with(*criteria: CriterionResult, liver: str = "cirrhotic or injured or healthy") -> Report:
    report = records.done()
    assert report.assessment is not None
    first = records.replace(report.assessment.verdicts[0], criteria=criteria)
    indices = (
        records.criterion("SCO-FONG", Truth.MET, kind=Kind.INDEX, class_value="low or high (1-3)"),
        records.criterion("LIV-01", Truth.MET, kind=Kind.INDEX, class_value=liver),
    )
    assessment = records.replace(report.assessment, verdicts=(first,), indices=indices)
    return report.model_copy(update={"assessment": assessment})


def test_only_thresholds_that_decide_are_shown() -> None:
    """A note changes no verdict, so its threshold is not on the bar; a hard and a soft one are, with their ids."""
    report = report_with(asked("VOL-02", 30.0), asked("RES-10", 30.0, Kind.SOFT), asked("VOL-03", 26.6, Kind.NOTE))
    assert find_thresholds(report.assessment, "remnant_percent") == {30.0: "30 % (VOL-02, RES-10)"}
    assert find_thresholds(report.assessment, "standardized_remnant_percent") == {}
    text = parse(write_html(report)).all("figure", class_="bar")[0].text
    assert "30 % (VOL-02, RES-10)" in text
    assert "26.6" not in text


@pytest.mark.parametrize(
    ("threshold", "liver", "expected"),
    [
        pytest.param(
            "40 or 30 or 20",
            "cirrhotic or injured or healthy",
            {20.0: "20 % (VOL-02 healthy)", 30.0: "30 % (VOL-02 injured)", 40.0: "40 % (VOL-02 cirrhotic)"},
            id="three",
        ),
        pytest.param(
            "40 or 30",
            "cirrhotic or injured",
            {30.0: "30 % (VOL-02 injured)", 40.0: "40 % (VOL-02 cirrhotic)"},
            id="two",
        ),
        pytest.param(
            "40 or 30",
            "fat or lean",
            {30.0: "30 % (VOL-02 for a class still possible)", 40.0: "40 % (VOL-02 for a class still possible)"},
            id="unnamed",
        ),
    ],
)
def test_thresholds_of_open_classes_name_their_class(threshold: str, liver: str, expected: dict[float, str]) -> None:
    """While the liver's class is open, each threshold says for which class it holds."""
    report = report_with(asked("VOL-02", threshold), liver=liver)
    assert find_thresholds(report.assessment, "remnant_percent") == expected


@pytest.mark.parametrize("limits", [(30.0,), (29.0, 30.0, 31.0), (0.0, 99.0, 100.0), (20.0, 21.0, 30.0, 31.0)], ids=str)
def test_labels_neither_overlap_nor_leave_the_picture(limits: tuple[float, ...]) -> None:
    """Labels stand below the bar, inside the picture, in as many rows as they need; lines stand at their values."""
    report = report_with(*(asked(f"VOL-0{n}", limit) for n, limit in enumerate(limits)))
    bar = draw_remnant_bar(report, find_limits(report))
    assert bar is not None
    row = bar.bars[0]
    scale = float(row.full_scale)
    boxes = []
    for threshold, limit in zip(row.thresholds, limits, strict=True):
        assert threshold.x == pytest.approx(WIDTH * limit / scale, abs=0.01)
        half = len(threshold.text) * LETTER_WIDTH / 2
        assert half - 0.01 <= threshold.text_x <= WIDTH - half + 0.01
        assert row.track + 14 < threshold.text_y - 10 < threshold.text_y < row.top + row.height <= bar.height
        boxes.append((threshold.text_x - half, threshold.text_x + half, threshold.text_y))
    for one, two in combinations(boxes, 2):
        assert one[2] != two[2] or one[1] <= two[0] or two[1] <= one[0]


def test_every_bar_has_its_own_scale_and_title() -> None:
    """A second bar begins below the labels of the first, and each says how far its own scale reaches."""
    report = report_with(asked("VOL-02", 30.0))
    sflr = records.measured("standardized_remnant_percent", 61.0, "%")
    report = report.model_copy(update={"measurements": report.measurements | {sflr.name: sflr}})
    bar = draw_remnant_bar(report, find_limits(report))
    assert bar is not None
    first, second = bar.bars
    assert (first.full_scale, second.full_scale) == ("50", "70")
    assert second.top >= first.top + first.height
    assert all(threshold.text_y < second.top for threshold in first.thresholds)
    assert second.track - second.top == TITLE_HEIGHT
    assert "no criterion that decides compares it" in parse(write_html(report)).all("figure", class_="bar")[0].text


def test_without_a_remnant_there_is_no_bar() -> None:
    """No bar stands for a remnant that is not known."""
    assert draw_remnant_bar(records.bare(), {}) is None
