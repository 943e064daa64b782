"""Comparisons, compiled: thresholds of the profile filled in (``pipeline.rules.comparing``, ``limits``)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from pipeline.rules.comparison import Operator, make_strict
from pipeline.rules.compiled.builder import Builder
from pipeline.rules.compiled.operands import Held, compile_operand, compile_preferred
from pipeline.rules.compiled.truths import NO, OPEN, OUT, WHOLE, YES, Ask
from pipeline.rules.expressions import LESION, Compare
from pipeline.rules.terms import ByClass, ByInput, ByParameter, Threshold

if TYPE_CHECKING:
    from pipeline.rules.compiled.run import Run

Holds: TypeAlias = Callable[[float, float], bool]
Limit: TypeAlias = tuple[float | None, Holds]
"""A threshold, None for no limit, and the comparison with it."""
Limits: TypeAlias = "Callable[[Run], tuple[Limit, ...]]"

HOLDS: Mapping[str, Holds] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
}


def compile_comparison(b: Builder, node: Compare) -> Ask:
    """Return the answer of a comparison."""
    fixed = fixed_limit(b, node.threshold, node.op)
    plain = isinstance(node.input, str) and not (node.bounded_above_by or node.bounded_below_by)
    if fixed is not None and plain and not (b.over_all and str(node.input).startswith(LESION)):
        return _compile_plain(b, str(node.input), fixed)
    limits = compile_limits(b, node.threshold, node.op)
    read, preferred = compile_operand(b, node), compile_preferred(b, node)

    def ask(run: Run, place: int) -> int:
        now = limits(run)
        if not now:
            return OPEN
        if preferred is not None:
            held = preferred(run, place)
            if held[1] is not None:
                answer = _compare_all(held, now)
                if answer != OPEN:
                    return answer
        return _compare_all(read(run, place), now)

    return ask


def _compile_plain(b: Builder, name: str, limit: Limit) -> Ask:
    """Return the answer for one input and one fixed threshold; while it is missing, its range may decide."""
    threshold, holds = limit
    if threshold is None:
        return lambda run, place: OUT
    missing = _compile_missing(b, name, limit)
    if name.startswith(LESION):
        slot = b.lesion_slot(name)

        def ask_lesion(run: Run, place: int) -> int:
            value = run.rows[place][slot]
            if type(value) is not float:
                return missing
            return YES if holds(value, threshold) else NO

        return ask_lesion
    slot = b.study_slot(name)

    def ask(run: Run, place: int) -> int:
        value = run.study[slot]
        if type(value) is not float:
            return missing
        return YES if holds(value, threshold) else NO

    return ask


def _compile_missing(b: Builder, name: str, limit: Limit) -> int:
    low, high = b.rules.inputs[name].range
    lowest = float("-inf") if low is None else low
    return compare((None, lowest, float("inf") if high is None else high), limit)


def compare(held: Held, limit: Limit) -> int:
    """Return the answer for a number, or for one between two bounds."""
    threshold, holds = limit
    if threshold is None:
        return OUT
    value, low, high = held
    if value is not None:
        return YES if holds(value, threshold) else NO
    if low is None or high is None:
        raise ValueError("a missing number without bounds")
    if holds is operator.eq:
        return OPEN if low <= threshold <= high else NO
    at_low, at_high = holds(low, threshold), holds(high, threshold)
    return OPEN if at_low is not at_high else YES if at_low else NO


def _compare_all(held: Held, limits: tuple[Limit, ...]) -> int:
    """Return the answer on which every threshold agrees that is still possible."""
    first = compare(held, limits[0])
    return first if all(compare(held, limit) == first for limit in limits[1:]) else OPEN


def fixed_limit(b: Builder, threshold: Threshold, op: Operator, plus: float = 0.0) -> Limit | None:
    """Return a threshold that the profile fixes; None for one that depends on the study."""
    if isinstance(threshold, ByParameter):
        parameter = b.rules.parameters[threshold.parameter]
        holds = HOLDS[make_strict(op) if parameter.strict else op]
        number = parameter.number
        return None if number is None else number + threshold.plus + plus, holds
    if isinstance(threshold, ByClass | ByInput):
        return None
    return float(threshold) + plus, HOLDS[op]


def compile_limits(b: Builder, threshold: Threshold, op: Operator) -> Limits:
    """Return the thresholds still possible; none while the input that would give it is not known."""
    if isinstance(threshold, ByClass):
        return _compile_class_limits(b, threshold, op)
    if isinstance(threshold, ByInput):
        return _compile_input_limits(b, threshold, op)
    limit = fixed_limit(b, threshold, op)
    if limit is None:
        raise ValueError("not a fixed threshold")
    return lambda run: (limit,)


def _compile_input_limits(b: Builder, threshold: ByInput, op: Operator) -> Limits:
    number = b.get_number(threshold.of)
    holds, times, otherwise = HOLDS[op], threshold.times, threshold.otherwise

    def limits(run: Run) -> tuple[Limit, ...]:
        value = number(run, WHOLE)
        value = otherwise if value is None else value
        return () if value is None else ((value * times, holds),)

    return limits


def _compile_class_limits(b: Builder, threshold: ByClass, op: Operator) -> Limits:
    rule = b.rules.rules[b.rules.class_rules[threshold.by]]
    unit = b.refer("class", rule.id)
    each = [fixed_limit(b, threshold.cases[name], op, threshold.plus) for name in b.network.class_names(rule)]
    cases = [limit for limit in each if limit is not None]

    def limits(run: Run) -> tuple[Limit, ...]:
        mask = run.values[unit][WHOLE]
        return tuple(limit for bit, limit in enumerate(cases) if mask >> bit & 1)

    return limits
