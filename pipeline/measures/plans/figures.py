"""The numbers of a plan: what it removes, ablates and leaves, with intervals; extent; what it does with each lesion."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.measurement import Fact, Measurement
from pipeline.measures.body_ratios import measure_body_ratios
from pipeline.measures.distances.margins import PLANNED, measure_margins, smallest_margin
from pipeline.measures.plans.basis import Basis
from pipeline.measures.plans.basis import find_basis as find_basis
from pipeline.measures.plans.extents import find_extent
from pipeline.measures.plans.leaving import Left, Piece, leave, leave_masks
from pipeline.measures.plans.margins import find_clearance, lesion_margins, plan_margins
from pipeline.measures.plans.taking import Fate, Taken, crop, take
from pipeline.measures.remnant import METHOD
from pipeline.measures.shares import take_off
from pipeline.measures.volumetry import Places, Reasons, measure_remnant
from pipeline.plan import Handling, Plan
from pipeline.plan_record import PlannedLesion
from pipeline.volume import Mask

EMPTY = "EMPTY_REMNANT: the plan leaves no liver tissue"
SPECIMEN, ABLATED, LESIONS = "specimen_volume_ml", "ablated_volume_ml", "remnant_lesion_volume_ml"
METHODS = {
    SPECIMEN: "what of the total liver is removed, the lesions in it included",
    ABLATED: "total liver within the margin of the ablated lesions, these included, less what is removed",
    LESIONS: "lesions within the remnant",
}
TUMOUR_FREE = "remnant_tumour_free"


@dataclass(frozen=True)
class PlanNumbers:
    """What a plan leaves (docs/plans.md).

    Parameters
    ----------
    measurements
        ``specimen_volume_ml``, ``ablated_volume_ml``, ``remnant_volume_ml``, ``remnant_lesion_volume_ml`` (these four
        add up to the total liver), every other remnant quantity of docs/measurements.md, ``planned_margin_mm``.
    facts
        ``planned_segments``, ``segments_removed``, ``resection_extent``, ``resection_is_major``,
        ``remnant_segments_preserved``, ``remnant_tumour_free``.
    lesions
        Every lesion of the ground, in its order.
    margins
        ``resection_margin_mm`` of each lesion that the plan removes or cuts, by its id.
    """

    measurements: dict[str, Measurement]
    facts: dict[str, Fact]
    lesions: tuple[PlannedLesion, ...]
    margins: dict[str, Measurement] = field(default_factory=dict)


def measure_plan(basis: Basis, plan: Plan, words: str = "") -> PlanNumbers:
    """Return the numbers of a plan that takes parts and lesions with a margin.

    Parameters
    ----------
    basis
        Found with this plan among its plans.
    words
        What is removed or ablated, for the methods: ``right hepatectomy``; by default from the plan.
    """
    said = words or describe(plan)
    left = leave(basis, plan)
    margin = plan_margins(basis, plan)
    lesions = tuple(_plan_lesion(basis, plan, number) for number in range(len(basis.lesions)))
    return replace(_read(basis, plan, left, margin, lesions, said), margins=lesion_margins(basis, plan))


def measure_drawn(
    basis: Basis,
    plan: Plan,
    kept: Mask,
    words: str,
    ratio_reason: str | None = None,
    margins: Mapping[str, Measurement] | None = None,
) -> PlanNumbers:
    """Return the numbers of a plan whose remnant or specimen is drawn.

    Parameters
    ----------
    plan
        What it says of the lesions; its parts and wedges take nothing.
    kept
        What the drawing keeps of the total liver, lesions included (``pipeline.measures.remnant_ways``).
    ratio_reason
        Why its ratios cannot be trusted.
    margins
        ``resection_margin_mm`` of the lesions that it removes or cuts, by id, where they are measured already.
    """
    taken = take(basis.cells, basis.ground, plan, take_off(basis.total, kept))
    rest = take_off(kept, taken.ablated) if plan.ablated else kept
    left = leave_masks(basis, plan, taken, rest)
    found = _measure_all(basis, kept) if margins is None else margins
    own = {name: margin for name, margin in found.items() if name not in plan.ablated}
    lesions = tuple(_drawn_lesion(basis, plan, number, own, taken) for number in range(len(basis.lesions)))
    return replace(_read(basis, plan, left, smallest_margin(own), lesions, words, ratio_reason), margins=own)


def _measure_all(basis: Basis, kept: Mask) -> dict[str, Measurement]:
    """Return the distance to what is kept of each lesion that is removed or cut, by its id."""
    found = measure_margins(basis.study, basis.lesions, basis.surfaces, kept, basis.total)
    pairs = zip(basis.lesions, found, strict=True)
    return {lesion.id: margin for lesion, margin in pairs if margin is not None}


def describe(plan: Plan) -> str:
    """Return what a plan takes of the liver, in words."""
    said = []
    if plan.parts:
        said.append(f"part{'s' if len(plan.parts) > 1 else ''} {', '.join(plan.parts)}")
    if plan.wedges:
        said.append(f"{', '.join(plan.wedges)} with {plan.wedge_mm:g} mm round")
    if plan.ablated:
        said.append(f"ablation of {', '.join(plan.ablated)} with {plan.ablation_mm:g} mm round")
    return "; ".join(said) or "nothing"


def _read(
    basis: Basis,
    plan: Plan,
    left: Left,
    margin: Measurement,
    lesions: Sequence[PlannedLesion],
    words: str,
    ratio: str | None = None,
) -> PlanNumbers:
    """Return the numbers of the volumes that a plan makes; ``ratio`` says why its ratios cannot be trusted."""
    reasons = _find_reasons(left, ratio)
    masks = (*basis.masks, "liver", "lesion")
    places = Places(None, None, left.remnant)
    method = f"{METHOD}the liver less {words}"
    found = [
        *(
            _read_piece(name, piece, masks)
            for name, piece in ((SPECIMEN, left.specimen), (ABLATED, left.ablated), (LESIONS, left.lesions))
        ),
        *measure_remnant(left.volumes, reasons, places, method, masks),
        *measure_body_ratios(left.volumes, reasons, places, basis.body, basis.facts, masks)[:-1],
        _read_margin(margin, reasons),
    ]
    facts = {**find_extent(basis, plan, left.tissue, words), TUMOUR_FREE: _find_tumour_free(left, reasons)}
    return PlanNumbers({each.name: basis.flag(each) for each in found}, facts, tuple(lesions))


def _find_reasons(left: Left, ratio: str | None) -> Reasons:
    """Return why the remnant, or its ratios, cannot be published."""
    empty = EMPTY if left.volumes.drawn.remnant <= 0 else None
    return Reasons(None, None, empty, empty or ratio)


def _read_piece(name: str, piece: Piece, masks: tuple[str, ...]) -> Measurement:
    """Return the volume of specimen, ablation zones or lesions left."""
    low, high = piece.interval.low, piece.interval.high
    return Measurement(name, piece.volume_ml, "mL", low, high, None, METHODS[name], masks, piece.location)


def _read_margin(margin: Measurement, reasons: Reasons) -> Measurement:
    """Return the planned margin, or why there is none: where no liver tissue is left, none, as of the study's plan."""
    if reasons.remnant is None:
        return margin
    return Measurement(PLANNED, None, "mm", reason=reasons.remnant)


