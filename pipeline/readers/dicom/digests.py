"""SHA-256 of the files of a series, taken before and beside the reading of their headers where a core is free."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pipeline.ahead import digests_ahead
from pipeline.aside import Aside, may_fork


class Digests:
    """SHA-256 of files as lower-case hexadecimal digits, known when they are asked for."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._ahead = digests_ahead(paths)
        rest = [path for path in paths if path not in self._ahead]
        self._known = Aside(lambda: _digest_all(rest), forked=bool(rest) and may_fork())

    def of(self, path: Path) -> str:
        """Return the SHA-256 of a file.

        Raises
        ------
        OSError
            When the file can no longer be read.
        """
        return self._ahead.get(path) or self._known().get(path) or digest(path)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_all(paths: Sequence[Path]) -> dict[Path, str]:
    """Return the SHA-256 of every file that can be read."""
    found = {}
    for path in paths:
        try:
            found[path] = digest(path)
        except OSError:
            continue
    return found
