"""A liver, two lesions, a remnant and a vessel made of balls and a plane: volumes, ratios and distances by formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np

from pipeline.measurement import Measurement
from pipeline.measures.study import measure_study
from pipeline.structures import Role
from tests.accuracy.definition import length_width_mm
from tests.accuracy.sampling import draw
from tests.accuracy.solids import random_rotation
from tests.accuracy.trials import SPACINGS, Spacing
from tests.phantoms import Array, Ellipsoid, make_grid, make_record, make_study, sphere

LIVER_MM, LARGE_MM, SMALL_MM, VESSEL_MM = 60.0, 12.0, 8.0, 6.0
"""Radii of the liver, of its lesions, and of the ball that stands for the portal vein."""
CUT_MM = 12.0
"""Distance of the cut from the liver's centre: the remnant is the cap beyond it."""


@dataclass(frozen=True)
class Part:
    """The part of a ball beyond a plane."""

    radius_mm: float
    center_mm: Array
    normal: Array
    from_center_mm: float

    @property
    def volume_mm3(self) -> float:
        height = self.radius_mm - self.from_center_mm
        return float(np.pi * height**2 * (3 * self.radius_mm - height) / 3)

    @property
    def bounds_mm(self) -> tuple[Array, float]:
        return self.center_mm, self.radius_mm

    def contains(self, points: Array) -> np.ndarray:
        away = points - self.center_mm
        return np.asarray(((away**2).sum(axis=1) <= self.radius_mm**2) & (away @ self.normal > self.from_center_mm))


@dataclass(frozen=True)
class LiverTrial:
    """One placement: closed-form values by name, what was measured, and widths by definition."""

    spacing: str
    truth: Mapping[str, float]
    found: Mapping[str, Measurement]
    defined: Mapping[str, float]


def run_livers(count: int = 10) -> Iterator[LiverTrial]:
    """Yield random placements on every grid, on every core."""
    ways = [(name, [number, trial]) for number, name in enumerate(SPACINGS) for trial in range(count)]
    with ProcessPoolExecutor() as pool:
        yield from pool.map(_run_seeded, *zip(*ways, strict=True), chunksize=2)


def _run_seeded(name: str, seed: list[int]) -> LiverTrial:
    return run_liver(name, SPACINGS[name], np.random.default_rng(seed))


def run_liver(name: str, steps: Spacing, rng: np.random.Generator) -> LiverTrial:
    """Return one placement, turned anyhow, at any offset."""
    turn, offset = random_rotation(rng), rng.uniform(-0.5, 0.5, 3) * np.array(steps)[::-1]
    grid = make_grid(tuple(int(2 * LIVER_MM / step) + 6 for step in steps), steps)  # type: ignore[arg-type]

    def at(*place: float) -> tuple[float, float, float]:
        x, y, z = offset + turn @ np.array(place)
        return float(x), float(y), float(z)

    large, small = sphere(LARGE_MM, at(-20.0, 0.0, 0.0)), sphere(SMALL_MM, at(-15.0, 30.0, 0.0))
    vessel = sphere(VESSEL_MM, at(-20.0, -30.0, 0.0))
    kept = Part(LIVER_MM, offset, turn[:, 0], CUT_MM)
    shapes = {Role.LIVER: sphere(LIVER_MM, at(0.0, 0.0, 0.0)), Role.REMNANT: kept, Role.PORTAL_VEIN: vessel}
    masks = {role: draw(shape, grid) for role, shape in shapes.items()}
    study = make_study({**masks, Role.LESION: [draw(large, grid), draw(small, grid)]})
    measured = measure_study(
        study,
        make_record(),
        min_lesion_mm=3.0,
        connectivity=26,
        bsa_formula="mosteller",
        etlv_formula="vauthey_bsa",
    )
    lesion = {f"lesion {key}": value for key, value in measured.lesions[0].measurements.items()}
    found = {**measured.measurements, **lesion}
    return LiverTrial(name, find_truth(large, small, kept), found, defined_widths(steps, turn))


