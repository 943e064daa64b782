"""Facts that follow from others of the clinical record by definition or by a published equivalence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
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
BODY_MASS_INDEX = (10.0, 100.0)
"""kg/m2 beyond which height or weight is wrong: no adult is known to have lived outside."""
SUM_TOLERANCE = 1.05
"""A part may exceed its whole by 5 %: two assays of one sample."""

Facts = Mapping[str, Fact]
Pair = tuple[str, str]


def find_contradictions(facts: Facts, birth_date: str | None = None, study_date: date | None = None) -> dict[str, Fact]:
    """Return the facts that contradict each other, as not known: nobody can tell which of them holds.

    Parameters
    ----------
    birth_date
        Date of birth in the images (``YYYYMMDD``), used where the record states none.
    study_date
        Day of the study.
    """
    pairs = [pair for pair, is_wrong in CONTRADICTIONS.items() if is_wrong(facts)]
    if _disagrees_on_age(facts, _text(facts, "birth_date") or birth_date, study_date):
        pairs.append(("age_years", "birth_date"))
    others = {name: other for pair in pairs for name, other in (pair, pair[::-1])}
    return {
        name: replace(facts[name], value=None, reason=f"CLIN_CONTRADICT: it disagrees with {other}")
        for name, other in others.items()
        if name in facts
    }


def derive_facts(facts: Facts, birth_date: str | None, study_date: date | None) -> dict[str, Fact]:
    """Return the facts of a clinical record together with those that follow from them.

    A stated fact is never replaced. Derived are ``highest_fibrosis_stage`` from ``cirrhosis``, ``ecog`` from
    ``karnofsky``, ``age_years`` from the date of birth and the date of the study, ``weeks_since_pve`` from ``pve_date``
    and that date, and earlier liver resection or radiation from ``prior_liver_treatments``.

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
        _ecog(facts),
        _age(_text(facts, "birth_date") if born is not None else birth_date, study_date),
        _weeks_since_procedure(_text(facts, "pve_date"), study_date),
        *_earlier_treatments(facts),
    ]
    return {**{fact.name: fact for fact in derived if fact is not None}, **facts}


def _highest_fibrosis_stage(facts: Facts) -> Fact | None:
    cirrhosis = facts.get("cirrhosis")
    if cirrhosis is None or cirrhosis.value is not False:
        return None
    return Fact("highest_fibrosis_stage", float(HIGHEST_STAGE_WITHOUT_CIRRHOSIS), source="no cirrhosis is stated")


def _ecog(facts: Facts) -> Fact | None:
    karnofsky = _number(facts, "karnofsky")
    if karnofsky is None:
        return None
    grade = next(grade for lowest, grade in ECOG_OF_KARNOFSKY if karnofsky >= lowest)
    return Fact("ecog", float(grade), source="from the Karnofsky index")


def _age(birth_date: str | None, study_date: date | None) -> Fact | None:
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


def _disagrees_on_age(facts: Facts, birth_date: str | None, study_date: date | None) -> bool:
    stated, counted = _number(facts, "age_years"), _age(birth_date, study_date)
    return stated is not None and counted is not None and abs(stated - float(str(counted.value))) > 1.5


def _disagrees_on_ecog(facts: Facts) -> bool:
    ecog, equivalent = _number(facts, "ecog"), _ecog(facts)
    return ecog is not None and equivalent is not None and abs(ecog - float(str(equivalent.value))) > 1


def _is_cirrhosis_denied(facts: Facts) -> bool:
    stage = _number(facts, "fibrosis_stage")
    return stage is not None and stage > HIGHEST_STAGE_WITHOUT_CIRRHOSIS and _is(facts, "cirrhosis", False)


def _exceeds(part: str, whole: str) -> Callable[[Facts], bool]:
    """Return the test that a part is larger than its whole, or a value larger than the highest one."""

    def is_wrong(facts: Facts) -> bool:
        smaller, larger = _number(facts, part), _number(facts, whole)
        return smaller is not None and larger is not None and smaller > larger * SUM_TOLERANCE

    return is_wrong


def _is_no_body(facts: Facts) -> bool:
    height, weight = _number(facts, "height_cm"), _number(facts, "weight_kg")
    if not height or weight is None:
        return False
    return not BODY_MASS_INDEX[0] <= weight / (height / 100) ** 2 <= BODY_MASS_INDEX[1]


