"""What a plan does with each lesion, held against what it takes of the liver: none is left unsaid."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.plan import Handling, PlanKind
from pipeline.plan_record import PlannedLesion, PlanRecord
from pipeline.verify.gap import Points
from pipeline.verify.number import agree
from pipeline.verify.plans_field import Field
from pipeline.verify.plans_taking import Taken
from pipeline.verify.solid import Bools
from pipeline.verify.surface import surface_points

KEEPING = (Handling.ABLATED, Handling.IRRADIATED, Handling.UNTREATED)


def check_lists(field: Field, plan: PlanRecord) -> Iterator[str]:
    """Yield what of a plan's lists cannot be: lesions and parts that are not, counts, kind, margins that are none."""
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
    for each in plan.lesions:
        if each.wedge and (each.handling is not Handling.RESECTED or not (each.margin_mm or 0.0) >= 0):
            yield f"plan {plan.id}: {each.id} is a wedge, and not resected with a margin"
        if each.handling in (Handling.IRRADIATED, Handling.UNTREATED) and each.margin_mm is not None:
            yield f"plan {plan.id}: {each.id} is neither resected nor ablated, and has a margin"


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


def check_places(field: Field, plan: PlanRecord, taken: Taken) -> Iterator[str]:
    """Yield which lesions do not lie where their treatment says: in the specimen, or wholly or in part outside it."""
    kept = field.liver & ~taken.whole
    surface = Points(surface_points(field.solid(kept))) if kept.any() else None
    for each in plan.lesions:
        voxels = field.lesion(each.id)
        inside = not (voxels & ~taken.removed).any()
        if inside is not (each.handling is Handling.RESECTED):
            where = "wholly in" if inside else "not wholly in"
            yield f"plan {plan.id}: {each.id} is said to be {each.handling}, and lies {where} the specimen"
        elif each.handling is Handling.RESECTED:
            yield from _check_margin(field, plan.id, each, taken.whole, surface)
        elif each.handling is Handling.ABLATED and each.margin_mm is None:
            yield f"plan {plan.id}: {each.id} is ablated without a margin"


def _check_margin(field: Field, plan: str, each: PlannedLesion, whole: Bools, surface: Points | None) -> Iterator[str]:
    """Yield whether the margin of a resected lesion is not its distance from what the removed parts leave."""
    found = _margin_mm(field, each.id, whole, surface)
    if not each.wedge and not agree(each.margin_mm, found):
        yield f"plan {plan}: the margin of {each.id} differs: {each.margin_mm} is stated, {found} found again"
    if each.wedge and (found is None or found >= (each.margin_mm or 0.0)) and (field.lesion(each.id) & whole).any():
        yield f"plan {plan}: {each.id} is said to be a wedge, and the removed parts clear it"


def _margin_mm(field: Field, name: str, whole: Bools, surface: Points | None) -> float | None:
    """Return the distance of a lesion's surface from that of what is kept; 0 of a lesion that is cut."""
    if surface is None:
        return None
    if (field.lesion(name) & ~whole).any():
        return 0.0
    return float(np.min(surface.nearest(surface_points(field.lesions[name]))[0]))
