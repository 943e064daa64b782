"""Rules on how many lesions meet a criterion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.rules.answer import ALWAYS, UNKNOWN, Answer, Trace
from pipeline.rules.comparison import compare_bounds, make_strict
from pipeline.rules.kleene import INDETERMINATE, MET
from pipeline.rules.limits import find_limits
from pipeline.rules.model import Rule
from pipeline.verdict import Evidence, Truth

if TYPE_CHECKING:
    from pipeline.rules.evaluation import Evaluation


def count_lesions(ev: Evaluation, rule: Rule, each: list[Answer], trace: Trace | None) -> Answer:
    """Return whether the number of lesions that meet the criterion satisfies the rule's limit."""
    if rule.count is None:
        raise ValueError(f"{rule.id} counts nothing")
    limits = find_limits(ev, rule.count.threshold)
    limit = limits.now[0] if len(limits.now) == 1 and limits.now == limits.wide else None
    if limit is None or limit.value is None:
        return UNKNOWN
    op = make_strict(rule.count.op) if limit.strict else rule.count.op
    fewest = sum(answer.truth is MET for answer in each)
    most = sum(answer.truth in (MET, INDETERMINATE) for answer in each)
    truth = compare_bounds(fewest, most, op, limit.value)
    least = sum(answer.possible == ALWAYS for answer in each)
    greatest = sum(MET in answer.possible or INDETERMINATE in answer.possible for answer in each)
    inside = {compare_bounds(n, n, op, limit.value) for n in range(least, greatest + 1)}
    possible = frozenset((truth, *inside, *([INDETERMINATE] if len(inside) > 1 else [])))
    if trace is not None:
        trace.append(_describe(fewest, most, op, limit.value, truth))
    return Answer(truth, possible)


def _describe(fewest: int, most: int, op: str, limit: float, truth: Truth) -> Evidence:
    if fewest == most:
        return Evidence("lesions_that_match", op, limit, "1", float(fewest), None, None, truth)
    reason = f"COUNT_OPEN: between {fewest} and {most} lesions"
    return Evidence("lesions_that_match", op, limit, "1", None, float(fewest), float(most), truth, reason=reason)
