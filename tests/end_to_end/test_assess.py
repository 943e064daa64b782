"""``livermetry assess``: the verdicts of stored reports asked anew, one report or many, as a user types it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.lesion import LesionStatus
from pipeline.reassessment import many
from pipeline.reassessment.answering import Question, find_inputs
from pipeline.reassessment.asking import REMEASURED
from pipeline.reassessment.inputs import inputs_of
from pipeline.reassessment.stored import read_stored
from pipeline.rules import assess, recall_catalogue
from pipeline.writers import read_report
from tests.end_to_end.conftest import ROOT, SAMPLES, Run

CONFIGS = ROOT / "configs"
PLANNED = "synthetic_ct"
"""The sample with a remnant and a clinical record."""


def call(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["assess", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def place(run: Run, name: str = PLANNED) -> Path:
    return run.output / run.reports[name]["key"]


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype={"key": str}, keep_default_na=False)


@pytest.fixture
def spoilt(sample_run: Run, tmp_path: Path) -> Path:
    """Copies of one good report, each spoilt in its own way, and the good one."""
    good = (place(sample_run) / "report.json").read_text("utf-8")
    tree = json.loads(good)
    doubt = {
        "code": "CLIN_PATIENT",
        "severity": "refused",
        "message": "Another patient's.",
        "touches": [],
        "at_stake_ml": None,
    }
    spoilt = {
        "a_good": good,
        "b_cut": good[: len(good) // 2],
        "c_old": json.dumps({**tree, "schema_version": "0.9"}),
        "d_withheld": json.dumps({**tree, "findings": [*tree["findings"], doubt]}),
        "e_other": json.dumps({"about": "something else"}),
        "f_profile": json.dumps({**tree, "assessment": {**tree["assessment"], "profile": "of another house"}}),
    }
    for name, text in spoilt.items():
        (tmp_path / "run" / name).mkdir(parents=True)
        (tmp_path / "run" / name / "report.json").write_text(text, "utf-8")
    return tmp_path / "run"


@pytest.mark.parametrize("name", ["synthetic_ct", "synthetic_mr", "real_ct_crlm", "real_ct_liver", "lits_like"])
def test_without_a_change_every_verdict_is_the_stored_one(sample_run: Run, name: str) -> None:
    """Outcome, grade, reason, flips, every criterion: all of it, from the stored numbers alone."""
    path = place(sample_run, name) / "report.json"
    stored, report = read_stored(path), read_report(path)
    rules = recall_catalogue(CONFIGS / "rules", CONFIGS / "profiles")
    inputs = find_inputs(stored, Question(rules, rules))
    assert report.assessment is not None
    assert assess(rules, report.assessment.profile, inputs).verdicts == report.assessment.verdicts


def test_lesions_are_known_exactly_where_they_were_for_the_run(sample_run: Run) -> None:
    """A liver that the scan cuts may hold more; a study without a lesion mask has none that is known."""
    known = {name: inputs_of(read_stored(place(sample_run, name) / "report.json")) for name in sample_run.reports}
    assert {name for name, inputs in known.items() if not inputs.lesions_known} == {"real_ct_crlm", "real_ct_liver"}
    for name, inputs in known.items():
        listed = [each for each in sample_run.reports[name]["lesions"] if each["status"] == LesionStatus.INTRAHEPATIC]
        assert list(inputs.lesions) == [each["id"] for each in listed]


def test_one_report_shows_every_treatment_before_and_after(sample_run: Run) -> None:
    """A remnant of 12 % is below every published floor: resection is not eligible by VOL-02."""
    code, out, _ = call(place(sample_run), "--set", "remnant_percent=12")
    report = read_report(place(sample_run) / "report.json")
    assert code == 0
    assert "supposed: remnant_percent = 12 %" in out
    assert re.search(r"\* Liver resection +\w[\w ]* -> not eligible by VOL-02", out)
    assert report.assessment is not None
    assert all(verdict.title in out for verdict in report.assessment.verdicts)
    assert "Research use" in out
    assert "\x1b" not in out


def test_values_in_another_unit_are_those_of_the_record(sample_run: Run) -> None:
    """4 mg/dL of bilirubin are 68.41 umol/L: the same verdicts, and what is supposed is said in the rules' unit."""
    _, first, _ = call(place(sample_run), "--set", "bilirubin_total_mg_dl=4", "--changed")
    _, second, _ = call(place(sample_run), "--set", "bilirubin_total_umol_l=68.4144", "--changed")
    assert "supposed: bilirubin_total_mg_dl = 4 mg/dL" in first
    assert [line for line in first.splitlines() if line.startswith("*")] == [
        line for line in second.splitlines() if line.startswith("*")
    ]


