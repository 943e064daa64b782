"""The catalogue as it was checked before: the same as that of the files, never an older one, whatever is done to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

import pipeline
from pipeline.errors import ConfigurationError
from pipeline.kept import keep, recall
from pipeline.rules import Catalogue, load_catalogue, recall_catalogue, recalling
from tests.rules.small_catalogue import VALUES, at_most, rule, write_files

CONFIGS = Path(__file__).parents[2] / "configs"
CIRCLE: list[dict[str, Any]] = [
    rule("A-1", criterion={"case": "mode", "of": {"strict": at_most("a", 3), "loose": {"rule": "B-1"}}}),
    rule("B-1", criterion={"rule": "A-1"}),
]
"""Rules that refer to each other where ``mode`` is ``loose``."""


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIVERMETRY_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return write_files(tmp_path, [rule(criterion=at_most("a", {"parameter": "limit"}))])


def without_examples(catalogue: Catalogue) -> Catalogue:
    rules = tuple(one.model_copy(update={"examples": ()}) for one in catalogue.rules)
    return replace(catalogue, rules=rules, _views={})


def assert_same(one: Catalogue, other: Catalogue) -> None:
    assert without_examples(one) == without_examples(other)
    for name in one.profiles:
        mine, theirs = one.under(name), other.under(name)
        assert list(mine.rules) == list(theirs.rules)
        assert (mine.parameters, mine.direct, mine.cuts) == (theirs.parameters, theirs.direct, theirs.cuts)


def forbid_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object) -> Catalogue:
        raise AssertionError("loaded anew")

    monkeypatch.setattr(recalling, "load_catalogue", load)


def write_site(folder: Path, parameter: str, value: object) -> Path:
    path = folder / "site.yaml"
    path.write_text(f"site: Here\noverrides: [{{parameter: {parameter}, value: {value}, reason: own series}}]\n")
    return path


def test_the_shipped_catalogue_comes_back_the_same(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recalled equals what the files give, examples left out, under every profile; no file is parsed for it."""
    folders = CONFIGS / "rules", CONFIGS / "profiles"
    assert_same(recall_catalogue(*folders), catalogue)
    forbid_loading(monkeypatch)
    again = recall_catalogue(*folders)
    assert_same(again, catalogue)
    assert not any(one.examples for one in again.rules)
    assert again.sha256 == catalogue.sha256


def test_a_change_of_any_file_is_seen_at_once(tmp_path: Path) -> None:
    """A word added to a file of every folder, and a file more, give the catalogue of the changed files."""
    copytree(CONFIGS, tmp_path / "configs")
    folders = tmp_path / "configs" / "rules", tmp_path / "configs" / "profiles"
    seen = {recall_catalogue(*folders).sha256}
    files = sorted(each for folder in folders for each in folder.rglob("*.yaml"))
    assert {each.parent.name for each in files[::5]} == {each.parent.name for each in files}
    for path in files[::5]:
        path.write_text(path.read_text() + "# changed\n")
        assert recall_catalogue(*folders).sha256 not in seen
        seen.add(recall_catalogue(*folders).sha256)
    (folders[0] / "one_more.yaml").write_text("rules: []\n")
    assert recall_catalogue(*folders).sha256 not in seen


def test_a_changed_threshold_holds_at_once(folders: tuple[Path, Path]) -> None:
    """The number of a profile is that of the file now, though all else and the file's length are the same."""
    path = folders[1] / "base.yaml"
    for number in (30, 40, 30):
        path.write_text(
            path.read_text().replace('"limit": 30', f'"limit": {number}').replace('"limit": 40', f'"limit": {number}')
        )
        for _ in range(2):
            assert recall_catalogue(*folders).under("base").parameters["limit"].number == number


def test_problems_are_told_with_their_lines_and_never_kept(folders: tuple[Path, Path], kept: Path) -> None:
    """A fault in a file that was good before is refused as without anything kept, every time."""
    recall_catalogue(*folders)
    held = {path: path.read_bytes() for path in kept.iterdir()}
    own = folders[0] / "own.yaml"
    own.write_text(own.read_text().replace('"input": "a"', '"input": "aa"'))
    with pytest.raises(ConfigurationError) as expected:
        load_catalogue(*folders)
    for _ in range(2):
        with pytest.raises(ConfigurationError) as told:
            recall_catalogue(*folders)
        assert told.value.problems == expected.value.problems
    assert {path: path.read_bytes() for path in kept.iterdir()} == held


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _turn(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"30.0", b"90.0"))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _open_to_all(path: Path) -> None:
    """Write another threshold as livermetry itself would, in a file that anybody may write."""
    head, _, content = path.read_bytes().partition(b"\n")
    keep(path.name, head.split()[0].decode(), content.replace(b"30.0", b"90.0"))
    path.chmod(0o666)


def _no_catalogue(path: Path) -> None:
    head = path.read_bytes().partition(b"\n")[0]
    keep(path.name, head.split()[0].decode(), b'{"version": "1.0"}')


