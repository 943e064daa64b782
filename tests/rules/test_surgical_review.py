"""Patients of a hostile review of surgery; each answer is that of the catalogue's text, named beside it."""

from __future__ import annotations

import pytest

from pipeline.verdict import Outcome
from tests.rules.test_surgery_content import INJURED, LARGE_LEFT, LEFT, REMOVED, Value, judge

SMALL = {**REMOVED, "longest_diameter_mm": 25.0, "volume_ml": 8.0}
R0: dict[str, Value] = {"surgeon_r0_expected": True}
SYNCHRONOUS: dict[str, Value] = {
    "primary_in_situ": True, "primary_resectable": True, "primary_symptomatic": False, "primary_surgery": "simple",
    "primary_needs_radiotherapy": False, "primary_site_side": "left", "resection_is_major": False,
}  # fmt: skip
NET: dict[str, Value] = {
    "primary_type": "neuroendocrine", "net_grade": "G1", "ki67_percent": 2, "portal_drained_primary": True,
    "primary_resected_r0": True, "tumour_burden_percent": 3.0, "recist_response": "SD", "response_months_stable": 20,
    "age_years": 45, "right_heart_decompensation": False, "unresectable_peritoneal_disease": False,
}  # fmt: skip
TRANSPLANT: dict[str, Value] = {
    "primary_resected_r0": True, "primary_local_recurrence": False, "braf_v600e": "wild", "msi": "MSS",
    "chemo_lines": 1, "chemo_weeks_total": 30, "chemo_cycles_preop": 12, "recist_response": "PR",
    "response_months_stable": 8, "pet_done": True, "pet_extrahepatic": False, "pet_mtv_ml": 10,
    "months_primary_to_transplant": 30, "recist_decrease_percent": 40, "egfr_ml_min_173m2": 90, "wbc_10e9_l": 6,
    "mdt_unresectable": True, "surgeon_r0_expected": False, "portal_inflow_blocked": True,
    "progression_on_chemo": False, "interval_months": 12, "cea_max_ng_ml": 20,
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        ("PAT-04b", {"comorbidities": (), "decompensated_comorbidity": True}),  # PAT-04: decompensated = exceeded
        ("PAT-GA", {"fit_general_anaesthesia": False}),  # 2B: fit_general_anaesthesia is needed by surgery
        ("LIV-11b", {"limax_ug_kg_h": 400, "limax_flr_ug_kg_h": 60}),  # LIV-11: predicted below 100 = exceeded
        ("RES-12", {"celiac_paraaortic_nodes": True}),  # RES-12: not for surgery (soft)
        ("RES-ONC", {"chemo_lines": 1, "recist_response": "PD"}),  # EGO-B3
    ],
)
def test_what_speaks_against_resection_is_heard(rule: str, given: dict[str, Value]) -> None:
    """A soft row that is not met makes the verdict conditional, for parenchyma-sparing resection as well."""
    clear, spoken = judge(60, [SMALL], **R0), judge(60, [SMALL], **{**R0, **given})
    assert spoken.answer_rule(rule).truth == "not_met"
    for treatment in ("resection", "parenchyma_sparing_resection"):
        assert clear.find_outcome(treatment) is Outcome.ELIGIBLE
        assert spoken.find_outcome(treatment) is Outcome.CONDITIONAL


def test_a_surgeon_who_expects_r0_while_the_plan_leaves_a_lesion() -> None:
    """Section 7.0: only plans that cover every lesion compete; 2B: the surgeon's word overrides RES-01 itself."""
    ev = judge(60, [REMOVED, LARGE_LEFT], **R0)
    assert ev.answer_rule("RES-01").truth == "met"
    assert ev.find_outcome("resection") is Outcome.CONDITIONAL
    assert judge(60, [REMOVED, LEFT], **R0).answer_rule("RES-01b").truth == "met"  # 20 mm, far from all: ablatable


