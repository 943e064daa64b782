"""Every number of the profile table on both sides and exactly at its edge, under every profile, through every rule."""

from __future__ import annotations

import math
from itertools import product

import pytest

from pipeline.rules.evaluation import Evaluation
from pipeline.rules.examples import build_inputs
from pipeline.rules.expressions import LESION
from pipeline.rules.given import Example
from pipeline.rules.results import build_result
from pipeline.verdict import Kind, Truth
from pipeline.writers.rule_entry import parameters_of
from tests.rules.test_shipped_rules import CATALOGUE
from tests.rules.thresholds import HEALTHY, NONE, PROBES, PROFILES, UNUSED, Probe

OF_FORMULAS = {
    *("ablation_ideal_margin_mm", "steatosis_liver_hu", "steatosis_difference_hu", "steatosis_pdff_percent"),
    *("steatosis_moderate_percent", "postmenopausal_age_years", "sparing_bound_margin_mm"),
}
"""Numbers that profiles set for formulas (tests/measures/derived), read by no rule."""
SAME_EVERYWHERE = {"child_pugh_albumin_low_g_l", "spleen_growth_percent", "sbrt_organ_table_fractions"}
"""Numbers that are the same under every profile; the rules' own examples stand on both sides of each."""
BY_POINTS = {"lt_oslo_max"}
"""Compared with points, which a test of its own sets."""
OF_THE_SITE = {name for name in CATALOGUE.parameters if name.startswith("sbrt_max_") and name.endswith("_gy")}
"""Limits that a site supplies; without any they are no limit."""


def ask(probe: Probe, profile: str, value: float) -> tuple[Truth, tuple[str, ...]]:
    """Return a rule's answer and classes with one value of the input and all else given."""
    given, lesions = dict(probe.given), None if probe.lesion is None else [dict(probe.lesion)]
    if probe.input.startswith(LESION):
        assert lesions is not None
        lesions[0][probe.input.removeprefix(LESION)] = value
    else:
        given[probe.input] = value
    example = Example.model_validate(
        {"given": given, "lesions": lesions, "profile": profile, "expect": Truth.MET}, strict=False
    )
    view = CATALOGUE.under(profile)
    ev, rule = Evaluation(view, build_inputs(view, example)), view.rules[probe.rule]
    span = ev.find_classes(rule.id).now if rule.classes or rule.points else ()
    return build_result(ev, rule, Kind.NOTE).truth, span


def sides(probe: Probe, edge: str) -> list[tuple[float, bool]]:
    """Return the values just below, at and just above an edge, and whether each is met."""
    op, number = edge.split()
    at = float(number)
    whole = CATALOGUE.inputs[probe.input].type == "integer"
    below, above = (at - 1, at + 1) if whole else (math.nextafter(at, -math.inf), math.nextafter(at, math.inf))
    met = {"<=": (True, True, False), "<": (True, False, False), ">=": (False, True, True), ">": (False, False, True)}
    found = list(zip((below, at, above), met[op], strict=True))
    low = CATALOGUE.inputs[probe.input].range[0]
    return [(value, is_met) for value, is_met in found if low is None or value >= low]


@pytest.mark.hazard("M23")
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.id)
def test_a_threshold_holds_on_both_sides_and_at_its_edge(probe: Probe, profile: str) -> None:
    """The next number below, the number itself, and the next above: met or not as the catalogue's sign says."""
    edge = probe.edges[PROFILES.index(profile)]
    if edge == UNUSED:
        return
    if edge == NONE:
        for value in (1.0, 7.0, 500.0):
            assert ask(probe, profile, value)[0] in (Truth.MET, Truth.NOT_APPLICABLE)
        return
    for value, is_met in sides(probe, edge):
        truth, classes = ask(probe, profile, value)
        if probe.classes is not None:
            assert set(classes) <= set(probe.classes[0 if is_met else 1].split()), value
        else:
            assert truth is (Truth.MET if is_met else Truth.NOT_MET), value


