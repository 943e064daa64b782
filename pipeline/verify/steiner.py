"""How much half a voxel more or less of boundary changes a volume: counts of neighbours, by plain loops.

Surface by Crofton's formula over the 13 directions of neighbours, integral of mean curvature by Hadwiger's from the
Euler numbers of plane sections, both in index units; change by Steiner's formula with radius 1/2
(docs/measurements.md, *Uncertainty*).
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from pipeline.verify.solid import Bools, Solid

Step = tuple[int, int, int]
SPHERE_SHARES = {1: 0.0915556, 2: 0.0739612, 3: 0.0703914}
"""Share of the sphere nearest to one axis, one face diagonal, one cube diagonal (Ohser and Muecklich 2000)."""
DIRECTIONS: list[Step] = [(a, b, c) for a, b, c in product((-1, 0, 1), repeat=3) if (a, b, c) > (0, 0, 0)]


def _shared(first: Bools, second: Bools, step: Step) -> int:
    """Return how many voxels of a padded array are set where another one, moved by one step, is set too."""
    here = tuple(slice(max(s, 0), s if s < 0 else None) for s in step)
    there = tuple(slice(max(-s, 0), -s if s > 0 else None) for s in step)
    return int(np.count_nonzero(first[here] & second[there]))


def crossing_area(inside: Bools, outside: Bools) -> float:
    """Return the area between a voxel set and another one that does not meet it, both padded by one voxel."""
    area = 0.0
    for step in DIRECTIONS:
        squared = sum(abs(s) for s in step)
        back = (-step[0], -step[1], -step[2])
        crossings = _shared(inside, outside, step) + _shared(inside, outside, back)
        area += 2 * SPHERE_SHARES[squared] / math.sqrt(squared) * crossings
    return area


def mean_curvature(voxels: Bools) -> float:
    """Return the integral of mean curvature of a padded voxel set."""
    axes: tuple[Step, ...] = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    pixels = 3 * int(np.count_nonzero(voxels))
    pairs = sum(_shared(voxels, voxels, axis) for axis in axes)
    squares = 0
    for a, b in ((0, 1), (0, 2), (1, 2)):
        row = voxels & np.roll(voxels, 1, axis=a)
        squares += _shared(row, row, axes[b])
    return 2 * math.pi * (pixels - 2 * pairs + squares) / 3


def padded(solid: Solid) -> Bools:
    """Return the drawn sections of a solid with a margin of one voxel."""
    low, high = solid.box()
    voxels = solid.over(low, high)
    for axis, step in enumerate(solid.apart):
        if step > 1:
            starts = range(0, voxels.shape[axis], step)
            parts = [voxels.take(range(n, min(n + step, voxels.shape[axis])), axis).any(axis=axis) for n in starts]
            voxels = np.stack(parts, axis=axis)
    return np.pad(voxels, 1)


def change(voxels: Bools) -> tuple[float, float]:
    """Return what a padded voxel set gains, and what it loses, when its boundary moves by half a voxel; in voxels."""
    count = int(voxels.sum())
    area = crossing_area(voxels, ~voxels) / 2
    bend, corner = mean_curvature(voxels) / 4, 4 / 3 * math.pi / 8
    radius = (3 * count / 4 / math.pi) ** (1 / 3)
    gain = max(area + max(bend, 0) + corner, 4 / 3 * math.pi * (radius + 0.5) ** 3 - count)
    loss = max(area - abs(bend) + corner, count - 4 / 3 * math.pi * max(radius - 0.5, 0) ** 3)
    return gain, min(loss, count)


def volume_ends(solid: Solid) -> tuple[float, float]:
    """Return low and high end of a solid's volume in mL."""
    if not solid.count:
        return 0.0, 0.0
    voxels = padded(solid)
    gain, loss = change(voxels)
    count, value = int(voxels.sum()), solid.volume_ml
    return max(value * (1 - loss / count), 0.0), value * (1 + gain / count)
