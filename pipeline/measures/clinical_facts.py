"""Facts that follow from others of the clinical record by definition or by a published equivalence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from pipeline.measurement import Fact

DAYS_A_YEAR = 365.2425
LONGEST_LIFE_YEARS = 123
"""Nobody is known to have lived longer than 122 years."""
HIGHEST_STAGE_WITHOUT_CIRRHOSIS = 3
"""METAVIR: stage F4 is cirrhosis (Bedossa and Poynard, Hepatology 1996;24:289)."""
ECOG_OF_KARNOFSKY = ((90, 0), (70, 1), (50, 2), (30, 3), (0, 4))
"""Lowest Karnofsky index of each ECOG grade (Oken et al., Am J Clin Oncol 1982;5:649)."""
DAYS_A_WEEK = 7
RADIATION = frozenset({"sbrt", "radiotherapy", "brachytherapy", "sirt"})
RESECTION = frozenset({"resection"})
"""Earlier liver treatments that are radiation, and those that are resection."""

Facts = Mapping[str, Fact]


def derive_facts(facts: Facts, birth_date: str | None, study_date: date | None) -> dict[str, Fact]:
    """Return the facts of a clinical record together with those that follow from them.

    A stated fact is never replaced. Derived are ``highest_fibrosis_stage`` from ``cirrhosis``, ``ecog`` from
    ``karnofsky``, ``age_years`` from the date of birth and the date of the study, ``weeks_since_pve`` from ``pve_date``
    and that date, earlier liver resection or radiation from ``prior_liver_treatments``, no week and no cycle of
    chemotherapy from ``chemo_lines`` 0, and no varices from no portal hypertension.

    Parameters
    ----------
    facts
        The clinical record.
    birth_date
        Date of birth in the images (``YYYYMMDD``), used where the record states none.
    study_date
        Day of the study.
    """
    born = facts.get("birth_date")
    derived = [
        _highest_fibrosis_stage(facts),
        ecog_of(facts),
        age_at(text_of(facts, "birth_date") if born is not None else birth_date, study_date),
        _weeks_since_procedure(text_of(facts, "pve_date"), study_date),
        *_earlier_treatments(facts),
        *_without_chemotherapy(facts),
        _varices(facts),
    ]
    return {**{fact.name: fact for fact in derived if fact is not None}, **facts}


def _highest_fibrosis_stage(facts: Facts) -> Fact | None:
    cirrhosis = facts.get("cirrhosis")
    if cirrhosis is None or cirrhosis.value is not False:
        return None
    return Fact("highest_fibrosis_stage", float(HIGHEST_STAGE_WITHOUT_CIRRHOSIS), source="no cirrhosis is stated")


def ecog_of(facts: Facts) -> Fact | None:
    """Return the ECOG grade of the Karnofsky index; None without one."""
    karnofsky = number_of(facts, "karnofsky")
    if karnofsky is None:
        return None
    grade = next(grade for lowest, grade in ECOG_OF_KARNOFSKY if karnofsky >= lowest)
    return Fact("ecog", float(grade), source="from the Karnofsky index")


def age_at(birth_date: str | None, study_date: date | None) -> Fact | None:
    """Return the age in years at the study; None where a date is missing or impossible."""
    if birth_date is None or study_date is None:
        return None
    try:
        born = date.fromisoformat(birth_date)
    except ValueError:
        return None
    years = (study_date - born).days / DAYS_A_YEAR
    if not 0 <= years <= LONGEST_LIFE_YEARS:
        return None
    return Fact("age_years", years, unit="a", source="from the date of birth")


def _weeks_since_procedure(procedure: str | None, study_date: date | None) -> Fact | None:
    """Return the weeks from an embolization or first stage to the study; None where it was not before it."""
    if procedure is None or study_date is None:
        return None
    try:
        days = (study_date - date.fromisoformat(procedure)).days
    except ValueError:
        return None
    return Fact("weeks_since_pve", days / DAYS_A_WEEK, unit="wk", source="from pve_date") if days > 0 else None


def _earlier_treatments(facts: Facts) -> Iterator[Fact]:
    """Yield what the earlier liver treatments say of radiation and resection.

    Only an empty list denies: one that names others may not be complete.
    """
    treatments = facts.get("prior_liver_treatments")
    if treatments is None or not isinstance(treatments.value, tuple):
        return
    given = set(treatments.value)
    for name, kinds in (("prior_liver_radiation", RADIATION), ("prior_hepatectomy", RESECTION)):
        if given & kinds or not given:
            yield Fact(name, bool(given), source="from the earlier liver treatments")


def _without_chemotherapy(facts: Facts) -> Iterator[Fact]:
    """Yield that there was no week and no cycle of chemotherapy where the record states no line of it."""
    if number_of(facts, "chemo_lines") == 0:
        for name, unit in (("chemo_weeks_total", "wk"), ("chemo_cycles_preop", "1")):
            yield Fact(name, 0.0, source="no line of chemotherapy is stated", unit=unit)


def _varices(facts: Facts) -> Fact | None:
    """Return that there are no varices, which are a sign of portal hypertension, where the record denies that."""
    denied = is_stated_as(facts, "portal_hypertension", False)
    return Fact("varices", False, source="no portal hypertension is stated") if denied else None


def is_stated_as(facts: Facts, name: str, value: str | bool) -> bool:
    """Tell whether a fact is a certain word or truth."""
    fact = facts.get(name)
    return fact is not None and fact.value == value and isinstance(fact.value, type(value))


def number_of(facts: Facts, name: str) -> float | None:
    """Return a fact's number; None where it is not known."""
    fact = facts.get(name)
    return float(fact.value) if fact is not None and isinstance(fact.value, float | int) else None


def text_of(facts: Facts, name: str) -> str | None:
    """Return a fact's value as text; None where it is not known."""
    fact = facts.get(name)
    return str(fact.value) if fact is not None and fact.value is not None else None
