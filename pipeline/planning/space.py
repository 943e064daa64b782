"""Which plans there are, and how one is scored; definitions in ``docs/plans.md``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pipeline.ground import Flags, Floats, Ground
from pipeline.plan import Plan, Requirement, Score
from pipeline.planning.zones import (
    UNITS_PER_ML,
    find_sides,
    groups_of,
    lesion_parts,
    meet,
    numbers_of,
    part_names,
    tissue_units,
    which_parts,
    zones_at,
)


@dataclass(frozen=True, eq=False)
class Clearing:
    """What removing whole parts does to the lesions; arrays over ``Ground.lesions``.

    Parameters
    ----------
    cleared
        All voxels lie in the parts, and nothing that is kept lies nearer than the margin.
    cut
        A voxel lies in the parts, but the lesion is not cleared: the cut runs through it, or too near.
    margin_mm
        Distance to what is kept, at most the largest margin of the ground; 0 where a voxel is kept.
    """

    cleared: Flags
    cut: Flags
    margin_mm: Floats


def clears(ground: Ground, parts: Iterable[str], margin_mm: float) -> Clearing:
    """Return which lesions the removal of whole parts clears with a margin.

    Parameters
    ----------
    parts
        Names; ValueError for one that the ground does not know.
    """
    sides = find_sides(ground, numbers_of(part_names(ground), parts), lesion_parts(ground))
    cleared = sides.clear(margin_mm)
    return Clearing(cleared, sides.reached & ~cleared, sides.margin_mm)


def taken_atoms(ground: Ground, plan: Plan) -> tuple[Flags, Flags]:
    """Return which atoms a plan removes, and which it ablates; an atom that is removed is not ablated."""
    numbers = numbers_of(part_names(ground), plan.parts)
    removed = np.isin(ground.atoms.part, numbers)
    removed |= _unite_zones(ground, plan.wedges, plan.wedge_mm)
    return removed, _unite_zones(ground, plan.ablated, plan.ablation_mm) & ~removed


def _unite_zones(ground: Ground, lesions: Iterable[str], margin_mm: float) -> Flags:
    numbers = numbers_of(ground.lesions, lesions)
    if not numbers:
        return np.zeros(ground.atoms.part.size, dtype=np.bool_)
    return np.asarray(zones_at(ground, margin_mm)[list(numbers)].any(axis=0))


def cleared_lesions(ground: Ground, plan: Plan) -> tuple[str, ...]:
    """Return the lesions that the plan's parts clear: those in none of its lists."""
    listed = {*plan.wedges, *plan.ablated, *plan.irradiated, *plan.untreated}
    return tuple(lesion for lesion in ground.lesions if lesion not in listed)


def count_segments(ground: Ground, parts: Iterable[str]) -> int:
    """Return how many Couinaud segments parts are; segment 4 counts once, whole or in halves."""
    wanted = set(parts)
    return len({number[0] for part in ground.parts if part.name in wanted for number in part.segments})


def find_specimens(ground: Ground, plan: Plan) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the specimens that hang together, each by its parts and its wedges.

    Removed parts that touch are one specimen, wedges that share an atom are one, and wedges that share one with a
    removed part belong to it. Wedges that would join two groups of parts do not.
    """
    parts, lesions = part_names(ground), ground.lesions
    of_parts = groups_of(ground.touching, numbers_of(parts, plan.parts))
    found = [([parts[each] for each in group], list[str]()) for group in of_parts]
    wedges = numbers_of(lesions, plan.wedges)
    if wedges:
        zones = zones_at(ground, plan.wedge_mm)[list(wedges)]
        reach = which_parts(ground, zones)
        for group in groups_of(meet(zones, zones), range(len(wedges))):
            names = [lesions[wedges[each]] for each in group]
            hit = [spot for spot, each in enumerate(of_parts) if reach[np.ix_(group, each)].any()]
            if hit:
                found[hit[0]][1].extend(names)
            else:
                found.append(([], names))
    return [(tuple(some), tuple(names)) for some, names in found]


def score(ground: Ground, plan: Plan, requirement: Requirement) -> Score:
    """Return what a plan is compared by."""
    removed, ablated = taken_atoms(ground, plan)
    remnant_ml = float(tissue_units(ground)[~(removed | ablated)].sum()) / UNITS_PER_ML
    cleared = cleared_lesions(ground, plan)
    treated = len(find_specimens(ground, plan)) + len(plan.ablated) + len(plan.irradiated)
    return Score(
        untreated=len(plan.untreated),
        remnant_ml=remnant_ml,
        resected=len(cleared) + len(plan.wedges),
        procedures=treated + int(needs_growth(remnant_ml, requirement)),
        margin_mm=_smallest_margin(ground, plan, cleared),
        segments=count_segments(ground, plan.parts),
    )


def needs_growth(remnant_ml: float, requirement: Requirement) -> bool:
    """Return whether the remnant has to grow before the rule on its volume is surely met."""
    return requirement.surely_ml is not None and remnant_ml < requirement.surely_ml


def _smallest_margin(ground: Ground, plan: Plan, cleared: Iterable[str]) -> float:
    margins = [plan.wedge_mm] * bool(plan.wedges) + [plan.ablation_mm] * bool(plan.ablated)
    numbers = list(numbers_of(ground.lesions, cleared))
    if numbers:
        removed = numbers_of(part_names(ground), plan.parts)
        margins.append(float(find_sides(ground, removed, lesion_parts(ground)).margin_mm[numbers].min()))
    return min([*margins, ground.margins_mm[-1]]) if margins else 0.0
