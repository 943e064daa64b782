"""Compare a value and its interval with a threshold, unrounded.

The truth is that of the value itself. Where the threshold lies inside the interval the comparison is *borderline*, and
the truths that occur somewhere in the interval are all named (catalogue 1.3).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from pipeline.rules.kleene import INDETERMINATE, MET, NOT_MET, Truths, only
from pipeline.verdict import Truth

Operator: TypeAlias = Literal["<=", "<", ">=", ">", "=="]

_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
}
_STRICT: Mapping[Operator, Operator] = {"<=": "<", ">=": ">", "<": "<", ">": ">", "==": "=="}
NEGATED: Mapping[str, str] = {"<=": ">", "<": ">=", ">=": "<", ">": "<=", "==": "!=", "is": "is not"}
"""The comparison that holds exactly when the first does not."""
OPERATOR_WORDS: Mapping[str, str] = {
    "<=": "at most",
    "<": "below",
    ">=": "at least",
    ">": "above",
    "==": "equal to",
    "!=": "not equal to",
    "is not": "not",
}


class Comparison(NamedTuple):
    """Answer of one comparison.

    Parameters
    ----------
    truth
        Answer of the value itself.
    possible
        Answers that occur somewhere in the interval.
    borderline
        True when the threshold lies inside the interval.
    """

    truth: Truth
    possible: Truths
    borderline: bool


def make_strict(op: Operator) -> Operator:
    """Return the operator without its *or equal*."""
    return _STRICT[op]


def holds(value: float, op: Operator, threshold: float) -> Truth:
    """Return met or not met for a number."""
    return MET if _HOLDS[op](value, threshold) else NOT_MET


def compare(value: float, low: float | None, high: float | None, op: Operator, threshold: float) -> Comparison:
    """Return the answer for a value with its interval.

    Parameters
    ----------
    value, threshold
        In the same unit.
    low, high
        The value's interval; None where the value has none.
    """
    truth = holds(value, op, threshold)
    low = value if low is None else min(low, value)
    high = value if high is None else max(high, value)
    if low == high or not low <= threshold <= high:
        return Comparison(truth, only(truth), False)
    ends = {truth, holds(low, op, threshold), holds(high, op, threshold), holds(threshold, op, threshold)}
    return Comparison(truth, frozenset(ends), True)


def compare_bounds(low: float, high: float, op: Operator, threshold: float) -> Truth:
    """Return the answer for an unknown value between two bounds: decided when every value between gives the same."""
    if op == "==":
        return INDETERMINATE if low <= threshold <= high else NOT_MET
    at_low, at_high = holds(low, op, threshold), holds(high, op, threshold)
    return at_low if at_low is at_high else INDETERMINATE


def find_flip(value: float, op: Operator, threshold: float, whole: bool) -> float | None:
    """Return the value nearest to ``value`` at which the answer changes.

    For a continuous quantity it is the threshold itself; for one that comes in whole numbers the first whole number
    that gives the other answer.
    """
    if not whole:
        return threshold
    now = holds(value, op, threshold)
    tries = {math.floor(threshold) + step for step in (-1, 0, 1, 2)}
    others = [float(number) for number in tries if holds(number, op, threshold) is not now]
    return min(others, key=lambda number: (abs(number - value), number), default=None)
