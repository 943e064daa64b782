"""Work done beside the caller's own, in a forked child process, where a core is free; else by the caller itself.

Threads do not help here: the work is many small numpy calls that hold the interpreter's lock. A fork shares the masks
that are in memory already, and only its result comes back.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

Result = TypeVar("Result")
PATIENCE_S = 120.0
"""A child that has said nothing for so long is given up."""


class Aside(Generic[Result]):
    """A value that is computed beside the caller's own work; calling the object waits for it.

    Parameters
    ----------
    work
        Computes the value; it must be picklable and ``work`` must change nothing that the caller reads.
    forked
        Whether a child process may be forked for it. Without one, and where the child fails for whatever reason, the
        caller computes the value when it is asked for: the value, or the exception, is the same.
    """

    def __init__(self, work: Callable[[], Result], *, forked: bool) -> None:
        self._work = work
        self._value: list[Result] = []
        self._child: tuple[int, int] | None = _fork(work) if forked and has_free_core() else None

    def __call__(self) -> Result:
        """Return the value, once computed."""
        if not self._value:
            self._value += _collect(*self._child) if self._child else []
            self._child = None
        if not self._value:
            self._value.append(self._work())
        return self._value[0]


def has_free_core() -> bool:
    """Tell whether this process may fork and run on two cores or more."""
    return hasattr(os, "fork") and hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) > 1


def _fork(work: Callable[[], Result]) -> tuple[int, int]:
    """Return the child's process number and the end of the pipe that its result comes through."""
    source, sink = os.pipe()
    child = os.fork()
    if child:
        os.close(sink)
        return child, source
    with suppress(BaseException), os.fdopen(sink, "wb") as pipe:
        pipe.write(pickle.dumps(work(), protocol=pickle.HIGHEST_PROTOCOL))
    os._exit(0)


def _collect(child: int, source: int) -> list[Result]:
    """Return the one result of a child, or nothing when it ended without one."""
    parts: list[bytes] = []
    with os.fdopen(source, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], PATIENCE_S)[0] and (part := pipe.read(1 << 20)):
            parts.append(part)
    with suppress(OSError):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    try:
        return [pickle.loads(b"".join(parts))]  # noqa: S301 - written by the child of this very process
    except Exception:
        return []
