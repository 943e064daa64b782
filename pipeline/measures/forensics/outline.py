"""What a mask shows without its image: steps of a coarser grid, specks, the whole image marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cc3d
import numpy as np
from numpy.typing import NDArray

from pipeline.measures.forensics.surface import Values
from pipeline.volume import Mask

SPECK_MM3 = 100.0
"""An island or hole up to 0.1 mL is smaller than any part of a liver that is drawn on purpose."""
EMPTY_SHARE = 0.05
"""A plane between voxels with less than this share of what its neighbours have carries no boundary."""
LEAST_CROSSINGS = 12.0
"""Mean number of boundary crossings per plane below which nothing is said of steps."""
LEAST_PLANES = 6


@dataclass(frozen=True)
class Steps:
    """A mask whose boundary crosses only some of the planes between voxels along one axis.

    Parameters
    ----------
    factor
        Voxels of the mask's grid per step of the grid it seems to be drawn on.
    at_stake_ml
        Faces along the axis times a quarter of a step: the mean distance of a step's face from a smooth boundary.
    """

    axis: int
    factor: float
    at_stake_ml: float


@dataclass(frozen=True)
class Specks:
    """Islands and holes of a mask that are too small to be meant, and their volume in mL."""

    islands: int
    holes: int
    volume_ml: float


def find_steps(mask: Mask) -> tuple[Steps, ...]:
    """Return the axes along which a mask is built of whole blocks of a coarser grid (nearest-neighbour upsampling).

    Not those along which it is known that only every second, third ... slice was drawn.
    """
    asked = [axis for axis in range(3) if mask.steps[axis] == 1]
    return tuple(found for axis in asked if (found := _find_steps(mask, axis)) is not None)


def _find_steps(mask: Mask, axis: int) -> Steps | None:
    """Return the steps along an axis: planes without a crossing alternate with planes that have many."""
    voxels = mask.voxels
    if voxels.shape[axis] < LEAST_PLANES:
        return None
    low = np.take(voxels, range(voxels.shape[axis] - 1), axis)
    high = np.take(voxels, range(1, voxels.shape[axis]), axis)
    crossings = np.count_nonzero(low != high, axis=tuple(a for a in range(3) if a != axis))
    if crossings.mean() < LEAST_CROSSINGS:
        return None
    usual = _moving_mean(crossings.astype(np.float64))
    asked = usual >= LEAST_CROSSINGS / 2
    empty = asked & (crossings < EMPTY_SHARE * usual)
    share = float(empty.sum() / max(int(asked.sum()), 1))
    if share < 0.25:
        return None
    spacing = float(mask.grid.spacing_mm[axis])
    factor = 1 / max(1 - share, 0.02)
    area = float(crossings.sum()) * mask.grid.voxel_volume_mm3 / spacing
    return Steps(axis, factor, area * factor * spacing / 4 / 1000)


def _moving_mean(values: Values, width: int = 9) -> Values:
    """Return the mean over neighbours; fewer of them at the ends."""
    kernel = np.ones(min(width, len(values)))
    weight = np.convolve(np.ones(len(values)), kernel, mode="same")
    return np.asarray(np.convolve(values, kernel, mode="same") / weight, dtype=np.float64)


def find_specks(mask: Mask) -> Specks:
    """Return the tiny islands beside a mask and the tiny holes in it."""
    padded = np.pad(mask.voxels, 1)
    voxel = mask.grid.voxel_volume_mm3
    islands, inside = _count_small(padded, 26, voxel)
    holes, lost = _count_small(~padded, 6, voxel)
    return Specks(islands, holes, (inside + lost) / 1000)


def _count_small(voxels: NDArray[np.bool_], connectivity: Literal[6, 26], voxel_mm3: float) -> tuple[int, float]:
    """Return number and volume in mm3 of the small components of a voxel set, its largest one apart."""
    labels, count = cc3d.connected_components(voxels, connectivity=connectivity, return_N=True)
    if count < 2:
        return 0, 0.0
    sizes = cc3d.statistics(labels)["voxel_counts"][1:].astype(np.float64) * voxel_mm3
    small = sizes[(sizes <= SPECK_MM3) & (np.arange(len(sizes)) != sizes.argmax())]
    return len(small), float(small.sum())


def fills_image(mask: Mask, percent: float) -> bool:
    """Tell whether a mask covers so much of its grid that it cannot be one organ."""
    return mask.count >= percent / 100 * float(np.prod(mask.grid.shape))
