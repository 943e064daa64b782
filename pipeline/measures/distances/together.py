"""Distances of many pairs of surfaces on one straight grid at once; exact, and pruned.

All structures are laid out apart from each other in one tree, and every body is looked up beside each of them. What
counts is decided by the definitions alone; bounds only leave out what cannot matter:

- a block of a body whose middle is farther from the structure than the nearest voxel and its own radius allow;
- a voxel whose nearest one on the other side is farther than the nearest pair by more than two crossings, or the
  interval's low end, can use.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.distances.crowd import Crowd, Voxels
from pipeline.measures.distances.distance import Distance, Reach
from pipeline.measures.distances.facing import Facing, Pairs, find_facing, move_inward
from pipeline.measures.distances.joined import join_crossings, lengths_of
from pipeline.measures.distances.matching import Found, Matching
from pipeline.measures.distances.near_cells import Near, find_near
from pipeline.measures.distances.ragged import first_of, least_of
from pipeline.measures.distances.surface import Surface
from pipeline.volume import Points

Lengths = NDArray[np.float64]
APART = 4
"""Structures are laid out at this multiple of the size of all that is looked at."""


def compare_together(
    bodies: Sequence[Surface], others: Sequence[Surface], asked: Sequence[tuple[int, int, Reach]]
) -> list[Distance]:
    """Return the distances of pairs that share no voxel.

    Parameters
    ----------
    bodies, others
        On one straight grid.
    asked
        Numbers of body and structure, and which of their voxels may matter; in ascending order of the structure.
    """
    crowd = Crowd(tuple(bodies))
    body, other = (np.array([pair[n] for pair in asked], dtype=np.int64) for n in range(2))
    reaches = [pair[2] for pair in asked]
    margins = np.array([reach.margin for reach in reaches])
    starts = first_of(other)
    stops = np.append(starts[1:], len(other))
    near = [find_near(crowd, body[a:b], others[other[a]], margins[a:b]) for a, b in zip(starts, stops, strict=True)]
    owner = np.repeat(np.arange(len(starts)), stops - starts)
    joined = (np.concatenate([getattr(each, name) for each in near]) for name in ("at_most_mm", "low_mm", "high_mm"))
    pairs = Pairs(body, owner, reaches, *joined)
    drawn = _draw([others[other[a]] for a in starts], near, crowd, pairs)
    facing = find_facing(crowd, drawn, pairs)
    return _measure(crowd.voxels, drawn, pairs, facing)


def _draw(others: Sequence[Surface], near: Sequence[Near], crowd: Crowd, pairs: Pairs) -> Voxels:
    """Return the boundary voxels of structures that may matter, the structures apart from each other."""
    reach = crowd.reaches_mm[:, None]
    low = min(float(pairs.low_mm.min()), float((crowd.middles_mm - reach).min()))
    high = max(float(pairs.high_mm.max()), float((crowd.middles_mm + reach).max()))
    apart = np.zeros((len(others), 3))
    apart[:, 0] = np.arange(len(others)) * APART * (high - low + 1.0)
    parts = tuple(
        other.shell if "shell" in vars(other) else other.draw(each.cells, solid=False)
        for other, each in zip(others, near, strict=True)
    )
    return Voxels(others[0].mask.grid, parts, apart)


def _measure(own: Voxels, drawn: Voxels, pairs: Pairs, facing: Facing) -> list[Distance]:
    """Return the distances of all pairs from the voxels that face each other."""
    lengths = lengths_of(own.at_mm[facing.row] - drawn.at_mm[facing.nearest])
    best = least_of(lengths, first_of(facing.pair))
    high = lengths[best]
    moved = move_inward(own, drawn, facing.row, facing.nearest, facing.pair, pairs)
    matching = Matching(own, drawn, pairs, facing, high)
    low = matching.find_low(np.minimum.reduceat(moved, first_of(facing.pair)))
    known = join_crossings(own, drawn, facing.row[best], facing.nearest[best])
    across = np.minimum(np.minimum.reduceat(known.lengths, first_of(known.place)), high)
    ends = _find_ends(own, drawn, matching.find_crossed(across))
    return [
        Distance(min(max(float(np.linalg.norm(two[0] - two[1])), least), most), least, most, two)
        for two, least, most in zip(ends, low.tolist(), high.tolist(), strict=True)
    ]


def _find_ends(own: Voxels, drawn: Voxels, found: Found) -> Points:
    """Return the nearest crossings of all pairs, LPS mm, shape (n, 2, 3); of equally near ones the first."""
    row, pair, column = found
    joined = join_crossings(own, drawn, row, column)
    pair = pair[joined.place]
    shortest = np.flatnonzero(joined.lengths == np.minimum.reduceat(joined.lengths, first_of(pair))[pair])
    voxel, pair = joined.place[shortest], pair[shortest]
    order = np.lexsort((joined.sides[1][shortest], column[voxel], joined.sides[0][shortest], row[voxel], pair))
    return joined.ends_mm[shortest[order[first_of(pair[order])]]]
