"""What follows from the clinical record on disease outside the liver, portal vein and drugs, worked out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.measurement import Fact
from pipeline.report import Report

Entry = Mapping[str, str]
Value = float | bool | None
AREAS = ("hilar", "celiac", "paraaortic", "other")
ANTI_VEGF = ("bevacizumab", "aflibercept", "ramucirumab")


def check_recorded(report: Report) -> Iterator[str]:
    """Yield which facts that follow from the clinical record are not those that it gives."""
    facts = report.facts
    entries = _entries(facts)
    expected: dict[str, Value] = dict.fromkeys(_NAMES) if entries is None else {**_places(entries), **_sizes(entries)}
    lesions = report.measurements.get("lesion_count")
    inside = None if lesions is None else lesions.value
    outside = expected.pop("everything")
    expected["metastasis_count"] = None if inside is None or outside is None else inside + outside
    expected |= _portal(facts) | {"first_lung_dose_gy": _first_dose(report)}
    for name, value in expected.items():
        fact = facts.get(name)
        if fact is None:
            yield f"{name} is not in the report"
        elif fact.value != value or isinstance(fact.value, bool) is not isinstance(value, bool):
            yield f"{name} differs: {fact.value} is stated, {value} found again"
    yield from _check_drugs(facts)


_NAMES = (
    *("extrahepatic_site_count", "extrahepatic_only_lung_and_nodes", "extrahepatic_only_nodes", "everything"),
    *("extrahepatic_only_bone_nodes_lung_skin", "extrahepatic_only_lung", "extrahepatic_only_bone"),
    *("extrahepatic_all_resectable", "extrahepatic_all_controlled", "extrahepatic_all_treatable"),
    *("lung_nodule_count", "lung_nodule_count_at_least", "largest_lung_nodule_mm", "largest_lung_nodule_at_least_mm"),
    *("node_area_count", "largest_node_mm", "largest_node_at_least_mm"),
)


def _entries(facts: Mapping[str, Fact]) -> list[Entry] | None:
    """Return the entries of the list of sites; None where they are not known or the record contradicts itself."""
    listed, word = facts.get("extrahepatic_sites"), _said(facts, "extrahepatic_disease")
    if listed is None:
        if word != "none":
            return None
        texts: tuple[str, ...] = ()
    elif isinstance(listed.value, tuple):
        texts = listed.value
    else:
        return None
    entries = [_split(text) for text in texts]
    refused = any(entry.get("resectable") == "no" for entry in entries)
    if (word == "none" and entries) or (word == "resectable" and (refused or not entries)):
        return None
    if not entries and (word == "unresectable" or _said(facts, "pet_extrahepatic") is True):
        return None
    hilar = any(entry[""] == "lymph_node_hilar" for entry in entries)
    deeper = any(entry[""] in ("lymph_node_celiac", "lymph_node_paraaortic") for entry in entries)
    beside = ((_said(facts, "hilar_nodes"), hilar), (_said(facts, "celiac_paraaortic_nodes"), deeper))
    return None if any(said is not None and said is not named for said, named in beside) else entries


def _split(text: str) -> Entry:
    place, _, more = text.rstrip(")").partition(" (")
    pairs = [pair.split() for pair in more.split(",") if pair]
    return {"": place, **dict(pairs)}


def _places(entries: list[Entry]) -> dict[str, Value]:
    """Return how many sites there are, where they all lie, and what holds of each."""
    kinds = {"node" if entry[""].startswith("lymph_node_") else entry[""] for entry in entries}
    named = [area for area in AREAS[:3] if any(entry[""] == f"lymph_node_{area}" for entry in entries)]
    return {
        "extrahepatic_site_count": len(kinds),
        "extrahepatic_only_lung": not kinds - {"lung"},
        "extrahepatic_only_bone": not kinds - {"bone"},
        "extrahepatic_only_nodes": not kinds - {"node"},
        "extrahepatic_only_lung_and_nodes": not kinds - {"lung", "node"},
        "extrahepatic_only_bone_nodes_lung_skin": not kinds - {"bone", "node", "lung", "subcutaneous"},
        "extrahepatic_all_resectable": _all([(entry.get("resectable"),) for entry in entries]),
        "extrahepatic_all_controlled": _all([(entry.get("controlled"),) for entry in entries]),
        "extrahepatic_all_treatable": _all([(e.get("resectable"), e.get("controlled")) for e in entries]),
        "node_area_count": len(named) + sum(entry[""] == "lymph_node_other" for entry in entries),
    }


def _all(answers: list[tuple[str | None, ...]]) -> bool | None:
    """Return whether each entry has a yes; no where one has nothing but noes."""
    if any(set(answer) == {"no"} for answer in answers):
        return False
    return True if all("yes" in answer for answer in answers) else None


def _sizes(entries: list[Entry]) -> dict[str, Value]:
    """Return numbers and sizes of lung nodules and nodes."""
    lung = [entry for entry in entries if entry[""] == "lung"]
    nodes = [entry for entry in entries if entry[""].startswith("lymph_node_")]
    counts = [entry.get("count") for entry in lung]
    return {
        "lung_nodule_count": _total(lung),
        "lung_nodule_count_at_least": float(sum(int(float(count or 1)) for count in counts)),
        "largest_lung_nodule_mm": _largest(lung, whole=True),
        "largest_lung_nodule_at_least_mm": _largest(lung, whole=False),
        "largest_node_mm": _largest(nodes, whole=True),
        "largest_node_at_least_mm": _largest(nodes, whole=False),
        "everything": _total(entries),
    }


def _total(entries: list[Entry]) -> float | None:
    if any("count" not in entry for entry in entries):
        return None
    return sum(float(entry["count"]) for entry in entries)


def _largest(entries: list[Entry], *, whole: bool) -> float | None:
    sizes = sorted(float(entry["max_mm"]) for entry in entries if "max_mm" in entry)
    return None if not sizes or (whole and len(sizes) != len(entries)) else sizes[-1]


def _portal(facts: Mapping[str, Fact]) -> dict[str, Value]:
    """Return whether trunk and branches of the portal vein are open."""
    stated = facts.get("portal_vein_patency")
    word, thrombus = _said(facts, "portal_vein_patency"), _said(facts, "portal_vein_thrombus")
    blocked, occluded = _said(facts, "portal_inflow_blocked"), _said(facts, "main_vessels_occluded")
    trunk: bool | None = None
    branches: bool | None = None
    if stated is None or stated.value is not None:
        if word == "patent":
            trunk = branches = None if blocked is True or thrombus is True else True
        elif word == "main_occluded" or blocked is True:
            trunk = branches = False
        elif word == "branch_occluded":
            trunk, branches = True, False
        elif thrombus is False:
            trunk = True if blocked is False else None
            branches = True if occluded is False else None
    return {"portal_trunk_patent": trunk, "portal_branches_patent": branches}


def _first_dose(report: Report) -> float | None:
    """Return the lung dose where there was no earlier radiation of the liver."""
    if _said(report.facts, "prior_liver_radiation") is not False:
        return None
    stated, computed = report.facts.get("lung_dose_gy"), report.measurements.get("sirt_lung_dose_gy")
    if stated is not None:
        return float(stated.value) if isinstance(stated.value, int | float) else None
    return None if computed is None else computed.value


def _check_drugs(facts: Mapping[str, Fact]) -> Iterator[str]:
    """Yield what is said of anti-VEGF drugs against the plain words of the record."""
    fact, agents = facts.get("anti_vegf_given"), _said(facts, "chemo_agents")
    if fact is None:
        yield "anti_vegf_given is not in the report"
        return
    words = " ".join(agents).lower() if isinstance(agents, tuple) else None
    if words is None and fact.value is not None:
        yield "anti_vegf_given is stated without chemo_agents"
    if words is not None and any(name in words for name in ANTI_VEGF) and fact.value is not True:
        yield f"anti_vegf_given differs: {fact.value} is stated, such a drug is on record"


def _said(facts: Mapping[str, Fact], name: str) -> object:
    fact = facts.get(name)
    return None if fact is None else fact.value
