"""Connected components of voxel sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box, Geometry, Index3
from pipeline.measures.shares import split_shares
from pipeline.volume import Mask

CONNECTIVITIES: dict[int, Literal[6, 18, 26]] = {6: 6, 18: 18, 26: 26}


def find_components(mask: Mask, connectivity: int) -> tuple[Mask, ...]:
    """Return the connected components of a mask, each with its own part of the shares of voxels.

    Parameters
    ----------
    connectivity
        6, 18 or 26 neighbours.

    Raises
    ------
    KeyError
        For another number of neighbours.
    """
    if mask.is_empty:
        return ()
    import cc3d

    voxels = _padded(mask)
    margin = (voxels.shape[0] - mask.voxels.shape[0]) // 2
    labels, count = cc3d.connected_components(voxels, connectivity=CONNECTIVITIES[connectivity], return_N=True)
    if count == 1:
        return (mask,)
    boxes = cc3d.statistics(labels, no_slice_conversion=False)["bounding_boxes"]
    first = (mask.offset[0] - margin, mask.offset[1] - margin, mask.offset[2] - margin)
    parts = [_part(mask.grid, first, labels, label, boxes[label]) for label in range(1, count + 1)]
    return split_shares(mask, parts)


def is_scattered(masks: Sequence[Mask], most: int, most_voxels: int) -> bool:
    """Tell whether masks fall into more 6-connected components, or these into larger boxes, than can be looked at.

    Parameters
    ----------
    most
        Components of all masks together.
    most_voxels
        Voxels of the boxes of these components together.
    """
    import cc3d

    total = voxels = 0
    for mask in masks:
        labels, count = cc3d.connected_components(_padded(mask), connectivity=6, return_N=True)
        total += count
        if total > most:
            return True
        boxes = cc3d.statistics(labels, no_slice_conversion=True)["bounding_boxes"][1:].astype(np.int64)
        voxels += int((boxes[:, 1::2] - boxes[:, 0::2] + 1).prod(axis=1).sum())
    return voxels > most_voxels


def _padded(mask: Mask) -> NDArray[np.bool_]:
    """Return the voxels of a mask, with a margin where they are one line: cc3d 4.1 fails on these."""
    return np.pad(mask.voxels, 1) if sorted(mask.voxels.shape)[1] == 1 else mask.voxels


def _part(grid: Geometry, first: Index3, labels: NDArray[np.unsignedinteger], label: int, box: Box) -> Mask:
    """Return one labelled component as a mask; ``first`` is the grid index of the first label."""
    offset = (first[0] + int(box[0].start), first[1] + int(box[1].start), first[2] + int(box[2].start))
    return Mask.from_array(grid, labels[box] == label, offset)
