"""Which cells of each structure can hold what is nearest to each of several bodies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.distances.blocks import find_lengths
from pipeline.measures.distances.crowd import Crowd
from pipeline.measures.distances.distance import SLACK_MM
from pipeline.measures.distances.ragged import Rows, lay_out, least_of
from pipeline.measures.distances.surface import Surface
from pipeline.measures.point_tree import PointTree
from pipeline.volume import Points

Lengths = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Near:
    """Cells of one structure that matter to some bodies.

    Parameters
    ----------
    cells
        All of them, ascending; none where the boundary has been drawn already.
    at_most_mm
        For each body a distance that its nearest voxel of the structure does not exceed.
    low_mm, high_mm
        The box in LPS mm that holds the voxels that matter to each body, shape (bodies, 3).
    """

    cells: Rows
    at_most_mm: Lengths
    low_mm: Points
    high_mm: Points


def find_near(crowd: Crowd, chosen: Rows, other: Surface, margins: Lengths) -> Near:
    """Return the cells of a structure that can hold a voxel which matters to bodies.

    Parameters
    ----------
    chosen
        The bodies.
    margins
        How much farther than the nearest voxel another one may be and still matter, mm, for each body.
    """
    if "shell" in vars(other):
        return _take_all(crowd, chosen, other)
    cells = other.cells
    at_least = _at_least(crowd.middles_mm[chosen], crowd.reaches_mm[chosen], cells.middle, cells.half)
    nearest = at_least.argmin(axis=1)
    at_most, block = _at_most(crowd, chosen, cells.middle[nearest], cells.half[nearest])
    body, cell = np.nonzero(at_least <= (at_most + margins)[:, None])
    if len(body) > len(chosen):
        first = other.draw(np.unique(nearest), solid=False)
        gaps = PointTree(first.at.T).find_nearest(crowd.blocks.at_mm[block])[0] if first.at.size else at_most
        at_most = np.minimum(at_most, gaps + SLACK_MM)
        kept = at_least[body, cell] <= (at_most + margins)[body]
        body, cell = body[kept], cell[kept]
    starts = np.searchsorted(body, np.arange(len(chosen)))
    low = np.minimum.reduceat((cells.middle - cells.half)[cell], starts, axis=0)
    high = np.maximum.reduceat((cells.middle + cells.half)[cell], starts, axis=0)
    return Near(np.unique(cell), at_most, low, high)


def _take_all(crowd: Crowd, chosen: Rows, other: Surface) -> Near:
    """Return all of a surface whose boundary has been drawn already."""
    (middle, reach), at = other.ball, other.shell.at
    at_most = find_lengths(crowd.middles_mm[chosen] - middle) + crowd.reaches_mm[chosen] + reach + SLACK_MM
    low, high = (np.broadcast_to(end, (len(chosen), 3)) for end in (at.min(axis=1), at.max(axis=1)))
    return Near(np.zeros(0, dtype=np.int64), at_most, low, high)


def _at_least(middles: Points, reaches: Lengths, places: Points, halves: Points) -> Lengths:
    """Return a distance below which no voxel of each cell lies from each body, shape (bodies, cells)."""
    squared = np.zeros((len(middles), len(places)))
    for axis in range(3):
        gap = np.abs(middles[:, axis, None] - places[:, axis])
        gap -= halves[:, axis]
        np.maximum(gap, 0.0, out=gap)
        gap *= gap
        squared += gap
    return np.asarray(np.sqrt(squared, out=squared) - reaches[:, None])


def _at_most(crowd: Crowd, chosen: Rows, middles: Points, halves: Points) -> tuple[Lengths, Rows]:
    """Return a distance that the nearest voxel of a cell each does not exceed, and the block of the body there."""
    counts = crowd.block_counts[chosen]
    blocks = lay_out(crowd.block_starts[chosen], counts)
    away = crowd.blocks.at_mm[blocks] - np.repeat(middles, counts, axis=0)
    squared = np.einsum("ij,ij->i", away, away)
    least = least_of(squared, np.cumsum(counts) - counts)
    return np.sqrt(squared[least]) + np.linalg.norm(halves, axis=1), blocks[least]
