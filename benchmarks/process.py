"""One whole process, timed from its start to its end, with its own peak memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BYTECODE = Path(tempfile.gettempdir()) / "livermetry-benchmark-bytecode"
"""Where compiled modules are kept, of ours and the peers' alike, as an installer would have left them."""


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
    """Run a process to its end, with compiled modules kept from run to run whatever the caller's environment says.

    Raises
    ------
    RuntimeError
        When it ends with another code than 0; the message has the last of what it printed.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors, env=_environment())
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            raise RuntimeError(f"{command[:4]} ended with {process.returncode}: {errors.read()[-2000:]}")
        return Ran(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output.read())


def _environment() -> dict[str, str]:
    """Return the caller's environment, but with bytecode: a checkout that may not write any compiles at every start."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return own | {"PYTHONPYCACHEPREFIX": str(BYTECODE)}