def test_setting_every_value_to_what_it_is_changes_nothing(sample_run: Run) -> None:
    """Every number and word of the clinical record, and what was measured of liver and lesions, all at once."""
    report = read_report(place(sample_run) / "report.json")
    stated = [fact for fact in report.facts.values() if fact.source == "clinical record"]
    typed = [f"{fact.name}={fact.value!r}" for fact in stated if isinstance(fact.value, float)]
    typed += [
        f"{fact.name}={fact.value}" for fact in stated if isinstance(fact.value, str) and fact.name != "birth_date"
    ]
    typed = [each for each in typed if each.partition("=")[0] not in REMEASURED]
    names = ("remnant_percent", "remnant_volume_ml", "total_liver_volume_ml", "lesion_count", "largest_diameter_mm")
    typed += [f"{name}={report.measurements[name].value!r}" for name in names]
    typed += [f"L1.volume_ml={report.lesions[0].measurements['volume_ml'].value!r}"]
    assert len(typed) > 20
    code, out, err = call(place(sample_run), *(word for each in typed for word in ("--set", each)))
    assert (code, err) == (0, "")
    assert "follows:" not in out
    assert re.search(r"^0 of \d+ verdicts become another one\.$", out, re.MULTILINE)


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_asked(sample_run: Run) -> None:
    """Exit code 2."""
    code, out, err = call(
        sample_run.output, "--set", "ecog=7", "--profile", "seeed", "--treatment", "resecton", "--out", "table.xls"
    )
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "livermetry: --out: the file's name ends in .csv or .json",
        "livermetry: --profile: no profile is called seeed; there are conservative, consensus, expansive, seed"
        if "conservative, consensus" in err
        else "livermetry: --profile: no profile is called seeed; there are consensus, conservative, expansive, seed",
        "livermetry: --set ecog=7: CLIN_RANGE: 7 is not plausible (expected 0 to 4)",
        "livermetry: --treatment: no treatment is called resecton; the nearest known name is resection",
    ]


def test_a_folder_gives_one_row_for_each_study_and_treatment(sample_run: Run, tmp_path: Path) -> None:
    """In the order of the reports and of the catalogue; without a change nothing changes."""
    code, out, _ = call(sample_run.output, "--out", tmp_path / "all.csv")
    rows = table(tmp_path / "all.csv")
    treatments = [each.id for each in recall_catalogue(CONFIGS / "rules", CONFIGS / "profiles").treatments]
    keys = sorted(report["key"] for report in sample_run.reports.values())
    assert code == 0
    assert list(zip(rows["key"], rows["treatment"], strict=True)) == [(k, t) for k in keys for t in treatments]
    assert set(rows["changed"]) == {"false"} or set(rows["changed"]) == {False}
    assert f"{len(keys)} reports: {len(keys)} asked anew, 0 with another verdict." in out


def test_who_becomes_what_is_counted(sample_run: Run, tmp_path: Path) -> None:
    """The summary counts reports by treatment and step, as the table has them."""
    _, out, _ = call(
        sample_run.output, "--set", "remnant_percent=12", "--treatment", "resection", "--out", tmp_path / "t.csv"
    )
    rows = table(tmp_path / "t.csv")
    changed = rows[rows["before"] != rows["after"]]
    assert len(changed)
    assert set(changed["after"]) == {"not_eligible"}
    assert all("VOL-02" in decided.split(";") for decided in changed["decided_by"])
    counted = re.findall(r"^ *(\d+) +[\w ]+ -> not eligible +Liver resection$", out, re.MULTILINE)
    assert sum(map(int, counted)) == len(changed)


def test_reports_that_cannot_be_asked_are_rows_with_a_reason(spoilt: Path, tmp_path: Path) -> None:
    """Damaged, old, withheld, no report, an unknown profile: none is dropped, the good one is asked, exit code 1."""
    code, out, _ = call(spoilt, "--set", "ecog=2", "--out", tmp_path / "t.csv")
    rows = table(tmp_path / "t.csv").drop_duplicates("report").set_index("report")["problem"]
    codes = {Path(name).parent.name: problem.partition(":")[0] for name, problem in rows.items()}
    assert code == 1
    assert codes == {
        "a_good": "",
        "b_cut": "REPORT_DAMAGED",
        "c_old": "REPORT_SCHEMA",
        "d_withheld": "CLIN_PATIENT",
        "e_other": "REPORT_DAMAGED",
        "f_profile": "PROFILE_UNKNOWN",
    }
    assert "6 reports: 1 asked anew" in out
    assert "2 REPORT_DAMAGED" in out


def test_verdicts_that_are_withheld_stay_withheld(spoilt: Path) -> None:
    """Whatever is supposed."""
    code, out, _ = call(spoilt / "d_withheld", "--set", "ecog=0")
    assert code == 1
    assert "no verdicts: CLIN_PATIENT: Another patient's." in out
    assert "->" not in out


