"""Whole invented patients whom a board would judge at a glance; answers by hand from the catalogue 9 to 19."""

from __future__ import annotations

import pytest

from pipeline.measurement import Inputs
from pipeline.verdict import Outcome
from tests.rules.test_local_content import (
    FAR,
    HILAR,
    PROFILES,
    SMALL_REMNANT,
    Value,
    decide,
    evaluate,
    patient,
    truths,
)

UNRESECTABLE: dict[str, Value] = {
    **SMALL_REMNANT, "surgeon_r0_expected": False, "sex": "male", "age_years": 62.0, "creatinine_mg_dl": 0.9,
    "egfr_ml_min_173m2": 80.0, "neutrophils_10e9_l": 4.0, "hemoglobin_g_dl": 13.0, "alp_u_l": 90.0,
    "portal_hypertension": False, "varices": False, "cirrhosis": False, "portal_vein_patency": "patent",
    "contrast_allergy": False, "hepatic_artery_anatomy_ok": True, "extrahepatic_sites": (),
    "drained_biliary_obstruction": False, "lung_shunt_percent": 6.0, "lung_dose_gy": 8.0,
    "gi_shunt_uncorrectable": False, "gi_shunt_corrected": False, "sirt_extent": "whole_liver", "chemo_lines": 2.0,
}  # fmt: skip
NEAR_A_VEIN = {**FAR, "dist_vessel_ge3mm_mm": 1, "dist_hepatic_vein_mm": 1}


def outcome(treatment: str, inputs: Inputs, profile: str = "consensus") -> Outcome:
    return evaluate(inputs, profile).find_outcome(treatment)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("told", [{}, {"all_disease_treatable": False}], ids=["treatable", "not treatable"])
def test_thirty_lesions_are_for_radioembolization_and_no_ablation(profile: str, told: dict[str, Value]) -> None:
    """ABL-02: more than 10 lesions exceed one course, by cold as by heat; SIR-01 then has no ablation to prefer."""
    inputs = patient([(15.0, FAR)] * 30, {**UNRESECTABLE, **told})
    for treatment in ("ablation_rfa", "ablation_mwa", "cryoablation"):
        assert outcome(treatment, inputs, profile) is Outcome.NOT_ELIGIBLE
    assert outcome("sirt", inputs, profile) is Outcome.ELIGIBLE


def test_whether_all_disease_is_treatable_does_not_hold_radioembolization_of_thirty_lesions_open() -> None:
    inputs = patient([(15.0, FAR)] * 30, UNRESECTABLE)
    known = {name: each for name, each in inputs.study.items() if name != "all_disease_treatable"}
    assert outcome("sirt", Inputs(known, inputs.lesions)) is Outcome.ELIGIBLE


def test_one_perihilar_lesion_is_for_resection_first_and_else_for_electroporation() -> None:
    """IRE-02: 4 mm off the duct no heat (ABL-07); 1 mm off a vein alone microwaves are possible (ABL-06)."""
    hilar = patient([(28.0, HILAR)], UNRESECTABLE)
    assert outcome("ablation_mwa", hilar) is Outcome.NOT_ELIGIBLE
    assert [outcome(each, hilar) for each in ("ire", "sbrt", "brachytherapy")] == [Outcome.ELIGIBLE] * 3
    venous = patient([(28.0, NEAR_A_VEIN)], UNRESECTABLE)
    assert outcome("ablation_rfa", venous) is Outcome.CONDITIONAL
    assert outcome("ablation_mwa", venous) is Outcome.ELIGIBLE
    assert outcome("ire", venous) is Outcome.NOT_ELIGIBLE


def test_what_forbids_heat_does_not_open_the_way_to_electroporation() -> None:
    """ABL-03 and ABL-13 refuse heat for other reasons than the place of the lesion: never eligible by IRE-02 alone."""
    near = [(20.0, NEAR_A_VEIN)]
    for told in ({"all_disease_treatable": False}, {"uncontrolled_infection": True}):
        inputs = patient(near, {**UNRESECTABLE, **told})
        assert outcome("ablation_mwa", inputs) is Outcome.NOT_ELIGIBLE
        assert outcome("ire", inputs) is Outcome.CONDITIONAL


@pytest.mark.parametrize("treatment", ["ire", "brachytherapy", "sirt", "tace", "hai", "systemic", "conversion_therapy"])
def test_an_uncontrolled_infection_leaves_nothing_without_conditions(treatment: str) -> None:
    """The record holds what rules out ablation (ABL-13): nothing else is eligible as if it were not there."""
    more: dict[str, Value] = {**UNRESECTABLE, "uncontrolled_infection": True, "fit_general_anaesthesia": True}
    assert outcome(treatment, patient([(28.0, HILAR)], more)) is Outcome.CONDITIONAL


