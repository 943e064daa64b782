"""Disease outside the liver in plain numbers and truths, from its list in the clinical record."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from pipeline.measurement import Fact, Inputs
from pipeline.measures.derived.deriving import FORMULA, Derived, FormulaWords
from pipeline.measures.derived.terms import Held, Missing, collect, measured

LIST, WORD = "extrahepatic_sites", "extrahepatic_disease"
LUNG = frozenset({"lung"})
CELIAC = frozenset({"lymph_node_celiac", "lymph_node_paraaortic"})
HILAR = frozenset({"lymph_node_hilar"})
NODES = HILAR | CELIAC | {"lymph_node_other"}
BESIDE = (("hilar_nodes", HILAR), ("celiac_paraaortic_nodes", CELIAC))
"""Truths of the record beside the list, and the sites that they speak of."""
BY_LIST = f"{FORMULA}{LIST} and {WORD}"
ENTRY = re.compile(r"(?P<site>\w+)(?: \((?P<more>[^()]*)\))?")
TRUTHS = {"yes": True, "no": False}


@dataclass(frozen=True)
class Site:
    """One entry of the list: where, how many, how large the largest is; None where the record does not say."""

    place: str
    count: float | None = None
    max_mm: float | None = None
    controlled: bool | None = None
    resectable: bool | None = None

    @property
    def treatable(self) -> bool | None:
        """Whether it is resectable or controlled."""
        said = (self.resectable, self.controlled)
        return True if True in said else None if None in said else False


Sites: TypeAlias = Sequence[Site]
Found: TypeAlias = float | bool | Missing


def derive_extrahepatic(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return what the list of sites outside the liver says, as facts named in ``QUANTITIES``, and all metastases.

    No disease outside the liver, and an empty list, mean none of anything. Where list and words of the record cannot
    both hold, nothing follows from either.
    """
    sites = find_sites(inputs.study)
    found = {
        name: (unit, sites if isinstance(sites, Missing) else of(sites)) for name, (unit, of) in QUANTITIES.items()
    }
    everywhere = sites if isinstance(sites, Missing) else _all_metastases(inputs, sites)
    found["metastasis_count"] = ("1", everywhere)
    return Derived(collect(*(_fact(name, unit, value) for name, (unit, value) in found.items())))


def _fact(name: str, unit: str, found: Found) -> Fact:
    if isinstance(found, Missing):
        return Fact(name, None, found.reason, unit, BY_LIST)
    return Fact(name, found, unit=unit, source=BY_LIST)


def find_sites(held: Held) -> tuple[Site, ...] | Missing:
    """Return the sites outside the liver that the record lists, or why they are not known."""
    listed, word = held.get(LIST), held.get(WORD)
    if listed is not None and listed.reason is not None:
        return Missing(listed.reason)
    if listed is None and word is not None and word.reason is not None:
        return Missing(word.reason)
    said = None if word is None else word.value
    if listed is None and said != "none":
        return Missing(f"CLIN_MISSING: {LIST} is not in the clinical record")
    texts = () if listed is None else listed.value
    sites = [_read(text) for text in texts] if isinstance(texts, tuple) else [None]
    known = tuple(site for site in sites if site is not None)
    if len(known) < len(sites):
        return Missing(f"CLIN_VALUE: {LIST} cannot be read")
    wrong = _find_contradiction(held, known, said)
    return known if wrong is None else Missing(f"CLIN_CONTRADICT: {wrong}")


def _read(text: str) -> Site | None:
    """Return a site from its words: ``lung (count 2, max_mm 9, controlled yes, resectable no)``."""
    entry = ENTRY.fullmatch(text)
    if entry is None:
        return None
    pairs = [pair.split(" ") for pair in (entry["more"] or "").split(", ") if pair]
    if any(len(pair) != 2 for pair in pairs):
        return None
    more = dict(pairs)
    try:
        count, size = (None if more.get(key) is None else float(more[key]) for key in ("count", "max_mm"))
    except ValueError:
        return None
    return Site(
        entry["site"], count, size, TRUTHS.get(more.get("controlled", "")), TRUTHS.get(more.get("resectable", ""))
    )


