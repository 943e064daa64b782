"""Plans in two stages: first what clears the future remnant, then the parts; or the other way round."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from pipeline.ground import Ground
from pipeline.plan import Plan
from pipeline.planning.space import cleared_lesions
from pipeline.planning.words import list_words, name_parts
from pipeline.planning.zones import groups_of, lesion_atoms, lesion_parts, numbers_of, part_names, zones_at
from pipeline.resection import Resections


@dataclass(frozen=True)
class StagePlan:
    """One stage.

    Parameters
    ----------
    number
        1 or 2.
    statement
        What is done, in one clause.
    lesions
        Those that it treats.
    after
        All that is done when it is over, as a plan: measure its remnant. After the second it is the whole plan.
    """

    number: int
    statement: str
    lesions: tuple[str, ...]
    after: Plan


def split_stages(ground: Ground, plan: Plan, resections: Resections) -> tuple[tuple[StagePlan, StagePlan], ...]:
    """Return the ways to do a plan in two stages: the future remnant first, the parts first; none where it has no use.

    It has a use where a major resection clears or takes lesions and others are treated outside of it. A way is left
    out if one of its first stage's wedges took a voxel of a lesion that it does not treat.
    """
    outside = _treated_outside(ground, plan)
    inside = tuple(lesion for lesion in (*cleared_lesions(ground, plan), *plan.wedges) if lesion not in outside)
    if not outside or not inside or not is_major(ground, plan, resections):
        return ()
    in_order = tuple(lesion for lesion in ground.lesions if lesion in inside)
    remnant = replace(_keep(plan, outside), untreated=_others(ground, outside))
    parts = replace(plan, wedges=_among(plan.wedges, inside), ablated=(), ablation_mm=0.0, irradiated=())
    parts = replace(parts, wedge_mm=plan.wedge_mm if parts.wedges else 0.0)
    listed = {*cleared_lesions(ground, plan), *parts.wedges}
    parts = replace(parts, untreated=_others(ground, listed))
    clear = f"clears the future remnant: {_say_treatments(plan, outside)}"
    remove = _say_removal(ground, plan, parts, resections)
    ways = [
        (StagePlan(1, clear, outside, remnant), StagePlan(2, remove, in_order, plan)),
        (StagePlan(1, remove, in_order, parts), StagePlan(2, clear, outside, plan)),
    ]
    return tuple(way for way in ways if not _cuts_others(ground, way[0]))


def is_major(ground: Ground, plan: Plan, resections: Resections) -> bool:
    """Return whether a plan's parts hold as many segments side by side as a major resection (Brisbane 2000)."""
    if resections.extent is None:
        return False
    removed = [part for part in ground.parts if part.name in plan.parts]
    numbers = sorted({number[0] for part in removed for number in part.segments})
    beside = [[frozenset((one, two)) in resections.side_by_side for two in numbers] for one in numbers]
    groups = groups_of(np.array(beside, dtype=np.bool_).reshape(len(numbers), len(numbers)), range(len(numbers)))
    return max(map(len, groups), default=0) >= resections.extent.major_from


def _treated_outside(ground: Ground, plan: Plan) -> tuple[str, ...]:
    """Return the lesions that are treated and have no voxel in the removed parts, in the order of the ground."""
    removed = numbers_of(part_names(ground), plan.parts)
    inside = np.asarray(lesion_parts(ground)[:, list(removed)].any(axis=1))
    treated = {*plan.wedges, *plan.ablated, *plan.irradiated}
    return tuple(name for name, within in zip(ground.lesions, inside, strict=True) if name in treated and not within)


def _keep(plan: Plan, lesions: Collection[str]) -> Plan:
    """Return a plan without its parts, as far as it treats some lesions."""
    wedges, ablated = _among(plan.wedges, lesions), _among(plan.ablated, lesions)
    return Plan(
        wedges=wedges,
        wedge_mm=plan.wedge_mm if wedges else 0.0,
        ablated=ablated,
        ablation_mm=plan.ablation_mm if ablated else 0.0,
        irradiated=_among(plan.irradiated, lesions),
    )


def _among(names: Collection[str], lesions: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in lesions)


def _others(ground: Ground, lesions: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in ground.lesions if name not in lesions)


def _cuts_others(ground: Ground, stage: StagePlan) -> bool:
    """Return whether a wedge of the stage takes a voxel of a lesion that is to be treated later."""
    if not stage.after.wedges:
        return False
    zones = zones_at(ground, stage.after.wedge_mm)[list(numbers_of(ground.lesions, stage.after.wedges))].any(axis=0)
    later = lesion_atoms(ground)[list(numbers_of(ground.lesions, stage.after.untreated))].any(axis=0)
    return bool((zones & later).any())


def _say_treatments(plan: Plan, lesions: Collection[str]) -> str:
    wedge = "wedge" if len(_among(plan.wedges, lesions)) == 1 else "wedges"
    done = ((wedge, plan.wedges), ("ablation", plan.ablated), ("irradiation", plan.irradiated))
    return list_words([f"{word} of {list_words(some)}" for word, names in done if (some := _among(names, lesions))])


def _say_removal(ground: Ground, plan: Plan, parts: Plan, resections: Resections) -> str:
    along = f", together with {list_words(parts.wedges)}" if parts.wedges else ""
    return f"{name_parts(ground, plan.parts, resections)}{along}"
