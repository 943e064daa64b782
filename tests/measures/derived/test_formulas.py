"""Formulas by closed forms: what they give, between which ends, where they are not defined, and what is missing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.measures.derived import derive
from tests.measures.derived.test_published_examples import WORDS


def measure(
    name: str, value: float, low: float | None = None, high: float | None = None, unit: str = "mL"
) -> Measurement:
    return Measurement(name, value, unit, low, high)


def study(*quantities: Quantity, **record: object) -> dict[str, Quantity]:
    facts = {name: Fact(name, value) for name, value in record.items()}  # type: ignore[arg-type]
    return {**facts, **{each.name: each for each in quantities}}


def lesion(
    diameter: float, low: float, high: float, spatial: float | None = None, **more: float
) -> dict[str, Quantity]:
    found = [
        Measurement("longest_diameter_mm", diameter, "mm", low, high, masks=("L",)),
        Measurement("max_3d_diameter_mm", spatial or diameter, "mm", spatial or low, spatial or high, masks=("L",)),
        *(Measurement(name, value, "mL", value, value) for name, value in more.items()),
    ]
    return {each.name: each for each in found}


LIVER = (
    measure("remnant_volume_ml", 400, 380, 420),
    measure("functional_liver_volume_ml", 1600, 1550, 1650),
    measure("total_liver_volume_ml", 1700, 1650, 1750),
    measure("remnant_percent", 25, 24, 26, "%"),
)


def test_each_missing_field_is_named() -> None:
    """Whatever is not known gives no number, and its reason names the field of the record."""
    found = derive(Inputs(study(bilirubin_total_mg_dl=1.0)), WORDS).study
    for name, field in (
        ("albi_score", "albumin_g_l"),
        ("meld_score", "inr"),
        ("sbrt_bed10_gy", "sbrt_dose_gy"),
        ("sirt_lung_dose_gy", "sirt_activity_gbq"),
        ("cea_fall_percent", "cea_ng_ml"),
        ("interval_months", "liver_mets_diagnosis_date"),
    ):
        assert found[name].value is None
        assert found[name].reason == f"CLIN_MISSING: {field} is not in the clinical record"


def test_a_refused_field_hands_on_its_code() -> None:
    """A value that the record refuses is not calculated with, and says why it was refused."""
    stale = Fact("albumin_g_l", None, reason="CLIN_STALE: 60 days before the study")
    found = derive(Inputs({**study(bilirubin_total_mg_dl=1.0), "albumin_g_l": stale}), WORDS).study
    assert found["albi_score"].reason == "CLIN_STALE: albumin_g_l: 60 days before the study"


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("albi_score", {"bilirubin_total_mg_dl": 0.0, "albumin_g_l": 40.0}),
        ("albi_score", {"bilirubin_total_mg_dl": 1.0, "albumin_g_l": -1.0}),
        ("meld_score", {"bilirubin_total_mg_dl": 1.0, "inr": 0.0, "creatinine_mg_dl": 1.0}),
        ("sbrt_bed10_gy", {"sbrt_dose_gy": 50.0, "sbrt_fractions": 0.0}),
        ("sirt_lung_dose_gy", {"sirt_activity_gbq": 2.0, "lung_shunt_percent": 101.0}),
        ("sirt_lung_dose_gy", {"sirt_activity_gbq": 2.0, "lung_shunt_percent": 10.0, "lung_mass_kg": 0.0}),
        ("cea_fall_percent", {"cea_ng_ml": 5.0, "cea_max_ng_ml": 0.0}),
    ],
)
def test_a_formula_refuses_what_it_is_not_defined_for(name: str, record: dict[str, float]) -> None:
    """Zero, negative and impossible terms give no number but FORMULA_DOMAIN."""
    found = derive(Inputs(study(**record)), WORDS).study[name]
    assert found.value is None
    assert (found.reason or "").startswith("FORMULA_DOMAIN: ")


@given(st.floats(0.1, 50), st.floats(10, 60), st.floats(1.01, 3), st.floats(1.01, 2))
def test_albi_rises_with_bilirubin_and_falls_with_albumin(b: float, a: float, more: float, richer: float) -> None:
    """More bilirubin is worse, more albumin better."""

    def score(bilirubin: float, albumin: float) -> float:
        value = (
            derive(Inputs(study(bilirubin_total_mg_dl=bilirubin, albumin_g_l=albumin)), WORDS).study["albi_score"].value
        )
        assert isinstance(value, float)
        return value

    assert score(b * more, a) > score(b, a) > score(b, a * richer)


def test_the_record_s_own_number_stays() -> None:
    """A stated interval or BED10 is never replaced by one that a formula gives."""
    record = study(
        sbrt_bed10_gy=80.0,
        sbrt_dose_gy=50.0,
        sbrt_fractions=5.0,
        interval_months=3.0,
        primary_resection_date="2020-01-01",
        liver_mets_diagnosis_date="2024-01-01",
    )
    found = derive(Inputs(record), WORDS).study
    assert (found["sbrt_bed10_gy"].value, found["interval_months"].value) == (80.0, 3.0)


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2023-01-10", "2024-01-10", 12.0),
        ("2023-01-10", "2024-01-09", 11 + 30 / 31),
        ("2023-06-15", "2025-06-15", 24.0),
        ("2024-01-31", "2024-02-29", 1.0),
        ("2023-03-01", "2023-03-16", 15 / 31),
        ("2023-01-10", "2023-01-10", 0.0),
        ("2024-01-10", "2023-01-10", 0.0),
    ],
)
def test_the_disease_free_interval_counts_calendar_months(first: str, last: str, months: float) -> None:
    """A year to the day is 12 months, however long the year; not after the resection is synchronous: 0."""
    record = study(primary_resection_date=first, liver_mets_diagnosis_date=last)
    assert derive(Inputs(record), WORDS).study["interval_months"].value == pytest.approx(months)


def test_the_interval_may_count_from_the_diagnosis() -> None:
    """The profile's choice: from the diagnosis of the primary instead of its resection."""
    record = study(
        primary_resection_date="2023-06-01", primary_diagnosis_date="2023-01-01", liver_mets_diagnosis_date="2024-01-01"
    )
    by_diagnosis = type(WORDS)({**WORDS.words, "dfi_from": "diagnosis"}, WORDS.numbers)
    assert derive(Inputs(record), WORDS).study["interval_months"].value == 7.0
    assert derive(Inputs(record), by_diagnosis).study["interval_months"].value == 12.0


