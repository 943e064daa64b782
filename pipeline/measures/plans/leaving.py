"""The volumes that a plan makes of a liver: specimen, ablation zones, lesions left, remnant; each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import NO_LESION
from pipeline.measurement import Location
from pipeline.measures.derived.lesion_sizes import sphere_ml, target_diameter
from pipeline.measures.derived.terms import Missing
from pipeline.measures.grids import unite
from pipeline.measures.liver_volumes import LiverVolumes, Part, measure_remnant_part, move_together
from pipeline.measures.locations import locate, locate_largest_slice
from pipeline.measures.plans.basis import Basis
from pipeline.measures.plans.census import Census
from pipeline.measures.plans.taking import Fate, Taken, find_level, take
from pipeline.measures.shares import take_common, take_off
from pipeline.measures.uncertainty import Interval, Move, bound_move, mask_volume_interval
from pipeline.measures.volumes import MM3_PER_ML, mask_volume_ml, state_basis
from pipeline.plan import Plan
from pipeline.volume import Mask

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Piece:
    """A part of the liver under a plan: volume in mL, its interval, and the slice in which it is largest."""

    volume_ml: float
    interval: Interval
    location: Location | None


@dataclass(frozen=True, eq=False)
class Left:
    """The liver under a plan. The volumes of specimen, ablation zones, lesions left and remnant add up to it.

    Parameters
    ----------
    volumes
        Liver, lesions and remnant, with every position of their boundaries.
    tissue
        Voxels of liver tissue that specimen, ablation zones and remnant hold of each part, shape (parts, 3).
    remnant
        Where the remnant is largest; None where nothing is left of it.
    """

    volumes: LiverVolumes
    specimen: Piece
    ablated: Piece
    lesions: Piece
    remnant: Location | None
    tissue: NDArray[np.int64]


def leave(basis: Basis, plan: Plan) -> Left:
    """Return the volumes under a plan that takes parts and lesions with a margin."""
    if basis.census is None:
        taken = take(basis.cells, basis.ground, plan)
        return leave_masks(basis, plan, taken, _find_kept(basis, plan, taken))
    census = basis.census
    removed, ablated = _find_held(basis, census, plan)
    kept = ~(removed | ablated)
    kept[0] = False
    remnant = kept & ~census.tumour
    volumes = move_together(*basis.whole, _measure_remnant(basis, census, remnant))
    fates = [_sum_pieces(basis, census, held) for held in (removed, ablated, kept & census.tumour)]
    counts = census.slices.sum(axis=1)
    tissue = [_count_tissue(basis, census, counts * held) for held in (removed, ablated, remnant)]
    more = _find_more(basis, plan, [_zone_ml(basis, census, plan, name) for name in plan.ablated])
    place = _place(basis, census, remnant)
    left = Left(volumes, fates[0], fates[1], fates[2], place, np.stack(tissue, axis=1))
    return _widen(left, more)


def leave_masks(basis: Basis, plan: Plan, taken: Taken, kept: Mask) -> Left:
    """Return the volumes under a plan by its masks, with the shares of voxels that they state.

    Parameters
    ----------
    taken
        The plan, voxel by voxel.
    kept
        What it keeps of the total liver, lesions included.
    """
    remnant = take_off(kept, basis.anatomy.lesions)
    left = _nothing(basis) if basis.anatomy.lesions is None else take_common(kept, basis.anatomy.lesions)
    part = measure_remnant_part(remnant, basis.anatomy.lesions, basis.total)
    volumes = move_together(*basis.whole, part, state_basis(basis.total, basis.anatomy.lesions, remnant))
    zone = take_common(basis.total, taken.ablated)
    own = [mask_volume_ml(each) for each in (basis.total, zone, left)]
    specimen = max(own[0] - own[1] - own[2] - volumes.drawn.remnant, 0.0)
    pieces = [
        _read_piece(basis, mask, value)
        for mask, value in ((taken.removed, specimen), (taken.ablated, own[1]), (left, own[2]))
    ]
    zones = [mask_volume_ml(take(basis.cells, basis.ground, _alone(plan, name)).ablated) for name in plan.ablated]
    place = locate_largest_slice(basis.study, remnant)
    found = Left(volumes, pieces[0], pieces[1], pieces[2], place, _count_fates(basis, taken))
    return _widen(found, _find_more(basis, plan, zones))


def _alone(plan: Plan, name: str) -> Plan:
    return Plan(ablated=(name,), ablation_mm=plan.ablation_mm)


def _nothing(basis: Basis) -> Mask:
    return Mask(basis.total.grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))


def _find_kept(basis: Basis, plan: Plan, taken: Taken) -> Mask:
    """Return what a plan keeps: the parts that it leaves, without its wedges and ablation zones."""
    whole = basis.total
    if plan.parts:
        masks = zip(basis.ground.parts, basis.anatomy.parts.values(), strict=True)
        stay = [mask for part, mask in masks if part.name not in plan.parts]
        if not stay:
            return _nothing(basis)
        whole = unite(stay)
    return take_off(whole, taken.mask(Fate.REMOVED, Fate.ABLATED)) if plan.wedges or plan.ablated else whole


def _find_held(basis: Basis, census: Census, plan: Plan) -> tuple[Flags, Flags]:
    """Return which labels a plan removes, and which others it ablates."""
    names = [part.name for part in basis.ground.parts]
    removed = np.isin(census.part, [names.index(name) for name in plan.parts])
    removed |= _find_near(basis, census, plan.wedges, plan.wedge_mm)
    removed[0] = False
    return removed, _find_near(basis, census, plan.ablated, plan.ablation_mm) & ~removed


def _find_near(basis: Basis, census: Census, lesions: Sequence[str], margin_mm: float) -> Flags:
    """Return which labels lie within a margin of some lesions."""
    if not lesions:
        return np.zeros(len(census.part), dtype=np.bool_)
    numbers = [basis.ground.lesions.index(name) for name in lesions]
    return np.asarray((census.level[:, numbers] <= find_level(basis.ground, margin_mm)).any(axis=1))


def _sum_ml(basis: Basis, census: Census, held: Flags) -> float:
    """Return the volume of the union of labels."""
    grid = basis.total.grid
    if grid.slice_positions_mm is None:
        return census.count(held) * grid.voxel_volume_mm3 / MM3_PER_ML
    counts = census.slabs[held].sum(axis=0)
    used = np.flatnonzero(counts)
    if not len(used):
        return 0.0
    first, last = int(used[0]), int(used[-1]) + 1
    start = basis.total.offset[grid.slice_axis]
    return float(counts[first:last] @ grid.slab_volumes_mm3[start + first : start + last]) / MM3_PER_ML


def _move_ml(basis: Basis, census: Census, held: Flags) -> tuple[float, Move]:
    """Return the volume of the union of labels, and its move in mL."""
    count, volume = census.count(held), _sum_ml(basis, census, held)
    if count == 0:
        return 0.0, Move(0.0, 0.0)
    move = bound_move(count, census.measure_surface(held), census.measure_curvature(held))
    return volume, Move(move.outward * (volume / count), move.inward * (volume / count))


def _measure_remnant(basis: Basis, census: Census, held: Flags) -> Part:
    """Return the remnant with what each boundary does to it, as ``measure_remnant_part`` has it of a mask."""
    volume, move = _move_ml(basis, census, held)
    if not held.any() or volume == 0:
        return Part(0.0, Move(0.0, 0.0))
    outside = np.zeros(len(held), dtype=np.bool_)
    outside[0] = True
    whole = census.measure_surface(held)
    capsule = census.measure_interface(held, outside) / whole
    at_lesions = census.measure_interface(held, census.tumour) / whole
    return Part(volume, move, capsule, max(1 - capsule - at_lesions, 0.0), at_lesions)


def _sum_pieces(basis: Basis, census: Census, held: Flags) -> Piece:
    count, volume = census.count(held), _sum_ml(basis, census, held)
    if count == 0:
        return Piece(0.0, Interval(0.0, 0.0), None)
    move = bound_move(count, census.measure_surface(held), census.measure_curvature(held))
    low, high = max(volume * (1 - move.inward / count), 0.0), volume * (1 + move.outward / count)
    return Piece(volume, Interval(low, high), _place(basis, census, held))


def _place(basis: Basis, census: Census, held: Flags) -> Location | None:
    """Return the slice in which the union of labels is largest."""
    areas = census.slices[held].sum(axis=0)
    if not areas.any():
        return None
    return locate(basis.study, basis.total, basis.total.offset[0] + int(areas.argmax()))


def _read_piece(basis: Basis, mask: Mask, volume_ml: float) -> Piece:
    return Piece(volume_ml, mask_volume_interval(mask, volume_ml), locate_largest_slice(basis.study, mask))


def _count_tissue(basis: Basis, census: Census, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the voxels of liver tissue of each part, by those of each label."""
    return np.array([int(counts[(census.part == n) & ~census.tumour].sum()) for n in range(len(basis.ground.parts))])


