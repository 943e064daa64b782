"""The study of the matrix: balls on one lattice, which is laid along any axes and turned by any angle as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry
from tests.phantoms import Ellipsoid, make_grid, rotation_about, sample_array, sphere

GRID = make_grid((26, 44, 50), (3.0, 2.0, 1.75), center_mm=(3.0, -5.0, 8.0))
BALLS: Mapping[str, Ellipsoid] = {
    "liver": sphere(33.0, (2.0, -4.0, 7.0)),
    "lesion_1": sphere(10.0, (-11.0, 2.0, 12.0)),
    "lesion_2": sphere(7.0, (11.0, -11.0, -1.0)),
    "portal_vein": sphere(5.0, (33.0, 24.0, 8.0)),
}
"""None but the lesions overlaps another, so that the study fits a label map."""
ROTATIONS: Mapping[str, NDArray[np.float64]] = {
    "straight": np.eye(3),
    "turned by 9 degrees": rotation_about((0.3, 1, 0.2), 9.0),
    "turned by 17 degrees": rotation_about((1, 2, 0.5), 17.0),
    "turned by 38 degrees": rotation_about((1, -0.4, 0.7), 38.0),
    "turned by 31 degrees": rotation_about((-0.2, 0.5, 1), 31.0),
}
AXIAL_KEPT = ("straight", "turned by 9 degrees", "turned by 17 degrees")
"""Rotations of at most 20 degrees, under which axial diameters may not change (MEASUREMENTS.md)."""


@dataclass(frozen=True)
class Turn:
    """How the lattice is stored: its axes in an order, some backwards, all turned together in the patient."""

    order: tuple[int, ...]
    signs: tuple[int, ...]
    rotation: str

    @property
    def grid(self) -> Geometry:
        """The stored grid: the same lattice points, rotated about the frame's origin."""
        turn = ROTATIONS[self.rotation]
        shape = tuple(GRID.shape[axis] for axis in self.order)
        steps = np.array([GRID.axes[a] * s for a, s in zip(self.order, self.signs, strict=True)])
        first = np.array([0 if s > 0 else n - 1 for s, n in zip(self.signs, shape, strict=True)], dtype=float)
        index = np.zeros(3)
        index[list(self.order)] = first
        affine = np.eye(4)
        affine[:3, :3] = (steps @ turn.T).T
        affine[:3, 3] = turn @ GRID.to_world(index[None])[0]
        return Geometry((shape[0], shape[1], shape[2]), affine, 0)

    def store(self, array: NDArray) -> NDArray:
        """Return an array of the straight lattice as it is stored."""
        flips = [axis for axis, sign in enumerate(self.signs) if sign < 0]
        return np.ascontiguousarray(np.flip(array.transpose(self.order), flips))

    def place(self, center: tuple[float, float, float]) -> NDArray[np.float64]:
        """Return where a point of the straight study lies, LPS mm."""
        return ROTATIONS[self.rotation] @ np.array(center)


def voxels_of(name: str) -> NDArray[np.bool_]:
    """Return the voxels of a structure on the straight lattice."""
    return sample_array(BALLS[name], GRID)


def labels() -> NDArray[np.uint8]:
    """Return the study as a label map on the straight lattice, numbered in the order of ``BALLS``."""
    found = np.zeros(GRID.shape, dtype=np.uint8)
    for number, name in enumerate(BALLS, 1):
        found[voxels_of(name)] = number
    return found


def values_hu() -> NDArray[np.int16]:
    """Return the image on the straight lattice: every voxel its own value, within 12 bits above -1024."""
    noise = np.random.default_rng(2).integers(-40, 40, GRID.shape)
    return np.asarray(np.choose(labels(), [20, 110, 60, 65, 170]) + noise, dtype=np.int16)


def volume_ml(name: str) -> float:
    """Return voxels times |det|: what every grid-based format must give to the last digit."""
    return float(voxels_of(name).sum() * GRID.voxel_volume_mm3 / 1000)
