"""Changes against earlier values: worked by hand, exact at the edges of RECIST, unknown where targets are."""

from __future__ import annotations

import pytest

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.measures.derived.deriving import FormulaWords
from pipeline.measures.derived.response import derive_response


def lesion(diameter: float, product: float = 100.0, spread: float = 1.0) -> dict[str, Measurement]:
    return {
        "longest_diameter_mm": Measurement("d", diameter, "mm", diameter - spread, diameter + spread),
        "bidimensional_product_mm2": Measurement("p", product, "mm2", product * 0.9, product * 1.1),
    }


def respond(lesions: tuple[float, ...] = (30.0, 20.0, 9.0), **facts: float | bool) -> dict[str, Measurement]:
    study: dict[str, Quantity] = {name: Fact(name, value) for name, value in facts.items()}
    study["total_lesion_volume_ml"] = Measurement("v", 34.3, "mL", 30.0, 40.0)
    inputs = Inputs(study, {f"L{n}": lesion(size) for n, size in enumerate(lesions)})
    return {
        name: each
        for name, each in derive_response(inputs, FormulaWords()).study.items()
        if isinstance(each, Measurement)
    }


def test_nothing_is_said_without_an_earlier_value() -> None:
    """A record without earlier values gives no change at all."""
    assert respond() == {}


@pytest.mark.parametrize(
    ("now", "before", "percent"),
    [(70, 100, -30), (84, 120, -30), (24.5, 35, -30), (120, 100, 20), (60, 50, 20), (36, 30, 20), (0, 40, -100)],
)
def test_changes_are_exact_at_the_edges(now: float, before: float, percent: float) -> None:
    """Numbers whose change is exactly a limit of RECIST give exactly that limit."""
    found = respond(
        current_sum_of_diameters_mm=now, baseline_sum_of_diameters_mm=before, nadir_sum_of_diameters_mm=before
    )
    assert found["target_sum_change_from_baseline_percent"].value == percent
    assert found["target_sum_change_from_nadir_percent"].value == percent
    assert found["target_sum_growth_from_nadir_mm"].value == now - before


def test_the_two_largest_lesions_are_the_targets_only_where_the_record_says_so() -> None:
    """30 + 20 mm today against 100 mm: -50 %, with the ends 48 and 52 mm; without word on targets only a bound."""
    open_ = respond(baseline_sum_of_diameters_mm=100)
    assert open_["target_sum_change_from_baseline_percent"].reason == (
        "TARGETS_UNKNOWN: the record does not say which lesions were the targets, nor their sum today"
    )
    bound = open_["two_largest_change_from_baseline_percent"]
    assert (bound.value, bound.low, bound.high) == (-50, -52, -48)
    told = respond(baseline_sum_of_diameters_mm=100, targets_are_two_largest=True)
    change = told["target_sum_change_from_baseline_percent"]
    assert (change.value, change.low, change.high) == (-50, -52, -48)


def test_a_target_that_fell_below_the_measurable_size_is_not_left_out() -> None:
    """Targets of 30 and 12 mm are now 30 and 9 mm: -7.1 %, not the -28.6 % of the measurable one alone."""
    found = respond((30.0, 9.0), baseline_sum_of_diameters_mm=42, targets_are_two_largest=True)
    assert found["target_sum_change_from_baseline_percent"].value == pytest.approx(-300 / 42)


def test_products_and_volumes_of_all_lesions_are_compared() -> None:
    """Three products of 100 mm2 against 600: -50 %. 34.3 mL against 100: -65.7 %, a sphere of 0.7 the diameter."""
    found = respond(baseline_product_sum_mm2=600, baseline_lesion_volume_ml=100, nadir_lesion_volume_ml=20)
    assert found["product_sum_change_from_baseline_percent"].value == -50
    assert found["lesion_volume_change_from_baseline_percent"].value == pytest.approx(-65.7)
    assert found["lesion_volume_change_from_nadir_percent"].value == pytest.approx(71.5)


def test_attenuation_and_enhancement_come_from_the_record() -> None:
    """68 against 80 HU: -15 %. 35 mm of enhancing diameters against 50 before: -30 %; without today's: unknown."""
    found = respond(attenuation_hu=68, baseline_attenuation_hu=80, enhancing_sum_mm=35, baseline_enhancing_sum_mm=50)
    assert found["attenuation_change_percent"].value == -15
    assert found["enhancing_sum_change_from_baseline_percent"].value == -30
    lacking = respond(baseline_attenuation_hu=80)["attenuation_change_percent"]
    assert lacking.value is None
    assert str(lacking.reason).startswith("CLIN_MISSING")


def test_an_earlier_value_of_zero_gives_no_change() -> None:
    """Nothing can be said in percent of zero."""
    found = respond(baseline_sum_of_diameters_mm=0, current_sum_of_diameters_mm=10)
    assert str(found["target_sum_change_from_baseline_percent"].reason).startswith("FORMULA_DOMAIN")


def test_nothing_left_is_a_change_of_minus_100_percent() -> None:
    """Where it is confirmed that no lesion is left, every sum of today is 0, whatever the targets were."""
    found = respond((), baseline_sum_of_diameters_mm=50, nadir_sum_of_diameters_mm=20, baseline_product_sum_mm2=600)
    assert found["target_sum_change_from_baseline_percent"].value == -100
    assert found["target_sum_growth_from_nadir_mm"].value == -20
    assert found["product_sum_change_from_baseline_percent"].value == -100


def test_lesions_that_are_not_known_give_no_change() -> None:
    """Without a lesion mask there is no sum of today."""
    study = {name: Fact(name, value) for name, value in {"baseline_sum_of_diameters_mm": 50.0}.items()}
    found = derive_response(Inputs(study, {}, False, "MASK_ABSENT: no lesion mask"), FormulaWords()).study
    assert found["two_largest_change_from_baseline_percent"].reason == "MASK_ABSENT: no lesion mask"
