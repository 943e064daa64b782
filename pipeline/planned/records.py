"""Plans as a report holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.ground import Ground
from pipeline.measurement import Measurement
from pipeline.measures.plans.basis import Basis
from pipeline.measures.plans.figures import measure_plan
from pipeline.plan import Handling, Plan, PlanKind, Score
from pipeline.plan_record import PlannedLesion, PlanOrigin, PlanRecord, Stage
from pipeline.planned.answering import REMNANT, Answer
from pipeline.planned.choices import Open
from pipeline.planning.space import find_specimens
from pipeline.planning.stages import StagePlan
from pipeline.planning.trade_offs import find_alike
from pipeline.planning.words import name_lesions
from pipeline.planning.zones import numbers_of, tissue_units, zones_at

OPTIMISTIC = (
    "The remnant of wedges is an optimistic bound: access, vessels and the cut itself take more liver than the margin."
)
MIXED = (
    "The rules judge no plan that joins irradiation with resection or ablation: it has no verdict. Each lesion may be "
    "treated as the plan says by its own rules; its note says what of them is open."
)
MERGED = (
    "Wedges of {count} lesions meet at {margin:g} mm{parts} and are counted as one specimen, whatever its shape; they "
    "may be several in the operation."
)
BARE = (
    "At {margin:g} mm the wedge of {lesions} holds no voxel beyond the lesion: the grid is too coarse for it, and "
    "the liver that such a margin takes is not in the numbers."
)
MOST_MERGED = 3
"""Wedges of one specimen up to which nothing is said of its shape (E)."""
UNCLEARED = "can be ablated"
STAGE_QUANTITIES = (REMNANT, "remnant_percent", "standardized_remnant_percent")
LOST_SHARE = 0.05
"""Share of the remnant without inflow or outflow from which on a caution says it."""


@dataclass(frozen=True)
class Label:
    """How a plan is called.

    Parameters
    ----------
    id
        ``N1``, ``P1``, ``U1``.
    sentence
        The plan and its trade-off.
    """

    id: str
    origin: PlanOrigin
    title: str
    sentence: str


def build_record(answer: Answer, label: Label, ground: Ground, open_: Open, stages: Sequence[Stage] = ()) -> PlanRecord:
    """Return a plan as a report holds it."""
    plan, numbers, perfusion = answer.plan, answer.numbers, answer.perfusion
    lost = (perfusion.without_inflow, perfusion.without_outflow)
    facts = {**numbers.facts, **{fact.name: fact for fact in perfusion.facts}}
    lesions = tuple(_note(each, open_) for each in numbers.lesions)
    return PlanRecord(
        id=label.id,
        origin=label.origin,
        kind=answer.item.kind,
        title=label.title,
        sentence=label.sentence,
        segments_removed=list_segments(ground, plan),
        lesions=lesions,
        measurements={**numbers.measurements, **{each.name: each for each in lost}},
        facts=facts,
        procedures=None if answer.score is None else answer.score.procedures,
        resected=sum(each.handling is Handling.RESECTED for each in lesions),
        verdict=answer.verdict,
        stages=tuple(stages),
        growth=answer.growth,
        cautions=(*_say_bare(ground, plan), *_say_merged(ground, plan), *_list_cautions(answer)),
        parts=plan.parts,
        mask=plan.mask,
    )


def build_unmeasured(label: Label, kind: PlanKind, reason: str, mask: str = "") -> PlanRecord:
    """Return a plan that cannot be measured, with the reason."""
    return PlanRecord(
        id=label.id,
        origin=label.origin,
        kind=kind,
        title=label.title,
        sentence=label.sentence,
        segments_removed=(),
        lesions=(),
        measurements={},
        facts={},
        procedures=None,
        resected=0,
        verdict=None,
        reason=reason,
        mask=mask,
    )


def list_segments(ground: Ground, plan: Plan) -> tuple[str, ...]:
    """Return the Couinaud segments of the parts that a plan removes."""
    return tuple(number for part in ground.parts if part.name in plan.parts for number in part.segments)


def _note(lesion: PlannedLesion, open_: Open) -> PlannedLesion:
    """Return a lesion with what could not be asked before it is handled so."""
    choices, handling = open_.choices, lesion.handling
    notes = [lesion.note] if lesion.note else []
    if (handling is Handling.RESECTED and lesion.wedge) or handling in (Handling.ABLATED, Handling.IRRADIATED):
        notes += [text] if (text := open_.note(lesion.id, handling)) else []
    if handling is Handling.UNTREATED and not lesion.note and lesion.id in choices.ablate:
        more = open_.note(lesion.id, Handling.ABLATED)
        notes.append(f"{UNCLEARED}; {more}" if more else UNCLEARED)
    return replace(lesion, note="; ".join(notes))


def _list_cautions(answer: Answer) -> list[str]:
    """Return what the numbers of a plan do not say."""
    found = [OPTIMISTIC] if answer.plan.wedges else []
    if answer.verdict is None:
        found.append(MIXED)
        found += (
            [f"Hard rules on its resection that are not met: {', '.join(answer.failing)}."] if answer.failing else []
        )
    remnant = answer.remnant_ml
    for each, what in (
        (answer.perfusion.without_inflow, "portal inflow"),
        (answer.perfusion.without_outflow, "outflow"),
    ):
        if each.value is not None and remnant and each.value > LOST_SHARE * remnant:
            found.append(
                f"About {each.value:.0f} mL of the remnant would lose their {what}, by the nearest drawn branch."
            )
    return found


def _say_merged(ground: Ground, plan: Plan) -> list[str]:
    """Return of each specimen of many wedges that it is one by the count alone."""
    found = ((parts, wedges) for parts, wedges in find_specimens(ground, plan) if len(wedges) > MOST_MERGED)
    return [
        MERGED.format(count=len(wedges), margin=plan.wedge_mm, parts=" with the removed segments" if parts else "")
        for parts, wedges in found
    ]


def _say_bare(ground: Ground, plan: Plan) -> list[str]:
    """Return which wedges take nothing but their lesion, as the grid is too coarse for their margin."""
    if not plan.wedges:
        return []
    zones, tissue = zones_at(ground, plan.wedge_mm), tissue_units(ground) > 0
    numbers = numbers_of(ground.lesions, plan.wedges)
    bare = [ground.lesions[number] for number in numbers if not (zones[number] & tissue).any()]
    return [BARE.format(margin=plan.wedge_mm, lesions=name_lesions(bare))] if bare else []


def mark_alike(records: Sequence[PlanRecord], scores: Sequence[Score]) -> tuple[PlanRecord, ...]:
    """Return the options, each with those that may be as good within the intervals of the remnants.

    Parameters
    ----------
    records, scores
        Of the options, in one order.
    """
    held = [record.measurements[REMNANT] for record in records]
    intervals = [(_end(each, each.low), _end(each, each.high)) for each in held]
    alike = find_alike(scores, intervals)
    return tuple(
        replace(record, alike_within_intervals=tuple(records[other].id for other in others))
        for record, others in zip(records, alike, strict=True)
    )


def _end(held: Measurement, end: float | None) -> float:
    """Return an end of an interval; the value where there is none, nothing where nothing is left."""
    return end if end is not None else held.value or 0.0


def add_stages(record: PlanRecord, basis: Basis, ways: Sequence[tuple[StagePlan, StagePlan]]) -> PlanRecord:
    """Return a record with its stages: of several orders the first, and what another leaves after its first stage."""
    stages = tuple(_measure_stage(basis, each) for each in ways[0])
    others = tuple(_say_other(_measure_stage(basis, way[0])) for way in ways[1:])
    return replace(record, stages=stages, cautions=(*record.cautions, *others))


def _measure_stage(basis: Basis, stage: StagePlan) -> Stage:
    found = measure_plan(basis, stage.after).measurements
    return Stage(
        stage.number,
        stage.statement,
        stage.lesions,
        {name: found[name] for name in STAGE_QUANTITIES},
        stage.after.parts,
    )


def _say_other(first: Stage) -> str:
    left = first.measurements[REMNANT].value
    what = "no liver tissue" if left is None else f"{left:.0f} mL"
    return f"The other way round (first: {first.statement}), {what} would be left after the first stage."
