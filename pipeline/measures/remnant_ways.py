"""The four ways in which a remnant is given: remnant mask, resection mask, list of segments, named resection.

Each leads to one mask: what of the total liver (with its lesions) is kept. From there on nothing differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from pipeline.measurement import Fact
from pipeline.measures.components import find_components
from pipeline.measures.couinaud import HEMILIVER, Division, name_segments
from pipeline.measures.grids import count_shared, grow_box, same_grid, unite
from pipeline.measures.missing_slices import count_missing, state_missing
from pipeline.measures.plan_masks import Specimen, find_study_specimen
from pipeline.measures.resection_plan import PIECES, Plan
from pipeline.measures.shares import take_common, take_off
from pipeline.structures import COUINAUD, Role
from pipeline.study import Study
from pipeline.volume import Mask

RIM_SHARE = 0.10
"""Share of a lesion that a mask which leaves it out may hold of it, at its rim."""
REFUSED_OUTSIDE = 0.10
"""Share of a remnant outside the liver above which its ratios are refused."""


@dataclass(frozen=True, eq=False)
class Way:
    """What one way of giving a remnant leads to.

    Parameters
    ----------
    name
        Which way, in words.
    method
        How what is kept was obtained, as a clause.
    masks
        The structures it comes from, beside liver and lesions.
    whole
        What of the total liver is kept, with the lesions in it; None where it cannot be told.
    outside
        Part of the remnant mask that lies outside the liver, 0 to 1.
    reason
        Why it cannot be told, ``CODE: sentence``.
    ratio_reason
        Why its ratios cannot be trusted.
    drawn
        Name of the structure that draws the specimen; empty for other ways.
    """

    name: str
    method: str
    masks: tuple[str, ...]
    whole: Mask | None = None
    outside: float = 0.0
    reason: str | None = None
    ratio_reason: str | None = None
    drawn: str = ""


def follow_ways(
    study: Study,
    total: Mask | None,
    lesions: Mask | None,
    division: Division,
    plans: Sequence[Plan],
    facts: Mapping[str, Fact] | None = None,
) -> tuple[Way, ...]:
    """Return every way that is given, the one that counts first.

    A remnant mask comes before a resection mask, a list of segments, and a named resection. An empty mask gives none.

    Parameters
    ----------
    total, lesions
        Liver with intrahepatic lesions; union of these.
    division
        The liver in its Couinaud segments.
    plans
        What the clinical record says is removed, in the order in which it counts.
    facts
        Of the clinical record: which of several resection masks the study's numbers rest on.
    """
    remnant = next((segment.mask for segment in study.segments_of(Role.REMNANT) if not segment.mask.is_empty), None)
    specimen = find_study_specimen(study, facts or {})
    ways = (
        *(() if remnant is None else (follow_mask(remnant, Role.REMNANT, total, lesions),)),
        *(() if specimen is None else (follow_specimen(specimen, total, lesions),)),
    )
    return (*ways, *(_follow_plan(plan, total, division) for plan in plans))


def follow_specimen(specimen: Specimen, total: Mask | None, lesions: Mask | None) -> Way:
    """Return what the mask of a specimen leads to, or why there is none."""
    if specimen.mask is None:
        return Way("resection mask", "", (Role.RESECTION.value,), reason=specimen.reason)
    return replace(follow_mask(specimen.mask, Role.RESECTION, total, lesions), drawn=specimen.name)


def follow_mask(mask: Mask, role: Role, total: Mask | None, lesions: Mask | None) -> Way:
    """Return what a mask with a voxel leads to that draws a remnant (role ``remnant``) or specimen (``resection``)."""
    name, masks = f"{role.value} mask", (role.value,)
    if total is None:
        return Way(name, "", masks, reason="NO_LIVER: no liver mask holds a voxel")
    if not same_grid(mask.grid, total.grid):
        what = f"GRID_OTHER: {role.value} and liver are drawn on different grids and are not joined"
        return Way(name, "", masks, reason=what)
    slices = count_missing(mask, [] if lesions is None else [lesions])
    if slices:
        return Way(name, "", masks, reason=state_missing(role.value, slices))
    return _keep_mask(mask, total, lesions) if role is Role.REMNANT else _leave_resection(mask, total)


def _keep_mask(drawn: Mask, total: Mask, lesions: Mask | None) -> Way:
    """Return what of a remnant mask lies in the liver, with the lesions that it leaves holes for."""
    name, masks = "remnant mask", ("remnant",)
    outside = (drawn.count - count_shared(drawn, total)) / drawn.count
    cut = take_common(drawn, total)
    if cut.is_empty:
        return Way(name, "", masks, reason="FLR_OUTSIDE: no part of the remnant lies in the liver")
    refused = None
    if outside > REFUSED_OUTSIDE:
        refused = f"FLR_OUTSIDE: {100 * outside:.0f} % of the remnant lies outside the liver, more than 10 %"
    holes = _find_left_out(cut, total, lesions)
    method = "the remnant mask within the liver" + (", with the lesions that it surrounds" if holes else "")
    return Way(name, method, masks, unite([cut, *holes]), outside, None, refused)


def _leave_resection(specimen: Mask, total: Mask) -> Way:
    """Return what a resection mask leaves of the liver."""
    name, masks = "resection mask", ("resection",)
    if count_shared(specimen, total) == 0:
        return Way(name, "", masks, reason="FLR_OUTSIDE: no part of the resection lies in the liver")
    left = take_off(total, specimen)
    if left.is_empty:
        return Way(name, "", masks, reason="EMPTY_REMNANT: the resection mask holds the whole liver")
    return Way(name, "the liver less the resection mask", masks, left)


def _find_left_out(drawn: Mask, total: Mask, lesions: Mask | None) -> list[Mask]:
    """Return the lesions that a remnant mask surrounds and leaves out: they stay with it.

    A body of lesions of which at most a tenth lies in the mask, and that has more of its faces on the mask than on the
    rest of the liver.
    """
    bodies = () if lesions is None else find_components(lesions, 26)
    out = [body for body in bodies if count_shared(body, drawn) <= RIM_SHARE * body.count]
    return [body for body in out if _is_surrounded(body, drawn, total)]


def _is_surrounded(body: Mask, drawn: Mask, total: Mask) -> bool:
    """Tell whether more of a body's faces lie on a mask than on the rest of the liver."""
    box = grow_box(body.box, (1, 1, 1))
    inner, on_mask, in_liver = (mask.within(box) for mask in (body, drawn, total))
    beside, elsewhere = 0, 0
    for axis, step in product(range(3), (1, -1)):
        outer = np.roll(inner, step, axis) & ~inner
        beside += int(np.count_nonzero(outer & on_mask))
        elsewhere += int(np.count_nonzero(outer & in_liver & ~on_mask))
    return beside > elsewhere


