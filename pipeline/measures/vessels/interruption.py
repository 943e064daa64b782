"""Whether a vessel is interrupted at a lesion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.measures.grids import grow_box, intersect, within_box
from pipeline.volume import Mask

REACH = (1, 2, 2)
"""A piece reaches a lesion with at most one voxel between them in a plane of axis 0, and none between two planes."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """The 26-connected pieces of a vessel.

    Parameters
    ----------
    mask
        The vessel; not empty.
    least_voxels
        Pieces of fewer voxels are left out.
    """

    mask: Mask
    least_voxels: float

    @cached_property
    def labels(self) -> NDArray[np.uint32]:
        """Number of the piece of each voxel of the mask's box, 0 outside all of them."""
        import cc3d

        line = sorted(self.mask.voxels.shape)[1] == 1
        voxels = np.pad(self.mask.voxels, 1) if line else self.mask.voxels
        labels = np.asarray(cc3d.connected_components(voxels, connectivity=26, out_dtype=np.uint32))
        labels = labels[1:-1, 1:-1, 1:-1] if line else labels
        large = np.bincount(labels[self.mask.voxels]) >= self.least_voxels
        large[0] = False
        kept = labels if large[1:].all() else np.where(large[labels], labels, 0)
        return np.asarray(kept, dtype=np.uint32)

    @cached_property
    def count(self) -> int:
        """Number of pieces."""
        return int(np.count_nonzero(np.bincount(self.labels[self.mask.voxels])[1:]))

    def count_at(self, lesion: Mask) -> int:
        """Return how many pieces reach a lesion on the same grid."""
        box = intersect(grow_box(lesion.box, REACH), self.mask.box)
        if box is None or not (near := grow_by_reach(lesion, box) & self.mask.within(box)).any():
            return 0
        found = np.unique(self.labels[within_box(box, self.mask.box)][near])
        return int(np.count_nonzero(found))

    def is_reached(self, lesion: Mask) -> bool:
        """Tell whether any voxel of the vessel reaches a lesion on the same grid, those of small pieces included."""
        box = intersect(grow_box(lesion.box, REACH), self.mask.box)
        return box is not None and bool((grow_by_reach(lesion, box) & self.mask.within(box)).any())


def grow_by_reach(lesion: Mask, box: Box) -> NDArray[np.bool_]:
    """Return over a box what lies within reach of a lesion."""
    wide = lesion.within(grow_box(box, REACH))
    for axis in (1, 2):
        wide = _spread(wide, axis, REACH[axis])
    same = wide[REACH[0] : -REACH[0]]
    near = _spread(_spread(lesion.within(grow_box(box, (1, 1, 1))), 1, 1), 2, 1)
    return same | near[:-2] | near[2:]


def _spread(voxels: NDArray[np.bool_], axis: int, reach: int) -> NDArray[np.bool_]:
    """Return along one axis what lies within reach of a set voxel, without the margin of that width."""
    size = voxels.shape[axis] - 2 * reach
    front = (slice(None),) * axis
    out = voxels[(*front, slice(0, size))].copy()
    for step in range(1, 2 * reach + 1):
        out |= voxels[(*front, slice(step, step + size))]
    return out
