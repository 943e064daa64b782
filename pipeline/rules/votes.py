"""From the answers of a treatment's rules to its outcome (catalogue 1.2).

Taken in this order: not applicable, not eligible, indeterminate, conditional, eligible. While it is not known whether
the treatment applies at all, the outcome is indeterminate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipeline.rules.answer import Answer
from pipeline.rules.kleene import EITHER, INDETERMINATE, NOT_MET, ONLY_NOT_APPLICABLE, Truths
from pipeline.verdict import Kind, Outcome, Truth

RANKS: Mapping[Outcome, int] = {outcome: place for place, outcome in enumerate(Outcome)}
"""Place of each outcome in the order in which the worse one wins."""


class Vote(NamedTuple):
    """What one rule has to say about its treatment.

    Parameters
    ----------
    safety
        A soft rule whose *indeterminate* already makes an eligible treatment conditional.
    decides_applicability
        A hard rule whose *not met* makes the treatment not applicable.
    """

    rule: str
    kind: Kind
    safety: bool
    decides_applicability: bool
    answer: Answer


def find_pull(vote: Vote, truth: Truth) -> Outcome:
    """Return the outcome that a rule alone would bring about."""
    if vote.kind is Kind.HARD:
        if truth is NOT_MET:
            return Outcome.NOT_APPLICABLE if vote.decides_applicability else Outcome.NOT_ELIGIBLE
        return Outcome.INDETERMINATE if truth is INDETERMINATE else Outcome.ELIGIBLE
    if truth is NOT_MET or (truth is INDETERMINATE and vote.safety):
        return Outcome.CONDITIONAL
    return Outcome.ELIGIBLE


def find_outcome(answers: Iterable[tuple[Vote, Truth]]) -> Outcome:
    """Return the outcome of a treatment."""
    applicability: set[Outcome] = set()
    others: set[Outcome] = set()
    for vote, truth in answers:
        (applicability if vote.decides_applicability else others).add(find_pull(vote, truth))
    if not applicability | others:
        return Outcome.INDETERMINATE
    applies = _worst(applicability)
    return _worst(others) if applies is Outcome.ELIGIBLE else applies


def _worst(pulls: set[Outcome]) -> Outcome:
    return next((outcome for outcome in Outcome if outcome in pulls), Outcome.ELIGIBLE)


def find_possible_outcomes(answers: Iterable[tuple[Vote, Truths]]) -> frozenset[Outcome]:
    """Return every outcome that some choice of one truth for each rule gives."""
    applicability: list[set[Outcome]] = []
    others: list[set[Outcome]] = []
    for vote, truths in answers:
        pulls = {find_pull(vote, truth) for truth in truths}
        (applicability if vote.decides_applicability else others).append(pulls)
    found = _reachable(applicability)
    if Outcome.ELIGIBLE not in found:
        return frozenset(found)
    if not others and not applicability:
        return frozenset((Outcome.INDETERMINATE,))
    return frozenset((found - {Outcome.ELIGIBLE}) | _reachable(others))


def _reachable(rules: list[set[Outcome]]) -> set[Outcome]:
    """Return each outcome that is the worst of some choice of one outcome for each rule."""
    worst = {max(pulls, key=RANKS.__getitem__) for pulls in rules}
    best = min(worst, key=RANKS.__getitem__, default=Outcome.ELIGIBLE)
    return {outcome for outcome in {best}.union(*rules) if RANKS[outcome] <= RANKS[best]}


def complete(truths: Truths) -> Truths:
    """Return the truths that may come out once everything is known."""
    return truths if INDETERMINATE not in truths else (truths - {INDETERMINATE}) | EITHER | ONLY_NOT_APPLICABLE
