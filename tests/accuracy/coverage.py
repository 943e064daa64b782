"""How often the closed-form value lies in a lesion's intervals, and how wide they are beside the definition's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import product, repeat

import numpy as np

from pipeline.lesion import Lesion, LesionStatus
from pipeline.measurement import Measurement
from pipeline.measures.lesion_measures import measure_lesion
from pipeline.structures import Role
from tests.accuracy.definition import axial_width_mm, length_width_mm, volume_width_ml
from tests.accuracy.solids import Solid
from tests.accuracy.trials import KINDS, SPACINGS, Trial, size_of_breadth
from tests.phantoms import make_study

BREADTHS = (2, 3, 5)
"""Voxels across, along that axis of the grid where they are fewest."""
LEFT, BACK, HEAD = np.eye(3)
EXTENTS = {"extent_left_right_mm": LEFT, "extent_front_back_mm": BACK, "extent_foot_head_mm": HEAD}
LENGTHS = ("longest_diameter_mm", "short_diameter_mm")


@dataclass
class Tally:
    """Trials of one quantity, how many held the true value, and the sums of widths."""

    trials: int = 0
    held: int = 0
    width: float = 0.0
    defined: float = 0.0

    def add(self, found: Measurement, truth: float, defined: float) -> None:
        """Count one trial; a defined width of nan counts for coverage alone."""
        assert found.low is not None
        assert found.high is not None
        self.trials += 1
        self.held += found.low - 1e-9 <= truth <= found.high + 1e-9
        if np.isfinite(defined):
            self.width += found.high - found.low
            self.defined += defined

    def join(self, other: Tally) -> None:
        """Add the trials of another tally."""
        self.trials += other.trials
        self.held += other.held
        self.width += other.width
        self.defined += other.defined

    @property
    def percent(self) -> float:
        return 100 * self.held / self.trials if self.trials else float("nan")

    @property
    def relative_width(self) -> float:
        return self.width / self.defined if self.defined else float("nan")


@dataclass
class Cell:
    """All trials of one solid on one grid at one breadth, upright or turned."""

    kind: str
    spacing: str
    voxels: float
    turned: bool
    tallies: dict[str, Tally] = field(default_factory=dict)


def measure_trial(trial: Trial) -> Mapping[str, Measurement] | None:
    """Return what a study of this lesion alone would publish of it; None where the mask is empty."""
    mask = trial.mask()
    if mask.is_empty:
        return None
    return measure_lesion(make_study({Role.LESION: mask}), Lesion("L1", LesionStatus.UNKNOWN, mask, "x")).measurements


def find_truth(solid: Solid) -> dict[str, float]:
    """Return the closed-form value of every quantity; nan where no formula says it."""
    long, short = solid.plane_diameters_mm(HEAD)
    volume = solid.volume_mm3 / 1000
    truth = {
        "volume_ml": volume,
        "equivalent_diameter_mm": (6000 * volume / np.pi) ** (1 / 3),
        "longest_diameter_mm": long,
        "short_diameter_mm": short,
        "bidimensional_product_mm2": long * short,
        "max_3d_diameter_mm": solid.max_3d_mm,
    }
    return truth | {name: solid.extent_mm(axis) for name, axis in EXTENTS.items()}


def defined_widths(
    trial: Trial, solid: Solid, found: Mapping[str, Measurement], truth: Mapping[str, float]
) -> dict[str, float]:
    """Return the width of each interval by its definition, for the true value (and the drawn 3D chord's direction)."""
    widths = {name: axial_width_mm(truth[name], trial.steps) for name in LENGTHS}
    place = found["max_3d_diameter_mm"].location
    assert place is not None
    step = np.subtract(*place.points_mm[:2])
    widths["max_3d_diameter_mm"] = length_width_mm(step / np.linalg.norm(step), trial.steps)
    shift = trial.steps[1]
    lows, highs = zip(
        *((max(truth[n] - shift, 0), np.hypot(truth[n] + shift, trial.steps[0])) for n in LENGTHS), strict=True
    )
    widths["bidimensional_product_mm2"] = float(np.prod(highs) - np.prod(lows))
    for name, axis in EXTENTS.items():
        beside = np.linalg.norm(np.array(trial.steps) * (1 - axis[::-1]))
        base = length_width_mm(axis, trial.steps)
        widths[name] = base + float(np.hypot(truth[name] + base / 2, beside) - truth[name] - base / 2)
    return widths


def run_cell(kind: str, spacing: str, voxels: float, turned: bool, count: int, widths_of: int = 1) -> Cell:
    """Return the coverage of one solid on one grid in ``count`` random placements.

    The volume's width by definition takes a second or more: it is worked out for the first ``widths_of`` alone.
    """
    cell = Cell(kind, spacing, voxels, turned)
    for number in range(count):
        trial = size_of_breadth(kind, spacing, voxels, number, turned)
        found = measure_trial(trial)
        if found is None:
            cell.tallies.setdefault("volume_ml", Tally()).trials += 1
            continue
        solid = trial.solid()
        truth = find_truth(solid)
        widths = defined_widths(trial, solid, found, truth)
        if number < widths_of:
            widths["volume_ml"] = volume_width_ml(solid, trial.steps)
        for name, value in truth.items():
            if np.isfinite(value):
                cell.tallies.setdefault(name, Tally()).add(found[name], value, widths.get(name, float("nan")))
    return cell


def run(count: int = 100, breadths: Iterable[float] = BREADTHS) -> Iterator[Cell]:
    """Yield the coverage of every kind, grid and breadth, upright and turned, on every core."""
    ways = list(product(KINDS, SPACINGS, breadths, (False, True)))
    with ProcessPoolExecutor() as pool:
        yield from pool.map(run_cell, *zip(*ways, strict=True), repeat(count))
