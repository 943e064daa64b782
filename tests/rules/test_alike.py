"""Profiles share the answers that are the same under both, and no others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.rules import draw_study
from pipeline.measurement import Measurement
from pipeline.rules.assessment import evaluate
from pipeline.rules.evaluation import Evaluation
from tests.rules.test_shipped_rules import CATALOGUE

PROFILES = tuple(CATALOGUE.profiles)


def answers_of(ev: Evaluation) -> dict[str, object]:
    """Return the truth of every rule and what is possible of it, and what is left of every class."""
    classes = {id_: ev.find_classes(id_) for id_, rule in ev.rules.rules.items() if rule.classes or rule.points}
    return {
        **{id_: ev.answer_rule(id_) for id_ in ev.rules.rules},
        **{f"class {id_}": it for id_, it in classes.items()},
    }


@pytest.mark.parametrize("seed", range(6))
def test_answers_shared_between_profiles_are_those_given_alone(seed: int) -> None:
    """Asked beside another profile or by itself, a profile gives every rule the same answer."""
    study = draw_study(CATALOGUE, seed, 4)
    other = replace(
        study, study={**study.study, "remnant_percent": Measurement("remnant_percent", 31.0, "%", 29.0, 33.0)}
    )
    for first in PROFILES[:2]:
        twin = evaluate(CATALOGUE, first, study)
        for second in PROFILES:
            for inputs in (study, other):
                beside = evaluate(CATALOGUE, second, inputs, twin)
                assert answers_of(beside) == answers_of(evaluate(CATALOGUE, second, inputs))


def test_a_rule_with_another_threshold_is_not_shared() -> None:
    """What differs between two profiles is asked of each; most is not."""
    one, two = (CATALOGUE.under(name) for name in PROFILES[:2])
    differing = {name for name, each in one.parameters.items() if each.value != two.parameters[name].value}
    shared = one.alike(two)
    for id_ in shared:
        asked = " ".join(repr(node) for node in one.conditions[id_])
        assert not [name for name in differing if f"parameter='{name}'" in asked]
    assert 0.5 * len(one.rules) < len(shared) < len(one.rules)
