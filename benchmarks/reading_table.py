"""The table of the reading benchmark, as it stands in ``docs/performance.md``."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BUSY = 0.5
"""Processes waiting for each core beyond which times say little."""


@dataclass(frozen=True)
class Row:
    """Medians of one step: whole process and step in seconds, peak memory in MB."""

    step: str
    process_s: float
    step_s: float
    peak_mb: float

    @classmethod
    def of_runs(cls, step: str, runs: Mapping[str, Sequence[float]]) -> Row:
        """Return the medians of all rounds."""
        return cls(step, *(statistics.median(runs[name]) for name in ("wall", "step", "peak_mb")))


@dataclass(frozen=True)
class Group:
    """Steps that are compared: ours first, then the peer whose time is 1."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Session:
    """How the times were taken."""

    rounds: int
    ct_mb: float
    load: float
    has_dcm2niix: bool


def render(groups: Sequence[Group], session: Session) -> str:
    """Return the table in Markdown, with a line on how it was taken."""
    lines = [
        _describe(session),
        "",
        "| | step, s | ratio | whole process, s | ratio | peak memory | of the CT |",
        "|---|---|---|---|---|---|---|",
    ]
    for group in groups:
        peer = group.rows[1]
        lines.append(f"| **{group.title}** | | | | | | |")
        lines += [_describe_row(row, peer, session) for row in group.rows]
    return "\n".join(lines)


def _describe_row(row: Row, peer: Row, session: Session) -> str:
    ratio, whole, share = row.step_s / peer.step_s, row.process_s / peer.process_s, row.peak_mb / session.ct_mb
    return (
        f"| {row.step} | {row.step_s:.3f} | {ratio:.2f} | {row.process_s:.2f} | {whole:.2f} | {row.peak_mb:.0f} MB | "
        f"{share:.2f} |"
    )


def _describe(session: Session) -> str:
    cores = os.cpu_count() or 1
    busy = " (busy: take these numbers again)" if session.load > BUSY * cores else ""
    absent = "" if session.has_dcm2niix else " dcm2niix was not installed: left out."
    return (
        f"Python {platform.python_version()}, {cores} cores, {session.rounds} interleaved rounds, "
        f"medians; CT of {session.ct_mb:.0f} MB; load before the start {session.load:.1f}{busy}.{absent}"
    )
