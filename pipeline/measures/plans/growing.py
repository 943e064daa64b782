"""Lesions grown by margins: which voxels of the liver lie within each margin of a lesion's half-level surface.

The surface's points are mid-points of grid edges. Far from a lesion the outermost of its stairs decide: a grown ball is
up to a fifth of a voxel thicker than a ball that is larger by the margin; within a voxel of it, up to a fifth thinner.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import BEYOND
from pipeline.measures.plans.cells import Grown
from pipeline.measures.plans.nearness import Near

EQUAL_MM = 1e-5
"""Distances that exceed a margin by no more than this lie within it: files hold grids in decimal digits or 32 bits."""


def grow(name: str, near: Near, margins_mm: Sequence[float]) -> Grown:
    """Return the levels of the voxels of the liver near a lesion (``Grown``), exactly, on any grid.

    Where the bounds of the distance leave open on which side of a margin a voxel lies, it is measured.

    Parameters
    ----------
    margins_mm
        Ascending; none is larger than ``near.reach_mm``.
    """
    low, high = (_count_passed(near, _limits(near, margins_mm, surely=surely)) for surely in (False, True))
    own = near.mask.within(near.box)
    open_ = np.flatnonzero((low != high) & near.total & ~own)
    if len(open_):
        index = np.stack(np.unravel_index(open_, low.shape), axis=1).astype(np.float64)
        limits = np.array(margins_mm) + EQUAL_MM
        low.reshape(-1)[open_] = np.searchsorted(limits, near.measure(index), side="left")
    low[own] = 0
    low[(low == len(margins_mm)) | ~near.total] = BEYOND
    return Grown(name, near.box, low)


def _limits(near: Near, margins_mm: Sequence[float], *, surely: bool) -> NDArray[np.float32]:
    """Return the squares up to which voxels lie within each margin, for certain or at best; negative where none do."""
    bound = near.straight.surely_mm if surely else near.straight.possibly_mm
    limits = np.array([bound(margin + EQUAL_MM) for margin in margins_mm])
    return np.asarray(np.sign(limits) * limits**2, dtype=np.float32)


def _count_passed(near: Near, limits: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return for each voxel how many of the limits its square exceeds."""
    passed = np.zeros(near.squared.shape, dtype=np.int8)
    for limit in limits:
        passed += near.squared > limit
    return passed
