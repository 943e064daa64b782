"""What README and docs tell a reader to type does what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipeline.readers import load_clinical_fields, load_naming, load_namings, read_clinical
from tests.end_to_end.conftest import ROOT, SAMPLES, Run

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def read_page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (page.name, text) for page in PAGES for kind, text in BLOCK.findall(page.read_text("utf-8")) if kind == language
    ]


def commands() -> list[str]:
    lines = [line.strip() for _, text in blocks("console") for line in text.splitlines()]
    return sorted({line.split("#")[0].strip() for line in lines if "livermetry " in line})


def make_targets() -> set[str]:
    lines = [line for _, text in blocks("console") for line in text.splitlines()]
    return {line.split()[1] for line in lines if line.startswith("make ")}


@pytest.mark.parametrize("command", commands())
def test_every_command_of_the_docs_runs(command: str, tmp_path: Path, sample_run: Run) -> None:
    """Folders of the reader's own are stood in for by a sample; the exit code is the one the page gives."""
    clinical = tmp_path / "clinical.csv"
    clinical.write_text("study,ecog\nlits_like,1\n")
    stand_ins = {"STUDY_FOLDER": SAMPLES / "studies" / "synthetic_mr", "OUTPUT_FOLDER": tmp_path / "out"}
    stand_ins |= {"COHORT": SAMPLES / "studies", "INCOMING": SAMPLES / "studies" / "real_ct_liver"}
    stand_ins |= {"OUT": tmp_path / "out", "out/refused": tmp_path / "out", "clinical.csv": clinical}
    stand_ins |= {"record.yaml": tmp_path / "record.yaml"}
    stand_ins |= {"summary.json": tmp_path / "summary.json", "site.yaml": SAMPLES.parent / "configs" / "default.yaml"}
    reports = {name: sample_run.output / report["key"] for name, report in sample_run.reports.items()}
    stand_ins |= {"REPORT": reports["synthetic_ct"], "REPORTS": sample_run.output, "PAGES": tmp_path / "pages"}
    own_rules = ROOT / "configs" / "rules" / "ablation.yaml"
    stand_ins |= {"changes.csv": tmp_path / "changes.csv", "own_rules.yaml": own_rules}
    typed = command.replace(".venv/bin/", "").replace("; echo $?", "")
    text = " ".join(str(stand_ins.get(word, word)) for word in typed.split())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        text, shell=True, cwd=ROOT, env={**os.environ, "PATH": path}, check=False, capture_output=True
    )
    expected = 1 if "sample_data/refused" in command else 0
    assert done.returncode == expected, done.stderr.decode()


def test_the_python_of_the_readme_reads_the_tables_of_a_run(sample_run: Run) -> None:
    """The notebook lines work on the tables of the sample run."""
    (text,) = (text for page, text in blocks("python") if page == "README.md")
    names: dict[str, object] = {}
    exec(text.replace('"OUT/', f'"{sample_run.output}/'), names)
    assert isinstance(names["studies"], pd.DataFrame)
    assert len(names["studies"]) == len(sample_run.reports)


