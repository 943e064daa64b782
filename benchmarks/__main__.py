"""Time the whole main job against its peers: whole processes, interleaved, medians, ratios, peak memory.

Usage: ``python -m benchmarks [ROUNDS] [--write]``. Without ``--write``: ours, the strongest peers and the floor. With
it: all peers, and the table written into ``docs/performance.md``. Either way the peers' numbers are put next to ours.
"""

from __future__ import annotations

import os
import sys

from benchmarks.agreement import compare
from benchmarks.job_table import describe_session, render_agreement, render_jobs
from benchmarks.jobs import FAST, FLOOR, JOBS, NAMED, OURS, PLANNED
from benchmarks.page import JOB, write_between
from benchmarks.session import measure_bytes, time_jobs, write_study

DIAGONAL_MM = (1.0 + 2 * 0.8**2) ** 0.5
"""Of a voxel of the usual study."""


def main(rounds: int, write: bool) -> None:
    """Print the tables, and write them into the page when asked for."""
    study = write_study()
    load, (ct_mb, seg_mb) = os.getloadavg()[0], measure_bytes(study)
    timed = time_jobs(JOBS if write else (OURS, PLANNED, FAST, NAMED, FLOOR), study, rounds)
    ours = timed[0]
    peers = [each for each in timed if each.found and each.job not in (OURS, PLANNED)]
    agreement = render_agreement([(each.job, compare(ours.found, each.found, DIAGONAL_MM)) for each in peers])
    text = "\n\n".join([describe_session(rounds, load, ct_mb, seg_mb), render_jobs(timed, ct_mb), agreement])
    print(text)
    if write:
        write_between(JOB, text)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else 5, "--write" in sys.argv)
