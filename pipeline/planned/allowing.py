"""Which sets of parts the rules allow to be removed: hard rules on the plan that depend on the parts alone."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.ground import Part
from pipeline.measurement import Fact
from pipeline.measures.plan_extent import NAMES, derive_plan_facts
from pipeline.measures.resection_plan import LIST
from pipeline.outcome import Kind, Truth
from pipeline.resection import Resections
from pipeline.rules.compiled import Run
from pipeline.rules.readings import Key, Value


class Allowed:
    """Answers whether a set of parts may be removed, each number of preserved segments asked once.

    Parameters
    ----------
    run
        The rules, answered for the study.
    treatment
        The treatment whose hard rules are asked.
    """

    def __init__(self, run: Run, treatment: str, parts: Iterable[Part], resections: Resections) -> None:
        rules = run.network.rules
        self._run = run
        self._resections = resections
        self._segments = {part.name: part.segments for part in parts}
        self._rules = tuple(
            rule.id
            for rule, kind in rules.deciding[treatment]
            if kind is Kind.HARD and rule.scope == "plan" and rules.reads[rule.id] <= set(NAMES)
        )
        self._known: dict[tuple[tuple[Key, Value | None], ...], bool] = {}

    def __call__(self, parts: tuple[str, ...]) -> bool:
        """Tell whether no hard rule on the parts alone is not met; wedges alone take no part."""
        if not parts or not self._rules:
            return True
        segments = [each for name in parts for each in self._segments[name]]
        supposed = tuple(((fact.name, None), fact.value) for fact in find_extent(segments, self._resections).values())
        if supposed not in self._known:
            undo = self._run.put({key: value for key, value in supposed if not isinstance(value, tuple)})
            self._known[supposed] = all(self._run.truth(rule) is not Truth.NOT_MET for rule in self._rules)
            self._run.take_back(undo)
        return self._known[supposed]


def find_extent(segments: Iterable[str], resections: Resections) -> dict[str, Fact]:
    """Return the facts of extent of removing segments (``pipeline.measures.plan_extent``), by their names."""
    planned = Fact(LIST, tuple(segments), source="segments that the plan removes")
    found = derive_plan_facts({LIST: planned}, resections)
    return {name: found[name] for name in NAMES if name in found}
