"""What surrounds the lesions of a study: every number between a lesion and something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.verify.arcs import contact_arc
from pipeline.verify.clusters import cluster_numbers
from pipeline.verify.distances import (
    Capsule,
    capsule_numbers,
    find_targets,
    neighbour_number,
    target_numbers,
)
from pipeline.verify.gap import Body, Points
from pipeline.verify.holes import fill_holes
from pipeline.verify.interruption import has_gaps, without_gone
from pipeline.verify.lesion_numbers import LesionNumbers
from pipeline.verify.margins import MARGIN, OUTSIDE, SHELL, ablation_numbers, is_removed, resection_margin
from pipeline.verify.number import Number, absent
from pipeline.verify.places import unseen_mm
from pipeline.verify.solid import Solid, shared_count, together
from pipeline.verify.study_files import SecondReading
from pipeline.verify.wide_vessels import TREES, WideVessels, draw_tree

ARC_TREES = {
    **{name: TREES[name] for name in ("portal_vein", "hepatic_vein", "ivc")},
    **{name: (name,) for name in (*TREES["portal_vein"][1:], *TREES["hepatic_vein"][1:])},
}


@dataclass(frozen=True, eq=False)
class Around:
    """Total liver (None without one), codes of why its surface is not known, and what a plan keeps of it."""

    total: Solid | None
    codes: tuple[str, ...]
    kept: Solid | None


def add_surroundings(second: SecondReading, found: Sequence[LesionNumbers], around: Around) -> list[LesionNumbers]:
    """Return lesions with their distances; specks as they are."""
    targets = find_targets(second)
    bodies = {each.lesion.id: Body(each.lesion.solid) for each in found if each.lesion.status != "speck"}
    others = [(each.lesion, bodies[each.lesion.id]) for each in found if each.lesion.id in bodies]
    capsule = None if around.total is None or around.codes else Capsule(second, fill_holes(second, around.total))
    kept = None if around.kept is None else Body(around.kept)
    uids = second.image.grid.slice_axis == 0
    clusters = cluster_numbers(others)
    wide = WideVessels(second)
    trees = {name: solids for name, roles in ARC_TREES.items() if (solids := draw_tree(second, *roles))}
    gaps = {name: has_gaps(second, name) for name in trees}
    added = []
    for each in found:
        lesion = each.lesion
        if lesion.id not in bodies:
            added.append(each)
            continue
        own = bodies[lesion.id]
        numbers = {**target_numbers(second, own, targets)}
        numbers["nearest_lesion_mm"] = neighbour_number(second, lesion, own, others)
        if lesion.status == "intrahepatic":
            numbers["cluster_10mm_diameter_mm"] = clusters[lesion.id]
            numbers |= _capsule(second, own, capsule, around)
            if kept is not None and is_removed(lesion, kept.solid):
                margin = resection_margin(own, kept, uids=uids)
                unseen = unseen_mm(second.image, lesion.solid, [around.total] if around.total else [])
                numbers["resection_margin_mm"] = replace(margin, low=min(margin.low or 0.0, unseen))
        numbers["dist_vessel_ge3mm_mm"] = wide.distance(own, uids=uids)
        arcs = {name: contact_arc(second, lesion.solid, vessels)[0] for name, vessels in trees.items()}
        arcs = without_gone(second, lesion.solid, arcs, gaps)
        numbers |= {f"contact_arc_{name}_deg": arc for name, arc in arcs.items()}
        numbers |= _ablation(second, each, own, around, uids=uids)
        own_grid = lesion.solid.grid is second.image.grid
        placed = {name: _on_grid(number, own=own_grid) for name, number in numbers.items()}
        added.append(replace(each, numbers={**each.numbers, **placed}))
    return added


def _on_grid(number: Number, *, own: bool) -> Number:
    return number if own or number.slices is not None else replace(number, uids=False)


def _capsule(second: SecondReading, own: Body, capsule: Capsule | None, around: Around) -> Mapping[str, Number]:
    if capsule is None:
        codes = around.codes or ("NO_LIVER",)
        return {"dist_capsule_mm": absent(*codes), "depth_mm": absent(*codes)}
    return capsule_numbers(second, own, capsule)


def _ablation(
    second: SecondReading, each: LesionNumbers, own: Body, around: Around, *, uids: bool
) -> Mapping[str, Number]:
    zones = [zone.solid for zone in second.of("ablation_zone") if zone.solid.count]
    if each.lesion.status != "treated" or not zones:
        return {}
    if any(zone.grid is not each.lesion.solid.grid for zone in zones):
        return {name: absent("GRID_OTHER") for name in (MARGIN, OUTSIDE, SHELL)}
    zone = together(zones)
    return ablation_numbers(own, zone, around.total, _limit(second, own.solid, zone, around), uids=uids)


def _limit(second: SecondReading, lesion: Solid, zone: Solid, around: Around) -> tuple[Points | None, str]:
    """Return the surface of liver and lesion, or a code of why it limits no margin."""
    if around.codes or around.total is None:
        return None, around.codes[0] if around.codes else "NO_LIVER"
    if around.total.grid is not lesion.grid:
        return None, "GRID_OTHER"
    whole = together([fill_holes(second, around.total), lesion])
    if 2 * shared_count(zone, whole) < zone.count:
        return None, "LIVER_REDUCED"
    return Capsule(second, whole).tree, ""
