"""Distances of many pairs of surfaces on one straight grid at once; exact, and pruned.

All structures are laid out apart from each other in one tree, and every body is looked up beside each of them. What
counts is decided by the definitions alone; bounds only leave out what cannot matter:

- a block of a body whose middle is farther from the structure than the nearest voxel and its own radius allow;
- a voxel whose nearest one on the other side is farther than the nearest pair by more than two crossings, or the
  interval's low end, can use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.distances.crowd import Crowd, Voxels
from pipeline.measures.distances.distance import SLACK_MM, Distance, Reach
from pipeline.measures.distances.interval import bound_steps, moved_inward
from pipeline.measures.distances.near_cells import Near, find_near
from pipeline.measures.distances.ragged import Rows, first_of, lay_out, least_of
from pipeline.measures.distances.surface import Surface
from pipeline.volume import Points

Lengths = NDArray[np.float64]
APART = 4
"""Structures are laid out at this multiple of the size of all that is looked at."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of a body and a structure.

    Parameters
    ----------
    body, other
        Their numbers; in ascending order of the structure.
    at_most
        A distance in mm that the nearest voxels do not exceed.
    low_mm, high_mm
        The box that holds the structure's voxels that matter, LPS mm.
    """

    body: Rows
    other: Rows
    reaches: Sequence[Reach]
    at_most: Lengths
    low_mm: Points
    high_mm: Points

    @property
    def crossing(self) -> Lengths:
        """How much nearer crossings can be to each other than their voxels, mm."""
        return np.array([reach.crossing for reach in self.reaches])


@dataclass(frozen=True, eq=False)
class Facing:
    """Voxels of the bodies that may matter, in ascending order of their pair, then of their number.

    Parameters
    ----------
    pair, row
        Number of the pair, and of the voxel.
    gap, nearest
        Distance in mm to the structure's nearest voxel, and its number.
    """

    pair: Rows
    row: Rows
    gap: Lengths
    nearest: Rows

    def kept(self, limit: Lengths) -> Facing:
        """Return the voxels whose gap does not exceed the limit of their pair."""
        keep = self.gap <= limit[self.pair] + SLACK_MM
        return Facing(self.pair[keep], self.row[keep], self.gap[keep], self.nearest[keep])


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
    facing = _find_facing(crowd, drawn, pairs)
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


def _find_facing(crowd: Crowd, drawn: Voxels, pairs: Pairs) -> Facing:
    """Return the voxels of each body that lie nearest to the structure, as far as two crossings can matter."""
    blocks, margin = crowd.blocks, np.array([reach.margin for reach in pairs.reaches])
    counts = crowd.block_counts[pairs.body]
    block, pair = lay_out(crowd.block_starts[pairs.body], counts), np.repeat(np.arange(len(counts)), counts)
    limit = pairs.at_most + margin + SLACK_MM
    keep = _box_gaps(blocks.at_mm[block], pairs, pair) <= limit[pair] + blocks.radius_mm[block]
    block, pair = block[keep], pair[keep]
    gaps, _ = _look_up(drawn, blocks.at_mm[block], pair, pairs, limit[pair] + blocks.radius_mm[block])
    limit = np.minimum(pairs.at_most, np.minimum.reduceat(gaps, first_of(pair))) + margin + SLACK_MM
    keep = gaps <= limit[pair] + blocks.radius_mm[block]
    block, pair = block[keep], pair[keep]
    counts = blocks.counts[block]
    row, pair = blocks.rows[lay_out(blocks.starts[block], counts)], np.repeat(pair, counts)
    gaps, nearest = _look_up(drawn, crowd.voxels.at_mm[row], pair, pairs, limit[pair])
    high = np.minimum.reduceat(gaps, first_of(pair))
    keep = np.flatnonzero(gaps <= (high + margin)[pair] + SLACK_MM)
    keep = keep[np.lexsort((row[keep], pair[keep]))]
    return Facing(pair[keep], row[keep], gaps[keep], nearest[keep])


def _box_gaps(places: Points, pairs: Pairs, pair: Rows) -> Lengths:
    """Return how far places lie from the box of the voxels that matter to their pair."""
    outside = np.abs(places - ((pairs.low_mm + pairs.high_mm) / 2)[pair]) - ((pairs.high_mm - pairs.low_mm) / 2)[pair]
    np.maximum(outside, 0.0, out=outside)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", outside, outside)))


def _look_up(drawn: Voxels, places: Points, pair: Rows, pairs: Pairs, within: Lengths) -> tuple[Lengths, Rows]:
    """Return the distance of places to the structure of their pair, and the number of its nearest voxel."""
    return drawn.tree.find_nearest_within(places + drawn.apart_mm[pairs.other[pair]], within + SLACK_MM)


def _measure(own: Voxels, drawn: Voxels, pairs: Pairs, facing: Facing) -> list[Distance]:
    """Return the distances of all pairs from the voxels that face each other."""
    lengths = _lengths(own.at_mm[facing.row] - drawn.at_mm[facing.nearest])
    best = least_of(lengths, first_of(facing.pair))
    low, high = _find_interval(own, drawn, pairs, facing, best, lengths[best])
    ends = _find_ends(own, drawn, pairs, facing, best, high)
    return [
        Distance(min(max(float(np.linalg.norm(two[0] - two[1])), least), most), least, most, two)
        for two, least, most in zip(ends, low.tolist(), high.tolist(), strict=True)
    ]


def _find_interval(
    own: Voxels, drawn: Voxels, pairs: Pairs, facing: Facing, best: Rows, high: Lengths
) -> tuple[Lengths, Lengths]:
    """Return the smallest ``|v| - 2 sqrt(sum (a_i . v/|v|)^2)``, floor 0, and ``|v|`` over all pairs of centres."""
    known = _moved(own, drawn, facing.row[best], facing.nearest[best], facing.pair[best], pairs)
    limit = np.where(known > 0, known + 2 * _most_steps(own, pairs, facing, high), 0.0)
    limit = np.maximum(np.minimum(limit, high + np.array([reach.margin for reach in pairs.reaches])), high)
    close = facing.kept(limit)
    places = own.at_mm[close.row] + drawn.apart_mm[pairs.other[close.pair]]
    place, column = drawn.tree.find_all_within(places, limit[close.pair] + SLACK_MM)
    row, pair = close.row[place], close.pair[place]
    starts = first_of(pair)
    low = np.minimum.reduceat(_moved(own, drawn, row, column, pair, pairs), starts)
    lengths = np.minimum.reduceat(_lengths(own.at_mm[row] - drawn.at_mm[column]), starts)
    return np.maximum(np.minimum(low, known), 0.0), np.minimum(lengths, high)


def _moved(own: Voxels, drawn: Voxels, rows: Rows, columns: Rows, pair: Rows, pairs: Pairs) -> Lengths:
    """Return what is left of the distances of voxels when both boundaries move towards each other by a step."""
    vectors = drawn.at_mm[columns] - own.at_mm[rows]
    found = np.empty(len(vectors))
    for reach in {id(each): each for each in pairs.reaches}.values():
        chosen = np.array([each is reach for each in pairs.reaches])[pair]
        found[chosen] = moved_inward(vectors[chosen], reach.steps)
    return found


def _most_steps(own: Voxels, pairs: Pairs, facing: Facing, high: Lengths) -> Lengths:
    """Return for each pair what ``sqrt(sum (a_i . n)^2)`` does not exceed for any pair of its voxels.

    Along each step the vector between two voxels is at most as long as their boxes allow, and never shorter than the
    nearest pair: that bounds the direction.
    """
    starts, at = first_of(facing.pair), own.at_mm[facing.row]
    low, high_end = np.minimum.reduceat(at, starts, axis=0), np.maximum.reduceat(at, starts, axis=0)
    half = (pairs.high_mm - pairs.low_mm + high_end - low) / 2
    centre = (pairs.low_mm + pairs.high_mm - low - high_end) / 2
    steps = np.stack([reach.steps for reach in pairs.reaches])
    sizes = np.linalg.norm(steps, axis=2)
    units = steps / sizes[:, :, None]
    along = np.abs(np.einsum("nij,nj->ni", units, centre)) + np.einsum("nij,nj->ni", np.abs(units), half)
    share = np.minimum((along / np.maximum(high, SLACK_MM)[:, None]) ** 2, 1.0)
    return bound_steps(sizes, share) + SLACK_MM


def _find_ends(own: Voxels, drawn: Voxels, pairs: Pairs, facing: Facing, best: Rows, high: Lengths) -> Points:
    """Return the nearest crossings of all pairs, LPS mm, shape (n, 2, 3); of equally near ones the first."""
    other, tree = drawn.crossings
    points, place = own.crossings_of(facing.row[best])
    gaps = tree.find_nearest(points + drawn.apart_mm[pairs.other[place]])[0]
    limit = np.minimum.reduceat(gaps, first_of(place))
    close = facing.kept(np.minimum(limit, high) + pairs.crossing)
    points, place = own.crossings_of(close.row)
    pair = close.pair[place]
    shifted = points + drawn.apart_mm[pairs.other[pair]]
    gaps = tree.find_nearest(shifted, float(limit.max()) + SLACK_MM)[0]
    limit = np.minimum.reduceat(gaps, first_of(pair)) + SLACK_MM
    near = np.flatnonzero(gaps <= limit[pair])
    place, column = tree.find_all_within(shifted[near], limit[pair[near]])
    row = near[place]
    lengths = _lengths(points[row] - other[column])
    chosen = np.lexsort((column, row, lengths, pair[row]))[first_of(pair[row])]
    return np.stack([points[row[chosen]], other[column[chosen]]], axis=1)


def _lengths(vectors: Points) -> Lengths:
    """Return the lengths of vectors, shape (n, 3), summed axis by axis."""
    total = vectors[:, 0] * vectors[:, 0]
    total += vectors[:, 1] * vectors[:, 1]
    total += vectors[:, 2] * vectors[:, 2]
    return np.asarray(np.sqrt(total, out=total))
