"""Rules, classes and scores as units: what each answers at the study's place and at a lesion's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pipeline.rules.compiled.builder import Builder
from pipeline.rules.compiled.comparisons import Limits, compare, compile_limits
from pipeline.rules.compiled.conditions import compile_expression
from pipeline.rules.compiled.truths import (
    GATE,
    NO,
    OPEN,
    OUT,
    STRICT_GATE,
    WHOLE,
    YES,
    Ask,
    conjoin_all,
    disjoin_all,
)
from pipeline.rules.compiled.unit import Unit
from pipeline.rules.compiled.verdicts import build_outcome, build_verdict
from pipeline.rules.model import Rule

if TYPE_CHECKING:
    from pipeline.rules.compiled.run import Run


def build_rule(b: Builder, rule: Rule) -> Unit:
    """Return the unit of a rule."""
    local = _compile_local(b, rule)
    if rule.scope != "lesion":
        return Unit("rule", rule.id, local, local, b)
    if b.over_all:
        return Unit("rule", rule.id, _guard(local), local, b)
    limits = compile_limits(b, rule.count.threshold, rule.count.op) if rule.count is not None else None
    index = len(b.network.units)
    return Unit("rule", rule.id, _guard(_compile_gathering(rule, index, limits)), local, b, gathers=True)


def _compile_local(b: Builder, rule: Rule) -> Ask:
    """Return the answer of a rule at one place, with its precondition."""
    body = _compile_body(b, rule)
    if rule.when is None:
        return lambda run, place: body(run, place) * 5
    when = compile_expression(b, rule.when)

    def ask(run: Run, place: int) -> int:
        condition = when(run, place)
        if condition in (NO, OUT):
            return OUT << 2 | OUT
        answer = body(run, place)
        return GATE[condition][answer] << 2 | STRICT_GATE[condition][answer]

    return ask


def _compile_body(b: Builder, rule: Rule) -> Ask:
    if rule.criterion is not None:
        return compile_expression(b, rule.criterion)
    if rule.classes or rule.points:
        unit = b.refer("class", rule.id)
        return lambda run, place: YES if run.values[unit][WHOLE].bit_count() == 1 else OPEN
    return lambda run, place: YES


def _guard(ask: Ask) -> Ask:
    """Return the answer of a lesion rule for the study: open while lesions are not known, dropped without any."""

    def guarded(run: Run, place: int) -> int:
        if not run.lesions_known:
            return OPEN * 5
        return ask(run, place) if run.places else OUT * 5

    return guarded


def _compile_gathering(rule: Rule, index: int, limits: Limits | None) -> Ask:
    if rule.aggregate == "all":
        return lambda run, place: _gather_all(run, index)
    if rule.aggregate == "any":
        return lambda run, place: disjoin_all([each & 3 for each in set(run.of_lesions(index))]) * 5
    if limits is None:
        raise ValueError(f"{rule.id} counts nothing")
    return _compile_count(index, limits)


def _gather_all(run: Run, index: int) -> int:
    """Return what a rule answers for all lesions, and what others may conclude from it, each combined by AND."""
    each = set(run.of_lesions(index))
    return conjoin_all([one >> 2 for one in each]) << 2 | conjoin_all([one & 3 for one in each])


def _compile_count(index: int, limits: Limits) -> Ask:
    def count(run: Run, place: int) -> int:
        each = [value & 3 for value in run.of_lesions(index)]
        now = limits(run)
        if len(now) != 1 or now[0][0] is None:
            return OPEN * 5
        fewest = each.count(YES)
        return compare((None, fewest, fewest + each.count(OPEN)), now[0]) * 5

    return count


def build_class(b: Builder, rule: Rule) -> Unit:
    """Return the unit of a rule's classes that are still possible: one bit each, in the order of ``class_names``."""
    names = b.network.class_names(rule)
    if rule.points:
        ask = _compile_groups(b, rule)
        return Unit("class", rule.id, ask, ask, b)
    cases = [
        (1 << names.index(case.class_), None if case.when is None else compile_expression(b, case.when))
        for case in rule.classes
    ]

    def find(run: Run, place: int) -> int:
        mask = 0
        for bit, when in cases:
            truth = YES if when is None else when(run, WHOLE)
            if truth in (YES, OPEN):
                mask |= bit
            if truth == YES:
                return mask
        return mask

    return Unit("class", rule.id, find, find, b)


def _compile_groups(b: Builder, rule: Rule) -> Ask:
    """Return the groups from that of the fewest to that of the most points."""
    fewest, most = b.refer("fewest", rule.id), b.refer("most", rule.id)
    names = b.network.class_names(rule)
    tops = [group.at_most for group in rule.groups]
    floors: list[int | None] = [None, *tops[:-1]]
    groups = [
        (1 << names.index(group.class_), floor, group.at_most) for group, floor in zip(rule.groups, floors, strict=True)
    ]

    def find(run: Run, place: int) -> int:
        low, high = run.values[fewest][WHOLE], run.values[most][WHOLE]
        mask = 0
        for bit, floor, top in groups:
            if (floor is None or high > floor) and low <= top:
                mask |= bit
        return mask

    return find


def build_points(b: Builder, rule: Rule, kind: str) -> Unit:
    """Return the unit of a score's fewest or most points; an item that is missing adds to the most only."""
    counted = (YES,) if kind == "fewest" else (YES, OPEN)
    items = [(item.points, compile_expression(b, item.when)) for item in rule.points]
    base = rule.base_points

    def add(run: Run, place: int) -> int:
        return base + sum(points for points, when in items if when(run, WHOLE) in counted)

    return Unit(kind, rule.id, add, add, b)


BUILDERS: Mapping[str, Callable[[Builder, str], Unit]] = {
    "rule": lambda b, name: build_rule(b, b.rules.rules[name]),
    "class": lambda b, name: build_class(b, b.rules.rules[name]),
    "fewest": lambda b, name: build_points(b, b.rules.rules[name], "fewest"),
    "most": lambda b, name: build_points(b, b.rules.rules[name], "most"),
    "outcome": build_outcome,
    "verdict": build_verdict,
}
"""What builds a unit, by its kind."""
