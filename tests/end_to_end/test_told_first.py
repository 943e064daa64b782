"""What a reader must be told of a report or a site's thresholds before any verdict: said by every command."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from tests.end_to_end.conftest import SAMPLES, Run


def call(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    return result.exit_code, " ".join(result.stdout.split())


@pytest.fixture
def altered(sample_run: Run, tmp_path: Path) -> tuple[Path, str]:
    """A report in which *eligible* stands over the first verdict that cannot be settled, and its treatment."""
    report = sample_run.output / sample_run.reports["synthetic_ct"]["key"] / "report.json"
    tree = json.loads(report.read_text("utf-8"))
    verdict = next(each for each in tree["assessment"]["verdicts"] if each["outcome"] == "indeterminate")
    verdict["outcome"] = "eligible"
    path = tmp_path / "altered" / "report.json"
    path.parent.mkdir()
    path.write_text(json.dumps(tree), "utf-8")
    return path, verdict["treatment"]


def test_explain_warns_at_the_top(altered: tuple[Path, str], sample_run: Run) -> None:
    """Both verdicts and what it means, before anything else; nothing of the sort for a report as it was written."""
    path, treatment = altered
    for asked in ((path,), (path, treatment)):
        code, out = call("explain", *asked)
        assert code == 0
        said = (
            "the stored verdict (eligible) is not what the report's own values give by the same rules (indeterminate)"
        )
        assert said in out.partition(" profile consensus;")[0]
        assert "the report was altered after the run" in out
    tree = json.loads(CliRunner().invoke(app, ["explain", str(path), "--json"]).stdout)
    assert tree["altered"] == [{"treatment": treatment, "stored": "eligible", "given": "indeterminate"}]
    for record in sample_run.reports.values():
        assert "WARNING" not in call("explain", sample_run.output / record["key"])[1]


def test_a_study_without_a_clinical_record_says_how_many_verdicts_wait(
    sample_run: Run, run: Callable[..., Run]
) -> None:
    """In the line of the run and at the top of explain, with what to fetch first; nothing where there is a record."""
    said = r"[Nn]o clinical record: (\d+) of 26 verdicts wait for it"
    assert re.search(said, run(SAMPLES / "studies" / "synthetic_mr").printed)
    for name, has_record in (("synthetic_mr", False), ("synthetic_ct", True)):
        out = call("explain", sample_run.output / sample_run.reports[name]["key"])[1]
        assert (
            bool(re.search(f"{said}; the first inputs to fetch are ", out.partition(" Surgery ")[0])) is not has_record
        )


def test_what_was_altered_is_not_laid_to_the_question(altered: tuple[Path, str], tmp_path: Path) -> None:
    """*Before* is what the values give, printed and in the table; the table holds the stored verdict beside it."""
    path, treatment = altered
    out = call("assess", path, "--set", "ecog=1")[1]
    assert "the stored verdict (eligible) is not what the report's own values give by the same rules" in out
    assert "eligible -> indeterminate" not in out
    code, out = call("assess", path, "--set", "ecog=1", "--out", tmp_path / "t.csv")
    assert code == 0
    assert "1 report has a verdict that the stored values do not give by the same rules" in out
    rows = pd.read_csv(tmp_path / "t.csv", keep_default_na=False, dtype=str).set_index("treatment")
    row = rows.loc[treatment]
    assert (row["stored"], row["altered"], row["before"], row["after"]) == (
        *("eligible", "true"),
        *("indeterminate", "indeterminate"),
    )
    assert set(rows["altered"].drop(treatment)) == {"false"}
    assert set(rows["catalogue_version"]) == {"1.0"} == set(rows["catalogue_version_before"])


SITE = """\
site: Our liver centre
overrides:
  - {parameter: ablation_max_mm, value: 4, profiles: [consensus], reason: own series}
"""


def test_thresholds_of_a_site_that_the_profile_never_asks_are_said(run: Callable[..., Run], tmp_path: Path) -> None:
    """They are for another profile: the run and every page of explain say it; under theirs the slip is doubted."""
    (tmp_path / "site.yaml").write_text(SITE, "utf-8")
    (tmp_path / "settings.yaml").write_text("site_rules: site.yaml\n", "utf-8")
    config = tmp_path / "settings.yaml"
    done = run(SAMPLES / "studies" / "synthetic_ct", profile="conservative", config=config)
    assert (
        "The site's own thresholds (Our liver centre) are for the profile consensus: "
        "under conservative they change no verdict." in done.printed
    )
    (report,) = done.output.glob("*/report.json")
    assert "none of them decides or enters a verdict under conservative." in call("explain", report)[1]
    out = call("assess", report, "--site", tmp_path / "site.yaml")[1]
    assert "under conservative they change no verdict." in out
    out = call("assess", report, "--site", tmp_path / "site.yaml", "--profile", "consensus")[1]
    doubt = "Our liver centre (own series, doubtful: shipped profiles use 30 to 50)"
    assert f"ablation_max_mm is 4 mm (site: {doubt}): check it for a slip." in out
    done = run(SAMPLES / "studies" / "synthetic_ct", config=config)
    assert f"ablation_max_mm is 4 mm (site: {doubt}): check it for a slip." in done.printed
    (report,) = done.output.glob("*/report.json")
    assert doubt in call("explain", report)[1].partition("catalogue 1.0")[0]
    assert doubt in " ".join(html.unescape(report.with_suffix(".html").read_text("utf-8")).split())


def test_what_was_typed_is_named_as_it_was_typed(sample_run: Run) -> None:
    """A value that is no longer known because of a question names the input with its underscores."""
    report = sample_run.output / sample_run.reports["synthetic_ct"]["key"]
    out = call("assess", report, "--unset", "remnant_volume_ml")[1]
    assert "it follows from remnant_volume_ml, which is changed" in out
    assert "remnant volume ml" not in out
