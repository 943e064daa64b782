"""The bar that shows both remnant percentages against the thresholds that decide about them.

Owns positions on a picture only; values, intervals and thresholds come from the record. Notes have no threshold here:
they change no verdict.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.measurement import Measurement
from pipeline.report import Report
from pipeline.verdict import Assessment, CriterionResult, Kind
from pipeline.writers.format import Limits, format_exact, format_interval, format_value, numbers_in
from pipeline.writers.quantities import label_of

WIDTH = 640.0
TITLE_HEIGHT = 18.0
TRACK_HEIGHT = 14.0
LABEL_HEIGHT = 14.0
GAP = 10.0
LETTER_WIDTH = 6.4
"""Room of one letter of a threshold's label, generously."""
BARS = ("remnant_percent", "standardized_remnant_percent")
DECIDING = (Kind.HARD, Kind.SOFT)


@dataclass(frozen=True)
class Threshold:
    """A threshold on the bar: where its line stands, and its label with the label's own place."""

    x: float
    text: str
    text_x: float
    text_y: float


@dataclass(frozen=True)
class Bar:
    """One row of the picture; positions in the picture's own units, ``track`` the upper edge of the bar."""

    label: str
    text: str
    top: float
    track: float
    height: float
    full_scale: str
    value_x: float
    low_x: float | None
    high_x: float | None
    thresholds: tuple[Threshold, ...]


@dataclass(frozen=True)
class RemnantBar:
    """The whole picture: its size and rows."""

    width: float
    height: float
    bars: tuple[Bar, ...]


def draw_remnant_bar(report: Report, limits: Limits) -> RemnantBar | None:
    """Return the bars of the remnant percentages that are known; None when none is."""
    known = [report.measurements[name] for name in BARS if name in report.measurements]
    bars: list[Bar] = []
    for measurement in known:
        if measurement.value is not None:
            top = bars[-1].top + bars[-1].height + GAP if bars else 0.0
            bars.append(_draw_bar(measurement, find_thresholds(report.assessment, measurement.name), limits, top))
    return RemnantBar(WIDTH, bars[-1].top + bars[-1].height, tuple(bars)) if bars else None


def find_thresholds(assessment: Assessment | None, name: str) -> dict[float, str]:
    """Return the thresholds that hard and soft criteria compared a quantity with, each with its label.

    A label reads ``30 % (VOL-02)``, or ``30 % (VOL-02 injured)`` while several classes are possible.
    """
    if assessment is None:
        return {}
    found: dict[float, dict[str, None]] = {}
    for criterion in (one for verdict in assessment.verdicts for one in verdict.criteria if one.kind in DECIDING):
        for evidence in (one for one in criterion.evidence if one.input == name):
            numbers = numbers_in(evidence.threshold)
            classes = _name_classes(assessment, criterion, len(numbers)) if len(numbers) > 1 else [""]
            for number, word in zip(numbers, classes, strict=True):
                found.setdefault(number, {})[f"{criterion.id} {word}".strip()] = None
    return {limit: f"{format_exact(limit)} % ({', '.join(names)})" for limit, names in sorted(found.items())}


def _name_classes(assessment: Assessment, criterion: CriterionResult, count: int) -> list[str]:
    """Return the still possible classes that several thresholds of a criterion belong to, in the thresholds' order.

    They are those of the class rule whose every open class the criterion's statement names.
    """
    for index in assessment.indices:
        names = [name.strip() for name in (index.class_value or "").split(" or ")]
        if len(names) == count and all(name.replace("_", " ") in criterion.statement for name in names):
            return [name.replace("_", " ") for name in names]
    return ["for a class still possible"] * count


def _draw_bar(measurement: Measurement, thresholds: dict[float, str], limits: Limits, top: float) -> Bar:
    """Return one row."""
    assert measurement.value is not None
    ends = [measurement.value, measurement.high or 0.0, *thresholds, 50.0]
    scale = min(100.0, 10.0 * math.ceil(max(ends) / 10.0))

    def place(value: float) -> float:
        return round(WIDTH * min(max(value, 0.0), scale) / scale, 2)

    interval = format_interval(measurement, limits)
    shown = _place_labels(((place(limit), text) for limit, text in thresholds.items()), top)
    lowest = max((threshold.text_y + 3 for threshold in shown), default=top + TITLE_HEIGHT + TRACK_HEIGHT)
    return Bar(
        label=label_of(measurement.name),
        text=format_value(measurement, limits) + (f" ({interval})" if interval else ""),
        top=top,
        track=top + TITLE_HEIGHT,
        height=lowest - top,
        full_scale=format_exact(scale),
        value_x=place(measurement.value),
        low_x=None if measurement.low is None else place(measurement.low),
        high_x=None if measurement.high is None else place(measurement.high),
        thresholds=shown,
    )


def _place_labels(thresholds: Iterable[tuple[float, str]], top: float) -> tuple[Threshold, ...]:
    """Return the thresholds with labels below the track that neither overlap nor leave the picture."""
    first = top + TITLE_HEIGHT + TRACK_HEIGHT + LABEL_HEIGHT
    row_ends: list[float] = []
    placed = []
    for x, text in thresholds:
        half = LETTER_WIDTH * len(text) / 2
        centre = min(max(x, half), max(half, WIDTH - half))
        row = next((row for row, end in enumerate(row_ends) if end <= centre - half), len(row_ends))
        row_ends[row : row + 1] = [centre + half + LETTER_WIDTH]
        placed.append(Threshold(x, text, round(centre, 2), first + LABEL_HEIGHT * row))
    return tuple(placed)
