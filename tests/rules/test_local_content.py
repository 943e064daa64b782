"""Whole invented patients for ablation, electroporation and radiation; answers by hand from the catalogue 9 to 12."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pytest

from pipeline.judging import add_derived, formula_words, rule_inputs
from pipeline.lesion import StudyMeasurements
from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.measures.derived import derive
from pipeline.measures.study import measure_study
from pipeline.rules import Catalogue, load_catalogue
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.readings import check_lesions
from pipeline.rules.results import build_result
from pipeline.rules.treatments import assess_treatment
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, Study
from pipeline.verdict import CriterionResult, Kind, Outcome, Verdict
from pipeline.volume import Mask
from tests.phantoms import Ellipsoid, make_grid, make_record, make_study, sample, sphere, unite
from tests.rules.test_shipped_rules import CATALOGUE, CONFIGS

Value = bool | float | str | tuple[str, ...]
PROFILES = ("seed", "consensus", "conservative", "expansive")
WELL: dict[str, Value] = {
    "primary_type": "colorectal", "ecog": 0, "karnofsky": 90, "asa": 2, "life_expectancy_weeks": 200,
    "extrahepatic_disease": "none", "all_disease_treatable": True, "prior_liver_treatments": (), "chemo_lines": 1,
    "weeks_since_chemo": 8, "bilirubin_total_mg_dl": 0.8, "albumin_g_l": 42, "inr": 1.0, "platelets_10e9_l": 220,
    "ast_u_l": 25, "alt_u_l": 25, "ascites": "none", "encephalopathy_grade": 0, "biliary_stent_or_anastomosis": False,
    "uncontrolled_infection": False, "prior_liver_radiation": False, "motion_control": True, "pregnant": False,
    "fit_general_anaesthesia": True, "arrhythmia": False, "pacemaker_or_icd": False, "epilepsy": False,
    "recent_myocardial_infarction": False, "metal_implant_near": False,
}  # fmt: skip
FAR: dict[str, float] = {
    "dist_capsule_mm": 12, "dist_vessel_ge3mm_mm": 20, "dist_central_bile_duct_mm": 50,
    "dist_bowel_or_gallbladder_mm": 35, "dist_bowel_mm": 40, "dist_heart_or_diaphragm_mm": 30,
    "dist_sbrt_organs_mm": 30, "dist_portal_vein_main_mm": 55, "dist_portal_vein_mm": 20, "dist_hepatic_vein_mm": 20,
    "nearest_lesion_mm": 25,
}  # fmt: skip
HILAR = {**FAR, "dist_central_bile_duct_mm": 4, "dist_vessel_ge3mm_mm": 0, "dist_portal_vein_main_mm": 3}
"""Between portal trunk and hepatic duct."""
SMALL_REMNANT: dict[str, Value] = {
    "remnant_percent": 12, "standardized_remnant_percent": 12, "removed_percent": 88, "remnant_volume_ml": 175,
}  # fmt: skip
"""Too little under every profile: no resection (VOL-01, VOL-02)."""


def quantity(name: str, value: Value) -> Quantity:
    if isinstance(value, bool | str | tuple):
        return Fact(name, value)
    spec = CATALOGUE.inputs.get(name)
    if spec is None or spec.source == "record":
        return Fact(name, float(value))
    return Measurement(name.removeprefix("lesion."), float(value), spec.unit)


def patient(
    lesions: Sequence[tuple[float, Mapping[str, float]]],
    more: Mapping[str, Value] | None = None,
    liver_ml: float = 1500.0,
) -> Inputs:
    """Return a well patient with lesions of a diameter in mm, each a ball."""
    own = {
        f"L{n}": {
            name: quantity(f"lesion.{name}", value)
            for name, value in {**place, "longest_diameter_mm": size, "max_3d_diameter_mm": size}.items()
        }
        for n, (size, place) in enumerate(lesions, 1)
    }
    if len(lesions) == 1:
        own["L1"]["nearest_lesion_mm"] = Measurement("nearest_lesion_mm", None, "mm", reason="NO_OTHER_LESION: none")
    tumour = sum(math.pi / 6 * (size / 10) ** 3 for size, _ in lesions)
    measured: dict[str, Value] = {
        "lesion_state": "found", "lesion_count": len(lesions), "largest_diameter_mm": max(size for size, _ in lesions),
        "total_lesion_volume_ml": tumour, "total_liver_volume_ml": liver_ml,
        "functional_liver_volume_ml": liver_ml - tumour, "tumour_burden_percent": 100 * tumour / liver_ml,
    }  # fmt: skip
    return Inputs({name: quantity(name, value) for name, value in {**WELL, **measured, **(more or {})}.items()}, own)


def evaluate(inputs: Inputs, profile: str, catalogue: Catalogue = CATALOGUE) -> Evaluation:
    rules = catalogue.under(profile)
    return Evaluation(rules, check_lesions(derive(inputs, formula_words(catalogue, profile)), rules.inputs))


def decide(treatment: str, inputs: Inputs, profile: str = "consensus", catalogue: Catalogue = CATALOGUE) -> Verdict:
    ev = evaluate(inputs, profile, catalogue)
    return assess_treatment(ev, next(one for one in catalogue.treatments if one.id == treatment))


def truths(verdict: Verdict, *ids: str) -> list[str]:
    found = {one.id: one.truth.value for one in verdict.criteria}
    return [found[each] for each in ids]


def test_a_small_lesion_far_from_everything_is_for_ablation_by_either_method() -> None:
    """24 mm under the capsule: every rule is met; one-sided thresholds (ABL-04) keep the grade at acceptable."""
    inputs = patient([(24.0, {**FAR, "dist_capsule_mm": 0})])
    for treatment in ("ablation_rfa", "ablation_mwa"):
        verdict = decide(treatment, inputs)
        assert verdict.outcome is Outcome.ELIGIBLE
        ideal = {one.id for one in verdict.criteria if one.grade == "ideal"}
        assert {"ABL-01", "ABL-02", "ABL-03", "ABL-07", "ABL-08", "ABL-09", "ABL-12", "ABL-15"} <= ideal
        assert verdict.grade == "acceptable"
        assert truths(verdict, "ABL-04", "ABL-10", "ABL-18") == ["met", "not_met", "not_applicable"]
    assert decide("ire", inputs).outcome is Outcome.NOT_ELIGIBLE


def test_what_is_not_drawn_near_the_bowel_keeps_ablation_conditional() -> None:
    """ABL-08 is a safety rule: unknown is conditional, and the distance is named as missing."""
    place = {name: mm for name, mm in FAR.items() if name != "dist_bowel_or_gallbladder_mm"}
    for treatment in ("ablation_mwa", "cryoablation"):
        verdict = decide(treatment, patient([(24.0, place)]))
        assert verdict.outcome is Outcome.CONDITIONAL
        assert "lesion.dist_bowel_or_gallbladder_mm" in {one.name for one in verdict.missing}


@pytest.mark.parametrize(
    ("size", "outcomes"),
    [
        (28.0, {"seed": "eligible", "consensus": "eligible", "conservative": "eligible", "expansive": "eligible"}),
        (35.0, {"seed": "eligible", "consensus": "eligible", "conservative": "eligible", "expansive": "eligible"}),
        (36.0, {"seed": "eligible", "consensus": "eligible", "conservative": "not_eligible", "expansive": "eligible"}),
        (51.0, dict.fromkeys(PROFILES, "not_eligible")),
    ],
)
def test_a_lesion_between_trunk_and_duct_is_for_electroporation(size: float, outcomes: dict[str, str]) -> None:
    """4 mm off the duct no profile ablates by heat (5 mm at the least); 12 % of liver would be left of a resection."""
    inputs = patient([(size, HILAR)], SMALL_REMNANT)
    for profile, outcome in outcomes.items():
        assert decide("resection", inputs, profile).outcome is Outcome.NOT_ELIGIBLE
        assert decide("ablation_mwa", inputs, profile).outcome is Outcome.NOT_ELIGIBLE
        assert decide("ire", inputs, profile).outcome.value == outcome


def test_electroporation_needs_every_lesion_near_the_hilum_and_nothing_else_possible() -> None:
    """A second lesion that lies free, a pacemaker, a stent of metal, an open question on resection."""
    hilar = [(28.0, HILAR)]
    assert decide("ire", patient([*hilar, (20.0, FAR)], SMALL_REMNANT)).outcome is Outcome.NOT_ELIGIBLE
    assert decide("ire", patient(hilar, {**SMALL_REMNANT, "pacemaker_or_icd": True})).outcome is Outcome.NOT_ELIGIBLE
    assert decide("ire", patient(hilar, {**SMALL_REMNANT, "metal_in_field": True})).outcome is Outcome.CONDITIONAL
    stent = patient(hilar, {**SMALL_REMNANT, "biliary_stent_or_anastomosis": True})
    assert decide("ire", stent).outcome is Outcome.CONDITIONAL
    assert "metal_in_field" in {one.name for one in decide("ire", stent).missing}
    assert decide("ire", patient(hilar)).outcome is Outcome.INDETERMINATE


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (3, ("eligible", "eligible", "eligible", "eligible")),
        (4, ("eligible", "eligible", "not_eligible", "eligible")),
        (5, ("eligible", "eligible", "not_eligible", "eligible")),
        (6, ("eligible", "not_eligible", "not_eligible", "not_eligible")),
        (10, ("eligible", "not_eligible", "not_eligible", "not_eligible")),
        (11, ("not_eligible",) * 4),
    ],
)
def test_how_many_lesions_sbrt_treats_by_profile(count: int, expected: tuple[str, ...]) -> None:
    """Section 23: 10 in the seed documents, 5, 3 and 5; without a plan the geometry alone decides."""
    inputs = patient([(18.0, FAR)] * count)
    assert tuple(decide("sbrt", inputs, profile).outcome.value for profile in PROFILES) == expected


@pytest.mark.parametrize(
    ("plan", "rule", "truth"),
    [
        ({"sbrt_dose_gy": 60.0, "sbrt_fractions": 3.0}, "SBR-11", "met"),
        ({"sbrt_dose_gy": 50.0, "sbrt_fractions": 5.0}, "SBR-11", "met"),
        ({"sbrt_dose_gy": 40.0, "sbrt_fractions": 4.0}, "SBR-11", "met"),
        ({"sbrt_dose_gy": 40.0, "sbrt_fractions": 5.0}, "SBR-11", "not_met"),
        ({"sbrt_fractions": 1.0, "sbrt_liver_below_9_1_gy_ml": 700.0}, "SBR-12", "met"),
        ({"sbrt_fractions": 1.0, "sbrt_liver_below_9_1_gy_ml": 699.9}, "SBR-12", "not_met"),
        ({"sbrt_fractions": 3.0, "sbrt_liver_below_15_gy_ml": 700.0}, "SBR-12", "met"),
        ({"sbrt_fractions": 3.0, "sbrt_liver_below_15_gy_ml": 699.9}, "SBR-12", "not_met"),
        ({"sbrt_fractions": 5.0, "sbrt_liver_below_15_gy_ml": 700.0}, "SBR-12", "met"),
        ({"sbrt_fractions": 5.0, "sbrt_liver_below_15_gy_ml": 699.9}, "SBR-12", "not_met"),
        ({"sbrt_fractions": 1.0, "sbrt_liver_below_15_gy_ml": 900.0}, "SBR-12", "indeterminate"),
        ({"sbrt_fractions": 3.0, "sbrt_liver_mean_gy": 15.0}, "SBR-13", "met"),
        ({"sbrt_fractions": 3.0, "sbrt_liver_mean_gy": 15.1}, "SBR-13", "not_met"),
        ({"sbrt_fractions": 6.0, "sbrt_liver_mean_gy": 20.0}, "SBR-13", "met"),
        ({"sbrt_fractions": 6.0, "sbrt_liver_mean_gy": 20.1}, "SBR-13", "not_met"),
        ({"sbrt_fractions": 3.0, "sbrt_liver_mean_gy": 13.0, "albumin_g_l": 30.0, "ascites": "mild"}, "SBR-13", "met"),
        (
            {"sbrt_fractions": 3.0, "sbrt_liver_mean_gy": 13.1, "albumin_g_l": 30.0, "ascites": "mild"},
            "SBR-13",
            "not_met",
        ),
        (
            {"sbrt_fractions": 6.0, "sbrt_liver_mean_gy": 18.1, "albumin_g_l": 30.0, "ascites": "mild"},
            "SBR-13",
            "not_met",
        ),
        ({}, "SBR-11", "indeterminate"),
        ({}, "SBR-12", "indeterminate"),
        ({}, "SBR-13", "indeterminate"),
    ],
)
def test_each_dose_of_a_plan_at_its_limit_and_beside_it(plan: dict[str, Value], rule: str, truth: str) -> None:
    """BED10 60/3 180, 50/5 100, 40/4 80 and 40/5 72 Gy; Child-Pugh with albumin 30 g/L and mild ascites is B7.

    For the mean dose of a single fraction there is no limit to keep (SBR-13): conditional.
    """
    verdict = decide("sbrt", patient([(25.0, FAR)], plan))
    assert truths(verdict, rule) == [truth]
    single = plan.get("sbrt_fractions") == 1
    assert verdict.outcome is (Outcome.CONDITIONAL if truth == "not_met" or single else Outcome.ELIGIBLE)


def test_beyond_60_mm_the_expansive_profile_asks_what_the_plan_spares() -> None:
    """Section 23: no hard cap when the plan meets SBR-12."""
    spared: dict[str, Value] = {"sbrt_fractions": 3.0, "sbrt_liver_below_15_gy_ml": 800.0}
    burnt = {**spared, "sbrt_liver_below_15_gy_ml": 600.0}
    large = [(65.0, FAR)]
    assert decide("sbrt", patient(large, spared), "expansive").outcome is Outcome.ELIGIBLE
    assert decide("sbrt", patient(large, burnt), "expansive").outcome is Outcome.NOT_ELIGIBLE
    assert decide("sbrt", patient(large), "expansive").outcome is Outcome.INDETERMINATE
    assert decide("sbrt", patient(large, spared), "consensus").outcome is Outcome.NOT_ELIGIBLE


@pytest.fixture(scope="module")
def with_table(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The catalogue of a site with a table for five fractions: duodenum and heart."""
    site = tmp_path_factory.mktemp("site") / "own.yaml"
    rows = {
        "sbrt_organ_table": "site",
        "sbrt_organ_table_fractions": 5,
        "sbrt_max_duodenum_gy": 30,
        "sbrt_max_heart_gy": 28,
    }
    lines = [
        f"  - {{parameter: {name}, value: {value}, reason: invented for this test}}" for name, value in rows.items()
    ]
    site.write_text("\n".join(["site: Invented", "overrides:", *lines]) + "\n", encoding="utf-8")
    return load_catalogue(CONFIGS / "rules", CONFIGS / "profiles", site)


