"""How a command starts and ends quickly: modules and configuration are no garbage, and nothing is freed one by one."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading


def begin_start() -> None:
    """Collect no cyclic garbage from here on: what a start makes is kept, and looking through it takes time."""
    gc.disable()


def end_start() -> None:
    """Collect again; what the start made is not looked through any more. Nothing happens where no start was begun."""
    if gc.isenabled():
        return
    gc.freeze()
    gc.enable()


def leave(code: str | int | None) -> None:
    """End the process as ``sys.exit`` does, but leave its memory to the system; return where that is not safe.

    What was registered for the end of the process is done first, and what was printed is written.
    """
    if not isinstance(code, int | None) or threading.active_count() > 1:
        return
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except (OSError, ValueError, AttributeError):
        return
    os._exit(code or 0)
