"""Boundary areas and curvature of voxel sets in index space, by counting neighbours.

Moving a mask's boundary by ``delta(n) = 1/2 sqrt(sum (s_i n_i)^2)`` along its normal n is, in index space (voxel
steps as the unit), moving it by half a unit in every direction. The volume between is Steiner's ``S r + M r^2 + 4/3
pi r^3`` with r = 1/2, surface area S and integral of mean curvature M. Both come from counting, without a surface
mesh:

- S by Crofton's formula over the 13 directions of neighbours, each weighted by its share of the sphere (Ohser and
  Muecklich, Statistical Analysis of Microstructures in Materials Science, 2000). Unbiased over all orientations; a face
  exactly along the grid reads 7 % small. It costs 13 ANDs of the crop: a fraction of a second for a whole liver, where
  marching cubes needs tens of seconds and reads the staircase of a smooth surface some 8 % large.
- M by Hadwiger's formula from the Euler numbers of all axis-parallel sections, with the value of the ball (M = 2 pi
  times the mean width). It is a term of second order: 1 % of a 30-voxel ball's volume.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray

Voxels = NDArray[np.bool_]

AXIS_SHARE, FACE_SHARE, CUBE_SHARE = 0.0915556, 0.0739612, 0.0703914
"""Share of the sphere nearest to an axis, a face diagonal, a cube diagonal (both senses together); 3, 6, 4 of each."""
SHARES = {1: AXIS_SHARE, 2: FACE_SHARE, 3: CUBE_SHARE}
STEPS = tuple(step for step in product((-1, 0, 1), repeat=3) if step > (0, 0, 0))


def measure_surface(voxels: Voxels) -> float:
    """Return the surface area of a voxel set in index units; outside the array counts as unset."""
    count = int(np.count_nonzero(voxels))
    total = 0.0
    for step in STEPS:
        here, there = _pair(voxels, voxels, step)
        total += _weight(step) * 2 * (count - int(np.count_nonzero(here & there)))
    return total


def measure_interface(first: Voxels, second: Voxels) -> float:
    """Return the area of the boundary between two disjoint voxel sets of equal shape, in index units."""
    total = 0.0
    for step in STEPS:
        for a, b in ((first, second), (second, first)):
            here, there = _pair(a, b, step)
            total += _weight(step) * int(np.count_nonzero(here & there))
    return total


def measure_curvature(voxels: Voxels) -> float:
    """Return the integral of mean curvature of a voxel set in index units (4 pi R for a ball of radius R).

    Euler number of a section: pixels - joined pairs + full squares.
    """
    widths = 3 * int(np.count_nonzero(voxels))
    for step in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        here, there = _pair(voxels, voxels, step)
        widths -= 2 * int(np.count_nonzero(here & there))
    for first, second in ((0, 1), (0, 2), (1, 2)):
        rows = _along(voxels, first)
        widths += int(np.count_nonzero(_along(rows, second)))
    return 2 * math.pi * widths / 3


def _along(voxels: Voxels, axis: int) -> Voxels:
    """Return where a voxel and its next one along an axis are both set."""
    step = [0, 0, 0]
    step[axis] = 1
    here, there = _pair(voxels, voxels, (step[0], step[1], step[2]))
    return np.asarray(here & there)


def _pair(first: Voxels, second: Voxels, step: tuple[int, ...]) -> tuple[Voxels, Voxels]:
    """Return the overlapping parts of one array and another one moved by a step."""
    here = tuple(slice(max(-s, 0), size - max(s, 0)) for s, size in zip(step, first.shape, strict=True))
    there = tuple(slice(max(s, 0), size - max(-s, 0)) for s, size in zip(step, first.shape, strict=True))
    return first[here], second[there]


def _weight(step: tuple[int, ...]) -> float:
    """Return the area that one crossing along a step stands for: 2 x share / length of the step."""
    squared = sum(value * value for value in step)
    return 2 * SHARES[squared] / math.sqrt(squared)