@pytest.mark.parametrize(
    ("plan", "truth"),
    [
        ({"sbrt_fractions": 5.0, "sbrt_max_duodenum_gy": 30.0, "sbrt_max_heart_gy": 28.0}, "met"),
        ({"sbrt_fractions": 5.0, "sbrt_max_duodenum_gy": 30.1, "sbrt_max_heart_gy": 10.0}, "not_met"),
        ({"sbrt_fractions": 5.0, "sbrt_max_duodenum_gy": 12.0}, "indeterminate"),
        ({"sbrt_fractions": 3.0, "sbrt_max_duodenum_gy": 12.0, "sbrt_max_heart_gy": 10.0}, "indeterminate"),
        ({"sbrt_fractions": 3.0, "sbrt_max_duodenum_gy": 31.0}, "not_met"),
        ({}, "indeterminate"),
    ],
)
def test_organ_doses_are_held_against_the_table_of_the_site(
    with_table: Catalogue, plan: dict[str, Value], truth: str
) -> None:
    """SBR-14: without a table nothing is compared; the result stays marked as uncertain and says whose table it is."""
    verdict = decide("sbrt", patient([(25.0, FAR)], plan), catalogue=with_table)
    (found,) = [one for one in verdict.criteria if one.id == "SBR-14"]
    assert found.truth == truth
    assert found.confidence.startswith("U")
    assert "Invented" in found.threshold_from
    assert truths(decide("sbrt", patient([(25.0, FAR)], plan)), "SBR-14") == ["indeterminate"]