def test_metastases_beside_a_primary_in_place_are_synchronous() -> None:
    """Nothing was resected before they were found."""
    record = study(primary_in_situ=True, liver_mets_diagnosis_date="2024-01-01")
    assert derive(Inputs(record), WORDS).study["interval_months"].value == 0.0


def test_growth_of_the_remnant() -> None:
    """300 to 400 mL in 4 weeks, estimated liver 1600 mL: 6.25 points, 1.5625 a week, a third, a third / 28 a day."""
    surface = (1600 + 794.41) / 1267.28
    record = study(
        *LIVER, height_cm=180.0, weight_kg=surface**2 * 3600 / 180, prior_remnant_volume_ml=300.0, weeks_since_pve=4.0
    )
    found = derive(Inputs(record), WORDS).study
    degree = found["degree_of_hypertrophy_percent"]
    assert isinstance(degree, Measurement)
    assert (degree.value, degree.low, degree.high) == pytest.approx((6.25, 5.0, 7.5))
    assert found["kinetic_growth_rate_percent_per_week"].value == pytest.approx(1.5625)
    relative, daily = found["remnant_growth_percent"], found["remnant_growth_percent_per_day"]
    assert isinstance(relative, Measurement)
    assert (relative.value, relative.low, relative.high) == pytest.approx((100 / 3, 80 / 3, 40))
    assert daily.value == pytest.approx(100 / 3 / 28)


