"""Whole files or none: a reader never sees half a report under its final name."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def save(path: Path, content: bytes) -> None:
    """Write a file under a temporary name in its folder, force it to disk, then rename it.

    The folder must exist. What stood under the name before stays whole until the new content is on disk.

    Raises
    ------
    OSError
        When the disk is full, or the folder cannot be written; no file is left behind.
    """
    descriptor, name = tempfile.mkstemp(prefix=".livermetry-", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), 0o666 & ~_read_umask())
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _read_umask() -> int:
    """Return the process's file mode mask; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Force a rename inside a folder to disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
