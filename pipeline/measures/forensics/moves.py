"""When a fitted move is believed to be a shift of the mask."""

from __future__ import annotations

import numpy as np

from pipeline.forensic_limits import ForensicLimits
from pipeline.measures.forensics.comparison import Comparison
from pipeline.volume import Mask

ERRORS = 4.0
"""A move or a margin counts when it is this many times its standard error."""
LEAST_SIDE = 0.65
"""A move shows on both sides of the liver with at least this share of its limit; a margin on one side is no move."""
WORSE = 0.87
LOOSE_MM, LOOSE_SHARE = 0.5, 0.35
"""A place with less than this share of the agreement is no better one where edges scatter more than this about the fit:
by half a millimetre and a third of a voxel, as good outlines do."""


def is_moved(found: Comparison, axis: int, step_mm: float, limits: ForensicLimits, modality: str, mask: Mask) -> bool:
    """Tell whether the mask lies off along an axis by more than its limit and more than chance.

    Outside CT a small move along the slices has to show on both sides as well: muscle and lung at the dome make a thin
    layer whose edges lie off by up to 2.5 mm.
    """
    fit = found.fit
    assert fit is not None
    move = float(found.move_mm[axis])
    if abs(move) <= ERRORS * fit.move_errors_mm[axis]:
        return False
    large = abs(move) >= max(1.5 * step_mm, 2.5)
    along_slices = axis == mask.grid.slice_axis
    least = _least_move(limits, step_mm, along_slices=along_slices)
    sides = (fit.sides_mm[axis] + found.trial_mm[axis]) * np.sign(move)
    both = bool((sides >= LEAST_SIDE * least).all())
    if along_slices:
        return abs(move) >= least and (modality == "CT" or large or both)
    loose = fit.spread_mm > LOOSE_MM + LOOSE_SHARE * float(found.surface.steps_mm.mean())
    if loose and found.best.score < WORSE * found.here.score:
        return False
    if large or modality != "CT":
        return large
    return both and abs(move) >= least


def _least_move(limits: ForensicLimits, step_mm: float, *, along_slices: bool) -> float:
    """Return how far off in mm a mask must lie along an axis to be told."""
    if along_slices:
        return max(limits.slice_shift_slices * step_mm, limits.slice_shift_mm)
    return limits.in_plane_shift_voxels * step_mm