def _count_fates(basis: Basis, taken: Taken) -> NDArray[np.int64]:
    """Return the voxels of liver tissue of each part that are removed, ablated and left."""
    parts, fates = len(basis.ground.parts), (Fate.REMOVED, Fate.ABLATED, Fate.REMNANT)
    counts = np.zeros((parts + 1) * len(Fate), dtype=np.int64)
    for part, lesion, states in zip(basis.cells.part, basis.cells.lesion, taken.states, strict=True):
        tissue = lesion == NO_LESION
        both = (part[tissue].astype(np.int64) + 1) * len(Fate) + states[tissue]
        counts += np.bincount(both, minlength=len(counts))
    return counts.reshape(-1, len(Fate))[1:, list(fates)]


def _zone_ml(basis: Basis, census: Census, plan: Plan, name: str) -> float:
    held = _find_near(basis, census, (name,), plan.ablation_mm)
    held[0] = False
    return _sum_ml(basis, census, held)


def _find_more(basis: Basis, plan: Plan, zones_ml: Sequence[float]) -> float:
    """Return by how many mL the spheres that ablate lesions may be larger than their zones (catalogue ABL-17)."""
    more = 0.0
    for name, zone in zip(plan.ablated, zones_ml, strict=True):
        diameter = target_diameter(basis.lesions[basis.ground.lesions.index(name)].measurements)
        if not isinstance(diameter, Missing):
            more += max(sphere_ml(diameter.high, plan.ablation_mm) - zone, 0.0)
    return more


def _widen(left: Left, more_ml: float) -> Left:
    """Return the volumes with what larger spheres of ablation would take of the remnant."""
    if more_ml <= 0:
        return left
    moved = left.volumes.moved
    less = tuple(replace(state, remnant=max(state.remnant - more_ml, 0.0)) for state in moved)
    high = left.ablated.interval.high + more_ml
    wider = replace(left.ablated, interval=Interval(left.ablated.interval.low, high))
    return replace(left, volumes=replace(left.volumes, moved=(*moved, *less)), ablated=wider)
