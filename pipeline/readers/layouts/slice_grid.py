"""The grid of an image as single slices are placed on it: which slice a plane is, and which way its rows run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry, find_reorientation
from pipeline.readers.layouts.slice_files import Plane

SAME_PLACE_VOXELS = 0.1
Plane16 = NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class SliceGrid:
    """An image's grid (canonical orientation), as far as single slices are placed on it."""

    grid: Geometry

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit normal of the slices."""
        first, second = np.delete(self.grid.axes, self.grid.slice_axis, axis=0)
        normal = np.cross(first, second)
        return np.asarray(normal / np.linalg.norm(normal))

    def corners(self, number: int) -> NDArray[np.float64]:
        """Return LPS mm of the four corner pixels of one slice; the axes of the grid, the sliced one of length 1."""
        ends = [[0, size - 1] for size in self.grid.shape]
        ends[self.grid.slice_axis] = [number]
        index = np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1)
        return self.grid.to_world(index.reshape(-1, 3).astype(np.float64)).reshape(index.shape)

    def box_of(self, number: int) -> tuple[slice, slice, slice]:
        """Return the box of one slice."""
        spans = [slice(number, number + 1) if axis == self.grid.slice_axis else slice(None) for axis in range(3)]
        return spans[0], spans[1], spans[2]

    def number_of(self, plane: Plane) -> int | None:
        """Return which slice a plane lies on; None when it lies outside the grid.

        Raises
        ------
        StudyRefused
            ``GRID_OFF`` when it lies between two slices.
        """
        index = np.zeros((self.grid.shape[self.grid.slice_axis], 3))
        index[:, self.grid.slice_axis] = np.arange(len(index))
        heights = self.grid.to_world(index) @ self.normal
        away = np.abs(heights - plane.position @ self.normal)
        gap = float(np.abs(np.diff(heights)).min())
        nearest = int(away.argmin())
        if away[nearest] <= SAME_PLACE_VOXELS * gap:
            return nearest
        if nearest in (0, len(heights) - 1) and away[nearest] > (1 - SAME_PLACE_VOXELS) * gap:
            return None
        raise StudyRefused("GRID_OFF", "The mask slices lie between the slices of the image.")

    def place(self, values: Plane16, plane: Plane, number: int) -> Plane16:
        """Return one plane of rows and columns as the image's grid holds it.

        Raises
        ------
        StudyRefused
            ``GEOM_MATRIX`` when it has another size, ``GRID_OFF`` when its corners lie elsewhere than the image's.
        """
        grid = self.grid
        affine = np.eye(4)
        affine[:3, 0] = grid.axes[grid.slice_axis]
        affine[:3, 1], affine[:3, 2] = plane.row_step, plane.column_step
        try:
            turn = find_reorientation(Geometry((1, *plane.shape), affine, 0))
        except ValueError:
            raise StudyRefused("GRID_OFF", "A mask slice stands upright on the slices of the image.") from None
        flips = [slice(None, None, -1) if flip else slice(None) for flip in turn.flipped]
        flips[grid.slice_axis] = slice(None)
        turned = values[None].transpose(turn.order)[tuple(flips)]
        expected = [1 if axis == grid.slice_axis else size for axis, size in enumerate(grid.shape)]
        if list(turned.shape) != expected:
            raise StudyRefused("GEOM_MATRIX", "A mask slice has another number of rows or columns than the images.")
        corners = plane.corners()[None].transpose(*turn.order, 3)[tuple(flips)]
        off = np.linalg.norm(corners - self.corners(number), axis=-1).max()
        if off > SAME_PLACE_VOXELS * float(grid.spacing_mm.min()):
            raise StudyRefused("GRID_OFF", f"A mask slice lies {off:.1f} mm off the image it belongs to.")
        return np.asarray(turned)
