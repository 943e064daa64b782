"""The values of an input between which answers can differ: at each threshold it meets, between them, beyond them."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline.rules.expressions import Compare, Words
from pipeline.rules.input_names import compared_names
from pipeline.rules.readings import Value
from pipeline.rules.terms import ByInput

if TYPE_CHECKING:
    from pipeline.rules.catalogue import ProfileRules
    from pipeline.rules.evaluation import Evaluation
    from pipeline.rules.model import InputSpec


def find_cuts(ev: Evaluation, treatment: str) -> Mapping[str, frozenset[float]]:
    """Return the thresholds that each number meets on the way to an outcome, those that other inputs set among them."""
    relative = _relative_cuts(ev, treatment)
    fixed = ev.rules.cuts[treatment]
    return {name: fixed.get(name, frozenset()) | relative.get(name, set()) for name in {**fixed, **relative}}


def _relative_cuts(ev: Evaluation, treatment: str) -> dict[str, set[float]]:
    """Return the thresholds that are a multiple of another input; for that one, where it meets what is compared."""
    found: dict[str, set[float]] = {}
    for id_ in ev.rules.deciders[treatment]:
        rule = ev.rules.rules[id_]
        for node in ev.rules.conditions[id_]:
            if isinstance(node, Compare) and isinstance(node.threshold, ByInput):
                _add_relative(ev, node.threshold, compared_names(rule, node), found)
    return found


def _add_relative(ev: Evaluation, threshold: ByInput, names: Iterable[str], found: dict[str, set[float]]) -> None:
    held = ev.read(threshold.of).number
    limits = [limit for limit in (held, threshold.otherwise if held is None else None) if limit is not None]
    for name in names:
        found.setdefault(name, set()).update(limit * threshold.times for limit in limits)
        if name.startswith("sum:") or threshold.times == 0:
            continue
        values = (ev.read(*key).number for key in ev.keys(name))
        found.setdefault(threshold.of, set()).update(value / threshold.times for value in values if value is not None)


def find_words(rules: ProfileRules) -> Mapping[str, tuple[str, ...]]:
    """Return the words that criteria ask of each input, in their order; words for *not known* are none."""
    found: dict[str, dict[str, None]] = {}
    for nodes in rules.conditions.values():
        for node in nodes:
            if isinstance(node, Words):
                words = found.setdefault(node.input, {})
                words.update((word, None) for word in node.accepted if isinstance(word, str))
    unknown = find_unknown(rules)
    return {name: tuple(word for word in words if word not in unknown.get(name, ())) for name, words in found.items()}


def find_unknown(rules: ProfileRules) -> Mapping[str, frozenset[str]]:
    """Return for each input the words that some criterion takes for *not known*."""
    found: dict[str, frozenset[str]] = {}
    for node in (node for nodes in rules.conditions.values() for node in nodes):
        if isinstance(node, Words) and node.unknown:
            found[node.input] = found.get(node.input, frozenset()).union(node.unknown)
    return found


def list_values(spec: InputSpec, asked: tuple[str, ...], unknown: Container[str] = ()) -> tuple[Value, ...]:
    """Return what an input that is no number can be, as far as criteria tell it apart; never a word for *not known*.

    Of the words that no criterion asks for, one stands for all.
    """
    if spec.type == "truth":
        return (True, False)
    others = [word for word in spec.words if word not in asked and word not in unknown][:1]
    if spec.type == "words":
        return ((), *((word,) for word in asked))
    return (*asked, *others)


def cells_of(spec: InputSpec, cuts: Iterable[float]) -> tuple[float, ...]:
    """Return one number for each stretch of an input's range in which no comparison changes, in rising order."""
    low, high = spec.range
    inside = sorted(cut for cut in set(cuts) if (low is None or cut >= low) and (high is None or cut <= high))
    if spec.type == "integer":
        return _whole_cells(low, high, inside)
    first = low if low is not None else min(inside, default=0.0) - 1.0
    last = high if high is not None else max([*inside, first]) * 2 + 1.0
    marks = list(dict.fromkeys([first, *inside, last]))
    between = {(one + other) / 2 for one, other in pairwise(marks)}
    return tuple(sorted({*marks, *between}))


def _whole_cells(low: float | None, high: float | None, inside: list[float]) -> tuple[float, ...]:
    near = {math.floor(cut) + step for cut in inside for step in (-1, 0, 1, 2)}
    ends = {
        math.ceil(low) if low is not None else min(near, default=0) - 1,
        math.floor(high) if high is not None else None,
    }
    numbers = near | {end for end in ends if end is not None}
    fitting = (one for one in numbers if (low is None or one >= low) and (high is None or one <= high))
    return tuple(float(one) for one in sorted(fitting))
