"""From a rule's answer to its line in the report: grade, explanation, evidence, what was missing, whose threshold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pipeline.rules.answer import Answer, Trace
from pipeline.rules.catalogue import ProfileRules
from pipeline.rules.confidence import parameters_of
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.kleene import INDETERMINATE, MET, NOT_MET
from pipeline.rules.model import Rule
from pipeline.rules.tracing import bring_together, drop_repeated
from pipeline.rules.wording import explain, fill_statement, say_evidence, say_input
from pipeline.verdict import CriterionResult, Evidence, Grade, Kind, Missing

MOST_BORDERLINE = 3
"""Borderline values that an open answer names."""


def build_result(ev: Evaluation, rule: Rule, kind: Kind) -> CriterionResult:
    """Return a rule's line in the report; it is put together once for all treatments."""
    known = ev.results.get(rule.id)
    if known is None:
        known = ev.results[rule.id] = _build_result(ev, rule, kind)
    return known if known.kind is kind else replace(known, kind=kind)


def _build_result(ev: Evaluation, rule: Rule, kind: Kind) -> CriterionResult:
    trace: Trace = []
    answer = ev.trace_rule(rule, None, trace)
    ev.remember(rule.id, answer)
    evidence = tuple(one.but(label=say_input(ev.rules, one.input)) for one in drop_repeated(trace))
    return CriterionResult(
        id=rule.id,
        title=rule.title,
        kind=kind,
        truth=answer.truth,
        grade=find_grade(ev, rule, answer),
        statement=fill_statement(rule, ev.rules.parameters),
        explanation=explain(ev.rules, answer.truth, evidence) + _say_borderline(ev.rules, answer, evidence),
        evidence=bring_together(evidence),
        missing=list_missing(evidence) if answer.truth is INDETERMINATE else (),
        borderline=_is_borderline(answer, evidence),
        safety=rule.safety,
        sources=rule.sources,
        confidence=find_confidence(ev.rules, rule),
        threshold_from=find_origin(ev.rules, rule),
        class_value=_say_class(ev, rule),
    )


def _is_borderline(answer: Answer, evidence: Iterable[Evidence]) -> bool:
    """Tell whether the interval of a value could change an answer; of one that is open, whether it could settle it."""
    if answer.truth is INDETERMINATE and answer.possible <= {INDETERMINATE}:
        return False
    return any(one.borderline for one in evidence)


def _say_borderline(rules: ProfileRules, answer: Answer, evidence: Iterable[Evidence]) -> str:
    """Return the values that could settle an open answer inside their intervals, as sentences of their own."""
    if answer.truth is not INDETERMINATE or not _is_borderline(answer, evidence := tuple(evidence)):
        return ""
    texts = dict.fromkeys(say_evidence(rules, one) for one in evidence if one.borderline)
    return "".join(f" {text[:1].upper()}{text[1:]}." for text in list(texts)[:MOST_BORDERLINE])


def find_grade(ev: Evaluation, rule: Rule, answer: Answer) -> Grade | None:
    """Return how well a rule is met; None while that is not known or does not apply."""
    if answer.truth is NOT_MET:
        return Grade.EXCEEDED
    if answer.truth is not MET or rule.criterion is None:
        return None
    if rule.ideal == "when_met":
        return Grade.IDEAL
    if rule.ideal is None:
        return Grade.ACCEPTABLE
    ideal = rule.model_copy(update={"criterion": rule.ideal, "ideal": None})
    return Grade.IDEAL if ev.trace_rule(ideal, None, []).truth is MET else Grade.ACCEPTABLE


def list_missing(evidence: Iterable[Evidence]) -> tuple[Missing, ...]:
    """Return the inputs that keep a rule from being decided, each once, with its reason."""
    missing = (one for one in evidence if one.value is None and one.truth is INDETERMINATE and not one.beside)
    return tuple(dict.fromkeys(Missing(one.input, one.label, one.reason or "not known") for one in missing))


def find_origin(rules: ProfileRules, rule: Rule) -> str:
    """Return whose thresholds a rule uses: the profile's, another profile's, a site's, or the catalogue's own."""
    origins = dict.fromkeys(rules.parameters[name].origin for name in parameters_of(rules, rule))
    if origins:
        return "; ".join(origins)
    profile = rules.profile
    silent = profile.documents and not set(profile.documents) & set(rule.sources)
    return f"from: {profile.from_}" if silent else "catalogue"


def find_confidence(rules: ProfileRules, rule: Rule) -> str:
    """Return the rule's confidence, with the marks of what it rests on that is less sure than the rule."""
    return rules.confidences[rule.id]


def _say_class(ev: Evaluation, rule: Rule) -> str | None:
    """Return the class or group that a rule gives, or those still possible; with points, the points too."""
    if not rule.classes and not rule.points:
        return None
    text = " or ".join(ev.find_classes(rule.id).now)
    if not rule.points:
        return text
    points = ev.find_points(rule.id)
    span = str(points.low) if points.low == points.high else f"{points.low}-{points.high}"
    return f"{text} ({span})" if text else span
