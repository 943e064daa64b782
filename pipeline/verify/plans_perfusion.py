"""What a plan leaves without inflow or outflow, and which vessels it takes: sums of voxels by their nearest vessel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.plan_record import PlanRecord
from pipeline.verify.grid import Floats
from pipeline.verify.number import Number, absent
from pipeline.verify.plans_field import Field
from pipeline.verify.plans_taking import Taken
from pipeline.verify.plans_vessels import TRUNK, Vessels, take_voxels
from pipeline.verify.solid import Bools

Known = tuple[object, tuple[str, ...]]
"""A fact's value, and codes of reasons where it has none."""
APART, STEM, THROUGH, WHOLE, PART, INFLOW, OUTFLOW = 0.05, 0.5, 0.5, 0.5, 0.05, 0.95, 0.5
NAMED = (
    *("portal_vein_main", "portal_vein_right", "portal_vein_left"),
    *("hepatic_vein_right", "hepatic_vein_middle", "hepatic_vein_left"),
)
FACTS = ("vessels_given_up", "remnant_inflow_ok", "remnant_outflow_ok")
QUANTITIES = {"inflow": "remnant_without_inflow_ml", "outflow": "remnant_without_outflow_ml"}


@dataclass(frozen=True)
class Losses:
    """mL of a remnant: all of it; surely, by definition, and possibly without supply; codes of why that is not told."""

    remnant: float
    surely: float
    lost: float
    at_most: float
    codes: tuple[str, ...]


def perfusion(
    field: Field, trees: Mapping[str, Vessels | None], plan: PlanRecord, taken: Taken, each_ml: Floats
) -> tuple[dict[str, Number], dict[str, Known]]:
    """Return the numbers and facts of a plan on the supply of its remnant.

    Parameters
    ----------
    each_ml
        Volume of each voxel of the liver's box.
    """
    if plan.mask:
        return {name: absent("PLAN_MASK") for name in QUANTITIES.values()}, dict.fromkeys(FACTS, (None, ("PLAN_MASK",)))
    remnant = taken.kept & ~field.tumour()
    gone = {name: _take(field, vessels, plan, taken) for name, vessels in trees.items() if vessels is not None}
    losses = {}
    for name in QUANTITIES:
        vessels = trees[name]
        if vessels is not None and not vessels.codes:
            losses[name] = _lose(vessels, *gone[name], np.where(remnant, each_ml, 0.0))
    numbers = {quantity: _number(trees[name], losses.get(name)) for name, quantity in QUANTITIES.items()}
    every = {name: first | second for name, (first, second) in gone.items()}
    facts = {
        "vessels_given_up": _given_up(trees, every),
        "remnant_inflow_ok": _inflow(numbers[QUANTITIES["inflow"]], losses.get("inflow"), trees["artery"], every),
        "remnant_outflow_ok": _outflow(numbers[QUANTITIES["outflow"]], losses.get("outflow")),
    }
    return numbers, facts


def _take(field: Field, vessels: Vessels, plan: PlanRecord, taken: Taken) -> tuple[Bools, Bools]:
    """Return the vessel voxels that removed parts take, the portal trunk never, and those that wedges take."""
    wedges = field.nothing()
    for each in plan.lesions:
        if each.wedge:
            wedges |= field.within(each.id, each.margin_mm or 0.0)
    trunk = vessels.names.get(TRUNK, np.zeros(len(vessels.inside), dtype=bool))
    return take_voxels(field, vessels, taken.whole) & ~trunk, take_voxels(field, vessels, wedges)


