"""Compare an input with a threshold: its interval, the bounds of a missing value, class by class."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pipeline.rules.answer import DROPPED, UNKNOWN, Answer, Trace
from pipeline.rules.comparison import Operator, compare, compare_bounds, make_strict
from pipeline.rules.expressions import Compare
from pipeline.rules.kleene import INDETERMINATE, Truths, agree
from pipeline.rules.limits import Limit, Limits, find_limits
from pipeline.rules.model import Rule
from pipeline.rules.operands import read_operand, read_preferred
from pipeline.rules.readings import Reading
from pipeline.rules.tracing import describe_comparison, describe_open_threshold

if TYPE_CHECKING:
    from pipeline.rules.evaluation import Evaluation


def answer_comparison(ev: Evaluation, node: Compare, lesion: str | None, trace: Trace | None, rule: Rule) -> Answer:
    """Return the answer of a comparison and add what was compared to the trace."""
    limits = find_limits(ev, node.threshold)
    reading, missing = read_operand(ev, node, lesion, rule)
    if not limits.now:
        if trace is not None:
            trace.append(describe_open_threshold(node, reading, limits))
        return UNKNOWN
    if all(limit.value is None for limit in limits.wide):
        return DROPPED
    answer = _compare_all(ev, node, reading, limits)
    preferred = read_preferred(ev, node, lesion, rule)
    if preferred is not None:
        bounded = _compare_all(ev, node, preferred, limits)
        if bounded.truth is not INDETERMINATE:
            reading, missing = preferred, (preferred,)
        answer = _prefer(bounded, answer)
    if trace is not None:
        trace += describe_comparison(ev, node, reading, missing, limits, answer.truth)
    return answer


def _prefer(first: Answer, second: Answer) -> Answer:
    """Return the first answer where it is decided, else the second."""
    truth = second.truth if first.truth is INDETERMINATE else first.truth
    otherwise = second.possible if INDETERMINATE in first.possible else frozenset()
    return Answer(truth, (first.possible - {INDETERMINATE}) | otherwise)


def _compare_all(ev: Evaluation, node: Compare, reading: Reading, limits: Limits) -> Answer:
    """Return the answer on which every threshold agrees that is still possible."""
    if len(limits.now) == 1 and limits.now == limits.wide:
        return _compare_one(ev, reading, node.op, limits.now[0])
    answers = {limit: _compare_one(ev, reading, node.op, limit) for limit in {*limits.now, *limits.wide}}
    answer = _agree([answers[limit] for limit in limits.now])
    if limits.now == limits.wide:
        return answer
    return _agree_somewhere(answer, [answers[limit] for limit in limits.wide])


def _compare_one(ev: Evaluation, reading: Reading, op: Operator, limit: Limit) -> Answer:
    if limit.value is None:
        return DROPPED
    op = make_strict(op) if limit.strict else op
    number = reading.number
    if number is not None:
        comparison = compare(number, reading.low, reading.high, op, limit.value)
        return Answer(comparison.truth, comparison.possible)
    return _compare_bounded(ev, reading, op, limit.value)


def _compare_bounded(ev: Evaluation, reading: Reading, op: Operator, threshold: float) -> Answer:
    """Return the answer for a missing value: decided when it is the same at both of its bounds."""
    lows, highs = _bounds(ev, reading)
    truth = compare_bounds(lows[0], highs[0], op, threshold)
    return Answer(truth, frozenset(compare_bounds(low, high, op, threshold) for low in lows for high in highs))


def _bounds(ev: Evaluation, reading: Reading) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the lower and the upper bound of a missing value, each followed by the ends of the bound's interval."""
    lowest, highest = ev.rules.inputs[reading.name].range
    return (
        _ends(reading.below, -math.inf if lowest is None else lowest),
        _ends(reading.above, math.inf if highest is None else highest),
    )


def _ends(bound: Reading | None, otherwise: float) -> tuple[float, ...]:
    if bound is None or bound.number is None:
        return (otherwise,)
    return (bound.number, *(end for end in (bound.low, bound.high) if end is not None))


def _agree(answers: list[Answer]) -> Answer:
    """Return the answer on which every possible threshold agrees."""
    first, *others = answers
    truth, possible = first
    for other in others:
        truth, possible = agree(truth, other.truth), _agree_sets(possible, other.possible)
    return Answer(truth, possible)


def _agree_sets(a: Truths, b: Truths) -> Truths:
    return frozenset(agree(x, y) for x in a for y in b)


def _agree_somewhere(now: Answer, wide: list[Answer]) -> Answer:
    """Return the answer when which thresholds are possible itself depends on an interval."""
    union = frozenset().union(now.possible, *(answer.possible for answer in wide))
    return Answer(now.truth, union | {INDETERMINATE} if len(union) > 1 else union)
