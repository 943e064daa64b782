"""Grids in patient space: where the voxels of an array lie.

Arrays are indexed slice, row, column and held in the canonical orientation ``HPL``: the first axis runs
head-ward, the second to the back (posterior), the third to the patient's left. World coordinates are DICOM
patient millimetres (LPS). A grid may be oblique, sheared (gantry tilt) or unevenly spaced; nothing here resamples.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Index3: TypeAlias = tuple[int, int, int]
Box: TypeAlias = tuple[slice, slice, slice]
Points: TypeAlias = NDArray[np.float64]
"""Points, shape (n, 3): array indices or LPS millimetres, as the function says."""

Scalar = TypeVar("Scalar", bound=np.generic)

CANONICAL_AXES = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""LPS directions of the canonical axes: head, posterior, left."""


@dataclass(frozen=True, eq=False)
class Geometry:
    """Where the voxels of a grid lie in the patient.

    Parameters
    ----------
    shape
        Number of slices, rows and columns.
    affine
        4x4; maps a homogeneous index (slice, row, column) to the voxel centre in LPS mm.
    slice_axis
        The array axis the slices were acquired along (0 for axial series, in canonical orientation).
    slice_positions_mm
        For unevenly spaced slices: LPS mm of index 0, 0 of every slice along ``slice_axis``, shape (n, 3); else None.
    slice_thickness_mm
        Declared thickness, or None. Never used as spacing.
    """

    shape: Index3
    affine: NDArray[np.float64]
    slice_axis: int = 0
    slice_positions_mm: NDArray[np.float64] | None = None
    slice_thickness_mm: float | None = None

    def __post_init__(self) -> None:
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            raise ValueError("a grid needs a finite 4x4 affine")
        if abs(np.linalg.det(affine[:3, :3])) < 1e-9:
            raise ValueError("a grid needs three independent axes")
        affine.flags.writeable = False
        object.__setattr__(self, "affine", affine)

    @property
    def axes(self) -> NDArray[np.float64]:
        """Step of one voxel along each array axis in LPS mm, one axis a row, shape (3, 3)."""
        return np.ascontiguousarray(self.affine[:3, :3].T)

    @property
    def spacing_mm(self) -> NDArray[np.float64]:
        """Length of one step along slice, row and column axis in mm, shape (3,)."""
        return np.asarray(np.linalg.norm(self.axes, axis=1), dtype=np.float64)

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel in mm3: the absolute determinant, so sheared and flipped grids are right."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    @property
    def slab_volumes_mm3(self) -> NDArray[np.float64]:
        """Volume in mm3 of a voxel of each slice along ``slice_axis``: half the gap to each neighbour."""
        count = self.shape[self.slice_axis]
        if self.slice_positions_mm is None or count < 2:
            return np.full(count, self.voxel_volume_mm3)
        in_plane = np.delete(self.axes, self.slice_axis, axis=0)
        normal_area = np.cross(in_plane[0], in_plane[1])
        heights = np.abs(np.diff(self.slice_positions_mm @ normal_area))
        padded = np.concatenate([heights[:1], heights, heights[-1:]])
        return np.asarray((padded[:-1] + padded[1:]) / 2, dtype=np.float64)

    @property
    def plane_normal(self) -> NDArray[np.float64]:
        """Unit normal of the planes of rows and columns (axes 1 and 2), pointing head-ward, shape (3,)."""
        normal = np.cross(self.axes[1], self.axes[2])
        normal = normal / np.linalg.norm(normal)
        return np.asarray(normal if normal[2] >= 0 else -normal, dtype=np.float64)

    def to_world(self, indices: Points) -> Points:
        """Return LPS mm of array indices (fractions allowed), shape (n, 3)."""
        indices = np.asarray(indices, dtype=np.float64).reshape(-1, 3)
        world = indices @ self.axes + self.affine[:3, 3]
        if self.slice_positions_mm is not None:
            world += self._unevenness(indices[:, self.slice_axis])
        return np.asarray(world, dtype=np.float64)

    def to_index(self, world: Points) -> Points:
        """Return array indices of LPS mm, shape (n, 3); for uneven grids those of the even grid that fits best."""
        world = np.asarray(world, dtype=np.float64).reshape(-1, 3)
        return np.asarray(np.linalg.solve(self.axes.T, (world - self.affine[:3, 3]).T).T, dtype=np.float64)

    def _unevenness(self, along: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shift in mm of fractional slice positions against the even grid, shape (n, 3)."""
        assert self.slice_positions_mm is not None
        steps = np.arange(self.shape[self.slice_axis], dtype=np.float64)
        even = self.affine[:3, 3] + steps[:, None] * self.axes[self.slice_axis]
        shift = self.slice_positions_mm - even
        return np.stack([np.interp(along, steps, shift[:, axis]) for axis in range(3)], axis=1)

    def crop(self, box: Box) -> Geometry:
        """Return the grid of a box of this grid, given as slices with explicit start and stop."""
        start = np.array([part.start for part in box], dtype=np.float64)
        affine = self.affine.copy()
        affine[:3, 3] += start @ self.axes
        positions = self.slice_positions_mm
        if positions is not None:
            in_plane = start.copy()
            in_plane[self.slice_axis] = 0
            positions = positions[box[self.slice_axis]] + in_plane @ self.axes
        shape = (box[0].stop - box[0].start, box[1].stop - box[1].start, box[2].stop - box[2].start)
        return Geometry(shape, affine, self.slice_axis, positions, self.slice_thickness_mm)

    def corners_mm(self) -> Points:
        """Return the centres of the eight corner voxels in LPS mm, shape (8, 3)."""
        last = np.array(self.shape) - 1
        corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * last
        return self.to_world(corners.astype(np.float64))

    def offset_in(self, other: Geometry) -> Points:
        """Return the index in ``other`` of this grid's eight corner voxels, shape (8, 3)."""
        return other.to_index(self.corners_mm())

    def same_axes(self, other: Geometry, tolerance: float = 1e-3) -> bool:
        """Tell whether both grids have the same steps along every axis, within a fraction of the spacing."""
        limit = tolerance * float(self.spacing_mm.min())
        return bool(np.allclose(self.axes, other.axes, rtol=0, atol=limit))


@dataclass(frozen=True)
class Reorientation:
    """How an array becomes canonical: axes reordered first, then flipped."""

    order: Index3
    flipped: tuple[bool, bool, bool]

    def apply(self, array: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return the canonical view of an array; no copy is made."""
        view = array.transpose(self.order)
        return view[tuple(slice(None, None, -1) if flip else slice(None) for flip in self.flipped)]


def find_reorientation(geometry: Geometry) -> Reorientation:
    """Find the axis order and flips that bring a grid closest to head, posterior, left.

    Among equally close orders the one that keeps the acquired slices as slices wins.
    """
    cosines = (geometry.axes / geometry.spacing_mm[:, None]) @ CANONICAL_AXES.T
    closeness = {order: sum(abs(cosines[order[i], i]) for i in range(3)) for order in permutations(range(3))}
    best = max(closeness.values())
    near = [order for order, value in closeness.items() if value > best - 1e-6]
    order = min(near, key=lambda o: (o[0] != geometry.slice_axis, o))
    flipped = tuple(bool(cosines[order[i], i] < 0) for i in range(3))
    return Reorientation((order[0], order[1], order[2]), (flipped[0], flipped[1], flipped[2]))


def canonical_geometry(geometry: Geometry) -> tuple[Geometry, Reorientation]:
    """Return the same grid in canonical orientation, and how its arrays have to be reordered."""
    turn = find_reorientation(geometry)
    shape = tuple(geometry.shape[axis] for axis in turn.order)
    steps = np.stack(
        [geometry.axes[axis] * (-1 if flip else 1) for axis, flip in zip(turn.order, turn.flipped, strict=True)]
    )
    first = np.zeros(3)
    for axis, flip in zip(turn.order, turn.flipped, strict=True):
        first[axis] = geometry.shape[axis] - 1 if flip else 0
    affine = np.eye(4)
    affine[:3, :3] = steps.T
    affine[:3, 3] = first @ geometry.axes + geometry.affine[:3, 3]
    positions = geometry.slice_positions_mm
    slice_axis = turn.order.index(geometry.slice_axis)
    if positions is not None:
        in_plane = first.copy()
        in_plane[geometry.slice_axis] = 0
        positions = positions + in_plane @ geometry.axes
        positions = positions[::-1] if turn.flipped[slice_axis] else positions
        affine[:3, 3] = _even_start(positions, steps[slice_axis])
    return Geometry((shape[0], shape[1], shape[2]), affine, slice_axis, positions, geometry.slice_thickness_mm), turn


def _even_start(positions: NDArray[np.float64], step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the origin of the even stack with this step that fits uneven positions best, LPS mm."""
    offsets = np.arange(len(positions))[:, None] * step
    return np.asarray((positions - offsets).mean(axis=0), dtype=np.float64)
