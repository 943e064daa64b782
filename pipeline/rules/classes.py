"""Classes of ordered lists and points of scores, with what is missing left open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.rules.answer import ALWAYS, NEVER, YES, Points, Span, Trace
from pipeline.rules.kleene import INDETERMINATE, MET
from pipeline.rules.model import Rule

if TYPE_CHECKING:
    from pipeline.rules.evaluation import Evaluation


def find_span(ev: Evaluation, rule: Rule, trace: Trace | None) -> Span:
    """Return the classes that a rule can still give.

    Of an ordered list, the first whose condition holds is the class; one whose condition is open stays possible. Of a
    score, the groups from that of the fewest to that of the most points.
    """
    if rule.points:
        points = ev.find_points(rule.id, trace)
        return Span(
            _groups_between(rule, points.low, points.high), _groups_between(rule, points.wide_low, points.wide_high)
        )
    now: list[str] = []
    wide: list[str] = []
    open_now = open_wide = True
    for case in rule.classes:
        answer = YES if case.when is None else ev.answer(case.when, None, trace, rule)
        if open_now and answer.truth in (MET, INDETERMINATE):
            now.append(case.class_)
        if open_wide and not answer.possible <= NEVER:
            wide.append(case.class_)
        open_now = open_now and answer.truth is not MET
        open_wide = open_wide and answer.possible != ALWAYS
    return Span(tuple(now), tuple(wide))


def add_points(ev: Evaluation, rule: Rule, trace: Trace | None) -> Points:
    """Return the fewest and the most points of a score; an item that is missing adds to the most only."""
    answers = [(item.points, ev.answer(item.when, None, trace, rule)) for item in rule.points]
    base = rule.base_points
    return Points(
        base + sum(points for points, answer in answers if answer.truth is MET),
        base + sum(points for points, answer in answers if answer.truth in (MET, INDETERMINATE)),
        base + sum(points for points, answer in answers if answer.possible == ALWAYS),
        base + sum(points for points, answer in answers if not answer.possible <= NEVER),
    )


def _groups_between(rule: Rule, low: int, high: int) -> tuple[str, ...]:
    """Return the groups from that of the lowest to that of the highest points."""
    tops = [group.at_most for group in rule.groups]
    floors = [None, *tops[:-1]]
    return tuple(
        group.class_
        for group, floor in zip(rule.groups, floors, strict=True)
        if (floor is None or high > floor) and low <= group.at_most
    )
