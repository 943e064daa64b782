"""Work done beside the caller's own, in a forked child process, where a core is free; else by the caller itself.

Threads do not help here: the work is many small numpy calls that hold the interpreter's lock. A fork shares the masks
that are in memory already, and only its result comes back.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Generic, TypeVar

Result = TypeVar("Result")
PATIENCE_S = 120.0
"""A child that has said nothing for so long is given up."""


_ALONE: ContextVar[bool] = ContextVar("alone", default=False)


@contextmanager
def alone() -> Iterator[None]:
    """Let work be done aside within: studies are measured one at a time, so that other cores are free."""
    token = _ALONE.set(True)
    try:
        yield
    finally:
        _ALONE.reset(token)


def may_fork() -> bool:
    """Tell whether a child may be forked here: one study at a time, and two cores or more that can be used."""
    return (
        _ALONE.get() and hasattr(os, "fork") and hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) > 1
    )


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
        self._child: tuple[int, int] | None = _fork(work) if forked else None
        self._end = weakref.finalize(self, _abandon, os.getpid(), *self._child) if self._child else None

    def __call__(self) -> Result:
        """Return the value, once computed."""
        if not self._value:
            self._value += self._collect()
        if not self._value:
            self._value.append(self._work())
        return self._value[0]

    def _collect(self) -> list[Result]:
        """Return the child's result, where there is a child and it has one."""
        if self._child is None or self._end is None:
            return []
        (child, source), self._child = self._child, None
        self._end.detach()
        return _receive(child, source)


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


def _receive(child: int, source: int) -> list[Result]:
    """Return the one result of a child, or nothing when it ended without one."""
    parts: list[bytes] = []
    with os.fdopen(source, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], PATIENCE_S)[0] and (part := pipe.read(1 << 20)):
            parts.append(part)
    _reap(child)
    try:
        return [pickle.loads(b"".join(parts))]  # noqa: S301 - written by the child of this very process
    except Exception:
        return []


def _abandon(parent: int, child: int, source: int) -> None:
    """End a child whose result nobody asked for; only the process that forked it does so."""
    if os.getpid() != parent:
        return
    with suppress(OSError):
        os.close(source)
    _reap(child)


def _reap(child: int) -> None:
    """End a child, if it has not ended, and take note of it."""
    with suppress(OSError):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
