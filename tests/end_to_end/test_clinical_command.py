"""``livermetry clinical``, and what a run says of records that it did not use."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.cli.preparation import RunRequest
from pipeline.cli.run_command import run_command
from pipeline.readers import load_clinical_fields, read_clinical
from tests.end_to_end.conftest import ROOT, SAMPLES

FIELDS = load_clinical_fields(ROOT / "configs" / "clinical.yaml")
CT = SAMPLES / "studies" / "synthetic_ct"


def call(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["clinical", *map(str, arguments)])
    return result.exit_code, result.output


@pytest.mark.parametrize("kind", ["yaml", "csv", "json"])
def test_the_template_names_every_field_and_reads_back_as_nothing_known(tmp_path: Path, kind: str) -> None:
    """No value, no finding; each field with its unit and what needs it."""
    path = tmp_path / f"record.{kind}"
    assert call("template", path) == (0, "")
    text = path.read_text("utf-8")
    missing = [name for name in (*FIELDS.fields, "patient_id", "study_date", "date") if name not in text]
    assert missing == []
    assert "0.1 to 60 mg/dL" in text
    assert "needed by IRE-04, PAT-02" in text
    found = read_clinical(path, FIELDS)
    assert found.findings == ()
    assert all(not (entry.facts or entry.findings or entry.identity) for entry in found.records)


@pytest.mark.parametrize("kind", ["yaml", "csv", "json"])
def test_a_template_that_is_filled_in_is_read(tmp_path: Path, kind: str) -> None:
    """With one value where the template has its place."""
    path = tmp_path / f"record.{kind}"
    text = CliRunner().invoke(app, ["clinical", "template", "--format", kind]).stdout
    if kind == "yaml":
        text = text.replace("\npatient_id:\n", "\npatient_id: P-1\n").replace("\necog:\n", "\necog: 1\n")
    elif kind == "json":
        text = text.replace('"patient_id": null', '"patient_id": "P-1"').replace('"ecog": null', '"ecog": 1')
    else:
        names = text.splitlines()[-1].split(",")
        text += ",".join({"patient_id": "P-1", "ecog": "1"}.get(name, "") for name in names) + "\n"
    path.write_text(text, encoding="utf-8")
    (entry,) = read_clinical(path, FIELDS).records
    assert entry.identity == {"patient_id": "P-1"}
    assert {name: fact.value for name, fact in entry.facts.items()} == {"ecog": 1}


def test_a_printed_template_says_how_to_write_a_file() -> None:
    """Beside the output, which stays the template alone."""
    result = CliRunner().invoke(app, ["clinical", "template"])
    assert "livermetry clinical template record.yaml" in result.stderr
    assert "livermetry clinical template" not in result.stdout


def test_a_template_writes_nothing_over(tmp_path: Path) -> None:
    """A record that was filled in stays."""
    path = tmp_path / "record.yaml"
    path.write_text("ecog: 1\n")
    assert call("template", path)[0] == 2
    assert path.read_text() == "ecog: 1\n"
    assert call("template", tmp_path / "record.xlsx")[0] == 2
    assert call("template", tmp_path / "nowhere" / "record.yaml")[0] == 2


def test_the_page_of_the_fields_is_the_one_the_command_writes() -> None:
    """`livermetry clinical fields > docs/clinical_fields.md` after a change of the fields or the rules."""
    assert call("fields") == (0, (ROOT / "docs" / "clinical_fields.md").read_text("utf-8"))
    rows = list(csv.DictReader(io.StringIO(call("fields", "--csv")[1])))
    assert [row["field"] for row in rows] == list(FIELDS.fields)
    assert {row["unit"] for row in rows if row["field"] == "albumin_g_l"} == {"g/L"}
    assert all(row["what it is"] for row in rows)


def test_check_says_what_would_not_be_used(tmp_path: Path) -> None:
    """By record, with the code; 0 when all would be, 2 when the file cannot be read."""
    path = tmp_path / "clinical.csv"
    path.write_text("patient_id,albumin_g_l\nP-1,39\n")
    assert call("check", path) == (0, "1 record, 0 findings\n")
    path.write_text("patient_id,albumin_g_l\nP-1,3.9\n,40\n")
    code, text = call("check", path)
    assert code == 1
    assert "line 2: CLIN_RANGE: albumin_g_l is not used: 3.9 g/L is not plausible" in text
    assert "line 3: CLIN_PATIENT" in text
    assert "P-1" not in text
    path.write_text("a,b\n1,2\n")
    assert call("check", path)[0] == 2


@pytest.mark.hazard("M33")
def test_a_run_counts_the_records_of_no_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By line and without identity, on the screen and in the summary; and the study's own record is not forgotten."""
    path = tmp_path / "clinical.csv"
    path.write_text("patient_id,ecog\nLMS-XX-77,1\nLMS-CT-01,0\nLMS-XX-88,1\n")
    request = RunRequest(CT, tmp_path / "out", clinical=path)
    run_command(request)
    printed = capsys.readouterr().out
    assert "Clinical records of no study of this run: 2 (lines 2, 4)" in printed
    assert "LMS" not in printed
    run_command(RunRequest(CT, tmp_path / "out2", clinical=path, as_json=True))
    assert json.loads(capsys.readouterr().out)["clinical_unused"] == [2, 4]
    (report,) = (tmp_path / "out").glob("*/report.json")
    findings = json.loads(report.read_text("utf-8"))["findings"]
    replaced = next(each for each in findings if each["code"] == "CLIN_REPLACED")
    assert "ecog" in replaced["message"]
    assert replaced["severity"] == "warning"


def test_a_check_of_studies_calls_a_line_a_line(tmp_path: Path) -> None:
    """As the check of the file and the run do; a record of a list is counted."""
    path = tmp_path / "clinical.csv"
    path.write_text("patient_id,ecog\nLMS-XX-77,1\nLMS-CT-01,0\n")
    given = CliRunner().invoke(app, ["check", str(CT), "--clinical", str(path)])
    assert "clinical: line 3 of the file of the run" in given.stdout
    assert "clinical: record 1 of the study's folder" in CliRunner().invoke(app, ["check", str(CT)]).stdout


def test_help_imports_no_heavy_library() -> None:
    """The sub-commands load what they need when they run."""
    script = (
        "import sys, pipeline.cli.app; print([m for m in ('numpy', 'pydicom', 'pydantic', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, cwd=ROOT)
    assert done.stdout.decode().strip() == "[]"
