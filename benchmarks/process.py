"""One whole process, timed from its start to its end, with its own peak memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ran:
    """What a process took, and what it printed.

    Parameters
    ----------
    wall_s, cpu_s
        Seconds from start to end, and seconds of processor time of all its threads.
    peak_mb
        Largest resident memory in MB. It starts at the caller's own, so the caller should be small.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str


def run(command: Sequence[str]) -> Ran:
    """Run a process to its end.

    Raises
    ------
    RuntimeError
        When it ends with another code than 0; the message has the last of what it printed.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            raise RuntimeError(f"{command[:4]} ended with {process.returncode}: {errors.read()[-2000:]}")
        return Ran(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output.read())
