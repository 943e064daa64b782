"""Whether a verdict would change anywhere inside the intervals of its inputs, varied together.

The thresholds that lie inside the interval of an input cut it into cells; inside a cell no comparison changes. While
there are few cells, each combination of cells is answered exactly. Where there are many, the sets of truths that each
rule can give are combined: that may name an outcome too many, never one too few.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from pipeline.rules.evaluation import Evaluation
from pipeline.rules.operands import sum_over_lesions
from pipeline.rules.readings import Key, Reading
from pipeline.rules.votes import find_possible_outcomes
from pipeline.verdict import Outcome

MOST_COMBINATIONS = 128
"""Combinations of cells that are answered one by one; beyond, sets are combined."""


def find_possible(ev: Evaluation, treatment: str, outcome: Outcome) -> tuple[Outcome, ...]:
    """Return every outcome that can occur inside the intervals, the present one among them, in their order."""
    found = combine_sets_of(ev, treatment)
    if found <= {outcome}:
        return (outcome,)
    cells = tuple(find_cells(ev, treatment))
    if math.prod(len(values) for _, values in cells) <= MOST_COMBINATIONS:
        found = ev.trials.explore(cells)[treatment]
    return tuple(other for other in Outcome if other in found or other is outcome)


def combine_sets_of(ev: Evaluation, treatment: str) -> set[Outcome]:
    """Return every outcome that some choice of one possible truth for each rule gives: none too few."""
    return set(find_possible_outcomes((vote, vote.answer.possible) for vote in ev.votes(treatment)))


def find_cells(ev: Evaluation, treatment: str) -> Iterable[tuple[Key, tuple[float, ...]]]:
    """Return one value for each cell of every input that has a threshold inside its interval."""
    for name, thresholds in sorted(ev.trials.cuts_of[treatment].items()):
        for key, reading in _read_all(ev, name):
            inside = _cuts_inside(reading, thresholds)
            if inside:
                yield key, _pick_values(ev, reading, inside)


def _read_all(ev: Evaluation, name: str) -> list[tuple[Key, Reading]]:
    if name.startswith("sum:"):
        if not ev.inputs.lesions_known or not ev.inputs.lesions:
            return []
        return [((name, None), sum_over_lesions(ev, name.removeprefix("sum:")))]
    return [(key, ev.read(*key)) for key in ev.keys(name)]


def _cuts_inside(reading: Reading, thresholds: Iterable[float]) -> list[float]:
    low, high = _interval(reading)
    return sorted(cut for cut in thresholds if low <= cut <= high) if low < high else []


def _interval(reading: Reading) -> tuple[float, float]:
    """Return the interval of a known number; an empty one for anything else."""
    number = reading.number
    if number is None:
        return math.inf, -math.inf
    low = number if reading.low is None else min(reading.low, number)
    return low, number if reading.high is None else max(reading.high, number)


def _pick_values(ev: Evaluation, reading: Reading, inside: list[float]) -> tuple[float, ...]:
    """Return the thresholds themselves, and one value from each stretch between them and the ends."""
    low, high = _interval(reading)
    if ev.rules.inputs[reading.name].type == "integer":
        return _pick_whole(low, high, inside)
    stretches = pairwise([low, *inside, high])
    between = [(start + end) / 2 for start, end in stretches if start < end]
    return tuple(dict.fromkeys([low, *inside, *between, high]))


def _pick_whole(low: float, high: float, inside: list[float]) -> tuple[float, ...]:
    """Return whole numbers inside the interval: its ends, and those at and beside each threshold."""
    first, last = math.ceil(low), math.floor(high)
    near = {math.floor(cut) + step for cut in inside for step in (-1, 0, 1)}
    return tuple(float(number) for number in sorted({first, last, *near}) if first <= number <= last)
