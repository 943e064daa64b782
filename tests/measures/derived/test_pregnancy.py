"""Pregnancy by age: 60 years on both sides and exactly, never against the record, and what it does to verdicts."""

from __future__ import annotations

import math

import pytest

from pipeline.judging import formula_words
from pipeline.measurement import Fact, Inputs
from pipeline.measures.derived import derive
from pipeline.measures.derived.deriving import FORMULA
from pipeline.rules.evaluation import Evaluation
from tests.rules.test_shipped_rules import CATALOGUE

WORDS = formula_words(CATALOGUE, "consensus")
PREGNANCY_RULES = ("PAT-PREG", "HYT-03")
NO_DEVICE: dict[str, str | bool | float | tuple[str, ...]] = {
    "pacemaker_or_icd": False,
    "metal_implant_near": False,
    "ascites": "none",
    "symptoms": (),
}


def woman(**given: str | bool | float | tuple[str, ...]) -> Inputs:
    facts = {name: Fact(name, value, source="clinical record") for name, value in (NO_DEVICE | given).items()}
    return Inputs(dict(facts), {})


@pytest.mark.parametrize(
    ("age", "value"), [(72.0, False), (60.0, False), (math.nextafter(60.0, 0.0), None), (35.0, None), (None, None)]
)
def test_from_sixty_years_on_nobody_is_taken_to_be_pregnant(age: float | None, value: bool | None) -> None:
    """Where nothing follows, no answer is put in place of none."""
    found = derive(woman(**({} if age is None else {"age_years": age})), WORDS).study.get("pregnant")
    assert (None if found is None else found.value) is value


def test_what_the_record_states_holds_at_any_age() -> None:
    """True, and a value that is not used because it contradicts another, both of them."""
    assert derive(woman(age_years=72.0, pregnant=True), WORDS).study["pregnant"].value is True
    unused = Fact("pregnant", None, "CLIN_CONTRADICT: it disagrees with sex", source="clinical record")
    held = Inputs({**woman(age_years=72.0).study, "pregnant": unused}, {})
    assert derive(held, WORDS).study["pregnant"] is unused


def test_an_answer_by_age_goes_with_the_age() -> None:
    """Supposed to be 35, what followed from 72 years does not stay."""
    old = derive(woman(age_years=72.0), WORDS).study
    young = derive(Inputs({**old, "age_years": Fact("age_years", 35.0, source="supposed")}, {}), WORDS)
    assert old["pregnant"].value is False
    assert isinstance(old["pregnant"], Fact)
    assert old["pregnant"].source.startswith(FORMULA)
    assert young.study["pregnant"].value is None


@pytest.mark.parametrize("profile", ["seed", "consensus", "conservative", "expansive"])
def test_a_woman_of_72_is_not_left_open_for_a_field_that_nobody_fills_in(profile: str) -> None:
    """Radiation, drugs and hyperthermia ask for it; at 35 the question stays open."""
    for age, truth in ((72.0, "met"), (35.0, "indeterminate")):
        inputs = derive(woman(age_years=age, sex="female"), formula_words(CATALOGUE, profile))
        ev = Evaluation(CATALOGUE.under(profile), inputs)
        asked = [id_ for id_ in PREGNANCY_RULES if id_ in ev.rules.rules]
        assert asked
        assert {id_: ev.answer_rule(id_).truth for id_ in asked} == dict.fromkeys(asked, truth)
