"""The walls of a vessel's sections in planes of axis 0.

A wall is the outer half-level contour of a section (marching squares; pixels that meet at a corner belong together).
Each crossed edge of the grid stands for half of the two pieces of contour that meet in its mid-point.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry

Sections = NDArray[np.uint32]
"""Number of the section of each pixel, from 1 over all planes, 0 outside; shape (planes, rows, columns)."""
TOP, BOTTOM, LEFT, RIGHT = range(4)
PIECES = {
    1: ((TOP, LEFT),),
    2: ((TOP, RIGHT),),
    3: ((LEFT, RIGHT),),
    4: ((LEFT, BOTTOM),),
    5: ((TOP, BOTTOM),),
    6: ((TOP, LEFT), (RIGHT, BOTTOM)),
    7: ((RIGHT, BOTTOM),),
    8: ((RIGHT, BOTTOM),),
    9: ((TOP, RIGHT), (LEFT, BOTTOM)),
    10: ((TOP, BOTTOM),),
    11: ((LEFT, BOTTOM),),
    12: ((LEFT, RIGHT),),
    13: ((TOP, RIGHT),),
    14: ((TOP, LEFT),),
}
"""Marching squares: the pieces of contour in a cell, by which of its corners are set (1, 2 above; 4, 8 below)."""
MIDDLES = np.array([[0.0, 0.5], [1.0, 0.5], [0.5, 0.0], [0.5, 1.0]])
"""Row and column of the mid-points of a cell's edges."""


@dataclass(frozen=True, eq=False)
class Wall:
    """Crossed edges of several sections.

    Parameters
    ----------
    inner, outer
        Indices (plane, row, column) of the set and the unset pixel of each, shape (n, 3).
    lengths_mm
        Length of wall that each stands for.
    sections
        Number of the section that each belongs to, from 1.
    """

    inner: NDArray[np.int64]
    outer: NDArray[np.int64]
    lengths_mm: NDArray[np.float64]
    sections: NDArray[np.int64]


def fill_holes(sections: Sections) -> Sections:
    """Return sections with their holes filled: what no path of face neighbours in the plane leads out of.

    What lies in a hole gets the number of the section around it.
    """
    if not _has_holes(sections):
        return sections
    import cc3d

    open_ = np.zeros((2 * len(sections), sections.shape[1] + 2, sections.shape[2] + 2), dtype=np.bool_)
    open_[::2] = np.pad(sections, ((0, 0), (1, 1), (1, 1))) == 0
    labels = np.asarray(cc3d.connected_components(open_, connectivity=6, out_dtype=np.uint32)[::2])
    outside = labels == labels[:, :1, :1]
    hole = ~outside[:, 1:-1, 1:-1] & (sections == 0)
    filled = sections.copy()
    for column in range(1, filled.shape[2]):
        run = hole[:, :, column]
        filled[:, :, column][run] = filled[:, :, column - 1][run]
    return filled


def _has_holes(sections: Sections) -> bool:
    """Tell whether any section has a hole: whether the sections' Euler number is less than their number.

    By counting cells with one, three, and two opposite set corners (Gray 1971), for pixels that meet at corners.
    """
    kinds = np.bincount(_cells(np.pad(sections, ((0, 0), (1, 1), (1, 1))) != 0).ravel(), minlength=16)
    euler = (kinds[[1, 2, 4, 8]].sum() - kinds[[7, 11, 13, 14]].sum() - 2 * kinds[[6, 9]].sum()) / 4
    return bool(euler < np.count_nonzero(np.bincount(sections.ravel())[1:]))


def _cells(voxels: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return which corners of each cell of four pixels are set: 1 and 2 above, 4 and 8 below."""
    bits = voxels.astype(np.uint8)
    above, below = bits[:, :-1], bits[:, 1:]
    kinds: NDArray[np.uint8] = above[:, :, :-1] + 2 * above[:, :, 1:] + 4 * below[:, :, :-1] + 8 * below[:, :, 1:]
    return kinds


def find_wall(sections: Sections, grid: Geometry) -> Wall:
    """Return all crossed edges of sections without holes, and the length of wall that each stands for."""
    padded = np.pad(sections, ((0, 0), (1, 1), (1, 1)))
    kinds, shares = _cells(padded != 0), _edge_lengths(tuple(grid.axes[1:].ravel().tolist()))
    parts = [_crossed(padded, kinds, shares, axis) for axis in (1, 2)]
    inner, outer, lengths = (np.concatenate(each) for each in zip(*parts, strict=True))
    step = np.array([0, 1, 1], dtype=np.int64)
    return Wall(inner - step, _into(outer - step, sections.shape), lengths, padded[tuple(inner.T)].astype(np.int64))


def _into(indices: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Return indices moved into an array: beyond its edge lies nothing, as on it."""
    return np.clip(indices, 0, np.array(shape) - 1)


def _crossed(
    padded: Sections, kinds: NDArray[np.uint8], shares: NDArray[np.float64], axis: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return set and unset pixel of the crossed edges along an axis, and the wall that each stands for."""
    is_set = padded != 0
    first = np.argwhere(np.diff(is_set, axis=axis))
    second = first + np.eye(3, dtype=np.int64)[axis]
    starts = is_set[tuple(first.T)]
    inner, outer = np.where(starts[:, None], first, second), np.where(starts[:, None], second, first)
    back = first - np.eye(3, dtype=np.int64)[3 - axis]
    far, near = (RIGHT, LEFT) if axis == 1 else (BOTTOM, TOP)
    lengths = shares[kinds[tuple(back.T)], far] + shares[kinds[tuple(first.T)], near]
    return inner, outer, lengths


@lru_cache(maxsize=16)
def _edge_lengths(steps: tuple[float, ...]) -> NDArray[np.float64]:
    """Return half the length in mm of the contour's pieces that end on each edge of a cell, by its kind, (16, 4).

    Parameters
    ----------
    steps
        The steps along axes 1 and 2 in LPS mm, six numbers.
    """
    lengths, plane = np.zeros((16, 4)), np.array(steps).reshape(2, 3)
    for kind, pieces in PIECES.items():
        for one, other in pieces:
            length = float(np.linalg.norm((MIDDLES[one] - MIDDLES[other]) @ plane))
            lengths[kind, [one, other]] += length / 2
    return lengths
