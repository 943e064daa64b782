"""A few plans that stand for many: those at the ends first, then those least like them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray

from pipeline.plan import Requirement, Score

Order = Callable[[Score], tuple[float, ...]]
ENDS: tuple[Order, ...] = (
    lambda score: (-score.remnant_ml, score.procedures, -score.resected, -score.margin_mm),
    lambda score: (-score.resected, score.procedures, -score.remnant_ml, -score.margin_mm),
    lambda score: (score.procedures, -score.remnant_ml, -score.resected, -score.margin_mm),
    lambda score: (-score.margin_mm, -score.remnant_ml, score.procedures, -score.resected),
)
"""Largest remnant, most lesions resected, fewest procedures, widest margin; smallest first."""


def thin(scores: Sequence[Score], most: int) -> tuple[int, ...]:
    """Return the numbers of at most ``most`` scores, ascending.

    First the ends (``ENDS``) of those with the fewest untreated lesions, each once; then, one after another, the
    score that is farthest from all that are kept. Each field is divided by its range; of equally far ones, the first.
    """
    if len(scores) <= most:
        return tuple(range(len(scores)))
    fewest = min(score.untreated for score in scores)
    best = [number for number, score in enumerate(scores) if score.untreated == fewest]
    kept = list(dict.fromkeys(min(best, key=lambda number: (end(scores[number]), number)) for end in ENDS))[:most]
    table = _scale(scores)
    pool = best if len(best) >= most else list(range(len(scores)))
    distance = np.full(len(scores), np.inf)
    closed = np.setdiff1d(np.arange(len(scores)), pool)
    for number in kept:
        distance = np.minimum(distance, _measure(table, number))
    while len(kept) < most:
        distance[closed] = -1
        distance[kept] = -1
        number = int(distance.argmax())
        kept.append(number)
        distance = np.minimum(distance, _measure(table, number))
    return tuple(sorted(kept))


def find_worth(scores: Sequence[Score], requirement: Requirement) -> tuple[int, ...]:
    """Return the numbers of the scores that are worth showing, ascending.

    A remnant that is too small, and too small to make it grow, is shown only where no larger one leaves as few lesions
    untreated.
    """
    ends = (requirement.surely_ml, requirement.floor_ml)
    least = 0.0 if requirement.floor_ml is None else min(end for end in ends if end is not None)
    fewest = min((score.untreated for score in scores if score.remnant_ml >= least), default=None)
    return tuple(
        number
        for number, score in enumerate(scores)
        if fewest is None or score.remnant_ml >= least or score.untreated < fewest
    )


def _scale(scores: Sequence[Score]) -> NDArray[np.float64]:
    table = np.array([astuple(score) for score in scores], dtype=np.float64)
    span = table.max(axis=0) - table.min(axis=0)
    return np.asarray(table / np.where(span > 0, span, 1.0))


def _measure(table: NDArray[np.float64], number: int) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(table - table[number], axis=1))
