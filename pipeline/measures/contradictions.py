"""Values of a clinical record that cannot both hold: neither is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from pipeline.measurement import Fact
from pipeline.measures.clinical_facts import (
    HIGHEST_STAGE_WITHOUT_CIRRHOSIS,
    RADIATION,
    RESECTION,
    Facts,
    age_at,
    ecog_of,
    is_stated_as,
    number_of,
    text_of,
)

BODY_MASS_INDEX = (10.0, 100.0)
"""kg/m2 beyond which height or weight is wrong: no adult is known to have lived outside."""
SUM_TOLERANCE = 1.05
"""A part may exceed its whole by 5 %: two assays of one sample."""

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
    if _disagrees_on_age(facts, text_of(facts, "birth_date") or birth_date, study_date):
        pairs.append(("age_years", "birth_date"))
    others = {name: other for pair in pairs for name, other in (pair, pair[::-1])}
    return {
        name: replace(facts[name], value=None, reason=f"CLIN_CONTRADICT: it disagrees with {other}")
        for name, other in others.items()
        if name in facts
    }


def _disagrees_on_age(facts: Facts, birth_date: str | None, study_date: date | None) -> bool:
    stated, counted = number_of(facts, "age_years"), age_at(birth_date, study_date)
    return stated is not None and counted is not None and abs(stated - float(str(counted.value))) > 1.5


def _disagrees_on_ecog(facts: Facts) -> bool:
    ecog, equivalent = number_of(facts, "ecog"), ecog_of(facts)
    return ecog is not None and equivalent is not None and abs(ecog - float(str(equivalent.value))) > 1


def _is_cirrhosis_denied(facts: Facts) -> bool:
    stage = number_of(facts, "fibrosis_stage")
    return stage is not None and stage > HIGHEST_STAGE_WITHOUT_CIRRHOSIS and is_stated_as(facts, "cirrhosis", False)


def _exceeds(part: str, whole: str) -> Callable[[Facts], bool]:
    """Return the test that a part is larger than its whole, or a value larger than the highest one."""

    def is_wrong(facts: Facts) -> bool:
        smaller, larger = number_of(facts, part), number_of(facts, whole)
        return smaller is not None and larger is not None and smaller > larger * SUM_TOLERANCE

    return is_wrong


def _is_no_body(facts: Facts) -> bool:
    height, weight = number_of(facts, "height_cm"), number_of(facts, "weight_kg")
    if not height or weight is None:
        return False
    return not BODY_MASS_INDEX[0] <= weight / (height / 100) ** 2 <= BODY_MASS_INDEX[1]


def _denies_sites(facts: Facts) -> bool:
    sites = facts.get("extrahepatic_sites")
    if sites is None or sites.value is None:
        return False
    denying = ("none",) if sites.value else ("resectable", "unresectable")
    return any(is_stated_as(facts, "extrahepatic_disease", word) for word in denying)


def _denies_treatments(kinds: frozenset[str], name: str) -> Callable[[Facts], bool]:
    def is_wrong(facts: Facts) -> bool:
        given = facts.get("prior_liver_treatments")
        listed = given is not None and isinstance(given.value, tuple) and bool(kinds & set(given.value))
        return listed and is_stated_as(facts, name, False)

    return is_wrong


def _is_empty(facts: Facts, name: str) -> bool:
    fact = facts.get(name)
    return fact is not None and fact.value == ()


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
    ("sex", "pregnant"): lambda facts: is_stated_as(facts, "sex", "male") and is_stated_as(facts, "pregnant", True),
    ("primary_in_situ", "primary_resected_r0"): lambda facts: (
        is_stated_as(facts, "primary_in_situ", True) and is_stated_as(facts, "primary_resected_r0", True)
    ),
    ("extrahepatic_disease", "extrahepatic_sites"): _denies_sites,
    ("extrahepatic_disease", "pet_extrahepatic"): lambda facts: (
        is_stated_as(facts, "extrahepatic_disease", "none") and is_stated_as(facts, "pet_extrahepatic", True)
    ),
    ("pet_done", "pet_extrahepatic"): lambda facts: (
        is_stated_as(facts, "pet_done", False) and is_stated_as(facts, "pet_extrahepatic", True)
    ),
    ("chemo_lines", "chemo_weeks_total"): lambda facts: (
        number_of(facts, "chemo_lines") == 0 and (number_of(facts, "chemo_weeks_total") or 0) > 0
    ),
    ("chemo_lines", "chemo_cycles_preop"): lambda facts: (
        number_of(facts, "chemo_lines") == 0 and (number_of(facts, "chemo_cycles_preop") or 0) > 0
    ),
    ("chemo_lines", "recist_response"): lambda facts: (
        number_of(facts, "chemo_lines") == 0 and is_stated_as(facts, "recist_response", "PD")
    ),
    ("chemo_lines", "progression_on_chemo"): lambda facts: (
        number_of(facts, "chemo_lines") == 0 and is_stated_as(facts, "progression_on_chemo", True)
    ),
    ("portal_hypertension", "varices"): lambda facts: (
        is_stated_as(facts, "portal_hypertension", False) and is_stated_as(facts, "varices", True)
    ),
    ("comorbidities", "decompensated_comorbidity"): lambda facts: (
        _is_empty(facts, "comorbidities") and is_stated_as(facts, "decompensated_comorbidity", True)
    ),
    ("prior_liver_radiation", "prior_radiation_of_large_part"): lambda facts: (
        is_stated_as(facts, "prior_liver_radiation", False)
        and is_stated_as(facts, "prior_radiation_of_large_part", True)
    ),
    ("prior_liver_radiation", "prior_liver_treatments"): _denies_treatments(RADIATION, "prior_liver_radiation"),
    ("prior_hepatectomy", "prior_liver_treatments"): _denies_treatments(RESECTION, "prior_hepatectomy"),
    ("prior_liver_radiation", "same_site_radiation"): lambda facts: (
        is_stated_as(facts, "prior_liver_radiation", False)
        and any(is_stated_as(facts, "same_site_radiation", word) for word in ("overlap", "composite_plan"))
    ),
    ("ascites", "ascites_along_track"): lambda facts: (
        is_stated_as(facts, "ascites", "none") and is_stated_as(facts, "ascites_along_track", True)
    ),
}
"""Pairs of facts, and when they cannot both hold."""
