"""``livermetry explain``: every verdict of every sample, down to the slice, as plain text for a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.cli.explain_command import ExplainRequest, prepare_explained
from pipeline.cli.explain_treatment import describe_treatment
from pipeline.rules import recall_catalogue
from pipeline.writers import read_report
from tests.end_to_end.conftest import ROOT, SAMPLES, Run

RULES = recall_catalogue(ROOT / "configs" / "rules", ROOT / "configs" / "profiles")
WIDEST = 100


def call(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["explain", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def place(run: Run, name: str = "synthetic_ct") -> Path:
    return run.output / run.reports[name]["key"] / "report.json"


@pytest.mark.parametrize("name", ["synthetic_ct", "synthetic_mr", "real_ct_crlm", "real_ct_liver", "lits_like"])
def test_the_list_holds_every_treatment_in_its_family(sample_run: Run, name: str) -> None:
    """Each with its outcome; families in the catalogue's order; the notice, the profile, the version."""
    code, out, err = call(place(sample_run, name))
    report = read_report(place(sample_run, name))
    assert report.assessment is not None
    assert (code, err) == (0, "")
    lines = out.splitlines()
    for verdict in report.assessment.verdicts:
        word = str(verdict.outcome).replace("_", " ")
        assert any(line.startswith(f"  {verdict.title} ") and word in line for line in lines), verdict.title
    families = list(dict.fromkeys(each.family for each in RULES.treatments))
    assert [line for line in lines if line in families] == families
    assert report.intended_use in " ".join(out.split())
    assert f"profile {report.assessment.profile}; catalogue {report.assessment.catalogue_version}" in lines
    assert max(map(len, lines)) <= WIDEST
    assert "\x1b" not in out


@pytest.mark.parametrize("name", ["synthetic_ct", "synthetic_mr", "real_ct_liver"])
def test_every_treatment_can_be_explained(sample_run: Run, name: str) -> None:
    """Outcome, each deciding rule, its sources in full, what would change it; within the width, no colour codes."""
    explained, _ = prepare_explained(ExplainRequest(place(sample_run, name)))
    for verdict in explained.assessment.verdicts:
        out = "\n".join(describe_treatment(explained, verdict.treatment))
        flat = " ".join(out.split())
        assert f"{verdict.title}: {str(verdict.outcome).replace('_', ' ')}" in flat
        deciding = [each for each in verdict.criteria if each.id in verdict.decided_by]
        for criterion in deciding:
            assert f"{criterion.id} {criterion.title}" in flat
        for criterion in deciding[:2]:
            assert all(f"{key}: {RULES.sources[key]}" in flat for key in criterion.sources)
        assert ("What would change it" in out) == bool(verdict.flips)
        assert max(map(len, out.splitlines())) <= WIDEST
        assert "\x1b" not in out


def test_a_value_is_shown_with_interval_masks_and_slice(sample_run: Run) -> None:
    """The slice as the page counts it, from 1, and the image's own identifier."""
    report = read_report(place(sample_run))
    assert report.assessment is not None
    verdict = next(each for each in report.assessment.verdicts if each.treatment == "ablation_rfa")
    first = next(each for each in verdict.criteria if each.id == "ABL-01b")
    largest = report.lesions[0].measurements["longest_diameter_mm"]
    assert "ABL-01b" in verdict.decided_by
    assert first.evidence[0].lesion == "L1"
    assert largest.location is not None
    assert largest.location.slice_index is not None
    _, out, _ = call(place(sample_run), "ablation_rfa")
    flat = " ".join(out.split())
    assert f"slice {largest.location.slice_index + 1}, SOPInstanceUID {largest.location.sop_instance_uid}" in flat
    assert f"masks: {largest.masks[0]}" in flat


def test_uncertain_marks_are_spelled_out(sample_run: Run) -> None:
    """Wherever a rule that was asked carries U, the page says what it means."""
    explained, _ = prepare_explained(ExplainRequest(place(sample_run)))
    unsure = [v for v in explained.assessment.verdicts if any("U" in c.confidence for c in v.criteria)]
    assert unsure
    for verdict in unsure:
        out = "\n".join(describe_treatment(explained, verdict.treatment))
        assert "[U] uncertain, verify before relying on it" in out


def test_json_holds_verdict_sources_and_where_it_was_measured(sample_run: Run) -> None:
    """The same record, with its sources in full."""
    code, out, _ = call(place(sample_run), "resection", "--json")
    tree = json.loads(out)
    assert code == 0
    assert tree["verdict"]["treatment"] == "resection"
    assert tree["profile"] == "consensus"
    assert tree["intended_use"].startswith("Research use")
    cited = {key for criterion in tree["verdict"]["criteria"] for key in criterion["sources"]}
    assert {key: RULES.sources[key] for key in cited} == tree["verdict"]["sources"]
    assert tree["verdict"]["measured"]["lesion_count"]["value"] == 6


def test_all_verdicts_as_json(sample_run: Run) -> None:
    """One entry a treatment."""
    tree = json.loads(call(place(sample_run), "--json")[1])
    assert [each["treatment"] for each in tree["verdicts"]] == [each.id for each in RULES.treatments]


def test_another_profile_is_asked_anew_and_says_so(sample_run: Run) -> None:
    """Not the stored verdicts."""
    _, out, _ = call(place(sample_run), "--profile", "conservative")
    assert "profile conservative; catalogue" in out
    assert "The report was made under consensus" in out


def test_a_treatment_may_be_named_by_its_title(sample_run: Run) -> None:
    """In any case of letters."""
    assert call(place(sample_run), "liver resection")[1] == call(place(sample_run), "resection")[1]


def test_wrong_use_is_said_with_the_nearest_name(sample_run: Run) -> None:
    """Exit code 2, on the standard error."""
    code, out, err = call(place(sample_run), "resecton")
    assert (code, out) == (2, "")
    assert err == "livermetry: no treatment is called resecton; the nearest known name is resection\n"
    code, out, err = call(sample_run.output)
    assert (code, out) == (2, "")
    assert err.startswith(f"livermetry: the folder holds {len(sample_run.reports)} reports; name the one to explain")


def test_a_refused_study_says_why(run: object) -> None:
    """Exit code 1."""
    done = run(SAMPLES / "refused")  # type: ignore[operator]
    report = done.reports["no_mask"]
    code, out, _ = call(done.output / report["key"])
    assert code == 1
    assert out.startswith("no verdicts: NO_MASK: ")
