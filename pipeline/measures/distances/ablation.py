"""The margin of an ablation zone around a treated lesion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box, Points
from pipeline.lesion import Lesion
from pipeline.measurement import Measurement
from pipeline.measures.border import beyond_border_mm, border_gaps_mm, find_cut_faces
from pipeline.measures.distances.ablation_limit import CAPSULE_SHARE, Limit
from pipeline.measures.distances.cells import STEPS, Boundary
from pipeline.measures.distances.interval import Steps, steps_between
from pipeline.measures.distances.reading import flags_of, place
from pipeline.measures.distances.surface import Surface
from pipeline.measures.grids import grow_box, same_grid, start_of
from pipeline.measures.point_tree import PointTree
from pipeline.study import Study
from pipeline.volume import Mask

MARGIN, SHELL = "ablation_margin_mm", "ablation_shell_6mm_percent"
SHELL_MM = 6.0
"""Width of the shell around a lesion, part of the quantity's name."""
MARGIN_METHOD = (
    "smallest signed distance of the lesion's half-level surface to that of the ablation zone; negative: what lies "
    "farthest outside; without what the liver's surface limits"
)
OTHER_GRID = "GRID_OTHER: lesion and ablation zone are drawn on different grids and are not compared"
ALL_OUTSIDE = "EMPTY_MASK: at no point of its surface does the margin around the lesion lie inside the liver"
SHELL_METHOD = "share of the voxels within 6 mm around the lesion, in the liver, that lie in the ablation zone"


def measure_ablation(
    study: Study, lesion: Lesion, zone: Mask, liver: Mask | None, limit: Limit
) -> dict[str, Measurement]:
    """Return ``ablation_margin_mm``, the share left out of it, and ``ablation_shell_6mm_percent`` of a treated lesion.

    Parameters
    ----------
    zone
        Union of the ablation zones on the lesion's grid.
    liver
        Total liver; None without one: then all that surrounds the lesion counts.
    limit
        The capsule.
    """
    surface = Surface(zone).points_mm
    steps = steps_between(lesion.mask, zone)
    found = (
        *_read_margin(study, lesion, zone, surface, steps, limit),
        _read_shell(study, lesion, zone, liver, surface, steps),
    )
    return {reading.name: reading for reading in found}


def leave_out(lesion: Lesion) -> dict[str, Measurement]:
    """Return all quantities without a value: an ablation zone is drawn on another grid than the lesion."""
    masks = (lesion.label, "ablation_zone")
    return {
        name: Measurement(name, None, unit, reason=OTHER_GRID, masks=masks)
        for name, unit in ((MARGIN, "mm"), (CAPSULE_SHARE, "%"), (SHELL, "%"))
    }


def _read_margin(
    study: Study, lesion: Lesion, zone: Mask, surface: Points, steps: Steps, limit: Limit
) -> tuple[Measurement, Measurement]:
    """Return the smallest signed distance of the lesion's surface to the zone's, and the share of it left out."""
    shell = Surface(lesion.mask).shell
    points = shell.crossings_mm(np.arange(shell.at.shape[1]))
    gaps, numbers = PointTree(surface).find_nearest(points)
    signed = np.where(_lie_in(shell, zone), gaps, -gaps)
    free, masks = limit.find_free(points, signed), (lesion.label, "ablation_zone")
    share = limit.read(lesion, free)
    if not free.any():
        return Measurement(MARGIN, None, "mm", reason=ALL_OUTSIDE, masks=masks), share
    at = int(np.where(free, signed, np.inf).argmin())
    value, ends = float(signed[at]) + 0.0, np.stack([points[at], surface[numbers[at]]])
    shift = _shift(ends[1] - ends[0], steps)
    low, high = value - shift, value + shift
    where, flags = place(study, lesion.mask, ends), flags_of(study, lesion)
    return Measurement(MARGIN, value, "mm", low, high, None, MARGIN_METHOD, masks, where, flags), share


def _shift(along: Points, steps: Steps) -> float:
    """Return 2 delta(n) along a vector in mm; the widest one where it has no direction."""
    length = float(np.linalg.norm(along))
    if length == 0:
        return float(np.linalg.norm(steps, axis=1).max())
    return float(np.linalg.norm(steps @ along)) / length


def _lie_in(shell: Boundary, zone: Mask) -> NDArray[np.bool_]:
    """Tell which crossings of a shell lie in the zone: those of edges with both voxels in it.

    One voxel in it and one outside: the crossing lies on the zone's surface, at distance 0.
    """
    voxel, side = np.nonzero(shell.is_open)
    inner = shell.index[voxel]
    return zone.are_set(inner) & zone.are_set(inner + STEPS[side])


def _read_shell(
    study: Study, lesion: Lesion, zone: Mask, liver: Mask | None, surface: Points, steps: Steps
) -> Measurement:
    """Return how much of the shell around a lesion lies in the zone; flagged where the scan cuts the shell."""
    masks = (lesion.label, "ablation_zone") if liver is None else (lesion.label, "ablation_zone", "liver")
    around = _find_around(lesion.mask, liver)
    if not len(around):
        reason = "EMPTY_MASK: no voxel around the lesion lies in the liver"
        return Measurement(SHELL, None, "%", reason=reason, method=SHELL_METHOD, masks=masks)
    inside = zone.are_set(around)
    centres = lesion.mask.grid.to_world(around.astype(np.float64))
    gaps, numbers = PointTree(surface).find_nearest(centres)
    along = surface[numbers] - centres
    shifts = np.linalg.norm(along @ steps.T, axis=1) / np.maximum(gaps, 1e-12) / 2
    sure, possible = inside & (gaps >= shifts), inside | (gaps <= shifts)
    value, low, high = (100.0 * float(each.mean()) for each in (inside, sure, possible))
    flags = ("FOV_CUT",) if _is_cut(study, lesion, liver) else ()
    return Measurement(SHELL, value, "%", min(low, value), max(high, value), None, SHELL_METHOD, masks, None, flags)


def _is_cut(study: Study, lesion: Lesion, liver: Mask | None) -> bool:
    """Tell whether a part of the shell around a lesion lies beyond the border of the scan."""
    image = study.image.geometry
    cut = np.ones((3, 2), dtype=np.bool_) if liver is None else find_cut_faces(liver, image)
    return beyond_border_mm(border_gaps_mm(lesion.mask, image), cut) < SHELL_MM


def _find_around(mask: Mask, liver: Mask | None) -> NDArray[np.int64]:
    """Return the grid indices of the voxels outside a lesion, within 6 mm of its surface and in the liver."""
    box = _box_around(mask)
    free = ~mask.within(box)
    if liver is not None and same_grid(liver.grid, mask.grid):
        free &= liver.within(box)
    voxels = np.argwhere(free) + np.array(start_of(box), dtype=np.int64)
    centres = mask.grid.to_world(voxels.astype(np.float64))
    gaps = PointTree(Surface(mask).points_mm).find_nearest(centres, SHELL_MM * (1 + 1e-9))[0]
    return np.asarray(voxels[gaps <= SHELL_MM])


def _box_around(mask: Mask) -> Box:
    """Return the box of the grid that holds all voxels within 6 mm of a mask's surface."""
    per_mm = np.linalg.norm(np.linalg.inv(mask.grid.axes), axis=0)
    a, b, c = (int(np.ceil(SHELL_MM * each)) + 2 for each in per_mm)
    x, y, z = (
        slice(max(part.start, 0), min(part.stop, size))
        for part, size in zip(grow_box(mask.box, (a, b, c)), mask.grid.shape, strict=True)
    )
    return x, y, z
