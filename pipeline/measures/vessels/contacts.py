"""What is measured of a lesion and the vessels beside it: contact arcs and interruptions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pipeline.lesion import Lesion
from pipeline.measurement import Fact, Location, Measurement
from pipeline.measures.grids import same_grid
from pipeline.measures.locations import locate
from pipeline.measures.vessels.arcs import Arc, measure_arc
from pipeline.measures.vessels.interruption import Pieces
from pipeline.measures.vessels.trees import NAMED_HEPATIC, TREES, Tree, bring
from pipeline.structures import Role
from pipeline.study import Study
from pipeline.volume import Mask

ARC_VESSELS = tuple(name for name in TREES if name not in ("liver_vessel", "hepatic_artery"))
OCCLUSION_VESSELS = ("portal_vein", "hepatic_vein", *(role.value for role in NAMED_HEPATIC), "ivc", "liver_vessel")
DEGREES = "deg"
"""UCUM."""
ARC_METHOD = (
    "largest share of the wall of a vessel's section in a plane of axis 0 that touches the lesion "
    "(at most one voxel between)"
)
INCOMPLETE = "MASK_GAP: slices are missing inside the vessel's mask, so that its pieces may be one"
GONE = "VESSEL_GONE: the lesion interrupts the vessel: there is no wall left that it could touch"
WITHIN = "VESSEL_GONE: the lesion lies within the vessel and touches no outer wall of it"
UNEVEN = "GRID_OTHER: lesion and vessel are drawn on different grids with uneven slices and are not compared"


@dataclass(frozen=True, eq=False)
class Vessel:
    """A vessel and its pieces.

    Parameters
    ----------
    least_mm
        Pieces smaller than a ball of this diameter are left out.
    """

    tree: Tree
    least_mm: float

    @cached_property
    def pieces(self) -> tuple[Pieces, ...]:
        """The pieces on each grid, found when first asked for."""
        ball = math.pi / 6 * self.least_mm**3
        return tuple(Pieces(mask, ball / mask.grid.voxel_volume_mm3) for mask in self.tree.masks)

    def count_at(self, lesion: Mask) -> int | None:
        """Return how many pieces reach a lesion, the most on any grid; None where grids cannot be compared."""
        counts = [_count(pieces, lesion) for pieces in self.pieces]
        known = [count for count in counts if count is not None]
        return max(known) if len(known) == len(counts) else None

    def touches(self, lesion: Mask) -> bool | None:
        """Tell whether the vessel reaches a lesion; None where their grids cannot be compared."""
        told = [_ask(pieces, lesion) for pieces in self.pieces]
        return None if None in told else any(told)


def measure_contacts(study: Study, lesion: Lesion, vessels: Mapping[str, Vessel]) -> dict[str, Measurement]:
    """Return the contact arc with each vessel that is drawn, by name; 0 where nothing touches.

    Unknown where the lesion interrupts the vessel, or lies wholly within it.
    """
    arcs = [_measure_arc(study, lesion, vessels[name]) for name in ARC_VESSELS if name in vessels]
    return {arc.name: arc for arc in arcs}


def find_interruptions(lesion: Lesion, vessels: Mapping[str, Vessel]) -> dict[str, Fact]:
    """Return for each vessel that is drawn whether it is interrupted at a lesion, by name.

    Definition: two or more of its 26-connected pieces reach the lesion. Unknown for vessels that may be several.
    """
    facts = [_find_interruption(lesion, vessels[name]) for name in OCCLUSION_VESSELS if name in vessels]
    return {fact.name: fact for fact in facts}


def _measure_arc(study: Study, lesion: Lesion, vessel: Vessel) -> Measurement:
    """Return the contact arc of a lesion with a vessel."""
    tree = vessel.tree
    name, masks = f"contact_arc_{tree.name}_deg", (lesion.label, tree.name)
    pairs = [(mask, bring(lesion.mask, mask.grid)) for mask in tree.masks]
    arcs = [(mask, measure_arc(mask, own)) for mask, own in pairs if own is not None and not own.is_empty]
    if any(own is None for _, own in pairs):
        return Measurement(name, None, DEGREES, reason=UNEVEN, masks=masks)
    drawn, best = max(arcs, key=lambda pair: pair[1].degrees, default=(None, Arc()))
    gone = _why_gone(vessel, lesion, best.degrees, within=any(arc.inside for _, arc in arcs))
    if gone is not None:
        return Measurement(name, None, DEGREES, reason=gone, masks=masks)
    where = None if drawn is None else _locate(study, drawn, best)
    low, high = max((arc.low for _, arc in arcs), default=0.0), max((arc.high for _, arc in arcs), default=0.0)
    return Measurement(name, best.degrees, DEGREES, low, high, None, ARC_METHOD, masks, where, flags_of(lesion, tree))


def _why_gone(vessel: Vessel, lesion: Lesion, degrees: float, *, within: bool) -> str | None:
    """Return why a vessel has no wall that a lesion could touch; None where it has.

    Parameters
    ----------
    within
        A part of the lesion lies within the vessel's outer wall.
    """
    one = _why_several(vessel.tree) is None
    asked = "MASK_GAP" not in vessel.tree.flags and (one or degrees == 0)
    if asked and (vessel.count_at(lesion.mask) or 0) > 1:
        return GONE
    return WITHIN if degrees == 0 and within else None


def flags_of(lesion: Lesion, tree: Tree) -> tuple[str, ...]:
    """Return what touches a quantity of a lesion and a vessel."""
    other = any(not same_grid(mask.grid, lesion.mask.grid) for mask in tree.masks)
    codes = (*lesion.measurements["volume_ml"].flags, *tree.flags, *(("GRID_OTHER",) if other else ()))
    return tuple(dict.fromkeys(codes))


def _locate(study: Study, vessel: Mask, arc: Arc) -> Location | None:
    """Return where an arc lies; None where nothing touches."""
    return None if arc.plane is None else locate(study, vessel, arc.plane, arc.ends_mm)


def _find_interruption(lesion: Lesion, vessel: Vessel) -> Fact:
    """Return whether a vessel is interrupted at a lesion."""
    name = f"occluded_{vessel.tree.name}"
    several = _why_several(vessel.tree)
    if several is not None:
        return Fact(name, None, several)
    count = vessel.count_at(lesion.mask)
    if count is None:
        return Fact(name, None, UNEVEN)
    if count > 1 and "MASK_GAP" in vessel.tree.flags:
        return Fact(name, None, INCOMPLETE)
    return Fact(name, count > 1, source="two or more pieces of the vessel's mask reach the lesion")


def _why_several(tree: Tree) -> str | None:
    """Return why the pieces of a mask may be different vessels; None where they are parts of one."""
    if tree.name == "liver_vessel":
        return "NO_MASK: portal and hepatic veins are not told apart, so that pieces may be different vessels"
    if tree.name == "hepatic_vein":
        return "NO_MASK: the three hepatic veins in one mask: pieces may be different veins"
    trunk = (Role.PORTAL_VEIN, Role.PORTAL_VEIN_MAIN)
    if tree.name == "portal_vein" and not set(tree.drawn) & set(trunk):
        return "NO_MASK: the trunk of the portal vein is not drawn, so that its branches are apart"
    return None


def _ask(pieces: Pieces, lesion: Mask) -> bool | None:
    """Tell whether a vessel on one grid reaches a lesion; None where their grids cannot be compared."""
    own = bring(lesion, pieces.mask.grid)
    return None if own is None else not own.is_empty and pieces.is_reached(own)


def _count(pieces: Pieces, lesion: Mask) -> int | None:
    """Return how many pieces reach a lesion; None where their grids cannot be compared."""
    own = bring(lesion, pieces.mask.grid)
    if own is None:
        return None
    return 0 if own.is_empty else pieces.count_at(own)