def test_normal_cea_need_not_fall() -> None:
    """RES-ONC: CEA falling; one of 2 ng/mL throughout is no unfavourable biology."""
    given: dict[str, Value] = {
        "chemo_lines": 1,
        "recist_response": "PR",
        "chemo_cycles_preop": 4,
        "interval_months": 30,
    }
    assert judge(40, [REMOVED], **{**R0, **given}, cea_ng_ml=2, cea_max_ng_ml=2).answer_rule("RES-ONC").truth == "met"
    raised = judge(40, [REMOVED], **{**R0, **given}, cea_ng_ml=60, cea_max_ng_ml=60)
    assert raised.answer_rule("RES-ONC").truth == "not_met"


def test_slow_growth_after_embolization_cautions_against_the_resection() -> None:
    """HYP-07, HYP-08: 420 to 465 mL of 1500 in 5 weeks is 3 points, 0.6 a week; the remnant of 31 % is now enough."""
    slow: dict[str, Value] = {**R0, **INJURED, "pve_type": "PVE", "weeks_since_pve": 5.0}
    ev = judge(31, [REMOVED], prior_remnant_volume_ml=420.0, **slow)
    assert ev.answer_rule("VOL-02").truth == "met"
    votes = {vote.rule: vote.answer.truth for vote in ev.votes("resection")}
    assert (votes["HYP-07"], votes["HYP-08"]) == ("not_met", "not_met")
    assert ev.find_outcome("resection") is Outcome.CONDITIONAL


@pytest.mark.parametrize(
    ("profile", "outcome"),
    [("consensus", "conditional"), ("conservative", "not_eligible"), ("seed", "eligible"), ("expansive", "eligible")],
)
def test_the_number_of_lesions_counts_for_every_operation(profile: str, outcome: str) -> None:
    """Section 23, max_lesions_oncologic: from 5 lesions a caution, hard in the conservative profile, none in two."""
    ev = judge(60, [SMALL] * 30, profile, **R0)
    assert ev.find_outcome("resection").value == outcome
    assert ev.find_outcome("parenchyma_sparing_resection").value == outcome
    small = judge(18, [SMALL] * 5, profile, **R0)
    if profile != "seed":  # 82 % removed, above 80
        assert small.answer_rule("VOL-02").truth == "not_met"
    assert small.find_outcome("portal_vein_embolization").value == outcome


def test_wedges_are_not_proven_by_an_optimistic_bound() -> None:
    """VOL-10 is "an optimistic bound, labelled as such": 80 % beside a plan that leaves 15 % is conditional."""
    ev = judge(15, [REMOVED], parenchyma_sparing_remnant_percent=80.0, **R0)
    assert ev.answer_rule("STR-01").truth == "met"
    assert ev.find_outcome("parenchyma_sparing_resection") is Outcome.CONDITIONAL
    one = judge(60, [REMOVED], remnant_segments_preserved=1, **R0)
    assert one.find_outcome("parenchyma_sparing_resection") is Outcome.CONDITIONAL


@pytest.mark.parametrize(
    ("profile", "outcome"),
    [("consensus", "conditional"), ("expansive", "eligible"), ("seed", "eligible"), ("conservative", "not_eligible")],
)
def test_a_margin_that_is_a_vessel(profile: str, outcome: str) -> None:
    """Section 23, r1vasc_allowed: conditional, yes, yes, no; a margin of 0 mm elsewhere (R1) is conditional at best."""
    vessel: dict[str, Value] = {
        "kept_vessel_distance_mm": 0,
        "kept_vessel_contact_deg": 90,
        "kept_vessel_occluded": False,
    }
    ev = judge(60, [SMALL], profile, **{**R0, **vessel, "planned_margin_mm": 0})
    assert ev.find_outcome("parenchyma_sparing_resection").value == outcome
    elsewhere = judge(60, [SMALL], profile, **{**R0, "planned_margin_mm": 0})
    assert elsewhere.find_outcome("parenchyma_sparing_resection") is Outcome.CONDITIONAL


