"""Quantities by formula on their way into the rules: the profile's words and numbers, and what rules make of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.judging import add_derived, formula_words, rule_inputs
from pipeline.measurement import Fact, Inputs, Quantity
from pipeline.measures.derived import derive
from pipeline.rules import Catalogue, load_catalogue
from pipeline.rules.evaluation import Evaluation
from pipeline.structures import Role
from tests.measures.test_study import liver, measure, spots
from tests.phantoms import make_record, make_study

CONFIGS = Path(__file__).parents[1] / "configs"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(CONFIGS / "rules", CONFIGS / "profiles")


def classes(catalogue: Catalogue, rule: str, profile: str = "consensus", **record: object) -> tuple[str, ...]:
    facts: dict[str, Quantity] = {name: Fact(name, value) for name, value in record.items()}  # type: ignore[arg-type]
    inputs = derive(Inputs(facts), formula_words(catalogue, profile))
    return Evaluation(catalogue.under(profile), inputs).find_classes(rule).now


def test_a_profile_s_words_and_numbers_reach_the_formulas(catalogue: Catalogue) -> None:
    """Consensus plans ablations with 5 mm, conservative with 10; a truth is no number, and no limit is none either."""
    assert formula_words(catalogue, "consensus").numbers["ablation_margin_mm"] == 5
    found = formula_words(catalogue, "conservative")
    assert found.numbers["ablation_margin_mm"] == 10
    assert found.words["bsa_formula"] == "mosteller"
    assert "lt_cea_fall_counts" not in found.numbers
    assert "lt_max_metastasis_mm" not in formula_words(catalogue, "consensus").numbers


def test_a_fatty_liver_in_images_makes_it_injured(catalogue: Catalogue) -> None:
    """Where the degree of steatosis is not on record; a stated degree stands, and no sign makes no liver healthy."""
    known = {"cirrhosis": False, "fibrosis_stage": 0.0, "chemo_weeks_total": 4.0, "chemo_cycles_preop": 2.0}
    known |= {"sinusoidal_injury_or_cash": False, "bilirubin_total_mg_dl": 0.8}
    assert classes(catalogue, "LIV-01", **known, liver_native_hu=35.0) == ("injured",)
    assert classes(catalogue, "LIV-01", **known, liver_pdff_percent=5.0) == ("injured", "healthy")
    assert classes(catalogue, "LIV-01", **known, steatosis_percent=10.0, liver_native_hu=35.0) == ("healthy",)


def test_a_grown_spleen_under_oxaliplatin_makes_it_injured(catalogue: Catalogue) -> None:
    """Where the record does not speak of sinusoidal injury."""
    known = {"cirrhosis": False, "fibrosis_stage": 0.0, "spleen_baseline_ml": 100.0, "spleen_volume_ml": 150.0}
    assert classes(catalogue, "LIV-01", **known, chemo_agents=("XELOX",)) == ("injured",)
    assert classes(catalogue, "LIV-01", **known, chemo_agents=("FOLFIRI",)) == ("injured", "healthy")


@pytest.mark.parametrize(
    ("bilirubin", "albumin", "grade"), [(0.6, 42.0, "grade_1"), (1.2, 35.0, "grade_2"), (4.0, 22.0, "grade_3")]
)
def test_the_grade_of_the_score(catalogue: Catalogue, bilirubin: float, albumin: float, grade: str) -> None:
    """-2.90, -2.11 and -0.66 by hand."""
    assert classes(catalogue, "LIV-02b", bilirubin_total_mg_dl=bilirubin, albumin_g_l=albumin) == (grade,)


def test_dates_count_in_scores(catalogue: Catalogue) -> None:
    """Exactly 12 calendar months is no point of Fong's score, a day less is one; without a date both remain."""
    rest = {"primary_type": "colorectal", "primary_n": 1.0, "lesion_count": 2.0, "cea_ng_ml": 5.0}
    rest |= {"largest_diameter_mm": 30.0, "primary_resection_date": "2023-03-05"}
    assert classes(catalogue, "SCO-FONG", **rest, liver_mets_diagnosis_date="2024-03-05") == ("low",)
    assert classes(catalogue, "SCO-FONG", **rest, liver_mets_diagnosis_date="2024-03-04") == ("high",)
    assert classes(catalogue, "SCO-FONG", **rest) == ("low", "high")


def test_a_study_is_published_with_what_follows_from_it(catalogue: Catalogue) -> None:
    """Study and lesions have their derived quantities, the measured ones are as they were, and rules read them."""
    record = make_record(
        height_cm=180.0, weight_kg=80.0, bilirubin_total_mg_dl=1.2, albumin_g_l=35.0, liver_native_hu=30.0
    )
    before = measure(make_study({Role.LIVER: liver(), Role.LESION: spots()}), record)
    after = add_derived(before, record, catalogue, "consensus")
    assert all(after.measurements[name] == each for name, each in before.measurements.items())
    assert after.measurements["albi_score"].value == pytest.approx(-2.10890, abs=5e-6)
    assert after.facts["steatosis_by_imaging"].value is True
    assert all("planned_ablation_volume_ml" in lesion.measurements for lesion in after.lesions)
    inputs = rule_inputs(after, record)
    assert inputs.study["lesion_size_ratio"] == after.measurements["lesion_size_ratio"]
    assert "bilirubin_total_mg_dl" not in after.facts, "what the record states stays where it is"
