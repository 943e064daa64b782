"""That a patient is not pregnant, by her age."""

from __future__ import annotations

from pipeline.measurement import Fact, Inputs
from pipeline.measures.derived.deriving import FORMULA, Derived, FormulaWords
from pipeline.measures.derived.terms import Missing, collect, is_stated, recorded, setting

PREGNANT, AGE, LIMIT = "pregnant", "age_years", "postmenopausal_age_years"
NOT_RECORDED = "NOT_GIVEN: not in the clinical record"


def derive_pregnancy(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return ``pregnant`` false from the age on that the profile sets; of younger patients nothing follows.

    The age is an engineering default of this project (60 years): later than natural menopause, save for the rarest.
    What the record states holds at any age.
    """
    if is_stated(inputs, PREGNANT):
        return Derived()
    age, limit = recorded(inputs.study, AGE), setting(formulas, LIMIT)
    if isinstance(age, Missing) or isinstance(limit, Missing) or age.value < limit.value:
        held = inputs.study.get(PREGNANT)
        return (
            Derived() if held is None else Derived(collect(Fact(PREGNANT, None, NOT_RECORDED, source=f"{FORMULA}age")))
        )
    return Derived(collect(Fact(PREGNANT, False, source=f"{FORMULA}{AGE} at least {limit.value:g} ({LIMIT})")))
