"""The limits that accuracy and intervals are held to, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tests.accuracy.coverage import Cell, Tally
from tests.accuracy.errors import Reading
from tests.accuracy.livers import LiverTrial
from tests.accuracy.trials import ROUND, Trial

THIN, THICK = 1.25, 5.0
"""Steps between slices, mm, that limits are stated for."""
COVERED_PERCENT, WIDEST = 95.0, 1.25


@dataclass(frozen=True)
class Limit:
    """One limit: what is limited, the limit in words, what was found, and whether it holds."""

    what: str
    limit: str
    found: str
    holds: bool


def check_errors(readings: Sequence[Reading]) -> list[Limit]:
    """Return the limits of volumes and longest diameters."""
    ours = [reading for reading in readings if reading.calculator == "livermetry"]
    signed = 100 * float(np.mean([relative_error(reading) for reading in ours]))
    return [
        Limit("volume, mean signed error", "1 %", f"{signed:+.2f} %", abs(signed) <= 1),
        *_check_volumes([reading for reading in ours if reading.trial.turned], "turned anyhow"),
        *_check_volumes([reading for reading in ours if not reading.trial.turned], "faces along the slices"),
        _check_longest(ours, ROUND, "round shapes"),
        _check_longest(ours, ("box", "c-shape"), "shapes with edges"),
    ]


def check_livers(livers: Sequence[LiverTrial]) -> list[Limit]:
    """Return the limits of total liver and remnant."""
    total = max(abs(_share_off(trial, "total_liver_volume_ml")) for trial in livers)
    remnant = max(abs(_off(trial, "remnant_percent")) for trial in livers)
    return [
        Limit("total liver volume, largest error", "0.3 %", f"{total:.2f} %", total <= 0.3),
        Limit("remnant percent, largest error", "0.3 points", f"{remnant:.2f} points", remnant <= 0.3),
        *_check_distances(livers),
    ]


def check_cells(cells: Sequence[Cell]) -> list[Limit]:
    """Return the limits of intervals: coverage and width, of volumes and of lengths."""
    volume = {"volume_ml", "equivalent_diameter_mm"}
    rounded = [cell for cell in cells if cell.kind in ROUND]
    edged = [cell for cell in cells if cell.kind not in ROUND]
    return [
        *_limits_of("volume, every shape", cells, lambda name: name in volume),
        *_limits_of("lengths, round shapes", rounded, lambda name: name not in volume),
        *_limits_of("lengths, shapes with edges", edged, lambda name: name not in volume),
    ]


def relative_error(reading: Reading) -> float:
    """Return the error of a volume as a share of the true one."""
    return reading.error("volume") / reading.truth["volume"]


def _check_volumes(ours: Sequence[Reading], how: str) -> list[Limit]:
    """Return the limits of the mean absolute error of volumes, by spacing and size."""
    return [
        _mean_limit(
            ours, f"1.25 mm slices, 10 mm and more, {how}", 1, lambda t: t.steps[0] == THIN and t.size_mm >= 10
        ),
        _mean_limit(ours, f"5 mm slices, 20 mm and more, {how}", 3, lambda t: t.steps[0] == THICK and t.size_mm >= 20),
        _mean_limit(ours, f"5 mm slices, 10 mm, {how}", 12, lambda t: t.steps[0] == THICK and t.size_mm == 10),
    ]


def _mean_limit(ours: Iterable[Reading], what: str, percent: float, holds_for: Callable[[Trial], bool]) -> Limit:
    errors = [abs(relative_error(reading)) for reading in ours if holds_for(reading.trial)]
    mean = 100 * float(np.mean(errors))
    return Limit(f"volume, mean absolute error, {what}", f"{percent:g} %", f"{mean:.2f} %", mean <= percent)


def _check_longest(ours: Iterable[Reading], kinds: Sequence[str], what: str) -> Limit:
    """Return how many longest diameters are at most a voxel long, and a voxel + d - sqrt(d^2 - s^2) short."""
    inside = []
    for reading in ours:
        error, length, step = reading.error("longest"), reading.truth["longest"], reading.trial.steps[0]
        if reading.trial.kind not in kinds or not np.isfinite(error) or _height(reading.trial) < 2 * step:
            continue
        short = reading.trial.steps[1] + length - np.sqrt(max(length**2 - step**2, 0.0))
        inside.append(-short - 1e-9 <= error <= reading.trial.steps[1] + 1e-9)
    percent = 100 * float(np.mean(inside))
    found = f"{percent:.1f} % of {len(inside)}"
    return Limit(f"longest diameter within its limits, {what}", "always", found, all(inside))


def _height(trial: Trial) -> float:
    return trial.solid().extent_mm(np.array([0.0, 0.0, 1.0]))


def _off(trial: LiverTrial, name: str) -> float:
    value = trial.found[name].value
    assert value is not None
    return value - trial.truth[name]


def _share_off(trial: LiverTrial, name: str) -> float:
    return 100 * _off(trial, name) / trial.truth[name]


def _check_distances(livers: Sequence[LiverTrial]) -> list[Limit]:
    """Return the limits of distances where they are measured."""
    names = [name for name in livers[0].truth if name.startswith("lesion ") and name in livers[0].found]
    if not names:
        return []
    thin = [abs(_off(t, name)) for t in livers for name in names if t.spacing == "0.8 x 0.8 x 1.25"]
    thick = [abs(_off(t, name)) for t in livers for name in names if t.spacing == "0.8 x 0.8 x 5"]
    half = float(np.linalg.norm([0.8, 0.8, THIN])) / 2
    share = 100 * float(np.mean(np.array(thin) <= half))
    inside = f"{share:.0f} % (largest {max(thin):.2f} mm)"
    return [
        Limit(f"distances, 1.25 mm slices, within {half:.2f} mm", "95 %", inside, share >= 95),
        Limit("distances, 5 mm slices, largest error", "5 mm", f"{max(thick):.2f} mm", max(thick) <= THICK),
    ]


def _limits_of(what: str, cells: Sequence[Cell], counts: Callable[[str], bool]) -> list[Limit]:
    """Return coverage and width of some quantities over cells."""
    found = [(tally, name) for cell in cells for name, tally in cell.tallies.items() if counts(name)]
    covered = [tally.percent >= COVERED_PERCENT for tally, _ in found]
    wide = join(tally for tally, _ in found)
    narrow = [tally.relative_width <= WIDEST for tally, _ in found if tally.defined]
    share = f"{100 * np.mean(covered):.1f} % of {len(covered)} groups ({wide.percent:.1f} % of {wide.trials} trials)"
    width = f"{wide.relative_width:.2f}; {100 * np.mean(narrow):.1f} % of groups within"
    return [
        Limit(f"intervals hold the true value, {what}", "95 of 100", share, all(covered)),
        Limit(f"mean width beside the definition's, {what}", f"{WIDEST}", width, all(narrow)),
    ]


def join(tallies: Iterable[Tally]) -> Tally:
    """Return all trials of several tallies."""
    whole = Tally()
    for tally in tallies:
        whole.join(tally)
    return whole
