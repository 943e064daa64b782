"""The total liver voxel by voxel, as plans see it: its parts, its lesions, what lies near each of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import cKDTree

from pipeline.verify.grid import Floats, Ints
from pipeline.verify.solid import Bools, Solid, trimmed
from pipeline.verify.surface import surface_points

EPSILON_MM = 1e-5
"""By how much a voxel may lie farther than a margin and still count as within it: files round grids."""
SPARE_MM = 2.0
Window = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Field:
    """Arrays over the box of the total liver, from ``low`` to ``high``.

    Parameters
    ----------
    parts
        Where each part of the liver lies, by its name; disjoint.
    lesions
        The intrahepatic lesions by id, in the order of the report.
    reach_mm
        The largest margin asked for of each lesion.
    """

    total: Solid
    parts: Mapping[str, Bools]
    lesions: Mapping[str, Solid]
    reach_mm: Mapping[str, float]
    low: Ints = field(init=False)
    high: Ints = field(init=False)
    liver: Bools = field(init=False)
    _near: dict[str, tuple[Window, Floats]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        low, high = self.total.box()
        for name, value in (("low", low), ("high", high), ("liver", self.total.over(low, high))):
            object.__setattr__(self, name, value)

    def nothing(self) -> Bools:
        """Return an empty set of voxels over the box."""
        return np.zeros_like(self.liver)

    def lesion(self, name: str) -> Bools:
        """Return the voxels of a lesion."""
        return self.lesions[name].over(self.low, self.high)

    def tumour(self) -> Bools:
        """Return the voxels of all lesions."""
        found = self.nothing()
        for solid in self.lesions.values():
            found |= solid.over(self.low, self.high)
        return found

    def within(self, name: str, margin_mm: float) -> Bools:
        """Return the liver's voxels whose centre lies within a margin of a lesion's half-level surface, or in it."""
        if name not in self._near:
            self._near[name] = self._measure(name)
        window, apart = self._near[name]
        found = self.lesion(name)
        found[window] |= self.liver[window] & (apart <= margin_mm + EPSILON_MM)
        return found

    def _measure(self, name: str) -> tuple[Window, Floats]:
        """Return the window that can lie within reach of a lesion, and each voxel's distance from its surface."""
        solid, reach = self.lesions[name], self.reach_mm.get(name, 0.0) + SPARE_MM
        points = surface_points(solid)
        normals = np.linalg.inv(solid.grid.steps)
        spread = np.ceil(reach * np.linalg.norm(normals, axis=0)).astype(int) + 2
        first, last = solid.box()
        first = np.clip(first - 2 * spread, self.low, self.high) - self.low
        last = np.clip(last + 2 * spread, self.low, self.high) - self.low
        window = (slice(first[0], last[0] + 1), slice(first[1], last[1] + 1), slice(first[2], last[2] + 1))
        apart = np.full(self.liver[window].shape, np.inf)
        voxels = np.argwhere(self.liver[window])
        centres = solid.grid.world(voxels + first + self.low)
        inside = ((centres >= points.min(axis=0) - reach) & (centres <= points.max(axis=0) + reach)).all(axis=1)
        voxels, centres = voxels[inside], centres[inside]
        apart[tuple(voxels.T)] = cKDTree(points).query(centres, distance_upper_bound=reach)[0]
        return window, apart

    def voxels_ml(self) -> Floats:
        """Return the volume of each voxel of the box; a share of a voxel counts with the nearest set one."""
        grid, shape = self.total.grid, self.liver.shape
        slices = np.arange(shape[grid.slice_axis]) + self.low[grid.slice_axis]
        slabs = grid.slab_mm3(slices) / 1000
        along = slabs.reshape([-1 if axis == grid.slice_axis else 1 for axis in range(3)])
        found = np.where(self.liver, self.total.shares_over(self.low, self.high), 0.0) * along
        if self.total.shares is not None:
            loose = np.argwhere((self.total.shares > 0) & ~self.total.voxels) + self.total.start
            inside = np.argwhere(self.liver)
            owner = inside[cKDTree(grid.world(inside + self.low)).query(grid.world(loose))[1]]
            shares = self.total.shares[tuple((loose - self.total.start).T)]
            np.add.at(found, tuple(owner.T), shares * grid.slab_mm3(loose[:, grid.slice_axis]) / 1000)
        return np.asarray(found)

    def bare(self, voxels: Bools) -> Solid:
        """Return some of the liver's voxels as a solid of whole voxels."""
        return trimmed(Solid(self.total.grid, self.low, voxels))


def touching(first: Bools, second: Bools) -> bool:
    """Tell whether a voxel of one set has a face on a voxel of another."""
    for axis in range(3):
        ahead = tuple(slice(1, None) if n == axis else slice(None) for n in range(3))
        behind = tuple(slice(None, -1) if n == axis else slice(None) for n in range(3))
        if (first[ahead] & second[behind]).any() or (first[behind] & second[ahead]).any():
            return True
    return False