@pytest.mark.parametrize(
    "told",
    [{"ecog": 4, "karnofsky": 30}, {"extrahepatic_disease": "unresectable", "extrahepatic_sites": ("peritoneum",)}],
)
def test_brachytherapy_of_the_bedridden_or_of_widespread_disease_is_not_eligible(told: dict[str, Value]) -> None:
    """The catalogue 12 has no row for it; SBRT has (SBR-09), and both are local treatment."""
    inputs = patient([(24.0, FAR)], {**UNRESECTABLE, **told})
    assert [outcome(each, inputs) for each in ("sbrt", "brachytherapy")] == [Outcome.CONDITIONAL] * 2


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"bilirubin_total_mg_dl": 1.8}, Outcome.ELIGIBLE),
        ({"bilirubin_total_mg_dl": 2.5}, Outcome.INDETERMINATE),
        ({"bilirubin_total_mg_dl": 2.5, "irinotecan_planned": True}, Outcome.NOT_ELIGIBLE),
        ({"bilirubin_total_mg_dl": 2.5, "irinotecan_planned": False}, Outcome.CONDITIONAL),
    ],
)
def test_bilirubin_rules_out_irinotecan_and_not_every_drug(told: dict[str, Value], expected: Outcome) -> None:
    """SYS-07: bilirubin <= 1.5 * ULN (irinotecan); the upper limit of normal is 1.2 mg/dL."""
    assert outcome("systemic", patient([(24.0, FAR)] * 12, {**UNRESECTABLE, **told})) is expected


@pytest.mark.parametrize(
    ("told", "truth"),
    [
        ({}, "indeterminate"),
        ({"prior_radiation_of_large_part": True}, "not_met"),
        ({"prior_radiation_of_large_part": False}, "met"),
    ],
)
def test_radiation_of_one_lesion_is_not_radiation_of_a_large_part(told: dict[str, Value], truth: str) -> None:
    """SIR-10: no earlier radiation to upper abdomen / large part of liver; what is missing counts as neither."""
    more: dict[str, Value] = {
        **UNRESECTABLE, "prior_liver_treatments": ("sbrt",), "prior_liver_radiation": True,
        "lung_dose_cumulative_gy": 8.0, **told,
    }  # fmt: skip
    assert truths(decide("sirt", patient([(24.0, HILAR)] * 12, more)), "SIR-10") == [truth]


@pytest.mark.parametrize("treatment", ["tace", "hai", "sirt"])
def test_lymphoma_is_not_embolized_without_conditions(treatment: str) -> None:
    """PRI-14: lymphoma is treated by drugs; nothing local is standard."""
    more: dict[str, Value] = {**UNRESECTABLE, "primary_type": "lymphoma_haematological", "all_disease_treatable": False}
    assert outcome(treatment, patient([(24.0, FAR)] * 12, more)) is Outcome.CONDITIONAL


def test_a_pump_is_for_colorectal_disease() -> None:
    """HAI-01: liver-confined (pump) colorectal disease."""
    breast = {**UNRESECTABLE, "primary_type": "breast", "fit_general_anaesthesia": True}
    lesions = [(24.0, FAR)] * 12
    assert outcome("hai", patient(lesions, {**breast, "hai_route": "pump"})) is Outcome.CONDITIONAL
    assert outcome("hai", patient(lesions, {**breast, "hai_route": "catheter"})) is Outcome.ELIGIBLE


def test_who_never_had_chemotherapy_had_none_within_two_weeks() -> None:
    """SBR-09: no chemotherapy within 14 days."""
    inputs = patient([(24.0, FAR)], {"chemo_lines": 0})
    known = {name: each for name, each in inputs.study.items() if name != "weeks_since_chemo"}
    assert truths(decide("sbrt", Inputs(known, inputs.lesions)), "SBR-09") == ["met"]


def test_two_lesions_frozen_as_one_target_are_held_to_the_size_of_cryoablation() -> None:
    """ABL-18: less than 10 mm apart is one target; CRY-01: at most 40 mm."""
    for target, expected in ((40.0, Outcome.ELIGIBLE), (40.1, Outcome.CONDITIONAL)):
        near = {**FAR, "nearest_lesion_mm": 5, "cluster_10mm_diameter_mm": target}
        assert outcome("cryoablation", patient([(18.0, near)] * 2)) is expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("none", Outcome.ELIGIBLE),
        ("composite_plan", Outcome.ELIGIBLE),
        ("overlap", Outcome.NOT_ELIGIBLE),
        (None, Outcome.INDETERMINATE),
    ],
)
def test_earlier_radiation_of_the_same_place_refuses_stereotactic_radiotherapy(
    word: str | None, expected: Outcome
) -> None:
    """SBR-10: none / composite plan / overlap; which lesion was irradiated is not measured."""
    told: dict[str, Value] = {"prior_liver_radiation": True, "prior_liver_treatments": ("sbrt",)}
    inputs = patient([(24.0, FAR)], {**told, **({} if word is None else {"same_site_radiation": word})})
    assert outcome("sbrt", inputs) is expected
