"""The distance of lesions to vessels of at least a given local diameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry import Geometry, Points
from pipeline.lesion import Lesion
from pipeline.measurement import Measurement
from pipeline.measures.border import beyond_border_mm, border_gaps_mm, find_cut_faces
from pipeline.measures.distances.reading import place
from pipeline.measures.distances.search import Distance, find_distances
from pipeline.measures.distances.surface import Surface
from pipeline.measures.grids import group_by_grid, grow_box, intersect, same_grid, unite
from pipeline.measures.vessels.contacts import flags_of
from pipeline.measures.vessels.trees import Tree
from pipeline.measures.vessels.width import find_wide_parts
from pipeline.study import Study
from pipeline.volume import Mask

NAME = "dist_vessel_ge3mm_mm"
MARGIN_STEPS = 3
"""Steps beyond a distance within which all voxels lie that decide where a surface runs at that distance."""
BETWEEN = 0.6
"""A point half-way between two voxels lies within this of both indices."""
WIDE_TREES = ("portal_vein", "hepatic_vein", "liver_vessel", "ivc")
MISSING = (
    "NO_MASK: portal vein and hepatic veins, or all vessels of the liver together, are not drawn; the nearest vessel "
    "may be one that is not"
)


@dataclass(frozen=True, eq=False)
class WidePart:
    """What is wide of the vessels on one grid: possibly, by definition, surely. Each lies in the one before."""

    trees: tuple[Tree, ...]
    possible: Mask
    wide: Mask
    sure: Mask


@dataclass(frozen=True, eq=False)
class Reading:
    """The distance of a lesion to a wide part; the value is None where nothing of it is wide."""

    part: WidePart
    value: Distance | None
    low_mm: float
    high_mm: float


def measure_wide_vessels(
    study: Study, lesions: Sequence[Lesion], trees: Mapping[str, Tree], limit_mm: float
) -> tuple[Measurement, ...]:
    """Return for each lesion the distance to the nearest vessel of at least a local diameter.

    Parameters
    ----------
    limit_mm
        That diameter in mm.
    """
    if not {"portal_vein", "hepatic_vein"} <= set(trees) and "liver_vessel" not in trees:
        return tuple(_absent(MISSING) for _ in lesions)
    parts = _find_parts([trees[name] for name in WIDE_TREES if name in trees], limit_mm)
    if all(part.wide.is_empty for part in parts):
        reason = f"NO_VESSEL: no part of the vessels drawn has a local diameter of {limit_mm:g} mm"
        return tuple(_absent(reason) for _ in lesions)
    bodies = [Surface(lesion.mask) for lesion in lesions]
    readings = [_read(bodies, part) for part in parts if not part.possible.is_empty]
    image = study.image.geometry
    cut = np.logical_or.reduce(
        [find_cut_faces(mask, image) for part in parts for each in part.trees for mask in each.masks]
    )
    return tuple(
        _combine(
            study,
            lesion,
            [each[number] for each in readings],
            limit_mm,
            beyond_border_mm(border_gaps_mm(lesion.mask, image), cut),
        )
        for number, lesion in enumerate(lesions)
    )


def _absent(reason: str) -> Measurement:
    """Return the distance that is not known."""
    return Measurement(NAME, None, "mm", reason=reason)


def _find_parts(trees: Sequence[Tree], limit_mm: float) -> list[WidePart]:
    """Return what is wide of vessels, those on one grid together."""
    drawn = [(tree, mask) for tree in trees for mask in tree.masks]
    parts = []
    for group in group_by_grid([mask for _, mask in drawn]):
        levels = zip(*(_find_levels(drawn[number][1], limit_mm) for number in group), strict=True)
        members = tuple(replace(drawn[number][0], masks=(drawn[number][1],)) for number in group)
        parts.append(WidePart(members, *(_join(level) for level in levels)))
    return parts


def _find_levels(mask: Mask, limit_mm: float) -> tuple[Mask, ...]:
    """Return what is possibly, by definition and surely wide of one vessel.

    A ball's radius is known to half the diagonal of a voxel; of a tube, whose section is round, a radius read in the
    plane of the two smaller steps is too large by at most half the diagonal of these.
    """
    radius, steps = limit_mm / 2, np.sort(mask.grid.spacing_mm)
    less, more = _half_diagonal(mask.grid), float(np.linalg.norm(steps[:2])) / 2
    return find_wide_parts(mask, (max(radius - less, 0.0), radius, radius + more))


def _join(masks: Sequence[Mask]) -> Mask:
    """Return the union of masks on one grid; an empty one where all are empty."""
    return masks[0] if all(mask.is_empty for mask in masks) else unite(masks)


def _half_diagonal(grid: Geometry) -> float:
    """Return half the longest diagonal of a voxel in mm."""
    signs = np.array([[1, 1, 1], [1, 1, -1], [1, -1, 1], [-1, 1, 1]])
    return float(np.linalg.norm(signs @ grid.axes, axis=1).max()) / 2


def _read(bodies: Sequence[Surface], part: WidePart) -> list[Reading]:
    """Return the distances of lesions to a part: low ends to what is possibly wide, high ends to what surely is."""
    possible = _distances(bodies, part.possible)
    if part.wide.is_empty:
        return [Reading(part, None, each.low_mm, np.inf) for each in possible]
    same = [_is_same(body.mask, each, part) for body, each in zip(bodies, possible, strict=True)]
    others = [body for body, alike in zip(bodies, same, strict=True) if not alike]
    wide = iter(_distances(others, part.wide))
    far = iter([_farthest(body.mask, part.wide) for body in others])
    high = far if part.sure.is_empty else iter([each.high_mm for each in _distances(others, part.sure)])
    return [
        Reading(part, each, each.low_mm, each.high_mm) if alike else Reading(part, next(wide), each.low_mm, next(high))
        for each, alike in zip(possible, same, strict=True)
    ]


def _is_same(lesion: Mask, distance: Distance, part: WidePart) -> bool:
    """Tell whether all that can be nearest to a lesion of a part is surely wide, so that one distance tells all.

    The high end is the distance of two voxel centres: no nearer point, and no nearer centre, lies beyond it.
    """
    grid = part.possible.grid
    if not same_grid(lesion.grid, grid):
        return False
    per_mm = np.linalg.norm(np.linalg.inv(grid.axes), axis=0)
    reach = distance.high_mm + MARGIN_STEPS * float(grid.spacing_mm.max())
    a, b, c = (int(np.ceil(reach * each)) for each in per_mm)
    box = intersect(grow_box(lesion.box, (a, b, c)), part.possible.box)
    return box is None or bool(np.array_equal(part.possible.within(box), part.sure.within(box)))


def _distances(bodies: Sequence[Surface], mask: Mask) -> list[Distance]:
    """Return the distance of each lesion to a part of a vessel."""
    return [found for found in find_distances(bodies, Surface(mask)) if found is not None] if bodies else []


def _farthest(lesion: Mask, part: Mask) -> float:
    """Return a distance in mm that no voxel of a part of a vessel exceeds from the middle of a lesion's box."""
    middle = lesion.geometry.corners_mm().mean(axis=0)
    return float(np.linalg.norm(part.geometry.corners_mm() - middle, axis=1).max())


