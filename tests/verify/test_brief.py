"""What `verify --brief` prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli.verify_command import VerifyRequest, verify_command

from .conftest import SAMPLES


def test_brief_prints_what_differs_and_nothing_else(
    output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A report that agrees is one line; of an altered one the altered number is named, and no other."""
    path = next(p for p in output.glob("*/report.json") if "real_ct_liver" in p.read_text(encoding="utf-8"))
    assert verify_command(VerifyRequest(path, SAMPLES, brief=True)) == 0
    assert capsys.readouterr().out.splitlines() == [f"{path.parent.name}  agrees", "1 of 1 reports agree"]

    record = json.loads(path.read_text(encoding="utf-8"))
    record["structures"][0]["volume_ml"]["value"] *= 1.01
    altered = tmp_path / path.parent.name / "report.json"
    altered.parent.mkdir()
    altered.write_text(json.dumps(record), encoding="utf-8")
    assert verify_command(VerifyRequest(altered, SAMPLES, brief=True)) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{path.parent.name}  DIFFERS"
    assert "volume_ml" in lines[1]
    assert "differs" in lines[1]
    assert not any(line.endswith(" ok") for line in lines)
