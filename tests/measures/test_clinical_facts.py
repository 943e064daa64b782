"""Facts that follow from the clinical record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipeline.measurement import Fact
from pipeline.measures.clinical_facts import derive_facts
from pipeline.measures.contradictions import find_contradictions

DAY = date(2024, 9, 18)


@pytest.mark.parametrize(
    ("karnofsky", "ecog"), [(100, 0), (90, 0), (80, 1), (70, 1), (60, 2), (40, 3), (20, 4), (0, 4)]
)
def test_karnofsky_gives_ecog_as_published(karnofsky: float, ecog: int) -> None:
    """The table of Oken et al. 1982, at the steps of the index."""
    assert derive_facts({"karnofsky": Fact("karnofsky", karnofsky)}, None, DAY)["ecog"].value == ecog


def test_a_stated_fact_is_never_replaced() -> None:
    """ECOG 2 stays 2 beside a Karnofsky index of 100; a stated age stays."""
    stated = {"ecog": Fact("ecog", 2.0), "karnofsky": Fact("karnofsky", 100.0), "age_years": Fact("age_years", 50.0)}
    facts = derive_facts(stated, "19500101", DAY)
    assert facts["ecog"].value == 2
    assert facts["age_years"].value == 50


def test_age_is_counted_from_birth_to_the_study() -> None:
    """The day before a 66th birthday is 65, the birthday itself 66."""
    assert int(derive_facts({}, "19580919", DAY)["age_years"].value) == 65  # type: ignore[arg-type]
    assert derive_facts({}, "1958-09-18", DAY)["age_years"].value == pytest.approx(66, abs=0.01)


@pytest.mark.parametrize("born", ["20990101", "19581318", "unknown", ""])
def test_an_impossible_date_of_birth_gives_no_age(born: str) -> None:
    """Birth after the study or a day that does not exist: the age is not known, never negative."""
    assert "age_years" not in derive_facts({}, born, DAY)


def test_only_a_stated_absence_of_cirrhosis_excludes_stage_4() -> None:
    """F4 is cirrhosis: "no" bounds the stage, "not known" and "yes" do not."""
    assert derive_facts({"cirrhosis": Fact("cirrhosis", False)}, None, DAY)["highest_fibrosis_stage"].value == 3
    for other in ({}, {"cirrhosis": Fact("cirrhosis", True)}, {"cirrhosis": Fact("cirrhosis", None, "X: y")}):
        assert "highest_fibrosis_stage" not in derive_facts(other, None, DAY)


def test_values_that_contradict_each_other_are_not_known() -> None:
    """ECOG 0 beside Karnofsky 20, or F4 without cirrhosis: neither is used; one grade apart is no contradiction."""
    ecog = {"ecog": Fact("ecog", 0.0), "karnofsky": Fact("karnofsky", 20.0)}
    fibrosis = {"cirrhosis": Fact("cirrhosis", False), "fibrosis_stage": Fact("fibrosis_stage", 4.0)}
    found = find_contradictions({**ecog, **fibrosis})
    assert set(found) == {"ecog", "karnofsky", "cirrhosis", "fibrosis_stage"}
    assert all(fact.value is None and (fact.reason or "").startswith("CLIN_CONTRADICT") for fact in found.values())
    assert not find_contradictions({"ecog": Fact("ecog", 1.0), "karnofsky": Fact("karnofsky", 60.0)})


def facts(**values: str | bool | float | tuple[str, ...]) -> dict[str, Fact]:
    return {name: Fact(name, value) for name, value in values.items()}


@pytest.mark.parametrize(
    ("stated", "wrong"),
    [
        ({"bilirubin_direct_mg_dl": 2.0, "bilirubin_total_mg_dl": 1.5}, True),
        ({"bilirubin_direct_mg_dl": 1.52, "bilirubin_total_mg_dl": 1.5}, False),
        ({"neutrophils_10e9_l": 8.0, "wbc_10e9_l": 6.0}, True),
        ({"cea_ng_ml": 120.0, "cea_max_ng_ml": 80.0}, True),
        ({"cea_ng_ml": 80.0, "cea_max_ng_ml": 120.0}, False),
        ({"height_cm": 190.0, "weight_kg": 30.0}, True),
        ({"height_cm": 140.0, "weight_kg": 250.0}, True),
        ({"height_cm": 172.0, "weight_kg": 74.0}, False),
        ({"sex": "male", "pregnant": True}, True),
        ({"sex": "male", "pregnant": False}, False),
        ({"primary_in_situ": True, "primary_resected_r0": True}, True),
        ({"primary_in_situ": False, "primary_resected_r0": True}, False),
        ({"extrahepatic_disease": "none", "extrahepatic_sites": ("lung",)}, True),
        ({"extrahepatic_disease": "none", "extrahepatic_sites": ()}, False),
        ({"extrahepatic_disease": "unresectable", "extrahepatic_sites": ()}, True),
        ({"extrahepatic_disease": "resectable", "extrahepatic_sites": ("lung",)}, False),
        ({"extrahepatic_disease": "none", "pet_extrahepatic": True}, True),
        ({"pet_done": False, "pet_extrahepatic": True}, True),
        ({"chemo_lines": 0.0, "chemo_weeks_total": 12.0}, True),
        ({"chemo_lines": 1.0, "chemo_weeks_total": 12.0}, False),
        ({"prior_liver_radiation": False, "prior_liver_treatments": ("sbrt",)}, True),
        ({"prior_liver_radiation": False, "prior_liver_treatments": ("resection",)}, False),
        ({"prior_hepatectomy": False, "prior_liver_treatments": ("resection",)}, True),
        ({"prior_liver_radiation": False, "same_site_radiation": "overlap"}, True),
        ({"prior_liver_radiation": False, "same_site_radiation": "none"}, False),
        ({"prior_liver_radiation": True, "same_site_radiation": "overlap"}, False),
        ({"ascites": "none", "ascites_along_track": True}, True),
        ({"ascites": "mild", "ascites_along_track": True}, False),
        ({"prior_liver_radiation": False, "prior_radiation_of_large_part": True}, True),
        ({"prior_liver_radiation": True, "prior_radiation_of_large_part": True}, False),
        ({"prior_liver_radiation": False, "prior_radiation_of_large_part": False}, False),
        ({"portal_hypertension": False, "varices": True}, True),
        ({"portal_hypertension": True, "varices": False}, False),
        ({"chemo_lines": 0.0, "chemo_cycles_preop": 4.0}, True),
        ({"chemo_lines": 1.0, "chemo_cycles_preop": 4.0}, False),
        ({"chemo_lines": 0.0, "chemo_cycles_preop": 0.0}, False),
        ({"chemo_lines": 0.0, "recist_response": "PD"}, True),
        ({"chemo_lines": 1.0, "recist_response": "PD"}, False),
        ({"chemo_lines": 0.0, "progression_on_chemo": True}, True),
        ({"chemo_lines": 0.0, "progression_on_chemo": False}, False),
        ({"comorbidities": (), "decompensated_comorbidity": True}, True),
        ({"comorbidities": ("cardiac",), "decompensated_comorbidity": True}, False),
        ({"comorbidities": (), "decompensated_comorbidity": False}, False),
        ({"age_years": 50.0, "birth_date": "1958-09-18"}, True),
        ({"age_years": 66.0, "birth_date": "1958-09-18"}, False),
    ],
)
def test_two_values_that_cannot_both_hold_are_both_unknown(
    stated: dict[str, str | bool | float | tuple[str, ...]], wrong: bool
) -> None:
    """And each says which other it disagrees with; one alone is never a contradiction."""
    found = find_contradictions(facts(**stated), study_date=DAY)
    assert set(found) == (set(stated) if wrong else set())
    for name, fact in found.items():
        other = next(each for each in stated if each != name)
        assert fact.reason == f"CLIN_CONTRADICT: it disagrees with {other}"
    for name, value in stated.items():
        assert not find_contradictions(facts(**{name: value}), study_date=DAY)


def test_an_age_that_the_images_deny_is_not_known() -> None:
    """The date of birth of the images holds where the record states none."""
    assert set(find_contradictions(facts(age_years=50.0), "19580918", DAY)) == {"age_years"}
    assert not find_contradictions(facts(age_years=65.9), "19580918", DAY)


def test_nobody_is_older_than_anybody_was() -> None:
    """Born in 1890, examined in 2024: a wrong date, not an age of 134."""
    assert "age_years" not in derive_facts({}, "18900101", DAY)


def test_a_date_of_birth_that_is_not_known_is_not_taken_from_elsewhere() -> None:
    """The record's was refused: the images' may be as wrong."""
    refused = {"birth_date": Fact("birth_date", None, "CLIN_CONTRADICT: it disagrees with age_years")}
    assert "age_years" not in derive_facts(refused, "19580918", DAY)


def test_weeks_since_an_embolization_count_from_its_date() -> None:
    """28 days before the study are 4 weeks; on the day of the study or after it none have passed."""
    for days, weeks in ((28, 4.0), (10, 10 / 7)):
        stated = facts(pve_date=(DAY - timedelta(days=days)).isoformat())
        assert derive_facts(stated, None, DAY)["weeks_since_pve"].value == pytest.approx(weeks)
    for days in (0, -7):
        stated = facts(pve_date=(DAY - timedelta(days=days)).isoformat())
        assert "weeks_since_pve" not in derive_facts(stated, None, DAY)
    assert "weeks_since_pve" not in derive_facts(facts(pve_date="2024-01-01"), None, None)
    assert derive_facts(facts(pve_date="2020-01-01", weeks_since_pve=3.0), None, DAY)["weeks_since_pve"].value == 3.0


@pytest.mark.parametrize(
    ("treatments", "radiation", "hepatectomy"),
    [((), False, False), (("sbrt",), True, None), (("resection", "mwa"), None, True), (("mwa",), None, None)],
)
def test_earlier_treatments_state_what_they_name_and_deny_nothing_unless_empty(
    treatments: tuple[str, ...], radiation: bool | None, hepatectomy: bool | None
) -> None:
    """A list may not be complete: only an empty one says that there was none."""
    found = derive_facts(facts(prior_liver_treatments=treatments), None, DAY)
    for name, expected in (("prior_liver_radiation", radiation), ("prior_hepatectomy", hepatectomy)):
        assert (found[name].value if name in found else None) == expected


def test_without_a_line_of_chemotherapy_there_is_no_week_and_no_cycle_of_it() -> None:
    """Never in place of what is stated; one line says nothing of either."""
    found = derive_facts(facts(chemo_lines=0.0), None, DAY)
    for name, unit in (("chemo_weeks_total", "wk"), ("chemo_cycles_preop", "1")):
        assert (found[name].value, found[name].unit) == (0.0, unit)
        assert found[name].source == "no line of chemotherapy is stated"
        assert name not in derive_facts(facts(chemo_lines=1.0), None, DAY)
    unknown = Fact("chemo_cycles_preop", None, "CLIN_STALE: too old")
    assert derive_facts({**facts(chemo_lines=0.0), "chemo_cycles_preop": unknown}, None, DAY)[unknown.name] is unknown


def test_without_portal_hypertension_there_are_no_varices() -> None:
    """Varices are a sign of it; that there is some says nothing of them."""
    found = derive_facts(facts(portal_hypertension=False), None, DAY)["varices"]
    assert (found.value, found.source) == (False, "no portal hypertension is stated")
    assert "varices" not in derive_facts(facts(portal_hypertension=True), None, DAY)
    assert derive_facts(facts(portal_hypertension=False, varices=True), None, DAY)["varices"].value is True
