"""Whole invented patients for surgery; classes and verdicts by hand from the catalogue, sections 7 and 8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from pipeline.judging import formula_words
from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.measures.derived import derive
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.readings import check_lesions
from pipeline.verdict import Outcome
from tests.rules.test_shipped_rules import CATALOGUE

Value = bool | float | str | tuple[str, ...]
PROFILES = ("seed", "consensus", "conservative", "expansive")
LIVER_ML = 1500.0
WELL: dict[str, Value] = {
    "primary_type": "colon", "ecog": 0, "asa": 2, "charlson": 2, "comorbidities": (), "life_expectancy_weeks": 200,
    "extrahepatic_disease": "none", "prior_liver_treatments": (), "chemo_lines": 0, "cirrhosis": False,
    "fibrosis_stage": 0, "chemo_weeks_total": 0, "chemo_cycles_preop": 0, "steatosis_percent": 5,
    "sinusoidal_injury_or_cash": False, "bilirubin_total_mg_dl": 0.8, "albumin_g_l": 42, "inr": 1.0,
    "platelets_10e9_l": 220, "ascites": "none", "encephalopathy_grade": 0, "portal_hypertension": False,
    "varices": False, "hilar_nodes": False, "celiac_paraaortic_nodes": False, "mdt_unresectable": False,
    "primary_n": 0, "cea_ng_ml": 5, "age_years": 60,
    "height_cm": 170, "weight_kg": 69.41, "remnant_portal_thrombus": False,
    "intraoperative_ultrasound": True, "primary_in_situ": False,
}  # fmt: skip
"""Healthy liver, never treated, no disease elsewhere; by body size a liver of 1499.9 mL is expected (Vauthey)."""
PLAN: dict[str, Value] = {
    "remnant_segments_preserved": 4, "resection_is_major": True, "remnant_inflow_ok": True, "remnant_outflow_ok": True,
    "remnant_biliary_ok": True, "portal_inflow_blocked": False, "hepatic_veins_blocked": False,
    "portal_or_hepatic_vein_contact": False, "planned_margin_mm": 12, "kept_vessel_distance_mm": 15,
    "intrahepatic_bile_ducts_dilated": False,
}  # fmt: skip
"""Of a right hepatectomy with vessels and ducts of the left side intact."""
INJURED: dict[str, Value] = {
    "chemo_lines": 1,
    "chemo_cycles_preop": 8,
    "chemo_weeks_total": 16,
    "recist_response": "PR",
}
NEAR = {"dist_capsule_mm": 10, "dist_vessel_ge3mm_mm": 15, "dist_central_bile_duct_mm": 40, "dist_bowel_mm": 30,
        "dist_bowel_or_gallbladder_mm": 30, "dist_heart_or_diaphragm_mm": 25}  # fmt: skip
"""Far enough from everything to be ablated."""
REMOVED = {"longest_diameter_mm": 60.0, "volume_ml": 90.0, "resection_margin_mm": 12.0, **NEAR}
LEFT = {"longest_diameter_mm": 20.0, "volume_ml": 4.0, **NEAR}
LARGE_LEFT = {**LEFT, "longest_diameter_mm": 55.0, "volume_ml": 80.0}


def quantity(name: str, value: Value) -> Quantity:
    if isinstance(value, bool | str | tuple):
        return Fact(name, value)
    spec = CATALOGUE.inputs[name]
    own = name.removeprefix("lesion.")
    stated = spec.source == "record" or name.startswith(("kept_vessel_", "parenchyma_sparing_"))
    return Fact(own, float(value)) if stated else Measurement(own, float(value), spec.unit)


def judge(
    remnant_percent: float | None,
    lesions: Sequence[Mapping[str, float]],
    profile: str = "consensus",
    **given: Value | None,
) -> Evaluation:
    """Return a patient's evaluation; the liver measured is as large as the one expected."""
    known = {name: value for name, value in {**WELL, **PLAN, **given}.items() if value is not None}
    study = {name: quantity(name, value) for name, value in known.items()}
    numbers: dict[str, float] = {"total_liver_volume_ml": LIVER_ML, "estimated_total_liver_volume_ml": LIVER_ML}
    if remnant_percent is not None:
        numbers |= dict.fromkeys(("remnant_percent", "standardized_remnant_percent"), remnant_percent)
        numbers |= {"remnant_volume_ml": LIVER_ML * remnant_percent / 100, "removed_percent": 100 - remnant_percent}
        left = [each for each in lesions if "resection_margin_mm" not in each]
        study["remnant_tumour_free"] = Fact("remnant_tumour_free", not left)
    numbers |= {
        "functional_liver_volume_ml": LIVER_ML,
        "lesion_count": len(lesions),
        "remnant_index_difference_percent": 0,
    }
    numbers |= {"largest_diameter_mm": max(each["longest_diameter_mm"] for each in lesions), "spleen_volume_ml": 200}
    numbers |= {"remnant_to_body_weight_percent": 0.9, "functional_to_estimated_liver_percent": 100}
    study |= {name: quantity(name, value) for name, value in numbers.items()}
    study["lesion_state"] = Fact("lesion_state", "found")
    own = {
        f"L{n}": {name: quantity(f"lesion.{name}", value) for name, value in each.items()}
        for n, each in enumerate(lesions, 1)
    }
    inputs = derive(Inputs(study, own), formula_words(CATALOGUE, profile))
    view = CATALOGUE.under(profile)
    return Evaluation(view, check_lesions(inputs, view.inputs))


