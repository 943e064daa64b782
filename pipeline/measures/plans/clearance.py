"""How far a lesion lies from the border between every two parts of the liver."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Points
from pipeline.ground import NO_PART, Flags, Floats
from pipeline.measures.grids import grow_box, intersect, within_box
from pipeline.measures.plans.nearness import Near
from pipeline.volume import Box

Numbers = NDArray[np.int64]
Labels = NDArray[np.int8]


def find_touching(part: Labels, count: int) -> Flags:
    """Tell which of two different parts have voxels with a common face, shape (parts, parts).

    Parameters
    ----------
    part
        Number of each voxel's part, or ``NO_PART``.
    count
        Of parts.
    """
    met = np.zeros((count + 1) ** 2, dtype=np.bool_)
    for axis in range(3):
        lines = np.moveaxis(part, axis, 0)
        one, other = lines[:-1], lines[1:]
        differs = one != other
        met[one[differs].astype(np.int64) * (count + 1) + other[differs] + count + 2] = True
    touching = met.reshape(count + 1, count + 1)[1:, 1:]
    return np.asarray((touching | touching.T) & ~np.eye(count, dtype=np.bool_))


def measure_clearance(near: Near, part: Labels, outer: Box, count: int) -> Floats:
    """Return the smallest distance of a lesion to where part t meets part u, or no liver (``Ground.clearance_mm``).

    Parts meet at the mid-points of the grid edges between their voxels. Of those that bounds leave open only some are
    measured.

    Parameters
    ----------
    part
        Number of each voxel's part over the box ``outer``, or ``NO_PART``.
    count
        Of parts.

    Returns
    -------
    clearance
        Shape (parts, parts + 1), mm; infinite beyond ``near.reach_mm`` less half a step of the grid.
    """
    found = np.full(count * (count + 1), np.inf)
    places, pairs, low, high = _find_meetings(near, part, outer, count)
    least = np.full_like(found, np.inf)
    np.minimum.at(least, pairs, high)
    open_ = low <= least[pairs]
    if open_.any():
        np.minimum.at(found, pairs[open_], near.measure(places[open_]))
    return found.reshape(count, count + 1)


def _find_meetings(near: Near, part: Labels, outer: Box, count: int) -> tuple[Points, Numbers, Floats, Floats]:
    """Return the mid-points at which parts meet near a lesion, as indices of its box.

    With them the number of the pair (t, u) of parts, and the least and the largest distance that they may be at.
    """
    around = _cut_out(part, near.box, outer)
    own = around[1:-1, 1:-1, 1:-1]
    found = [_meet(near, own, around, axis, side, count) for axis in range(3) for side in (-1, 1)]
    places, pairs, low, high = (np.concatenate([each[n] for each in found]) for n in range(4))
    return places, pairs, low, high


def _meet(
    near: Near, own: Labels, around: Labels, axis: int, side: int, count: int
) -> tuple[Points, Numbers, Floats, Floats]:
    """Return the same for the edges from each voxel of the box to its neighbour on one side along an axis."""
    middle = [slice(1, -1)] * 3
    middle[axis] = slice(0, -2) if side < 0 else slice(2, None)
    beside = around[tuple(middle)]
    at = np.nonzero((own != beside) & (own != NO_PART) & (near.squared <= near.limit))
    mine, theirs = own[at].astype(np.int64), beside[at].astype(np.int64)
    pairs = mine * (count + 1) + np.where(theirs == NO_PART, count, theirs)
    places = np.stack(at, axis=1).astype(np.float64)
    places[:, axis] += side / 2
    here, half = np.sqrt(near.squared[at].astype(np.float64)), near.half_step_mm
    return places, pairs, near.straight.low_mm(here) - half, near.straight.high_mm(here) + half


def _cut_out(part: Labels, box: Box, outer: Box) -> Labels:
    """Return the parts over a box and one voxel more on every side."""
    around = grow_box(box, (1, 1, 1))
    found = np.full([each.stop - each.start for each in around], NO_PART, dtype=np.int8)
    shared = intersect(around, outer)
    if shared is not None:
        found[within_box(shared, around)] = part[within_box(shared, outer)]
    return found