def test_refused_studies_are_rows_with_their_reason(run: object, tmp_path: Path) -> None:
    """The reason is that of the report."""
    done = run(SAMPLES / "refused")  # type: ignore[operator]
    code, out, _ = call(done.output)
    assert code == 1
    for report in done.reports.values():
        assert f"no verdicts: {report['findings'][0]['code']}: " in out


def test_json_holds_the_rows_and_the_summary(sample_run: Run, tmp_path: Path) -> None:
    """A line a report, and what was counted at the end."""
    call(sample_run.output, "--set", "remnant_percent=12", "--out", tmp_path / "t.json")
    tree = json.loads((tmp_path / "t.json").read_text("utf-8"))
    assert tree["supposed"] == ["remnant_percent = 12 %"]
    assert len(tree["reports"]) == tree["summary"]["reports"] == len(sample_run.reports)
    steps = {(each["treatment"], each["after"]): each["reports"] for each in tree["summary"]["steps"]}
    assert steps["resection", "not_eligible"] >= 1


def test_many_reports_in_workers_give_the_same_file(
    sample_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process and two write the same bytes, with more chunks than there are workers."""
    monkeypatch.setattr(many, "FEW", 1)
    monkeypatch.setattr(many, "CHUNK", 2)
    for number in range(9):
        source = list(sample_run.reports)[number % len(sample_run.reports)]
        target = tmp_path / "many" / f"{number % 4}" / f"{number:04}"
        target.mkdir(parents=True)
        shutil.copyfile(place(sample_run, source) / "report.json", target / "report.json")
    texts = []
    for jobs in (1, 2):
        call(tmp_path / "many", "--set", "ecog=2", "-j", jobs, "--changed", "--out", tmp_path / f"{jobs}.csv")
        texts.append((tmp_path / f"{jobs}.csv").read_bytes())
    assert texts[0] == texts[1]
    assert texts[0].count(b"\n") > 1


def test_a_threshold_changes_the_profile_for_this_question(sample_run: Run) -> None:
    """No lesion of the sample is below 1 mm: ablation is not eligible by ABL-01."""
    code, out, _ = call(place(sample_run), "--set", "ablation_max_mm=1", "--treatment", "ablation_mwa")
    assert code == 0
    assert "supposed: ablation_max_mm = 1 mm (threshold)" in out
    assert "not eligible by ABL-01" in out


def test_a_site_file_is_named(sample_run: Run, tmp_path: Path) -> None:
    """Its thresholds hold, and the site is named above the table."""
    site = tmp_path / "site.yaml"
    site.write_text(
        "site: Our centre\noverrides:\n  - {parameter: ablation_max_mm, value: 1, reason: a test}\n", "utf-8"
    )
    _, out, _ = call(place(sample_run), "--site", site, "--treatment", "ablation_mwa")
    assert "profile consensus, site Our centre;" in out
    assert "not eligible by ABL-01" in out


def test_another_profile_is_shown_beside_the_reports_own(sample_run: Run) -> None:
    """Under seed the thresholds of the five documents hold."""
    _, out, _ = call(place(sample_run), "--profile", "seed")
    assert "profile consensus -> seed;" in out


def test_rules_other_than_the_reports_are_said(sample_run: Run, tmp_path: Path) -> None:
    """Another digest: a question that changes something asks *before* by the rules that are here."""
    tree = json.loads((place(sample_run) / "report.json").read_text("utf-8"))
    tree["provenance"]["rules_sha256"] = "0" * 64
    for verdict in tree["assessment"]["verdicts"]:
        verdict["outcome"] = "eligible"
    (tmp_path / "report.json").write_text(json.dumps(tree), "utf-8")
    _, plain, _ = call(tmp_path / "report.json")
    _, asked, _ = call(tmp_path / "report.json", "--unset", "charlson", "--changed")
    assert "given by other rules" in " ".join(plain.split())
    assert "eligible -> " in plain
    assert "are asked of the rules that are here" in " ".join(asked.split())
    assert "Liver resection" not in asked


def test_no_report_is_written_over(sample_run: Run) -> None:
    """--out on one of the reports is refused before anything is read."""
    path = place(sample_run) / "report.json"
    before = path.read_bytes()
    code, _, err = call(sample_run.output, "--out", path)
    assert code == 2
    assert "--out is one of the reports; nothing was written over" in err
    assert path.read_bytes() == before


@pytest.mark.parametrize("given", ["nowhere", "empty"])
def test_a_folder_without_reports_is_said(tmp_path: Path, given: str) -> None:
    """Wrong use: exit code 2."""
    (tmp_path / "empty").mkdir()
    code, _, err = call(tmp_path / given)
    assert code == 2
    assert err.startswith("livermetry: th")