def _lose(vessels: Vessels, by_parts: Bools, by_wedges: Bools, remnant_ml: Floats) -> Losses:
    """Return what of a remnant loses its supply."""
    taken = by_parts | by_wedges
    volume = np.bincount(vessels.nearest.ravel(), weights=remnant_ml.ravel(), minlength=len(taken))
    apart = vessels.apart
    around = vessels.reach(~by_wedges) if by_wedges.any() else ~apart
    firm = vessels.reach(~taken & ~vessels.touched)
    remnant = float(remnant_ml.sum())
    surely = float(volume[taken | ~(around | apart)].sum())
    lost = float(volume[taken | ~(vessels.reach(~taken) | apart)].sum())
    cut = by_wedges[vessels.roots]
    codes = () if remnant > 0 else ("NO_REMNANT",)
    codes = codes or (("VESSEL_ROOT",) if cut.any() and not cut.all() else ())
    codes = codes or (("VESSEL_PIECES",) if volume[apart & ~taken].sum() > APART * remnant else ())
    stem = ~vessels.inside | vessels.names.get(TRUNK, np.zeros(len(taken), dtype=bool))
    codes = codes or (("NO_MASK",) if volume[stem & vessels.reach(~taken)].sum() > STEM * remnant else ())
    codes = codes or (("VESSEL_CUT",) if lost - surely > THROUGH * remnant else ())
    return Losses(remnant, surely, lost, float(volume[~firm].sum()), codes)


def _number(vessels: Vessels | None, losses: Losses | None) -> Number:
    if vessels is None or losses is None:
        return absent(*(vessels.codes if vessels is not None else ("NO_MASK", "GRID_OTHER")))
    return absent(*losses.codes) if losses.codes else Number(losses.lost, losses.surely, losses.at_most)


def _given_up(trees: Mapping[str, Vessels | None], taken: Mapping[str, Bools]) -> Known:
    """Return the named vessels of which more than half, or some, of the voxels in the liver are taken."""
    shares: dict[str, float] = {}
    untold = [
        each for each in trees.values() if each is not None and not len(each.indices) and set(NAMED) & set(each.names)
    ]
    if untold:
        return None, untold[0].codes
    for name, vessels in trees.items():
        for vessel in NAMED:
            member = None if vessels is None else vessels.names.get(vessel)
            if vessels is not None and member is not None and member.any():
                inside = member & vessels.inside
                shares[vessel] = (inside & taken[name]).sum() / max(inside.sum(), 1)
    if not shares:
        return None, ("NO_MASK",)
    some = [name for name, share in shares.items() if PART < share <= WHOLE]
    return (*(name for name, share in shares.items() if share > WHOLE), *(f"{name} (in part)" for name in some)), ()


def _settle(number: Number, losses: Losses | None) -> Known | None:
    if number.value is None or losses is None:
        return None, number.codes
    return (False, ()) if 0 < losses.remnant * (1 - 1e-9) <= losses.surely else None


def _inflow(number: Number, losses: Losses | None, artery: Vessels | None, taken: Mapping[str, Bools]) -> Known:
    """Return whether portal and arterial inflow are kept."""
    settled = _settle(number, losses)
    if settled is not None or losses is None:
        return settled or (None, number.codes)
    if losses.remnant - losses.at_most < INFLOW * losses.remnant:
        return None, _why_less(losses)
    if artery is None or not len(artery.indices):
        return None, ("NO_MASK",)
    if taken["artery"].any():
        return None, ("VESSEL_CUT",)
    return (None, ("VESSEL_CONTACT",)) if artery.touched.any() else (True, ())


def _outflow(number: Number, losses: Losses | None) -> Known:
    """Return whether venous outflow is kept."""
    settled = _settle(number, losses)
    if settled is not None or losses is None:
        return settled or (None, number.codes)
    return (None, _why_less(losses)) if losses.remnant - losses.at_most < OUTFLOW * losses.remnant else (True, ())


def _why_less(losses: Losses) -> tuple[str, ...]:
    """Return the code of what most of the rest lies behind: a touched branch, or one that the plan takes."""
    return ("VESSEL_CONTACT",) if losses.at_most - losses.lost > losses.lost else ("VESSEL_CUT",)
