"""What evaluating a rule returns: truths, classes, points; each also for the whole of the inputs' intervals."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple, TypeAlias

from pipeline.rules.kleene import (
    INDETERMINATE,
    MET,
    NOT_APPLICABLE,
    NOT_MET,
    ONLY_INDETERMINATE,
    ONLY_NOT_APPLICABLE,
    Combine,
    Truths,
    fold,
    fold_sets,
    only,
)
from pipeline.verdict import Evidence, Truth


class Answer(NamedTuple):
    """Truth of an expression or a rule, and every truth that can occur inside the intervals of its inputs."""

    truth: Truth
    possible: Truths


class Span(NamedTuple):
    """Classes still possible, in the rule's order: ``now`` by the values, ``wide`` anywhere inside the intervals."""

    now: tuple[str, ...]
    wide: tuple[str, ...]


class Points(NamedTuple):
    """Fewest and most points of a score: by the values (missing items open), and anywhere inside the intervals."""

    low: int
    high: int
    wide_low: int
    wide_high: int


Trace: TypeAlias = "list[Evidence]"

ALWAYS: Truths = only(MET)
NEVER: Truths = frozenset((NOT_MET, NOT_APPLICABLE))
YES = Answer(MET, ALWAYS)
NO = Answer(NOT_MET, only(NOT_MET))
UNKNOWN = Answer(INDETERMINATE, ONLY_INDETERMINATE)
DROPPED = Answer(NOT_APPLICABLE, ONLY_NOT_APPLICABLE)


def combine(operation: Combine, answers: Iterable[Answer]) -> Answer:
    """Return answers combined; their order and how often each is there make no difference to AND and OR."""
    return _combine(operation, frozenset(answers))


@cache
def _combine(operation: Combine, answers: frozenset[Answer]) -> Answer:
    truth = fold(operation, (answer.truth for answer in answers))
    return Answer(truth, fold_sets(operation, (answer.possible for answer in answers)))
