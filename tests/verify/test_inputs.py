"""Changed inputs, changed versions, wrong use: the exit code and what is said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.verify_command import VerifyRequest, verify_command
from pipeline.report import Report
from pipeline.verify import verify_report
from tests.verify.conftest import HERE, SAMPLES, verify, wrong


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The samples in a place where files may be altered."""
    shutil.copytree(SAMPLES / "real_ct_crlm", tmp_path / "studies" / "real_ct_crlm")
    return tmp_path / "studies"


def test_a_run_says_where_its_input_was(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`livermetry verify OUT` needs no argument: run.json names the input relative to the output."""
    stated = json.loads((output / "run.json").read_text(encoding="utf-8"))["input"]
    assert (output / stated).resolve() == SAMPLES.resolve()
    assert verify_command(VerifyRequest(output)) == 0
    assert "5 of 5 reports agree" in capsys.readouterr().out


def test_one_report_as_json(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Published, recomputed and difference of every number."""
    path = sorted(output.glob("*/report.json"))[0]
    assert verify_command(VerifyRequest(path, SAMPLES, as_json=True)) == 0
    (outcome,) = json.loads(capsys.readouterr().out)
    assert outcome["agrees"]
    assert {"name", "published", "recomputed", "difference"} <= set(outcome["numbers"][0])


@pytest.mark.parametrize("given", ["nothing.json", "."])
def test_wrong_use_is_exit_2(tmp_path: Path, given: str) -> None:
    """A report that is not there, a folder without one."""
    assert verify_command(VerifyRequest(tmp_path / given)) == 2


def test_a_file_that_is_no_report_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It cannot be verified, and does not count as agreeing."""
    (tmp_path / "report.json").write_text("{}", encoding="utf-8")
    assert verify_command(VerifyRequest(tmp_path)) == 1
    assert "cannot be read" in capsys.readouterr().out


def test_without_the_studies_nothing_agrees(records: dict[str, Any], tmp_path: Path) -> None:
    """Neither where they are not, nor where their place is not known."""
    report = Report.model_validate_json(json.dumps(records["synthetic_mr"]))
    assert not verify_report(report, None, HERE).agrees
    assert not verify(records["synthetic_mr"], tmp_path).agrees


def test_a_changed_file_is_found(records: dict[str, Any], copied: Path) -> None:
    """One byte more behind the pixels, which changes no number."""
    path = next((copied / "real_ct_crlm" / "ct").iterdir())
    path.write_bytes(path.read_bytes() + b"\0")
    assert any("SHA-256" in each for each in wrong(verify(records["real_ct_crlm"], copied)))


def test_a_missing_and_a_new_file_are_found(records: dict[str, Any], copied: Path) -> None:
    """A slice that is gone, and one of the same series that was not there."""
    path = next((copied / "real_ct_crlm" / "ct").iterdir())
    shutil.copy(path, path.with_name("new.dcm"))
    assert any("new" in each for each in wrong(verify(records["real_ct_crlm"], copied)))
    path.unlink()
    assert any("missing" in each for each in wrong(verify(records["real_ct_crlm"], copied)))


def test_changed_versions_are_found(records: dict[str, Any]) -> None:
    """Of livermetry, and of a library that numbers depend on."""
    report = Report.model_validate_json(json.dumps(records["synthetic_mr"]))
    other = replace(HERE, livermetry="0.0.1")
    assert any("0.0.1" in each for each in wrong(verify_report(report, SAMPLES, other)))
    older = replace(HERE, libraries={**HERE.libraries, "numpy": "1.0"})
    assert any("numpy" in each for each in wrong(verify_report(report, SAMPLES, older)))


def test_other_settings_and_rules_are_named(records: dict[str, Any]) -> None:
    """They are no failure, as a site may have its own; the reader is told."""
    report = Report.model_validate_json(json.dumps(records["synthetic_mr"]))
    outcome = verify_report(report, SAMPLES, replace(HERE, digests={"settings_sha256": "0", "rules_sha256": "0"}))
    assert outcome.agrees
    assert [note.split(":")[0] for note in outcome.notes] == ["settings", "rules"]


def test_a_refused_report_has_no_number(altered: Callable[..., Any]) -> None:
    """A refused study that publishes numbers all the same is found."""
    record = altered("synthetic_mr")
    record["status"] = "refused"
    assert not verify(record).agrees
