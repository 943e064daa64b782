"""How each kind of expression is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from pipeline.rules.answer import DROPPED, NO, UNKNOWN, YES, Answer, Trace, combine
from pipeline.rules.comparing import answer_comparison
from pipeline.rules.comparison import compare_bounds, holds, make_strict
from pipeline.rules.expressions import (
    AllOf,
    AnyOf,
    Case,
    ClassIs,
    Compare,
    Expression,
    Known,
    Not,
    ParameterWords,
    RuleMet,
    ScoreIs,
    VerdictIs,
    Words,
)
from pipeline.rules.kleene import (
    INDETERMINATE,
    MET,
    NOT_MET,
    Combine,
    Truths,
    conjoin,
    disjoin,
    negate,
    negate_set,
    only,
    read_membership,
)
from pipeline.rules.limits import Limit, find_parameter_limit
from pipeline.rules.model import Rule
from pipeline.rules.readings import Value
from pipeline.rules.terms import ByParameter
from pipeline.rules.tracing import negate_evidence, note_open, set_aside
from pipeline.verdict import Evidence, Outcome, Truth

if TYPE_CHECKING:
    from pipeline.rules.evaluation import Evaluation

Question = Callable[["Evaluation", Expression, "str | None", "Trace | None", Rule], Answer]


def _all(ev: Evaluation, node: AllOf, lesion: str | None, trace: Trace | None, rule: Rule) -> Answer:
    return _join(conjoin, node.all_, ev, lesion, trace, rule)


def _any(ev: Evaluation, node: AnyOf, lesion: str | None, trace: Trace | None, rule: Rule) -> Answer:
    return _join(disjoin, node.any_, ev, lesion, trace, rule)


def _join(
    operation: Combine,
    parts: tuple[Expression, ...],
    ev: Evaluation,
    lesion: str | None,
    trace: Trace | None,
    rule: Rule,
) -> Answer:
    """Return the members' answers combined; the record of members that did not give the answer is set aside."""
    if trace is None:
        return combine(operation, (ev.answer(part, lesion, None, rule) for part in parts))
    traces: list[Trace] = [[] for _ in parts]
    answers = [ev.answer(part, lesion, own, rule) for part, own in zip(parts, traces, strict=True)]
    answer = combine(operation, answers)
    for own, each in zip(traces, answers, strict=True):
        trace += own if each.truth is answer.truth else [set_aside(one) for one in own]
    return answer


def _not(ev: Evaluation, node: Not, lesion: str | None, trace: Trace | None, rule: Rule) -> Answer:
    inner: Trace | None = None if trace is None else []
    answer = ev.answer(node.not_, lesion, inner, rule)
    if trace is not None:
        trace += [negate_evidence(one) for one in inner or ()]
    return Answer(negate(answer.truth), negate_set(answer.possible))


def _case(ev: Evaluation, node: Case, lesion: str | None, trace: Trace | None, rule: Rule) -> Answer:
    return ev.answer(node.of[str(ev.rules.parameters[node.case].value)], lesion, trace, rule)


def _parameter(ev: Evaluation, node: ParameterWords, lesion: str | None, trace: Trace | None, rule: Rule) -> Answer:
    return YES if ev.rules.parameters[node.parameter].value in node.accepted else NO


def _rule(ev: Evaluation, node: RuleMet, lesion: str | None, trace: Trace | None, rule: Rule) -> Answer:
    other = ev.rules.rules.get(node.rule)
    if other is None:
        return DROPPED
    place = lesion if other.scope == "lesion" else None
    answer = ev.answer_rule(node.rule, place, strictly=True)
    value = None if answer.truth is INDETERMINATE else answer.truth.value
    reason = None if value else "RULE_OPEN: not known"
    _note(trace, Evidence(node.rule, "is", "met", "1", value, None, None, answer.truth, lesion=place, reason=reason))
    note_open(ev, node.rule, trace, answer.truth, place)
    return answer


def _verdict(ev: Evaluation, node: VerdictIs, lesion: str | None, trace: Trace | None, rule: Rule) -> Answer:
    now, wide = ev.find_reachable(node.verdict)
    truth = read_membership(outcome in node.any_of for outcome in now)
    possible = frozenset((truth, *(holds_in for holds_in in _memberships(wide, node.any_of))))
    settled = len(now) == 1 or truth is not INDETERMINATE
    value = " or ".join(outcome.value for outcome in Outcome if outcome in now) if settled else None
    wanted = " or ".join(outcome.value for outcome in node.any_of)
    reason = None if value else "VERDICT_OPEN: that verdict is not settled"
    _note(trace, Evidence(f"verdict.{node.verdict}", "is", wanted, "1", value, None, None, truth, reason=reason))
    return Answer(truth, possible)


