"""How many lesions two balls in one segment are: apart, touching, or joined by a neck of three voxels."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np

from pipeline.measures.study import measure_study
from pipeline.structures import Role
from tests.accuracy.sampling import draw
from tests.accuracy.solids import random_rotation
from tests.accuracy.trials import SPACINGS
from tests.phantoms import Shape, Union, make_grid, make_record, make_study, sphere

RADIUS_BY_STEP = 2.5
"""Radius of both balls by the largest step of the grid."""
GAPS = {"apart by one largest step": 1.0, "apart by half of it": 0.5, "touching": 0.0, "neck of three of it": -1.0}
NECK_BY_STEP = 3.0


@dataclass(frozen=True)
class Count:
    """The count of one placement: the true one, and the interval."""

    spacing: str
    case: str
    truth: int
    low: float
    high: float

    @property
    def is_held(self) -> bool:
        return self.low <= self.truth <= self.high


def run_counts(count: int = 100) -> Iterator[Count]:
    """Yield random placements of each case on every grid, on every core."""
    ways = list(product(SPACINGS, GAPS, range(count)))
    with ProcessPoolExecutor() as pool:
        yield from pool.map(count_pair, *zip(*ways, strict=True), chunksize=10)


def count_pair(spacing: str, case: str, number: int) -> Count:
    """Return the count of one placement, turned anyhow, at any offset."""
    steps = SPACINGS[spacing]
    rng = np.random.default_rng([11, list(SPACINGS).index(spacing), list(GAPS).index(case), number])
    step = max(steps)
    radius, joined = RADIUS_BY_STEP * step, GAPS[case] < 0
    apart = 2 * np.sqrt(radius**2 - (NECK_BY_STEP * step / 2) ** 2) if joined else 2 * radius + GAPS[case] * step
    offset = rng.uniform(-0.5, 0.5, 3) * np.array(steps)[::-1]
    side = random_rotation(rng)[:, 0] * apart / 2
    pair: Shape = Union(tuple(sphere(radius, tuple(offset + sign * side)) for sign in (-1, 1)))
    grid = make_grid(tuple(int(4.5 * radius / s) + 10 for s in steps), steps)  # type: ignore[arg-type]
    formulas = {"bsa_formula": "mosteller", "etlv_formula": "urata"}
    masks = {Role.LIVER: draw(sphere(2.2 * radius, tuple(offset)), grid), Role.LESION: draw(pair, grid)}  # type: ignore[arg-type]
    study = make_study(masks)
    found = measure_study(study, make_record(), min_lesion_mm=3.0, connectivity=26, **formulas)
    held = found.measurements["lesion_count"]
    assert held.low is not None, held.reason
    assert held.high is not None
    return Count(spacing, case, 1 if joined else 2, held.low, held.high)
