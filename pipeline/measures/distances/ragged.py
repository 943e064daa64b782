"""Runs of numbers of unequal length, kept one after another in one array."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
"""Numbers of points or voxels of a set."""
Value = TypeVar("Value", bound=np.generic)


def lay_out(starts: Rows, counts: Rows) -> Rows:
    """Return the numbers ``start, start + 1 ...`` of each run, run after run."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(int(counts.sum()), dtype=np.int64)


def first_of(owners: Rows) -> Rows:
    """Return where each owner's run begins in an array that is sorted by owner."""
    return np.flatnonzero(np.diff(owners, prepend=-1))


def least_of(values: NDArray[np.float64], starts: Rows) -> Rows:
    """Return the place of the first smallest value of each run; no run is empty."""
    least = np.minimum.reduceat(values, starts)
    counts = np.diff(starts, append=len(values))
    hits = np.flatnonzero(values == np.repeat(least, counts))
    return np.asarray(hits[np.searchsorted(hits, starts)])
