"""Every regular file below a folder; links, pipes, sockets and devices are never opened (row S14)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePath


def walk_files(root: Path) -> Iterator[Path]:
    """Yield every regular file below ``root`` in a fixed order; hidden files and folders are left out."""
    try:
        with os.scandir(root) as entries:
            found = sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError:
        return
    for entry in found:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from walk_files(Path(entry.path))
        elif stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
            yield Path(entry.path)


def read_start(path: Path, count: int = 256) -> bytes:
    """Return the first bytes of a regular file; none when it cannot be read or is something else by now."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return b""
    with os.fdopen(handle, "rb") as file:
        return file.read(count) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""


def escape_path(path: PurePath) -> str:
    """Return a path as text that can be printed and stored: what is no UTF-8, and control characters, as escapes."""
    text = os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