def _combine(
    study: Study, lesion: Lesion, readings: Sequence[Reading], limit_mm: float, unseen_mm: float
) -> Measurement:
    """Return the distance of a lesion to the nearest of several wide parts.

    Parameters
    ----------
    unseen_mm
        How near a vessel may be where the scan cuts one off.
    """
    known = [(each.value, each.part) for each in readings if each.value is not None]
    nearest, part = min(known, key=lambda pair: pair[0].value_mm)
    value = nearest.value_mm
    low, high = min(each.low_mm for each in readings), min(each.high_mm for each in readings)
    owner = _find_owner(part, nearest.ends_mm[1])
    cut = unseen_mm < value and "FOV_CUT" not in lesion.measurements["volume_ml"].flags
    return Measurement(
        NAME,
        value,
        "mm",
        low=min(low, value, unseen_mm),
        high=max(high, value),
        method=f"to the surface of vessels of at least {limit_mm:g} mm local diameter (Hildebrand and Rueegsegger)",
        masks=(lesion.label, owner.name),
        location=place(study, lesion.mask, nearest.ends_mm),
        flags=(*flags_of(lesion, owner), *(("FOV_CUT",) if cut else ())),
    )


def _find_owner(part: WidePart, end_mm: Points) -> Tree:
    """Return the vessel that a point of a part's surface, between two voxels, belongs to."""
    index = part.wide.grid.to_index(end_mm[None])[0]
    ends = np.stack([np.ceil(index - BETWEEN), np.floor(index + BETWEEN)]).astype(np.int64)
    held = [tree for tree in part.trees if tree.masks[0].are_set(ends).any()]
    return held[0] if held else part.trees[0]