def _find_tumour_free(left: Left, reasons: Reasons) -> Fact:
    """Return whether no lesion lies in the remnant."""
    if reasons.remnant is not None:
        return Fact(TUMOUR_FREE, None, reasons.remnant)
    return Fact(TUMOUR_FREE, left.lesions.volume_ml <= 0, source="remnant and lesion masks")


def _plan_lesion(basis: Basis, plan: Plan, number: int) -> PlannedLesion:
    """Return what a plan of parts and margins does with a lesion; one that its parts do not hold is not resected."""
    name = basis.lesions[number].id
    if name in plan.wedges:
        return PlannedLesion(name, Handling.RESECTED, plan.wedge_mm, wedge=True)
    if name in plan.ablated:
        return PlannedLesion(name, Handling.ABLATED, plan.ablation_mm)
    clearance = find_clearance(basis, plan, number)
    far = not np.isfinite(clearance)
    if name in plan.irradiated or name in plan.untreated or clearance <= 0:
        handling = Handling.IRRADIATED if name in plan.irradiated else Handling.UNTREATED
        return PlannedLesion(name, handling, None, _say_cut(basis, plan, number, clearance))
    note = f"farther than {math.floor(basis.ground.reach_mm * 10) / 10:g} mm from what stays" if far else ""
    return PlannedLesion(name, Handling.RESECTED, None if far else clearance, note)


def _say_cut(basis: Basis, plan: Plan, number: int, clearance: float) -> str:
    """Return what the plan's parts do to a lesion that the plan does not treat."""
    names = {n for n, part in enumerate(basis.ground.parts) if part.name in plan.parts}
    taken = sum(voxels for part, voxels in basis.parts_of_lesions[number].items() if part in names)
    if not taken:
        return ""
    count = basis.lesions[number].mask.count
    if taken < count:
        return f"the cut goes through it: {_say_share(taken, count)} of it lies in the specimen"
    return f"in the specimen, {clearance:.1f} mm from what stays" if np.isfinite(clearance) else "in the specimen"


def _drawn_lesion(
    basis: Basis, plan: Plan, number: int, margins: dict[str, Measurement], taken: Taken
) -> PlannedLesion:
    """Return what a drawn plan does with a lesion: resected when all of it lies in the specimen."""
    lesion = basis.lesions[number]
    if lesion.id in plan.ablated:
        return PlannedLesion(lesion.id, Handling.ABLATED, plan.ablation_mm)
    specimen = crop(taken, (Fate.REMOVED,), lesion.mask.box)
    inside = int(np.count_nonzero(lesion.mask.voxels & specimen.within(lesion.mask.box)))
    margin = margins.get(lesion.id)
    if inside == lesion.mask.count and margin is not None:
        return PlannedLesion(lesion.id, Handling.RESECTED, margin.value)
    handling = Handling.IRRADIATED if lesion.id in plan.irradiated else Handling.UNTREATED
    note = f"{_say_share(inside, lesion.mask.count)} of it lies in the specimen" if inside else ""
    return PlannedLesion(lesion.id, handling, None, note)


def _say_share(part: int, whole: int) -> str:
    """Return a share in percent; a part of a lesion is never all of it, nor nothing."""
    share = round(100 * part / whole)
    if part < whole and share == 100:
        return "more than 99 %"
    return f"{share} %" if share else "less than 1 %"