@pytest.mark.parametrize(
    "unknown",
    [
        *("remnant_segments_preserved", "remnant_inflow_ok", "remnant_outflow_ok", "remnant_biliary_ok"),
        *("planned_margin_mm", "portal_inflow_blocked"),
    ],
)
def test_wedges_are_not_eligible_while_the_plan_is_not_known_to_be_technically_possible(unknown: str) -> None:
    """Section 7: "technically resectable when RES-01..07 and the volume rule VOL-02 are met"."""
    assert judge(60, [SMALL], **R0).find_outcome("parenchyma_sparing_resection") is Outcome.ELIGIBLE
    ev = judge(60, [SMALL], **R0, **{unknown: None})
    assert ev.find_outcome("parenchyma_sparing_resection") in (Outcome.CONDITIONAL, Outcome.INDETERMINATE)


def test_an_infection_is_a_caution_against_every_operation_on_the_liver() -> None:
    """As for other treatments (PAT-INFECT): treated first."""
    for treatment in ("resection", "parenchyma_sparing_resection"):
        assert judge(60, [SMALL], **R0, uncontrolled_infection=False).find_outcome(treatment) is Outcome.ELIGIBLE
        assert judge(60, [SMALL], **R0, uncontrolled_infection=True).find_outcome(treatment) is Outcome.CONDITIONAL
    infected = judge(18, [SMALL], **R0, uncontrolled_infection=True)
    assert infected.find_outcome("portal_vein_embolization") is Outcome.CONDITIONAL


def test_no_distance_to_a_vessel_keeps_a_lesion_from_being_ablated() -> None:
    """ABL-06: contact is allowed with microwaves; so whether it is 0 mm or not known changes no coverage (CMB-01)."""
    for distance in (0.0, 15.0, None):
        left = {name: value for name, value in {**LEFT, "dist_vessel_ge3mm_mm": distance}.items() if value is not None}
        ev = judge(40, [REMOVED, left])
        assert {id_: ev.answer_rule(id_).truth for id_ in ("CMB-01", "CMB-02")} == {"CMB-01": "met", "CMB-02": "met"}


def test_two_stages_need_something_to_clear() -> None:
    """STR-02: "the remnant side can be cleared"; a planned margin of 0.3 mm (RES-02) stays R1 in two stages."""
    free = judge(18, [REMOVED], distribution="bilobar", **R0)
    assert free.find_outcome("two_stage_hepatectomy") is Outcome.NOT_APPLICABLE
    assert free.find_outcome("portal_vein_embolization") is Outcome.ELIGIBLE
    staged: dict[str, Value] = {**INJURED, "chemo_cycles_preop": 6, "distribution": "bilobar", "remnant_cleared": False}
    close = [{**REMOVED, "resection_margin_mm": 0.3}, LEFT]
    assert judge(22, [REMOVED, LEFT], **staged).find_outcome("two_stage_hepatectomy") is Outcome.ELIGIBLE
    ev = judge(22, close, planned_margin_mm=0.3, **staged)
    assert ev.find_outcome("two_stage_hepatectomy") is Outcome.CONDITIONAL
    tiny = judge(8, [REMOVED, LEFT], **staged)  # HYP-02: not worth embolizing
    assert tiny.find_outcome("two_stage_hepatectomy") is Outcome.CONDITIONAL


def test_portal_hypertension_closes_a_major_resection_however_it_is_called() -> None:
    """LIV-08: hard for major resection; a minor one is left to the other rows."""
    varices: dict[str, Value] = {**R0, "varices": True, "portal_hypertension": True}
    major = judge(60, [SMALL], resection_is_major=True, **varices)
    minor = judge(60, [SMALL], resection_is_major=False, **varices)
    for treatment in ("resection", "parenchyma_sparing_resection"):
        assert major.find_outcome(treatment) is Outcome.NOT_ELIGIBLE
        assert minor.find_outcome(treatment) is Outcome.ELIGIBLE


def test_a_primary_that_cannot_be_resected_is_not_resected_with_the_liver() -> None:
    """STR-04: primary in situ, resectable."""
    assert judge(60, [SMALL], **{**R0, **SYNCHRONOUS}).find_outcome("simultaneous_resection") is Outcome.ELIGIBLE
    ev = judge(60, [SMALL], **{**R0, **SYNCHRONOUS, "primary_resectable": False})
    assert ev.find_outcome("simultaneous_resection") is Outcome.NOT_ELIGIBLE


