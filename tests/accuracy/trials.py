"""Placements of solids on grids: the same ones in every run, for every calculator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.volume import Geometry, Mask
from tests.accuracy.sampling import draw
from tests.accuracy.solids import Solid, make_solids, place, random_rotation, turn_about_head
from tests.phantoms import make_grid

Spacing = tuple[float, float, float]
SPACINGS: dict[str, Spacing] = {
    "0.8 x 0.8 x 5": (5.0, 0.8, 0.8),
    "0.8 x 0.8 x 2.5": (2.5, 0.8, 0.8),
    "0.8 x 0.8 x 1.25": (1.25, 0.8, 0.8),
    "0.8 x 0.8 x 0.6": (0.6, 0.8, 0.8),
    "1 x 1 x 1": (1.0, 1.0, 1.0),
}
"""Grids by name; steps between slices, rows and columns in mm."""
KINDS = ("sphere", "ellipsoid", "box", "shell", "c-shape", "pair")
ROUND = ("sphere", "ellipsoid", "shell", "pair")
"""Kinds without a sharp edge."""
SIZES_MM = (6, 8, 10, 20, 30, 60)


@dataclass(frozen=True)
class Trial:
    """One solid on one grid.

    Parameters
    ----------
    turned
        Turned in any direction; else about the head-foot axis alone.
    """

    kind: str
    size_mm: float
    spacing: str
    number: int
    turned: bool

    @property
    def steps(self) -> Spacing:
        return SPACINGS[self.spacing]

    def solid(self) -> Solid:
        """Return the solid in its random place: any turn, any offset within a voxel."""
        rng = self._draw()
        rotation = random_rotation(rng) if self.turned else turn_about_head(rng)
        offset = rng.uniform(-0.5, 0.5, 3) * np.array(self.steps)[::-1]
        return place(make_solids(self.size_mm)[self.kind], rotation, offset)

    def mask(self) -> Mask:
        """Return its mask; empty where no voxel centre lies in it."""
        solid = self.solid()
        return draw(solid, grid_around(solid, self.steps))

    def _draw(self) -> np.random.Generator:
        place_of = (KINDS.index(self.kind), round(1000 * self.size_mm), list(SPACINGS).index(self.spacing))
        return np.random.default_rng([*place_of, self.number, int(self.turned)])


def grid_around(solid: Solid, steps: Spacing) -> Geometry:
    """Return a grid about the origin that holds a solid with a margin."""
    reach = solid.bounds_mm[1] + float(np.linalg.norm(solid.bounds_mm[0]))
    rows = [int(np.ceil(2 * reach / step)) + 4 for step in steps]
    return make_grid((rows[0], rows[1], rows[2]), steps)


def trials(sizes: tuple[float, ...] = SIZES_MM, count: int = 10) -> Iterator[Trial]:
    """Yield trials of every kind, size and grid, every second one turned in any direction."""
    for kind in KINDS:
        for size in sizes:
            for spacing in SPACINGS:
                for number in range(count):
                    yield Trial(kind, size, spacing, number, number % 2 == 1)


def size_of_breadth(kind: str, spacing: str, voxels: float, number: int, turned: bool) -> Trial:
    """Return the trial whose solid is this many voxels across along that grid axis where it is fewest."""
    trial = Trial(kind, 10.0, spacing, number, turned)
    solid, axes = trial.solid(), np.eye(3)[::-1]
    breadth = min(solid.extent_mm(axis) / step for axis, step in zip(axes, trial.steps, strict=True))
    return _sized(trial, 10.0 * voxels / breadth)


def _sized(trial: Trial, size_mm: float) -> Trial:
    """Return the trial of another size, with the turn and the offset that it had."""
    return SizedTrial(trial.kind, size_mm, trial.spacing, trial.number, trial.turned, trial)


@dataclass(frozen=True)
class SizedTrial(Trial):
    """A trial placed as another one of another size."""

    source: Trial

    def solid(self) -> Solid:
        solid = self.source.solid()
        return place(make_solids(self.size_mm)[self.kind], solid.rotation, solid.center_mm)
