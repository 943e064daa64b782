"""Voxels of structures layer by layer of the grid: what lies near where one step is much wider than the others.

How near a voxel has to be to matter depends on its direction: along a wide step the boundary is less sure and crossings
reach farther. A ball that holds all that can matter along the wide step holds much more across it. So each layer across
that step is looked at by itself, no farther than its height allows, and first for its nearest voxel alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.distances.crowd import Voxels
from pipeline.measures.distances.distance import SLACK_MM
from pipeline.measures.distances.facing import Facing, Pairs
from pipeline.measures.distances.joined import lengths_of
from pipeline.measures.distances.ragged import Rows, lay_out
from pipeline.measures.point_tree import PointTree
from pipeline.volume import Points

Lengths = NDArray[np.float64]
THICK = 2.0
"""Grids whose widest step is this many times the next one are looked at in layers; a matter of speed alone."""


@dataclass(frozen=True)
class Bound:
    """How far apart two voxels may be and still matter: no more than ``limit + more``.

    Parameters
    ----------
    limit
        For each pair of surfaces, mm.
    more
        What is added, mm, from the cosine between the voxels' direction and the axis of the layers, and from the pair
        of surfaces; it does not fall as the cosine grows.
    """

    limit: Lengths
    more: Callable[[Lengths, Rows], Lengths]

    def reach(self, pair: Rows, height: Lengths, least: Lengths) -> Lengths:
        """Return how far voxels in a layer at some height may lie, if none is nearer than the least."""
        return np.asarray(self.limit[pair] + self.more(height / np.maximum(least, SLACK_MM), pair) + SLACK_MM)

    def across(self, pair: Rows, height: Lengths, least: Lengths) -> Lengths:
        """Return how far that is along the layer."""
        reach = self.reach(pair, height, least)
        return np.asarray(np.sqrt(np.maximum(reach * reach - height * height, 0.0)) + SLACK_MM)


@dataclass(frozen=True, eq=False)
class Asked:
    """Voxels of bodies, each with a layer of a structure, in ascending order of pair and voxel.

    Parameters
    ----------
    row, pair
        Number of the voxel, and of its pair of surfaces.
    at_mm
        Where it is looked up.
    height, least
        The layer's distance from it, and that of the nearest voxel in it, mm.
    nearest
        Number of that voxel.
    """

    row: Rows
    pair: Rows
    at_mm: Points
    height: Lengths
    least: Lengths
    nearest: Rows

    def kept(self, bound: Bound) -> Asked:
        """Return those whose nearest voxel can matter: of the others no voxel can."""
        keep = self.least <= bound.reach(self.pair, self.height, self.least)
        return Asked(*(getattr(self, name)[keep] for name in ("row", "pair", "at_mm", "height", "least", "nearest")))


@dataclass(frozen=True, eq=False)
class Layers:
    """Voxels of structures in layers across one axis, each layer of each structure apart from all others.

    Parameters
    ----------
    units
        Directions of the axis and of the two others, one a row.
    heights
        Of each layer along the axis, mm, ascending.
    held
        Whether a structure has a voxel in a layer, shape (structures, layers).
    apart
        How far layers are laid apart, mm: more than any reach.
    """

    drawn: Voxels
    units: Points
    heights: Lengths
    held: NDArray[np.bool_]
    apart: float
    tree: PointTree

    def find_nearest(self, own: Voxels, pairs: Pairs, close: Facing, bound: Bound) -> Asked:
        """Return the nearest voxel in each layer in which voxels can matter to those of bodies."""
        at, most = own.at_mm[close.row] @ self.units.T, bound.limit + bound.more(*_straight_up(bound)) + SLACK_MM
        first, last = (np.searchsorted(self.heights, at[:, 0] + side * most[close.pair]) for side in (-1, 1))
        voxel, layer = np.repeat(np.arange(len(at)), last - first), lay_out(first, last - first)
        pair, height = close.pair[voxel], np.abs(self.heights[layer] - at[voxel, 0])
        least = np.maximum(close.gap[voxel], height)
        keep = self.held[pairs.other[pair], layer] & (least <= bound.reach(pair, height, least))
        voxel, layer, pair, height = voxel[keep], layer[keep], pair[keep], height[keep]
        within = bound.across(pair, height, least[keep])
        key = pairs.other[pair] * len(self.heights) + layer
        places = np.column_stack([key * self.apart, at[voxel, 1:]])
        gaps, nearest = self.tree.find_nearest_within(places, within)
        found = gaps <= within
        row, nearest, height = close.row[voxel[found]], nearest[found], height[found]
        length = np.maximum(lengths_of(self.drawn.at_mm[nearest] - own.at_mm[row]), height)
        return Asked(row, pair[found], places[found], height, length, nearest)

    def find_all(self, asked: Asked, bound: Bound) -> tuple[Rows, Rows, Rows]:
        """Return all voxels that can matter in the layers: each with the body's voxel and pair, and its own number."""
        asked = asked.kept(bound)
        within = bound.across(asked.pair, asked.height, asked.least)
        place, column = self.tree.find_all_within(asked.at_mm, within)
        return asked.row[place], asked.pair[place], column


def _straight_up(bound: Bound) -> tuple[Lengths, Rows]:
    """Return the direction along the axis, for each pair of surfaces."""
    return np.ones(len(bound.limit)), np.arange(len(bound.limit))


def lay_apart(drawn: Voxels, axis: int, apart: float) -> Layers:
    """Return the voxels of structures in layers across an axis of their grid."""
    axes = np.roll(drawn.grid.axes, -axis, axis=0)
    units = axes / np.linalg.norm(axes, axis=1)[:, None]
    at = drawn.at_mm @ units.T
    _, first, layer = np.unique(drawn.index[:, axis], return_index=True, return_inverse=True)
    heights = at[first, 0]
    layer = np.argsort(np.argsort(heights))[layer]
    held = np.zeros((len(drawn.parts), len(first)), dtype=np.bool_)
    held[drawn.owners, layer] = True
    at[:, 0] = (drawn.owners * len(first) + layer) * apart
    return Layers(drawn, units, np.sort(heights), held, apart, PointTree(at))


def find_thick(sizes: NDArray[np.float64]) -> Rows:
    """Return the axis of the widest of three steps each, shape (n, 3), where it is much wider; -1 elsewhere."""
    ordered = np.sort(sizes, axis=1)
    return np.where(ordered[:, 2] >= THICK * ordered[:, 1], sizes.argmax(axis=1), -1)
