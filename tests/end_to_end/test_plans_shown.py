"""Plans of the samples: what report.json holds of them stands in plans.csv and on the page, with pictures."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from tests.end_to_end.conftest import SAMPLES, Run


def test_every_plan_stands_in_the_table_with_its_numbers(sample_run: Run) -> None:
    """One row a plan, remnant and lesions as in the record; a study without plans has one row with the reason."""
    rows = list(csv.DictReader((sample_run.output / "plans.csv").read_text(encoding="utf-8").splitlines()))
    seen = 0
    for report in sample_run.reports.values():
        plans = report["plans"]
        listed = {row["plan_id"]: row for row in rows if row["key"] == report["key"]}
        held = [*plans["options"], *plans["own"], *plans["named"]]
        assert list(listed) == ([plan["id"] for plan in held] or [""])
        for plan in held:
            row, remnant = listed[plan["id"]], plan["measurements"].get("remnant_volume_ml", {"value": None})
            assert row["remnant_volume_ml"] == ("" if remnant["value"] is None else repr(remnant["value"]))
            groups = [row[f"lesions_{name}"] for name in ("resected", "ablated", "irradiated", "untreated")]
            assert sorted(";".join(filter(None, groups)).split(";")) == sorted(
                [lesion["id"] for lesion in plan["lesions"]] or [""]
            )
            seen += 1
    assert seen > 20


def test_every_plan_stands_on_the_page_and_options_have_pictures(sample_run: Run) -> None:
    """Each id once a row; each option and measured own plan has a figure; the record is the same without pictures."""
    drawn = 0
    for report in sample_run.reports.values():
        page = (sample_run.output / report["key"] / "report.html").read_text(encoding="utf-8")
        plans = report["plans"]
        for plan in (*plans["options"], *plans["own"], *plans["named"]):
            assert len(re.findall(rf'class="plan-id"[^>]*>{plan["id"]}<', page)) >= 1
        measured = [plan["id"] for plan in (*plans["options"], *plans["own"]) if plan["reason"] is None]
        figures = re.findall(r'<figure class="plan-figure" id="plan-(\w+)"', page)
        assert figures[: len(measured)] == measured
        drawn += len(figures)
    assert drawn > 10


def test_without_the_page_no_picture_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that writes the record and the tables alone draws no plan."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("drawn")

    monkeypatch.setattr("pipeline.planned.pictures.draw_plan_pictures", refuse)
    study, output = SAMPLES / "studies" / "synthetic_mr", tmp_path / "out"
    result = CliRunner().invoke(app, ["run", str(study), str(output), "--only", "json", "--only", "tables"])
    assert result.exit_code == 0, result.output
    assert "P1" in (output / "plans.csv").read_text(encoding="utf-8")
