"""What must hold for every input: knowledge never overturns what is settled, and its absence never makes eligible."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.rules import Catalogue, assess
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.expressions import LESION, Compare
from pipeline.rules.model import InputSpec
from pipeline.rules.readings import check_lesions
from pipeline.rules.terms import FirstKnown
from pipeline.verdict import Kind, Outcome, Truth
from tests.rules.patients import BOUNDS
from tests.rules.test_shipped_rules import CATALOGUE, PROFILES

SETTINGS = settings(max_examples=80, deadline=None, derandomize=True)
PREFERRED = {
    "functional_to_estimated_liver_percent",
    *("alt_uln_u_l", "ast_uln_u_l", "alp_uln_u_l", "ggt_uln_u_l", "cea_uln_ng_ml"),
    *(
        name
        for nodes in CATALOGUE.under("consensus").conditions.values()
        for node in nodes
        if isinstance(node, Compare) and isinstance(node.input, FirstKnown)
        for name in node.input.first_known[:-1]
    ),
}
"""Inputs with a stand-in while they are missing: those before others in ``first_known``, usual upper limits."""
NUMBERS = (0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 12.0, 20.0, 25.0, 30.0, 40.0, 50.0, 65.0, 100.0, 500.0, 1000.0)
FRIENDLY = {
    "ecog": 0.0,
    "asa": 1.0,
    "lesion_count": 2.0,
    "primary_type": "colorectal",
    "extrahepatic_disease": "none",
    "recist_response": "PR",
}


def value_of(draw: random.Random, name: str, spec: InputSpec) -> Quantity:
    if name in FRIENDLY and draw.random() < 0.7:
        friendly = FRIENDLY[name]
        return Fact(name, friendly) if isinstance(friendly, str) else Measurement(name, friendly, spec.unit)
    if spec.type == "truth":
        return Fact(name, draw.random() < 0.5)
    if spec.type == "words":
        return Fact(name, ())
    if spec.type == "word":
        return Fact(name, draw.choice(spec.words or ("colorectal", "breast", "lung", "neuroendocrine")))
    low, high = spec.range
    fitting = [x for x in NUMBERS if (low is None or x >= low) and (high is None or x <= high)]
    value = draw.choice(fitting)
    if draw.random() < 0.3 and spec.type == "number":
        return Measurement(name, value, spec.unit, value * 0.9, value * 1.1)
    return Measurement(name, value, spec.unit)


def all_known(draw: random.Random) -> Inputs:
    """Return a study in which every input of the catalogue is known."""
    specs = CATALOGUE.inputs
    study = {name: value_of(draw, name, spec) for name, spec in specs.items() if not name.startswith(LESION)}
    lesions = {
        f"L{n}": {
            name.removeprefix(LESION): value_of(draw, name, spec)
            for name, spec in specs.items()
            if name.startswith(LESION)
        }
        for n in range(draw.randint(1, 3))
    }
    study["lesion_state"] = Fact("lesion_state", "found")
    for name, bound in sorted(BOUNDS):
        if name in study:
            study.pop(bound, None)
    study["functional_to_estimated_liver_percent"] = bound_of(study["standardized_remnant_percent"])
    study["lesion_count"] = Measurement("lesion_count", float(len(lesions)), "1")
    return Inputs(study, lesions)


def bound_of(remnant: Quantity) -> Measurement:
    """Return a whole functional liver that is not smaller than the remnant, as it is in every real study."""
    assert isinstance(remnant, Measurement)
    assert remnant.value is not None
    return Measurement("functional_to_estimated_liver_percent", (remnant.high or remnant.value) + 5.0, "%")


def without(draw: random.Random, inputs: Inputs, share: float) -> Inputs:
    """Return the study with a share of its knowledge taken away."""
    study = {name: value for name, value in inputs.study.items() if draw.random() > share}
    lesions = {
        lesion: {name: value for name, value in own.items() if draw.random() > share / 3}
        for lesion, own in inputs.lesions.items()
    }
    return Inputs(study, lesions)


def is_settled(outcome: Outcome, soft_open: bool, soft_failed: bool) -> bool:
    """Tell whether an outcome does not wait for anything: eligible with open soft rules does, as the catalogue says."""
    if outcome is Outcome.ELIGIBLE:
        return not soft_open
    return outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_ELIGIBLE) or (outcome is Outcome.CONDITIONAL and soft_failed)


def state_of(inputs: Inputs, profile: str) -> dict[str, tuple[Outcome, bool, dict[str, Truth]]]:
    view = CATALOGUE.under(profile)
    ev = Evaluation(view, check_lesions(inputs, view.inputs))
    found = {}
    for treatment in view.treatments:
        votes = ev.votes(treatment.id)
        soft = [vote.answer.truth for vote in votes if vote.kind is Kind.SOFT]
        outcome = ev.find_outcome(treatment.id)
        settled = is_settled(outcome, Truth.INDETERMINATE in soft, Truth.NOT_MET in soft)
        found[treatment.id] = (outcome, settled, {vote.rule: vote.answer.truth for vote in votes})
    return found


@SETTINGS
@given(st.integers(0, 10**9), st.sampled_from(PROFILES))
def test_supplying_a_missing_value_never_overturns_what_is_settled(seed: int, profile: str) -> None:
    """Whatever is settled with less knowledge stays so with more; only the preferred remnant index may take over."""
    draw = random.Random(seed)
    full = all_known(draw)
    part = without(draw, full, draw.choice([0.1, 0.3, 0.6]))
    kept = {name: value for name, value in full.study.items() if name not in PREFERRED or name in part.study}
    before, after = state_of(part, profile), state_of(replace(full, study=kept), profile)
    for treatment, (outcome, settled, truths) in before.items():
        if settled:
            assert after[treatment][0] is outcome
        for rule, truth in truths.items():
            if truth in (Truth.MET, Truth.NOT_MET):
                assert after[treatment][2][rule] in (truth, Truth.NOT_APPLICABLE)
                assert truth is Truth.MET or after[treatment][2][rule] is Truth.NOT_MET


@pytest.mark.hazard("M23")
@SETTINGS
@given(st.integers(0, 10**9), st.sampled_from(PROFILES))
def test_an_eligible_verdict_needs_every_hard_and_safety_rule(seed: int, profile: str) -> None:
    """Eligible means: no hard and no safety rule is open; taking knowledge away never makes a treatment eligible."""
    draw = random.Random(seed)
    full = all_known(draw)
    part = without(draw, full, draw.choice([0.02, 0.1, 0.3]))
    before, after = state_of(full, profile), state_of(part, profile)
    for treatment, (outcome, _, truths) in after.items():
        if outcome is Outcome.ELIGIBLE:
            for rule, kind in CATALOGUE.under(profile).deciding[treatment]:
                if kind is Kind.HARD or rule.safety:
                    assert truths[rule.id] in (Truth.MET, Truth.NOT_APPLICABLE)
            assert before[treatment][0] in (Outcome.ELIGIBLE, Outcome.CONDITIONAL) or part.study.keys().isdisjoint(
                PREFERRED
            )


@SETTINGS
@given(st.integers(0, 10**9))
def test_what_the_conservative_profile_allows_the_expansive_allows(seed: int) -> None:
    """For ablation and radiotherapy, whose thresholds the catalogue orders: a stricter profile never allows more."""
    inputs = without(random.Random(seed), all_known(random.Random(seed)), 0.05)
    strict, wide = state_of(inputs, "conservative"), state_of(inputs, "expansive")
    for treatment in ("ablation_rfa", "ablation_mwa", "sbrt"):
        if strict[treatment][0] in (Outcome.ELIGIBLE, Outcome.CONDITIONAL):
            assert wide[treatment][0] in (Outcome.ELIGIBLE, Outcome.CONDITIONAL)


def eligible_for_ablation() -> Inputs:
    facts = {
        "lesion_state": "found",
        "primary_type": "colorectal",
        "extrahepatic_disease": "none",
        "all_disease_treatable": True,
        "uncontrolled_infection": False,
        "biliary_stent_or_anastomosis": False,
        "ascites": "none",
    }
    numbers = {
        "lesion_count": 1.0,
        "tumour_burden_percent": 5.0,
        "ecog": 0.0,
        "asa": 1.0,
        "inr": 1.0,
        "platelets_10e9_l": 200.0,
        "life_expectancy_weeks": 100.0,
        "bilirubin_total_mg_dl": 0.5,
        "albumin_g_l": 42.0,
        "encephalopathy_grade": 0.0,
        "chemo_lines": 1.0,
    }
    lesion = {
        "longest_diameter_mm": 20.0,
        "dist_vessel_ge3mm_mm": 30.0,
        "dist_central_bile_duct_mm": 30.0,
        "dist_bowel_or_gallbladder_mm": 30.0,
        "dist_heart_or_diaphragm_mm": 30.0,
    }
    units = {name: spec.unit for name, spec in CATALOGUE.inputs.items()}
    study: dict[str, Quantity] = {name: Fact(name, value) for name, value in facts.items()}
    study |= {name: Measurement(name, value, units[name]) for name, value in numbers.items()}
    study["prior_liver_treatments"] = Fact("prior_liver_treatments", ())
    own = {name: Measurement(name, value, units[LESION + name]) for name, value in lesion.items()}
    return Inputs(study, {"L1": own})


@pytest.mark.hazard("M23")
def test_each_missing_fact_alone_keeps_ablation_from_being_eligible(catalogue: Catalogue) -> None:
    """An ideal case is eligible; without any one input of a hard rule it is open, of a safety rule conditional."""
    full = eligible_for_ablation()
    assert assess(catalogue, "consensus", full).verdicts[2].outcome is Outcome.ELIGIBLE
    view = catalogue.under("consensus")
    rules = view.deciding["ablation_mwa"]
    hard = frozenset().union(*(view.reads[rule.id] for rule, kind in rules if kind is Kind.HARD))
    safety = frozenset().union(*(view.reads[rule.id] for rule, _ in rules if rule.safety))
    optional = {"anticoagulation_stoppable", "net_grade"}
    for name in sorted((hard | safety) - optional):
        study = {other: value for other, value in full.study.items() if other != name}
        own = {other: value for other, value in full.lesions["L1"].items() if LESION + other != name}
        verdict = assess(catalogue, "consensus", Inputs(study, {"L1": own})).verdicts[2]
        wanted = Outcome.INDETERMINATE if name in hard else Outcome.CONDITIONAL
        assert verdict.outcome is wanted, name
        assert any(one.name == name for one in verdict.missing)


def test_a_study_with_many_lesions_is_judged_quickly(catalogue: Catalogue) -> None:
    """Twenty-five lesions with every input known, many borderline, are judged in a small part of a second."""
    from time import process_time

    draw = random.Random(3)
    base = all_known(draw)
    own = {
        f"L{n}": {name: replace(value) for name, value in base.lesions["L0"].items()}
        | {"longest_diameter_mm": Measurement("longest_diameter_mm", 28.0 + n, "mm", 26.0 + n, 30.0 + n)}
        for n in range(25)
    }
    study = {**base.study, "lesion_count": Measurement("lesion_count", 25.0, "1", 25, 26)}
    inputs = Inputs(study, own)
    took = []
    for _ in range(3):
        start = process_time()
        assess(catalogue, "consensus", inputs)
        took.append(process_time() - start)
    assert min(took) < 0.5
