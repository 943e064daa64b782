"""Facts that follow from others of the clinical record by definition or by a published equivalence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from pipeline.measurement import Fact

DAYS_A_YEAR = 365.2425
HIGHEST_STAGE_WITHOUT_CIRRHOSIS = 3
"""METAVIR: stage F4 is cirrhosis (Bedossa and Poynard, Hepatology 1996;24:289)."""
ECOG_OF_KARNOFSKY = ((90, 0), (70, 1), (50, 2), (30, 3), (0, 4))
"""Lowest Karnofsky index of each ECOG grade (Oken et al., Am J Clin Oncol 1982;5:649)."""


def find_contradictions(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Return the facts that contradict each other, as not known: nobody can tell which of them holds.

    They are ``ecog`` and ``karnofsky`` more than one grade apart, and ``cirrhosis`` false beside fibrosis stage F4.
    """
    wrong: list[str] = []
    ecog, equivalent = _number(facts, "ecog"), _ecog(facts)
    if ecog is not None and equivalent is not None and abs(ecog - float(str(equivalent.value))) > 1:
        wrong += ["ecog", "karnofsky"]
    stage, cirrhosis = _number(facts, "fibrosis_stage"), facts.get("cirrhosis")
    if stage is not None and stage > HIGHEST_STAGE_WITHOUT_CIRRHOSIS and cirrhosis and cirrhosis.value is False:
        wrong += ["cirrhosis", "fibrosis_stage"]
    pair = {name: wrong[index + 1 - 2 * (index % 2)] for index, name in enumerate(wrong)}
    return {
        name: replace(facts[name], value=None, reason=f"CLIN_CONTRADICT: it disagrees with {other}")
        for name, other in pair.items()
    }


def derive_facts(facts: Mapping[str, Fact], birth_date: str | None, study_date: date | None) -> dict[str, Fact]:
    """Return the facts of a clinical record together with those that follow from them.

    A stated fact is never replaced. Derived are ``highest_fibrosis_stage`` from ``cirrhosis``, ``ecog`` from
    ``karnofsky``, and ``age_years`` from the date of birth and the date of the study.

    Parameters
    ----------
    facts
        The clinical record.
    birth_date
        Date of birth in the images (``YYYYMMDD``), used where the record states none.
    study_date
        Day of the study.
    """
    derived = {
        "highest_fibrosis_stage": _highest_fibrosis_stage(facts),
        "ecog": _ecog(facts),
        "age_years": _age(_text(facts, "birth_date") or birth_date, study_date),
    }
    return {**{name: fact for name, fact in derived.items() if fact is not None}, **facts}


def _highest_fibrosis_stage(facts: Mapping[str, Fact]) -> Fact | None:
    cirrhosis = facts.get("cirrhosis")
    if cirrhosis is None or cirrhosis.value is not False:
        return None
    return Fact("highest_fibrosis_stage", float(HIGHEST_STAGE_WITHOUT_CIRRHOSIS), source="no cirrhosis is stated")


def _ecog(facts: Mapping[str, Fact]) -> Fact | None:
    karnofsky = facts.get("karnofsky")
    if karnofsky is None or not isinstance(karnofsky.value, float | int):
        return None
    grade = next(grade for lowest, grade in ECOG_OF_KARNOFSKY if karnofsky.value >= lowest)
    return Fact("ecog", float(grade), source="from the Karnofsky index")


def _age(birth_date: str | None, study_date: date | None) -> Fact | None:
    """Return the age in years at the study; None where a date is missing or impossible."""
    if birth_date is None or study_date is None:
        return None
    try:
        born = date.fromisoformat(birth_date)
    except ValueError:
        return None
    days = (study_date - born).days
    return Fact("age_years", days / DAYS_A_YEAR, unit="a", source="from the date of birth") if days >= 0 else None


def _number(facts: Mapping[str, Fact], name: str) -> float | None:
    fact = facts.get(name)
    return float(fact.value) if fact is not None and isinstance(fact.value, float | int) else None


def _text(facts: Mapping[str, Fact], name: str) -> str | None:
    fact = facts.get(name)
    return str(fact.value) if fact is not None and fact.value is not None else None
