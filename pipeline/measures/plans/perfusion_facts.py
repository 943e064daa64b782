"""Facts on the supply of a remnant: what masks settle, and else the reason why they do not."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.ground import Flags, Tree
from pipeline.measurement import Fact, Measurement
from pipeline.measures.plans.supply import Losses, Supply
from pipeline.structures import Role

NAMED = tuple(
    role.value
    for role in (
        *(Role.PORTAL_VEIN_MAIN, Role.PORTAL_VEIN_RIGHT, Role.PORTAL_VEIN_LEFT),
        *(Role.HEPATIC_VEIN_RIGHT, Role.HEPATIC_VEIN_MIDDLE, Role.HEPATIC_VEIN_LEFT),
    )
)
"""Vessels that are one branch of anatomy each; a mask of all portal or hepatic veins is not."""
WHOLE_PERCENT, PART_PERCENT = 50.0, 5.0
"""Above these shares of its voxels in the liver a vessel is given up, or given up in part (E)."""
INFLOW_PERCENT, OUTFLOW_PERCENT = 95.0, 50.0
"""Shares of the remnant that surely keep their branch from which on inflow and outflow are kept (E)."""
IN_PART = " (in part)"
GIVEN_UP, INFLOW_OK, OUTFLOW_OK = "vessels_given_up", "remnant_inflow_ok", "remnant_outflow_ok"
NONE_NAMED = "NO_MASK: no portal or hepatic vein is drawn by its name"


def find_given_up(
    trees: Mapping[str, Tree], supplies: Mapping[str, Supply], taken: Mapping[str, Flags]
) -> tuple[tuple[str, ...], tuple[str, ...], Fact]:
    """Return the named vessels that a plan takes, those of which it takes some, and the fact that lists both.

    Definition: the share of a vessel's voxels in the total liver that lie in branches that the plan takes is more
    than ``WHOLE_PERCENT``, or more than ``PART_PERCENT``. Unknown where no vessel is drawn by its name, and where one
    is drawn whose tree has no branches.
    """
    untold = [tree.reason for tree in trees.values() if set(NAMED) & set(tree.vessels) and not tree.branches]
    shares: dict[str, float] = {}
    for name, supply in supplies.items():
        for vessel in NAMED:
            if vessel in supply.voxels:
                voxels = supply.voxels[vessel]
                shares[vessel] = 100.0 * float(voxels[taken[name]].sum()) / max(float(voxels.sum()), 1.0)
    given_up = tuple(name for name, share in shares.items() if share > WHOLE_PERCENT)
    in_part = tuple(name for name, share in shares.items() if PART_PERCENT < share <= WHOLE_PERCENT)
    if untold or not shares:
        return given_up, in_part, Fact(GIVEN_UP, None, (untold and untold[0]) or NONE_NAMED)
    told = (*given_up, *(name + IN_PART for name in in_part))
    return given_up, in_part, Fact(GIVEN_UP, told, source="share of the vessel's voxels that the plan takes")


def find_inflow_fact(
    without: Measurement, losses: Losses | None, artery: Supply | None, taken: Mapping[str, Flags]
) -> Fact:
    """Return whether the remnant keeps portal and arterial inflow.

    False: all of it is nearest to branches that the plan takes or that its wedges cut off. True: at least
    ``INFLOW_PERCENT`` of it surely keep their portal branch, and the artery is drawn, not taken and touched by no
    lesion. Unknown otherwise, with the reason.
    """
    settled = _settle(INFLOW_OK, without, losses)
    if settled is not None or losses is None:
        return settled or Fact(INFLOW_OK, None, without.reason)
    kept = losses.remnant_ml - losses.at_most_ml
    words = f"portal inflow is surely kept for {kept:.0f} of {losses.remnant_ml:.0f} mL"
    if kept < losses.remnant_ml * INFLOW_PERCENT / 100:
        return Fact(INFLOW_OK, None, _say_why_less(losses, words))
    if artery is None:
        return Fact(INFLOW_OK, None, f"NO_MASK: {words}; the hepatic artery is not drawn")
    if taken["artery"].any():
        return Fact(INFLOW_OK, None, f"VESSEL_CUT: {words}; the plan takes a part of the hepatic artery")
    if artery.touched.any():
        return Fact(INFLOW_OK, None, f"VESSEL_CONTACT: {words}; a lesion touches the hepatic artery")
    return Fact(INFLOW_OK, True, source=f"{words}; hepatic artery untouched")


def find_outflow_fact(without: Measurement, losses: Losses | None) -> Fact:
    """Return whether the remnant keeps venous outflow.

    False: all of it is nearest to branches that the plan takes or that its wedges cut off. True: at least
    ``OUTFLOW_PERCENT`` of it surely keep their branch, which no lesion touches on its way to the vena cava. Unknown
    otherwise, with the reason.
    """
    settled = _settle(OUTFLOW_OK, without, losses)
    if settled is not None or losses is None:
        return settled or Fact(OUTFLOW_OK, None, without.reason)
    kept = losses.remnant_ml - losses.at_most_ml
    words = f"venous outflow is surely kept for {kept:.0f} of {losses.remnant_ml:.0f} mL"
    if kept < losses.remnant_ml * OUTFLOW_PERCENT / 100:
        return Fact(OUTFLOW_OK, None, _say_why_less(losses, words))
    return Fact(OUTFLOW_OK, True, source=words)


def _settle(name: str, without: Measurement, losses: Losses | None) -> Fact | None:
    """Return the fact where it is False, or not told at all; None where it has still to be asked."""
    if without.value is None or losses is None:
        return Fact(name, None, without.reason)
    if losses.surely_ml > 0 and losses.surely_ml >= losses.remnant_ml * (1 - 1e-9):
        return Fact(name, False, source="no branch that the plan leaves reaches the remnant")
    return None


def _say_why_less(losses: Losses, words: str) -> str:
    """Return why less than enough surely keeps its branch."""
    if losses.at_most_ml - losses.lost_ml > losses.lost_ml:
        return f"VESSEL_CONTACT: {words}; a lesion touches what leads to most of the rest"
    return f"VESSEL_CUT: {words}; the plan takes what leads to most of the rest"
