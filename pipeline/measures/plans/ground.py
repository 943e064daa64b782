"""From the masks of a liver and its lesions to the ground that plans are searched on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.anatomy import Anatomy
from pipeline.ground import NO_LESION, NO_PART, Floats, Ground, Part
from pipeline.lesion import Lesion
from pipeline.measures.grids import count_shared, same_grid, within_box
from pipeline.measures.plans.atoms import find_atoms
from pipeline.measures.plans.cells import Cells, Forest, Grown
from pipeline.measures.plans.clearance import Labels, find_touching, measure_clearance
from pipeline.measures.plans.growing import grow
from pipeline.measures.plans.nearness import find_half_step, find_near
from pipeline.measures.plans.straight import straighten
from pipeline.structures import LEFT_LOBE, RIGHT_LOBE, Role
from pipeline.volume import Mask

CAPSULE = "dist_capsule_mm"
SEGMENT, SIDE = "segment_", "hemiliver_"
SIDES = {"right": RIGHT_LOBE, "left": LEFT_LOBE}
HALVES = (Role.SEGMENT_4A, Role.SEGMENT_4B)
OTHER_GRID = "GRID_OTHER: liver and lesions are drawn on different grids and are not joined"


def find_ground(
    anatomy: Anatomy,
    lesions: Sequence[Lesion],
    margins_mm: Sequence[float],
    reach_mm: float | None = None,
    grow_trees: Callable[[Cells], Forest] | None = None,
) -> tuple[Ground, Cells]:
    """Return what a search for plans knows of a liver, and the voxels that it stands for.

    Parameters
    ----------
    lesions
        The intrahepatic ones, in the order of the report. A voxel of several belongs to the first of them.
    margins_mm
        Margins that lesions are grown by; in any order.
    reach_mm
        How far the borders between parts are told from lesions; the largest margin by default.
    grow_trees
        Returns the vessels' trees and the branch nearest to each voxel; None where they are not asked for.

    Raises
    ------
    ValueError
        Where ``explain_absence`` has something to say.
    """
    reason = explain_absence(anatomy, lesions)
    total = anatomy.total
    if reason is not None or total is None:
        raise ValueError(reason)
    margins = tuple(sorted(set(margins_mm)))
    reach = max(margins, default=0.0) if reach_mm is None else reach_mm
    part = _paint([*anatomy.parts.values()], total)
    grown, clearance = _look_around(lesions, total, part, len(anatomy.parts), margins, reach)
    cells = Cells(total, part, _paint_lesions(lesions, total), grown)
    forest = None if grow_trees is None else grow_trees(cells)
    ground = Ground(
        parts=tuple(name_part(role) for role in anatomy.parts),
        lesions=tuple(lesion.id for lesion in lesions),
        margins_mm=margins,
        atoms=find_atoms(cells, [*anatomy.parts.values()], forest),
        clearance_mm=clearance,
        touching=find_touching(part, len(anatomy.parts)),
        dist_capsule_mm=_read_capsule(lesions),
        reach_mm=reach,
        trees={} if forest is None else forest.trees,
        parts_reason=anatomy.parts_reason,
    )
    return ground, cells


def explain_absence(anatomy: Anatomy, lesions: Sequence[Lesion]) -> str | None:
    """Return why there is no ground to plan on, ``CODE: sentence``; None where there is."""
    total = anatomy.total
    if anatomy.reason is not None:
        return anatomy.reason
    if total is None or total.is_empty:
        return "NO_LIVER: no liver mask holds a voxel"
    for lesion in lesions:
        if not same_grid(lesion.mask.grid, total.grid):
            return OTHER_GRID
        if lesion.mask.is_empty or count_shared(lesion.mask, total) < lesion.mask.count:
            return f"EMPTY_MASK: {lesion.id} has no place in the liver with its lesions"
    return None


def name_part(role: Role) -> Part:
    """Return the part of the liver that a Couinaud segment or a hemiliver is; the caudate lobe is of neither side."""
    if role.value.startswith(SEGMENT):
        name = role.value.removeprefix(SEGMENT)
        return Part(name, (name,))
    side = role.value.removeprefix(SIDE)
    return Part(side, tuple(each.value.removeprefix(SEGMENT) for each in SIDES[side] if each not in HALVES))


def _look_around(
    lesions: Sequence[Lesion], total: Mask, part: Labels, count: int, margins_mm: tuple[float, ...], reach_mm: float
) -> tuple[tuple[Grown, ...], Floats]:
    """Return each lesion grown, and its clearance; one after the other, so that one box is held at a time."""
    straight = straighten(total.grid)
    window = max((*margins_mm, reach_mm + find_half_step(total.grid)))
    grown, clearance = [], np.full((len(lesions), count, count + 1), np.inf)
    for number, lesion in enumerate(lesions):
        near = find_near(replace(lesion.mask, grid=total.grid), total, straight, window)
        grown.append(grow(lesion.id, near, margins_mm))
        if count:
            found = measure_clearance(near, part, total.box, count)
            clearance[number] = np.where(found <= reach_mm, found, np.inf)
    return tuple(grown), clearance


def _paint(masks: Sequence[Mask], total: Mask) -> Labels:
    """Return the number of the part of each voxel over the liver's box; all are in one part, or none is.

    Raises
    ------
    ValueError
        Where parts do not add up to the liver.
    """
    part = np.full(total.voxels.shape, NO_PART, dtype=np.int8)
    for number, mask in enumerate(masks):
        part[within_box(mask.box, total.box)][mask.voxels] = number
    if masks and (sum(mask.count for mask in masks) != total.count or ((part != NO_PART) != total.voxels).any()):
        raise ValueError("the parts of a liver have to add up to it to the voxel")
    return part


def _paint_lesions(lesions: Sequence[Lesion], total: Mask) -> NDArray[np.int16]:
    """Return the number of the lesion of each voxel over the liver's box; of several the lowest."""
    numbers = np.full(total.voxels.shape, NO_LESION, dtype=np.int16)
    for number, lesion in reversed([*enumerate(lesions)]):
        numbers[within_box(lesion.mask.box, total.box)][lesion.mask.voxels] = number
    return numbers


def _read_capsule(lesions: Sequence[Lesion]) -> Floats:
    """Return the distance of each lesion to the capsule in mm; NaN where it is not known."""
    found = [lesion.measurements.get(CAPSULE) for lesion in lesions]
    return np.array([np.nan if each is None or each.value is None else each.value for each in found], dtype=np.float64)