def test_every_number_of_the_profiles_is_probed_through_every_rule_that_asks_it() -> None:
    """No numeric parameter, and no rule that compares with it, is left out."""
    asked = {
        (name, rule.id)
        for rule in CATALOGUE.rules
        for name in parameters_of(rule)
        if CATALOGUE.parameters[name].type == "number"
    }
    elsewhere = OF_FORMULAS | SAME_EVERYWHERE | BY_POINTS | OF_THE_SITE
    assert {(name, rule) for name, rule in asked if name not in elsewhere} == {
        (probe.parameter, probe.rule) for probe in PROBES
    }
    numbers = {name for name, spec in CATALOGUE.parameters.items() if spec.type == "number"}
    assert numbers == {probe.parameter for probe in PROBES} | elsewhere


OSLO: tuple[dict[str, object], ...] = (
    {"largest_diameter_mm": 56},
    {"cea_ng_ml": 81},
    {"recist_response": "PD"},
    {"months_primary_to_transplant": 23},
)
NO_OSLO = {
    "largest_diameter_mm": 55,
    "cea_ng_ml": 80,
    "recist_response": "SD",
    "progression_on_chemo": False,
    "months_primary_to_transplant": 24,
}


@pytest.mark.parametrize(("profile", "highest"), list(zip(PROFILES, (2, 2, 1, 3), strict=True)))
@pytest.mark.parametrize("items", list(product([False, True], repeat=4)))
def test_the_oslo_score_is_met_up_to_its_limit(profile: str, highest: int, items: tuple[bool, ...]) -> None:
    """Every way to reach each number of points, against 2, under conservative 1, under expansive 3."""
    given: dict[str, object] = dict(NO_OSLO)
    for has, item in zip(items, OSLO, strict=True):
        given |= item if has else {}
    probe = Probe("lt_oslo_max", "LTX-12", "largest_diameter_mm", ("", "", "", ""), given)
    truth, _ = ask(probe, profile, float(str(given["largest_diameter_mm"])))
    assert truth is (Truth.MET if sum(items) <= highest else Truth.NOT_MET)


WORDS: tuple[tuple[str, dict[str, object], str], ...] = (
    # rule, what is given, and the answer under seed, consensus, conservative, expansive (catalogue 23)
    ("PRI-GATE", {"primary_type": "lung"}, "met met not_met met"),
    ("PRI-GATE", {"primary_type": "breast"}, "met met met met"),
    ("PRI-GATE", {"primary_type": "lymphoma_haematological"}, "not_met not_met not_met not_met"),
    ("HYT-02c", {"lesion_state": "found"}, "met met not_met met"),
    ("HYT-02b", {}, "met not_met not_met not_met"),
    ("LTX-08", {"cea_ng_ml": 100, "cea_max_ng_ml": 200}, "met met not_met met"),
    ("LTX-08", {"cea_ng_ml": 100.1, "cea_max_ng_ml": 200}, "not_met not_met not_met not_met"),
    (
        "RES-08",
        {
            "kept_vessel_distance_mm": 0,
            "kept_vessel_occluded": False,
            "intrahepatic_bile_ducts_dilated": False,
            "kept_vessel_contact_deg": 120,
        },
        "met not_met not_met met",
    ),
    ("VOL-02", {**HEALTHY, "removed_percent": 80, "remnant_percent": 15}, "met not_met not_met not_met"),
    ("VOL-02", {**HEALTHY, "remnant_percent": 29, "standardized_remnant_percent": 31}, "indeterminate met not_met met"),
)


@pytest.mark.parametrize(("rule", "given", "answers"), WORDS)
def test_what_profiles_choose_by_word(rule: str, given: dict[str, object], answers: str) -> None:
    """The choices of the profile table: remnant, vessels, fall of CEA, systemic first, heat."""
    for profile, answer in zip(PROFILES, answers.split(), strict=True):
        example = Example.model_validate({"given": given, "profile": profile, "expect": Truth(answer)}, strict=False)
        view = CATALOGUE.under(profile)
        ev = Evaluation(view, build_inputs(view, example))
        assert build_result(ev, view.rules[rule], Kind.NOTE).truth is Truth(answer), profile