def test_a_caution_against_resection_is_one_beside_the_primary_too() -> None:
    """RES-12 makes resection conditional; doing it together with the primary cannot be better."""
    ev = judge(60, [SMALL], **{**R0, **SYNCHRONOUS, "celiac_paraaortic_nodes": True})
    assert ev.find_outcome("resection") is Outcome.CONDITIONAL
    assert ev.find_outcome("simultaneous_resection") is Outcome.CONDITIONAL


def test_orders_of_operation_are_for_colorectal_disease() -> None:
    """STR-05, STR-06 rest on E-AHPBA and EGOSLIM, both of colorectal metastases."""
    ev = judge(60, [SMALL], **{**R0, **SYNCHRONOUS, "primary_type": "breast"})
    assert ev.find_outcome("liver_first") is Outcome.NOT_APPLICABLE
    assert ev.find_outcome("primary_first") is Outcome.NOT_APPLICABLE


def test_liver_first_needs_a_liver_operation() -> None:
    """8 % left: below the floor of HYP-02, above the age of HYP-04, so only ALPPS, and that conditional."""
    ev = judge(8, [REMOVED], **{**R0, **SYNCHRONOUS, "resection_is_major": True, "age_years": 75})
    assert ev.find_outcome("alpps") is Outcome.CONDITIONAL
    assert ev.find_outcome("liver_first") is Outcome.CONDITIONAL
    fixed = {"parenchyma_sparing_remnant_percent": 8.0, "remnant_segments_preserved": 1}
    none = judge(8, [REMOVED], **{**R0, **SYNCHRONOUS, **fixed})
    assert none.find_outcome("liver_first") is Outcome.NOT_ELIGIBLE


def test_liver_function_counts_beside_ablation() -> None:
    """LIV-10: 40 % or more is for enucleation; 12 lesions in one course are more than ABL-02 allows."""
    assert judge(60, [SMALL, LEFT]).find_outcome("resection_with_ablation") is Outcome.ELIGIBLE
    icg = judge(60, [SMALL, LEFT], icg_r15_percent=45.0, segments_removed=4)
    assert icg.find_outcome("resection_with_ablation") is Outcome.CONDITIONAL
    tiny = {**LEFT, "longest_diameter_mm": 10.0, "volume_ml": 1.0}
    many = judge(60, [SMALL] + [tiny] * 12, "expansive")
    assert many.answer_rule("CMB-01d").truth == "not_met"
    assert many.find_outcome("resection_with_ablation") is Outcome.CONDITIONAL


@pytest.mark.parametrize("node", ["hilar_nodes", "celiac_paraaortic_nodes"])
def test_nobody_with_nodes_is_transplanted(node: str) -> None:
    """LTX-10, NET-02: no disease outside the liver."""
    assert judge(None, [LARGE_LEFT] * 12, **TRANSPLANT).find_outcome("transplantation_crc") is Outcome.ELIGIBLE
    ev = judge(None, [LARGE_LEFT] * 12, **{**TRANSPLANT, node: True})
    assert ev.find_outcome("transplantation_crc") is Outcome.NOT_ELIGIBLE
    board: dict[str, Value] = {**NET, "mdt_unresectable": True, "surgeon_r0_expected": False}
    assert judge(None, [SMALL], **board).find_outcome("transplantation_net") is Outcome.ELIGIBLE
    assert judge(None, [SMALL], **{**board, node: True}).find_outcome("transplantation_net") is Outcome.NOT_ELIGIBLE


def test_a_resectable_neuroendocrine_patient_is_not_for_transplantation() -> None:
    """Section 1.1: a transplant rule in a patient whose disease is resectable does not apply."""
    ev = judge(60, [SMALL], **{**R0, **NET})
    assert ev.find_outcome("resection") is Outcome.ELIGIBLE
    assert ev.find_outcome("transplantation_net") is Outcome.NOT_APPLICABLE
