"""What decides where profiles part: the one criterion that alone explains it, and the input it reads differently."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TypeAlias

from pipeline.outcome import Outcome
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.parting_words import build_parting
from pipeline.rules.votes import Vote, find_outcome
from pipeline.verdict import Parting

Votes: TypeAlias = Mapping[str, Vote]
Sides: TypeAlias = Mapping[str, Evaluation]


def find_parting(
    sides: Sides, treatment: str, outcomes: Mapping[str, Outcome], earlier: Mapping[str, Parting]
) -> Parting | None:
    """Return what decides where profiles give a treatment different outcomes; None where they agree.

    Of the criteria that vote differently, the one is taken that explains most: supposing the other profile's answer
    to it alone gives the other profile's outcome, in both directions if possible.

    Parameters
    ----------
    earlier
        What decides for treatments before this one, by id: a criterion that reads their verdict parts by it.
    """
    votes = {name: {vote.rule: vote for vote in ev.votes(treatment)} for name, ev in sides.items()}
    pairs = [(a, b) for a, b in combinations(sides, 2) if outcomes[a] is not outcomes[b]]
    weights: dict[str, int] = {}
    for a, b in pairs:
        for rule in _find_differing(votes[a], votes[b]):
            weight = _explains(votes[a], votes[b], rule, outcomes[b]) + _explains(votes[b], votes[a], rule, outcomes[a])
            weights[rule] = weights.get(rule, 0) + weight
    if not weights:
        return None
    rule = max(weights, key=lambda id_: weights[id_])
    kinds = {name: own[rule].kind for name, own in votes.items() if rule in own}
    return build_parting(sides, rule, kinds, outcomes, earlier)


def _find_differing(a: Votes, b: Votes) -> list[str]:
    """Return the rules that answer differently, have another effect, or are asked under one profile only."""
    return [rule for rule in {**a, **b} if _effect(a.get(rule)) != _effect(b.get(rule))]


def _effect(vote: Vote | None) -> tuple[object, ...] | None:
    return None if vote is None else (vote.kind, vote.safety, vote.decides_applicability, vote.answer.truth)


def _explains(own: Votes, other: Votes, rule: str, outcome: Outcome) -> bool:
    """Tell whether the other profile's answer to one rule, in place of the own one, gives the other outcome."""
    rest = [vote for id_, vote in own.items() if id_ != rule]
    supposed = [*rest, other[rule]] if rule in other else rest
    return find_outcome((vote, vote.answer.truth) for vote in supposed) is outcome
