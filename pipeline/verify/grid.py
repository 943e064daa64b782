"""Where voxels lie in the patient, second implementation: steps of the grid in LPS mm, straight or uneven."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOWARDS = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""LPS directions that the three array axes of a canonical grid run nearest to: head, back, left."""
LATTICE_SHIFT, LATTICE_STEP = 0.01, 1e-3
"""Grids whose steps agree to a thousandth of the smallest, and whose voxels to a hundredth of a step, are one."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Voxel centres ``origin + index @ steps`` in LPS mm.

    Parameters
    ----------
    steps
        One row for each array axis, shape (3, 3).
    slice_axis
        Array axis that the slices follow each other along.
    places
        For uneven slices: LPS mm of index 0, 0 of each slice, shape (n, 3); else None.
    thickness
        Stated slice thickness in mm, or None.
    """

    shape: tuple[int, int, int]
    origin: Floats
    steps: Floats
    slice_axis: int = 0
    places: Floats | None = None
    thickness: float | None = None

    @property
    def spacing(self) -> Floats:
        """Length of each step in mm."""
        return np.asarray(np.sqrt((self.steps**2).sum(axis=1)))

    @property
    def voxel_mm3(self) -> float:
        """Volume of a voxel: the triple product of its steps."""
        return float(abs(np.cross(self.steps[0], self.steps[1]) @ self.steps[2]))

    def world(self, index: NDArray[np.generic]) -> Floats:
        """Return LPS mm of array indices, shape (n, 3); on uneven grids straight between neighbouring slices."""
        index = np.asarray(index, dtype=np.float64).reshape(-1, 3)
        if self.places is None:
            return np.asarray(self.origin + index @ self.steps)
        axis = self.slice_axis
        flat = index.copy()
        flat[:, axis] = 0
        along = index[:, axis]
        count = len(self.places)
        beyond = (along - np.clip(along, 0, count - 1))[:, None] * self.steps[axis]
        lower = np.clip(np.floor(np.clip(along, 0, count - 1)).astype(int), 0, count - 2)
        share = (np.clip(along, 0, count - 1) - lower)[:, None]
        start = self.places[lower] * (1 - share) + self.places[lower + 1] * share
        return np.asarray(start + beyond + flat @ self.steps)

    def index(self, world: Floats) -> Floats:
        """Return array indices of LPS mm on the even grid, shape (n, 3)."""
        return np.asarray((np.asarray(world).reshape(-1, 3) - self.origin) @ np.linalg.inv(self.steps))

    def slab_mm3(self, slices: Ints) -> Floats:
        """Return the volume of one voxel in each of some slices: half the way to either neighbour."""
        if self.places is None:
            return np.full(len(slices), self.voxel_mm3)
        plane = np.cross(*np.delete(self.steps, self.slice_axis, axis=0))
        heights = np.abs(np.diff(self.places @ plane))
        both = [(heights[max(k - 1, 0)] + heights[min(k, len(heights) - 1)]) / 2 for k in range(len(heights) + 1)]
        return np.array(both)[np.clip(slices, 0, len(both) - 1)]


def canonical(grid: Grid) -> tuple[Grid, tuple[int, ...], tuple[bool, ...]]:
    """Return a grid with its axes nearest to head, back and left, their order, and which of them are turned round."""
    unit = grid.steps / grid.spacing[:, None]
    scores = {order: sum(abs(unit[order[i]] @ TOWARDS[i]) for i in range(3)) for order in permutations(range(3))}
    best = max(scores.values())
    order = min((o for o in scores if scores[o] > best - 1e-6), key=lambda o: (o[0] != grid.slice_axis, o))
    turned = tuple(bool(unit[order[i]] @ TOWARDS[i] < 0) for i in range(3))
    steps = np.array([grid.steps[order[i]] * (-1 if turned[i] else 1) for i in range(3)])
    corner = np.zeros(3)
    for i in range(3):
        corner[order[i]] = grid.shape[order[i]] - 1 if turned[i] else 0
    origin = grid.origin + corner @ grid.steps
    axis = order.index(grid.slice_axis)
    places = grid.places
    if places is not None:
        corner[grid.slice_axis] = 0
        places = places + corner @ grid.steps
        places = places[::-1] if turned[axis] else places
        origin = (places - np.arange(len(places))[:, None] * steps[axis]).mean(axis=0)
    shape = (grid.shape[order[0]], grid.shape[order[1]], grid.shape[order[2]])
    return replace(grid, shape=shape, origin=origin, steps=steps, slice_axis=axis, places=places), order, turned


def shift_between(grid: Grid, other: Grid) -> Ints | None:
    """Return the index in ``other`` of a grid's first voxel where both have the same voxels; None where not."""
    if grid.places is not None or other.places is not None:
        alike = grid.shape == other.shape and (grid.places is None) == (other.places is None)
        if not alike or grid.places is None or other.places is None:
            return None
        return np.zeros(3, dtype=np.int64) if np.allclose(grid.places, other.places, atol=1e-6) else None
    if np.abs(grid.steps - other.steps).max() > LATTICE_STEP * other.spacing.min():
        return None
    shift = other.index(grid.origin)[0]
    whole = np.rint(shift)
    return whole.astype(np.int64) if np.abs(shift - whole).max() <= LATTICE_SHIFT else None
