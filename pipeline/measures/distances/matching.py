"""Which voxels of bodies and of structures matter to each other: in balls, or in layers where slices are thick."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.distances.crowd import Voxels
from pipeline.measures.distances.distance import SLACK_MM
from pipeline.measures.distances.facing import Facing, Pairs, move_inward
from pipeline.measures.distances.interval import widest_steps
from pipeline.measures.distances.joined import at_least_apart
from pipeline.measures.distances.layers import Bound, Layers, find_thick, lay_apart
from pipeline.measures.distances.ragged import Rows
from pipeline.volume import Points

Lengths = NDArray[np.float64]
Found = tuple[Rows, Rows, Rows]
"""Numbers of the bodies' voxels, of their pairs of surfaces, ascending, and of the structures' voxels."""


@dataclass(frozen=True, eq=False)
class Matching:
    """Voxels of bodies that face structures, and the structures' voxels.

    Parameters
    ----------
    high
        The distance of the nearest voxels of each pair of surfaces, mm.
    """

    own: Voxels
    drawn: Voxels
    pairs: Pairs
    facing: Facing
    high: Lengths

    def find_low(self, known: Lengths) -> Lengths:
        """Return the smallest ``|v| - 2 sqrt(sum (a_i . v/|v|)^2)`` over all pairs of centres, floor 0.

        Parameters
        ----------
        known
            For each pair of surfaces what it is for a pair of its centres.
        """
        low, sizes = np.maximum(known, 0.0), self._sizes
        axes, ordered = find_thick(sizes), np.sort(sizes, axis=1)
        for axis in np.unique(axes[low > 0]):
            most = np.where((low > 0) & (axes == axis), low + 2 * ordered[:, 2], -np.inf)
            close = self.facing.kept(most)
            if axis < 0:
                low = self._lower(low, self._find_around(close, most))
            else:
                low = self._lower_in_layers(low, close, self._layers[int(axis)], ordered)
        return low

    def find_crossed(self, known: Lengths) -> Found:
        """Return voxels of which crossings may be no farther apart than is known for each pair of surfaces.

        Each crossing lies half a step beside its voxel.
        """
        steps = widest_steps(self.own.grid)
        (axis,), (_, wide, widest) = find_thick(steps[None]), np.sort(steps)
        close = self.facing.kept(known + widest)
        if axis < 0:
            return self._keep_crossed(known, self._find_around(close, known + widest))
        bound = Bound(known, lambda cosine, _: np.maximum(widest * cosine, wide))
        layers = self._layers[int(axis)]
        return self._keep_crossed(
            known, layers.find_all(layers.find_nearest(self.own, self.pairs, close, bound), bound)
        )

    def _keep_crossed(self, known: Lengths, found: Found) -> Found:
        """Return those voxels of an even grid of which crossings may be no farther apart than is known."""
        if self.own.grid.slice_positions_mm is not None:
            return found
        row, pair, column = found
        keep = at_least_apart(self.own, self.drawn, row, column) <= known[pair] + SLACK_MM
        return row[keep], pair[keep], column[keep]

    def _find_around(self, close: Facing, most: Lengths) -> Found:
        """Return all voxels no farther away than a length for each pair of surfaces."""
        places = self.own.at_mm[close.row] + self.drawn.apart_mm[self.pairs.other[close.pair]]
        place, column = self.drawn.tree.find_all_within(places, most[close.pair] + SLACK_MM)
        return close.row[place], close.pair[place], column

    def _lower_in_layers(self, low: Lengths, close: Facing, layers: Layers, ordered: Points) -> Lengths:
        """Return low ends from voxels in layers across the widest step a; the next one is b.

        ``sqrt(sum (a_i . n)^2)`` is at most ``sqrt(b^2 + (a^2 - b^2) c^2)``, c the cosine between n and a, and equal to
        it where the two smaller steps are equally long. Then the nearest voxel of each layer has its lowest end.
        """
        squares = ordered * ordered
        apart, wide = squares[:, 2] - squares[:, 1], squares[:, 1]

        def more(cosine: Lengths, pair: Rows) -> Lengths:
            return np.asarray(2 * np.sqrt(wide[pair] + apart[pair] * cosine * cosine))

        asked = layers.find_nearest(self.own, self.pairs, close, Bound(low, more))
        low = self._lower(low, (asked.row, asked.pair, asked.nearest))
        return self._lower(low, layers.find_all(asked, Bound(low, more)))

    def _lower(self, low: Lengths, found: Found) -> Lengths:
        """Return low ends with those of some voxels."""
        row, pair, column = found
        low = low.copy()
        np.minimum.at(low, pair, np.maximum(move_inward(self.own, self.drawn, row, column, pair, self.pairs), 0.0))
        return low

    @cached_property
    def _sizes(self) -> Points:
        """Length of the steps between drawn slices of each pair of surfaces, mm, shape (n, 3)."""
        return np.asarray(np.linalg.norm(np.stack([reach.steps for reach in self.pairs.reaches]), axis=2))

    @cached_property
    def _layers(self) -> dict[int, Layers]:
        """The structures' voxels in layers, by the axis that the layers lie across."""
        widest = max(float(self._sizes.max()), float(widest_steps(self.own.grid).max()))
        axes = {*find_thick(self._sizes).tolist(), *find_thick(widest_steps(self.own.grid)[None]).tolist()} - {-1}
        return {axis: lay_apart(self.drawn, axis, 2 * (float(self.high.max()) + 2 * widest) + 1.0) for axis in axes}
