"""Jobs done in turn, round after round, and the medians of what they took."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.jobs import Found, Job, do
from benchmarks.process import Ran, run

SLOW_ROUNDS = 2


@dataclass
class Timed:
    """All runs of one job on one study, and the numbers it found."""

    job: Job
    runs: list[Ran] = field(default_factory=list)
    found: Found = field(default_factory=dict)

    def median(self, name: str) -> float:
        """Return the median of ``wall_s``, ``cpu_s`` or ``peak_mb``."""
        return statistics.median(getattr(ran, name) for ran in self.runs)


def write_study(slices: int = 400, lesions: int = 25) -> Path:
    """Return the folder of a study's files, written by a process of its own: the caller stays small."""
    said = run([sys.executable, "-m", "benchmarks.lits_study", str(slices), str(lesions)]).output
    return Path(said.split()[-1]) / "study"


def time_jobs(jobs: Sequence[Job], study: Path, rounds: int) -> list[Timed]:
    """Return the runs of each job that can be done here: one of each in every round, slow ones in the first two.

    Before the first round each one that is not slow runs once uncounted: files are in memory then, modules compiled.
    """
    timed = [Timed(job) for job in jobs]
    for each in timed:
        if not each.job.slow:
            do(each.job, study)
    for number in range(rounds):
        for each in timed:
            if each.job.slow and number >= SLOW_ROUNDS:
                continue
            print(f"round {number + 1} of {rounds}: {each.job.name}", file=sys.stderr)
            done = do(each.job, study)
            if done is not None:
                each.runs.append(done[0])
                each.found = done[1]
    return [each for each in timed if each.runs]


def measure_bytes(study: Path) -> tuple[float, float]:
    """Return the MB of the CT's files, and of the segmentation."""
    ct = sum(path.stat().st_size for path in (study / "ct").iterdir())
    return ct / 2**20, (study / "seg.dcm").stat().st_size / 2**20