@pytest.mark.parametrize(
    ("count", "liver_ml", "share", "outcome"),
    [(3, 1500.0, 13.09, "eligible"), (5, 1500.0, 21.82, "eligible"), (5, 900.0, 36.36, "conditional")],
)
def test_cryoablation_of_much_of_the_liver_is_conditional(
    count: int, liver_ml: float, share: float, outcome: str
) -> None:
    """Lesions of 40 mm with 5 mm around: balls of 50 mm, 65.45 mL each; CRY-02 asks for less than 35 %."""
    inputs = patient([(40.0, FAR)] * count, liver_ml=liver_ml)
    held = derive(inputs, formula_words(CATALOGUE, "consensus")).study["planned_ablation_percent"]
    assert held.value == pytest.approx(share, abs=0.01)
    assert decide("cryoablation", inputs).outcome.value == outcome


def test_cryoablation_asks_for_more_platelets_than_heat() -> None:
    """CRY-03: 100; LIV-07: 50."""
    inputs = patient([(20.0, FAR)], {"platelets_10e9_l": 99})
    assert decide("cryoablation", inputs).outcome is Outcome.NOT_ELIGIBLE
    assert decide("ablation_mwa", inputs).outcome is Outcome.ELIGIBLE


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "eligible"),
        ({"brachytherapy_d100_gy": 14.9}, "conditional"),
        ({"brachytherapy_d100_gy": 15.0}, "eligible"),
        ({"brachytherapy_liver_above_5_gy_percent": 33.0}, "eligible"),
        ({"brachytherapy_liver_above_5_gy_percent": 33.1}, "conditional"),
        ({"bilirubin_total_mg_dl": 2.0}, "eligible"),
        ({"bilirubin_total_mg_dl": 2.1}, "not_eligible"),
        ({"ascites": "mild"}, "indeterminate"),
        ({"ascites": "mild", "ascites_along_track": False}, "eligible"),
        ({"ascites": "mild", "ascites_along_track": True}, "not_eligible"),
    ],
)
def test_brachytherapy_of_a_large_lesion(changed: dict[str, Value], outcome: str) -> None:
    """70 mm: too large for heat and SBRT, within the series of brachytherapy."""
    inputs = patient([(70.0, FAR)], changed)
    assert decide("brachytherapy", inputs).outcome.value == outcome
    assert decide("sbrt", inputs).outcome is Outcome.NOT_ELIGIBLE
    assert decide("ablation_mwa", inputs).outcome is Outcome.NOT_ELIGIBLE


