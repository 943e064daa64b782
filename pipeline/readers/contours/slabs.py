"""Structures drawn on every k-th slice, on all slices of the image: each contour fills the slab it stands for.

The slab ends half-way to where the neighbouring contours are, or would be: half the gap on either side, as for slices.
An image slice gets the share of each pixel that the slabs through it fill, so that the volume is exactly polygon area x
slab, and structures drawn on other slices can be joined with it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry, Index3
from pipeline.readers.contours.planes import plane_origins
from pipeline.readers.contours.spacing import Spacing
from pipeline.volume import Coverage, Mask

ROUNDING = 1e-9
"""A share this near to 0 or 1 is 0 or 1."""

Floats = NDArray[np.float64]
Plane = tuple[slice, slice]


def fill_slabs(mask: Mask, axis: int, spacing: Spacing) -> Mask:
    """Return a structure whose contours stand for ``spacing.step`` slices each.

    Shares: those of the slabs, exactly. Voxels: each slice shows the contour whose slab its middle lies in, one on the
    border between two slabs that on the side of higher numbers, so that no diameter is one of two contours together.

    Parameters
    ----------
    mask
        The sections on the slices they were drawn on, with the shares of their pixels.
    axis
        The array axis of the slices.
    """
    if spacing.step == 1 or mask.is_empty or mask.coverage is None:
        return mask
    sections = _Sections(mask, mask.coverage, axis)
    drawn = np.unique([*(mask.offset[axis] + np.flatnonzero(sections.is_set)), *mask.coverage.indices[:, axis]])
    weights = _weigh(mask.grid, axis, drawn, spacing.step)
    first = drawn - spacing.step // 2
    voxels = np.zeros((mask.grid.shape[axis], *sections.shape), dtype=np.bool_)
    indices, shares = [], []
    for number in np.flatnonzero(weights.any(axis=1)):
        filled = np.zeros(sections.shape)
        for which in np.flatnonzero(weights[number]):
            filled += weights[number, which] * sections.shares_in(int(drawn[which]))
        filled = np.where(np.abs(filled - np.rint(filled)) < ROUNDING, np.rint(filled), filled)
        owner = np.flatnonzero((first <= number) & (number < first + spacing.step))
        if len(owner):
            voxels[number] = sections.voxels_in(int(drawn[owner[0]]))
        odd = np.argwhere(filled != voxels[number])
        shares.append(filled[tuple(odd.T)])
        indices.append(np.insert(odd + sections.start, axis, number, axis=1))
    offset = np.insert(sections.start, axis, 0)
    bare = Mask.from_array(mask.grid, np.moveaxis(voxels, 0, axis), (int(offset[0]), int(offset[1]), int(offset[2])))
    found, covered = np.concatenate(indices), np.concatenate(shares)
    ascending = np.lexsort(found.T[::-1])
    steps = [1, 1, 1]
    steps[axis] = spacing.step
    wide: Index3 = (steps[0], steps[1], steps[2])
    coverage = Coverage(mask.coverage.kind, found[ascending], covered[ascending], wide)
    return Mask(mask.grid, bare.offset, bare.voxels, coverage)


class _Sections:
    """The drawn sections of a mask over one box in their plane."""

    def __init__(self, mask: Mask, coverage: Coverage, axis: int) -> None:
        others = [i for i in range(3) if i != axis]
        places = coverage.indices[:, others]
        low, size = np.array(mask.offset)[others], np.array(mask.voxels.shape)[others]
        self.start = np.min([low, *places.min(axis=0, initial=int(low.max()))[None]], axis=0)
        end = np.max([low + size, *(places.max(axis=0, initial=0) + 1)[None]], axis=0)
        self.shape = (int(end[0] - self.start[0]), int(end[1] - self.start[1]))
        self.is_set = mask.voxels.any(axis=(others[0], others[1]))
        self._voxels, self._first = np.moveaxis(mask.voxels, axis, 0), mask.offset[axis]
        self._inner = tuple(slice(int(a), int(a + b)) for a, b in zip(low - self.start, size, strict=True))
        order = np.argsort(coverage.indices[:, axis], kind="stable")
        self._slices, self._places = coverage.indices[order, axis], places[order] - self.start
        self._shares = coverage.shares[order]

    def voxels_in(self, number: int) -> NDArray[np.bool_]:
        """Return which voxels of a slice are set."""
        found = np.zeros(self.shape, dtype=np.bool_)
        if 0 <= number - self._first < len(self._voxels):
            found[self._inner] = self._voxels[number - self._first]
        return found

    def shares_in(self, number: int) -> Floats:
        """Return the shares of the pixels of a slice."""
        found = self.voxels_in(number).astype(np.float64)
        a, b = np.searchsorted(self._slices, [number, number + 1])
        found[tuple(self._places[a:b].T)] = self._shares[a:b]
        return found


def _weigh(grid: Geometry, axis: int, drawn: NDArray[np.int64], step: int) -> Floats:
    """Return which share of each slice's slab lies in the slab of each contour, shape (slices, contours)."""
    origins = plane_origins(grid, axis)
    normal = np.cross(*np.delete(grid.axes, axis, axis=0))
    heights = np.abs((origins - origins[0]) @ normal) / np.linalg.norm(normal)
    count = len(heights)
    known = np.arange(count)
    even = abs(float(grid.axes[axis] @ normal)) / float(np.linalg.norm(normal))
    wide = np.arange(-step, count + step)
    along = np.interp(wide, known, heights) + even * (np.minimum(wide, 0) + np.maximum(wide - count + 1, 0))
    bounds = (along[1:] + along[:-1]) / 2
    low, high = bounds[step - 1 : step - 1 + count], bounds[step : step + count]
    below, at, above = (along[drawn + step + shift] for shift in (-step, 0, step))
    start, stop = (below + at) / 2, (at + above) / 2
    shared = np.minimum(high[:, None], stop) - np.maximum(low[:, None], start)
    weights = np.maximum(shared, 0.0) / (high - low)[:, None]
    return np.asarray(np.where(weights < ROUNDING, 0.0, weights))
