"""Facts that follow from the clinical record."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.measurement import Fact
from pipeline.measures.clinical_facts import derive_facts, find_contradictions

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
