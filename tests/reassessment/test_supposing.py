"""What follows from a supposed value, checked by hand; what does not follow is not known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.judging import formula_words
from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.reassessment.asking import Changes
from pipeline.reassessment.supposing import CannotSuppose, Held, suppose
from pipeline.rules import recall_catalogue
from pipeline.rules.readings import Key
from pipeline.study import Identity

CONFIGS = Path(__file__).parents[2] / "configs"
FORMULAS = formula_words(recall_catalogue(CONFIGS / "rules", CONFIGS / "profiles"), "consensus")


def number(name: str, value: float, unit: str = "mL", spread: float = 0.0) -> Measurement:
    low, high = (value - spread, value + spread) if spread else (None, None)
    return Measurement(name, value, unit, low, high)


def held() -> Held:
    """A liver of 1500 mL with lesions of 100 mL, 1400 mL functional, a remnant of 420 mL: 30 %."""
    study: dict[str, Quantity] = {
        "total_liver_volume_ml": number("total_liver_volume_ml", 1500.0),
        "total_lesion_volume_ml": number("total_lesion_volume_ml", 100.0),
        "functional_liver_volume_ml": number("functional_liver_volume_ml", 1400.0),
        "remnant_volume_ml": number("remnant_volume_ml", 420.0, spread=14.0),
        "remnant_percent": number("remnant_percent", 30.0, "%", 1.0),
        "removed_percent": number("removed_percent", 72.0, "%"),
        "lesion_count": number("lesion_count", 2.0, "1"),
        "largest_diameter_mm": number("largest_diameter_mm", 30.0, "mm"),
        "tumour_burden_score": number("tumour_burden_score", 13.0**0.5, "1"),
        "sum_of_target_diameters_mm": number("sum_of_target_diameters_mm", 50.0, "mm"),
        "karnofsky": Fact("karnofsky", 80.0, source="clinical record"),
        "ecog": Fact("ecog", 1.0, source="from the Karnofsky index"),
        "bilirubin_total_mg_dl": Fact("bilirubin_total_mg_dl", 1.0, unit="mg/dL", source="clinical record"),
    }
    lesions = {
        "L1": {"longest_diameter_mm": number("longest_diameter_mm", 30.0, "mm", 2.0)},
        "L2": {"longest_diameter_mm": number("longest_diameter_mm", 20.0, "mm", 2.0)},
    }
    return Held(Inputs(study, lesions), Identity())


def measured(name: str, value: float, unit: str, lesion: str | None = None) -> dict[Key, Quantity | None]:
    return {(name, lesion): Measurement(name, value, unit, method="supposed")}


def asked(changes: Changes) -> Inputs:
    return suppose(held(), changes, FORMULAS)


def value(inputs: Inputs, name: str) -> object:
    quantity = inputs.study.get(name)
    return None if quantity is None else quantity.value


def test_a_supposed_share_gives_the_volume_and_what_is_removed() -> None:
    """25 % of 1400 mL is 350 mL; of 1500 mL, 1150 mL are removed: 76.67 %."""
    after = asked(Changes(measured=measured("remnant_percent", 25.0, "%")))
    assert value(after, "remnant_volume_ml") == pytest.approx(350)
    assert value(after, "removed_percent") == pytest.approx(100 * 1150 / 1500)
    assert value(after, "remnant_percent") == 25.0


def test_a_supposed_volume_gives_the_share() -> None:
    """280 mL of 1400 mL are 20 %."""
    after = asked(Changes(measured=measured("remnant_volume_ml", 280.0, "mL")))
    assert value(after, "remnant_percent") == pytest.approx(20)
    assert value(after, "removed_percent") == pytest.approx(100 * 1220 / 1500)


def test_less_tumour_gives_more_functional_liver_and_leaves_the_remnant() -> None:
    """1500 mL less 300 mL are 1200 mL, of which 420 mL are 35 %."""
    after = asked(Changes(measured=measured("total_lesion_volume_ml", 300.0, "mL")))
    assert value(after, "functional_liver_volume_ml") == pytest.approx(1200)
    assert value(after, "remnant_percent") == pytest.approx(35)
    assert value(after, "remnant_volume_ml") == 420.0
    assert value(after, "removed_percent") == 72.0


def test_a_smaller_lesion_leaves_the_next_one_the_largest() -> None:
    """L1 of 15 mm: L2 of 20 mm is the largest; the burden score is sqrt(2^2 + 2^2)."""
    after = asked(Changes(measured=measured("longest_diameter_mm", 15.0, "mm", "L1")))
    assert value(after, "largest_diameter_mm") == 20.0
    assert value(after, "tumour_burden_score") == pytest.approx(8**0.5)


def test_what_would_have_to_be_measured_anew_is_not_known() -> None:
    """The sum of targets depends on which lesions can be measured."""
    after = asked(Changes(measured=measured("longest_diameter_mm", 15.0, "mm", "L1")))
    assert after.study["sum_of_target_diameters_mm"].value is None
    assert after.study["sum_of_target_diameters_mm"].reason == (
        "SUPPOSED_OTHER: it follows from longest_diameter_mm, which is changed, and would have to be measured anew"
    )


def test_a_relation_that_the_report_does_not_satisfy_is_not_used() -> None:
    """A share of another whole: 50 % of a liver of which 420 mL would be 30 % gives no volume."""
    base = held()
    study = {**base.inputs.study, "remnant_percent": number("remnant_percent", 50.0, "%")}
    odd = replace(base, inputs=replace(base.inputs, study=study))
    after = suppose(odd, Changes(measured=measured("remnant_percent", 25.0, "%")), FORMULAS)
    assert value(after, "remnant_volume_ml") is None


def test_facts_that_follow_from_a_changed_one_follow() -> None:
    """Karnofsky 50 is ECOG 2 (Oken 1982); a stated ECOG would stay, this one came from the Karnofsky index."""
    after = asked(Changes(facts={"karnofsky": Fact("karnofsky", 50.0, source="supposed")}))
    assert value(after, "ecog") == 2.0


def facts(**values: str | bool | float | tuple[str, ...]) -> dict[str, Fact | None]:
    return {name: Fact(name, value, source="supposed") for name, value in values.items()}


def test_what_one_supposed_value_says_by_itself_follows() -> None:
    """No line of chemotherapy, no portal hypertension, 72 years, no metal; and goes with it."""
    known = facts(chemo_lines=0.0, portal_hypertension=False, age_years=72.0)
    known |= facts(metal_implant_near=False, biliary_stent_or_anastomosis=False)
    first = asked(Changes(facts=known))
    expected = {"chemo_weeks_total": 0.0, "chemo_cycles_preop": 0.0, "varices": False}
    expected |= {"pregnant": False, "metal_in_field": False}
    assert {name: first.study[name].value for name in expected} == expected
    other = facts(chemo_lines=1.0, portal_hypertension=True, age_years=40.0, metal_implant_near=True)
    then = suppose(replace(held(), inputs=first), Changes(facts=other), FORMULAS)
    assert {name: then.study[name].value for name in expected if name in then.study} == {
        "pregnant": None,
        "metal_in_field": None,
    }


def test_an_unset_value_is_not_known_and_nothing_that_followed_from_it() -> None:
    """Without the Karnofsky index no ECOG follows."""
    after = asked(Changes(facts={"karnofsky": None}))
    assert "karnofsky" not in after.study
    assert "ecog" not in after.study


def test_facts_that_contradict_each_other_are_both_not_known() -> None:
    """As in the clinical record: direct bilirubin above the total one."""
    direct = Fact("bilirubin_direct_mg_dl", 3.0, unit="mg/dL", source="supposed")
    after = asked(Changes(facts={"bilirubin_direct_mg_dl": direct}))
    for name in ("bilirubin_direct_mg_dl", "bilirubin_total_mg_dl"):
        assert after.study[name].value is None
        assert str(after.study[name].reason).startswith("CLIN_CONTRADICT: ")


def test_a_lesion_that_is_not_there_is_said() -> None:
    """Of another report it may be; this one has two."""
    with pytest.raises(CannotSuppose, match=r"SUPPOSED_LESION: the report has no lesion L9 in the liver"):
        asked(Changes(measured=measured("longest_diameter_mm", 15.0, "mm", "L9")))


NAMES = st.sampled_from(sorted(name for name in held().inputs.study))


@given(st.sets(NAMES))
def test_setting_what_is_there_changes_nothing(names: set[str]) -> None:
    """Value by value or all at once, intervals and origins stay too."""
    base, plain = held().inputs, suppose(held(), Changes(), FORMULAS)
    facts = {name: replace(each, source="supposed") for name in names if isinstance(each := base.study[name], Fact)}
    numbers = {
        (name, None): Measurement(name, each.value, each.unit, method="supposed")
        for name in names
        if isinstance(each := base.study[name], Measurement)
    }
    assert suppose(held(), Changes(facts, numbers), FORMULAS) == plain


@given(st.permutations(["remnant_percent", "total_liver_volume_ml", "lesion_count", "largest_diameter_mm"]))
def test_the_order_of_the_changes_does_not_matter(names: list[str]) -> None:
    """Four values, set in any order."""
    units = {"remnant_percent": "%", "total_liver_volume_ml": "mL", "lesion_count": "1", "largest_diameter_mm": "mm"}
    changes = {(name, None): Measurement(name, 40.0, units[name]) for name in names}
    first = {(name, None): Measurement(name, 40.0, units[name]) for name in units}
    assert asked(Changes(measured=changes)) == asked(Changes(measured=first))
