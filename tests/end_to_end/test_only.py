"""`livermetry run --only`: the outputs asked for, and a record that does not depend on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.errors import StudyRefused
from tests.end_to_end.conftest import SAMPLES

STUDY = SAMPLES / "studies" / "synthetic_mr"
PAGE, RECORD = "report.html", "report.json"
TABLES = ["data_dictionary.csv", "lesions.csv", "plans.csv", "studies.csv", "verdicts.csv"]
WRITTEN = {
    (): [*TABLES, PAGE, RECORD],
    ("json",): [RECORD],
    ("html",): [PAGE],
    ("tables",): TABLES,
    ("json", "tables"): [*TABLES, RECORD],
}


def start(output: Path, *only: str) -> str:
    """Run the command as a user types it; return what it prints."""
    options = [part for name in only for part in ("--only", name)]
    result = CliRunner().invoke(app, ["run", str(STUDY), str(output), *options])
    assert result.exit_code == 0, result.output
    return result.output


def names(folder: Path) -> list[str]:
    """Return the files of a run but ``run.json``, which says how it was started and is always written."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != "run.json")


@pytest.mark.parametrize(("only", "expected"), WRITTEN.items(), ids=lambda each: "+".join(each) or "all")
def test_only_what_is_asked_for_is_written(only: tuple[str, ...], expected: list[str], tmp_path: Path) -> None:
    """Without the option everything is written, as before it was there."""
    start(tmp_path / "out", *only)
    assert names(tmp_path / "out") == sorted(expected)


def test_the_record_is_the_same_whatever_else_is_written(tmp_path: Path) -> None:
    """Leaving the page out changes no byte of report.json."""
    start(tmp_path / "all")
    start(tmp_path / "one", "json")
    (ours,), (theirs,) = (tmp_path.glob(f"{name}/*/{RECORD}") for name in ("all", "one"))
    assert ours.read_bytes() == theirs.read_bytes()


def test_a_page_of_the_same_record_stays(tmp_path: Path) -> None:
    """Asking for the outputs one after the other gives all of them."""
    for name in ("json", "html", "tables", "json"):
        start(tmp_path / "out", name)
    assert names(tmp_path / "out") == sorted([*TABLES, PAGE, RECORD])


def test_a_page_of_another_record_goes(tmp_path: Path) -> None:
    """No page is left beside a record that it does not show."""
    start(tmp_path / "out")
    (record,) = tmp_path.glob(f"out/*/{RECORD}")
    record.write_text(json.dumps({**json.loads(record.read_text()), "status": "refused"}))
    printed = start(tmp_path / "out", "json")
    assert names(tmp_path / "out") == sorted([*TABLES, RECORD])
    assert "those in the folder are of an earlier run" in printed


def test_an_output_that_is_none_is_wrong_use(tmp_path: Path) -> None:
    """Exit code 2, and the names that there are."""
    result = CliRunner().invoke(app, ["run", str(STUDY), str(tmp_path / "out"), "--only", "pdf"])
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_pixels_that_cannot_be_read_are_found_without_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record is not less suspicious when nothing is drawn."""

    def refuse(image: object, box: object) -> None:
        raise StudyRefused("TRANSFER_SYNTAX", "The pixels cannot be decoded.")

    monkeypatch.setattr("pipeline.drawing.read_image", refuse)
    start(tmp_path / "all")
    start(tmp_path / "one", "json")
    (ours,), (theirs,) = (tmp_path.glob(f"{name}/*/{RECORD}") for name in ("all", "one"))
    assert ours.read_bytes() == theirs.read_bytes()
    assert "There are no pictures of this study" in ours.read_text()
