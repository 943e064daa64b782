"""Connected components of voxel sets, and how many there would be if thin necks were cut."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box, Geometry, Index3
from pipeline.measures.shares import split_shares
from pipeline.volume import Mask

NEIGHBOURS = tuple(tuple(sign if i == axis else 0 for i in range(3)) for axis in range(3) for sign in (-1, 1))
"""The six face neighbours: -slice, +slice, -row, +row, -column, +column."""
BRIDGES = tuple((a, b) for a, b in product(range(6), repeat=2) if a < b and a // 2 != b // 2)
"""Pairs of face neighbours at right angles: joined through the edge neighbour between them."""


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


def count_pieces(mask: Mask, min_voxels: float) -> int:
    """Return the number of 6-connected pieces of at least ``min_voxels`` after all one-voxel necks are cut; at least 1.

    A one-voxel neck is a voxel whose set face neighbours hang together only through it: among its 18 neighbours they
    form two or more 6-connected groups (the topological number of digital topology, Bertrand and Malandain 1994). A
    ring one voxel thick falls apart as well, which errs towards the higher count.
    """
    import cc3d

    padded = np.pad(mask.voxels, 1)
    places = np.argwhere(padded & ~_inner(padded))
    necks = places[_groups(padded, places) > 1]
    padded[tuple(necks.T)] = False
    labels, count = cc3d.connected_components(padded, connectivity=6, return_N=True)
    if count <= 1:
        return 1
    sizes = cc3d.statistics(labels)["voxel_counts"][1:]
    return max(1, int(np.count_nonzero(sizes >= min_voxels)))


def _padded(mask: Mask) -> NDArray[np.bool_]:
    """Return the voxels of a mask, with a margin where they are one line: cc3d 4.1 fails on these."""
    return np.pad(mask.voxels, 1) if sorted(mask.voxels.shape)[1] == 1 else mask.voxels


def _part(grid: Geometry, first: Index3, labels: NDArray[np.unsignedinteger], label: int, box: Box) -> Mask:
    """Return one labelled component as a mask; ``first`` is the grid index of the first label."""
    offset = (first[0] + int(box[0].start), first[1] + int(box[1].start), first[2] + int(box[2].start))
    return Mask.from_array(grid, labels[box] == label, offset)


def _inner(padded: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the voxels whose six face neighbours are all set."""
    core = padded.copy()
    for axis in range(3):
        core &= np.roll(padded, 1, axis) & np.roll(padded, -1, axis)
    return core


def _groups(padded: NDArray[np.bool_], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of groups that the set face neighbours of each voxel form among its 18 neighbours."""
    steps = np.array(NEIGHBOURS)
    present = np.stack([padded[tuple((places + step).T)] for step in steps], axis=1)
    names = np.where(present, np.arange(6), 6)
    joined = [
        (a, b, present[:, a] & present[:, b] & padded[tuple((places + steps[a] + steps[b]).T)]) for a, b in BRIDGES
    ]
    for _ in range(3):
        for a, b, link in joined:
            lower = np.minimum(names[:, a], names[:, b])
            names[:, a] = np.where(link, lower, names[:, a])
            names[:, b] = np.where(link, lower, names[:, b])
    return np.asarray((names == np.arange(6)).sum(axis=1), dtype=np.int64)
