"""What a plan leaves without inflow or outflow, as far as masks of vessels tell; on the ground alone.

An estimate by the nearest branch (``territories``): a branch that the plan takes feeds nothing, nor does one that it
cuts off from portal trunk or vena cava. Where a resection of whole parts runs across a branch that leads on to kept
ones, a surgeon may divide it elsewhere: the low end of the interval leaves these out. Masks do not show whether a
vessel that a lesion touches is open: the high end holds all behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import NO_LESION, Flags, Floats, Ground
from pipeline.measurement import Fact, Measurement
from pipeline.measures.plans.perfusion_facts import find_given_up, find_inflow_fact, find_outflow_fact
from pipeline.measures.plans.supply import Losses, Supply, find_losses, find_taken, prepare_supply
from pipeline.plan import Plan

APART_PERCENT = 5.0
"""Share of the remnant nearest to pieces that hang together with no root from which on nothing is said (E)."""
THROUGH_PERCENT = 50.0
"""Share of the remnant that is cut off along borders of parts alone from which on nothing is said (E)."""
STEM_PERCENT = 50.0
"""Share of the remnant nearest to trunk or vena cava themselves from which on nothing is said (E)."""
METHOD = (
    "estimate: nearest drawn branch, in blocks of at most 3 mm; low: without what is cut off along borders of parts "
    "alone; high: with what lies behind branches that a lesion touches"
)
WORDS = {"inflow": "the portal vein", "outflow": "the hepatic veins"}
NO_TISSUE = "NO_REMNANT: the plan leaves no liver tissue"
DRAWN_PLAN = "PLAN_MASK: the specimen is drawn, and may take a branch in part"


@dataclass(frozen=True, eq=False)
class PerfusionGround:
    """What of a ground is asked for every plan, made once (``prepare_perfusion``).

    Parameters
    ----------
    level
        Of the atoms, shape (lesions, atoms).
    tissue_ml
        Volume of each atom that is liver tissue, 0 of lesions.
    supplies
        By name; only trees with a branch.
    """

    ground: Ground
    level: NDArray[np.int8]
    tissue_ml: Floats
    supplies: Mapping[str, Supply]


@dataclass(frozen=True)
class Perfusion:
    """What a plan does to the supply of its remnant.

    Parameters
    ----------
    without_inflow, without_outflow
        ``remnant_without_inflow_ml``, ``remnant_without_outflow_ml``.
    given_up, in_part
        Named vessels of which the plan takes more than half, and others of which it takes some.
    facts
        ``vessels_given_up``, ``remnant_inflow_ok``, ``remnant_outflow_ok``.
    """

    without_inflow: Measurement
    without_outflow: Measurement
    given_up: tuple[str, ...]
    in_part: tuple[str, ...]
    facts: tuple[Fact, ...]


def prepare_perfusion(ground: Ground) -> PerfusionGround:
    """Return what is asked of a ground for every plan."""
    found = {name: prepare_supply(ground, name) for name in ("inflow", "outflow", "artery")}
    return PerfusionGround(
        ground,
        np.ascontiguousarray(ground.atoms.level.T),
        np.where(ground.atoms.lesion == NO_LESION, ground.atoms.volume_ml, 0.0),
        {name: supply for name, supply in found.items() if supply is not None},
    )


def find_perfusion(prepared: PerfusionGround, plan: Plan) -> Perfusion:
    """Return what of a plan's remnant loses inflow or outflow, and which named vessels it takes.

    Definitions, for one tree. A branch is *taken* when it lies in the total liver (``inside``) and in a part that the
    plan removes, or within ``wedge_mm`` of a wedge's lesion; ablation takes none. It is *apart* when no chain of
    branches joins it to a root even before the plan. It is *cut off* when it is neither taken nor apart and no chain
    of branches that are not taken joins it to a root that is not taken.

    Value: volume of the remnant's atoms (liver tissue that is neither removed nor ablated) whose nearest branch is
    taken or cut off. Low: the same, where only wedges cut branches off. High: all but those whose nearest branch is
    joined to a root by a chain of branches that are not taken and that no lesion touches, itself and root included.

    None with its reason: where a tree is not drawn or has no root; where more than ``APART_PERCENT`` of the remnant is
    nearest to branches that are apart and not taken; where more than ``STEM_PERCENT`` of it is nearest to portal trunk,
    vena cava or what else lies outside the liver, as far as that still carries blood; where more than
    ``THROUGH_PERCENT`` of it is cut off by parts alone (value less low); where wedges take some roots but not all.

    Raises
    ------
    ValueError
        For a part, a lesion or a margin that the ground does not have.
    """
    if plan.mask:
        return _refuse(prepared, DRAWN_PLAN)
    ground = prepared.ground
    parts = [[part.name for part in ground.parts].index(name) for name in plan.parts]
    wedges = [ground.lesions.index(name) for name in plan.wedges]
    level = _find_level(ground, plan.wedge_mm) if wedges else -1
    taken = {name: find_taken(supply, parts, wedges, level) for name, supply in prepared.supplies.items()}
    remnant_ml = np.where(_find_gone(prepared, plan, parts, wedges, level), 0.0, prepared.tissue_ml)
    losses = {
        name: find_losses(supply, *taken[name], remnant_ml)
        for name, supply in prepared.supplies.items()
        if supply.tree.roots
    }
    without = {name: _measure(prepared, name, losses.get(name)) for name in WORDS}
    every = {name: by_parts | by_wedges for name, (by_parts, by_wedges) in taken.items()}
    given_up, in_part, fact = find_given_up(ground.trees, prepared.supplies, every)
    inflow = find_inflow_fact(without["inflow"], losses.get("inflow"), prepared.supplies.get("artery"), every)
    outflow = find_outflow_fact(without["outflow"], losses.get("outflow"))
    return Perfusion(without["inflow"], without["outflow"], given_up, in_part, (fact, inflow, outflow))


def _refuse(prepared: PerfusionGround, reason: str) -> Perfusion:
    """Return that nothing is known."""
    names = ("vessels_given_up", "remnant_inflow_ok", "remnant_outflow_ok")
    facts = tuple(Fact(name, None, reason) for name in names)
    first, second = (Measurement(f"remnant_without_{name}_ml", None, "mL", reason=reason) for name in WORDS)
    return Perfusion(first, second, (), (), facts)


def _find_level(ground: Ground, margin_mm: float) -> int:
    """Return the number of a margin."""
    found = np.flatnonzero(np.abs(np.array(ground.margins_mm) - margin_mm) <= 1e-9)
    if not len(found):
        raise ValueError(f"{margin_mm:g} mm is none of the margins {ground.margins_mm} that lesions are grown by")
    return int(found[0])


def _find_gone(prepared: PerfusionGround, plan: Plan, parts: list[int], wedges: list[int], level: int) -> Flags:
    """Return which atoms the plan removes or ablates."""
    gone = np.isin(prepared.ground.atoms.part, parts)
    gone |= (prepared.level[wedges] <= level).any(axis=0)
    if plan.ablated:
        ablated = [prepared.ground.lesions.index(name) for name in plan.ablated]
        gone |= (prepared.level[ablated] <= _find_level(prepared.ground, plan.ablation_mm)).any(axis=0)
    return np.asarray(gone, dtype=np.bool_)


def _measure(prepared: PerfusionGround, name: str, losses: Losses | None) -> Measurement:
    """Return the remnant without supply of one kind."""
    quantity, tree = f"remnant_without_{name}_ml", prepared.ground.trees.get(name)
    if tree is None or losses is None:
        reason = None if tree is None else tree.reason
        return Measurement(quantity, None, "mL", reason=reason or f"NO_MASK: {WORDS[name]} were not looked for")
    reason = _why_not_told(losses, WORDS[name])
    if reason is not None:
        return Measurement(quantity, None, "mL", reason=reason, method=METHOD, masks=tree.vessels)
    low, high = losses.surely_ml, losses.at_most_ml
    return Measurement(quantity, losses.lost_ml, "mL", low, high, None, METHOD, tree.vessels)


def _why_not_told(losses: Losses, words: str) -> str | None:
    """Return why a remnant's supply is not told; None where it is."""
    if losses.remnant_ml <= 0:
        return NO_TISSUE
    if losses.root_cut:
        return f"VESSEL_ROOT: a wedge takes a part of the trunk of {words}; what is left of it may carry blood or not"
    if losses.apart_ml > losses.remnant_ml * APART_PERCENT / 100:
        return (
            f"VESSEL_PIECES: {losses.apart_ml:.0f} mL of the remnant lie nearest to pieces of {words} that do not "
            f"hang together with the trunk or the vena cava as drawn; {losses.lost_ml:.0f} mL more lose theirs"
        )
    if losses.stem_ml > losses.remnant_ml * STEM_PERCENT / 100:
        return (
            f"NO_MASK: {losses.stem_ml:.0f} mL of the remnant lie nearer to the trunk of {words} or the vena cava than "
            "to any branch: their branches are not drawn"
        )
    through = losses.lost_ml - losses.surely_ml
    if through > losses.remnant_ml * THROUGH_PERCENT / 100:
        return (
            f"VESSEL_CUT: between {losses.surely_ml:.0f} and {losses.at_most_ml:.0f} mL: the removed parts hold "
            f"branches of {words} that lead on to kept ones, and masks do not show where they are divided"
        )
    return None