def written(tmp_path: Path, text: str, name: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_page_on_the_clinical_record_lists_every_field() -> None:
    """Name by name as in configs/clinical.yaml, in its order."""
    fields = load_clinical_fields(ROOT / "configs" / "clinical.yaml").fields
    page = (ROOT / "docs" / "clinical_fields.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(fields)


def test_the_records_of_the_page_can_be_read(tmp_path: Path) -> None:
    """Its CSV and its YAML hold records without a refused value."""
    fields = load_clinical_fields(ROOT / "configs" / "clinical.yaml")
    found = [
        read_clinical(written(tmp_path, text, f"record.{kind}"), fields)
        for kind in ("csv", "yaml")
        for page, text in blocks(kind)
        if page == "clinical.md"
    ]
    assert [len(file.records) for file in found] == [2, 1]
    facts = [fact for file in found for entry in file.records for fact in entry.facts.values()]
    assert all(fact.value is not None for fact in facts)


def test_the_plans_of_the_page_on_the_record_are_those_that_the_sample_can_follow(
    tmp_path: Path, run: Callable[..., Run]
) -> None:
    """The example beside the record of the synthetic CT: A and B are measured, C waits for a structure of its name."""
    (example,) = (
        text for text in re.findall(r"```yaml\n(.*?)```", read_page("clinical.md"), re.DOTALL) if "C, " in text
    )
    study = tmp_path / "synthetic_ct"
    shutil.copytree(SAMPLES / "studies" / "synthetic_ct", study)
    record = study / "clinical.yaml"
    record.write_text(record.read_text("utf-8") + textwrap.dedent(f"  {example}"), encoding="utf-8")
    plans = run(study).reports["synthetic_ct"]["plans"]
    named = {plan["title"]: plan for plan in plans["own"]}
    assert [named[name]["reason"] for name in "AB"] == [None, None]
    assert named["B"]["segments_removed"] == ["4", "5"]
    assert named["C"]["reason"].startswith("PLAN_MASK: ")
    assert plans["adopted"]["id"] == plans["own"][0]["id"] != named["A"]["id"]


def test_the_example_of_the_page_on_plans_is_that_of_the_sample(sample_run: Run) -> None:
    """Every number of its table is the one of the report, and each row adds up to the liver."""
    report = sample_run.reports["synthetic_ct"]
    plans = {plan["title"]: plan for plan in (*report["plans"]["options"], *report["plans"]["named"])}
    page = read_page("plans.md")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("|")]
    rows = [row for row in rows if row[0] in plans]
    names = ["specimen_volume_ml", "ablated_volume_ml", "remnant_volume_ml", "remnant_lesion_volume_ml"]
    names += ["remnant_percent", "standardized_remnant_percent", "planned_margin_mm"]
    assert len(rows) == 3
    for title, *cells, procedures in rows:
        measured = [plans[title]["measurements"][name]["value"] for name in names]
        written = [float(cell.split()[0]) for cell in cells]
        assert written == [round(value, 1 if place > 3 else 0) for place, value in enumerate(measured)]
        assert int(procedures) == plans[title]["procedures"]
        assert sum(measured[:4]) == pytest.approx(report["measurements"]["total_liver_volume_ml"]["value"])
    growth = plans["right trisectionectomy"]["growth"]
    flat = " ".join(page.split())
    assert f"{growth['deficit_points'][0]:.1f} points are missing" in flat
    assert f"{growth['weeks'][0]:.1f} weeks of growth" in flat
    assert plans["right trisectionectomy"]["verdict"]["failed"] == ["VOL-02"]


def test_the_python_of_the_page_on_plans_finds_the_plan_that_keeps_most(sample_run: Run) -> None:
    """Of each study, by brute force over the reports."""
    (text,) = (text for page, text in blocks("python") if page == "plans.md")
    names: dict[str, object] = {}
    exec(text.replace('"OUT/', f'"{sample_run.output}/'), names)
    most = names["most"]
    assert isinstance(most, pd.DataFrame)
    found = dict(zip(most["key"], most["remnant_volume_ml"], strict=True))
    expected = {}
    for report in sample_run.reports.values():
        record = report["plans"] or {"options": (), "own": (), "named": ()}
        plans = [plan for kind in ("options", "own", "named") for plan in record[kind] if plan["reason"] is None]
        left = [plan for plan in plans if plan["lesions"] and not is_partial(plan)]
        kept = [plan["measurements"]["remnant_volume_ml"]["value"] for plan in left]
        expected |= {report["key"]: max(value for value in kept if value is not None)} if kept else {}
    assert found == pytest.approx(expected)


def is_partial(plan: dict) -> bool:
    """Tell whether a plan leaves a lesion untreated."""
    return any(lesion["handling"] == "untreated" for lesion in plan["lesions"])


def test_the_role_files_of_the_page_can_be_read(tmp_path: Path) -> None:
    """Each example is a role file as it stands."""
    texts = [text for page, text in blocks("yaml") if page == "roles.md"]
    shipped = load_namings(ROOT / "configs" / "roles")
    names = [load_naming(written(tmp_path, text, f"mine{n}.yaml"), shipped).name for n, text in enumerate(texts)]
    assert names == ["our_labels", "our_names", "our_slices"]


def test_every_make_target_of_the_docs_exists() -> None:
    """A target that a page names is in the Makefile."""
    targets = set(re.findall(r"^([a-z_-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert make_targets() <= targets
    assert {"run", "test", "lint", "bench"} <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    """Relative links and pictures exist."""
    missing = [link for link in LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert missing == []
