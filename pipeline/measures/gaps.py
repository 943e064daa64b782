"""Slices that are missing inside a structure: frames that were left out though the structure goes through them.

Only empty slices along the axis of acquisition count, and only between two sections that lie above each other: at
least half of the smaller one's voxels lie over the other. Nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.boundary import Voxels
from pipeline.volume import Mask

LEAST_SHARE = 0.005
"""Share of a structure that its empty slices have to lack before it is called incomplete."""
SCRAP_SHARE = 0.01
"""A piece of less than this share of a structure, thinner than the gap beside it, is a stray piece: no part of it."""


@dataclass(frozen=True)
class Gap:
    """A run of empty slices between two that are not; indices in the array of voxels.

    Parameters
    ----------
    first, stop
        First empty slice, and the first one after it that is not.
    """

    first: int
    stop: int

    @property
    def length(self) -> int:
        """Number of empty slices."""
        return self.stop - self.first


@dataclass(frozen=True, eq=False)
class Joined:
    """Parts of a mask joined across its empty slices.

    Parameters
    ----------
    bodies
        The parts of each body.
    slices, runs
        Empty slices between joined parts, and the runs they make.
    """

    bodies: list[list[Mask]]
    slices: int
    runs: int


def has_gaps(mask: Mask) -> bool:
    """Tell whether any slice between a mask's first and last one is empty."""
    return not _along_slices(mask).any(axis=(1, 2)).all()


def count_missing_slices(mask: Mask, filling: Mask | None = None) -> int:
    """Return how many slices are missing inside a structure that is one body; 0 where that lacks next to nothing.

    Parameters
    ----------
    filling
        What fills the structure where its own mask leaves it out, on the same grid: lesions of the liver. A slice that
        they fill at least half is not missing.
    """
    voxels = _along_slices(mask)
    filled = np.zeros(len(voxels), dtype=np.int64) if filling is None else _sections(filling.within(mask.box), mask)
    slices = lacking = 0
    for gap in _find_gaps(voxels):
        below, above = voxels[gap.first - 1], voxels[gap.stop]
        if not _lie_above(below, above) or not _is_one_body(voxels, gap):
            continue
        section = min(int(np.count_nonzero(below)), int(np.count_nonzero(above)))
        missing = int(np.count_nonzero(2 * filled[gap.first : gap.stop] < section))
        slices, lacking = slices + missing, lacking + missing * section
    return slices if lacking >= LEAST_SHARE * mask.count else 0


def join_across_gaps(mask: Mask, parts: Sequence[Mask]) -> Joined:
    """Return the bodies that parts of a mask make when they are joined across its empty slices.

    Two parts that face each other across empty slices are joined when their sections lie above each other and the gap
    is no longer than the longer of them.

    Parameters
    ----------
    parts
        Connected components of the mask, in the order in which the bodies are returned.
    """
    owner = list(range(len(parts)))
    slices = runs = 0
    for gap in _find_gaps(_along_slices(mask)):
        pairs = _facing(mask, parts, gap)
        slices, runs = slices + gap.length * bool(pairs), runs + bool(pairs)
        for a, b in pairs:
            kept, lost = sorted((owner[a], owner[b]))
            owner = [kept if body == lost else body for body in owner]
    bodies = [[part for part, own in zip(parts, owner, strict=True) if own == body] for body in sorted(set(owner))]
    return Joined(bodies, slices, runs)


def _facing(mask: Mask, parts: Sequence[Mask], gap: Gap) -> list[tuple[int, int]]:
    """Return the pairs of parts that face each other across a gap."""
    axis, start = mask.grid.slice_axis, mask.offset[mask.grid.slice_axis]
    below = [n for n, part in enumerate(parts) if part.box[axis].stop == start + gap.first]
    above = [n for n, part in enumerate(parts) if part.box[axis].start == start + gap.stop]
    pairs = []
    for a in below:
        for b in above:
            thickest = max(parts[a].voxels.shape[axis], parts[b].voxels.shape[axis])
            if gap.length <= thickest and _lie_above(_section(parts[a], mask, -1), _section(parts[b], mask, 0)):
                pairs.append((a, b))
    return pairs


def _section(part: Mask, mask: Mask, which: int) -> Voxels:
    """Return the first (0) or last (-1) section of a part over the plane of a mask's box."""
    box = list(mask.box)
    box[mask.grid.slice_axis] = part.box[mask.grid.slice_axis]
    plane: Voxels = np.moveaxis(part.within((box[0], box[1], box[2])), mask.grid.slice_axis, 0)[which]
    return plane


def _find_gaps(voxels: Voxels) -> list[Gap]:
    """Return the runs of empty slices between slices that are not."""
    used = np.flatnonzero(voxels.any(axis=(1, 2)))
    return [Gap(int(last) + 1, int(after)) for last, after in pairwise(used) if after - last > 1]


def _lie_above(first: Voxels, second: Voxels) -> bool:
    """Tell whether at least half of the smaller of two sections lies over the other."""
    smaller = min(int(np.count_nonzero(first)), int(np.count_nonzero(second)))
    return 2 * int(np.count_nonzero(first & second)) >= smaller > 0


def _is_one_body(voxels: Voxels, gap: Gap) -> bool:
    """Tell whether what lies on both sides of a gap is more than a stray piece."""
    total = int(np.count_nonzero(voxels))
    for side in (voxels[: gap.first], voxels[gap.stop :]):
        if int(np.count_nonzero(side)) < SCRAP_SHARE * total and len(side) < gap.length:
            return False
    return True


def _along_slices(mask: Mask) -> Voxels:
    """Return a mask's voxels with the slices along axis 0."""
    return np.moveaxis(mask.voxels, mask.grid.slice_axis, 0)


def _sections(voxels: Voxels, mask: Mask) -> NDArray[np.int64]:
    """Return the number of set voxels in each slice."""
    others = tuple(axis for axis in range(3) if axis != mask.grid.slice_axis)
    return np.asarray(np.count_nonzero(voxels, axis=others), dtype=np.int64)
