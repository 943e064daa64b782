"""What is kept between runs: used only undamaged, for the same key, and where no other user can have written it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pipeline.kept import find_folder, keep, may_keep, recall

CONTENT = b'{"a": 1}\nmore'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIVERMETRY_CACHE", str(tmp_path / "kept" / "here"))
    return tmp_path / "kept" / "here"


def test_a_piece_comes_back_for_its_key_only(folder: Path) -> None:
    """A piece is given for the name and key it was kept under; keeping it again replaces it and leaves nothing over."""
    keep("piece", "key", b"old")
    keep("piece", "key", CONTENT)
    assert recall("piece", "key") == CONTENT
    assert recall("piece", "other") is None
    assert recall("other", "key") is None
    assert [path.name for path in folder.iterdir()] == ["piece"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "piece").stat().st_mode & 0o777 == 0o600


def test_a_damaged_piece_is_nothing(folder: Path) -> None:
    """Whatever byte is changed, and wherever the file is cut, it is no longer used."""
    keep("piece", "key", CONTENT)
    whole = (folder / "piece").read_bytes()
    for place in range(len(whole)):
        (folder / "piece").write_bytes(whole[:place])
        assert recall("piece", "key") is None
        (folder / "piece").write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert recall("piece", "key") is None
    (folder / "piece").write_bytes(whole + b" ")
    assert recall("piece", "key") is None
    (folder / "piece").write_bytes(whole)
    assert recall("piece", "key") == CONTENT


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_piece_that_others_may_write_is_nothing(folder: Path, mode: int) -> None:
    """A file that group or others may write could be anybody's."""
    keep("piece", "key", CONTENT)
    (folder / "piece").chmod(mode)
    assert recall("piece", "key") is None


def test_a_piece_of_another_user_is_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another user owns is not used, as after a run under sudo."""
    keep("piece", "key", CONTENT)
    monkeypatch.setattr(os, "geteuid", lambda: (folder / "piece").stat().st_uid + 1)
    assert recall("piece", "key") is None


@pytest.mark.parametrize("kind", ["folder", "pipe", "link"])
def test_only_a_plain_file_is_read(folder: Path, kind: str) -> None:
    """A folder, a pipe (which would wait for ever) or a link in a piece's place is nothing, and does no harm."""
    keep("real", "key", CONTENT)
    place = folder / "piece"
    {"folder": place.mkdir, "pipe": lambda: os.mkfifo(place), "link": lambda: place.symlink_to("real")}[kind]()
    assert recall("piece", "key") is None
    keep("piece", "key", CONTENT)
    assert recall("piece", "key") == (None if kind == "folder" else CONTENT)


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that cannot be made, a full disk, an empty name: no piece, no error, nothing left over."""
    (tmp_path / "file").touch()
    for given in (str(tmp_path / "file" / "below"), ""):
        monkeypatch.setenv("LIVERMETRY_CACHE", given)
        keep("piece", "key", CONTENT)
        assert not may_keep()
        assert recall("piece", "key") is None
    monkeypatch.setenv("LIVERMETRY_CACHE", str(tmp_path / "full"))
    monkeypatch.setattr(Path, "replace", _fail)
    keep("piece", "key", CONTENT)
    assert list((tmp_path / "full").iterdir()) == []


def _fail(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.skipif(sys.platform != "linux", reason="places of Linux")
def test_the_folder_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG_CACHE_HOME where it is absolute, else .cache at home; nothing where there is no home."""
    monkeypatch.delenv("LIVERMETRY_CACHE")
    monkeypatch.setenv("HOME", "/home/one")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/own")
    assert find_folder() == Path("/var/own/livermetry")
    for stated in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", stated)
        assert find_folder() == Path("/home/one/.cache/livermetry")
    for home in ("", "/", "relative"):
        monkeypatch.setenv("HOME", home)
        assert find_folder() is None
