"""Hepatic veins beyond the usual three, seen again: a single vein in pieces, or a fourth mouth into the vena cava."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from pipeline.report import Report
from pipeline.verify.components import split
from pipeline.verify.solid import Solid, shared_count, together
from pipeline.verify.study_files import SecondReading

SINGLE = ("hepatic_vein_right", "hepatic_vein_middle", "hepatic_vein_left")
USUAL = 3


def has_accessory_vein(second: SecondReading, total: Solid, report: Report) -> bool:
    """Tell whether a vein lies in several large pieces in the liver, or more than three large ones meet the cava."""
    settings = report.provenance.settings
    piece_ml, mouth_mm = settings.get("hepatic_vein_piece_ml"), settings.get("accessory_vein_mm")
    if not isinstance(piece_ml, float) or not isinstance(mouth_mm, float):
        return False
    veins = [solid for name in SINGLE if (solid := second.first(name)) is not None and solid.grid is total.grid]
    if any(_count_pieces(vein, total, piece_ml) > 1 for vein in veins):
        return True
    everything = [solid for name in ("hepatic_vein", *SINGLE) if (solid := second.first(name)) is not None]
    cava = second.first("ivc")
    if cava is None or not everything or any(solid.grid is not cava.grid for solid in everything):
        return False
    return _count_mouths(together(everything), cava, mouth_mm) > USUAL


def _count_pieces(vein: Solid, total: Solid, least_ml: float) -> int:
    voxel_ml = float(vein.grid.voxel_mm3) / 1000
    large = [piece for piece in split(vein, 26) if piece.count * voxel_ml >= least_ml]
    return sum(2 * shared_count(piece, total) > piece.count for piece in large)


def _count_mouths(veins: Solid, cava: Solid, least_mm: float) -> int:
    """Return how many patches of vein, one voxel beside the cava's faces, are as large as a circle."""
    low, high = cava.box()
    low, high = low - 1, high + 1
    vessel = cava.over(low, high)
    beside = ndimage.binary_dilation(vessel, ndimage.generate_binary_structure(3, 1)) & ~vessel & veins.over(low, high)
    labels, count = ndimage.label(beside, np.ones((3, 3, 3)))
    voxel_mm3 = float(cava.grid.voxel_mm3)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:] * voxel_mm3 / np.cbrt(voxel_mm3)
    return int((areas >= np.pi / 4 * least_mm**2).sum())
