"""What treatment through the hepatic artery asks and the record says in several ways: portal vein, lungs, drugs."""

from __future__ import annotations

import re

from pipeline.measurement import Fact, Inputs
from pipeline.measures.derived.deriving import FORMULA, Derived, FormulaWords
from pipeline.measures.derived.terms import Held, Missing, Read, collect, recorded

PATENCY, THROMBUS = "portal_vein_patency", "portal_vein_thrombus"
TRUNK, BRANCHES = "portal_trunk_patent", "portal_branches_patent"
BY_PORTAL = f"{FORMULA}portal vein of the record and of the masks"
FIRST_DOSE, ANTI_VEGF = "first_lung_dose_gy", "anti_vegf_given"
STOPPED = frozenset(
    (
        *("bevacizumab", "avastin", "bev", "mvasi", "zirabev", "vegzelma", "oyavas", "aybintio"),
        *("aflibercept", "zaltrap", "ramucirumab", "cyramza"),
    )
)
"""Antibodies and traps against VEGF, by their names as words."""
OTHERS = re.compile(
    "m?(?:folfox(?:iri)?|folfiri(?:nox)?|flox|capox|xelox|capiri|xeliri|soxiri|sox)[0-9]*|s1|5?fu|5?fluorouracil|[0-9]+"
    "|folinic|acid|leucovorin|folinate|calcium|capecitabine|xeloda|oxaliplatin|eloxatin|irinotecan|camptosar|raltitrexed"
    "|cetuximab|erbitux|panitumumab|vectibix|trifluridine|tipiracil|lonsurf|tas|pembrolizumab|nivolumab|ipilimumab|and"
)
"""Words that stand for drugs and schemes of chemotherapy without an antibody against VEGF."""


def derive_arterial(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return whether the portal vein is open, the lung dose of a first SIRT in Gy, and whether anti-VEGF was given."""
    return Derived(
        collect(
            _answer(TRUNK, _trunk(inputs.study), BY_PORTAL),
            _answer(BRANCHES, _branches(inputs.study), BY_PORTAL),
            _first_lung_dose(inputs.study),
            _answer(ANTI_VEGF, _anti_vegf(inputs.study), f"{FORMULA}chemo_agents"),
        )
    )


def _answer(name: str, found: bool | Missing, source: str) -> Fact:
    if isinstance(found, Missing):
        return Fact(name, None, found.reason, source=source)
    return Fact(name, found, source=source)


def _trunk(held: Held) -> bool | Missing:
    """Return whether the trunk of the portal vein is open and free of tumour and thrombus."""
    word, blocked, thrombus = (_value(held, name) for name in (PATENCY, "portal_inflow_blocked", THROMBUS))
    wrong = _find_contradiction(held)
    if wrong is not None:
        return wrong
    if word == "main_occluded" or blocked is True:
        return False
    if word in ("patent", "branch_occluded") or (thrombus is False and blocked is False):
        return True
    return _not_said(held)


def _branches(held: Held) -> bool | Missing:
    """Return whether the portal vein is open up to its branches."""
    word, blocked, thrombus = (_value(held, name) for name in (PATENCY, "portal_inflow_blocked", THROMBUS))
    wrong = _find_contradiction(held)
    if wrong is not None:
        return wrong
    if word in ("main_occluded", "branch_occluded") or blocked is True:
        return False
    if word == "patent" or (thrombus is False and _value(held, "main_vessels_occluded") is False):
        return True
    return _not_said(held)


def _find_contradiction(held: Held) -> Missing | None:
    """Return what cannot stand beside a portal vein that is called patent; a refused word is no word."""
    patency = held.get(PATENCY)
    if patency is not None and patency.reason is not None:
        return Missing(patency.reason)
    if _value(held, PATENCY) != "patent":
        return None
    others = [name for name in (THROMBUS, "portal_inflow_blocked") if _value(held, name) is True]
    return Missing(f"CLIN_CONTRADICT: {PATENCY} says patent, {others[0]} says otherwise") if others else None


def _not_said(held: Held) -> Missing:
    if _value(held, THROMBUS) is True:
        return Missing(f"CLIN_MISSING: where the thrombus lies is not on record ({PATENCY})")
    return Missing(f"CLIN_MISSING: {PATENCY} is not in the clinical record")


def _first_lung_dose(held: Held) -> Fact:
    """Return the lung dose, where the record excludes earlier radiation of the liver: it is then that of all."""
    earlier, dose = _value(held, "prior_liver_radiation"), _lung_dose(held)
    source = f"{FORMULA}lung dose without earlier radiation of the liver"
    if earlier is not False:
        why = (
            "there was earlier radiation" if earlier is True else "prior_liver_radiation is not in the clinical record"
        )
        return Fact(FIRST_DOSE, None, f"CLIN_MISSING: {why}; lung_dose_cumulative_gy is needed", "Gy", source)
    if isinstance(dose, Missing):
        return Fact(FIRST_DOSE, None, dose.reason, "Gy", source)
    return Fact(FIRST_DOSE, dose.value, unit="Gy", source=source)


def _lung_dose(held: Held) -> Read:
    stated = recorded(held, "lung_dose_gy")
    if not isinstance(stated, Missing) or "lung_dose_gy" in held:
        return stated
    computed = recorded(held, "sirt_lung_dose_gy")
    return stated if isinstance(computed, Missing) else computed


def _anti_vegf(held: Held) -> bool | Missing:
    """Return whether an anti-VEGF drug is among those of the record; no only where every word is of another drug."""
    agents = held.get("chemo_agents")
    if agents is None or not isinstance(agents.value, tuple):
        reason = None if agents is None else agents.reason
        return Missing(reason or "CLIN_MISSING: chemo_agents is not in the clinical record")
    words = [word for agent in agents.value for word in re.findall(r"[a-z0-9]+", agent.casefold())]
    if STOPPED & set(words):
        return True
    if all(OTHERS.fullmatch(word) for word in words):
        return False
    return Missing("CLIN_VALUE: chemo_agents holds a word that is not known as a drug")


def _value(held: Held, name: str) -> object:
    quantity = held.get(name)
    return None if quantity is None else quantity.value
