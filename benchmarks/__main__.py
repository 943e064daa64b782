"""Time the main job against its peer: whole processes, interleaved, medians and ratios.

Usage: ``python -m benchmarks [ROUNDS]``.
"""

from __future__ import annotations

import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STUDY = Path(__file__).parent.parent / "sample_data" / "studies" / "synthetic_ct"


def commands(output: str) -> dict[str, list[str]]:
    """Return what is timed, by name: ours first, then the peer, then the floor of reading the files."""
    livermetry = str(Path(sys.executable).parent / "livermetry")
    read_all = "import pathlib,sys; [p.read_bytes() for p in pathlib.Path(sys.argv[1]).rglob('*') if p.is_file()]"
    return {
        "livermetry run": [livermetry, "run", str(STUDY), output],
        "SimpleITK + highdicom + scipy": [sys.executable, "-m", "benchmarks.peer_glue", str(STUDY)],
        "reading the files": [sys.executable, "-c", read_all, str(STUDY)],
    }


def time_command(command: list[str]) -> float:
    """Return the wall time of one whole process in seconds."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main(rounds: int) -> None:
    """Print the median of each command and its ratio to ours."""
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as output:
        for _ in range(rounds):
            for name, command in commands(output).items():
                seconds.setdefault(name, []).append(time_command(command))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    ours = next(iter(medians.values()))
    print(f"Python {platform.python_version()}, {rounds} interleaved rounds of whole processes, median seconds")
    for name, median in medians.items():
        print(f"{name:32} {median:7.2f} s   {median / ours:5.2f} x livermetry")
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest memory of any of them: {peak_mb:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
