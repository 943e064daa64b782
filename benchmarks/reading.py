"""Time the reading of a study of clinical size against pydicom, SimpleITK, highdicom and dcm2niix.

Usage: ``python -m benchmarks.reading [ROUNDS]``. Whole processes, interleaved; the step itself is timed inside each, so
that both can be told. The first of each group is ours; ratios are to the peer that the target names.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.clinical_study import write_once

GROUPS = {
    "finding what a folder of 401 files holds": [
        ("scan livermetry", "plain"), ("scan SimpleITK", "plain"), ("scan pydicom", "plain"),
        ("scan dcm2niix", "plain"),
    ],
    "reading a SEG of 12 segments": [
        ("seg livermetry", "plain"), ("seg highdicom", "plain"), ("seg highdicom one by one", "plain"),
        ("seg pydicom", "plain"),
    ],
    "masks and the image under the liver; the peer reads the image alone": [
        ("liver livermetry", "plain"), ("image SimpleITK", "plain"),
    ],
    "the same, JPEG-LS": [("liver livermetry", "JPEG-LS"), ("image SimpleITK", "JPEG-LS")],
    "the same, JPEG 2000": [("liver livermetry", "JPEG_2000"), ("image SimpleITK", "JPEG_2000")],
    "livermetry check, the whole command": [("check", "plain"), ("image SimpleITK", "plain")],
}  # fmt: skip
"""What is compared: our step first, then the peer whose time is 1, then others."""


@dataclass
class Runs:
    """Wall seconds of whole processes, seconds of the step in each, and their peak memory."""

    wall: list[float] = field(default_factory=list)
    step: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)

    def add(self, command: list[str]) -> None:
        """Run a process to its end."""
        start = time.perf_counter()
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(command, stdout=output)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode not in (0, 1):
                raise RuntimeError(f"{command} ended with {process.returncode}")
            output.seek(0)
            said = output.read().split()
        self.wall.append(wall)
        self.step.append(float(said[-1]) if "benchmarks.reading_steps" in command else wall)
        self.peak_mb.append(usage.ru_maxrss / 1024)


def command_of(step: str, folder: Path) -> list[str]:
    """Return the process that does a step."""
    if step == "check":
        return [str(Path(sys.executable).parent / "livermetry"), "check", str(folder)]
    return [sys.executable, "-m", "benchmarks.reading_steps", step, str(folder)]


def is_here(step: str) -> bool:
    """Tell whether the peer of a step is installed."""
    return "dcm2niix" not in step or shutil.which("dcm2niix") is not None


def main(rounds: int) -> None:
    """Print medians and ratios, group by group."""
    cache = write_once()
    ct_mb = sum(path.stat().st_size for path in (cache / "plain" / "ct").iterdir()) / 2**20
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {rounds} interleaved rounds, medians")
    print(f"CT 512 x 512 x 400 of {ct_mb:.0f} MB, SEG of 12 segments. Times in seconds; ratio: of the step, to *")
    for title, steps in GROUPS.items():
        runs = {entry: Runs() for entry in steps if is_here(entry[0])}
        for entry in [entry for _ in range(rounds) for entry in runs]:
            runs[entry].add(command_of(entry[0], cache / entry[1]))
        _print_group(title, runs, ct_mb)


def _print_group(title: str, runs: dict[tuple[str, str], Runs], ct_mb: float) -> None:
    peer = statistics.median(list(runs.values())[1].step)
    print(f"\n{title}\n{'':28}{'process':>9}{'step':>9}{'ratio':>8}{'memory':>10}{'/ CT':>7}")
    for number, ((step, _), found) in enumerate(runs.items()):
        wall, seconds, peak = (statistics.median(values) for values in (found.wall, found.step, found.peak_mb))
        name = step + " *" * (number == 1)
        print(f"{name:28}{wall:9.2f}{seconds:9.3f}{seconds / peer:8.2f}{peak:7.0f} MB{peak / ct_mb:7.2f}")
    if any("scan" in step for step, _ in runs) and not is_here("dcm2niix"):
        print("dcm2niix is not installed: left out")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
