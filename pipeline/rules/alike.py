"""Which rules answer alike under two profiles, so that they need to be asked only once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.measurement import Inputs, Quantity
from pipeline.rules.catalogue import ProfileRules
from pipeline.rules.confidence import parameters_of
from pipeline.rules.expressions import LESION, VerdictIs

if TYPE_CHECKING:
    from pipeline.rules.evaluation import Evaluation


def find_alike(twin: Evaluation, rules: ProfileRules, inputs: Inputs) -> frozenset[str]:
    """Return the rules that answer under a profile as they do in another profile's evaluation.

    They are those that ask the same with the same words and numbers, as do all rules they refer to, and that read only
    inputs that are the same. Verdicts that are given, and suppositions, are not looked at: there must be none.
    """
    other = twin.inputs
    if (inputs.lesions_known, inputs.lesions_reason) != (other.lesions_known, other.lesions_reason):
        return frozenset()
    if list(inputs.lesions) != list(other.lesions):
        return frozenset()
    changed = _find_changed(inputs, other)
    return frozenset(id_ for id_ in rules.alike(twin.rules) if changed.isdisjoint(rules.reads[id_]))


def _find_changed(inputs: Inputs, other: Inputs) -> frozenset[str]:
    """Return the names of the inputs that are not the same, as rules write them."""
    found = _differing(inputs.study, other.study)
    for lesion, held in inputs.lesions.items():
        found |= {LESION + name for name in _differing(held, other.lesions[lesion])}
    return frozenset(found)


def _differing(held: Mapping[str, Quantity], other: Mapping[str, Quantity]) -> set[str]:
    if held is other:
        return set()
    pairs = ((name, held.get(name), other.get(name)) for name in {**held, **other})
    return {name for name, one, two in pairs if one is not two and one != two}


def compare_rules(rules: ProfileRules, other: ProfileRules) -> frozenset[str]:
    """Return the rules that ask the same under two profiles, as do all rules that they refer to."""
    same = {id_ for id_ in rules.rules if id_ in other.rules and _asks_same(id_, rules, other)}
    return frozenset(id_ for id_ in same if rules.closure[id_] <= same)


def _asks_same(id_: str, rules: ProfileRules, other: ProfileRules) -> bool:
    """Tell whether a rule asks with the same words and numbers under two profiles."""
    rule = rules.rules[id_]
    if rule is not other.rules[id_]:
        return False
    for name in parameters_of(rules, rule):
        one, two = rules.parameters[name], other.parameters[name]
        if (one.value, one.strict) != (two.value, two.strict) or type(one.value) is not type(two.value):
            return False
    verdicts = {node.verdict for node in rules.conditions[id_] if isinstance(node, VerdictIs)}
    return all(rules.deciding[name] == other.deciding[name] for name in verdicts)