def test_growth_needs_time_to_have_passed() -> None:
    """No weeks, no rate."""
    record = study(*LIVER, prior_remnant_volume_ml=300.0, weeks_since_pve=0.0)
    found = derive(Inputs(record), WORDS).study["remnant_growth_percent_per_day"]
    assert found.reason == "FORMULA_DOMAIN: weeks_since_pve must be above zero"


def test_the_spleen_against_its_earlier_volume() -> None:
    """150 to 240 mL is 60 % more; the ends are those of today's volume."""
    record = study(measure("spleen_volume_ml", 240, 225, 255), spleen_baseline_ml=150.0)
    found = derive(Inputs(record), WORDS).study["spleen_change_percent"]
    assert isinstance(found, Measurement)
    assert (found.value, found.low, found.high) == pytest.approx((60, 50, 70))


@pytest.mark.parametrize(
    ("agents", "baseline", "stated", "expected"),
    [
        (("FOLFOX",), 150.0, None, True),
        (("Oxaliplatin", "5-FU"), 160.0, None, True),
        (("FOLFOX",), 161.0, None, None),
        (("irinotecan",), 150.0, None, None),
        (("FOLFOX",), 150.0, False, False),
    ],
)
def test_a_grown_spleen_under_oxaliplatin_suggests_sinusoidal_injury(
    agents: tuple[str, ...], baseline: float, stated: bool | None, expected: bool | None
) -> None:
    """From 50 % on, only with oxaliplatin, and never against what the record says."""
    record = study(measure("spleen_volume_ml", 240), spleen_baseline_ml=baseline, chemo_agents=agents)
    if stated is not None:
        record["sinusoidal_injury_or_cash"] = Fact("sinusoidal_injury_or_cash", stated, source="clinical record")
    found = derive(Inputs(record), WORDS).study.get("sinusoidal_injury_or_cash")
    assert (None if found is None else found.value) is expected


@pytest.mark.parametrize(
    ("record", "shown", "least"),
    [
        ({"liver_native_hu": 39.9}, True, 30),
        ({"liver_native_hu": 40.0}, None, None),
        ({"liver_native_hu": 45.0, "spleen_native_hu": 55.0}, True, 30),
        ({"liver_native_hu": 45.0, "spleen_native_hu": 54.9}, False, None),
        ({"liver_pdff_percent": 17.0}, True, 30),
        ({"liver_pdff_percent": 16.9}, False, None),
        ({"liver_pdff_percent": 5.0, "liver_native_hu": 30.0}, True, 30),
        ({}, None, None),
    ],
)
def test_steatosis_in_images(record: dict[str, float], shown: bool | None, least: float | None) -> None:
    """Liver below 40 HU, liver - spleen of -10 or less, fat fraction of 17 % or more; without a sign no bound."""
    found = derive(Inputs(study(**record)), WORDS).study
    assert found["steatosis_by_imaging"].value is shown
    assert found["steatosis_at_least_percent"].value == least


def test_the_ratio_of_lesion_sizes() -> None:
    """60 (57 to 63) by 20 (18 to 21): 3, between 57 / 21 and 63 / 18."""
    inputs = Inputs({}, {"L1": lesion(60, 57, 63), "L2": lesion(20, 18, 21), "L3": lesion(30, 29, 31)})
    found = derive(inputs, WORDS).study["lesion_size_ratio"]
    assert isinstance(found, Measurement)
    assert (found.value, found.low, found.high) == pytest.approx((3, 57 / 21, 63 / 18))
    single = derive(Inputs({}, {"L1": lesion(60, 57, 63)}), WORDS).study["lesion_size_ratio"]
    assert isinstance(single, Measurement)
    assert (single.value, single.low) == (1.0, 1.0)


def test_unknown_lesions_have_no_ratio() -> None:
    """While it is not known which lesions there are, nothing is said of all of them."""
    inputs = Inputs({}, {"L1": lesion(60, 57, 63)}, False, "LESION_ABSENT: there is no lesion mask")
    assert derive(inputs, WORDS).study["lesion_size_ratio"].reason == "LESION_ABSENT: there is no lesion mask"


