"""Vessels and cavities that a liver mask leaves out, filled (docs/measurements.md, *Distances*)."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from pipeline.verify.distances import WHOLE
from pipeline.verify.solid import Solid
from pipeline.verify.study_files import SecondReading


def fill_holes(second: SecondReading, total: Solid) -> Solid:
    """Return a liver with vessels and bile ducts that it encloses, and all its cavities, filled."""
    names = (*WHOLE["portal_vein"], *WHOLE["hepatic_vein"], *WHOLE["bile_duct"], "liver_vessel", "hepatic_artery")
    low, high = total.box()
    voxels = total.over(low, high)
    vessels = np.zeros_like(voxels)
    for each in second.of(*names):
        if each.solid.grid is total.grid and each.solid.count:
            vessels |= each.solid.over(low, high)
    held = np.zeros(voxels.shape, dtype=int)
    for axis in range(3):
        along = np.moveaxis(voxels, axis, 0)
        before, after = (np.logical_or.accumulate(each, axis=0) for each in (along, along[::-1]))
        held += np.moveaxis(before & after[::-1], 0, axis)
    vessels &= held > 1
    return Solid(total.grid, low, ndimage.binary_fill_holes(voxels | vessels))
