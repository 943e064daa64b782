"""How far the lesions that a plan resects lie from what its parts leave, measured near each lesion alone."""

from __future__ import annotations

import numpy as np

from pipeline.geometry import Box, Geometry
from pipeline.lesion import Lesion
from pipeline.measurement import Measurement
from pipeline.measures.distances.margins import CUT_SHARE, MARGIN, read_margin, smallest_margin
from pipeline.measures.distances.reading import flags_of
from pipeline.measures.distances.search import Distance, find_distances
from pipeline.measures.distances.surface import Surface
from pipeline.measures.grids import grow_box, intersect, start_of, within_box
from pipeline.measures.plans.basis import Basis
from pipeline.plan import Plan
from pipeline.volume import Mask

BY_WEDGE = "planned: the margin with which the lesion is taken as a wedge"
FAR = "at least: what stays lies farther away than distances are told"
SAFE_VOXELS = 3.0
"""Diagonals of a voxel that the searched surroundings reach beyond a distance found in them."""


def plan_margins(basis: Basis, plan: Plan) -> Measurement:
    """Return ``planned_margin_mm``: the smallest margin of the lesions that a plan resects.

    Of a lesion that the plan's parts remove or cut: its distance to what these parts leave (``resection_margin_mm`` of
    docs/measurements.md), whatever wedges and zones take of that. Of a wedge: the margin that it is planned with.
    """
    readings = {basis.lesions[n].id: _measure(basis, plan, n) for n in _find_nearest(basis, plan)}
    readings |= {name: _read_wedge(basis, plan, name) for name in plan.wedges}
    return smallest_margin(readings)


def lesion_margins(basis: Basis, plan: Plan) -> dict[str, Measurement]:
    """Return ``resection_margin_mm`` of each lesion that a plan removes or cuts, by its id.

    As ``plan_margins`` has it of each. Of a lesion farther from what stays than ``Ground.reach_mm``, that distance
    with an open high end: it lies at least so far.
    """
    found = {name: _read_wedge(basis, plan, name) for name in plan.wedges}
    names = {part.name: n for n, part in enumerate(basis.ground.parts)}
    taken = {names[name] for name in plan.parts}
    for number, lesion in enumerate(basis.lesions):
        if lesion.id in plan.wedges or lesion.id in plan.ablated or not _is_removed(basis, number, taken):
            continue
        far = not np.isfinite(find_clearance(basis, plan, number))
        found[lesion.id] = _read_far(basis, lesion) if far else _measure(basis, plan, number)
    return found


def find_clearance(basis: Basis, plan: Plan, lesion: int) -> float:
    """Return the distance of a lesion that no part left by the plan holds to what the parts leave; infinite far away.

    0 where they leave a voxel of it.
    """
    numbers = [n for n, part in enumerate(basis.ground.parts) if part.name in plan.parts]
    held = basis.parts_of_lesions[lesion]
    if any(number not in numbers for number in held):
        return 0.0
    kept = [n for n in range(len(basis.ground.parts)) if n not in numbers]
    if not kept:
        return float("inf")
    outside = len(basis.ground.parts)
    return float(basis.ground.clearance_mm[lesion][np.ix_(kept, [*numbers, outside])].min(initial=np.inf))


def _find_nearest(basis: Basis, plan: Plan) -> list[int]:
    """Return the lesions removed or cut by the plan's parts that may have the smallest margin, or an end of it."""
    if not plan.parts or len(plan.parts) == len(basis.ground.parts):
        return []
    names = {part.name: n for n, part in enumerate(basis.ground.parts)}
    taken = {names[name] for name in plan.parts}
    others = {*plan.wedges, *plan.ablated}
    asked = {
        n: find_clearance(basis, plan, n)
        for n, lesion in enumerate(basis.lesions)
        if lesion.id not in others and _is_removed(basis, n, taken)
    }
    slack = 2 * SAFE_VOXELS * _diagonal_mm(basis.total.grid)
    least = min(asked.values(), default=np.inf)
    return [n for n, clearance in asked.items() if clearance <= least + slack]


def _is_removed(basis: Basis, lesion: int, taken: set[int]) -> bool:
    """Tell whether parts hold more than a tenth of a lesion."""
    count = basis.lesions[lesion].mask.count
    inside = sum(voxels for part, voxels in basis.parts_of_lesions[lesion].items() if part in taken)
    return count - inside < (1 - CUT_SHARE) * count


