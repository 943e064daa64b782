"""A set of voxels on a grid, and the shares of voxels it fills where its source states them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.verify.grid import Floats, Grid, Ints

Bools = NDArray[np.bool_]
Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Solid:
    """Voxels of one structure over a box of a grid.

    Parameters
    ----------
    start
        Index in the grid of the first voxel of the box; the box may reach beyond the grid.
    voxels
        Which are set.
    shares
        Part of each voxel's volume that is filled, 0 to 1; None where set voxels are full and all others empty.
    apart
        How many slices of the grid each drawn section stands for, along each axis.
    """

    grid: Grid
    start: Ints
    voxels: Bools
    shares: Floats | None = None
    apart: tuple[int, int, int] = (1, 1, 1)
    stated_ml: float = 0.0
    """Of one without a set voxel: volume of the fractions that its source states."""
    count: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", int(self.voxels.sum()))

    @property
    def indices(self) -> Ints:
        """Grid indices of the set voxels, shape (n, 3)."""
        return np.argwhere(self.voxels) + self.start

    def box(self) -> tuple[Ints, Ints]:
        """Return first and last index of the set voxels; of an empty solid those of its own box."""
        return self._box

    @cached_property
    def _box(self) -> tuple[Ints, Ints]:
        if not self.count:
            return self.start, self.start
        used = [np.flatnonzero(self.voxels.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
        low, high = (np.array([each[end] for each in used], dtype=np.int64) for end in (0, -1))
        return low + self.start, high + self.start

    def over(self, low: Ints, high: Ints) -> Bools:
        """Return which voxels are set from index ``low`` to ``high``, both included."""
        return _window(self.voxels, self.start, low, high)

    def shares_over(self, low: Ints, high: Ints) -> Floats:
        """Return how much of each voxel is filled from index ``low`` to ``high``, both included."""
        source = self.voxels.astype(np.float64) if self.shares is None else self.shares
        return _window(source, self.start, low, high)

    @property
    def volume_ml(self) -> float:
        """Volume in mL: the sum of shares, each times its slice's voxel volume."""
        filled = self.voxels if self.shares is None else self.shares
        others = tuple(i for i in range(3) if i != self.grid.slice_axis)
        each = filled.sum(axis=others)
        slices = np.arange(len(each)) + self.start[self.grid.slice_axis]
        return float((each * self.grid.slab_mm3(slices)).sum()) / 1000


def _window(source: NDArray[Kind], start: Ints, low: Ints, high: Ints) -> NDArray[Kind]:
    """Return a box of an array that starts at an index, with zeros where it has none."""
    out = np.zeros(high - low + 1, dtype=source.dtype)
    first = np.maximum(low, start)
    last = np.minimum(high, start + np.array(source.shape) - 1)
    if (last < first).any():
        return out
    to = tuple(slice(a, b + 1) for a, b in zip(first - low, last - low, strict=True))
    out[to] = source[tuple(slice(a, b + 1) for a, b in zip(first - start, last - start, strict=True))]
    return out


def trimmed(solid: Solid) -> Solid:
    """Return a solid with the smallest box that holds its voxels and shares."""
    used = solid.voxels if solid.shares is None else (solid.voxels | (solid.shares > 0))
    if not used.any():
        nothing = np.zeros((0, 0, 0), dtype=bool)
        return replace(solid, start=np.zeros(3, dtype=np.int64), voxels=nothing, shares=None)
    spans = []
    for axis in range(3):
        hit = np.flatnonzero(used.any(axis=tuple(i for i in range(3) if i != axis)))
        spans.append(slice(int(hit[0]), int(hit[-1]) + 1))
    part = (spans[0], spans[1], spans[2])
    shares = None if solid.shares is None else solid.shares[part]
    start = solid.start + np.array([span.start for span in spans])
    return replace(solid, start=start, voxels=solid.voxels[part].copy(), shares=shares)


def _frame(*solids: Solid) -> tuple[Ints, Ints]:
    """Return first and last index of the box that holds several solids."""
    filled = [solid for solid in solids if solid.voxels.size]
    low = np.min([solid.start for solid in filled], axis=0)
    high = np.max([solid.start + np.array(solid.voxels.shape) - 1 for solid in filled], axis=0)
    return low, high


def shared_count(first: Solid, second: Solid) -> int:
    """Return how many set voxels two solids on one grid have in common."""
    if not first.count or not second.count:
        return 0
    low, high = first.start, first.start + np.array(first.voxels.shape) - 1
    return int((first.voxels & second.over(low, high)).sum())


def _nested(first: Solid, others: list[Solid]) -> bool:
    """Tell whether a solid and the union of others share at least half of the smaller one's voxels."""
    low, high = first.start, first.start + np.array(first.voxels.shape) - 1
    inside = np.zeros_like(first.voxels)
    for other in others:
        inside |= other.over(low, high)
    return 2 * int((first.voxels & inside).sum()) >= min(first.count, sum(other.count for other in others))


def _spread(*solids: Solid) -> tuple[int, int, int]:
    a, b, c = (max(solid.apart[axis] for solid in solids) for axis in range(3))
    return a, b, c


def together(solids: list[Solid]) -> Solid:
    """Return the union of solids on one grid; shares side by side add, those of nested solids are the larger one."""
    solids = [solid for solid in solids if solid.count]
    if len(solids) == 1:
        return solids[0]
    low, high = _frame(*solids)
    voxels = np.zeros(high - low + 1, dtype=bool)
    for solid in solids:
        voxels |= solid.over(low, high)
    covering = [solid for solid in solids if solid.count == voxels.sum()] or solids
    if all(solid.shares is None for solid in solids):
        return Solid(solids[0].grid, low, voxels)
    filled = solids[0].shares_over(low, high)
    for number, solid in enumerate(solids[1:], 1):
        more = solid.shares_over(low, high)
        nested = _nested(solid, solids[:number])
        filled = np.maximum(filled, more) if nested else np.minimum(filled + more, 1.0)
    return Solid(solids[0].grid, low, voxels, filled, _spread(*covering))


def common(first: Solid, second: Solid) -> Solid:
    """Return what two solids on one grid have in common; nothing where they share no set voxel."""
    low, high = _frame(first, second)
    voxels = first.over(low, high) & second.over(low, high)
    if not voxels.any() or (first.shares is None and second.shares is None):
        return trimmed(Solid(first.grid, low, voxels))
    a, b = first.shares_over(low, high), second.shares_over(low, high)
    shares = np.minimum(a, b) if _nested(first, [second]) else np.maximum(a + b - 1, 0)
    return Solid(first.grid, low, voxels, shares, _spread(first, second))


def without(first: Solid, second: Solid | None) -> Solid:
    """Return a solid less another one on its grid; as it is where they share no set voxel."""
    if second is None or not shared_count(first, second):
        return first
    low, high = _frame(first, second)
    voxels = first.over(low, high) & ~second.over(low, high)
    if not voxels.any() or (first.shares is None and second.shares is None):
        return trimmed(Solid(first.grid, low, voxels))
    shares = first.shares_over(low, high) - common(first, second).shares_over(low, high)
    return Solid(first.grid, low, voxels, shares, _spread(first, second))
