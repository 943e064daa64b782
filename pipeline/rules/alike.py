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
    return frozenset(id_ for id_ in twin.rules.alike(rules) if changed.isdisjoint(twin.rules.reads[id_]))


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
    names = _differing_names(rules, other)
    differing = {
        id_ for id_, rule in rules.rules.items() if other.rules.get(id_) is not rule or names & rules.settled_by[id_]
    }
    return frozenset(id_ for id_ in rules.rules if id_ not in differing and differing.isdisjoint(rules.closure[id_]))


def list_settling(rules: ProfileRules) -> Mapping[str, frozenset[str]]:
    """Return for each rule the thresholds and choices of the profile it reads itself, and ``verdict.TREATMENT``."""
    return {id_: frozenset((*parameters_of(rules, rule), *_verdicts(rules, id_))) for id_, rule in rules.rules.items()}


def _verdicts(rules: ProfileRules, id_: str) -> list[str]:
    return [f"verdict.{node.verdict}" for node in rules.conditions[id_] if isinstance(node, VerdictIs)]


def _differing_names(rules: ProfileRules, other: ProfileRules) -> frozenset[str]:
    """Return the parameters that are others under two profiles, and the verdicts that other rules decide."""
    pairs = ((name, one, other.parameters[name]) for name, one in rules.parameters.items())
    numbers = {name for name, a, b in pairs if (a.value, a.strict, type(a.value)) != (b.value, b.strict, type(b.value))}
    return frozenset(
        numbers | {f"verdict.{name}" for name, each in rules.deciding.items() if other.deciding[name] != each}
    )
