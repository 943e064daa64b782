"""The total liver voxel by voxel, as plans see it: its part, its lesion, its distance from each lesion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import Tree
from pipeline.volume import Box, Index3, Mask


@dataclass(frozen=True, eq=False)
class Grown:
    """What lies near one lesion.

    Parameters
    ----------
    id
        Of the lesion.
    box
        In the grid; holds every voxel of the total liver within the largest margin.
    level
        Over ``box``, int8: number of the smallest margin (``Ground.margins_mm``) within which a voxel's centre lies of
        the lesion's half-level surface; 0 inside the lesion, ``BEYOND`` farther away and outside the total liver.
    """

    id: str
    box: Box
    level: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Cells:
    """Arrays over the box of the total liver.

    Parameters
    ----------
    part
        Number of the part, ``NO_PART`` where there is none and outside the liver.
    lesion
        Number of the lesion, ``NO_LESION`` elsewhere.
    grown
        One for each lesion, in order.
    """

    total: Mask
    part: NDArray[np.int8]
    lesion: NDArray[np.int16]
    grown: tuple[Grown, ...]


@dataclass(frozen=True, eq=False)
class Forest:
    """The vessels of a liver as trees, and the branch nearest to each voxel.

    Parameters
    ----------
    trees
        By name, as ``Ground.trees``.
    inflow, outflow
        Number of the nearest branch of that tree, block by block: a voxel ``(a, b, c)`` of the total liver's box lies
        in block ``(a // step[0], b // step[1], c // step[2])``. None where the tree tells nothing.
    step
        Voxels of a block along each axis.
    """

    trees: Mapping[str, Tree]
    inflow: NDArray[np.int32] | None = None
    outflow: NDArray[np.int32] | None = None
    step: Index3 = (1, 1, 1)