def _memberships(items: frozenset[object] | tuple[object, ...], accepted: tuple[object, ...]) -> Truths:
    """Return every truth that membership can have when any non-empty part of the items may be left."""
    found = {MET if item in accepted else NOT_MET for item in items}
    return frozenset(found | {INDETERMINATE}) if len(found) > 1 else frozenset(found)


def _class(ev: Evaluation, node: ClassIs, lesion: str | None, trace: Trace | None, rule: Rule) -> Answer:
    span = ev.find_classes(ev.rules.class_rules[node.class_])
    truth = read_membership(name in node.any_of for name in span.now)
    possible = only(truth) if span.now == span.wide else frozenset((truth, *_memberships(span.wide, node.any_of)))
    value = span.now[0] if len(span.now) == 1 else None
    reason = None if value else f"CLASS_OPEN: {', '.join(span.now)} still possible"
    _note(trace, Evidence(node.class_, "is", " or ".join(node.any_of), "1", value, None, None, truth, reason=reason))
    note_open(ev, ev.rules.class_rules[node.class_], trace, truth)
    return Answer(truth, possible)


def _score(ev: Evaluation, node: ScoreIs, lesion: str | None, trace: Trace | None, rule: Rule) -> Answer:
    points = ev.find_points(node.score)
    limit = (
        find_parameter_limit(ev, node.threshold) if isinstance(node.threshold, ByParameter) else Limit(node.threshold)
    )
    if limit.value is None:
        return DROPPED
    op = make_strict(node.op) if limit.strict else node.op
    truth = compare_bounds(points.low, points.high, op, limit.value)
    wide = [holds(n, op, limit.value) for n in range(points.wide_low, points.wide_high + 1)]
    possible = frozenset((truth, *wide, *([INDETERMINATE] if len(set(wide)) > 1 else [])))
    exact = float(points.low) if points.low == points.high else None
    reason = None if exact is not None else f"SCORE_OPEN: {points.low} to {points.high} points"
    low, high = (float(points.low), float(points.high)) if exact is None else (None, None)
    _note(trace, Evidence(node.score, op, limit.value, "1", exact, low, high, truth, reason=reason))
    note_open(ev, node.score, trace, truth)
    return Answer(truth, possible if (points.low, points.high) != points[2:] else only(truth))


def _words(ev: Evaluation, node: Words, lesion: str | None, trace: Trace | None, rule: Rule) -> Answer:
    reading = ev.read(node.input, lesion)
    value, reason = reading.value, reading.reason
    if value in node.unknown:
        value, reason = None, f"NOT_KNOWN: {_say(value)}".replace("_", " ")
    truth = INDETERMINATE if value is None else _belongs(value, node.accepted)
    wanted = " or ".join(_say(word) for word in node.accepted)
    shown = None if value is None else _say(value)
    _note(
        trace, Evidence(node.input, "is", wanted, "1", shown, None, None, truth, lesion=reading.lesion, reason=reason)
    )
    return Answer(truth, only(truth))


def _known(ev: Evaluation, node: Known, lesion: str | None, trace: Trace | None, rule: Rule) -> Answer:
    readings = [ev.read(name, lesion) for name in node.known]
    for one in readings if trace is not None else ():
        truth = INDETERMINATE if one.value is None else MET
        value = one.number if one.number is not None else None if one.value is None else _say(one.value)
        unit = ev.rules.inputs[one.name].unit
        _note(
            trace,
            Evidence(
                one.name, "is", "known", unit, value, one.low, one.high, truth, lesion=one.lesion, reason=one.reason
            ),
        )
    return UNKNOWN if any(one.value is None for one in readings) else YES


def _belongs(value: Value, accepted: tuple[str | bool, ...]) -> Truth:
    words = value if isinstance(value, tuple) else (value,)
    return MET if any(word == other and type(word) is type(other) for word in words for other in accepted) else NOT_MET


def _say(value: Value | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)


def _note(trace: Trace | None, evidence: Evidence) -> None:
    if trace is not None:
        trace.append(evidence)


QUESTIONS: Mapping[type, Question] = cast(
    "Mapping[type, Question]",
    {
        AllOf: _all,
        AnyOf: _any,
        Not: _not,
        Case: _case,
        ParameterWords: _parameter,
        RuleMet: _rule,
        VerdictIs: _verdict,
        ClassIs: _class,
        ScoreIs: _score,
        Words: _words,
        Known: _known,
        Compare: answer_comparison,
    },
)
"""What answers an expression, by its kind."""
