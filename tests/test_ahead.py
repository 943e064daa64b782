"""Files that are read ahead: the same SHA-256 as those read now, never that of a file that has changed since."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline import ahead
from pipeline.ahead import digests_ahead, read_ahead
from pipeline.readers.dicom.digests import Digests

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="needs a second core"
)


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    ahead._FOUND.clear()
    yield
    ahead._stop()
    ahead._FOUND.clear()


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Twenty files of a series, some in a folder below."""
    found = [tmp_path / "study" / ("ct" if number % 2 else ".") / f"{number:02}.dcm" for number in range(20)]
    for number, path in enumerate(found):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number]) * (number * 1000))
    return found


def read_all(folder: Path) -> None:
    """Read ahead until the child has done all it will do."""
    read_ahead(folder)
    os.waitid(os.P_PID, ahead._READING[0].child, os.WEXITED | os.WNOWAIT)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_was_read_ahead_is_the_files_digest(paths: list[Path], tmp_path: Path) -> None:
    read_all(tmp_path / "study")
    assert digests_ahead(paths) == {path: sha256(path) for path in paths}
    assert digests_ahead(paths[:3]) == {path: sha256(path) for path in paths[:3]}


def test_a_folder_that_is_named_from_here_is_the_same(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    read_all(Path("study"))
    assert len(digests_ahead(paths)) == len(paths)


def _write(path: Path) -> None:
    path.write_bytes(bytes([255]) * path.stat().st_size)


def _keep_time(path: Path) -> None:
    """Write other bytes of the same number, and put the file's time back."""
    status = path.stat()
    _write(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _replace(path: Path) -> None:
    status = path.stat()
    other = path.with_suffix(".new")
    other.write_bytes(bytes([255]) * status.st_size)
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)


def _swap(path: Path) -> None:
    path.rename(path.with_suffix(".old"))
    path.with_name("04.dcm").rename(path)


@pytest.mark.parametrize("change", [_write, _keep_time, _replace, _swap, Path.unlink])
def test_a_file_that_changed_since_is_read_again(
    paths: list[Path], tmp_path: Path, change: Callable[[Path], None]
) -> None:
    """Written over (also with its old time), replaced, another in its place, gone: its old digest is not used."""
    read_all(tmp_path / "study")
    time.sleep(0.02)
    path = paths[10]
    change(path)
    assert path not in digests_ahead(paths)
    if path.exists():
        assert Digests(paths).of(path) == sha256(path)


def test_what_was_not_reached_is_read_when_it_is_asked_for(paths: list[Path], tmp_path: Path) -> None:
    """A child that is stopped at once, or has read some files only, changes no digest."""
    for wait in (0.0, 0.001, 0.003):
        ahead._FOUND.clear()
        read_ahead(tmp_path / "study")
        time.sleep(wait)
        digests = Digests(paths)
        assert [digests.of(path) for path in paths] == [sha256(path) for path in paths]


def test_a_child_that_dies_changes_nothing(paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(ahead, "_fill", die)
    read_all(tmp_path / "study")
    digests = Digests(paths)
    assert [digests.of(path) for path in paths] == [sha256(path) for path in paths]


def test_only_plain_files_of_the_size_of_images_are_read(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe would wait for ever, a link could lead anywhere, a volume would take the time of a thousand images."""
    monkeypatch.setattr(ahead, "LARGEST_BYTES", 10_000)
    os.mkfifo(tmp_path / "study" / "00.pipe")
    (tmp_path / "study" / "link.dcm").symlink_to(paths[3])
    (tmp_path / "study" / "links").symlink_to(tmp_path)
    read_all(tmp_path / "study")
    small = {path for path in paths if path.stat().st_size <= 10_000}
    assert set(digests_ahead([*paths, tmp_path / "study" / "link.dcm"])) == small


def test_the_child_ends_by_itself(paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many files, and after so long, it stops."""
    monkeypatch.setattr(ahead, "MOST_FILES", 5)
    read_all(tmp_path / "study")
    assert len(digests_ahead(paths)) == 5
    ahead._FOUND.clear()
    monkeypatch.setattr(ahead, "PATIENCE_S", -1.0)
    read_all(tmp_path / "study")
    assert digests_ahead(paths) == {}


def test_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    read_all(tmp_path / "nowhere")
    assert digests_ahead([tmp_path / "nowhere" / "1.dcm"]) == {}


def test_no_child_outlives_a_command_that_ends_early(tmp_path: Path) -> None:
    """The child is ended and taken note of when the process ends without asking for a digest."""
    for number in range(3000):
        (tmp_path / f"{number}.dcm").write_bytes(b"x" * 100)
    line = (
        "import sys; from pathlib import Path; from pipeline import ahead; from pipeline.cli.start import leave; "
        "ahead.read_ahead(Path(sys.argv[1])); print(ahead._READING[0].child, flush=True); leave(0)"
    )
    done = subprocess.run([sys.executable, "-c", line, str(tmp_path)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)