def test_planned_ablation_volumes() -> None:
    """20 mm with 5 mm on every side is a sphere of 30 mm, 14.137 mL; with 10 mm one of 40 mm, 33.510 mL."""
    inputs = Inputs({}, {"L1": lesion(20, 18, 22, spatial=26)})
    found = derive(inputs, WORDS).lesions["L1"]
    planned, ideal = found["planned_ablation_volume_ml"], found["ideal_ablation_volume_ml"]
    assert isinstance(planned, Measurement)
    assert planned.value == pytest.approx(14.137, abs=5e-4)
    assert ideal.value == pytest.approx(33.510, abs=5e-4)
    assert planned.low == pytest.approx(math.pi * 28**3 / 6000)
    assert planned.high == pytest.approx(math.pi * 36**3 / 6000), "the larger of axial and 3D diameter"
    assert planned.masks == ("L",)


def test_a_profile_without_a_margin_plans_no_ablation() -> None:
    """`no_limit` is no margin."""
    words = type(WORDS)(WORDS.words, {name: value for name, value in WORDS.numbers.items() if "margin" not in name})
    found = derive(Inputs({}, {"L1": lesion(20, 18, 22)}), words).lesions["L1"]["planned_ablation_volume_ml"]
    assert found.reason == "FORMULA_DOMAIN: the profile sets no number for ablation_margin_mm"


def test_the_remnant_after_ablation_of_what_the_plan_leaves() -> None:
    """The lesion with a resection margin is removed; the other, of 4 mL, takes a sphere of 30 mm less itself."""
    sphere = math.pi * 30**3 / 6000
    lesions = {
        "L1": {**lesion(50, 49, 51, volume_ml=60), "resection_margin_mm": measure("resection_margin_mm", 5, unit="mm")},
        "L2": lesion(20, 20, 20, volume_ml=4),
    }
    found = derive(Inputs(study(*LIVER), lesions), WORDS).study
    after, share = found["remnant_after_ablation_ml"], found["remnant_after_ablation_percent"]
    assert isinstance(after, Measurement)
    assert (after.value, after.low, after.high) == pytest.approx((400 - sphere + 4, 380 - sphere, 420))
    assert isinstance(share, Measurement)
    assert share.value == pytest.approx((400 - sphere + 4) / 16)
    assert share.low == pytest.approx((380 - sphere) / 16.5)
    assert share.high == pytest.approx(420 / 15.5)


def test_without_a_remnant_nothing_is_left_of_it() -> None:
    """The reason is that of the remnant."""
    absent = Measurement("remnant_volume_ml", None, "mL", reason="NO_REMNANT: no plan is given")
    found = derive(Inputs({"remnant_volume_ml": absent}, {"L1": lesion(20, 18, 22, volume_ml=4)}), WORDS).study
    assert found["remnant_after_ablation_ml"].reason == "NO_REMNANT: no plan is given"


@given(st.data())
def test_an_interval_holds_every_value_between_the_ends_of_the_terms(data: st.DataObject) -> None:
    """Of a formula that rises with one term and falls with another: whatever lies between the ends stays between."""

    def draw(low: float, high: float) -> tuple[float, float, float]:
        first, second, third = sorted(data.draw(st.floats(low, high)) for _ in range(3))
        return second, first, third

    now, before = draw(10, 500), data.draw(st.floats(50, 500))
    inside = data.draw(st.floats(0, 1))
    record = study(measure("spleen_volume_ml", *now), spleen_baseline_ml=before)
    found = derive(Inputs(record), WORDS).study["spleen_change_percent"]
    assert isinstance(found, Measurement)
    assert found.low is not None
    assert found.high is not None
    other = derive(
        Inputs(study(measure("spleen_volume_ml", now[1] + inside * (now[2] - now[1])), spleen_baseline_ml=before)),
        WORDS,
    ).study["spleen_change_percent"]
    assert isinstance(other.value, float)
    assert found.low - 1e-9 <= other.value <= found.high + 1e-9
