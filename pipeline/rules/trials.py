"""What outcomes would be if some inputs had other values, each supposition followed once for all treatments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from pipeline.outcome import Outcome
from pipeline.rules.cells import find_cuts, find_unknown, find_words, list_values
from pipeline.rules.compiled import Run
from pipeline.rules.compiled.builder import SUM
from pipeline.rules.readings import Key, Value

if TYPE_CHECKING:
    from pipeline.rules.evaluation import Evaluation
    from pipeline.rules.flips import NumberFlips, WordFlips

Supposed: TypeAlias = tuple[tuple[Key, Value], ...]
"""Inputs and the values that they are supposed to have."""
Cells: TypeAlias = tuple[tuple[Key, tuple[float, ...]], ...]
"""Inputs and the values that each is given in turn."""


class Trials:
    """Suppositions about one study under one profile."""

    def __init__(self, ev: Evaluation) -> None:
        self._ev = ev
        self.run = Run(ev.rules.network, ev.inputs)
        self.now: Mapping[str, Outcome] = self.run.outcomes()
        self._tried: dict[Supposed, Mapping[str, Outcome]] = {}
        self._explored: dict[Cells, Mapping[str, set[Outcome]]] = {}
        self.number_flips: Mapping[str, NumberFlips] | None = None
        self.word_flips: Mapping[str, WordFlips] | None = None

    def outcomes_if(self, supposed: Supposed) -> Mapping[str, Outcome]:
        """Return the outcomes that would be others than now."""
        if supposed not in self._tried:
            self._tried[supposed] = self.run.suppose(dict(supposed))
        return self._tried[supposed]

    def outcome_if(self, supposed: Supposed, treatment: str) -> Outcome:
        """Return what a treatment's outcome would be."""
        return self.outcomes_if(supposed).get(treatment, self.now[treatment])

    def explore(self, cells: Cells) -> Mapping[str, set[Outcome]]:
        """Return every outcome of each treatment that some combination of the values gives."""
        if cells not in self._explored:
            found: dict[str, set[Outcome]] = {name: set() for name in self.now}
            self._combine(cells, found)
            self._explored[cells] = found
        return self._explored[cells]

    def _combine(self, cells: Sequence[tuple[Key, tuple[float, ...]]], found: dict[str, set[Outcome]]) -> None:
        if not cells:
            for name, outcome in self.run.outcomes().items():
                found[name].add(outcome)
            return
        key, values = cells[0]
        for value in values:
            undo = self.run.put({key: value})
            self._combine(cells[1:], found)
            self.run.take_back(undo)

    @cached_property
    def cuts_of(self) -> Mapping[str, Mapping[str, frozenset[float]]]:
        """For each treatment the thresholds that each number meets."""
        return {name: find_cuts(self._ev, name) for name in self.now}

    @cached_property
    def cuts(self) -> Mapping[str, frozenset[float]]:
        """The thresholds that each number meets on the way to any outcome."""
        found: dict[str, frozenset[float]] = {}
        for own in self.cuts_of.values():
            for name, values in own.items():
                found[name] = found.get(name, frozenset()) | values
        return found

    def cuts_at(self, keys: Sequence[Key]) -> frozenset[float]:
        """Return the thresholds that a number meets at some places, given the same value at all of them.

        Where a rule takes the sum over lesions, also the values at which the sum meets its thresholds.
        """
        name = keys[0][0]
        own, sums = self.cuts.get(name, frozenset()), self.cuts.get(SUM + name, frozenset())
        if not sums:
            return own
        others = (self._ev.read(*key).number for key in self._ev.keys(name) if key not in keys)
        rest = sum(number for number in others if number is not None)
        return own | {(cut - rest) / len(keys) for cut in sums}

    def sums(self, name: str) -> bool:
        """Tell whether some outcome depends on the sum of an input over all lesions."""
        return bool(self.cuts.get(SUM + name))

    @cached_property
    def unknown(self) -> Mapping[str, frozenset[str]]:
        """The words of each input that some criterion takes for *not known*."""
        return find_unknown(self._ev.rules)

    def other_values(self, name: str) -> tuple[Value, ...]:
        """Return what an input that is no number can be, as far as criteria tell it apart."""
        return list_values(self._ev.rules.inputs[name], self.words.get(name, ()), self.unknown.get(name, ()))

    @cached_property
    def words(self) -> Mapping[str, tuple[str, ...]]:
        """The words that criteria ask of each input."""
        return find_words(self._ev.rules)
