"""What is odd about a liver that plans are made for: said, or the plans that rest on it refused.

A wrong label makes a plan wrong without any number looking odd; so what is seen is said before any plan is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.anatomy import Anatomy, AnatomyLimits
from pipeline.lesion import Lesion
from pipeline.measurement import Fact
from pipeline.measures.couinaud import HALVES, SEGMENT_VOLUMES, name_segments
from pipeline.measures.grids import count_shared, same_grid
from pipeline.measures.plans.accessory_veins import find_accessory_vein
from pipeline.measures.plans.segment_order import Order, check_order, list_words
from pipeline.measures.remnant import PLAN_QUANTITIES
from pipeline.resection import Resections
from pipeline.structures import COUINAUD, HEMILIVERS, Role
from pipeline.study import Finding, Severity, Study

TOUCHED = (*SEGMENT_VOLUMES, *PLAN_QUANTITIES)
WHOLE = tuple(role for role in COUINAUD if role not in HALVES)
TRUSTED = "Plans are given all the same: trust_masks is set."


@dataclass(frozen=True)
class OddAnatomy:
    """What was seen.

    Parameters
    ----------
    parts_reason
        Why no plan that rests on segments or hemilivers can be followed, ``SEGMENT_ORDER: sentence``; else None.
    outflow_reason
        Why what a plan leaves of the outflow is not known, ``VEIN_ACCESSORY: sentence``; else None.
    """

    findings: tuple[Finding, ...] = ()
    parts_reason: str | None = None
    outflow_reason: str | None = None


def check_anatomy(
    study: Study,
    anatomy: Anatomy,
    lesions: Sequence[Lesion],
    facts: Mapping[str, Fact],
    resections: Resections,
    limits: AnatomyLimits,
) -> OddAnatomy:
    """Return what is odd about a liver and its plans; nothing without a liver.

    Missing segments and the named resections that they block (``SEGMENT_MISSING``); segments that lie where others
    should (``SEGMENT_ORDER``); lesions across many segments (``LESION_WIDE``); an earlier liver resection
    (``LIVER_RESECTED``); hepatic veins beyond the usual (``VEIN_ACCESSORY``).

    Parameters
    ----------
    lesions
        The intrahepatic ones.
    facts
        Of the clinical record, with those that follow from it.
    """
    total = anatomy.total
    if total is None:
        return OddAnatomy()
    order = check_order(anatomy.parts, total, resections.side_by_side, limits) if anatomy.parts else Order()
    vein = find_accessory_vein(study, total, limits)
    missing = _find_missing(anatomy)
    findings = (
        *_say_missing(missing, resections),
        *_say_order(order, trusted=limits.trusted),
        *_say_wide(anatomy, lesions, limits),
        *_say_resected(facts, missing),
        *_say_vein(vein),
    )
    grave = None if limits.trusted or not order.grave else f"SEGMENT_ORDER: {list_words(order.grave)}"
    if grave is None and (anatomy.parts_reason or "").startswith("SEGMENT_ORDER"):
        grave = anatomy.parts_reason
    outflow = None if vein is None else f"VEIN_ACCESSORY: {vein}; which of them drain the remnant is not seen in masks"
    return OddAnatomy(findings, grave, outflow)


def _find_missing(anatomy: Anatomy) -> tuple[Role, ...]:
    """Return the whole segments of which the divided liver has no part; none where only hemilivers are drawn."""
    if not anatomy.parts or set(anatomy.parts) & set(HEMILIVERS):
        return ()
    there = set(anatomy.parts) | ({Role.SEGMENT_4} if set(HALVES) & set(anatomy.parts) else set())
    return tuple(role for role in WHOLE if role not in there)


def _say_missing(missing: Sequence[Role], resections: Resections) -> Iterator[Finding]:
    if missing:
        pieces = {*missing, *(HALVES if Role.SEGMENT_4 in missing else ())}
        blocked = [name for name, each in resections.named.items() if pieces & set(each.removed)]
        message = (
            f"No part of the liver is {name_segments(missing)}: what was that lies in other segments, or is not there. "
            f"{len(blocked)} of the {len(resections.named)} named resections remove it and cannot be followed."
        )
        yield Finding("SEGMENT_MISSING", Severity.WARNING, message, TOUCHED)


def _say_order(order: Order, *, trusted: bool) -> Iterator[Finding]:
    """Yield what contradicts the order of segments; labels that seem exchanged refuse the plans by segments."""
    if order.grave:
        done = (
            TRUSTED if trusted else "Plans by segments are not followed; if masks and image are right, set trust_masks."
        )
        message = f"The segments do not lie as Couinaud segments do: {list_words(order.grave)}. {done}"
        yield Finding("SEGMENT_ORDER", Severity.WARNING, message, TOUCHED)
    elif order.odd:
        message = f"Couinaud segments meet in an unusual way: {list_words(order.odd)}. Plans by segments rest on them."
        yield Finding("SEGMENT_ORDER", Severity.WARNING, message, TOUCHED)


def _say_wide(anatomy: Anatomy, lesions: Sequence[Lesion], limits: AnatomyLimits) -> Iterator[Finding]:
    """Yield a note on each lesion in many segments: no anatomical resection of few segments clears it."""
    parts = [role for role in anatomy.parts if role in COUINAUD]
    for lesion in lesions:
        held = [role for role in parts if _share(anatomy, role, lesion) >= limits.wide_lesion_percent / 100]
        whole = {Role.SEGMENT_4 if role in HALVES else role for role in held}
        if len(whole) >= limits.wide_lesion_segments:
            message = f"Lesion {lesion.id} lies across {name_segments(sorted(whole, key=COUINAUD.index))}."
            yield Finding("LESION_WIDE", Severity.INFO, message)


def _share(anatomy: Anatomy, role: Role, lesion: Lesion) -> float:
    part = anatomy.parts[role]
    return count_shared(lesion.mask, part) / lesion.mask.count if same_grid(lesion.mask.grid, part.grid) else 0.0


def _say_resected(facts: Mapping[str, Fact], missing: Sequence[Role]) -> Iterator[Finding]:
    """Yield that part of the liver is gone, as the record says, or as whole segments but the caudate are missing."""
    prior = facts.get("prior_hepatectomy")
    gone = [role for role in missing if role is not Role.SEGMENT_1]
    by_record = prior is not None and prior.value is True
    if not by_record and not (gone and (prior is None or prior.value is None)):
        return
    why = "The record states an earlier liver resection"
    if not by_record:
        first, is_many = name_segments(gone), len(gone) > 1
        lack = f"{first[0].upper()}{first[1:]} {'are' if is_many else 'is'} missing in a liver that the others fill"
        why = f"{lack}: it may have been resected before"
    message = (
        f"{why}. Shares of the liver are shares of the liver as it is now (STR-08), the standardised ones of that "
        "expected for the body; segments may have grown and turned."
    )
    yield Finding("LIVER_RESECTED", Severity.INFO, message, PLAN_QUANTITIES)


def _say_vein(vein: str | None) -> Iterator[Finding]:
    if vein is not None:
        message = (
            f"An accessory hepatic vein, or an interrupted one: {vein}. What plans leave of the outflow is not known."
        )
        yield Finding("VEIN_ACCESSORY", Severity.INFO, message, ("remnant_outflow_ok",))
