"""What a plan takes of the liver and what it leaves, voxel by voxel: specimen, ablation zones, remnant, lesions left.

Every voxel of the total liver belongs to exactly one of the four, so that their counts add up to it whatever the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import NO_LESION, Ground
from pipeline.measures.grids import intersect, start_of, within_box
from pipeline.measures.plans.cells import Cells
from pipeline.plan import Plan
from pipeline.volume import Mask

States = NDArray[np.uint8]


class Fate(IntEnum):
    """What becomes of a voxel."""

    OUTSIDE = 0
    """No liver."""
    REMOVED = 1
    """In the specimen: liver and lesions."""
    ABLATED = 2
    """In an ablation zone and not in the specimen: liver and lesions."""
    REMNANT = 3
    """Liver tissue that stays."""
    LESION_LEFT = 4
    """Lesion that stays, untouched by specimen and ablation."""


@dataclass(frozen=True, eq=False)
class Taken:
    """The total liver under one plan.

    Parameters
    ----------
    total
        Liver with its lesions.
    states
        ``Fate`` of each voxel over the box of ``total``; ``OUTSIDE`` where there is no liver.
    """

    total: Mask
    states: States

    def mask(self, *fates: Fate) -> Mask:
        """Return the mask of the voxels of these fates, without shares of voxels."""
        held = np.zeros(len(Fate), dtype=np.bool_)
        held[list(fates)] = True
        return Mask.from_array(self.total.grid, held[self.states], self.total.offset)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Voxels of each fate, by its number."""
        return np.bincount(self.states.reshape(-1), minlength=len(Fate)).astype(np.int64)

    @property
    def removed(self) -> Mask:
        """The specimen, the lesions in it included."""
        return self.mask(Fate.REMOVED)

    @property
    def ablated(self) -> Mask:
        """The ablation zones outside of the specimen, the lesions in them included."""
        return self.mask(Fate.ABLATED)

    @property
    def kept(self) -> Mask:
        """What neither specimen nor ablation takes, the lesions in it included."""
        return self.mask(Fate.REMNANT, Fate.LESION_LEFT)

    @property
    def remnant(self) -> Mask:
        """Liver tissue that stays."""
        return self.mask(Fate.REMNANT)

    @property
    def lesions_left(self) -> Mask:
        """Lesions in what is kept."""
        return self.mask(Fate.LESION_LEFT)


def take(cells: Cells, ground: Ground, plan: Plan, specimen: Mask | None = None) -> Taken:
    """Return what a plan takes and leaves (docs/plans.md, *What a plan takes*).

    Removed: the plan's parts; the liver within ``wedge_mm`` of each of its wedges, the lesion included; what a drawn
    specimen holds of the liver. Ablated: the liver within ``ablation_mm`` of each ablated lesion, without what is
    removed.

    Parameters
    ----------
    cells, ground
        The liver voxel by voxel, and in atoms; of one study.
    specimen
        For a plan that is drawn: its specimen on the liver's grid. The plan's parts and wedges then take nothing.

    Raises
    ------
    ValueError
        For a part, a lesion or a margin that the ground does not have.
    """
    wedges: Sequence[str] = () if specimen is not None else plan.wedges
    gone = _find_parts(cells, ground, plan.parts) if specimen is None else specimen.within(cells.total.box)
    removed = gone | _find_near(cells, ground, wedges, plan.wedge_mm)
    ablated = _find_near(cells, ground, plan.ablated, plan.ablation_mm)
    states = np.full(cells.lesion.shape, Fate.REMNANT, dtype=np.uint8)
    states[cells.lesion != NO_LESION] = Fate.LESION_LEFT
    states[ablated] = Fate.ABLATED
    states[removed] = Fate.REMOVED
    states[~cells.total.voxels] = Fate.OUTSIDE
    return Taken(cells.total, states)


def find_level(ground: Ground, margin_mm: float) -> int:
    """Return the number of a margin among the ground's; ValueError where it is none of them."""
    found = [n for n, each in enumerate(ground.margins_mm) if abs(each - margin_mm) <= 1e-9]
    if not found:
        raise ValueError(f"{margin_mm:g} mm is none of the margins {ground.margins_mm} that lesions are grown by")
    return found[0]


def _find_parts(cells: Cells, ground: Ground, names: Sequence[str]) -> NDArray[np.bool_]:
    """Return which voxels lie in some parts."""
    unknown = set(names) - {part.name for part in ground.parts}
    if unknown:
        raise ValueError(f"no part of the liver is called {', '.join(sorted(unknown))}")
    numbers = [n for n, part in enumerate(ground.parts) if part.name in names]
    return np.isin(cells.part, np.array(numbers, dtype=cells.part.dtype))


def _find_near(cells: Cells, ground: Ground, lesions: Sequence[str], margin_mm: float) -> NDArray[np.bool_]:
    """Return which voxels of the liver lie within a margin of some lesions, the lesions included."""
    near = np.zeros(cells.total.voxels.shape, dtype=np.bool_)
    unknown = set(lesions) - set(ground.lesions)
    if unknown:
        raise ValueError(f"no lesion of the liver is called {', '.join(sorted(unknown))}")
    if not lesions:
        return near
    level = find_level(ground, margin_mm)
    for grown in cells.grown:
        shared = intersect(grown.box, cells.total.box) if grown.id in lesions else None
        if shared is not None:
            near[within_box(shared, cells.total.box)] |= grown.level[within_box(shared, grown.box)] <= level
    return near


def crop(taken: Taken, fates: Sequence[Fate], box: tuple[slice, slice, slice]) -> Mask:
    """Return the mask of the voxels of some fates within a box of the grid."""
    shared = intersect(box, taken.total.box)
    if shared is None:
        return Mask(taken.total.grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
    held = np.isin(taken.states[within_box(shared, taken.total.box)], [int(fate) for fate in fates])
    return Mask.from_array(taken.total.grid, held, start_of(shared))
