"""Which voxels of bodies face structures: they alone can matter to the distances between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.distances.blocks import Blocks
from pipeline.measures.distances.crowd import Crowd, Voxels
from pipeline.measures.distances.distance import SLACK_MM, Reach
from pipeline.measures.distances.interval import moved_inward
from pipeline.measures.distances.joined import join_crossings, lengths_of
from pipeline.measures.distances.ragged import Rows, first_of, lay_out, least_of
from pipeline.volume import Points

Lengths = NDArray[np.float64]


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


@dataclass(frozen=True, eq=False)
class Asked:
    """Points or blocks of the bodies that may matter, in ascending order of their pair.

    Parameters
    ----------
    row, pair
        Number of the point or block, and of its pair.
    at_least
        A distance in mm to the structure below which the point, or that of the block, does not lie.
    at_most
        For each pair a distance that its nearest voxels do not exceed.
    known
        For each pair a point and a voxel of its structure that lie near each other.
    """

    row: Rows
    pair: Rows
    at_least: Lengths
    at_most: Lengths
    known: tuple[Rows, Rows]


def find_facing(crowd: Crowd, drawn: Voxels, pairs: Pairs) -> Facing:
    """Return the voxels of each body that lie nearest to the structure, as far as two crossings can matter.

    From groups of blocks to blocks to voxels: what lies by a length away from a point is by that much nearer at most.
    """
    margin = np.array([reach.margin for reach in pairs.reaches]) + SLACK_MM
    first = crowd.group_starts[pairs.body]
    counts = crowd.group_starts[pairs.body + 1] - first
    group, pair = lay_out(first, counts), np.repeat(np.arange(len(counts)), counts)
    at_least = _box_gaps(crowd.groups.at_mm[group], pairs, pair)
    asked = Asked(group, pair, at_least, pairs.at_most, (group[:0], group[:0]))
    for level, below in ((crowd.groups, crowd.blocks.at_mm), (crowd.blocks, crowd.voxels.at_mm)):
        asked = _look_below(asked, level, below, drawn, pairs, margin)
    limit = _limit_gaps(crowd.voxels, drawn, pairs, asked)
    near = asked.at_least <= limit[asked.pair]
    row, pair = asked.row[near], asked.pair[near]
    gaps, nearest = _look_up(drawn, crowd.voxels.at_mm[row], pair, pairs, limit[pair])
    limit = np.minimum(limit, np.minimum.reduceat(gaps, first_of(pair)) + margin)
    keep = np.flatnonzero(gaps <= limit[pair])
    keep = keep[np.lexsort((row[keep], pair[keep]))]
    return Facing(pair[keep], row[keep], gaps[keep], nearest[keep])


def _limit_gaps(own: Voxels, drawn: Voxels, pairs: Pairs, asked: Asked) -> Lengths:
    """Return for each pair how far a voxel may lie from the structure and still matter, from two voxels near by.

    The nearest crossings are no farther apart than theirs, and the interval's low end is no higher than what they tell.
    """
    known = join_crossings(own, drawn, *asked.known)
    across = np.minimum(np.minimum.reduceat(known.lengths, first_of(known.place)), asked.at_most) + pairs.crossing
    low = move_inward(own, drawn, *asked.known, np.arange(len(across)), pairs)
    widest = np.array([reach.most for reach in pairs.reaches])
    return np.asarray(np.maximum(across, np.maximum(low, 0.0) + 2 * widest) + SLACK_MM)


def _look_below(asked: Asked, level: Blocks, below: Points, drawn: Voxels, pairs: Pairs, margin: Lengths) -> Asked:
    """Return the points of blocks that may matter, from how far the blocks lie from the structure of their pair."""
    limit = (asked.at_most + margin)[asked.pair] + level.radius_mm[asked.row]
    near = asked.at_least <= limit
    block, pair = asked.row[near], asked.pair[near]
    gaps, nearest = _look_up(drawn, level.at_mm[block], pair, pairs, limit[near])
    at_most = np.minimum(asked.at_most, np.minimum.reduceat(gaps, first_of(pair)))
    keep = gaps <= (at_most + margin)[pair] + level.radius_mm[block]
    block, pair, gaps, nearest = block[keep], pair[keep], gaps[keep], nearest[keep]
    counts = level.counts[block]
    place, pair = lay_out(level.starts[block], counts), np.repeat(pair, counts)
    row, at_least = level.rows[place], np.repeat(gaps, counts) - level.away_mm[place]
    nearest = np.repeat(nearest, counts)
    onto = lengths_of(below[row] - drawn.at_mm[nearest])
    known = least_of(onto, first_of(pair))
    return Asked(row, pair, at_least, np.minimum(at_most, onto[known] + SLACK_MM), (row[known], nearest[known]))


def _box_gaps(places: Points, pairs: Pairs, pair: Rows) -> Lengths:
    """Return how far places lie from the box of the voxels that matter to their pair."""
    outside = np.abs(places - ((pairs.low_mm + pairs.high_mm) / 2)[pair]) - ((pairs.high_mm - pairs.low_mm) / 2)[pair]
    np.maximum(outside, 0.0, out=outside)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", outside, outside)))


def _look_up(drawn: Voxels, places: Points, pair: Rows, pairs: Pairs, within: Lengths) -> tuple[Lengths, Rows]:
    """Return the distance of places to the structure of their pair, and the number of its nearest voxel."""
    return drawn.tree.find_nearest_within(places + drawn.apart_mm[pairs.other[pair]], within + SLACK_MM)


def move_inward(own: Voxels, drawn: Voxels, rows: Rows, columns: Rows, pair: Rows, pairs: Pairs) -> Lengths:
    """Return what is left of the distances of voxels when both boundaries move towards each other by a step."""
    vectors = drawn.at_mm[columns] - own.at_mm[rows]
    found = np.empty(len(vectors))
    for reach in {id(each): each for each in pairs.reaches}.values():
        chosen = np.array([each is reach for each in pairs.reaches])[pair]
        found[chosen] = moved_inward(vectors[chosen], reach.steps)
    return found
