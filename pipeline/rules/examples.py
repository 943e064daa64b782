"""Run the examples that rules carry: each is a small case with the answer that the rule must give."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.rules.catalogue import Catalogue, ProfileRules
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.expressions import LESION
from pipeline.rules.given import Example, Given, GivenNumber
from pipeline.rules.model import Rule
from pipeline.rules.results import build_result
from pipeline.verdict import Kind


def check_example(catalogue: Catalogue, rule: Rule, example: Example) -> tuple[str, ...]:
    """Return what a rule answers otherwise than its example says; nothing when all is as expected.

    An example without lesions leaves it unknown which there are.
    """
    rules = catalogue.under(example.profile)
    if rule.id not in rules.rules:
        return (f"the rule does not apply under {example.profile}",)
    ev = Evaluation(rules, build_inputs(rules, example), given_verdicts=example.verdicts)
    result = build_result(ev, rule, Kind.NOTE)
    span = ev.find_classes(rule.id).now if rule.classes or rule.points else ()
    points = ev.find_points(rule.id)[:2] if rule.points else None
    tests: tuple[tuple[str, object, object], ...] = (
        ("the answer", example.expect, result.truth),
        ("grade", example.grade or result.grade, result.grade),
        ("borderline", result.borderline if example.borderline is None else example.borderline, result.borderline),
        ("classes", example.classes or span, span),
        ("points", example.points or points, points),
    )
    return tuple(f"{what} should be {_say(wanted)}, but is {_say(got)}" for what, wanted, got in tests if wanted != got)


def _say(value: object) -> str:
    """Return an answer, a grade, classes or points as the example writes them."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def build_inputs(rules: ProfileRules, example: Example) -> Inputs:
    """Return the inputs of an example."""
    study = _build_all(rules, "", example.given)
    lesions = {f"L{n}": _build_all(rules, LESION, given) for n, given in enumerate(example.lesions or (), 1)}
    return Inputs(study, lesions, example.lesions is not None, None)


def _build_all(rules: ProfileRules, prefix: str, given: Mapping[str, Given]) -> dict[str, Quantity]:
    return {name: _build(name, rules.inputs[prefix + name].unit, value) for name, value in given.items()}


def _build(name: str, unit: str, value: Given) -> Quantity:
    if isinstance(value, GivenNumber):
        return Measurement(name, value.value, unit, value.low, value.high)
    if isinstance(value, bool | str | tuple):
        return Fact(name, value)
    return Measurement(name, float(value), unit)
