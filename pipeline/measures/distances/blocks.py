"""Small blocks of a body's boundary voxels, and groups of blocks: one voxel and a radius stand for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.measures.distances.cells import Boundary
from pipeline.measures.distances.ragged import Rows, least_of
from pipeline.volume import Points

BLOCK = 3
"""Voxels of a block along each axis; a matter of speed alone."""
GROUP_MM = 8.0
"""Edge of a group of blocks; a matter of speed alone."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """Points in blocks.

    Parameters
    ----------
    rows
        Numbers of all points, those of a block together and in ascending order.
    starts, counts
        Where each block begins in ``rows``, and how many it holds.
    at_mm
        A point near the middle of each block, LPS mm, shape (n, 3).
    radius_mm
        No voxel of a block is farther from it.
    away_mm
        The distance of each point to the one of its block, in the order of ``rows``.
    """

    rows: Rows
    starts: Rows
    counts: Rows
    at_mm: Points
    radius_mm: Points
    away_mm: Points


def find_blocks(shell: Boundary) -> Blocks:
    """Return the blocks of boundary voxels."""
    place = (shell.index - shell.index.min(axis=0)) // BLOCK
    return _put_together(shell.at.T, place, np.zeros(len(place)))


def group_blocks(blocks: Blocks, owners: Rows) -> Blocks:
    """Return blocks in groups, whose points are the blocks.

    Parameters
    ----------
    owners
        Whose each block is, ascending: a group holds those of one owner.
    """
    place = np.floor(blocks.at_mm / GROUP_MM).astype(np.int64)
    return _put_together(blocks.at_mm, np.column_stack([owners, place - place.min(axis=0)]), blocks.radius_mm)


def _put_together(points: Points, place: Rows, radius: Points) -> Blocks:
    """Return the blocks of points with a radius each by the place of their block, shape (n, axes), none negative."""
    size, key = place.max(axis=0) + 1, place[:, 0]
    for axis in range(1, place.shape[1]):
        key = key * size[axis] + place[:, axis]
    rows = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[rows], prepend=-1))
    counts = np.diff(starts, append=len(rows))
    own = points[rows]
    means = np.add.reduceat(own, starts, axis=0) / counts[:, None]
    chosen = own[least_of(find_lengths(own - np.repeat(means, counts, axis=0)), starts)]
    away = find_lengths(own - np.repeat(chosen, counts, axis=0))
    reach = away + radius[rows]
    return Blocks(rows, starts, counts, chosen, np.maximum.reduceat(reach, starts), away)


def find_lengths(vectors: Points) -> Points:
    """Return the lengths of vectors, shape (n, 3)."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)))
