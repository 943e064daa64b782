"""What a plan does with each lesion, held against what it takes of the liver: none is left unsaid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pipeline.plan import Handling, PlanKind
from pipeline.plan_record import PlannedLesion, PlanRecord
from pipeline.verify.number import agree
from pipeline.verify.plans_field import Field
from pipeline.verify.plans_taking import Taken

NEAR_MM, TIE_MM = 1e-9, 1e-6
FARTHER = re.compile(r"farther than ([\d.]+) mm from what stays")


def check_lists(field: Field, plan: PlanRecord, margins_mm: Sequence[float]) -> Iterator[str]:
    """Yield what of a plan's lists cannot be: lesions and parts that are not, counts, kind, margins that are none.

    Parameters
    ----------
    margins_mm
        Those that lesions are grown by.
    """
    stated = [each.id for each in plan.lesions]
    if stated != list(field.lesions):
        yield f"plan {plan.id}: it lists {', '.join(stated) or 'no lesion'}, and not every lesion once and in order"
    strange = [name for name in plan.parts if name not in field.parts]
    if strange or len(set(plan.parts)) != len(plan.parts):
        yield f"plan {plan.id}: the liver has no such parts to remove: {', '.join(plan.parts)}"
    resected = sum(each.handling is Handling.RESECTED for each in plan.lesions)
    if plan.resected != resected:
        yield f"plan {plan.id}: {plan.resected} resected lesions are stated, {resected} are listed"
    kind = _kind_of(plan)
    if plan.kind is not kind:
        yield f"plan {plan.id}: it is said to be {plan.kind}, and is {kind}"
    for some in (_planned(plan, wedge=True), _planned(plan, wedge=False)):
        if len(set(some)) > 1 or not set(some) <= set(margins_mm):
            yield f"plan {plan.id}: no lesion is grown by {', '.join(map(str, some))} mm"
    for each in plan.lesions:
        if each.wedge and (each.handling is not Handling.RESECTED or not (each.margin_mm or 0.0) >= 0):
            yield f"plan {plan.id}: {each.id} is a wedge, and not resected with a margin"
        if each.handling in (Handling.IRRADIATED, Handling.UNTREATED) and each.margin_mm is not None:
            yield f"plan {plan.id}: {each.id} is neither resected nor ablated, and has a margin"


def _planned(plan: PlanRecord, *, wedge: bool) -> list[float]:
    """Return the margins of the wedges of a plan, or of its ablations."""
    chosen = (each for each in plan.lesions if (each.wedge if wedge else each.handling is Handling.ABLATED))
    return [each.margin_mm for each in chosen if each.margin_mm is not None]


def _kind_of(plan: PlanRecord) -> PlanKind:
    """Return what a plan is made of."""
    done = {each.handling for each in plan.lesions}
    heated = bool(done & {Handling.ABLATED, Handling.IRRADIATED})
    wedges = any(each.wedge for each in plan.lesions)
    if plan.mask:
        return PlanKind.MASK
    if plan.parts or wedges:
        alone = (PlanKind.RESECTION if wedges else PlanKind.ANATOMICAL) if plan.parts else PlanKind.SPARING
        return PlanKind.COMBINED if heated else alone
    return PlanKind.ABLATION if Handling.ABLATED in done or not heated else PlanKind.RADIATION


def check_places(
    field: Field, plan: PlanRecord, taken: Taken, margins_mm: Mapping[str, float | None], clear_mm: float | None
) -> Iterator[str]:
    """Yield which lesions do not lie where their treatment says: in the specimen, or wholly or in part outside it.

    Parameters
    ----------
    margins_mm
        Of each lesion, found again.
    clear_mm
        Margin below which parts that hold a lesion do not clear it; a drawn specimen always does.
    """
    for each in plan.lesions:
        inside = not (field.lesion(each.id) & ~taken.removed).any()
        margin = margins_mm[each.id]
        cleared = margin is None or bool(plan.mask) or margin >= (clear_mm or 0.0) - NEAR_MM
        resected = each.handling is Handling.RESECTED
        if margin is not None and abs(margin - (clear_mm or 0.0)) < TIE_MM:
            cleared = resected
        if resected is not (inside and (each.wedge or cleared)):
            where = "wholly in" if inside else "not wholly in"
            yield f"plan {plan.id}: {each.id} is said to be {each.handling}, and lies {where} the specimen"
        elif resected and each.wedge:
            far = margin is None or margin > (each.margin_mm or 0.0) + TIE_MM
            if far and (field.lesion(each.id) & taken.whole).any():
                yield f"plan {plan.id}: {each.id} is said to be a wedge, and the removed parts clear it"
        elif resected and not _agree_far(each, margin):
            yield f"plan {plan.id}: the margin of {each.id} differs: {each.margin_mm} is stated, {margin} found again"
        elif each.handling is Handling.ABLATED and each.margin_mm is None:
            yield f"plan {plan.id}: {each.id} is ablated without a margin"


def _agree_far(each: PlannedLesion, margin: float | None) -> bool:
    """Tell whether a margin is that found again; one that is farther than a stated distance need not be a number."""
    stated = FARTHER.search(each.note)
    if each.margin_mm is None and stated is not None:
        return margin is None or margin > float(stated[1]) - NEAR_MM
    return agree(each.margin_mm, margin)
