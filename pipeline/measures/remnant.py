"""The future liver remnant: what of the liver is kept, and whether it can be measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.measurement import Fact
from pipeline.measures.couinaud import Division
from pipeline.measures.remnant_ways import Way, follow_ways
from pipeline.measures.resection_plan import read_plans
from pipeline.measures.shares import take_common, take_off
from pipeline.resection import Resections
from pipeline.structures import Role
from pipeline.study import Study
from pipeline.volume import Mask

REMNANT_QUANTITIES = (
    "remnant_volume_ml",
    "remnant_percent",
    "standardized_remnant_percent",
    "remnant_to_body_weight_percent",
    "remnant_per_body_surface_ml_m2",
    "removed_percent",
    "remnant_index_difference_percent",
)
PLAN_QUANTITIES = (*REMNANT_QUANTITIES, "planned_margin_mm", "resection_margin_mm")
"""Every number that rests on where the plan's border is drawn."""
METHOD = "what of the liver is kept, less the lesions in it; kept: "


@dataclass(frozen=True, eq=False)
class Remnant:
    """The remnant of a study.

    Parameters
    ----------
    kept
        Remnant within the liver, without lesions; None when it cannot be told.
    lesions
        Lesions that lie in it; None when it cannot be told.
    outside
        Part of the remnant mask that lies outside the liver, 0 to 1.
    reason
        Why it cannot be measured, ``CODE: sentence``.
    ratio_reason
        Why its ratios cannot be trusted.
    method
        How it was obtained.
    masks
        The structures that it comes from.
    ways
        Every way in which it is given; the first one counts.
    whole
        Remnant within the liver, with the lesions in it.
    """

    kept: Mask | None = None
    lesions: Mask | None = None
    outside: float = 0.0
    reason: str | None = None
    ratio_reason: str | None = None
    method: str = ""
    masks: tuple[str, ...] = ("remnant", "liver", "lesion")
    ways: tuple[Way, ...] = ()
    whole: Mask | None = None


def find_remnant(
    study: Study,
    total: Mask | None,
    lesions: Mask | None,
    blocked: str | None,
    *,
    division: Division | None = None,
    facts: Mapping[str, Fact] | None = None,
    resections: Resections | None = None,
) -> Remnant:
    """Find the remnant by the first way in which it is given, cut to the liver and without the lesions in it.

    Remnant mask, resection mask, list of segments removed, named resection (``pipeline.measures.remnant_ways``).

    Parameters
    ----------
    total
        Liver with intrahepatic lesions.
    lesions
        Their union; None when there is none.
    blocked
        Why liver or lesions are not known, if they are not.
    division
        The liver in its Couinaud segments.
    facts
        Of the clinical record: the plan of the resection.
    resections
        The named resections that a plan may speak of.
    """
    plans = read_plans(facts or {}, resections or Resections())
    ways = follow_ways(study, total, lesions, division or Division(reason="NO_SEGMENTS: none is given"), plans, facts)
    if not ways:
        return Remnant(reason=_why_none(study))
    way = ways[0]
    reason = blocked or way.reason
    if reason is not None or way.whole is None:
        return Remnant(reason=reason, ways=ways)
    return leave_lesions_out(way, way.whole, lesions, ways)


def leave_lesions_out(way: Way, whole: Mask, lesions: Mask | None, ways: Sequence[Way]) -> Remnant:
    """Return a remnant with the lesions in it taken off."""
    nothing = Mask(whole.grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
    inside = nothing if lesions is None else take_common(whole, lesions)
    kept = take_off(whole, lesions)
    if kept.is_empty:
        reason = "EMPTY_REMNANT: nothing of the remnant is left without its lesions"
        return Remnant(lesions=inside, reason=reason, ways=tuple(ways), whole=whole)
    masks = (*way.masks, "liver", "lesion")
    return Remnant(kept, inside, way.outside, None, way.ratio_reason, METHOD + way.method, masks, tuple(ways), whole)


def _why_none(study: Study) -> str:
    """Return why there is no remnant to measure."""
    if study.segments_of(Role.REMNANT, Role.RESECTION):
        return "EMPTY_REMNANT: the remnant or resection mask is declared and empty"
    return "NO_REMNANT: no remnant or resection mask and no plan of the resection is given"