def classes(ev: Evaluation, name: str) -> tuple[str, ...]:
    return ev.find_classes(ev.rules.class_rules[name]).now


def hard_failures(ev: Evaluation, treatment: str) -> set[str]:
    """Return the hard rules that are not met."""
    return {vote.rule for vote in ev.votes(treatment) if vote.kind == "H" and vote.answer.truth == "not_met"}


def test_a_clear_right_hepatectomy() -> None:
    """One 60 mm lesion on the right, 12 mm from the cut, 40 % left of a healthy liver: upfront, IVb, eligible."""
    ev = judge(40, [REMOVED], surgeon_r0_expected=True)
    assert classes(ev, "liver_class") == ("healthy",)
    assert (classes(ev, "ego_a"), classes(ev, "ego_b")) == (("none",), ("none",))
    assert classes(ev, "res_class") == ("upfront_resectable",)
    assert classes(ev, "collision_stage") == ("IVb",)
    assert hard_failures(ev, "resection") == set()
    assert ev.find_outcome("resection") in (Outcome.ELIGIBLE, Outcome.CONDITIONAL)
    for other in ("portal_vein_embolization", "liver_venous_deprivation", "alpps", "resection_with_ablation"):
        assert ev.find_outcome(other) is Outcome.NOT_APPLICABLE, other
    for staged in ("simultaneous_resection", "liver_first", "primary_first"):
        assert ev.find_outcome(staged) is Outcome.NOT_APPLICABLE, staged
    assert ev.answer_rule("RES-01").truth == "met"


def test_a_record_silent_on_r0_is_read_from_the_plan() -> None:
    """Every lesion 12 mm inside the removed part; the surgeon's no takes precedence, and makes it R1 expected (A2)."""
    assert judge(40, [REMOVED]).answer_rule("RES-01").truth == "met"
    refused = judge(40, [REMOVED], surgeon_r0_expected=False)
    assert refused.answer_rule("RES-01").truth == "not_met"
    assert refused.find_outcome("resection") is Outcome.NOT_ELIGIBLE
    assert classes(refused, "ego_a") == ("A2",)
    assert classes(refused, "res_class") == ("borderline",)


@pytest.mark.parametrize(
    ("remnant", "liver", "profile", "applies"),
    [
        (25, {}, "consensus", False),
        (25, INJURED, "consensus", True),
        (29.9, INJURED, "consensus", True),
        (30, INJURED, "consensus", False),
        (30, INJURED, "conservative", True),
        (25, INJURED, "seed", False),
        (25, {"cirrhosis": True, "fibrosis_stage": 4}, "expansive", True),
    ],
)
def test_when_the_remnant_needs_to_grow(remnant: float, liver: dict[str, Value], profile: str, applies: bool) -> None:
    """Enough is 20 % in a healthy liver, 30 in an injured, 40 in a cirrhotic one; 10 more if conservative."""
    ev = judge(remnant, [REMOVED], profile, surgeon_r0_expected=True, **liver)
    outcome = ev.find_outcome("portal_vein_embolization")
    assert (outcome is not Outcome.NOT_APPLICABLE) == applies
    assert (ev.find_outcome("resection") is Outcome.NOT_ELIGIBLE) == applies


