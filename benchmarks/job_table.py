"""The tables of the whole-job benchmark, in Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence

from benchmarks.agreement import Agreement
from benchmarks.jobs import JOBS, OURS, Job
from benchmarks.session import Timed

BUSY = 0.5
"""Processes waiting for each core beyond which times say little."""


def describe_session(rounds: int, load: float, ct_mb: float, seg_mb: float) -> str:
    """Return the line on how times were taken."""
    cores = os.cpu_count() or 1
    busy = " (busy: take these numbers again)" if load > BUSY * cores else ""
    return (
        f"Python {platform.python_version()}, {cores} cores, {rounds} interleaved round{'s' if rounds > 1 else ''} of "
        f"whole processes (slow peers: at most 2), medians; CT of {ct_mb:.0f} MB, SEG of {seg_mb:.0f} MB; "
        f"load before the start {load:.1f}{busy}."
    )


def render_jobs(timed: Sequence[Timed], ct_mb: float) -> str:
    """Return times, ratios to ours and peak memory of each job; those that could not be done are named."""
    ours = next(each for each in timed if each.job is OURS)
    lines = [
        "| | does | rounds | wall, s | of ours | processor, s | of ours | peak memory | of the CT |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for each in timed:
        wall, cpu, peak = (each.median(name) for name in ("wall_s", "cpu_s", "peak_mb"))
        slower = wall / ours.median("wall_s")
        lines.append(
            f"| {each.job.name} | {each.job.does} | {len(each.runs)} | {wall:.2f} | {slower:.2f} | {cpu:.2f} |"
            f" {cpu / ours.median('cpu_s'):.2f} | {peak:.0f} MB | {peak / ct_mb:.2f} |"
        )
    return "\n".join([*lines, *_name_absent([each.job for each in timed])])


def _name_absent(done: Sequence[Job]) -> list[str]:
    absent = [job.name for job in JOBS if job.slow and job not in done]
    return ["", f"Left out here: {'; '.join(absent)}."] if absent else []


def render_agreement(found: Sequence[tuple[Job, Sequence[Agreement]]]) -> str:
    """Return, for each quantity, which peers gave how many numbers and how far the farthest lies from ours."""
    lines = [
        "| quantity | definition | peers | numbers | largest difference | allowed | |",
        "|---|---|---|---|---|---|---|",
    ]
    rows: dict[str, list[tuple[Job, Agreement]]] = {}
    for job, agreements in found:
        for each in agreements:
            rows.setdefault(each.quantity, []).append((job, each))
    for quantity, pairs in rows.items():
        peers = ", ".join(dict.fromkeys(job.name.split(" ")[0] for job, _ in pairs))
        first = pairs[0][1]
        numbers, absent = (sum(getattr(each, name) for _, each in pairs) for name in ("numbers", "absent"))
        largest = max(each.largest for _, each in pairs)
        verdict = "agree" if all(each.holds for _, each in pairs) else "**differ**"
        count = f"{numbers} ({absent} not given by us)" if absent else f"{numbers}"
        how = f"{largest:.1e} | {first.allowed:.0e} | {verdict}" if numbers else "| | not given by us"
        lines.append(f"| {quantity} | {first.definition} | {peers} | {count} | {how} |")
    return "\n".join(lines)


def render_growth(name: str, rows: Sequence[tuple[int, Sequence[Timed]]]) -> str:
    """Return how each job's time and memory grow with a number."""
    jobs = [each.job for each in rows[0][1]]
    head = " | ".join(f"{job.name.split(' + ')[0]}: wall, s | processor, s | peak, MB" for job in jobs)
    lines = [f"| {name} | {head} |", "|---" * (1 + 3 * len(jobs)) + "|"]
    for number, timed in rows:
        cells = [
            f"{each.median('wall_s'):.2f} | {each.median('cpu_s'):.2f} | {each.median('peak_mb'):.0f}" for each in timed
        ]
        lines.append(f"| {number} | {' | '.join(cells)} |")
    return "\n".join(lines)
