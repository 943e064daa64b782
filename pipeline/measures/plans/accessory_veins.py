"""Hepatic veins beyond the usual three: in several pieces, or with more than three mouths into the vena cava."""

from __future__ import annotations

import math

import numpy as np

from pipeline.anatomy import AnatomyLimits
from pipeline.measures.components import find_components
from pipeline.measures.grids import count_shared, grow_box, same_grid, unite
from pipeline.measures.volumes import mask_volume_ml
from pipeline.structures import Role
from pipeline.study import Study
from pipeline.volume import Mask

SINGLE = (Role.HEPATIC_VEIN_RIGHT, Role.HEPATIC_VEIN_MIDDLE, Role.HEPATIC_VEIN_LEFT)
USUAL_MOUTHS = 3


def find_accessory_vein(study: Study, total: Mask, limits: AnatomyLimits) -> str | None:
    """Return what is odd about the hepatic veins, as a clause; None where nothing is, or too little is drawn to tell.

    - A single vein (right, middle, left) of which two or more 26-connected pieces of at least
      ``limits.hepatic_vein_piece_ml`` lie mostly in the liver.
    - More than three mouths: 26-connected patches of hepatic vein beside the vena cava, each at least as large in area
      as a circle of ``limits.accessory_vein_mm``. Middle and left vein often share one.
    """
    odd = [_find_pieces(study, role, total, limits.hepatic_vein_piece_ml) for role in SINGLE]
    mouths = _count_mouths(study, limits.accessory_vein_mm)
    if mouths > USUAL_MOUTHS:
        odd.append(f"{mouths} hepatic veins of at least {limits.accessory_vein_mm:g} mm enter the vena cava")
    return "; ".join(each for each in odd if each is not None) or None


def _drawn(study: Study, *roles: Role) -> list[Mask]:
    return [each.mask for each in study.segments_of(*roles) if not each.mask.is_empty]


def _find_pieces(study: Study, role: Role, total: Mask, least_ml: float) -> str | None:
    drawn = _drawn(study, role)
    if not drawn or not same_grid(drawn[0].grid, total.grid):
        return None
    pieces = [each for each in find_components(drawn[0], 26) if mask_volume_ml(each) >= least_ml]
    inside = [each for each in pieces if 2 * count_shared(each, total) > each.count]
    words = role.value.removeprefix("hepatic_vein_")
    return f"the {words} hepatic vein is drawn in {len(inside)} pieces" if len(inside) > 1 else None


def _count_mouths(study: Study, least_mm: float) -> int:
    """Return how many patches of hepatic vein lie beside the vena cava; 0 where either is not drawn."""
    veins, cava = _drawn(study, Role.HEPATIC_VEIN, *SINGLE), _drawn(study, Role.IVC)
    if not veins or not cava or not all(same_grid(mask.grid, cava[0].grid) for mask in veins):
        return 0
    box = grow_box(cava[0].box, (1, 1, 1))
    vessel = cava[0].within(box)
    near = _dilate(vessel) & ~vessel & unite(veins).within(box)
    start = (box[0].start, box[1].start, box[2].start)
    patches = find_components(Mask.from_array(cava[0].grid, near, start), 26)
    least = math.pi / 4 * least_mm**2
    return sum(_area_mm2(patch) >= least for patch in patches)


def _dilate(voxels: np.ndarray) -> np.ndarray:
    """Return a set of voxels with the neighbours of their faces."""
    grown = voxels.copy()
    for axis in range(3):
        lines, out = np.moveaxis(voxels, axis, 0), np.moveaxis(grown, axis, 0)
        out[1:] |= lines[:-1]
        out[:-1] |= lines[1:]
    return grown


def _area_mm2(patch: Mask) -> float:
    """Return the area of a layer one voxel thick: its volume over its mean thickness."""
    return mask_volume_ml(patch) * 1000 / float(np.cbrt(patch.grid.voxel_volume_mm3))
