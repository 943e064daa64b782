"""Crossings of voxels that face each other, and what is left of distances when boundaries move towards each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.distances.crowd import Voxels
from pipeline.measures.distances.distance import SLACK_MM
from pipeline.measures.distances.ragged import Rows, lay_out
from pipeline.volume import Points

Lengths = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Joined:
    """Pairs of crossings, one of a body and one of a structure.

    Parameters
    ----------
    place
        Place of the two voxels that they belong to; ascending.
    sides
        On which side of its voxel each lies.
    ends_mm, lengths
        Both, LPS mm, shape (n, 2, 3), and the distance between them.
    """

    place: Rows
    sides: tuple[Rows, Rows]
    ends_mm: Points
    lengths: Lengths


def join_crossings(own: Voxels, drawn: Voxels, rows: Rows, columns: Rows) -> Joined:
    """Return every crossing of voxels with every one of the voxel of a structure in the same place."""
    first, place, side = own.crossings_of(rows)
    second, other_place, other_side = drawn.crossings_of(columns)
    counts = np.bincount(other_place, minlength=len(columns))
    chosen = lay_out((np.cumsum(counts) - counts)[place], counts[place])
    again = np.repeat(np.arange(len(place)), counts[place])
    ends = np.stack([first[again], second[chosen]], axis=1)
    return Joined(place[again], (side[again], other_side[chosen]), ends, lengths_of(ends[:, 0] - ends[:, 1]))


def at_least_apart(own: Voxels, drawn: Voxels, rows: Rows, columns: Rows) -> Lengths:
    """Return what crossings of voxels on an even grid are at least apart: each lies half a step beside its voxel."""
    vectors = drawn.at_mm[columns] - own.at_mm[rows]
    lengths = np.maximum(lengths_of(vectors), SLACK_MM)
    return np.asarray(lengths - np.abs(vectors @ own.grid.axes.T).max(axis=1) / lengths)


def lengths_of(vectors: Points) -> Lengths:
    """Return the lengths of vectors, shape (n, 3), summed axis by axis."""
    total = vectors[:, 0] * vectors[:, 0]
    total += vectors[:, 1] * vectors[:, 1]
    total += vectors[:, 2] * vectors[:, 2]
    return np.asarray(np.sqrt(total, out=total))
