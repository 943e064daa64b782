"""Small blocks of a body's boundary voxels: one voxel and a radius stand for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.measures.distances.cells import Boundary
from pipeline.measures.distances.ragged import Rows, least_of
from pipeline.volume import Points

BLOCK = 3
"""Voxels of a block along each axis; a matter of speed alone."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """Boundary voxels in blocks.

    Parameters
    ----------
    rows
        All voxels, those of a block together and in ascending order.
    starts, counts
        Where each block begins in ``rows``, and how many it holds.
    at_mm
        Centre of a voxel near the middle of each block, LPS mm, shape (n, 3).
    radius_mm
        No voxel of a block is farther from it.
    middle_mm, reach_mm
        The middle of the box around all voxels, and the distance of the farthest from it.
    """

    rows: Rows
    starts: Rows
    counts: Rows
    at_mm: Points
    radius_mm: Points
    middle_mm: Points
    reach_mm: float


def find_blocks(shell: Boundary) -> Blocks:
    """Return the blocks of boundary voxels."""
    place = (shell.index - shell.index.min(axis=0)) // BLOCK
    size = place.max(axis=0) + 1
    key = (place[:, 0] * size[1] + place[:, 1]) * size[2] + place[:, 2]
    rows = np.argsort(key, kind="stable")
    key = key[rows]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    counts = np.diff(starts, append=len(rows))
    points = shell.at.T[rows]
    means = np.add.reduceat(points, starts, axis=0) / counts[:, None]
    chosen = points[least_of(_lengths(points - np.repeat(means, counts, axis=0)), starts)]
    radius = np.maximum.reduceat(_lengths(points - np.repeat(chosen, counts, axis=0)), starts)
    middle = (shell.at.min(axis=1) + shell.at.max(axis=1)) / 2
    return Blocks(rows, starts, counts, chosen, radius, middle, float(_lengths(points - middle).max()))


def _lengths(vectors: Points) -> Points:
    """Return the lengths of vectors, shape (n, 3)."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)))
