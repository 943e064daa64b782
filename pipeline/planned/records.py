"""Plans as a report holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.ground import Ground
from pipeline.measurement import Measurement
from pipeline.plan import Handling, Plan, PlanKind, Score
from pipeline.plan_record import PlannedLesion, PlanOrigin, PlanRecord, Stage
from pipeline.planned.answering import REMNANT, Answer
from pipeline.planned.choices import Open

OPTIMISTIC = (
    "The remnant of wedges is an optimistic bound: access, vessels and the cut itself take more liver than the margin."
)
MIXED = (
    "No treatment of the rules joins irradiation with another one: the verdict counts what is irradiated as a lesion "
    "that stays."
)
UNCLEARED = "can be ablated"
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
        cautions=tuple(_list_cautions(answer, lesions, open_)),
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


def _list_cautions(answer: Answer, lesions: Sequence[PlannedLesion], open_: Open) -> list[str]:
    """Return what the numbers of a plan do not say."""
    found = [OPTIMISTIC] if answer.plan.wedges else []
    remnant = answer.remnant_ml
    for each, what in (
        (answer.perfusion.without_inflow, "portal inflow"),
        (answer.perfusion.without_outflow, "outflow"),
    ):
        if each.value is not None and remnant and each.value > LOST_SHARE * remnant:
            found.append(
                f"About {each.value:.0f} mL of the remnant would lose their {what}, by the nearest drawn branch."
            )
    asked = {Handling.ABLATED, Handling.IRRADIATED}
    unsure = [each.id for each in lesions if each.handling in asked and open_.note(each.id, each.handling)]
    if unsure:
        found.append(f"Whether {', '.join(unsure)} can be treated so is not excluded, and not known either.")
    return found


def mark_alike(records: Sequence[PlanRecord], scores: Mapping[str, Score]) -> tuple[PlanRecord, ...]:
    """Return the options, each with those from which it differs by less than the remnants' intervals.

    Another option is alike where the intervals of both remnants meet and the option is in nothing else worse than it.
    """
    return tuple(
        replace(
            record,
            alike_within_intervals=tuple(
                other.id for other in records if other is not record and _is_alike(record, other, scores)
            ),
        )
        for record in records
    )


def _is_alike(record: PlanRecord, other: PlanRecord, scores: Mapping[str, Score]) -> bool:
    one, two = record.measurements[REMNANT], other.measurements[REMNANT]
    if record.id not in scores or other.id not in scores or not _meet(one, two):
        return False
    own, its = scores[record.id], scores[other.id]
    return (
        own.untreated <= its.untreated
        and own.resected >= its.resected
        and own.procedures <= its.procedures
        and own.margin_mm >= its.margin_mm
        and own.segments <= its.segments
    )


def _meet(one: Measurement, two: Measurement) -> bool:
    if None in (one.value, two.value, one.low, two.low, one.high, two.high):
        return False
    assert one.low is not None
    assert two.low is not None
    assert one.high is not None
    assert two.high is not None
    return one.low <= two.high and two.low <= one.high
