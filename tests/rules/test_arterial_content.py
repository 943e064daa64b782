"""Whole invented patients before treatment through the hepatic artery, hyperthermia and systemic treatment.

Every expected answer was worked out by hand from the catalogue (sections 13 to 17, 19, 23).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from pipeline.judging import formula_words
from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.measures.derived import derive
from pipeline.rules import Catalogue
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.readings import check_lesions
from pipeline.rules.results import find_grade
from pipeline.rules.treatments import assess_treatment
from pipeline.rules.votes import find_pull
from pipeline.verdict import Grade, Outcome, Truth, Verdict
from tests.rules.test_shipped_rules import PROFILES

ELIGIBLE, CONDITIONAL, OPEN = Outcome.ELIGIBLE, Outcome.CONDITIONAL, Outcome.INDETERMINATE
REFUSED, NONE = Outcome.NOT_ELIGIBLE, Outcome.NOT_APPLICABLE
UNITS = {"tumour_burden_percent": "%", "lesion_count": "1", "largest_diameter_mm": "mm"}

REFRACTORY: dict[str, object] = {
    "sex": "male", "ecog": 1.0, "life_expectancy_weeks": 30.0, "comorbidities": (), "weight_kg": 70.0, "symptoms": (),
    "bilirubin_total_mg_dl": 1.0, "albumin_g_l": 38.0, "inr": 1.0, "alp_u_l": 150.0, "creatinine_mg_dl": 0.9,
    "egfr_ml_min_173m2": 80.0, "platelets_10e9_l": 180.0, "neutrophils_10e9_l": 4.0, "hemoglobin_g_dl": 13.0,
    "ascites": "none", "encephalopathy_grade": 0.0, "portal_hypertension": False, "varices": False, "cirrhosis": False,
    "portal_vein_patency": "patent", "biliary_stent_or_anastomosis": False, "contrast_allergy": False,
    "hepatic_artery_anatomy_ok": True, "fit_general_anaesthesia": True, "full_heparin_possible": True,
    "primary_type": "colon", "chemo_lines": 2.0, "prior_liver_treatments": (), "prior_liver_radiation": False,
    "prior_hepatectomy": False, "drained_biliary_obstruction": False, "extrahepatic_disease": "resectable",
    "extrahepatic_sites": ("lung (count 2, max_mm 8, controlled no, resectable yes)",),
    "surgeon_r0_expected": False, "all_disease_treatable": False, "mdt_unresectable": False,
    "lung_shunt_percent": 6.0, "lung_dose_gy": 8.0, "gi_shunt_uncorrectable": False, "gi_shunt_corrected": False,
    "sirt_extent": "whole_liver", "pacemaker_or_icd": False, "metal_implant_near": False,
    "uncontrolled_infection": False, "lesion_state": "found", "lesion_count": 14.0,
    "tumour_burden_percent": 40.0, "largest_diameter_mm": 30.0,
}  # fmt: skip
"""Colorectal metastases growing under the second line: 14 lesions, 40 % of the liver, two lung nodules of 8 mm."""


@dataclass(frozen=True)
class Judged:
    """One treatment of one patient."""

    ev: Evaluation
    treatment: str

    @property
    def outcome(self) -> Outcome:
        return self.ev.find_outcome(self.treatment)

    @property
    def decided_by(self) -> tuple[str, ...]:
        votes = self.ev.votes(self.treatment)
        return tuple(vote.rule for vote in votes if find_pull(vote, vote.answer.truth) is self.outcome)

    @property
    def verdict(self) -> Verdict:
        found = next(one for one in self.ev.rules.treatments if one.id == self.treatment)
        return assess_treatment(self.ev, found)


def judge(catalogue: Catalogue, treatment: str, profile: str = "consensus", **changes: object) -> Judged:
    """Judge one treatment of the patient with some values changed; None takes a value away."""
    held = {name: value for name, value in (REFRACTORY | changes).items() if value is not None}
    study: dict[str, Quantity] = {
        name: Measurement(name, cast("float", value), UNITS[name]) if name in UNITS else Fact(name, value)  # type: ignore[arg-type]
        for name, value in held.items()
    }
    count, size = cast("float", held["lesion_count"]), cast("float", held["largest_diameter_mm"])
    lesion = {"longest_diameter_mm": Measurement("longest_diameter_mm", size, "mm")}
    inputs = Inputs(study, {f"L{number}": lesion for number in range(1, int(count) + 1)})
    rules = catalogue.under(profile)
    inputs = check_lesions(derive(inputs, formula_words(catalogue, profile)), rules.inputs)
    return Judged(Evaluation(rules, inputs), treatment)


@pytest.mark.parametrize("profile", PROFILES)
def test_two_lung_nodules_of_8_mm_leave_radioembolization(catalogue: Catalogue, profile: str) -> None:
    """SIR-02: fewer than 5 nodules of at most 10 mm is limited disease; the grade is acceptable, not ideal."""
    verdict = judge(catalogue, "sirt", profile).verdict
    assert (verdict.outcome, verdict.grade) == (ELIGIBLE, Grade.ACCEPTABLE)


@pytest.mark.parametrize(
    ("sites", "outcome"),
    [
        (("lung (count 4, max_mm 10)",), ELIGIBLE),
        (("lung (count 5, max_mm 10)",), REFUSED),
        (("lung (count 2, max_mm 11)",), REFUSED),
        (("lung (count 1, max_mm 17)",), ELIGIBLE),
        (("lung (count 1, max_mm 18)",), REFUSED),
        (("lung (count 2, max_mm 8)", "lymph_node_hilar (count 2, max_mm 19.9)"), ELIGIBLE),
        (("lymph_node_hilar (count 1, max_mm 20)",), REFUSED),
        (("lymph_node_hilar (max_mm 12)", "lymph_node_paraaortic (max_mm 12)"), REFUSED),
        (("bone (count 1, max_mm 5)",), REFUSED),
        (("lung (count 2)",), OPEN),
        (("lung (max_mm 8)",), OPEN),
        (("lung (count 5)",), REFUSED),
    ],
)
def test_disease_outside_the_liver_before_radioembolization(
    catalogue: Catalogue, sites: tuple[str, ...], outcome: Outcome
) -> None:
    """SIRFLOX: fewer than 5 of 10 mm, or one of 17 mm; nodes of one area below 20 mm."""
    assert judge(catalogue, "sirt", extrahepatic_disease=None, extrahepatic_sites=sites).outcome is outcome


@pytest.mark.parametrize(
    ("profile", "burden", "outcome"),
    [
        ("consensus", 55, ELIGIBLE), ("conservative", 55, REFUSED), ("seed", 55, ELIGIBLE), ("expansive", 55, ELIGIBLE),
        ("consensus", 60, ELIGIBLE), ("consensus", 60.1, REFUSED), ("seed", 60.1, REFUSED),
        ("conservative", 50, ELIGIBLE), ("conservative", 50.1, REFUSED),
        ("expansive", 70, ELIGIBLE), ("expansive", 70.1, REFUSED),
    ],
)  # fmt: skip
def test_tumour_share_before_radioembolization(
    catalogue: Catalogue, profile: str, burden: float, outcome: Outcome
) -> None:
    """60 % in the consensus, 50 in the conservative, 70 in the expansive profile: albumin 38 and INR 1.0 are normal."""
    assert judge(catalogue, "sirt", profile, tumour_burden_percent=burden).outcome is outcome


def test_the_way_to_70_percent_needs_normal_albumin_and_inr(catalogue: Catalogue) -> None:
    """At 65 % the expansive profile asks for both; unknown is open; at 60 % it does not ask."""
    heavy = {"profile": "expansive", "tumour_burden_percent": 65.0}
    assert judge(catalogue, "sirt", **heavy, albumin_g_l=34.0).outcome is REFUSED  # type: ignore[arg-type]
    assert judge(catalogue, "sirt", **heavy, inr=1.4).outcome is REFUSED  # type: ignore[arg-type]
    assert judge(catalogue, "sirt", **heavy, inr=None).outcome is OPEN  # type: ignore[arg-type]
    assert judge(catalogue, "sirt", "expansive", tumour_burden_percent=60.0, inr=1.4).outcome is ELIGIBLE


CONFINED: dict[str, object] = {"extrahepatic_disease": "none", "extrahepatic_sites": ()}
UVEAL = CONFINED | {"primary_type": "melanoma_uveal"}


def uveal_with(site: str) -> dict[str, object]:
    return UVEAL | {"extrahepatic_disease": None, "extrahepatic_sites": (site,)}


@pytest.mark.parametrize(
    ("treatment", "profile", "bilirubin", "outcome"),
    [
        ("sirt", "consensus", 2.0, ELIGIBLE), ("sirt", "consensus", 2.1, REFUSED),
        ("sirt", "seed", 2.0, ELIGIBLE), ("sirt", "expansive", 2.1, REFUSED),
        ("sirt", "conservative", 1.5, ELIGIBLE), ("sirt", "conservative", 1.6, REFUSED),
        ("tace", "consensus", 2.0, ELIGIBLE), ("tace", "consensus", 2.1, REFUSED),
        ("hai", "consensus", 1.5, ELIGIBLE), ("hai", "consensus", 1.6, REFUSED),
        ("php", "consensus", 1.9, ELIGIBLE), ("php", "consensus", 2.0, ELIGIBLE),
        ("php", "consensus", 2.1, CONDITIONAL),
        ("systemic", "consensus", 1.8, ELIGIBLE), ("systemic", "consensus", 1.9, OPEN),
    ],
)  # fmt: skip
def test_bilirubin_at_and_beside_each_limit(
    catalogue: Catalogue, treatment: str, profile: str, bilirubin: float, outcome: Outcome
) -> None:
    """SIR-04 (2.0, conservative 1.5), TAC-04 (2.0), HAI-03 (1.5), PHP-07 (2, soft), SYS-07 (1.5 x 1.2 mg/dL)."""
    base = UVEAL if treatment == "php" else CONFINED
    assert judge(catalogue, treatment, profile, **base, bilirubin_total_mg_dl=bilirubin).outcome is outcome


def test_a_segment_alone_tolerates_more_bilirubin_in_the_expansive_profile(catalogue: Catalogue) -> None:
    """3.0 mg/dL, marked uncertain; the lobe stays at 2.0, and the consensus grants a segment no more."""
    spared = {"sirt_extent": "segmental", "sirt_untreated_liver_percent": 70.0, "bilirubin_total_mg_dl": 3.0}
    verdict = judge(catalogue, "sirt", "expansive", **spared).verdict
    assert verdict.outcome is ELIGIBLE
    assert "threshold U" in next(one.confidence for one in verdict.criteria if one.id == "SIR-04")
    assert judge(catalogue, "sirt", "expansive", **(spared | {"sirt_extent": "lobar"})).outcome is REFUSED
    assert judge(catalogue, "sirt", "consensus", **spared).outcome is REFUSED


@pytest.mark.parametrize(
    ("changes", "outcome", "decided_by"),
    [
        ({"surgeon_r0_expected": None}, OPEN, "SIR-01"),
        ({"lesion_count": 4.0, "all_disease_treatable": None}, OPEN, "SIR-01"),
        ({"lung_shunt_percent": 19.9}, ELIGIBLE, None),
        ({"lung_shunt_percent": 20.0}, REFUSED, "SIR-06"),
        ({"lung_dose_gy": 30.1}, REFUSED, "SIR-07"),
        ({"lung_dose_gy": None, "sirt_activity_gbq": 2.0}, ELIGIBLE, None),
        ({"lung_dose_gy": None, "sirt_activity_gbq": 2.0, "lung_shunt_percent": 19.0, "lung_mass_kg": 0.6},
         REFUSED, "SIR-07"),
        ({"lung_dose_cumulative_gy": 51.0}, REFUSED, "SIR-07"),
        ({"gi_shunt_uncorrectable": True}, REFUSED, "SIR-08"),
        ({"prior_liver_treatments": ("sbrt",), "prior_liver_radiation": True, "lung_dose_cumulative_gy": 20.0},
         OPEN, "SIR-10"),
        ({"prior_liver_radiation": True, "prior_radiation_of_large_part": True, "lung_dose_cumulative_gy": 20.0},
         REFUSED, "SIR-10"),
        ({"prior_liver_radiation": True, "prior_radiation_of_large_part": False, "lung_dose_cumulative_gy": 20.0},
         ELIGIBLE, None),
        ({"portal_vein_patency": "main_occluded"}, REFUSED, "SIR-10"),
        ({"portal_vein_patency": "branch_occluded"}, ELIGIBLE, None),
        ({"ascites": "mild"}, REFUSED, "SIR-10"),
        ({"ecog": 3.0}, REFUSED, "SIR-03"),
        ({"albumin_g_l": 29.0}, CONDITIONAL, "SIR-05"),
        ({"neutrophils_10e9_l": 1.4}, CONDITIONAL, "SIR-15"),
        ({"contrast_allergy": True}, CONDITIONAL, "ART-CONTRAST"),
        ({"sex": "female"}, OPEN, "PAT-PREG"),
        ({"sex": "female", "pregnant": False}, ELIGIBLE, None),
        ({"sex": "female", "pregnant": True}, REFUSED, "PAT-PREG"),
    ],
)  # fmt: skip
def test_one_change_before_radioembolization(
    catalogue: Catalogue, changes: dict[str, object], outcome: Outcome, decided_by: str | None
) -> None:
    """49.67 x 2 GBq x 6 % / 1 kg = 6.0 Gy passes; 49.67 x 2 x 19 % / 0.6 kg = 31.5 Gy does not."""
    judged = judge(catalogue, "sirt", **changes)  # type: ignore[arg-type]
    assert judged.outcome is outcome
    assert decided_by is None or decided_by in judged.decided_by


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, ELIGIBLE),
        ({"surgeon_r0_expected": None}, OPEN),
        ({"chemo_lines": 0.0}, REFUSED),
        ({"tumour_burden_percent": 59.9}, ELIGIBLE),
        ({"tumour_burden_percent": 60.0}, REFUSED),
        ({"profile": "conservative", "tumour_burden_percent": 49.9}, ELIGIBLE),
        ({"profile": "conservative", "tumour_burden_percent": 50.0}, REFUSED),
        ({"profile": "expansive", "tumour_burden_percent": 60.0}, REFUSED),
        ({"encephalopathy_grade": 1.0}, REFUSED),
        ({"portal_vein_patency": "main_occluded"}, REFUSED),
        ({"portal_vein_patency": None}, OPEN),
        ({"portal_vein_patency": None, "portal_inflow_blocked": False, "portal_vein_thrombus": False}, ELIGIBLE),
        ({"portal_vein_patency": None, "portal_inflow_blocked": False}, OPEN),
        ({"biliary_stent_or_anastomosis": True}, CONDITIONAL),
        ({"varices": True}, REFUSED),
    ],
)
def test_chemoembolization(catalogue: Catalogue, changes: dict[str, object], outcome: Outcome) -> None:
    """TAC-01 to TAC-09 and LIV-08 of the patient with two lung nodules of 8 mm."""
    assert judge(catalogue, "tace", **changes).outcome is outcome  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, REFUSED),
        (CONFINED, ELIGIBLE),
        ({"extrahepatic_sites": ("lung (count 2, max_mm 8, controlled yes)",)}, ELIGIBLE),
        ({"extrahepatic_sites": ("lymph_node_hilar (count 1, max_mm 12, resectable yes)",)}, ELIGIBLE),
        ({"extrahepatic_sites": None}, OPEN),
        (CONFINED | {"tumour_burden_percent": 69.9}, ELIGIBLE),
        (CONFINED | {"tumour_burden_percent": 70.0}, REFUSED),
        (CONFINED | {"profile": "conservative", "tumour_burden_percent": 50.0}, ELIGIBLE),
        (CONFINED | {"profile": "conservative", "tumour_burden_percent": 50.1}, REFUSED),
        (CONFINED | {"fit_general_anaesthesia": False}, OPEN),
        (CONFINED | {"fit_general_anaesthesia": False, "hai_route": "pump"}, REFUSED),
        (CONFINED | {"fit_general_anaesthesia": False, "hai_route": "catheter"}, ELIGIBLE),
        (CONFINED | {"albumin_g_l": 29.0}, CONDITIONAL),
        (CONFINED | {"alp_u_l": 601.0}, CONDITIONAL),
    ],
)
def test_hepatic_arterial_chemotherapy(catalogue: Catalogue, changes: dict[str, object], outcome: Outcome) -> None:
    """Uncontrolled lung nodules refuse it, controlled ones and resectable nodes do not (HAI-01)."""
    assert judge(catalogue, "hai", **changes).outcome is outcome  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        (UVEAL, ELIGIBLE),
        (CONFINED, CONDITIONAL),
        (UVEAL | {"primary_type": "melanoma_cutaneous"}, CONDITIONAL),
        (UVEAL | {"primary_type": None}, OPEN),
        (UVEAL | {"tumour_burden_percent": 49.9}, ELIGIBLE),
        (UVEAL | {"tumour_burden_percent": 50.0}, REFUSED),
        (UVEAL | {"ecog": 2.0}, REFUSED),
        (UVEAL | {"albumin_g_l": 27.0, "bilirubin_total_mg_dl": 2.0}, REFUSED),
        (uveal_with("subcutaneous (count 1, resectable yes)"), ELIGIBLE),
        (uveal_with("bone (count 1, resectable no, controlled no)"), REFUSED),
        (uveal_with("brain (count 1, resectable yes)"), REFUSED),
        (UVEAL | {"prior_hepatectomy": True}, ELIGIBLE),
        (UVEAL | {"prior_hepatectomy": True, "hepatectomy_recent": True}, CONDITIONAL),
        (UVEAL | {"surgeon_r0_expected": None}, OPEN),
    ],
)  # fmt: skip
def test_perfusion(catalogue: Catalogue, changes: dict[str, object], outcome: Outcome) -> None:
    """Licensed for uveal melanoma; of any other primary at best conditional (PHP-01), limits of PHP-02 to PHP-06."""
    assert judge(catalogue, "php", **changes).outcome is outcome  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("profile", "outcome", "decided_by"),
    [
        ("seed", ELIGIBLE, ()),
        ("consensus", CONDITIONAL, ("HYT-02b",)),
        ("conservative", REFUSED, ("HYT-02c",)),
        ("expansive", CONDITIONAL, ("HYT-02b",)),
    ],
)
def test_hyperthermia_in_four_profiles(
    catalogue: Catalogue, profile: str, outcome: Outcome, decided_by: tuple[str, ...]
) -> None:
    """Eligible from two lesions on in the seed; investigational; refused by the conservative profile."""
    judged = judge(catalogue, "hyperthermia", profile, lesion_count=2.0)
    assert judged.outcome is outcome
    if outcome is not ELIGIBLE:
        assert judged.decided_by == decided_by
        assert ("nvestigational" in judged.verdict.reason) is (outcome is CONDITIONAL)


def test_what_forbids_hyperthermia(catalogue: Catalogue) -> None:
    """One lesion in the seed; a pacemaker anywhere; what is not known leaves it open."""
    assert judge(catalogue, "hyperthermia", "seed", lesion_count=1.0).outcome is REFUSED
    assert judge(catalogue, "hyperthermia", "consensus", lesion_count=1.0).outcome is CONDITIONAL
    for profile in PROFILES:
        assert judge(catalogue, "hyperthermia", profile, pacemaker_or_icd=True).outcome is REFUSED
    assert judge(catalogue, "hyperthermia", "seed", symptoms=("fever",)).outcome is REFUSED
    assert judge(catalogue, "hyperthermia", "seed", pacemaker_or_icd=None).outcome is OPEN


CONVERSION = CONFINED | {"portal_inflow_blocked": True, "chemo_lines": 0.0, "portal_vein_patency": None}


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, ELIGIBLE),
        ({"mdt_unresectable": True}, CONDITIONAL),
        ({"extrahepatic_disease": "unresectable", "extrahepatic_sites": ("peritoneum",)}, CONDITIONAL),
        ({"ecog": 2.0}, ELIGIBLE),
        ({"ecog": 3.0}, REFUSED),
        ({"platelets_10e9_l": 75.0}, ELIGIBLE),
        ({"platelets_10e9_l": 74.0}, REFUSED),
        ({"egfr_ml_min_173m2": 30.0}, ELIGIBLE),
        ({"egfr_ml_min_173m2": 29.0}, REFUSED),
        ({"egfr_ml_min_173m2": None}, OPEN),
        ({"chemo_lines": 1.0, "weeks_since_response_check": 13.0}, CONDITIONAL),
        ({"chemo_lines": 1.0, "chemo_cycles_preop": 7.0}, CONDITIONAL),
        ({"chemo_lines": 1.0, "chemo_cycles_preop": 4.0, "chemo_weeks_total": 8.0, "weeks_since_chemo": 4.5,
          "weeks_since_response_check": 8.0, "chemo_agents": ("FOLFOX", "bevacizumab")}, CONDITIONAL),
        ({"chemo_lines": 1.0, "chemo_cycles_preop": 4.0, "chemo_weeks_total": 8.0, "weeks_since_chemo": 4.5,
          "weeks_since_response_check": 8.0, "chemo_agents": ("FOLFOX",)}, ELIGIBLE),
    ],
)  # fmt: skip
def test_a_candidate_for_conversion(catalogue: Catalogue, changes: dict[str, object], outcome: Outcome) -> None:
    """Both portal branches are blocked: unresectable now, limited to the liver, fit for two or three drugs."""
    assert judge(catalogue, "conversion_therapy", **(CONVERSION | changes)).outcome is outcome  # type: ignore[arg-type]


def test_chemotherapy_around_a_resection_is_for_resectable_disease(catalogue: Catalogue) -> None:
    """Not for the candidate of conversion; while the verdict on resection is open, so is this one."""
    treatment = "perioperative_chemotherapy"
    assert judge(catalogue, treatment, **CONVERSION).outcome is NONE  # type: ignore[arg-type]
    assert judge(catalogue, treatment, **CONFINED, surgeon_r0_expected=None).outcome is OPEN  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "truth"),
    [
        ({"lesion_count": 1.0, "interval_months": 24.0, "primary_n": 0.0, "cea_ng_ml": 5.0}, Truth.NOT_MET),
        ({"lesion_count": 4.0, "interval_months": 24.0, "primary_n": 0.0, "cea_ng_ml": 5.0}, Truth.NOT_MET),
        ({"lesion_count": 5.0, "interval_months": 24.0, "primary_n": 0.0, "cea_ng_ml": 5.0}, Truth.MET),
        ({"lesion_count": 1.0, "interval_months": 0.0, "primary_n": 0.0, "cea_ng_ml": 5.0}, Truth.MET),
        ({"lesion_count": 2.0, "interval_months": 11.0, "primary_n": 1.0, "cea_ng_ml": 5.0}, Truth.MET),
        ({"lesion_count": 2.0, "interval_months": 11.0, "primary_n": 0.0, "cea_ng_ml": 5.0}, Truth.NOT_MET),
        ({"lesion_count": 1.0, "interval_months": 24.0, "primary_n": 0.0}, Truth.NOT_MET),
        ({"lesion_count": 2.0, "interval_months": 11.0, "primary_n": 0.0}, Truth.INDETERMINATE),
    ],
)
def test_reasons_for_chemotherapy_around_a_resection(
    catalogue: Catalogue, changes: dict[str, object], truth: Truth
) -> None:
    """B items, five lesions, synchronous, Fong 3 or more (a missing CEA is one point); else not needed."""
    usual = CONFINED | {"chemo_lines": 0.0, "largest_diameter_mm": 20.0}
    judged = judge(catalogue, "perioperative_chemotherapy", **(usual | changes))  # type: ignore[arg-type]
    assert judged.ev.answer_rule("SYS-03").truth is truth


def test_the_pump_after_a_resection(catalogue: Catalogue) -> None:
    """HAI-09: Fong 0 to 2 is ideal, 3 to 5 acceptable, and never a reason against it."""
    rules = catalogue.under("consensus")
    low = {"primary_type": "colon", "primary_n": 1.0, "interval_months": 24.0, "cea_ng_ml": 5.0, "lesion_count": 2.0,
           "largest_diameter_mm": 20.0}  # fmt: skip
    cases: tuple[tuple[dict[str, object], Grade], ...] = (
        ({}, Grade.IDEAL),
        ({"cea_ng_ml": 201.0}, Grade.ACCEPTABLE),
        ({"cea_ng_ml": 201.0, "primary_n": 0.0, "interval_months": 3.0}, Grade.IDEAL),
        ({"primary_n": None}, Grade.IDEAL),
    )
    for points, grade in cases:
        held = {name: value for name, value in (low | points).items() if value is not None}
        study: dict[str, Quantity] = {name: Fact(name, cast("float", value)) for name, value in held.items()}
        ev = Evaluation(rules, Inputs(study), given_verdicts={"resection": ELIGIBLE})
        assert find_grade(ev, rules.rules["HAI-09"], ev.answer_rule("HAI-09")) is grade


def test_what_is_left(catalogue: Catalogue) -> None:
    """SYS-01 names radioembolization's like while it is possible, and systemic treatment when nothing else is."""

    def left(**changes: object) -> tuple[str, ...]:
        return judge(catalogue, "systemic", **changes).ev.find_classes("SYS-01").now  # type: ignore[arg-type]

    assert left() == ("local_treatment",)
    beyond = {"extrahepatic_disease": "unresectable", "extrahepatic_sites": ("peritoneum",), "planned_margin_mm": 0.0}
    assert left(**beyond, ecog=3.0, tumour_burden_percent=75.0, bilirubin_total_mg_dl=4.0) == ("systemic",)
