"""Compiled rules answer what the evaluation of expressions answers, for any rules, studies and suppositions."""

from __future__ import annotations

import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measurement import Inputs
from pipeline.rules import Catalogue, assess
from pipeline.rules.catalogue import ProfileRules
from pipeline.rules.compiled.truths import CODES, WHOLE
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.outcomes import find_outcomes, find_settled, run_rules
from pipeline.rules.readings import Key, Value, check_lesions
from pipeline.verdict import Outcome
from tests.rules.random_rules import NAMES, catalogue_of, inputs_from
from tests.rules.test_properties import all_known, without
from tests.rules.test_shipped_rules import CATALOGUE, PROFILES

SETTINGS = settings(max_examples=150, deadline=None, derandomize=True)


def evaluate(rules: ProfileRules, inputs: Inputs) -> Evaluation:
    return Evaluation(rules, check_lesions(inputs, rules.inputs))


def outcomes_of(ev: Evaluation) -> dict[str, Outcome]:
    return {each.id: ev.find_outcome(each.id) for each in ev.rules.treatments}


def truths_of(rules: ProfileRules, inputs: Inputs) -> tuple[dict[str, int], dict[str, int]]:
    """Return the truth of every deciding rule: as evaluated, and as compiled."""
    ev, run = evaluate(rules, inputs), run_rules(rules, inputs)
    decided = {rule.id for name in run.outcomes() for rule, _ in rules.deciding[name]}
    units = {name: unit for unit, name in run.network.rule_of.items() if name in decided}
    evaluated = {name: CODES[ev.answer_rule(name).truth] for name in units}
    return evaluated, {name: run.values[unit][WHOLE] >> 2 for name, unit in units.items()}


def suppose_any(draw: random.Random, ev: Evaluation) -> dict[Key, Value]:
    """Return other values for one to three inputs."""
    choices: list[tuple[Key, Value]] = [((name, None), float(draw.choice([0, 9, 10, 20, 30, 45]))) for name in NAMES]
    choices += [(("word", None), draw.choice(["red", "green"])), (("truth", None), draw.random() < 0.5)]
    choices += [(("words", None), ("x",)), (("n", None), float(draw.randint(0, 4)))]
    choices += [(("lesion.d", lesion), float(draw.choice([0, 15, 30, 60]))) for lesion in ev.inputs.lesions]
    return dict(draw.sample(choices, draw.randint(1, 3)))


@pytest.mark.hazard("M36")
@SETTINGS
@given(st.integers(0, 10**7))
def test_any_rules_answer_the_same_compiled(seed: int) -> None:
    """Every rule and every outcome, over random rules in everything that the language can say."""
    draw = random.Random(seed)
    rules = catalogue_of(draw).under("base")
    for _ in range(3):
        inputs = inputs_from(draw, draw.choice([0.0, 0.2, 0.6]))
        assert find_outcomes(rules, inputs) == outcomes_of(evaluate(rules, inputs))
        evaluated, compiled = truths_of(rules, inputs)
        assert compiled == evaluated


@pytest.mark.hazard("M36")
@SETTINGS
@given(st.integers(0, 10**7))
def test_a_supposition_gives_what_a_study_with_these_values_gives(seed: int) -> None:
    """What changes is followed to every outcome that depends on it, and all of it is taken back."""
    draw = random.Random(seed)
    rules = catalogue_of(draw).under("base")
    ev, run = evaluate(rules, inputs := inputs_from(draw)), run_rules(rules, inputs)
    before = [list(each) for each in run.values]
    for _ in range(6):
        supposed = suppose_any(draw, ev)
        expected = outcomes_of(ev.suppose(supposed))
        assert {**run.outcomes(), **run.suppose(supposed)} == expected
        assert run.values == before


@SETTINGS
@given(st.integers(0, 10**9), st.sampled_from(PROFILES), st.sampled_from([0.0, 0.1, 0.3, 0.7]))
def test_the_shipped_rules_answer_the_same_compiled(seed: int, profile: str, share: float) -> None:
    """All treatments under every profile, for studies of which a share is not known."""
    draw = random.Random(seed)
    inputs = without(draw, all_known(draw), share)
    rules = CATALOGUE.under(profile)
    assert find_outcomes(rules, inputs) == outcomes_of(evaluate(rules, inputs))
    evaluated, compiled = truths_of(rules, inputs)
    assert compiled == evaluated


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 10**9), st.sampled_from(PROFILES))
def test_what_decides_is_what_the_verdicts_say(seed: int, profile: str) -> None:
    """Outcome and deciding rules of every treatment, as in the verdicts with all their words."""
    draw = random.Random(seed)
    inputs = without(draw, all_known(draw), draw.choice([0.0, 0.2, 0.6]))
    run = run_rules(CATALOGUE.under(profile), inputs)
    for verdict in assess(CATALOGUE, profile, inputs).verdicts:
        assert find_settled(run, verdict.treatment) == (verdict.outcome, verdict.decided_by)


def test_a_study_of_which_nothing_is_known(catalogue: Catalogue) -> None:
    """Without lesions, without a record: the same outcomes, none of them eligible."""
    for inputs in (Inputs({}, {}, False, "GONE: no lesion mask"), Inputs({}, {}, True)):
        rules = catalogue.under("consensus")
        found = find_outcomes(rules, inputs)
        assert found == outcomes_of(evaluate(rules, inputs))
        assert Outcome.ELIGIBLE not in found.values()


def test_rules_that_were_compiled_can_be_sent_to_other_processes(catalogue: Catalogue) -> None:
    """A catalogue that was used is pickled without what was worked out from it, and answers the same."""
    rules = catalogue.under("consensus")
    inputs = all_known(random.Random(1))
    found = find_outcomes(rules, inputs)
    assert find_outcomes(pickle.loads(pickle.dumps(rules)), inputs) == found