def _find_contradiction(held: Held, sites: Sites, said: object) -> str | None:
    """Return what of the record and the list cannot both hold."""
    tests = [
        (said == "none" and bool(sites), f"{WORD} says none, {LIST} names some"),
        (said in ("resectable", "unresectable") and not sites, f"{WORD} says {said}, {LIST} names none"),
        (
            said == "resectable" and any(site.resectable is False for site in sites),
            f"{WORD} says resectable, {LIST} names one that is not",
        ),
        (_is(held, "pet_extrahepatic", True) and not sites, f"PET shows disease outside the liver, {LIST} names none"),
    ]
    for name, places in BESIDE:
        named = any(site.place in places for site in sites)
        tests.append((_is(held, name, not named), f"{name} and {LIST} disagree"))
    return next((text for wrong, text in tests if wrong), None)


def _is(held: Held, name: str, truth: bool) -> bool:
    quantity = held.get(name)
    return quantity is not None and quantity.value is truth


def _count_sites(sites: Sites) -> float:
    """Return the number of sites; lymph nodes of all areas are one."""
    return float(len({"node" if site.place in NODES else site.place for site in sites}))


def _count_areas(sites: Sites) -> float:
    """Return the number of areas of lymph nodes; each entry without a named area is one of its own."""
    nodes = [site.place for site in sites if site.place in NODES]
    return float(len({place for place in nodes if place != "lymph_node_other"}) + nodes.count("lymph_node_other"))


def _only(places: frozenset[str], sites: Sites) -> bool:
    return all(site.place in places for site in sites)


def _every(key: str, sites: Sites) -> Found:
    """Return whether something holds of every site."""
    said = [getattr(site, key) for site in sites]
    if False in said:
        return False
    return Missing(f"CLIN_MISSING: {LIST} does not say it of every site") if None in said else True


def _count(places: frozenset[str] | None, sites: Sites) -> Found:
    """Return how many there are in some places, or everywhere."""
    counts = [site.count for site in sites if places is None or site.place in places]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else Missing(f"CLIN_MISSING: {LIST} does not count every site")


def _count_at_least(places: frozenset[str], sites: Sites) -> float:
    """Return how many there are at least: one for each entry without a number."""
    return sum(1.0 if site.count is None else site.count for site in sites if site.place in places)


def _largest(places: frozenset[str], sites: Sites, *, at_least: bool = False) -> Found:
    """Return the size of the largest, mm; with ``at_least``, of the largest of those with a size."""
    sizes = [site.max_mm for site in sites if site.place in places]
    known = [size for size in sizes if size is not None]
    if not sizes:
        return Missing(f"NO_SITE: {LIST} names none there")
    if not known or (len(known) < len(sizes) and not at_least):
        return Missing(f"CLIN_MISSING: {LIST} does not give the size of every site")
    return max(known)


def _all_metastases(inputs: Inputs, sites: Sites) -> Found:
    """Return the number of lesions in the liver and outside together."""
    inside, outside = measured(inputs.study, "lesion_count"), _count(None, sites)
    if isinstance(inside, Missing):
        return inside
    return outside if isinstance(outside, Missing) else inside.value + outside


QUANTITIES: dict[str, tuple[str, Callable[[Sites], Found]]] = {
    "extrahepatic_site_count": ("1", _count_sites),
    "extrahepatic_only_lung_and_nodes": ("1", partial(_only, LUNG | NODES)),
    "extrahepatic_only_lung": ("1", partial(_only, LUNG)),
    "extrahepatic_only_bone": ("1", partial(_only, frozenset({"bone"}))),
    "extrahepatic_only_nodes": ("1", partial(_only, NODES)),
    "extrahepatic_only_bone_nodes_lung_skin": ("1", partial(_only, LUNG | NODES | {"bone", "subcutaneous"})),
    "extrahepatic_all_resectable": ("1", partial(_every, "resectable")),
    "extrahepatic_all_controlled": ("1", partial(_every, "controlled")),
    "extrahepatic_all_treatable": ("1", partial(_every, "treatable")),
    "lung_nodule_count": ("1", partial(_count, LUNG)),
    "lung_nodule_count_at_least": ("1", partial(_count_at_least, LUNG)),
    "largest_lung_nodule_mm": ("mm", partial(_largest, LUNG)),
    "largest_lung_nodule_at_least_mm": ("mm", partial(_largest, LUNG, at_least=True)),
    "node_area_count": ("1", _count_areas),
    "largest_node_mm": ("mm", partial(_largest, NODES)),
    "largest_node_at_least_mm": ("mm", partial(_largest, NODES, at_least=True)),
}
"""Each quantity's unit, and how it follows from the sites."""
