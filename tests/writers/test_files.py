"""Files appear whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pipeline.writers import save


def test_a_file_holds_what_was_saved_and_replaces_the_old_one(tmp_path: Path) -> None:
    """The second content takes the place of the first; no other file is left in the folder."""
    path = tmp_path / "report.json"
    save(path, b"old")
    save(path, b"new")
    assert path.read_bytes() == b"new"
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


def test_a_file_can_be_read_by_those_the_process_allows(tmp_path: Path) -> None:
    """The mode follows the umask, not the private mode of a temporary file."""
    path = tmp_path / "report.json"
    save(path, b"")
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_write_keeps_the_old_file_and_leaves_nothing(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk or a broken rename is an error; the old report stays whole."""
    path = tmp_path / "report.json"
    save(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), fail)
    with pytest.raises(OSError, match="No space"):
        save(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]
