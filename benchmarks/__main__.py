"""Time the whole main job against its peers: whole processes, interleaved, medians, ratios, peak memory.

Usage: ``python -m benchmarks [ROUNDS] [--docs]``. Without ``--docs``: ours, the strongest peers and the floor. With it:
all peers, their numbers next to ours, the growth over slices and lesions, and the page and plot written.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.agreement import compare
from benchmarks.job_table import describe_session, render_agreement, render_growth, render_jobs
from benchmarks.jobs import FAST, FLOOR, JOBS, NAMED, OURS
from benchmarks.page import JOB, write_between
from benchmarks.plot import Panel, draw
from benchmarks.session import Timed, measure_bytes, time_jobs, write_study

PLOT = Path(__file__).parent.parent / "docs" / "performance.svg"
SLICES, LESIONS = (100, 200, 400, 800, 1600), (1, 5, 25, 50, 100, 200)
DIAGONAL_MM = (1.0 + 2 * 0.8**2) ** 0.5
GROWTH_ROUNDS = 3
Row = tuple[int, list[Timed]]


def main(rounds: int, docs: bool) -> None:
    """Print the tables, and write them into the page when asked for."""
    study = write_study()
    load, (ct_mb, seg_mb) = os.getloadavg()[0], measure_bytes(study)
    timed = time_jobs(JOBS if docs else (OURS, FAST, NAMED, FLOOR), study, rounds)
    ours = timed[0]
    peers = [each for each in timed if each.found and each is not ours]
    agreement = render_agreement([(each.job, compare(ours.found, each.found, DIAGONAL_MM)) for each in peers])
    text = "\n\n".join([describe_session(rounds, load, ct_mb, seg_mb), render_jobs(timed, ct_mb), agreement])
    print(text)
    if docs:
        by_slices, by_lesions = grow()
        growth = [render_growth("slices", by_slices), render_growth("lesions", by_lesions)]
        print("\n\n".join(growth))
        PLOT.write_text(draw_growth(by_slices, by_lesions), encoding="utf-8")
        write_between(JOB, "\n\n".join([text, f"![times over slices and lesions]({PLOT.name})", *growth]))


def grow() -> tuple[list[Row], list[Row]]:
    """Return the times over slices with 25 lesions, and over lesions with 400 slices."""
    return [_time_one(n, 25, n) for n in SLICES], [_time_one(400, n, n) for n in LESIONS]


def _time_one(slices: int, lesions: int, number: int) -> Row:
    """Return a row; only the usual study is kept on the disk."""
    study = write_study(slices, lesions)
    timed = time_jobs((OURS, FAST, NAMED), study, GROWTH_ROUNDS)
    if (slices, lesions) != (400, 25):
        shutil.rmtree(study.parent if study.name == "study" else study)
    return number, timed


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
    main(numbers[0] if numbers else 5, "--docs" in sys.argv)
