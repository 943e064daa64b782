"""The plans of section 7.0 of the catalogue, of which the best is taken where the user gives none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.ground import NO_PART, Ground
from pipeline.plan import Choices, Plan
from pipeline.plan_record import PlanVerdict
from pipeline.planning.named import plan_of_parts
from pipeline.planning.space import clears, count_segments
from pipeline.planning.zones import number_of_margin
from pipeline.resection import Resections

SEGMENT_WISE = "segment_wise"
WITH_FIRST = "_with_segment_1"
FIRST = "1"


def list_catalogue_plans(
    ground: Ground, names: Sequence[str], resections: Resections, choices: Choices
) -> tuple[Plan, ...]:
    """Return the plans of section 7.0 of the catalogue that the liver's parts can express, each set of parts once.

    The named ones; each of them with segment 1 as well, where a lesion grown by the smallest margin of ``choices``
    touches segment 1; every segment that such a lesion touches (``segment_wise``).
    """
    touched = find_touched(ground, choices.wedge_margins_mm[0] if choices.wedge_margins_mm else 0.0)
    found: dict[frozenset[str], Plan] = {}
    for plan in _list_all(ground, names, resections, choices, touched):
        found.setdefault(frozenset(plan.parts), plan)
    return tuple(found.values())


def _list_all(
    ground: Ground, names: Sequence[str], resections: Resections, choices: Choices, touched: Sequence[str]
) -> Iterator[Plan]:
    segments = {part.name: part.segments for part in ground.parts}
    whole = tuple(number for name in touched for number in segments[name])
    for name in names:
        plan = plan_of_parts(ground, resections.named[name], choices)
        if isinstance(plan, str):
            continue
        yield plan
        if FIRST in touched and FIRST not in plan.parts:
            wider = plan_of_parts(ground, (FIRST, *_numbers(segments, plan)), choices, name + WITH_FIRST)
            if not isinstance(wider, str):
                yield wider
    if touched:
        plan = plan_of_parts(ground, whole, choices, SEGMENT_WISE)
        if not isinstance(plan, str):
            yield plan


def _numbers(segments: dict[str, tuple[str, ...]], plan: Plan) -> tuple[str, ...]:
    return tuple(number for name in plan.parts for number in segments[name])


def find_touched(ground: Ground, margin_mm: float) -> tuple[str, ...]:
    """Return the parts in which a voxel lies within a margin of a lesion."""
    if not ground.lesions or not ground.parts:
        return ()
    level = number_of_margin(ground, margin_mm)
    near = (ground.atoms.level <= level).any(axis=1)
    numbers = set(np.unique(ground.atoms.part[near]).tolist()) - {NO_PART}
    return tuple(part.name for number, part in enumerate(ground.parts) if number in numbers)


@dataclass(frozen=True)
class Candidate:
    """A plan of the catalogue that competes, with what it is compared by.

    Parameters
    ----------
    plan
        Which ablates what it does not remove.
    name
        Of the resection.
    remnant_ml
        What neither specimen nor ablation takes.
    open
        Lesions whose ablation is not certain.
    """

    plan: Plan
    name: str
    remnant_ml: float
    verdict: PlanVerdict
    open: tuple[str, ...] = ()


def choose_plan(candidates: Sequence[Candidate], ground: Ground) -> Candidate | None:
    """Return the plan that the study's verdicts rest on where the user gives none; None where no candidate competes.

    The hard rules on the plan met, open, not met; then the fewest lesions whose ablation is not certain, the largest
    remnant after the ablations, the fewest segments, the name.
    """

    def rank(each: Candidate) -> tuple[int, int, float, int, str]:
        state = 2 if each.verdict.failed else 1 if each.verdict.unknown else 0
        return state, len(each.open), -each.remnant_ml, count_segments(ground, each.plan.parts), each.name

    return min(candidates, key=rank, default=None)


def ablate_rest(ground: Ground, plan: Plan, choices: Choices) -> Plan | None:
    """Return a plan of the catalogue that ablates what it leaves; None for one that does not compete.

    Those compete that remove a lesion, and leave none but such as an ablation may treat: a resection of liver without a
    lesion is no treatment.
    """
    if not competes(ground, plan, choices) or not plan.untreated:
        return plan if competes(ground, plan, choices) else None
    return replace(plan, name="", untreated=(), ablated=plan.untreated, ablation_mm=choices.ablation_mm)


def competes(ground: Ground, plan: Plan, choices: Choices) -> bool:
    """Tell whether a plan removes a lesion, and leaves none but such as an ablation may treat."""
    return len(plan.untreated) < len(ground.lesions) and not find_uncovered(ground, plan, choices)


def find_uncovered(ground: Ground, plan: Plan, choices: Choices) -> tuple[str, ...]:
    """Return the lesions that the plan neither removes nor leaves whole where an ablation may treat them."""
    cut = clears(ground, plan.parts, choices.wedge_margins_mm[0] if choices.wedge_margins_mm else 0.0).cut
    held = {lesion for lesion, is_cut in zip(ground.lesions, cut, strict=True) if is_cut}
    return tuple(each for each in plan.untreated if each in held or each not in choices.ablate)
