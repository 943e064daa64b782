"""Boundary areas and curvature of voxel sets in index space, by counting neighbours.

Moving a mask's boundary by ``delta(n) = 1/2 sqrt(sum (s_i n_i)^2)`` along its normal n is, in index space (voxel
steps as the unit), moving it by half a unit in every direction. The volume between is Steiner's ``S r + M r^2 + 4/3
pi r^3`` with r = 1/2, surface area S and integral of mean curvature M. Both come from counting, without a surface
mesh:

- S by Crofton's formula over the 13 directions of neighbours, each weighted by its share of the sphere (Ohser and
  Muecklich, Statistical Analysis of Microstructures in Materials Science, 2000). Unbiased over all orientations; a face
  exactly along the grid reads 7 % small. It costs 13 ANDs of the crop, 64 voxels at a time: milliseconds for a whole
  liver, where marching cubes reads the staircase of a smooth surface some 8 % large.
- M by Hadwiger's formula from the Euler numbers of all axis-parallel sections, with the value of the ball (M = 2 pi
  times the mean width). It is a term of second order: 1 % of a 30-voxel ball's volume.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Voxels = NDArray[np.bool_]

AXIS_SHARE, FACE_SHARE, CUBE_SHARE = 0.0915556, 0.0739612, 0.0703914
"""Share of the sphere nearest to an axis, a face diagonal, a cube diagonal (both senses together); 3, 6, 4 of each."""
SHARES = {1: AXIS_SHARE, 2: FACE_SHARE, 3: CUBE_SHARE}
STEPS = tuple(step for step in product((-1, 0, 1), repeat=3) if step > (0, 0, 0))
WORD = 64

Words = NDArray[np.uint64]
Step = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Packed:
    """A voxel set, 64 voxels of a row a word.

    Parameters
    ----------
    words
        Bit n of word w is voxel 64 w + n of the row; shape (slices, rows, words).
    ahead
        The same for the voxel after each one.
    count
        Voxels that are set.
    """

    words: Words
    ahead: Words
    count: int


def pack(voxels: Voxels) -> Packed:
    """Return a voxel set in bits."""
    slices, rows, columns = voxels.shape
    width = -(-columns // WORD)
    packed = np.zeros((slices, rows, width * WORD // 8), dtype=np.uint8)
    packed[:, :, : -(-columns // 8)] = np.packbits(voxels, axis=2, bitorder="little")
    words = packed.view("<u8").astype(np.uint64, copy=False)
    ahead = words >> np.uint64(1)
    ahead[:, :, :-1] |= words[:, :, 1:] << np.uint64(WORD - 1)
    return Packed(words, ahead, _count(words))


def measure_surface(voxels: Voxels | Packed) -> float:
    """Return the surface area of a voxel set in index units; outside the array counts as unset."""
    bits = voxels if isinstance(voxels, Packed) else pack(voxels)
    return sum_surface([bits.count - _count_pairs(bits, bits, step) for step in STEPS])


def measure_interface(first: Voxels, second: Voxels) -> float:
    """Return the area of the boundary between two disjoint voxel sets of equal shape, in index units."""
    one, other = pack(first), pack(second)
    return sum_interface([(_count_pairs(one, other, step), _count_pairs(other, one, step)) for step in STEPS])


def measure_curvature(voxels: Voxels | Packed) -> float:
    """Return the integral of mean curvature of a voxel set in index units (4 pi R for a ball of radius R).

    Euler number of a section: pixels - joined pairs + full squares.
    """
    bits = voxels if isinstance(voxels, Packed) else pack(voxels)
    pairs = [words & moved for words, moved in (_pair(bits, bits, step) for step in ((1, 0, 0), (0, 1, 0), (0, 0, 1)))]
    squares = (pairs[0][:, :-1] & pairs[0][:, 1:], pairs[2][:-1] & pairs[2][1:], pairs[2][:, :-1] & pairs[2][:, 1:])
    return sum_curvature(bits.count, sum(map(_count, pairs)), sum(map(_count, squares)))


def sum_surface(lone: Sequence[int]) -> float:
    """Return the surface area in index units of a voxel set by how many of its voxels have none of it at each step.

    Parameters
    ----------
    lone
        In the order of ``STEPS``.
    """
    total = 0.0
    for step, count in zip(STEPS, lone, strict=True):
        total += _weight(step) * 2 * count
    return total


def sum_interface(pairs: Sequence[tuple[int, int]]) -> float:
    """Return the area in index units between two disjoint voxel sets by their neighbours at each step.

    Parameters
    ----------
    pairs
        In the order of ``STEPS``: voxels of the first set with one of the second at the step, and of the second with
        one of the first.
    """
    total = 0.0
    for step, counts in zip(STEPS, pairs, strict=True):
        for count in counts:
            total += _weight(step) * count
    return total


def sum_curvature(count: int, pairs: int, squares: int) -> float:
    """Return the integral of mean curvature of a voxel set in index units, by Hadwiger's formula.

    Parameters
    ----------
    count, pairs, squares
        Voxels; pairs of them that share a face; full squares of four in the three families of planes.
    """
    return 2 * math.pi * (3 * count - 2 * pairs + squares) / 3


def _count(words: Words) -> int:
    return int(np.bitwise_count(words).sum(dtype=np.int64))


def _count_pairs(first: Packed, second: Packed, step: Step) -> int:
    """Return how many voxels of one set have one of another at a step from them."""
    here, there = _pair(first, second, step)
    return _count(here & there)


def _pair(first: Packed, second: Packed, step: Step) -> tuple[Words, Words]:
    """Return the words of one set, and of another one moved by a step, where both are."""
    c = step[2]
    here = tuple(slice(max(-s, 0), size - max(s, 0)) for s, size in zip(step[:2], first.words.shape, strict=False))
    there = tuple(slice(max(s, 0), size - max(-s, 0)) for s, size in zip(step[:2], first.words.shape, strict=False))
    source, target = (first.ahead if c < 0 else first.words), (second.ahead if c > 0 else second.words)
    return source[here], target[there]


def _weight(step: Step) -> float:
    """Return the area that one crossing along a step stands for: 2 x share / length of the step."""
    squared = sum(value * value for value in step)
    return 2 * SHARES[squared] / math.sqrt(squared)
