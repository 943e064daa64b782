"""Cyclic garbage collection while a command starts: modules and configuration are no garbage."""

from __future__ import annotations

import gc


def begin_start() -> None:
    """Collect no cyclic garbage from here on: what a start makes is kept, and looking through it takes time."""
    gc.disable()


def end_start() -> None:
    """Collect again; what the start made is not looked through any more. Nothing happens where no start was begun."""
    if gc.isenabled():
        return
    gc.freeze()
    gc.enable()
