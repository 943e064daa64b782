"""Masks and images on grids in patient space (``pipeline.geometry``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box as Box
from pipeline.geometry import Geometry as Geometry
from pipeline.geometry import Index3 as Index3
from pipeline.geometry import Points as Points
from pipeline.geometry import canonical_geometry as canonical_geometry
from pipeline.geometry import find_reorientation as find_reorientation

HALF_FILLED = 0.5
"""Share from which on a voxel is set, where nothing else says which are."""


class ShareKind(StrEnum):
    """Where the shares of a mask's voxels come from."""

    POLYGONS = "polygons"
    FRACTIONS = "fractions"
    MIXED = "mixed"
    """A union of structures with shares of either kind."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """How much of each voxel a structure fills, where its source says more than yes or no.

    Only the voxels whose share is not what the mask's ``voxels`` say (set: 1, not set: 0) are listed: those along the
    boundary. A structure costs little more memory with its shares than without them.

    Parameters
    ----------
    kind
        Polygons: the share of the pixel's area within the contours, so that the sum of all shares is the polygons'
        area in pixels. Fractions: those of an OCCUPANCY segmentation.
    indices
        Indices in the mask's grid, shape (n, 3), each once, in ascending order. They may lie outside the mask's box.
    shares
        Share of the voxel's volume, 0 to 1, shape (n,).
    steps
        How many slices of the grid each drawn section stands for, along each array axis: 1 where all were drawn.
    """

    kind: ShareKind
    indices: NDArray[np.int64]
    shares: NDArray[np.float64]
    steps: Index3 = (1, 1, 1)

    def moved(self, step: Index3, shape: Index3) -> Coverage:
        """Return the same shares with all indices moved by a step, without those outside a grid of this shape."""
        indices = self.indices + np.array(step, dtype=np.int64)
        inside = ((indices >= 0) & (indices < np.array(shape))).all(axis=1)
        return Coverage(self.kind, indices[inside], self.shares[inside], self.steps)


@dataclass(frozen=True, eq=False)
class Mask:
    """The voxels of one structure, kept as the bounding box of its set voxels in the grid it was drawn on.

    Parameters
    ----------
    grid
        The whole grid (canonical orientation).
    offset
        Index in ``grid`` of the first voxel of ``voxels``.
    voxels
        Boolean array of the bounding box; of shape (0, 0, 0) when nothing is set. Never modified.
    coverage
        Shares of voxels where the source states them (contours, OCCUPANCY): volumes are sums of shares, everything
        else is measured on ``voxels``. None where a set voxel is full and any other one empty.
    below_half_ml
        Of a mask without a set voxel: the volume in mL of the shares or probabilities that its source states, all of
        them below one half. 0 where it states none.
    lost_mm
        Of a mask without a set voxel: how far that reaches which its source draws of it, in mm, where it draws
        something that bounds no area (a point, an open line, less than a pixel). None where it draws nothing.
    """

    grid: Geometry
    offset: Index3
    voxels: NDArray[np.bool_]
    coverage: Coverage | None = None
    below_half_ml: float = 0.0
    lost_mm: float | None = None
    count: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", int(np.count_nonzero(self.voxels)))

    @classmethod
    def from_array(cls, grid: Geometry, array: NDArray[np.bool_], offset: Index3 = (0, 0, 0)) -> Self:
        """Return the mask of the set voxels of an array that starts at ``offset`` in ``grid``."""
        spans: list[slice] = []
        for axis in range(3):
            others = tuple(i for i in range(3) if i != axis)
            used = np.flatnonzero(array.any(axis=others))
            if used.size == 0:
                return cls(grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
            spans.append(slice(int(used[0]), int(used[-1]) + 1))
        start = (offset[0] + spans[0].start, offset[1] + spans[1].start, offset[2] + spans[2].start)
        return cls(grid, start, np.array(array[tuple(spans)], dtype=np.bool_))

    @classmethod
    def from_shares(
        cls,
        grid: Geometry,
        shares: NDArray[np.floating],
        offset: Index3 = (0, 0, 0),
        *,
        kind: ShareKind,
        voxels: NDArray[np.bool_] | None = None,
    ) -> Self:
        """Return the mask of an array of shares that starts at ``offset`` in ``grid``.

        Parameters
        ----------
        shares
            Share of each voxel, 0 to 1.
        voxels
            Which voxels are set, of the same shape; by default those that are filled at least half.
        """
        is_set = np.asarray(shares >= HALF_FILLED) if voxels is None else voxels
        odd = np.argwhere(shares != is_set)
        coverage = Coverage(kind, odd + np.array(offset, dtype=np.int64), shares[tuple(odd.T)].astype(np.float64))
        bare = cls.from_array(grid, is_set, offset)
        return cls(grid, bare.offset, bare.voxels, coverage)

    def are_set(self, indices: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which voxels of ``grid`` are set, by their indices, shape (n, 3)."""
        local = indices - np.array(self.offset, dtype=np.int64)
        inside = ((local >= 0) & (local < np.array(self.voxels.shape))).all(axis=1)
        found = np.zeros(len(indices), dtype=np.bool_)
        found[inside] = self.voxels[tuple(local[inside].T)]
        return found

    @property
    def is_empty(self) -> bool:
        """Tell whether no voxel is set."""
        return self.count == 0

    @property
    def steps(self) -> Index3:
        """How many slices of ``grid`` each drawn section stands for, along each array axis: 1 where all were drawn."""
        return (1, 1, 1) if self.coverage is None else self.coverage.steps

    @property
    def is_below_half(self) -> bool:
        """Tell whether no voxel is set although the source states something: shares that all stay below one half."""
        return self.is_empty and self.below_half_ml > 0

    @property
    def is_lost(self) -> bool:
        """Tell whether something is drawn of it, and nothing of that can be measured."""
        return self.is_empty and self.lost_mm is not None

    @property
    def box(self) -> Box:
        """The bounding box in ``grid``."""
        a, b, c = (slice(start, start + size) for start, size in zip(self.offset, self.voxels.shape, strict=True))
        return (a, b, c)

    @property
    def geometry(self) -> Geometry:
        """The grid of ``voxels``."""
        return self.grid.crop(self.box)

    def within(self, box: Box) -> NDArray[np.bool_]:
        """Return the mask as a boolean array over a box of ``grid``; the box may reach beyond mask and grid."""
        out = np.zeros([part.stop - part.start for part in box], dtype=np.bool_)
        target, source = [], []
        for part, start, size in zip(box, self.offset, self.voxels.shape, strict=True):
            low, high = max(part.start, start), min(part.stop, start + size)
            if low >= high:
                return out
            target.append(slice(low - part.start, high - part.start))
            source.append(slice(low - start, high - start))
        out[tuple(target)] = self.voxels[tuple(source)]
        return out

    @property
    def touches_border(self) -> bool:
        """Tell whether a set voxel lies on the outermost layer of the grid."""
        return not self.is_empty and any(
            part.start == 0 or part.stop == size for part, size in zip(self.box, self.grid.shape, strict=True)
        )


def bounding_box(masks: list[Mask], margin: int = 0) -> Box:
    """Return the box that holds every non-empty mask, grown by ``margin`` voxels; it may reach beyond the grid.

    Raises
    ------
    ValueError
        When every mask is empty.
    """
    boxes = [mask.box for mask in masks if not mask.is_empty]
    if not boxes:
        raise ValueError("no set voxel in any mask")
    spans = [
        slice(min(box[axis].start for box in boxes) - margin, max(box[axis].stop for box in boxes) + margin)
        for axis in range(3)
    ]
    return (spans[0], spans[1], spans[2])


@dataclass(frozen=True, eq=False)
class Image:
    """Pixel values over a box of the image's grid: Hounsfield units for CT, stored units for MR.

    ``voxels`` has the shape of ``box``; ``geometry`` is the grid of that box.
    """

    geometry: Geometry
    box: Box
    voxels: NDArray[np.float32]
