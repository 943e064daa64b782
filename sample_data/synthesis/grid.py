"""Regular voxel grids in patient space: index slice, row, column to LPS millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
Vector: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True)
class Grid:
    """Where the voxel centres of an array lie.

    Parameters
    ----------
    shape
        Number of slices, rows and columns.
    origin
        LPS mm of the centre of voxel 0, 0, 0.
    steps
        LPS mm of one step along slices, rows (down a column of pixels) and columns (along a row of pixels).
    """

    shape: tuple[int, int, int]
    origin: Vector
    steps: tuple[Vector, Vector, Vector]

    def coordinates(self) -> tuple[Floats, Floats, Floats]:
        """Return x, y and z of the voxel centres in LPS mm, as arrays that broadcast to ``shape``."""
        indices = np.ogrid[tuple(slice(0, size) for size in self.shape)]
        found = []
        for axis in range(3):
            value = np.full((1, 1, 1), self.origin[axis])
            for index, step in zip(indices, self.steps, strict=True):
                if step[axis] != 0.0:
                    value = value + index * step[axis]
            found.append(value)
        return found[0], found[1], found[2]

    def position(self, slice_index: int) -> Vector:
        """Return LPS mm of the first voxel of a slice (DICOM Image Position (Patient))."""
        x, y, z = (start + slice_index * step for start, step in zip(self.origin, self.steps[0], strict=True))
        return (x, y, z)

    @property
    def spacing_mm(self) -> Vector:
        """Length of a step along slices, rows and columns in mm."""
        a, b, c = (float(np.sqrt(sum(part * part for part in step))) for step in self.steps)
        return (a, b, c)

    @property
    def orientation(self) -> tuple[float, ...]:
        """Image Orientation (Patient): direction along a row of pixels, then down a column."""
        _, down, along = self.spacing_mm
        return tuple(part / along for part in self.steps[2]) + tuple(part / down for part in self.steps[1])

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in mL: |det| of the steps."""
        return float(abs(np.linalg.det(np.array(self.steps)))) / 1000.0

    @property
    def lps_affine(self) -> Floats:
        """4x4 matrix from index (column, row, slice) to LPS mm, the axis order of NIfTI and NRRD arrays."""
        affine = np.eye(4)
        affine[:3, :3] = np.array(self.steps[::-1]).T
        affine[:3, 3] = self.origin
        return affine
