"""SHA-256 of files, begun in a child process while a command still imports its modules and one core is idle.

The child reads files of the folder that was given, those of the size of single images, until it is stopped or a second
is over. A digest counts only while its file is what it was when it was read: path, size, times and place on the disk.
"""

from __future__ import annotations

import atexit
import hashlib
import mmap
import os
import signal
import stat
import struct
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MOST_FILES, LARGEST_BYTES, PATIENCE_S = 4096, 16 * 1024 * 1024, 1.0
_COUNT, _RECORD = struct.Struct("=Q"), struct.Struct("=32s32s")


@dataclass(frozen=True, eq=False)
class _Reading:
    """A child that reads ahead for the process ``parent``, and the table in shared memory that it fills."""

    parent: int
    child: int
    table: mmap.mmap


_READING: list[_Reading] = []
_FOUND: dict[bytes, str] = {}


def read_ahead(folder: Path) -> None:
    """Begin to digest the files below a folder, where a second core can be used."""
    if not (hasattr(os, "fork") and hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) > 1):
        return
    parent, table = os.getpid(), mmap.mmap(-1, _COUNT.size + MOST_FILES * _RECORD.size)
    child = os.fork()
    if not child:
        with suppress(BaseException):
            _fill(folder, table, parent)
        os._exit(0)
    _READING.append(_Reading(parent, child, table))
    atexit.register(_stop)


def digests_ahead(paths: Iterable[Path]) -> dict[Path, str]:
    """Return the SHA-256 of those files that were read ahead and have not changed since; reading ahead ends."""
    _stop()
    found = {}
    for path in paths if _FOUND else ():
        with suppress(OSError):
            known = _FOUND.get(_identity(path, path.stat(follow_symlinks=False)))
            if known is not None:
                found[path] = known
    return found


def _stop() -> None:
    """End the child and take over what it has found; a child of another process is left alone."""
    while _READING:
        reading = _READING.pop()
        if reading.parent != os.getpid():
            continue
        with suppress(OSError):
            os.kill(reading.child, signal.SIGKILL)
            os.waitpid(reading.child, 0)
        (count,) = _COUNT.unpack_from(reading.table, 0)
        for place in range(count):
            identity, digest = _RECORD.unpack_from(reading.table, _COUNT.size + place * _RECORD.size)
            _FOUND[identity] = digest.hex()
        reading.table.close()


def _fill(folder: Path, table: mmap.mmap, parent: int) -> None:
    """Digest files into the table: each record is whole before it is counted."""
    end = time.monotonic() + PATIENCE_S
    count = 0
    for path in _files(folder):
        if count == MOST_FILES or time.monotonic() > end or os.getppid() != parent:
            return
        with suppress(OSError):
            _RECORD.pack_into(table, _COUNT.size + count * _RECORD.size, *_digest(path))
            count += 1
            _COUNT.pack_into(table, 0, count)


def _digest(path: Path) -> tuple[bytes, bytes]:
    """Return the identity of a file, as it was before its first byte was read, and its digest."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW), "rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        return _identity(path, before), hashlib.file_digest(file, "sha256").digest()


def _files(folder: str | Path) -> Iterator[Path]:
    """Yield files of the size of single images, in a fixed order; links, pipes and devices are left out."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError:
        return
    for entry in found:
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            yield from _files(entry.path)
        elif stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST_BYTES:
            yield Path(entry.path)


def _identity(path: Path, status: os.stat_result) -> bytes:
    """Return what tells a file from every other and from itself after a change."""
    told = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return hashlib.sha256(os.fsencode(path.absolute()) + repr(told).encode()).digest()
