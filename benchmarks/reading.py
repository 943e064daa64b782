"""Time the reading of a study of clinical size against pydicom, SimpleITK, highdicom and dcm2niix.

Usage: ``python -m benchmarks.reading [ROUNDS] [--write]``. Whole processes, interleaved; the step itself is timed
inside each, so that both can be told. ``--write`` puts the table into ``docs/performance.md``.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.clinical_study import write_once
from benchmarks.page import READING, write_between
from benchmarks.process import run
from benchmarks.reading_steps import dcm2niix_path
from benchmarks.reading_table import Group, Row, Session, render

CHECK = "livermetry check"
GROUPS = {
    "What a folder of 401 files holds": [
        ("scan livermetry", "plain"), ("scan SimpleITK", "plain"), ("scan pydicom", "plain"),
        ("scan dcm2niix", "plain"),
    ],
    "Finding and describing the series: place and SHA-256 of 400 images (peer: reading it)": [
        ("series livermetry", "plain"), ("image SimpleITK", "plain"),
    ],
    "A SEG of 12 segments": [
        ("seg livermetry", "plain"), ("seg highdicom", "plain"), ("seg highdicom one by one", "plain"),
        ("seg pydicom", "plain"),
    ],
    "Masks and the image under the liver (peer: the image alone)": [
        ("liver livermetry", "plain"), ("image SimpleITK", "plain"),
    ],
    "The same, JPEG-LS": [("liver livermetry", "JPEG-LS"), ("image SimpleITK", "JPEG-LS")],
    "The same, JPEG 2000": [("liver livermetry", "JPEG_2000"), ("image SimpleITK", "JPEG_2000")],
    "`livermetry check`, the whole command (peer: reading the study)": [
        (CHECK, "plain"), ("study SimpleITK + highdicom", "plain"), ("image SimpleITK", "plain"),
    ],
}  # fmt: skip
"""What is compared: our step first, then the peer whose time is 1, then others."""


@dataclass
class Runs:
    """Wall seconds of whole processes, seconds of the step in each, and their peak memory."""

    wall: list[float] = field(default_factory=list)
    step: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)

    def add(self, command: list[str]) -> None:
        """Run a process to its end; one without a step of its own is a step as a whole."""
        ran = run(command)
        self.wall.append(ran.wall_s)
        self.step.append(float(ran.output.split()[-1]) if "benchmarks.reading_steps" in command else ran.wall_s)
        self.peak_mb.append(ran.peak_mb)


def command_of(step: str, folder: Path) -> list[str]:
    """Return the process that does a step."""
    if step == CHECK:
        return [str(Path(sys.executable).parent / "livermetry"), "check", str(folder)]
    return [sys.executable, "-m", "benchmarks.reading_steps", step, str(folder)]


def main(rounds: int, write: bool) -> None:
    """Print the table, and write it into the page when asked for."""
    cache = write_once()
    ct_mb = sum(path.stat().st_size for path in (cache / "plain" / "ct").iterdir()) / 2**20
    peers = dcm2niix_path() is not None
    load = os.getloadavg()[0]
    wanted = {
        title: [entry for entry in entries if peers or "dcm2niix" not in entry[0]] for title, entries in GROUPS.items()
    }
    found = {(title, entry): Runs() for title, entries in wanted.items() for entry in entries}
    for _, (step, folder) in found:
        run(command_of(step, cache / folder))
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for (_, (step, folder)), runs in found.items():
            runs.add(command_of(step, cache / folder))
    groups = [
        Group(title, tuple(Row.of_runs(entry[0], vars(found[title, entry])) for entry in entries))
        for title, entries in wanted.items()
    ]
    table = render(groups, Session(rounds, ct_mb, load, peers))
    print(table)
    if write:
        write_between(READING, table)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else 5, "--write" in sys.argv)
