"""Printed numbers: sensible digits, a unit, and never on the other side of a limit."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measurement import Measurement, absent
from pipeline.writers.format import find_limits, format_interval, format_number, format_reason, format_value

from . import records

UNITS = ("mm", "mL", "%", "1", "mm2", "m2", "mL/m2", "deg", "kg", "U/L")


@pytest.mark.parametrize(
    ("value", "unit", "limits", "expected"),
    [
        pytest.param(31.24, "mm", (), "31.2", id="length"),
        pytest.param(1612.4, "mL", (), "1612", id="liver"),
        pytest.param(47.66, "mL", (), "47.7", id="lesion"),
        pytest.param(4.853, "mL", (), "4.85", id="small-lesion"),
        pytest.param(30.7, "%", (), "30.7", id="percent"),
        pytest.param(0.668, "%", (0.8,), "0.67", id="small-percent"),
        pytest.param(0.5, "%", (), "0.5", id="small-percent-round"),
        pytest.param(3.0, "1", (), "3", id="count"),
        pytest.param(5.8312, "1", (), "5.83", id="score"),
        pytest.param(1.7249, "m2", (), "1.72", id="area"),
        pytest.param(0.8, "mg/dL", (), "0.8", id="clinical-as-given"),
        pytest.param(-0.01, "mm", (), "0.0", id="no-negative-zero"),
        pytest.param(29.96, "mm", (30,), "29.96", id="below-limit"),
        pytest.param(30.04, "mm", (30,), "30.04", id="above-limit"),
        pytest.param(30.0, "mm", (30,), "30.0", id="at-limit"),
        pytest.param(29.96, "mm", (50,), "30.0", id="far-limit"),
        pytest.param(499.7, "mL", (500,), "499.7", id="volume-below-limit"),
        pytest.param(29.999999999999996, "mm", (30,), "29.9999", id="one-ulp-below"),
        pytest.param(30.000000000000004, "mm", (30,), "30.0001", id="one-ulp-above"),
    ],
)
@pytest.mark.hazard("U05")
def test_a_number_prints_as(value: float, unit: str, limits: tuple[float, ...], expected: str) -> None:
    """Digits follow the unit; a limit asks for as many more as it takes."""
    assert format_number(value, unit, limits) == expected


@pytest.mark.hazard("U05")
@pytest.mark.hazard("M36")
@given(
    value=st.floats(-1e5, 1e5),
    unit=st.sampled_from(UNITS),
    limits=st.lists(st.one_of(st.integers(-50, 2000).map(float), st.floats(-1e5, 1e5)), max_size=3),
)
def test_rounding_never_crosses_a_limit(value: float, unit: str, limits: list[float]) -> None:
    """The printed number lies below, at or above every limit exactly as the value does."""
    printed = float(format_number(value, unit, limits))
    for limit in limits:
        assert (printed < limit, printed > limit) == (value < limit, value > limit)


@pytest.mark.hazard("U05")
@given(limit=st.integers(1, 2000).map(float), steps=st.integers(-3, 3), unit=st.sampled_from(UNITS))
def test_a_neighbour_of_a_limit_keeps_its_side(limit: float, steps: int, unit: str) -> None:
    """Not even a value one representable step away from the limit prints as the limit."""
    value = limit
    for _ in range(abs(steps)):
        value = math.nextafter(value, math.copysign(math.inf, steps))
    printed = float(format_number(value, unit, (limit,)))
    assert (printed > limit) - (printed < limit) == (value > limit) - (value < limit)


@given(
    numbers=st.lists(st.floats(0, 3000), min_size=3, max_size=3).map(sorted),
    unit=st.sampled_from(UNITS),
    limits=st.lists(st.integers(0, 3000).map(float), max_size=2),
)
def test_an_interval_never_prints_out_of_order(numbers: list[float], unit: str, limits: list[float]) -> None:
    """Low, value and high stay in order, whatever digits each of them needs."""
    low, value, high = numbers
    printed = [float(format_number(end, unit, limits, like=value)) for end in (low, value, high)]
    assert printed == sorted(printed)


def test_rounding_without_a_limit_is_within_half_of_the_last_digit() -> None:
    """Printing changes no number by more than it has to."""
    for value in (0.04, 1.25, 9.994, 99.96, 123.4):
        assert float(format_number(value, "mm")) == pytest.approx(value, abs=0.0500001)


def test_limits_are_those_the_verdicts_used() -> None:
    """Thresholds and flip points count for the quantity, and a lesion's also for the study's largest."""
    limits = find_limits(records.done())
    assert limits["longest_diameter_mm"] == (30.0,)
    assert limits["largest_diameter_mm"] == (30.0,)
    assert limits["remnant_percent"] == (30.0,)


def test_a_threshold_in_words_counts_too() -> None:
    """The ends of a range given as a text are limits."""
    report = records.done()
    assert report.assessment is not None
    evidence = records.Evidence("remnant_percent", "between", "20 to 40", "%", 30.7, None, None, records.Truth.MET)
    results = (records.criterion("X", records.Truth.MET, (evidence,)),)
    assessment = records.replace(report.assessment, verdicts=(), indices=results)
    assert find_limits(report.model_copy(update={"assessment": assessment}))["remnant_percent"] == (20.0, 40.0)


@pytest.mark.hazard("U02")
def test_an_unknown_value_prints_its_reason() -> None:
    """Never 0, never a blank, never NaN: the words and the code."""
    text = format_value(absent("x_ml", "mL", "FOV_CUT", "the liver reaches the border"), {})
    assert text == "not known: the liver reaches the border (FOV_CUT)"
    assert (
        format_reason("BOUNDS_DECIDE: not known, but bounds decide") == "not known, but bounds decide (BOUNDS_DECIDE)"
    )
    assert format_reason(None) == "not known: no reason is recorded"
    assert format_interval(absent("x_ml", "mL", "FOV_CUT", "cut"), {}) == ""


def test_a_value_prints_with_its_unit_and_interval() -> None:
    """UCUM becomes print signs."""
    area = Measurement("bidimensional_product_mm2", 612.4, "mm2", 590.0, 640.2)
    assert format_value(area, {}) == "612\N{NO-BREAK SPACE}mm²"
    assert format_interval(area, {}) == "590 to 640"
