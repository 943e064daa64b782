"""What livermetry keeps for itself between runs, to save time: every piece may vanish at any moment and is made anew.

Pieces lie in the user's own folder for such things; ``LIVERMETRY_CACHE`` names another, and nothing is kept where it is
empty. A piece is used only when it was made for exactly what is asked for now, is undamaged, and no other user can
have written it. It is data, never code. Where nothing can be read or written, nothing is kept, and nobody is told.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

PLACE = "LIVERMETRY_CACHE"
MAX_BYTES = 64 * 1024 * 1024


def recall(name: str, key: str) -> bytes | None:
    """Return what was kept under a name for this key; None when there is nothing, or it cannot be trusted."""
    folder = find_folder()
    try:
        held = None if folder is None else _read_own(folder / name)
    except OSError:
        return None
    if held is None:
        return None
    head, _, content = held.partition(b"\n")
    return content if head == _head(key, content) else None


def may_keep() -> bool:
    """Tell whether a piece can be kept, so that none is made in vain; the folder is made where it can be."""
    folder = find_folder()
    if folder is None:
        return False
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.is_dir() and os.access(folder, os.W_OK)


def keep(name: str, key: str, content: bytes) -> None:
    """Keep a piece under a name in place of what is there; a reader sees the old or the new one, never a part."""
    folder = find_folder()
    if folder is None or not may_keep():
        return
    with suppress(OSError):
        _replace(folder / name, _head(key, content) + b"\n" + content)


def find_folder() -> Path | None:
    """Return the folder that pieces are kept in, which need not exist; None where there is none for this user."""
    given = os.environ.get(PLACE)
    if given is not None:
        return Path(given) if given else None
    base = _base()
    return base / "livermetry" if base is not None and base.is_absolute() else None


def _base() -> Path | None:
    """Return where programs keep such things on this system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", ""))
    stated = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if stated.is_absolute() and sys.platform != "darwin":
        return stated
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if home == home.parent:
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def _head(key: str, content: bytes) -> bytes:
    return f"{key} {hashlib.sha256(content).hexdigest()}".encode()


def _read_own(path: Path) -> bytes | None:
    """Return the bytes of a plain file that only this user can have written, else None."""
    flags = (getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"))
    with os.fdopen(os.open(path, os.O_RDONLY | sum(flags)), "rb") as file:
        status = os.fstat(file.fileno())
        return file.read() if _is_own(status) and status.st_size <= MAX_BYTES else None


def _is_own(status: os.stat_result) -> bool:
    if not stat.S_ISREG(status.st_mode):
        return False
    if sys.platform == "win32":
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _replace(path: Path, content: bytes) -> None:
    import tempfile

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
