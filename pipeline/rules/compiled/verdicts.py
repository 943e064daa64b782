"""Outcomes and verdicts as units: from the answers of a treatment's rules (``pipeline.rules.votes``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pipeline.outcome import Outcome
from pipeline.rules.answer import UNKNOWN
from pipeline.rules.compiled.builder import Builder
from pipeline.rules.compiled.truths import CODES, NO, OPEN, OUT, WHOLE, YES
from pipeline.rules.compiled.unit import Unit
from pipeline.rules.votes import RANKS, Vote, find_pull

if TYPE_CHECKING:
    from pipeline.rules.compiled.run import Run

ELIGIBLE = RANKS[Outcome.ELIGIBLE]
OPEN_RANK = RANKS[Outcome.INDETERMINATE]

Effect: TypeAlias = tuple[int, tuple[int, int, int, int], tuple[int, int, int, int]]
"""Unit of a vote; by its truth, the rank it pulls to, and the set of ranks it may pull to once all is known."""


def compile_effects(b: Builder, treatment: str) -> tuple[tuple[Effect, ...], tuple[Effect, ...]]:
    """Return the effects of the rules that decide whether a treatment applies, and of the others."""
    found: tuple[list[Effect], list[Effect]] = ([], [])
    for rule, kind in b.rules.deciding[treatment]:
        vote = Vote(rule.id, kind, rule.safety, rule.decides == "applicability", UNKNOWN)
        pulls = [RANKS[find_pull(vote, truth)] for truth in sorted(CODES, key=CODES.__getitem__)]
        masks = [1 << pull for pull in pulls]
        masks[OPEN] = masks[NO] | masks[YES] | masks[OUT]
        index = b.network.require("rule", rule.id)
        b.network.units[index].wants_whole = True
        b.whole.add(index)
        found[0 if vote.decides_applicability else 1].append((index, _four(pulls), _four(masks)))
    return tuple(found[0]), tuple(found[1])


def _four(values: list[int]) -> tuple[int, int, int, int]:
    a, b, c, d = values
    return a, b, c, d


def build_outcome(b: Builder, treatment: str) -> Unit:
    """Return the unit of a treatment's outcome, as its rank (``votes.find_outcome``)."""
    applicability, others = compile_effects(b, treatment)
    whether = tuple((index, pulls) for index, pulls, _ in applicability)
    rest = tuple((index, pulls) for index, pulls, _ in others)

    def find(run: Run, place: int) -> int:
        values = run.values
        worst = ELIGIBLE
        for index, pulls in whether:
            worst = min(worst, pulls[values[index][WHOLE] >> 2])
        if worst != ELIGIBLE:
            return worst
        for index, pulls in rest:
            pull = pulls[values[index][WHOLE] >> 2]
            if pull < worst:
                worst = pull
        return worst

    return Unit("outcome", treatment, find if whether or rest else _open, find if whether or rest else _open, b)


def _open(run: Run, place: int) -> int:
    return OPEN_RANK


def build_verdict(b: Builder, treatment: str) -> Unit:
    """Return the unit of the outcomes that missing inputs leave open, as bits (``votes.find_possible_outcomes``)."""
    applicability, others = compile_effects(b, treatment)

    def find(run: Run, place: int) -> int:
        if not (applicability or others):
            return 1 << OPEN_RANK
        whether = _reachable(run, applicability)
        if not whether >> ELIGIBLE & 1:
            return whether
        return whether & ~(1 << ELIGIBLE) | _reachable(run, others)

    return Unit("verdict", treatment, find, find, b)


def _reachable(run: Run, effects: tuple[Effect, ...]) -> int:
    """Return each rank that is the worst of some choice of one rank for each rule."""
    union, smallest, values = 0, 1 << ELIGIBLE, run.values
    for index, _, masks in effects:
        mask = masks[values[index][WHOLE] >> 2]
        union |= mask
        if mask < smallest:
            smallest = mask
    best = smallest.bit_length() - 1
    return (union | 1 << best) & ((2 << best) - 1)
