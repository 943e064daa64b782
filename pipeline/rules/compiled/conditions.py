"""Expressions, compiled (``pipeline.rules.questions``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from pipeline.outcome import Outcome
from pipeline.rules.comparison import make_strict
from pipeline.rules.compiled.builder import Builder
from pipeline.rules.compiled.comparisons import HOLDS, Limit, compare, compile_comparison, fixed_limit
from pipeline.rules.compiled.truths import NO, OPEN, OUT, WHOLE, YES, Ask, belongs
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
from pipeline.rules.readings import Value
from pipeline.rules.terms import ByParameter

if TYPE_CHECKING:
    from pipeline.rules.compiled.run import Run

BITS: Mapping[Outcome, int] = {outcome: 1 << place for place, outcome in enumerate(Outcome)}
"""Outcomes as bits of a set."""


def compile_expression(b: Builder, node: Expression) -> Ask:
    """Return the answer of an expression."""
    return COMPILERS[type(node)](b, node)


def _all(b: Builder, node: AllOf) -> Ask:
    asks = tuple(compile_expression(b, part) for part in node.all_)

    def ask(run: Run, place: int) -> int:
        least = OUT
        for one in asks:
            truth = one(run, place)
            if truth < least:
                if truth == NO:
                    return NO
                least = truth
        return least

    return ask


def _any(b: Builder, node: AnyOf) -> Ask:
    asks = tuple(compile_expression(b, part) for part in node.any_)

    def ask(run: Run, place: int) -> int:
        most = -1
        for one in asks:
            truth = one(run, place)
            if truth == YES:
                return YES
            if truth != OUT and truth > most:
                most = truth
        return OUT if most < 0 else most

    return ask


def _not(b: Builder, node: Not) -> Ask:
    inner = compile_expression(b, node.not_)
    return lambda run, place: (YES, OPEN, NO, OUT)[inner(run, place)]


def _case(b: Builder, node: Case) -> Ask:
    return compile_expression(b, node.of[str(b.rules.parameters[node.case].value)])


def _parameter(b: Builder, node: ParameterWords) -> Ask:
    return _always(YES if b.rules.parameters[node.parameter].value in node.accepted else NO)


def _always(truth: int) -> Ask:
    return lambda run, place: truth


def _rule(b: Builder, node: RuleMet) -> Ask:
    other = b.rules.rules.get(node.rule)
    if other is None:
        return _always(OUT)
    unit = b.refer_to_rule(other)
    if other.scope == "lesion":
        return lambda run, place: run.values[unit][place] & 3
    return lambda run, place: run.values[unit][WHOLE] & 3


def _verdict(b: Builder, node: VerdictIs) -> Ask:
    unit = b.refer("verdict", node.verdict)
    accepted = sum(BITS[outcome] for outcome in set(node.any_of))
    return lambda run, place: belongs(run.values[unit][WHOLE], accepted)


def _class(b: Builder, node: ClassIs) -> Ask:
    rule = b.rules.rules[b.rules.class_rules[node.class_]]
    unit = b.refer("class", rule.id)
    accepted = sum(1 << bit for bit, name in enumerate(b.network.class_names(rule)) if name in node.any_of)
    return lambda run, place: belongs(run.values[unit][WHOLE], accepted)


def _score(b: Builder, node: ScoreIs) -> Ask:
    fewest, most = b.refer("fewest", node.score), b.refer("most", node.score)
    limit: Limit | None = (node.threshold, HOLDS[node.op]) if isinstance(node.threshold, float) else None
    if isinstance(node.threshold, ByParameter):
        parameter = b.rules.parameters[node.threshold.parameter]
        limit = fixed_limit(b, node.threshold, make_strict(node.op) if parameter.strict else node.op)
    if limit is None:
        raise ValueError(f"{node.score}: not a fixed threshold")
    at = limit

    def ask(run: Run, place: int) -> int:
        return compare((None, run.values[fewest][WHOLE], run.values[most][WHOLE]), at)

    return ask


def _words(b: Builder, node: Words) -> Ask:
    get = b.get(node.input)
    answer = _compile_membership(node)
    return lambda run, place: answer(get(run, place))


def _compile_membership(node: Words) -> Callable[[Value | None], int]:
    """Return whether a word, a truth or one word of a list is asked for; a number never is."""
    words = frozenset(word for word in node.accepted if isinstance(word, str))
    truths = frozenset(truth for truth in node.accepted if isinstance(truth, bool))
    unknown = frozenset(node.unknown)

    def answer(value: Value | None) -> int:
        if value is None:
            return OPEN
        if isinstance(value, str):
            return OPEN if value in unknown else YES if value in words else NO
        if isinstance(value, bool):
            return YES if value in truths else NO
        if isinstance(value, tuple):
            return YES if not words.isdisjoint(value) else NO
        return NO

    return answer


def _known(b: Builder, node: Known) -> Ask:
    gets = tuple(b.get(name) for name in node.known)

    def ask(run: Run, place: int) -> int:
        for get in gets:
            if get(run, place) is None:
                return OPEN
        return YES

    return ask


COMPILERS: Mapping[type, Callable[[Builder, Expression], Ask]] = cast(
    "Mapping[type, Callable[[Builder, Expression], Ask]]",
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
        Compare: compile_comparison,
    },
)
"""What compiles an expression, by its kind."""
