"""Numbers against thresholds: exactly at the edge, one step beside it, and with an interval round it."""

from __future__ import annotations

import math

import pytest

from pipeline.rules.comparison import compare, compare_bounds, find_flip
from pipeline.verdict import Truth

MET, NOT, UNKNOWN = Truth.MET, Truth.NOT_MET, Truth.INDETERMINATE
BELOW, AT, ABOVE = math.nextafter(30.0, 0), 30.0, math.nextafter(30.0, 99)


@pytest.mark.hazard("M36")
@pytest.mark.hazard("U05")
@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [
        ("<=", MET, MET, NOT),
        ("<", MET, NOT, NOT),
        (">=", NOT, MET, MET),
        (">", NOT, NOT, MET),
        ("==", NOT, MET, NOT),
    ],
)
def test_the_edge_is_exact(op: str, below: Truth, at: Truth, above: Truth) -> None:
    """Values are compared unrounded: the neighbours of a threshold in floating point lie on their own sides."""
    answers = [compare(value, None, None, op, 30.0).truth for value in (BELOW, AT, ABOVE)]
    assert answers == [below, at, above]


@pytest.mark.hazard("M36")
@pytest.mark.parametrize(
    ("value", "low", "high", "truth", "possible", "borderline"),
    [
        pytest.param(29.9, 28.0, 31.0, MET, {MET, NOT}, True, id="inside"),
        pytest.param(30.1, 29.0, 31.0, NOT, {MET, NOT}, True, id="other side"),
        pytest.param(31.0, 30.0, 32.0, NOT, {MET, NOT}, True, id="threshold at the low end"),
        pytest.param(29.0, 28.0, 30.0, MET, {MET}, True, id="threshold at the high end"),
        pytest.param(28.0, 27.0, BELOW, MET, {MET}, False, id="one step short"),
        pytest.param(32.0, ABOVE, 33.0, NOT, {NOT}, False, id="one step beyond"),
        pytest.param(30.0, None, None, MET, {MET}, False, id="no interval"),
        pytest.param(30.0, 30.0, 30.0, MET, {MET}, False, id="interval of no width"),
    ],
)
def test_the_value_decides_and_the_interval_is_named(
    value: float, low: float | None, high: float | None, truth: Truth, possible: set[Truth], borderline: bool
) -> None:
    """The truth is the value's own; the interval adds borderline and the truths that occur inside it."""
    assert compare(value, low, high, "<=", 30.0) == (truth, frozenset(possible), borderline)


@pytest.mark.parametrize(
    ("low", "high", "op", "truth"),
    [
        (0, 29, ">=", NOT),
        (0, 30, ">=", UNKNOWN),
        (30, math.inf, ">=", MET),
        (30, math.inf, ">", UNKNOWN),
        (0, 30, "<=", MET),
        (0, 30, "<", UNKNOWN),
        (0, 29, "==", NOT),
        (0, 31, "==", UNKNOWN),
    ],
)
def test_bounds_decide_where_both_agree(low: float, high: float, op: str, truth: Truth) -> None:
    """A missing value between two bounds is decided when every value between gives the same answer."""
    assert compare_bounds(low, high, op, 30) is truth


@pytest.mark.parametrize(
    ("value", "op", "threshold", "flip"),
    [(6, "<=", 5, 5), (5, "<=", 5, 6), (4, "<", 5, 5), (5, "<", 5, 4), (2, ">=", 2.5, 3), (3, ">=", 2.5, 2)],
)
def test_whole_numbers_flip_at_whole_numbers(value: float, op: str, threshold: float, flip: float) -> None:
    """A count flips at the first whole number with the other answer."""
    assert find_flip(value, op, threshold, whole=True) == flip


def test_other_numbers_flip_at_the_threshold() -> None:
    """A length flips at the threshold itself."""
    assert find_flip(31.2, ">=", 30.0, whole=False) == 30.0