def test_a_small_remnant_in_an_injured_liver() -> None:
    """25 % after 8 cycles, 5 points short: portal vein; both veins and ALPPS only conditionally; A2, IVc."""
    ev = judge(25, [REMOVED], surgeon_r0_expected=True, cea_max_ng_ml=90, **INJURED)
    assert classes(ev, "liver_class") == ("injured",)
    assert hard_failures(ev, "resection") == {"VOL-02"}
    assert ev.find_outcome("portal_vein_embolization") is Outcome.ELIGIBLE
    assert ev.find_outcome("liver_venous_deprivation") is Outcome.CONDITIONAL
    assert ev.answer_rule("HYP-03").truth == "not_met"
    assert ev.find_outcome("alpps") is Outcome.CONDITIONAL
    assert classes(ev, "ego_a") == ("A2",)
    assert classes(ev, "res_class") == ("borderline",)
    assert classes(ev, "collision_stage") == ("IVc",)


def test_a_very_small_remnant() -> None:
    """16 % in an injured liver: 14 points short, so both veins; 14 % is not worth embolizing, and ALPPS remains."""
    both = judge(16, [REMOVED], surgeon_r0_expected=True, **INJURED)
    assert both.find_outcome("liver_venous_deprivation") is Outcome.ELIGIBLE
    tiny = judge(14.9, [REMOVED], surgeon_r0_expected=True, **INJURED)
    assert hard_failures(tiny, "portal_vein_embolization") == {"HYP-02"}
    assert tiny.find_outcome("alpps") is Outcome.ELIGIBLE
    assert (
        judge(14.9, [REMOVED], surgeon_r0_expected=True, **{**INJURED, "age_years": 71}).find_outcome("alpps")
        is Outcome.CONDITIONAL
    )


def test_after_an_embolization_that_failed() -> None:
    """Portal vein embolization is not repeated; adding the hepatic vein, or ALPPS as rescue, remains."""
    ev = judge(25, [REMOVED], surgeon_r0_expected=True, pve_type="PVE", **INJURED)
    assert hard_failures(ev, "portal_vein_embolization") == {"HYP-10"}
    assert hard_failures(ev, "liver_venous_deprivation") == set()
    assert ev.find_outcome("alpps") is Outcome.ELIGIBLE


TWO_SIDES: dict[str, Value] = {
    "distribution": "bilobar",
    "surgeon_r0_expected": False,
    **INJURED,
    "chemo_cycles_preop": 7,
}


def test_a_bilobar_patient_for_two_stages() -> None:
    """Right side removed, 22 % left with a 20 mm lesion that can be ablated, response to drugs."""
    ev = judge(22, [REMOVED, LEFT], remnant_cleared=False, **TWO_SIDES)
    assert hard_failures(ev, "two_stage_hepatectomy") == set()
    assert ev.find_outcome("two_stage_hepatectomy") is Outcome.CONDITIONAL  # 7 cycles, more than 6
    assert ev.answer_rule("STR-02").truth == "met"
    assert hard_failures(ev, "portal_vein_embolization") >= {"HYP-05"}  # the remnant is to be cleared first
    assert classes(ev, "ego_a") == ("A2",)
    assert classes(ev, "collision_stage") == ("IVc",)


def test_two_stages_need_two_sides_a_remnant_that_can_be_cleared_and_no_progression() -> None:
    """Unilobar: does not apply. A 55 mm lesion on the left, or progression: not eligible."""
    one = judge(22, [REMOVED], **{**TWO_SIDES, "distribution": "unilobar"})
    assert one.find_outcome("two_stage_hepatectomy") is Outcome.NOT_APPLICABLE
    large = judge(22, [REMOVED, LARGE_LEFT], remnant_clearable=False, remnant_cleared=False, **TWO_SIDES)
    assert hard_failures(large, "two_stage_hepatectomy") == {"STR-02"}
    assert classes(large, "ego_a") == ("A1",)
    assert classes(large, "res_class") == ("initially_unresectable",)
    grown = judge(22, [REMOVED, LEFT], **{**TWO_SIDES, "recist_response": "PD"})
    assert hard_failures(grown, "two_stage_hepatectomy") == {"STR-02"}


