"""Distances by formula: ball to ball, to a tube, to a capsule, to a cut face and to an ablation zone around it.

All in one liver, turned anyhow, at any offset; each gap is drawn evenly. L1 lies under the capsule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np

from pipeline.lesion import LesionStatus
from pipeline.measurement import Measurement
from pipeline.measures.study import measure_study
from pipeline.structures import Role
from tests.accuracy.livers import Part
from tests.accuracy.sampling import draw
from tests.accuracy.solids import random_rotation
from tests.accuracy.trials import SPACINGS
from tests.phantoms import Array, Cylinder, Shape, make_grid, make_record, make_study, sphere

LIVER_MM, FIRST_MM, SECOND_MM, TREATED_MM, ZONE_MM, TUBE_MM = 32.0, 9.0, 6.0, 8.0, 12.0, 4.0
"""Radii of the liver, the lesion measured, another one, an ablated one, its zone, and a vessel."""
TUBE_LENGTH_MM = 40.0
LEAST_GAP_MM, LARGEST_GAP_MM, LARGEST_SHIFT_MM = 0.5, 12.0, 7.0
TREATED_AT = np.array([19.0, 0.0, 0.0])
WHAT = {
    "nearest_lesion_mm": "ball to ball",
    "dist_portal_vein_mm": "ball to tube",
    "dist_capsule_mm": "ball to capsule",
    "depth_mm": "depth",
    "resection_margin_mm": "ball to cut face",
    "ablation_margin_mm": "ball to zone around it",
}
FORMULAS = {"bsa_formula": "mosteller", "etlv_formula": "urata"}


@dataclass(frozen=True)
class Gap:
    """One distance measured: its value by formula, and what was found."""

    spacing: str
    name: str
    truth: float
    found: Measurement

    @property
    def error(self) -> float:
        """Value - truth, mm."""
        assert self.found.value is not None
        return self.found.value - self.truth

    @property
    def is_held(self) -> bool:
        """Whether the true value lies in the interval."""
        assert self.found.low is not None
        assert self.found.high is not None
        return self.found.low - 1e-9 <= self.truth <= self.found.high + 1e-9


@dataclass(frozen=True)
class _Placed:
    """A solid of the liver's own frame, turned with it and moved to its centre."""

    local: Cylinder
    turn: Array
    center_mm: Array

    @property
    def bounds_mm(self) -> tuple[Array, float]:
        return self.center_mm, self.local.bounds_mm[1]

    @property
    def volume_mm3(self) -> float:
        return self.local.volume_mm3

    def contains(self, points: Array) -> np.ndarray:
        return self.local.contains((points - self.center_mm) @ self.turn)


def run_gaps(count: int = 100) -> Iterator[Gap]:
    """Yield the distances of random placements on every grid, on every core."""
    ways = list(product(SPACINGS, range(count)))
    with ProcessPoolExecutor() as pool:
        for found in pool.map(measure_gaps, *zip(*ways, strict=True), chunksize=10):
            yield from found


def measure_gaps(spacing: str, number: int) -> list[Gap]:
    """Return the distances of one placement."""
    rng = np.random.default_rng([7, list(SPACINGS).index(spacing), number])
    steps = SPACINGS[spacing]
    turn, offset = random_rotation(rng), rng.uniform(-0.5, 0.5, 3) * np.array(steps)[::-1]
    gaps = _Gaps(*rng.uniform(LEAST_GAP_MM, LARGEST_GAP_MM, 4), rng.uniform(0.0, LARGEST_SHIFT_MM))
    grid = make_grid(tuple(int(2 * LIVER_MM / step) + 6 for step in steps), steps)  # type: ignore[arg-type]
    solids = _place_all(gaps, turn, offset)
    masks = {role: [draw(solid, grid) for solid in own] for role, own in solids.items()}
    measured = measure_study(make_study(masks), make_record(), min_lesion_mm=3.0, connectivity=26, **FORMULAS)
    ablated = next(lesion for lesion in measured.lesions if lesion.status is LesionStatus.TREATED)
    margin = {"ablation_margin_mm": ablated.measurements["ablation_margin_mm"]}
    found: Mapping[str, Measurement] = {**measured.lesions[0].measurements, **margin}
    return [Gap(spacing, name, value, found[name]) for name, value in gaps.truth.items()]


@dataclass(frozen=True)
class _Gaps:
    """Gaps of the first lesion, mm, and how far the ablated lesion lies from the middle of its zone."""

    to_capsule: float
    to_ball: float
    to_tube: float
    to_cut: float
    aside: float

    @property
    def truth(self) -> dict[str, float]:
        return {
            "nearest_lesion_mm": self.to_ball,
            "dist_portal_vein_mm": self.to_tube,
            "dist_capsule_mm": self.to_capsule,
            "depth_mm": self.to_capsule + 2 * FIRST_MM,
            "resection_margin_mm": self.to_cut,
            "ablation_margin_mm": ZONE_MM - TREATED_MM - self.aside,
        }


def _place_all(gaps: _Gaps, turn: Array, offset: Array) -> dict[Role, list[Shape]]:
    """Return every solid in patient mm; the first lesion is the largest one."""
    side = np.sqrt(0.5)
    first = np.array([-(LIVER_MM - FIRST_MM - gaps.to_capsule), 0.0, 0.0])
    second = first + (FIRST_MM + SECOND_MM + gaps.to_ball) * np.array([side, side, 0.0])
    tube = first + (FIRST_MM + TUBE_MM + gaps.to_tube) * np.array([side, -side, 0.0])
    zone = TREATED_AT + gaps.aside * np.array([0.0, side, side])

    def ball(radius_mm: float, place: Array) -> Shape:
        x, y, z = offset + turn @ place
        return sphere(radius_mm, (float(x), float(y), float(z)))

    return {
        Role.LIVER: [ball(LIVER_MM, np.zeros(3))],
        Role.REMNANT: [Part(LIVER_MM, offset, turn[:, 0], float(first[0]) + FIRST_MM + gaps.to_cut)],
        Role.PORTAL_VEIN: [_Placed(Cylinder(TUBE_MM, TUBE_LENGTH_MM), turn, offset + turn @ tube)],
        Role.ABLATION_ZONE: [ball(ZONE_MM, zone)],
        Role.LESION: [ball(FIRST_MM, first), ball(TREATED_MM, TREATED_AT), ball(SECOND_MM, second)],
    }
