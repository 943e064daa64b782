"""How the whole job's cost grows with slices and with lesions: ours and the strongest peers.

Usage: ``python -m benchmarks.growth [ROUNDS] [--write]``. ``--write`` puts tables and plot into ``docs``. Each study is
made when its turn comes and removed after it: at most 2.5 GB are on the disk.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.job_table import describe_session, render_growth
from benchmarks.jobs import FAST, NAMED, OURS
from benchmarks.page import GROWTH, PAGE, write_between
from benchmarks.plot import Panel, draw
from benchmarks.session import Timed, measure_bytes, time_jobs, write_study

PLOT = PAGE.with_suffix(".svg")
SLICES, LESIONS = (100, 200, 400, 800, 1600), (1, 5, 25, 50, 100, 200)
USUAL = (400, 25)
Row = tuple[int, list[Timed]]


def main(rounds: int, write: bool) -> None:
    """Print the tables, and write tables and plot when asked for."""
    load, (ct_mb, seg_mb) = os.getloadavg()[0], measure_bytes(write_study(*USUAL))
    by_slices, by_lesions = grow(rounds)
    tables = [render_growth("slices", by_slices), render_growth("lesions", by_lesions)]
    said = describe_session(rounds, load, ct_mb, seg_mb).replace("CT of", "at 400 slices a CT of")
    plot = f"![wall time over slices, and over lesions]({PLOT.name})"
    print("\n\n".join([said, *tables]))
    if write:
        PLOT.write_text(draw_growth(by_slices, by_lesions), encoding="utf-8")
        write_between(GROWTH, "\n\n".join([said, plot, *tables]))


def grow(rounds: int) -> tuple[list[Row], list[Row]]:
    """Return the times over slices with 25 lesions, and over lesions with 400 slices."""
    usual = (USUAL[0], _time_one(*USUAL, rounds))
    by_slices = [usual if (n, USUAL[1]) == USUAL else (n, _time_one(n, USUAL[1], rounds)) for n in SLICES]
    by_lesions = [(n, usual[1] if (USUAL[0], n) == USUAL else _time_one(USUAL[0], n, rounds)) for n in LESIONS]
    return by_slices, by_lesions


def _time_one(slices: int, lesions: int, rounds: int) -> list[Timed]:
    """Return the times on one study; only the usual one is kept on the disk."""
    study: Path = write_study(slices, lesions)
    timed = time_jobs((OURS, FAST, NAMED), study, rounds)
    if (slices, lesions) != USUAL:
        shutil.rmtree(study.parent)
    return timed


def draw_growth(by_slices: Sequence[Row], by_lesions: Sequence[Row]) -> str:
    """Return the plot of both."""
    panels = [
        Panel("25 lesions", "slices of 512 x 512", _lines(by_slices)),
        Panel("400 slices", "lesions", _lines(by_lesions)),
    ]
    return draw(panels, "Whole process, wall time; both axes logarithmic.")


def _lines(rows: Sequence[Row]) -> dict[str, list[tuple[float, float]]]:
    lines: dict[str, list[tuple[float, float]]] = {}
    for number, timed in rows:
        for each in timed:
            lines.setdefault(each.job.name, []).append((float(number), each.median("wall_s")))
    return lines


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else 3, "--write" in sys.argv)
