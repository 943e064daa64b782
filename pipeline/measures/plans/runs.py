"""Voxels of thin structures as runs along rows, and which of them touch: connectivity without an array of the box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import Ints


@dataclass(frozen=True, eq=False)
class Runs:
    """Voxels that follow each other in a row and are of one kind.

    Parameters
    ----------
    starts, stops
        First and last (included) place of each run, ascending.
    of
        Number of the run of each voxel.
    touching
        Pairs of runs of which a voxel of one is a 26-neighbour of a voxel of the other, shape (m, 2), lower first.
    """

    starts: Ints
    stops: Ints
    of: Ints
    touching: Ints


def find_runs(places: Ints, kinds: Ints, rows: int, columns: int) -> Runs:
    """Return the runs of voxels and which of them touch.

    Parameters
    ----------
    places
        Ascending: ``(slice * rows + row) * columns + column`` in a box of which the first and last row and column of
        every slice are free, so that no two rows follow each other.
    kinds
        Of each voxel; a run ends where it changes.
    """
    first = np.ones(len(places), dtype=np.bool_)
    first[1:] = (np.diff(places) != 1) | (np.diff(kinds) != 0)
    starts, stops = places[first], places[np.append(first[1:], True)]
    of = np.cumsum(first) - 1
    follow = np.flatnonzero(starts[1:] == stops[:-1] + 1)
    pairs = [np.stack([follow, follow + 1], axis=1)]
    pairs += [_meet(starts, stops, step) for step in (columns, *((rows + by) * columns for by in (-1, 0, 1)))]
    return Runs(starts, stops, of, np.concatenate(pairs))


def _meet(starts: Ints, stops: Ints, step: int) -> Ints:
    """Return the pairs of runs of which the second meets the first moved by some rows, corners included."""
    low = np.searchsorted(stops, starts + step - 1)
    count = np.maximum(np.searchsorted(starts, stops + step + 1, side="right") - low, 0)
    own = np.repeat(np.arange(len(starts)), count)
    before = np.repeat(np.cumsum(count) - count, count)
    return np.stack([own, np.arange(len(own)) - before + np.repeat(low, count)], axis=1)


def join(count: int, pairs: Ints) -> NDArray[np.int64]:
    """Return for each of some things the number of the set it hangs together with; sets in the order of their first.

    Parameters
    ----------
    pairs
        Which of them touch, shape (m, 2).
    """
    lowest = np.arange(count)
    first, second = pairs.T
    while len(first):
        low, high = np.minimum(lowest[first], lowest[second]), np.maximum(lowest[first], lowest[second])
        apart = low != high
        first, second = first[apart], second[apart]
        np.minimum.at(lowest, high[apart], low[apart])
        while not np.array_equal(further := lowest[lowest], lowest):
            lowest = further
    return np.unique(lowest, return_inverse=True)[1].reshape(-1)