def _follow_plan(plan: Plan, total: Mask | None, division: Division) -> Way:
    """Return what a plan leaves of the liver: the segments that it does not remove."""
    masks = tuple(role.value for role in division.parts)
    reason = plan.reason or why_not_followed(plan, total, division)
    if reason is not None or total is None:
        return Way(plan.name, "", masks, reason=reason)
    method = f"the liver less {plan.method}"
    if not plan.removed:
        return Way(plan.name, method, masks, total)
    removed = _find_removed(plan, division)
    kept = [mask for role, mask in division.parts.items() if role not in removed]
    return Way(plan.name, method, masks, unite(kept))


def why_not_followed(plan: Plan, total: Mask | None, division: Division) -> str | None:
    """Return why a plan cannot be followed in the masks that are given, ``CODE: sentence``; None where it can."""
    reason = _why_not(plan, total, division)
    if reason is None and plan.removed and _find_removed(plan, division) >= set(division.parts):
        return f"EMPTY_REMNANT: {plan.name} removes every segment of the liver"
    return reason


def _why_not(plan: Plan, total: Mask | None, division: Division) -> str | None:
    if total is None:
        return "NO_LIVER: no liver mask holds a voxel"
    if not plan.removed:
        return None
    if division.order_reason is not None:
        code, _, why = division.order_reason.partition(": ")
        return f"{code}: {plan.name} is planned, and the segments do not lie as Couinaud segments do: {why}"
    if division.reason is not None:
        code, _, why = division.reason.partition(": ")
        return f"{code}: {plan.name} is planned, and the liver is not divided: {why}"
    covered = {piece for role in _find_removed(plan, division) for piece in PIECES.get(role, (role,))}
    lacking = [role for role in COUINAUD if role in plan.finest - covered]
    if not lacking:
        return None
    seen = "no mask of it is given in the liver"
    if Role.SEGMENT_4 in division.parts and all(role in PIECES[Role.SEGMENT_4] for role in lacking):
        seen = "segment 4 is given as a whole"
    if division.what == HEMILIVER:
        seen = "only the hemilivers are drawn"
    return f"NO_SEGMENTS: {plan.name} removes {name_segments(lacking)}; {seen}"


def _find_removed(plan: Plan, division: Division) -> frozenset[Role]:
    """Return the parts of the liver that a plan removes; segment 4 with both of its halves."""
    return frozenset(role for role in division.parts if plan.finest.issuperset(PIECES.get(role, (role,))))
