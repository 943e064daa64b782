"""The limits that accuracy and intervals are held to, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tests.accuracy.counts import Count
from tests.accuracy.coverage import Cell, Tally
from tests.accuracy.distances import Gap
from tests.accuracy.errors import Reading
from tests.accuracy.livers import LiverTrial
from tests.accuracy.trials import ROUND, SPACINGS, Trial

THIN, THICK = 1.25, 5.0
"""Steps between slices, mm, that limits are stated for."""
FROM_WITHIN = ("depth_mm", "ablation_margin_mm")
"""Distances from inside one body to its own surroundings' surface."""
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
        *_check_volumes([reading for reading in ours if reading.trial.turned], "six shapes, random turns and offsets"),
        *_check_volumes(
            [reading for reading in ours if not reading.trial.turned], "worst split: flat faces along the slices"
        ),
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


def check_gaps(gaps: Sequence[Gap]) -> list[Limit]:
    """Return the limits of distances: errors on 1.25 and 5 mm slices, and how many intervals hold."""
    thin = [gap for gap in gaps if gap.spacing == "0.8 x 0.8 x 1.25"]
    thick = max(abs(gap.error) for gap in gaps if gap.spacing == "0.8 x 0.8 x 5")
    names = dict.fromkeys(gap.name for gap in gaps)
    held = 100 * float(np.mean([gap.is_held for gap in gaps]))
    groups = [(name, spacing) for name in names for spacing in SPACINGS]
    worst, name, spacing = min(
        (100 * float(np.mean([g.is_held for g in _gaps_of(gaps, n, s)])), n, s) for n, s in groups
    )
    found = f"{worst:.0f} % (`{name}`, {spacing})"
    return [
        _near_limit([gap for gap in thin if gap.name not in FROM_WITHIN], "distances between surfaces"),
        _near_limit([gap for gap in thin if gap.name in FROM_WITHIN], "depth and ablation margin"),
        Limit("distances, 5 mm slices, largest error", "5 mm", f"{thick:.2f} mm", thick <= THICK),
        Limit("intervals hold the true distance", "95 of 100", f"{held:.1f} % of {len(gaps)}", held >= COVERED_PERCENT),
        Limit("the same, worst group", "95 of 100", found, worst >= COVERED_PERCENT),
    ]


def check_counts(counts: Sequence[Count]) -> list[Limit]:
    """Return how many counts of two balls are right: apart or with a broad neck, then touching."""
    clear = [count for count in counts if count.case != "touching"]
    share = 100 * float(np.mean([count.is_held for count in clear]))
    found = f"{share:.1f} % of {len(clear)}"
    groups = [[c.is_held for c in clear if (c.case, c.spacing) == key] for key in {(c.case, c.spacing) for c in clear}]
    worst = min(100 * float(np.mean(group)) for group in groups)
    touching = 100 * float(np.mean([count.is_held for count in counts if count.case == "touching"]))
    return [
        Limit("lesion count: two balls apart or joined", "95 of 100", found, share >= COVERED_PERCENT),
        Limit("the same, worst group", "95 of 100", f"{worst:.0f} %", worst >= COVERED_PERCENT),
        Limit(
            "two balls that touch in a point count as two",
            "95 of 100",
            f"{touching:.0f} %",
            touching >= COVERED_PERCENT,
        ),
    ]


def _near_limit(thin: Sequence[Gap], what: str) -> Limit:
    """Return how many distances on 1.25 mm slices are within half the voxel's diagonal."""
    half = float(np.linalg.norm([0.8, 0.8, THIN])) / 2
    share = 100 * float(np.mean([abs(gap.error) <= half for gap in thin]))
    return Limit(f"{what}, 1.25 mm slices, within {half:.2f} mm", "95 %", f"{share:.1f} % of {len(thin)}", share >= 95)


def _gaps_of(gaps: Iterable[Gap], name: str, spacing: str) -> list[Gap]:
    return [gap for gap in gaps if gap.name == name and gap.spacing == spacing]


def _limits_of(what: str, cells: Sequence[Cell], counts: Callable[[str], bool]) -> list[Limit]:
    """Return coverage and width of some quantities: of all placements together, then group by group."""
    found = [tally for cell in cells for name, tally in cell.tallies.items() if counts(name)]
    covered = [tally.percent >= COVERED_PERCENT for tally in found]
    whole = join(found)
    narrow = [tally.relative_width <= WIDEST for tally in found if tally.defined]
    share = f"{whole.percent:.1f} % of {whole.trials}"
    groups = f"{100 * np.mean(covered):.1f} % of {len(covered)} groups; lowest {min(t.percent for t in found):.0f} %"
    width, widths = f"{whole.relative_width:.2f}", f"{100 * np.mean(narrow):.1f} % of {len(narrow)} groups"
    return [
        Limit(f"intervals hold the true value, {what}", "95 of 100", share, whole.percent >= COVERED_PERCENT),
        Limit("the same, in every group", "95 of 100", groups, all(covered)),
        Limit(f"mean width by the definition's, {what}", f"{WIDEST}", width, whole.relative_width <= WIDEST),
        Limit("the same, in every group", f"{WIDEST}", widths, all(narrow)),
    ]


def join(tallies: Iterable[Tally]) -> Tally:
    """Return all trials of several tallies."""
    whole = Tally()
    for tally in tallies:
        whole.join(tally)
    return whole
