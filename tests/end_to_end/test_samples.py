"""The sample studies, from files to reports: what `make run` shows."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from pipeline.writers import report_schema
from tests.end_to_end.conftest import SAMPLES, Run

WITH_TRUTH = ["synthetic_ct", "lits_like", "synthetic_mr"]
REFUSALS = {"missing_slice": "GEOM_GAP", "mask_elsewhere": "GRID_OTHER", "no_mask": "NO_MASK"}


def truth_of(study: str) -> dict:
    return json.loads((SAMPLES / "studies" / study / "truth.json").read_text(encoding="utf-8"))


def test_the_samples_end_with_exit_code_0_and_a_report_each(sample_run: Run) -> None:
    """Five studies, five reports in two formats, two tables and their dictionary."""
    assert sample_run.code == 0
    assert sorted(sample_run.reports) == sorted(path.name for path in (SAMPLES / "studies").iterdir())
    assert len(list(sample_run.output.glob("*/report.html"))) == len(sample_run.reports)
    assert {path.name for path in sample_run.output.glob("*.csv")} >= {"studies.csv", "lesions.csv"}


@pytest.mark.parametrize("study", WITH_TRUTH)
def test_the_interval_of_every_study_quantity_holds_the_closed_form(sample_run: Run, study: str) -> None:
    """What the formulas of the shapes give lies inside the interval of what was measured."""
    measurements = sample_run.reports[study]["measurements"]
    for name, true in truth_of(study)["study"].items():
        found = measurements[name]
        assert found["value"] is not None, f"{name}: {found['reason']}"
        low = found["value"] if found["low"] is None else found["low"]
        high = found["value"] if found["high"] is None else found["high"]
        assert low - 1e-6 <= true <= high + 1e-6 or found["value"] == pytest.approx(true, rel=1e-6), name


@pytest.mark.parametrize("study", WITH_TRUTH)
def test_the_interval_of_every_lesion_quantity_holds_the_closed_form(sample_run: Run, study: str) -> None:
    """Lesions are numbered by decreasing volume, as the truth lists them."""
    lesions = [lesion for lesion in sample_run.reports[study]["lesions"] if lesion["status"] == "intrahepatic"]
    truths = sorted(truth_of(study)["lesions"], key=lambda lesion: -lesion["volume_ml"])
    assert [lesion["id"] for lesion in lesions] == [f"L{n}" for n in range(1, len(truths) + 1)]
    names = ("volume_ml", "longest_diameter_mm", "short_diameter_mm", "max_3d_diameter_mm", "equivalent_diameter_mm")
    for lesion, truth in zip(lesions, truths, strict=True):
        for name in names:
            found = lesion["measurements"][name]
            assert found["low"] <= truth[name] <= found["high"], f"{lesion['id']} {name}"


def test_the_published_volume_of_a_part_of_a_liver_is_given_and_its_total_is_not(sample_run: Run) -> None:
    """dcmqi's liver has 70.362 mL in three slices: measured as it lies there, never called a total liver volume."""
    report = sample_run.reports["real_ct_liver"]
    (liver,) = (structure for structure in report["structures"] if structure["role"] == "liver")
    assert liver["volume_ml"]["value"] == pytest.approx(70.362, abs=5e-4)
    assert liver["complete"] is False
    total = report["measurements"]["total_liver_volume_ml"]
    assert total["value"] is None
    assert total["reason"].startswith("FOV_CUT")


@pytest.mark.hazard("M23")
def test_without_lesion_mask_no_treatment_is_eligible(sample_run: Run) -> None:
    """A study whose lesions are not known has no count and no eligible verdict."""
    report = sample_run.reports["real_ct_liver"]
    assert report["measurements"]["lesion_count"]["value"] is None
    outcomes = {verdict["outcome"] for verdict in report["assessment"]["verdicts"]}
    assert not outcomes & {"eligible", "conditional", "not_applicable"}


def test_records_validate_against_the_published_schema(sample_run: Run) -> None:
    """What `livermetry schema` prints describes every record."""
    schema = json.loads(report_schema())
    for record in sample_run.reports.values():
        jsonschema.validate(record, schema)


def test_the_tables_hold_the_numbers_of_the_records(sample_run: Run) -> None:
    """One row a study and one row a lesion, unrounded."""
    studies = pd.read_csv(sample_run.output / "studies.csv").set_index("key")
    lesions = pd.read_csv(sample_run.output / "lesions.csv")
    assert len(studies) == len(sample_run.reports)
    assert len(lesions) == sum(len(record["lesions"]) for record in sample_run.reports.values())
    for record in sample_run.reports.values():
        value = record["measurements"]["total_liver_volume_ml"]["value"]
        cell = studies.loc[record["key"], "total_liver_volume_ml"]
        assert (pd.isna(cell) and value is None) or cell == value


@pytest.mark.parametrize(("study", "code"), REFUSALS.items())
def test_a_study_that_cannot_be_measured_is_refused_with_its_reason(run, study: str, code: str) -> None:
    """One clear sentence, exit code 1, and no number anywhere."""
    result = run(SAMPLES / "refused" / study)
    assert result.code == 1
    (report,) = result.reports.values()
    assert report["status"] == "refused"
    assert report["findings"][0]["code"] == code
    assert report["findings"][0]["severity"] == "refused"
    assert (report["measurements"], report["lesions"], report["structures"]) == ({}, [], [])
    assert code in result.printed
    (folder,) = (path for path in result.output.iterdir() if path.is_dir())
    assert code in (folder / "report.html").read_text(encoding="utf-8")
    table = pd.read_csv(result.output / "studies.csv")
    assert list(table["refusal_code"]) == [code]
    assert table.filter(regex="_(ml|mm|percent)$").isna().all(axis=None)


def test_refused_studies_do_not_stop_the_others(run, tmp_path: Path) -> None:
    """Good and bad studies in one run: the bad ones are refused, the good one is measured as by itself."""
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for source in (*(SAMPLES / "refused" / name for name in REFUSALS), SAMPLES / "studies" / "lits_like"):
        (mixed / source.name).symlink_to(source)
    result = run(copy_tree(mixed, tmp_path / "copied"))
    assert result.code == 1
    assert {name: report["status"] for name, report in result.reports.items()} == {
        **dict.fromkeys(REFUSALS, "refused"),
        "lits_like": "done",
    }


def copy_tree(source: Path, target: Path) -> Path:
    import shutil

    return Path(shutil.copytree(source, target))