def test_resection_with_ablation() -> None:
    """A sphere of 30 mm (14.1 mL, 10.1 beside the 4 mL lesion) leaves 39.3 of 40 %: eligible, A2, IVb."""
    ev = judge(40, [REMOVED, LEFT], surgeon_r0_expected=False, distribution="bilobar")
    left = ev.read("standardized_remnant_after_ablation_percent").number
    assert left == pytest.approx(39.32, abs=0.01)
    assert hard_failures(ev, "resection") == {"RES-01"}
    assert ev.find_outcome("resection_with_ablation") is Outcome.ELIGIBLE
    assert classes(ev, "ego_a") == ("A2",)
    assert classes(ev, "res_class") == ("borderline",)
    assert classes(ev, "collision_stage") == ("IVb",)


@pytest.mark.parametrize(
    ("left", "why"),
    [
        pytest.param({**LEFT, "longest_diameter_mm": 50.1}, "CMB-01", id="too large to ablate"),
        pytest.param({**LEFT, "dist_central_bile_duct_mm": 9.9}, "CMB-01", id="at a bile duct"),
        pytest.param({**LEFT, "resection_margin_mm": 0.0}, "CMB-01", id="cut through"),
    ],
)
def test_resection_with_ablation_refused(left: dict[str, float], why: str) -> None:
    """One lesion that is neither removed whole nor ablatable is enough."""
    ev = judge(40, [REMOVED, LEFT, left], surgeon_r0_expected=False)
    assert why in hard_failures(ev, "resection_with_ablation")


def test_ablation_can_take_what_the_remnant_needs() -> None:
    """20.5 % in a healthy liver, less 10.1 of 1500 mL (0.67 points): 19.8 %, below 20."""
    ev = judge(20.5, [REMOVED, LEFT], surgeon_r0_expected=False)
    assert ev.answer_rule("VOL-02").truth == "met"
    assert hard_failures(ev, "resection_with_ablation") == {"CMB-01"}


@pytest.mark.parametrize(
    ("given", "category"),
    [
        ({"extrahepatic_disease": "resectable"}, "EGO-B1"),
        ({"chemo_lines": 1, "recist_response": "PD"}, "EGO-B3"),
    ],
)
def test_biology_makes_a_resectable_patient_borderline(given: dict[str, Value], category: str) -> None:
    """Disease elsewhere that can be resected; progression."""
    ev = judge(40, [REMOVED], surgeon_r0_expected=True, **given)
    assert ev.answer_rule(category).truth == "not_met"
    assert classes(ev, "ego_b") == ("B",)
    assert classes(ev, "res_class") == ("borderline",)


@pytest.mark.parametrize(
    ("profile", "count", "wanted"),
    [
        ("consensus", 4, "upfront_resectable"),
        ("consensus", 5, "borderline"),
        ("conservative", 5, "borderline"),
        ("expansive", 5, "upfront_resectable"),
        ("seed", 5, "upfront_resectable"),
    ],
)
def test_five_lesions_are_category_b2(profile: str, count: int, wanted: str) -> None:
    """From 5 lesions B2; no limit in seed and expansive; hard in the conservative profile only."""
    ev = judge(60, [REMOVED] * count, profile, surgeon_r0_expected=True)
    assert classes(ev, "res_class") == (wanted,)
    assert ("EGO-B2" in hard_failures(ev, "resection")) == (profile == "conservative" and count == 5)


BLOCKED: dict[str, Value] = {"portal_inflow_blocked": True, "surgeon_r0_expected": False}


@pytest.mark.parametrize(
    ("wanted", "resectability", "remnant", "lesion", "given"),
    [
        ("IVa", "upfront_resectable", 70, REMOVED, {"surgeon_r0_expected": True, "resection_is_major": False}),
        ("IVa", "initially_unresectable", None, LEFT, BLOCKED),
        ("IVb", "upfront_resectable", 40, REMOVED, {"surgeon_r0_expected": True}),
        ("IVc", "borderline", 18, REMOVED, {"surgeon_r0_expected": True}),
        ("IVc", "initially_unresectable", 40, LARGE_LEFT, BLOCKED),
        ("IVd", "permanently_unresectable", 40, LARGE_LEFT, {**BLOCKED, "mdt_unresectable": True}),
    ],
)
def test_collision_stages(
    wanted: str, resectability: str, remnant: float | None, lesion: dict[str, float], given: dict[str, Value]
) -> None:
    """Minor resection or ablation IVa; major resection IVb; more remnant or downsizing IVc; the board's word IVd."""
    ev = judge(remnant, [lesion], **{"distribution": "unilobar", **given})
    assert classes(ev, "res_class") == (resectability,)
    assert classes(ev, "collision_stage") == (wanted,)