def test_two_near_lesions_are_one_target_with_one_diameter() -> None:
    """Two of 22 mm, 8 mm apart: 52 mm together, too large as one target; 47 mm is not, but for radiofrequency."""
    near = {**FAR, "nearest_lesion_mm": 8.0}
    for together, outcomes in ((52.0, ("conditional", "conditional")), (47.0, ("conditional", "eligible"))):
        inputs = patient([(22.0, {**near, "cluster_10mm_diameter_mm": together})] * 2)
        assert tuple(decide(each, inputs).outcome.value for each in ("ablation_rfa", "ablation_mwa")) == outcomes


GRID = make_grid((44, 100, 110), (2.0, 1.0, 1.0))


PLACES = ((-22.0, 0.0, 0.0), (22.0, 0.0, 0.0))


def _measure(study: Study, record: ClinicalRecord) -> StudyMeasurements:
    return measure_study(
        study, record, min_lesion_mm=3.0, connectivity=26, bsa_formula="mosteller", etlv_formula="vauthey_bsa"
    )


def judged(*zones: tuple[float, tuple[float, float, float]], profile: str = "consensus") -> dict[str, CriterionResult]:
    """Return what rules say of two lesions of 16 mm with the ablation zones drawn: result and rows after ablation."""
    lesions = [sample(sphere(8.0, place), GRID) for place in PLACES]
    masks: dict[Role, Mask | list[Mask]] = {
        Role.LIVER: sample(Ellipsoid((50.0, 42.0, 38.0)), GRID),
        Role.LESION: lesions,
    }
    if zones:
        masks[Role.ABLATION_ZONE] = unite(*(sample(sphere(*zone), GRID) for zone in zones))
    record = make_record(height_cm=180.0, weight_kg=80.0)
    measured = _measure(make_study(masks), record)
    ev = evaluate(rule_inputs(add_derived(measured, record, CATALOGUE, profile), record), profile)
    deciding = {rule.id for rule, _ in ev.rules.deciding["ablation_mwa"]}
    assert not deciding & {"ABL-11", "ABL-11b", "ABL-RESULT"}
    return {id_: build_result(ev, ev.rules.rules[id_], Kind.NOTE) for id_ in ("ABL-RESULT", "ABL-11", "ABL-11b")}


