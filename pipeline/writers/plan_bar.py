"""The small bar that shows a plan's remnant against what is asked for; positions only, values are the record's.

All bars of a page have one scale, so that plans compare by eye.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.measurement import Measurement
from pipeline.plan_record import PlanRecord, PlansRecord
from pipeline.report import Report
from pipeline.writers.plan_words import list_shown
from pipeline.writers.remnant_bar import find_thresholds

WIDTH = 150.0
SAME = 0.01
"""Percentage points within which two thresholds are one line."""
INDICES = ("standardized_remnant_percent", "remnant_percent")
"""The remnant of the estimated liver where it is known, as the rules take it (catalogue, VOL-02)."""


@dataclass(frozen=True)
class PlanBar:
    """A bar: what it shows and where; ``full_scale`` in percent."""

    index: str
    value_x: float
    low_x: float | None
    high_x: float | None
    thresholds: tuple[tuple[float, str], ...]
    full_scale: float


def draw_plan_bars(report: Report) -> dict[str, PlanBar]:
    """Return the bar of every plan whose remnant is known, by the plan's id."""
    plans = _list_shown(report.plans)
    found = {plan.id: one for plan in plans if (one := _find_index(plan)) is not None}
    ends = [end for one in found.values() for end in (one.value, one.high) if end is not None]
    scale = max(100.0, 10.0 * math.ceil(round(max(ends, default=0.0)) / 10.0))
    thresholds = {name: _list_thresholds(report, plans, name) for name in INDICES}
    return {plan_id: _draw_bar(one, thresholds[one.name], scale) for plan_id, one in found.items()}


def _list_shown(record: PlansRecord | None) -> list[PlanRecord]:
    return [] if record is None else list_shown(record)


def _find_index(plan: PlanRecord) -> Measurement | None:
    """Return the first index of the remnant that is known."""
    known = (plan.measurements[name] for name in INDICES if name in plan.measurements)
    return next((one for one in known if one.value is not None), None)


def _list_thresholds(report: Report, plans: Sequence[PlanRecord], name: str) -> dict[float, str]:
    """Return what the treatments that judge the plans ask of an index, and what growth has to reach."""
    assessment, judges = report.assessment, {plan.verdict.treatment for plan in plans if plan.verdict is not None}
    if assessment is not None:
        assessment = replace(assessment, verdicts=tuple(v for v in assessment.verdicts if v.treatment in judges))
    found = find_thresholds(assessment, name)
    for plan in plans:
        if plan.growth is not None and plan.growth.index == name:
            new = [end for end in plan.growth.target_percent if not any(abs(end - known) < SAME for known in found)]
            found |= {end: f"{end:.4g} %" for end in new}
    return {limit: text.partition(" (")[0] for limit, text in sorted(found.items())}


def _draw_bar(measurement: Measurement, thresholds: dict[float, str], scale: float) -> PlanBar:
    """Return one bar."""

    def place(value: float) -> float:
        return round(WIDTH * min(max(value, 0.0), scale) / scale, 2)

    assert measurement.value is not None
    return PlanBar(
        index=measurement.name,
        value_x=place(measurement.value),
        low_x=None if measurement.low is None else place(measurement.low),
        high_x=None if measurement.high is None else place(measurement.high),
        thresholds=tuple((place(limit), text) for limit, text in thresholds.items()),
        full_scale=scale,
    )
