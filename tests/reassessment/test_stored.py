"""A stored report that cannot be asked says why, and never stops the others."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pipeline.reassessment.stored import Unusable, read_stored


def refusal(path: Path) -> str:
    with pytest.raises(Unusable) as refused:
        read_stored(path)
    return refused.value.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "REPORT_DAMAGED: it is no whole JSON file; write it again"),
        (b'{"schema_version": "1.2", "key": ', "REPORT_DAMAGED: it is no whole JSON file; write it again"),
        (b"[]", "REPORT_DAMAGED: it is JSON, but no report of livermetry"),
        (b'{"a": 1}', "REPORT_DAMAGED: it is JSON, but no report of livermetry"),
        (b"\xff\xfe\x00", "REPORT_DAMAGED: it is no whole JSON file; write it again"),
        (b"[" * 100_000, "REPORT_DAMAGED: it is no whole JSON file; write it again"),
    ],
)
def test_what_is_no_report_is_said(tmp_path: Path, content: bytes, reason: str) -> None:
    """Empty, cut off, of another kind, no text, nested without end."""
    path = tmp_path / "report.json"
    path.write_bytes(content)
    assert refusal(path) == reason


def test_a_report_of_another_schema_is_named(tmp_path: Path) -> None:
    """The version that it has and the one that is read."""
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"schema_version": "0.3"}))
    assert refusal(path).startswith("REPORT_SCHEMA: it has schema 0.3, this version reads ")


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    """A pipe would never end; a folder is none."""
    os.mkfifo(tmp_path / "report.json")
    assert refusal(tmp_path / "report.json") == "REPORT_DAMAGED: it is no file"
    assert refusal(tmp_path) == "REPORT_DAMAGED: it is no file"