def _denies_sites(facts: Facts) -> bool:
    sites = facts.get("extrahepatic_sites")
    if sites is None or sites.value is None:
        return False
    denying = ("none",) if sites.value else ("resectable", "unresectable")
    return any(_is(facts, "extrahepatic_disease", word) for word in denying)


def _denies_treatments(kinds: frozenset[str], name: str) -> Callable[[Facts], bool]:
    def is_wrong(facts: Facts) -> bool:
        given = facts.get("prior_liver_treatments")
        listed = given is not None and isinstance(given.value, tuple) and bool(kinds & set(given.value))
        return listed and _is(facts, name, False)

    return is_wrong


NADIRS = (
    ("nadir_sum_of_diameters_mm", "baseline_sum_of_diameters_mm"),
    ("nadir_enhancing_sum_mm", "baseline_enhancing_sum_mm"),
    ("nadir_product_sum_mm2", "baseline_product_sum_mm2"),
    ("nadir_lesion_volume_ml", "baseline_lesion_volume_ml"),
)
"""The smallest value is never above the one before treatment: that one counts among them."""
CONTRADICTIONS: Mapping[Pair, Callable[[Facts], bool]] = {
    ("ecog", "karnofsky"): _disagrees_on_ecog,
    ("cirrhosis", "fibrosis_stage"): _is_cirrhosis_denied,
    ("bilirubin_direct_mg_dl", "bilirubin_total_mg_dl"): _exceeds("bilirubin_direct_mg_dl", "bilirubin_total_mg_dl"),
    ("neutrophils_10e9_l", "wbc_10e9_l"): _exceeds("neutrophils_10e9_l", "wbc_10e9_l"),
    ("cea_ng_ml", "cea_max_ng_ml"): _exceeds("cea_ng_ml", "cea_max_ng_ml"),
    **{(small, large): _exceeds(small, large) for small, large in NADIRS},
    ("height_cm", "weight_kg"): _is_no_body,
    ("sex", "pregnant"): lambda facts: _is(facts, "sex", "male") and _is(facts, "pregnant", True),
    ("primary_in_situ", "primary_resected_r0"): lambda facts: (
        _is(facts, "primary_in_situ", True) and _is(facts, "primary_resected_r0", True)
    ),
    ("extrahepatic_disease", "extrahepatic_sites"): _denies_sites,
    ("extrahepatic_disease", "pet_extrahepatic"): lambda facts: (
        _is(facts, "extrahepatic_disease", "none") and _is(facts, "pet_extrahepatic", True)
    ),
    ("pet_done", "pet_extrahepatic"): lambda facts: (
        _is(facts, "pet_done", False) and _is(facts, "pet_extrahepatic", True)
    ),
    ("chemo_lines", "chemo_weeks_total"): lambda facts: (
        _number(facts, "chemo_lines") == 0 and (_number(facts, "chemo_weeks_total") or 0) > 0
    ),
    ("prior_liver_radiation", "prior_liver_treatments"): _denies_treatments(RADIATION, "prior_liver_radiation"),
    ("prior_hepatectomy", "prior_liver_treatments"): _denies_treatments(RESECTION, "prior_hepatectomy"),
    ("prior_liver_radiation", "same_site_radiation"): lambda facts: (
        _is(facts, "prior_liver_radiation", False)
        and any(_is(facts, "same_site_radiation", word) for word in ("overlap", "composite_plan"))
    ),
    ("ascites", "ascites_along_track"): lambda facts: (
        _is(facts, "ascites", "none") and _is(facts, "ascites_along_track", True)
    ),
}
"""Pairs of facts, and when they cannot both hold."""


def _is(facts: Facts, name: str, value: str | bool) -> bool:
    fact = facts.get(name)
    return fact is not None and fact.value == value and isinstance(fact.value, type(value))


def _number(facts: Facts, name: str) -> float | None:
    fact = facts.get(name)
    return float(fact.value) if fact is not None and isinstance(fact.value, float | int) else None


def _text(facts: Facts, name: str) -> str | None:
    fact = facts.get(name)
    return str(fact.value) if fact is not None and fact.value is not None else None