@pytest.mark.parametrize("damage", [_cut, _turn, _empty, _open_to_all, _no_catalogue, Path.unlink])
def test_what_was_damaged_is_not_used(folders: tuple[Path, Path], kept: Path, damage: Callable[[Path], None]) -> None:
    """Cut, changed, emptied, written by others, of another shape, gone: the files are parsed anew, and kept again."""
    recall_catalogue(*folders)
    (path,) = kept.iterdir()
    good = path.read_bytes()
    assert b"30.0" in good
    damage(path)
    catalogue = recall_catalogue(*folders)
    assert_same(catalogue, load_catalogue(*folders))
    assert catalogue.under("base").parameters["limit"].number == 30
    assert path.read_bytes() == good


def test_other_code_uses_nothing_of_what_was_kept(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """What another version checked is checked anew."""
    recall_catalogue(*folders)
    monkeypatch.setattr(pipeline, "__version__", "0.0.0")
    forbid_loading(monkeypatch)
    with pytest.raises(AssertionError, match="loaded anew"):
        recall_catalogue(*folders)


def test_changed_checks_use_nothing_of_what_was_kept(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code that checks is part of the key: a changed module of the package asks for everything anew."""
    recall_catalogue(*folders)
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + (b"#" if path.name == "checks.py" else b""))
    forbid_loading(monkeypatch)
    with pytest.raises(AssertionError, match="loaded anew"):
        recall_catalogue(*folders)


@pytest.mark.parametrize("place", ["", "/proc/nowhere"])
def test_without_a_place_to_keep_it_all_works(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Where nothing can be kept, every run parses the files."""
    monkeypatch.setenv("LIVERMETRY_CACHE", place)
    for _ in range(2):
        assert_same(recall_catalogue(*folders), load_catalogue(*folders))


def test_a_sites_file_is_read_every_time(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site's thresholds are never kept: a change holds at once, a fault is told, without a site none holds."""
    recall_catalogue(*folders, write_site(tmp_path, "limit", 35))
    expected = {value: load_catalogue(*folders, write_site(tmp_path, "limit", value)) for value in (35, 45)}
    forbid_loading(monkeypatch)
    for value in (45, 35):
        found = recall_catalogue(*folders, write_site(tmp_path, "limit", value))
        assert_same(found, expected[value])
        assert found.under("base").parameters["limit"].number == value
    with pytest.raises(ConfigurationError, match=r"site\.yaml:2: there is no parameter limt"):
        recall_catalogue(*folders, write_site(tmp_path, "limt", 35))
    assert recall_catalogue(*folders).under("base").parameters["limit"].number == 30


def test_a_circle_that_only_a_site_closes_is_told(tmp_path: Path) -> None:
    """A site's choice under which two rules refer to each other is refused with its line, though the rules are kept."""
    folders = write_files(tmp_path, CIRCLE)
    recall_catalogue(*folders)
    site = write_site(tmp_path, "mode", "loose")
    with pytest.raises(ConfigurationError, match=r"own\.yaml:\d+: A-1 refers to itself: A-1 -> B-1 -> A-1"):
        recall_catalogue(*folders, site)


def test_rules_that_only_a_site_makes_good_are_not_kept(tmp_path: Path, kept: Path) -> None:
    """A circle that a site's choice opens is a circle for everybody else."""
    folders = write_files(tmp_path, CIRCLE, profiles={"base": {"parameters": VALUES | {"mode": "loose"}}})
    for _ in range(2):
        recall_catalogue(*folders, write_site(tmp_path, "mode", "strict"))
        with pytest.raises(ConfigurationError, match="refers to itself"):
            recall_catalogue(*folders)
    assert list(kept.iterdir()) == []


def test_files_that_change_while_they_are_loaded_are_not_kept(
    folders: tuple[Path, Path], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was parsed may be older than the files' digest: it is not kept under it."""

    def load(*given: Path) -> Catalogue:
        catalogue = load_catalogue(*given)
        path = folders[1] / "base.yaml"
        path.write_text(path.read_text().replace('"limit": 30', '"limit": 40'))
        return catalogue

    monkeypatch.setattr(recalling, "load_catalogue", load)
    recall_catalogue(*folders)
    assert list(kept.iterdir()) == []


def test_processes_that_start_at_once_agree(kept: Path, catalogue: Catalogue) -> None:
    """Several processes that find nothing kept write it at the same time; each has the whole, and one file stays."""
    line = (
        "import sys; from pathlib import Path; from pipeline.rules import recall_catalogue as get; "
        "c = [get(Path(sys.argv[1]), Path(sys.argv[2])) for _ in range(3)]; "
        "print({(x.sha256, len(x.rules)) for x in c})"
    )
    command = [sys.executable, "-c", line, str(CONFIGS / "rules"), str(CONFIGS / "profiles")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = {process.communicate(timeout=60)[0].strip() for process in running}
    assert said == {str({(catalogue.sha256, len(catalogue.rules))})}
    (path,) = kept.iterdir()
    assert recall(path.name, path.read_bytes().split(maxsplit=1)[0].decode()) is not None