def test_unresectable_disease_elsewhere_is_a1() -> None:
    """However well the liver could be resected."""
    ev = judge(60, [REMOVED], surgeon_r0_expected=True, extrahepatic_disease="unresectable")
    assert classes(ev, "ego_a") == ("A1",)
    assert ev.find_outcome("resection") is Outcome.NOT_ELIGIBLE
    assert ev.find_outcome("portal_vein_embolization") is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("profile", PROFILES)
def test_classes_stay_open_while_the_plan_is_not_known(profile: str) -> None:
    """Lesions and record alone, no plan: nothing is guessed."""
    nothing: dict[str, Value | None] = dict.fromkeys(PLAN)
    ev = judge(None, [REMOVED | {"longest_diameter_mm": 60.0}], profile, **nothing)
    assert classes(ev, "ego_a") == ("A1", "A2", "none")
    assert set(classes(ev, "res_class")) == {"initially_unresectable", "borderline", "upfront_resectable"}
    assert ev.find_outcome("resection") is Outcome.INDETERMINATE


@pytest.mark.parametrize(
    ("given", "simultaneous", "liver_first", "primary_first"),
    [
        ({"resection_is_major": False, "primary_surgery": "complex"}, "eligible", "conditional", "conditional"),
        ({"resection_is_major": True, "primary_surgery": "simple"}, "conditional", "conditional", "conditional"),
        ({"resection_is_major": True, "primary_surgery": "complex"}, "conditional", "conditional", "conditional"),
        ({"resection_is_major": False, "primary_symptomatic": True}, "conditional", "conditional", "eligible"),
        (
            {"primary_type": "rectum", "primary_needs_radiotherapy": True, "resection_is_major": False},
            "eligible",
            "eligible",
            "conditional",
        ),
    ],
)
def test_synchronous_disease(given: dict[str, Value], simultaneous: str, liver_first: str, primary_first: str) -> None:
    """Minor: any operation of the primary; major: conditional. Symptoms: primary first; radiotherapy: liver first."""
    base: dict[str, Value] = {
        "primary_in_situ": True, "primary_resectable": True, "primary_symptomatic": False, "primary_site_side": "left",
        "primary_needs_radiotherapy": False, "surgeon_r0_expected": True,
    }  # fmt: skip
    ev = judge(60, [{**REMOVED, "longest_diameter_mm": 30.0}], **{**base, **given})
    assert ev.find_outcome("simultaneous_resection").value == simultaneous
    assert ev.find_outcome("liver_first").value == liver_first
    assert ev.find_outcome("primary_first").value == primary_first


def test_parenchyma_sparing_resection() -> None:
    """Vessels free: eligible; touched over 100 degrees: as the profile has it; never without ultrasound."""
    touch: dict[str, Value] = {
        "kept_vessel_distance_mm": 0,
        "kept_vessel_contact_deg": 100,
        "kept_vessel_occluded": False,
    }
    wanted = {"consensus": "conditional", "conservative": "not_eligible", "expansive": "eligible", "seed": "eligible"}
    for profile, outcome in wanted.items():
        ev = judge(70, [REMOVED], profile, surgeon_r0_expected=True, **touch)
        assert ev.find_outcome("parenchyma_sparing_resection").value == outcome, profile
    free = judge(70, [REMOVED], surgeon_r0_expected=True)
    assert free.find_outcome("parenchyma_sparing_resection") is Outcome.ELIGIBLE
    without = judge(70, [REMOVED], surgeon_r0_expected=True, intraoperative_ultrasound=False)
    assert without.find_outcome("parenchyma_sparing_resection") is Outcome.NOT_ELIGIBLE


@pytest.mark.parametrize("treatment", ["portal_vein_embolization", "alpps", "two_stage_hepatectomy", "primary_first"])
@pytest.mark.parametrize(
    "unfit", [{"ecog": 3}, {"asa": 4}, {"bilirubin_total_mg_dl": 2.1, "drained_biliary_obstruction": False}]
)
def test_nobody_unfit_for_surgery_is_operated(treatment: str, unfit: dict[str, Value]) -> None:
    """ECOG above 2, ASA above 3, bilirubin above 2.0 mg/dL: every surgical treatment is refused (STR-FIT)."""
    ev = judge(25, [REMOVED, LEFT], **{**TWO_SIDES, "primary_in_situ": True, **unfit})
    assert "STR-FIT" in hard_failures(ev, treatment)
