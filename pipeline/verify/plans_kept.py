"""How the lesions that the plan resects lie to the great vessels that stay, found again lesion by lesion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.measurement import Fact, Point
from pipeline.report import Report
from pipeline.verify.distances import smallest
from pipeline.verify.lesion_numbers import LesionNumbers
from pipeline.verify.number import Number, absent, agree
from pipeline.verify.plan_facts import place_of

TRUNKS = ("portal_vein_main", "ivc")
PORTAL = ("portal_vein_main", "portal_vein_right", "portal_vein_left")
VESSELS = (*PORTAL, "hepatic_vein_right", "hepatic_vein_middle", "hepatic_vein_left", "ivc")
DISTANCE, CONTACT, OCCLUDED = "kept_vessel_distance_mm", "kept_vessel_contact_deg", "kept_vessel_occluded"


@dataclass(frozen=True)
class Asked:
    """Lesions that are asked for vessels; codes of why others may count as well."""

    lesions: tuple[LesionNumbers, ...]
    vessels: tuple[str, ...]
    codes: tuple[str, ...]


def _find_asked(report: Report, lesions: Sequence[LesionNumbers], known: tuple[str, ...]) -> Asked:
    """Return the resected lesions and the vessels that the plan does not give up whole."""
    inside = tuple(each for each in lesions if each.lesion.status == "intrahepatic")
    every, given_up = inside, report.facts.get("vessels_given_up")
    if known or not inside:
        return Asked(every, TRUNKS, known or ("NO_LESION",))
    if given_up is None or not isinstance(given_up.value, tuple):
        why = ("NO_REMNANT", "NO_MASK") if given_up is None else ((given_up.reason or "").split(":")[0],)
        return Asked(every, TRUNKS, why)
    facts = {record.id: record.facts for record in report.lesions}
    places = {each.lesion.id: place_of(report, facts.get(each.lesion.id, {}), each.numbers) for each in inside}
    open_ = [facts[name]["plan_relation"] for name, place in places.items() if place is None and name in facts]
    resected = tuple(each for each in inside if places[each.lesion.id] in ("removed", "cut"))
    codes = tuple((fact.reason or "").split(":")[0] for fact in open_) or (() if resected else ("NO_TARGET",))
    return Asked(resected, tuple(name for name in VESSELS if name not in given_up.value), codes)


def kept_numbers(report: Report, lesions: Sequence[LesionNumbers], known: tuple[str, ...]) -> dict[str, Number]:
    """Return the smallest distance and the widest contact; a distance of 0 is known whatever else is not.

    Parameters
    ----------
    known
        Codes of why it is not known which lesions there are.
    """
    asked = _find_asked(report, lesions, known)
    gaps, lacking = _collect(asked, "dist_{}_mm")
    touching = [each for each in gaps if each.value == 0]
    if touching:
        distance = smallest(touching[:1])
    elif asked.codes or lacking:
        distance = absent(*(asked.codes or lacking))
    else:
        distance = smallest(gaps)
    arcs, lacking = _collect(asked, "contact_arc_{}_deg")
    contact = absent(*(asked.codes or lacking)) if asked.codes or lacking else _widest(arcs)
    return {DISTANCE: distance, CONTACT: contact}


def _collect(asked: Asked, name: str) -> tuple[list[Number], tuple[str, ...]]:
    """Return the known numbers of lesions and vessels, and codes of why others are not known."""
    found, codes = [], []
    for each in asked.lesions:
        for vessel in asked.vessels:
            number = each.numbers.get(name.format(vessel))
            if number is None:
                codes.append("NO_MASK")
            elif number.value is None:
                codes += number.codes or ("NO_MASK",)
            else:
                found.append(number)
    return found, tuple(dict.fromkeys(codes))


def _widest(arcs: Sequence[Number]) -> Number:
    """Return the largest of some arcs with the largest ends; seen where any that is as large is seen."""
    best = max(arcs, key=lambda each: each.value or 0.0)
    equal = [each for each in arcs if agree(each.value, best.value)]
    slices = frozenset(n for each in equal if each.slices is not None for n in each.slices)
    low, high = _most([each.low for each in arcs]), _most([each.high for each in arcs])
    ends = _any_ends(equal) if any(each.ends for each in equal) else None
    return replace(best, low=low, high=high, slices=slices or None, ends=ends)


def _most(ends: Sequence[float | None]) -> float | None:
    return max((end for end in ends if end is not None), default=None)


def _any_ends(equal: Sequence[Number]) -> Callable[[tuple[Point, ...], float], str | None]:
    def ends_of(ends: tuple[Point, ...], length: float) -> str | None:
        troubles = [each.ends(ends, length) if each.ends else None for each in equal]
        return None if None in troubles else troubles[0]

    return ends_of


def check_kept(report: Report, lesions: Sequence[LesionNumbers], known: tuple[str, ...]) -> Iterator[str]:
    """Yield whether it differs that a vessel that must stay is interrupted at a lesion."""
    asked = _find_asked(report, lesions, known)
    facts = {record.id: record.facts for record in report.lesions}
    states = [_state(facts.get(each.lesion.id, {}), name) for each in asked.lesions for name in asked.vessels]
    found = True if True in states else None if asked.codes or None in states else False
    fact = report.facts.get(OCCLUDED)
    if (fact is None and asked.lesions) or (fact is not None and fact.value is not found):
        yield f"{OCCLUDED} differs: {None if fact is None else fact.value} is stated, {found} found again"


def _state(facts: Mapping[str, Fact], vessel: str) -> bool | None:
    """Return whether a vessel is interrupted at a lesion; of the whole portal vein only that none of it is."""
    own, whole = facts.get(f"occluded_{vessel}"), facts.get("occluded_portal_vein")
    if own is None and vessel in PORTAL:
        return False if whole is not None and whole.value is False else None
    return own.value if own is not None and isinstance(own.value, bool) else None