def _measure(basis: Basis, plan: Plan, lesion: int) -> Measurement:
    """Return the margin of one lesion, which the parts that the plan takes decide; each is measured once."""
    key = (lesion, plan.parts)
    if key not in basis.known_margins:
        basis.known_margins[key] = _measure_anew(basis, plan, lesion)
    return basis.known_margins[key]


def _measure_anew(basis: Basis, plan: Plan, lesion: int) -> Measurement:
    """Return the margin of one lesion, searched for in ever wider surroundings until nothing beyond can be nearer."""
    grid, own = basis.total.grid, basis.lesions[lesion]
    clearance = find_clearance(basis, plan, lesion)
    safe = SAFE_VOXELS * _diagonal_mm(grid)
    reach = (basis.ground.reach_mm if np.isinf(clearance) else clearance) + 2 * safe
    while True:
        box = _box_around(own.mask, grid, reach)
        shared = intersect(box, basis.total.box)
        assert shared is not None
        distance = _search(basis, plan, lesion, shared)
        whole = shared == basis.total.box
        if distance is not None and (whole or distance.value_mm <= reach - safe):
            return read_margin(basis.study, own, distance, basis.total)
        if whole:
            raise ValueError("a plan's parts leave nothing to measure a margin to")
        reach *= 2


def _search(basis: Basis, plan: Plan, lesion: int, box: Box) -> Distance | None:
    """Return the distance of a lesion to what the plan's parts leave of the liver within a box; None without any.

    Plans that take the same parts within the box have it in common.
    """
    parts = basis.cells.part[within_box(box, basis.total.box)]
    taken = [n for n, part in enumerate(basis.ground.parts) if part.name in plan.parts and (parts == n).any()]
    key = (lesion, start_of(box), parts.shape, tuple(taken))
    if key not in basis.known_distances:
        kept = basis.total.voxels[within_box(box, basis.total.box)] & ~np.isin(parts, taken)
        left = Mask.from_array(basis.total.grid, kept, start_of(box))
        found = None if left.is_empty else find_distances([basis.surfaces[lesion]], Surface(left))[0]
        basis.known_distances[key] = found
    return basis.known_distances[key]


def _box_around(mask: Mask, grid: Geometry, reach_mm: float) -> Box:
    """Return the box of the grid that holds everything within a distance of a mask."""
    per_mm = np.linalg.norm(np.linalg.inv(grid.axes), axis=0)
    if grid.slice_positions_mm is not None:
        gaps = np.linalg.norm(np.diff(grid.slice_positions_mm, axis=0), axis=1)
        per_mm[grid.slice_axis] *= float(grid.spacing_mm[grid.slice_axis] / gaps.min(initial=np.inf))
    a, b, c = (int(np.ceil(reach_mm * each)) + 1 for each in per_mm)
    return grow_box(mask.box, (a, b, c))


def _diagonal_mm(grid: Geometry) -> float:
    """Return the longest diagonal of a voxel."""
    signs = np.array([(1, 1, 1), (1, 1, -1), (1, -1, 1), (1, -1, -1)], dtype=np.float64)
    return float(np.linalg.norm(signs @ grid.axes, axis=1).max())


def _read_far(basis: Basis, lesion: Lesion) -> Measurement:
    """Return that a lesion lies farther from what stays than distances are told."""
    reach, masks = basis.ground.reach_mm, (lesion.label, "liver")
    return Measurement(MARGIN, reach, "mm", reach, None, None, FAR, masks, None, flags_of(basis.study, lesion))


def _read_wedge(basis: Basis, plan: Plan, name: str) -> Measurement:
    """Return the planned margin of a wedge; its interval is by the boundaries of lesion and cut, half a voxel each."""
    lesion: Lesion = basis.lesions[basis.ground.lesions.index(name)]
    widest = float(np.linalg.svd(basis.total.grid.axes, compute_uv=False)[0])
    low, high = max(plan.wedge_mm - widest, 0.0), plan.wedge_mm + widest
    masks, flags = (lesion.label, "liver"), flags_of(basis.study, lesion)
    return Measurement(MARGIN, plan.wedge_mm, "mm", low, high, None, BY_WEDGE, masks, None, flags)
