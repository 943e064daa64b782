"""How deep bodies reach: the largest distance of a voxel centre to the surface around them; exact.

Every surface point bounds the depth of every voxel from above. Voxels are asked in the order of their bounds, and those
whose bound is no more than the depth found so far are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Points
from pipeline.measures.distances.interval import Steps, steps_between, widest_step
from pipeline.measures.distances.search import Distance
from pipeline.measures.distances.surface import Surface
from pipeline.measures.point_tree import PointTree
from pipeline.volume import Mask

Lengths = NDArray[np.float64]
BATCH = 16
"""Voxels asked at once."""
ROUNDS = 8
"""Batches after which all voxels that are left are asked together."""
SLACK_MM = 1e-7


@dataclass(frozen=True, eq=False)
class Depth:
    """The depth of a body, its interval, and its ends: voxel centre, surface point (LPS mm).

    Interval: d -+ 2 delta(n) along itself (of several equally deep lines the widest), floor 0; the high end half a
    voxel diagonal more, by which the deepest point of the body may lie off the nearest voxel centre.
    """

    value_mm: float
    low_mm: float
    high_mm: float
    ends_mm: Points


def find_depths(bodies: Sequence[Surface], around: Surface, distances: Sequence[Distance]) -> list[Depth]:
    """Return the depth of each body under the surface of what surrounds it.

    Parameters
    ----------
    around
        The voxels around the structure that holds the bodies.
    distances
        The smallest distances of the bodies to the surface.
    """
    solids = [body.mask.grid.to_world(_voxels(body.mask)) for body in bodies]
    bounds = [_lengths(solid - each.ends_mm[1]) for solid, each in zip(solids, distances, strict=True)]
    drawn = around.draw(_cells_within(solids, around, [float(bound.max()) for bound in bounds]), solid=False)
    crossings = drawn.crossings_mm(np.arange(drawn.at.shape[1]))
    tree = PointTree(crossings)
    return [
        _find_depth(solid, bound, crossings, tree, steps_between(body.mask, around.mask))
        for body, solid, bound in zip(bodies, solids, bounds, strict=True)
    ]


def _voxels(mask: Mask) -> Points:
    """Return the grid indices of all voxels of a mask, shape (n, 3)."""
    return np.asarray(np.argwhere(mask.voxels) + np.array(mask.offset), dtype=np.float64)


def _cells_within(solids: Sequence[Points], around: Surface, limits: Sequence[float]) -> NDArray[np.int64]:
    """Return the cells that can hold a voxel whose crossings lie within a distance of a body's voxel centres."""
    middle, half = (np.ascontiguousarray(each.T) for each in (around.cells.middle, around.cells.half))
    found, step = np.zeros(middle.shape[1], dtype=np.bool_), widest_step(around.mask.grid)
    for solid, limit in zip(solids, limits, strict=True):
        low, high = solid.min(axis=0), solid.max(axis=0)
        apart = np.abs(middle - ((low + high) / 2)[:, None])
        apart -= half
        apart -= ((high - low) / 2)[:, None]
        np.maximum(apart, 0.0, out=apart)
        apart *= apart
        found |= apart[0] + apart[1] + apart[2] <= (limit + step) ** 2
    return np.flatnonzero(found)


def _find_depth(places: Points, bounds: Lengths, crossings: Points, tree: PointTree, steps: Steps) -> Depth:
    """Return the depth of one body from its voxel centres and an upper bound for each."""
    best, ends = -1.0, np.zeros((2, 3))
    left_out: list[Points] = []
    for turn in range(ROUNDS + 1):
        count = len(places) if turn == ROUNDS else min(BATCH, len(places))
        asked = np.argpartition(bounds, -count)[-count:]
        gaps, numbers = tree.find_nearest(places[asked])
        top = int(gaps.argmax())
        if gaps[top] > best:
            best, ends = float(gaps[top]), np.stack([places[asked[top]], crossings[numbers[top]]])
        bounds[asked] = gaps
        for number in np.unique(numbers) if turn < ROUNDS else ():
            bounds = np.minimum(bounds, _lengths(places - crossings[number]))
        left = bounds > best + SLACK_MM
        left_out.append(places[~left & (bounds >= best - SLACK_MM)])
        if not left.any():
            break
        places, bounds = places[left], bounds[left]
    shift = _widest_shift(np.concatenate([ends[:1], *left_out]), best, crossings, tree, steps)
    return Depth(best, max(best - shift, 0.0), best + shift + _half_diagonal(steps), ends)


def _widest_shift(places: Points, best: float, crossings: Points, tree: PointTree, steps: Steps) -> float:
    """Return the largest 2 delta(n) of the voxels as deep as the deepest one, to all their nearest crossings."""
    if best <= 0:
        return 0.0
    deepest = places[tree.find_nearest(places)[0] >= best - SLACK_MM]
    place, column = tree.find_all_within(deepest, np.full(len(deepest), best + SLACK_MM))
    lines = crossings[column] - deepest[place]
    return float(_lengths(lines @ steps.T).max()) / best


def _lengths(vectors: Points) -> Lengths:
    """Return the lengths of vectors, shape (n, 3)."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)))


def _half_diagonal(steps: Steps) -> float:
    """Return half the longest diagonal of a voxel in mm."""
    signs = np.array([[1, 1, 1], [1, 1, -1], [1, -1, 1], [-1, 1, 1]])
    return float(_lengths(signs @ steps).max()) / 2
