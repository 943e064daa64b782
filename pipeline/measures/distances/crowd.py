"""Several surfaces side by side: their boundary voxels and crossings in one array each, and whose each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry, Points
from pipeline.measures.distances.blocks import Blocks, group_blocks
from pipeline.measures.distances.cells import STEPS, Boundary
from pipeline.measures.distances.ragged import Rows
from pipeline.measures.distances.surface import Surface
from pipeline.measures.point_tree import PointTree


@dataclass(frozen=True, eq=False)
class Voxels:
    """Boundary voxels of several surfaces on one grid, surface after surface.

    Parameters
    ----------
    parts
        Those of each surface.
    apart_mm
        By how much each surface is moved away from the others to look for points near it alone, shape (parts, 3).
    """

    grid: Geometry
    parts: tuple[Boundary, ...]
    apart_mm: Points

    @cached_property
    def starts(self) -> Rows:
        """Number of the first voxel of each surface."""
        counts = np.array([part.at.shape[1] for part in self.parts], dtype=np.int64)
        return np.asarray(np.cumsum(counts) - counts)

    @cached_property
    def owners(self) -> Rows:
        """The surface of each voxel."""
        return np.repeat(np.arange(len(self.parts)), [part.at.shape[1] for part in self.parts])

    @cached_property
    def at_mm(self) -> Points:
        """Centres, LPS mm, shape (n, 3)."""
        return np.concatenate([part.at.T for part in self.parts])

    @cached_property
    def tree(self) -> PointTree:
        """The centres, each surface moved away from the others."""
        return PointTree(self.at_mm + self.apart_mm[self.owners])

    def crossings_of(self, voxels: Rows) -> tuple[Points, Rows, Rows]:
        """Return the crossings of some voxels, LPS mm, and for each its place in ``voxels`` and its side."""
        place, side = np.nonzero(self._is_open[voxels])
        return self.grid.to_world(self.index[voxels[place]] + STEPS[side] / 2), place, side

    @cached_property
    def _is_open(self) -> NDArray[np.bool_]:
        return np.concatenate([part.is_open for part in self.parts])

    @cached_property
    def index(self) -> NDArray[np.int64]:
        """Grid indices, shape (n, 3)."""
        return np.concatenate([part.index for part in self.parts])


@dataclass(frozen=True, eq=False)
class Crowd:
    """Bodies on one grid with their boundary voxels in blocks, body after body."""

    bodies: tuple[Surface, ...]

    @cached_property
    def voxels(self) -> Voxels:
        """All boundary voxels."""
        return Voxels(
            self.bodies[0].mask.grid, tuple(each.shell for each in self.bodies), np.zeros((len(self.bodies), 3))
        )

    @cached_property
    def middles_mm(self) -> Points:
        """The middle of each body's box, LPS mm, shape (n, 3)."""
        return np.stack([each.ball[0] for each in self.bodies])

    @cached_property
    def reaches_mm(self) -> Points:
        """The distance of each body's farthest voxel from there."""
        return np.array([each.ball[1] for each in self.bodies])

    @cached_property
    def block_counts(self) -> Rows:
        """Number of blocks of each body."""
        return np.array([len(each.starts) for each in self._blocks], dtype=np.int64)

    @cached_property
    def block_starts(self) -> Rows:
        """Number of the first block of each body."""
        return np.asarray(np.cumsum(self.block_counts) - self.block_counts)

    @cached_property
    def blocks(self) -> Blocks:
        """The blocks of all bodies; their points are numbers of ``voxels``."""
        own, first = self._blocks, self.voxels.starts
        return Blocks(
            np.concatenate([each.rows + start for each, start in zip(own, first, strict=True)]),
            np.concatenate([each.starts + start for each, start in zip(own, first, strict=True)]),
            np.concatenate([each.counts for each in own]),
            np.concatenate([each.at_mm for each in own]),
            np.concatenate([each.radius_mm for each in own]),
            np.concatenate([each.away_mm for each in own]),
        )

    @cached_property
    def groups(self) -> Blocks:
        """Groups of the blocks, body after body."""
        return group_blocks(self.blocks, np.repeat(np.arange(len(self.bodies)), self.block_counts))

    @cached_property
    def group_starts(self) -> Rows:
        """Number of the first group of each body, and behind them the number of all."""
        return np.append(np.searchsorted(self.groups.starts, self.block_starts), len(self.groups.starts))

    @cached_property
    def _blocks(self) -> Sequence[Blocks]:
        return [each.blocks for each in self.bodies]
