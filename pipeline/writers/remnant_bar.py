"""The bar that shows both remnant percentages against the thresholds they were compared with.

Owns positions on a picture only; values, intervals and thresholds come from the record.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.measurement import Measurement
from pipeline.report import Report
from pipeline.writers.format import Limits, format_exact, format_interval, format_value
from pipeline.writers.quantities import label_of

WIDTH = 640.0
ROW_HEIGHT = 44.0
BARS = ("remnant_percent", "standardized_remnant_percent")


@dataclass(frozen=True)
class Threshold:
    """A threshold on the bar: position and printed value."""

    x: float
    text: str


@dataclass(frozen=True)
class Bar:
    """One row of the picture; positions in the picture's own units."""

    label: str
    text: str
    top: float
    value_x: float
    low_x: float | None
    high_x: float | None
    thresholds: tuple[Threshold, ...]


@dataclass(frozen=True)
class RemnantBar:
    """The whole picture: its size, end of the scale and rows."""

    width: float
    height: float
    full_scale: str
    bars: tuple[Bar, ...]


def draw_remnant_bar(report: Report, limits: Limits) -> RemnantBar | None:
    """Return the bars of the remnant percentages that are known; None when none is."""
    known = [report.measurements[name] for name in BARS if name in report.measurements]
    known = [measurement for measurement in known if measurement.value is not None]
    if not known:
        return None
    ends = [max(m.value or 0.0, m.high or 0.0, *limits.get(m.name, ())) for m in known]
    scale = min(100.0, 10.0 * math.ceil(max(*ends, 50.0) / 10.0))
    bars = tuple(_draw_bar(m, limits, scale, ROW_HEIGHT * row) for row, m in enumerate(known))
    return RemnantBar(WIDTH, ROW_HEIGHT * len(bars), format_exact(scale), bars)


def _draw_bar(measurement: Measurement, limits: Limits, scale: float, top: float) -> Bar:
    """Return one row."""

    def place(value: float) -> float:
        return round(WIDTH * min(max(value, 0.0), scale) / scale, 2)

    assert measurement.value is not None
    interval = format_interval(measurement, limits)
    text = format_value(measurement, limits) + (f" ({interval})" if interval else "")
    shown = tuple(
        Threshold(place(limit), format_exact(limit)) for limit in limits.get(measurement.name, ()) if limit <= scale
    )
    return Bar(
        label=label_of(measurement.name),
        text=text,
        top=top,
        value_x=place(measurement.value),
        low_x=None if measurement.low is None else place(measurement.low),
        high_x=None if measurement.high is None else place(measurement.high),
        thresholds=shown,
    )
