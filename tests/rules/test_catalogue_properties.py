"""What must hold over the whole shipped catalogue: order of the profiles, and knowledge that overturns nothing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measurement import Inputs
from pipeline.verdict import Outcome, Truth
from tests.rules.patients import NEEDED, patient_for
from tests.rules.test_properties import PREFERRED, state_of, without
from tests.rules.test_shipped_rules import CATALOGUE, PROFILES

ALLOWED = (Outcome.ELIGIBLE, Outcome.CONDITIONAL)
ORDER = (("conservative", "consensus"), ("consensus", "expansive"))
LESS_IS_POSSIBLE = "asked only where something else is not possible, and a stricter profile finds less of that possible"
INDICATIONS = {
    "portal_vein_embolization": ({"HYP-01"}, LESS_IS_POSSIBLE),
    "liver_venous_deprivation": ({"HYP-01"}, LESS_IS_POSSIBLE),
    "alpps": ({"HYP-01"}, LESS_IS_POSSIBLE),
    "two_stage_hepatectomy": ({"STR-02"}, LESS_IS_POSSIBLE),
    "ire": ({"IRE-02"}, LESS_IS_POSSIBLE),
    "sirt": ({"SIR-01"}, LESS_IS_POSSIBLE),
    "tace": ({"TAC-01"}, LESS_IS_POSSIBLE),
    "hai": ({"HAI-01"}, LESS_IS_POSSIBLE),
    "php": ({"PHP-01"}, LESS_IS_POSSIBLE),
    "transplantation_crc": ({"LTX-01"}, LESS_IS_POSSIBLE),
}
"""Treatments that a stricter profile may allow where a wider one does not, the rule that may be why, and the reason."""
SETTINGS = settings(max_examples=200, deadline=None, derandomize=True)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 10**9))
@pytest.mark.parametrize("treatment", sorted(NEEDED))
def test_what_a_stricter_profile_allows_a_wider_one_allows(treatment: str, seed: int) -> None:
    """Conservative, consensus, expansive: each allows what the one before does, save for the lack of something else."""
    inputs = patient_for(random.Random(seed), treatment)
    states = {profile: state_of(inputs, profile) for profile in ("conservative", "consensus", "expansive")}
    for strict, wide in ORDER:
        for name, (outcome, _, before) in states[strict].items():
            if outcome in ALLOWED and states[wide][name][0] not in ALLOWED:
                after = states[wide][name][2]
                changed = {
                    rule for rule, truth in after.items() if truth is not Truth.MET and before.get(rule) is not truth
                }
                assert changed & INDICATIONS.get(name, (set(), ""))[0], (name, strict, wide, sorted(changed))


@pytest.mark.parametrize("treatment", sorted(NEEDED))
def test_patients_near_the_edge_are_allowed_now_and_then(treatment: str) -> None:
    """The tests above and below would say nothing of a treatment that no such patient may have."""
    for seed in range(100):
        if state_of(patient_for(random.Random(seed), treatment), "consensus")[treatment][0] in ALLOWED:
            return
    raise AssertionError(treatment)


def test_every_exception_to_the_order_of_profiles_has_a_rule_and_a_reason() -> None:
    """Exceptions name treatments and rules that exist."""
    ids = {rule.id for rule in CATALOGUE.rules}
    for name, (rules, reason) in INDICATIONS.items():
        assert name in NEEDED
        assert rules <= ids
        assert len(reason) > 20


@SETTINGS
@given(st.integers(0, 10**9), st.sampled_from(PROFILES), st.sampled_from(sorted(NEEDED)))
def test_supplying_a_missing_value_overturns_no_settled_verdict(seed: int, profile: str, treatment: str) -> None:
    """Near the edge of each treatment: whatever is settled with less knowledge stays so with more."""
    draw = random.Random(seed)
    full = patient_for(draw, treatment)
    part = without(draw, full, draw.choice([0.1, 0.3, 0.6]))
    kept = {name: value for name, value in full.study.items() if name not in PREFERRED or name in part.study}
    before = state_of(part, profile)
    after = state_of(Inputs(kept, full.lesions), profile)
    for name, (outcome, settled, truths) in before.items():
        if settled:
            assert after[name][0] is outcome, name
        for rule, truth in truths.items():
            if truth is Truth.NOT_MET:
                assert after[name][2][rule] in (Truth.NOT_MET, Truth.NOT_APPLICABLE), rule
            if truth is Truth.MET:
                assert after[name][2][rule] in (Truth.MET, Truth.NOT_APPLICABLE), rule
