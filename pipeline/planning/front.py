"""Plans that no other plan beats."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import Flags
from pipeline.plan import Score

BETTER_WHEN_LESS = np.array([1, -1, -1, 1, -1, 1], dtype=np.float64)
"""Sign of each field of ``Score`` with which less is better."""
LARGEST_GRID = 2_000_000
"""Cells of a grid of counts; with more, plans are compared in blocks instead."""
BLOCK = 256


def beats(one: Score, other: Score) -> bool:
    """Return whether one score is nowhere worse than another, and somewhere better."""
    difference = (np.array(astuple(one)) - np.array(astuple(other))) * BETTER_WHEN_LESS
    return bool((difference <= 0).all() and (difference < 0).any())


def find_unbeaten(scores: NDArray[np.float64]) -> Flags:
    """Return which scores no other beats; of equal ones the first alone.

    Parameters
    ----------
    scores
        Shape (n, 6), the fields of ``Score`` in their order.
    """
    costs = scores * BETTER_WHEN_LESS
    counts = np.delete(costs, 1, axis=1)
    ranks = np.stack([np.unique(column, return_inverse=True)[1] for column in counts.T], axis=1)
    shape = tuple(int(top) + 1 for top in ranks.max(axis=0, initial=0))
    first = _keep_first(costs[:, 1], ranks, shape)
    found = np.zeros(len(scores), dtype=np.bool_)
    if np.prod(shape, dtype=np.float64) <= LARGEST_GRID:
        found[first] = _stand_in_grid(costs[first, 1], ranks[first], shape)
    else:
        found[first] = _stand_in_blocks(costs[first])
    return found


def _keep_first(cost: NDArray[np.float64], ranks: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Return for each cell of counts the number of its cheapest score, of equal ones the first; ascending."""
    cells = np.ravel_multi_index(tuple(ranks.T), shape)
    order = np.lexsort((np.arange(cells.size), cost, cells))
    fresh = np.append(True, cells[order][1:] != cells[order][:-1])
    return np.sort(order[fresh[: order.size]])


def _stand_in_grid(cost: NDArray[np.float64], ranks: NDArray[np.int64], shape: tuple[int, ...]) -> Flags:
    """Return which scores, one for each cell, cost less than all in cells that are nowhere worse."""
    grid = np.full(shape, np.inf)
    grid[tuple(ranks.T)] = cost
    for axis in range(len(shape)):
        np.minimum.accumulate(grid, axis=axis, out=grid)
    best = np.full(cost.size, np.inf)
    for axis in range(len(shape)):
        before = ranks.copy()
        before[:, axis] -= 1
        inside = before[:, axis] >= 0
        best[inside] = np.minimum(best[inside], grid[tuple(before[inside].T)])
    return np.asarray(cost < best)


def _stand_in_blocks(costs: NDArray[np.float64]) -> Flags:
    """Return which scores no other beats, in blocks of ascending costs: what beats a score comes before it."""
    order = np.lexsort(costs.T[::-1])
    kept = np.zeros(len(costs), dtype=np.bool_)
    front = np.empty((0, costs.shape[1]))
    for start in range(0, order.size, BLOCK):
        block = order[start : start + BLOCK]
        rivals = np.concatenate([front, costs[block]])
        beaten = np.zeros(block.size, dtype=np.bool_)
        for spot, cost in enumerate(costs[block]):
            below = (rivals <= cost).all(axis=1)
            below[len(front) + spot] = False
            beaten[spot] = below.any()
        kept[block[~beaten]] = True
        front = np.concatenate([front, costs[block[~beaten]]])
    return kept
