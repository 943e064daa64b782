"""How the lesions that the plan resects lie to the great vessels that must stay (catalogue RES-08)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.measurement import Fact, Inputs, Measurement
from pipeline.measures.derived.deriving import FORMULA, Derived, FormulaWords
from pipeline.measures.derived.lesion_sizes import why_no_lesions
from pipeline.measures.derived.plans import CUT, RELATION, REMOVED
from pipeline.measures.derived.terms import Held, collect

DISTANCE, CONTACT, OCCLUDED = "kept_vessel_distance_mm", "kept_vessel_contact_deg", "kept_vessel_occluded"
GIVEN_UP, WHOLE_PORTAL = "vessels_given_up", "portal_vein"
TRUNKS = ("portal_vein_main", "ivc")
"""Vessels that every plan leaves."""
PORTAL = ("portal_vein_main", "portal_vein_right", "portal_vein_left")
VESSELS = (*PORTAL, "hepatic_vein_right", "hepatic_vein_middle", "hepatic_vein_left", "ivc")
NO_PLAN = "NO_REMNANT: no plan of a resection is given, so that it is not told which vessels stay"
UNTOLD = "NO_MASK: which vessels the plan gives up is not known"
NO_TARGET = "NO_TARGET: no lesion in the liver is removed by the plan"
NEAREST = "smallest distance of a resected lesion to a vessel that must stay"
WIDEST = "largest contact arc of a resected lesion with a vessel that must stay"
SOURCE = f"{FORMULA}the vessels that must stay, and the lesions that the plan resects"


@dataclass(frozen=True)
class Asked:
    """Which lesions are asked for which vessels.

    Parameters
    ----------
    vessels
        Those that surely stay.
    reason
        Why other vessels or lesions may count as well, ``CODE: sentence``; None where these are all.
    """

    lesions: tuple[tuple[str, Held], ...]
    vessels: tuple[str, ...]
    reason: str | None


def derive_kept_vessels(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return distance, contact arc and occlusion of the vessels that must stay, for the lesions that the plan resects.

    They stay unless ``vessels_given_up`` lists them whole. Without that fact, and without a plan, portal trunk and vena
    cava surely stay and all lesions count: then only a distance of 0 and an occlusion are known.
    """
    asked = _find_asked(inputs)
    return Derived(collect(_find_distance(asked), _find_contact(asked), _find_occlusion(asked)))


def _find_asked(inputs: Inputs) -> Asked:
    every = tuple(inputs.lesions.items())
    reason = why_no_lesions(inputs)
    if reason is not None:
        return Asked(every, TRUNKS, reason)
    given_up, places = inputs.study.get(GIVEN_UP), {id_: held.get(RELATION) for id_, held in every}
    if given_up is None or not isinstance(given_up.value, tuple):
        remnant = inputs.study.get("remnant_volume_ml")
        planned = remnant is not None and remnant.value is not None
        return Asked(every, TRUNKS, (UNTOLD if planned else NO_PLAN) if given_up is None else given_up.reason)
    open_ = next((place.reason for place in places.values() if place is not None and place.reason is not None), None)
    resected = tuple((id_, held) for id_, held in every if _is_resected(places[id_]))
    names = given_up.value
    return Asked(
        resected, tuple(name for name in VESSELS if name not in names), open_ or (None if resected else NO_TARGET)
    )


def _is_resected(place: object) -> bool:
    return isinstance(place, Fact) and place.value in (REMOVED, CUT)


def _find_distance(asked: Asked) -> Measurement:
    """Return the smallest distance; where not every vessel or lesion is known, only 0: nothing undercuts it."""
    name = "dist_{}_mm"
    found = _collect(asked, name)
    touched = next((each for each in found if each[1].value == 0), None)
    reason = None if touched is not None else _why_not(asked, name, found)
    if reason is not None:
        return Measurement(DISTANCE, None, "mm", reason=reason, method=NEAREST)
    return _read(DISTANCE, NEAREST, [touched] if touched is not None else found, min)


def _find_contact(asked: Asked) -> Measurement:
    """Return the largest contact arc."""
    name = "contact_arc_{}_deg"
    found = _collect(asked, name)
    reason = _why_not(asked, name, found)
    if reason is not None:
        return Measurement(CONTACT, None, "deg", reason=reason, method=WIDEST)
    return _read(CONTACT, WIDEST, found, max)


def _collect(asked: Asked, name: str) -> list[tuple[str, Measurement]]:
    """Return what is known of the lesions and vessels, each with its words."""
    quantities = (
        (f"{id_} to {vessel.replace('_', ' ')}", held.get(name.format(vessel)))
        for id_, held in asked.lesions
        for vessel in asked.vessels
    )
    return [(words, each) for words, each in quantities if isinstance(each, Measurement) and each.value is not None]


def _why_not(asked: Asked, name: str, found: Sequence[object]) -> str | None:
    """Return why the smallest or largest of all is not known."""
    if asked.reason is not None or len(found) == len(asked.lesions) * len(asked.vessels):
        return asked.reason
    lacking = [vessel for vessel in asked.vessels if not any(name.format(vessel) in held for _, held in asked.lesions)]
    if lacking:
        return f"NO_MASK: not drawn: {', '.join(vessel.replace('_', ' ') for vessel in lacking)}"
    known = (held.get(name.format(vessel)) for _, held in asked.lesions for vessel in asked.vessels)
    return next((each.reason for each in known if each is not None and each.reason is not None), "NO_MASK: not drawn")


def _read(
    name: str, method: str, found: Sequence[tuple[str, Measurement]], choose: Callable[[Iterable[float]], float]
) -> Measurement:
    """Return the smallest or largest of several, of equal ones the first that has a place.

    Its interval is that of the smallest or largest ends.
    """
    value = choose(each.value for _, each in found if each.value is not None)
    equal = [pair for pair in found if pair[1].value == value]
    words, best = next((pair for pair in equal if pair[1].location is not None), equal[0])
    lows = [each.low for _, each in found if each.low is not None]
    highs = [each.high for _, each in found if each.high is not None]
    flags = tuple(dict.fromkeys(flag for _, each in found for flag in each.flags))
    low, high = choose(lows) if lows else None, choose(highs) if highs else None
    return replace(best, name=name, low=low, high=high, method=f"{method}: {words}", flags=flags)


def _find_occlusion(asked: Asked) -> Fact:
    """Return whether a vessel that must stay is interrupted at a lesion."""
    states = [_state(held, vessel) for _, held in asked.lesions for vessel in asked.vessels]
    if True in states:
        return Fact(OCCLUDED, True, source=SOURCE)
    if asked.reason is not None:
        return Fact(OCCLUDED, None, asked.reason, source=SOURCE)
    if None in states:
        lacking = [v for v in asked.vessels if any(_state(held, v) is None for _, held in asked.lesions)]
        words = ", ".join(vessel.replace("_", " ") for vessel in lacking)
        return Fact(OCCLUDED, None, f"NO_MASK: whether it is interrupted is not known of: {words}", source=SOURCE)
    return Fact(OCCLUDED, False, source=SOURCE)


def _state(held: Held, vessel: str) -> bool | None:
    """Return whether a vessel is interrupted at a lesion; of the portal vein only that none of it is can be told."""
    fact = held.get(f"occluded_{vessel}")
    if fact is None and vessel in PORTAL:
        whole = held.get(f"occluded_{WHOLE_PORTAL}")
        return False if whole is not None and whole.value is False else None
    return fact.value if fact is not None and isinstance(fact.value, bool) else None
