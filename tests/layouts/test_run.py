"""Every layout through the command line, all of them in one folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli.preparation import RunRequest
from pipeline.cli.run_command import run_command
from tests.layouts.test_layouts import LAYOUTS

LEFT_OUT = ("ircadb_twice", "ircadb_without_places", "totalsegmentator_mr")
"""Variants of a data set that is there already."""


@pytest.mark.hazard("M05")
def test_all_data_sets_are_run_at_once(tmp_path: Path) -> None:
    """Each study is done under its own naming, and flagged as paired by name; images without masks are refused."""
    for name, layout in LAYOUTS.items():
        if name not in LEFT_OUT:
            layout.build(tmp_path / "in" / name)
    assert run_command(RunRequest(tmp_path / "in", tmp_path / "out")) == 1
    reports = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "out").glob("*/report.json")]
    found: dict[str, list[tuple[str, int | None]]] = {}
    for report in reports:
        if report["status"] == "done":
            count = report["measurements"]["lesion_count"]["value"]
            found.setdefault(Path(report["folder"]).parts[0], []).append((report["provenance"]["naming"], count))
    assert found == {
        name: [(layout.naming, layout.count)] * layout.studies
        for name, layout in LAYOUTS.items()
        if name not in LEFT_OUT
    }
    refused = [report["findings"][0]["code"] for report in reports if report["status"] == "refused"]
    assert set(refused) == {"NO_MASK"}