def find_truth(large: Ellipsoid, small: Ellipsoid, kept: Part) -> dict[str, float]:
    """Return the closed-form values; volumes in mL."""
    liver = sphere(LIVER_MM).volume_mm3 / 1000
    tumour = (large.volume_mm3 + small.volume_mm3) / 1000
    remnant = kept.volume_mm3 / 1000
    return {
        "total_liver_volume_ml": liver,
        "functional_liver_volume_ml": liver - tumour,
        "total_lesion_volume_ml": tumour,
        "tumour_burden_percent": 100 * tumour / liver,
        "remnant_volume_ml": remnant,
        "remnant_percent": 100 * remnant / (liver - tumour),
        "lesion_count": 2.0,
        "largest_diameter_mm": 2 * LARGE_MM,
        "sum_of_target_diameters_mm": 2 * (LARGE_MM + SMALL_MM),
        "tumour_burden_score": float(np.hypot(2 * LARGE_MM / 10, 2)),
        "lesion dist_portal_vein_mm": 30.0 - LARGE_MM - VESSEL_MM,
        "lesion dist_capsule_mm": LIVER_MM - 20.0 - LARGE_MM,
        "lesion depth_mm": LIVER_MM - 20.0 + LARGE_MM,
        "lesion nearest_lesion_mm": float(np.hypot(5.0, 30.0)) - LARGE_MM - SMALL_MM,
    }


def defined_widths(steps: Spacing, turn: Array) -> dict[str, float]:
    """Return widths by definition: balls between r -+ delta over 4000 directions, the cut -+ delta along its normal.

    A distance along n: from |v| - 4 delta(n) to |v|, v between voxel centres. The remnant's share is taken over every
    position of capsule, cut and lesions, a shared boundary moved once.
    """
    cut = turn[:, 0]
    shift = 0.5 * float(np.linalg.norm(np.array(steps) * cut[::-1]))
    heights, moved = _moved_balls(LIVER_MM, steps, cut)
    capped = heights > CUT_MM / LIVER_MM
    tumours = [sum(float(_moved_balls(r, steps, cut)[1][s].mean()) for r in (LARGE_MM, SMALL_MM)) for s in range(2)]
    shares = []
    for ball, inside, sign in product(range(2), tumours, (-1, 1)):
        kept = Part(LIVER_MM, np.zeros(3), cut, CUT_MM + sign * shift).volume_mm3
        kept += float(((moved[ball] - sphere(LIVER_MM).volume_mm3) * capped).mean())
        shares.append(100 * kept / (float(moved[ball].mean()) - inside))
    return {
        "total_liver_volume_ml": float((moved[1] - moved[0]).mean()) / 1000,
        "total_lesion_volume_ml": (tumours[1] - tumours[0]) / 1000,
        "remnant_percent": max(shares) - min(shares),
        "lesion dist_portal_vein_mm": length_width_mm(turn[:, 1], steps),
        "lesion dist_capsule_mm": length_width_mm(cut, steps),
        "lesion depth_mm": length_width_mm(cut, steps),
        "lesion nearest_lesion_mm": length_width_mm(turn @ np.array([5.0, 30.0, 0.0]) / np.hypot(5.0, 30.0), steps),
    }


def _moved_balls(radius_mm: float, steps: Spacing, cut: Array) -> tuple[Array, Array]:
    """Return the height of 4000 even directions over the cut's plane, and the balls of r - delta(n) and r + delta(n).

    Directions by Fibonacci's lattice; shape (4000,), and volumes in mm3, shape (2, 4000).
    """
    number = np.arange(4000) + 0.5
    height, angle = 1 - number / 2000, np.pi * (1 + 5**0.5) * number
    level = np.sqrt(1 - height**2)
    normals = np.column_stack([level * np.sin(angle), level * np.cos(angle), height])
    shift = 0.5 * np.linalg.norm(normals * np.array(steps)[::-1], axis=1)
    return normals @ cut, np.stack([4 / 3 * np.pi * (radius_mm + sign * shift) ** 3 for sign in (-1, 1)])