@pytest.mark.parametrize(
    ("radius", "word", "truth", "grade"),
    [
        (20.0, "ideal", "met", "ideal"),
        (15.0, "sufficient", "met", "acceptable"),
        (11.0, "insufficient", "not_met", "exceeded"),
        (7.0, "residual", "not_met", "exceeded"),
    ],
)
def test_an_ablation_that_was_done_is_judged_by_its_smallest_margin(
    radius: float, word: str, truth: str, grade: str
) -> None:
    """One lesion of 16 mm ablated, one left: margins of 12, 7, 3 and -1 mm; no new ablation is judged by them."""
    found = judged((radius, PLACES[0]))
    assert found["ABL-RESULT"].class_value == word
    assert (found["ABL-11"].truth, found["ABL-11"].grade) == (truth, grade)


def test_the_worse_of_two_ablations_is_the_result() -> None:
    """Both ablated, with 12 and 3 mm around; now no lesion is left to count, and the result is known all the same."""
    found = judged((20.0, PLACES[0]), (11.0, PLACES[1]))
    assert found["ABL-RESULT"].class_value == "insufficient"
    assert found["ABL-11"].truth == "not_met"


def test_without_an_ablation_nothing_is_judged_by_it() -> None:
    assert {one.truth for one in judged().values()} == {"not_applicable"}


def test_the_conservative_profile_asks_for_10_mm() -> None:
    """7 mm are sufficient for the consensus and insufficient here."""
    assert judged((15.0, PLACES[0]), profile="conservative")["ABL-RESULT"].class_value == "insufficient"


def test_a_zone_on_another_grid_leaves_the_result_open() -> None:
    """Lesion and zone without a common frame are not compared (ABL-11): indeterminate, with the reason."""
    record, other = make_record(height_cm=180.0, weight_kg=80.0), make_grid((40, 100, 110), (2.2, 1.0, 1.0))
    study = make_study(
        {
            Role.LIVER: sample(Ellipsoid((50.0, 42.0, 38.0)), GRID),
            Role.LESION: sample(sphere(8.0, PLACES[0]), GRID),
            Role.ABLATION_ZONE: sample(sphere(20.0, PLACES[0]), other),
        }
    )
    ev = evaluate(rule_inputs(_measure(study, record), record), "consensus")
    for id_ in ("ABL-RESULT", "ABL-11", "ABL-11b"):
        found = build_result(ev, ev.rules.rules[id_], Kind.NOTE)
        assert found.truth == "indeterminate"
        assert "drawn on different grids" in " ".join(one.reason for one in found.missing)
