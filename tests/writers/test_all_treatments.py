"""What the outputs say of many treatments together: families, profiles, what to fetch, classes, uncertain marks."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest

from pipeline.measurement import Inputs
from pipeline.report import Report
from pipeline.rules import assess
from pipeline.rules.side_by_side import compare_profiles
from pipeline.verdict import FetchNext, Kind, Outcome, Parting, Settles, SideBySide, Truth, find_marks
from pipeline.writers import report_text, studies_table, verdicts_table
from pipeline.writers.html_page import write_html
from tests.rules.test_shipped_rules import CATALOGUE, NOTHING, PROFILES

from . import records
from .pages import Element, parse

FETCH = FetchNext(
    "ecog", "ECOG", None, Settles.SOMETIMES, (Outcome.NOT_ELIGIBLE,), "ECOG: not eligible above 2; else open"
)
FAMILIES = ("Surgery", "Local ablation", "Radiation", "Transplantation", "Surgery")
PARTING = Parting(
    *("ABL-01", "lesion.longest_diameter_mm", "longest diameter", "L1", 29.96, 28.5, 31.5, "mm"),
    {"consensus": "at most 30 mm", "conservative": "at most 20 mm [U]"},
    "ABL-01 (Lesion size): longest diameter of L1",
)


def side(treatment: str, title: str, own: Outcome, other: Outcome) -> SideBySide:
    parting = PARTING if own is not other else None
    outcomes = {"conservative": other, "consensus": own}
    grades = dict.fromkeys(outcomes)
    return SideBySide(treatment, title, "", outcomes, grades, {"conservative": True, "consensus": False}, parting)


def full_report() -> Report:
    """Return the report of the tests with families, a fetch-next and two profiles."""
    report = records.done()
    assert report.assessment is not None
    verdicts = tuple(
        replace(one, family=family, fetch_next=(FETCH,) if one.outcome is Outcome.INDETERMINATE else ())
        for one, family in zip(report.assessment.verdicts, FAMILIES, strict=True)
    )
    compared = tuple(
        side(one.treatment, one.title, one.outcome, Outcome.NOT_ELIGIBLE if place < 2 else one.outcome)
        for place, one in enumerate(verdicts)
    )
    changed = replace(report.assessment, verdicts=verdicts, side_by_side=compared)
    return report.model_copy(update={"assessment": changed})


def report_of(profile: str, inputs: Inputs = NOTHING) -> Report:
    """Return a report with every rule of the shipped catalogue."""
    given = assess(CATALOGUE, profile, inputs)
    compared = compare_profiles(CATALOGUE, lambda _: inputs, PROFILES, {profile: given.verdicts})
    return records.done().model_copy(update={"assessment": replace(given, side_by_side=compared)})


def page_of(report: Report) -> Element:
    return parse(write_html(report))


def rows_of(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table)))


def test_treatments_stand_under_their_families() -> None:
    """Each family is a heading once, its treatments below it, what does not apply in one line with the reason."""
    table = page_of(full_report()).all("table", class_="verdicts")[0]
    assert [row.text for row in table.all("tr", class_="family")] == list(dict.fromkeys(FAMILIES))
    surgery = table.all("tbody")[0]
    assert "Resection" in surgery.text
    assert surgery.all("tr", class_="idle")[0].text.startswith("Does not apply: Percutaneous hepatic perfusion")
    assert not surgery.all("tr", class_="idle")[0].all("span", class_="chip")


def test_every_treatment_is_in_the_summary_or_does_not_apply() -> None:
    """At a glance: each treatment under its outcome, and the input to fetch first."""
    root = page_of(full_report())
    glance = root.all("dl", class_="summary")[0].text
    assert all(title in glance for title in ("Resection", "Microwave ablation", "Stereotactic", "Transplantation"))
    assert "ECOG (first for 1 open verdict)" in glance


def test_an_open_verdict_says_what_to_fetch_next() -> None:
    """The input most likely to settle it, with what its values would do."""
    table = page_of(full_report()).all("table", class_="verdicts")[0]
    assert table.all("p", class_="fetch")[0].text.startswith("Fetch next: ECOG: not eligible above 2; else open")


def test_profiles_stand_side_by_side_the_parting_ones_first() -> None:
    """The report's own profile is the first column; each cell has outcome and threshold, the last the number."""
    table = page_of(full_report()).all("table", class_="profiles")[0]
    heads = [th.text for th in table.all("thead")[0].all("th")]
    assert heads[1:3] == ["consensus (this report)", "conservative"]
    parted = table.all("tr", class_="parted")
    assert [row.all("th")[0].text for row in parted] == ["Resection", "Microwave ablation"]
    cells = [cell.text for cell in parted[1].all("td")]
    assert cells[0].startswith("eligible")
    assert "not stable at most 30 mm" in cells[0]
    assert "not eligible" in cells[1]
    assert "at most 20 mm [U]" in cells[1]
    assert cells[2] == "ABL-01 longest diameter of L1 29.96 mm (28.5 to 31.5)"
    agreed = " ".join(row.text for row in table.all("tr", class_="agreed"))
    assert all(title in agreed for title in ("Stereotactic", "Transplantation", "Percutaneous"))


def test_a_sites_thresholds_are_announced() -> None:
    """A verdict by a site's own thresholds says so above the verdicts."""
    report = full_report()
    assert report.assessment is not None
    first = report.assessment.verdicts[0]
    own = tuple(replace(one, threshold_from="site: Our clinic (own results)") for one in first.criteria)
    changed = replace(report.assessment, verdicts=(replace(first, criteria=own), *report.assessment.verdicts[1:]))
    page = page_of(report.model_copy(update={"assessment": changed}))
    assert page.all("p", class_="site")[0].text == "Site thresholds: Our clinic (own results)"


def test_a_note_that_asks_nothing_looks_like_no_verdict() -> None:
    """It is a line of context with its source, without a symbol."""
    report = full_report()
    assert report.assessment is not None
    note = records.criterion("OUT-01", Truth.MET, kind=Kind.NOTE, statement="Five of ten are alive after five years.")
    page = page_of(report.model_copy(update={"assessment": replace(report.assessment, indices=(note,))}))
    listed = page.all("ul", class_="context")[0]
    assert "Five of ten are alive after five years." in listed.text
    assert not listed.all("span", class_="chip")


@pytest.mark.parametrize("profile", PROFILES)
def test_no_uncertain_mark_is_lost(profile: str) -> None:
    """Every rule that the catalogue marks U carries the mark on the page, in report.json and in both tables."""
    report = report_of(profile)
    assert report.assessment is not None
    asked = {*report.assessment.indices, *(one for verdict in report.assessment.verdicts for one in verdict.criteria)}
    uncertain = {one.id for one in asked if "U" in one.marks}
    by_catalogue = {rule.id for rule in CATALOGUE.rules if "U" in re.split(r"\W+", rule.confidence)}
    assert by_catalogue & {one.id for one in asked} <= uncertain
    assert len(uncertain) > 10
    assert _marked_on(page_of(report), "U") == uncertain
    stored = json.loads(report_text(report))["assessment"]["criteria"]
    assert {id_ for id_, one in stored.items() if "U" in one["marks"]} == uncertain
    assert set(rows_of(studies_table([report]))[0]["uncertain_criteria"].split(";")) == uncertain
    listed = {id_ for row in rows_of(verdicts_table([report])) for id_ in row["uncertain_criteria"].split(";") if id_}
    assert listed == {one.id for v in report.assessment.verdicts for one in v.criteria if "U" in one.marks}


def _marked_on(page: Element, mark: str) -> set[str]:
    """Return the criteria in the full trace that carry a mark wherever they stand."""
    traces = [one for details in page.all("details") for one in (*details.all("th", scope="row"), *details.all("li"))]
    found: dict[str, set[bool]] = {}
    for place in traces:
        codes = place.all("span", class_="code")
        if codes:
            marks = {span.text for span in place.all("span", class_="doubt")}
            found.setdefault(codes[0].text, set()).add(mark in marks)
    assert all(len(answers) == 1 for answers in found.values())
    return {id_ for id_, answers in found.items() if answers == {True}}


def test_the_page_states_every_verdict_of_the_catalogue() -> None:
    """Each of the treatments stands with its outcome in its family, and each is in the table of profiles."""
    report = report_of("consensus")
    assert report.assessment is not None
    page = page_of(report)
    table, profiles = page.all("table", class_="verdicts")[0].text, page.all("table", class_="profiles")[0].text
    assert len(report.assessment.verdicts) == len(CATALOGUE.treatments)
    for treatment in CATALOGUE.treatments:
        assert treatment.title in table
        assert treatment.title in profiles
        assert treatment.family in table


def test_the_table_of_verdicts_has_a_row_for_each_treatment_and_profile() -> None:
    """The run's profile says what decides, another one on what the profiles part."""
    rows = rows_of(verdicts_table([full_report(), records.refused()]))
    assert len(rows) == 5 * 2
    own = next(row for row in rows if row["treatment"] == "resection" and row["of_the_run"] == "true")
    assert (own["decided_by"], own["deciding_input"], own["threshold"], own["fetch_next"]) == (
        "PAT-01",
        "ecog",
        "≤ 2",
        "ecog",
    )
    assert own["missing"].split(";")[0] == "ecog"
    assert int(own["missing_count"]) == len(own["missing"].split(";"))
    assert {row["catalogue_version"] for row in rows} == {"1.0"}
    other = next(row for row in rows if row["treatment"] == "ablation_mwa" and row["profile"] == "conservative")
    assert (other["outcome"], other["value"], other["low"], other["high"]) == ("not_eligible", "29.96", "28.5", "31.5")
    assert (other["lesion_id"], other["unit"], other["threshold"]) == ("L1", "mm", "at most 20 mm [U]")
    agreed = next(row for row in rows if row["treatment"] == "sbrt" and row["profile"] == "conservative")
    assert agreed["deciding_criterion"] == ""


def test_classes_and_scores_are_columns() -> None:
    """A class that applies stands in its column with what is still open; one that does not is empty."""
    row = rows_of(studies_table([report_of("consensus")]))[0]
    assert row["class_sco_fong"] == "low or high (0-5)"
    assert row["class_liv_01"] == "cirrhotic or injured or healthy"
    assert rows_of(studies_table([records.done()]))[0]["class_sco_tbs"] == ""


def test_a_criterion_that_many_treatments_ask_stands_once(tmp_path: object) -> None:
    """report.json holds each criterion's answer under its id; treatments refer to it with its effect."""
    assessment = json.loads(report_text(report_of("consensus")))["assessment"]
    asked = [one for verdict in assessment["verdicts"] for one in verdict["criteria"]]
    assert len(asked) > 1.5 * len({one["criterion"] for one in asked})
    assert {one["criterion"] for one in (*asked, *assessment["indices"])} == set(assessment["criteria"])
    assert all(set(one) == {"criterion", "kind"} for one in asked)


def test_two_answers_of_one_id_are_both_kept() -> None:
    """A record made by hand, in which the same rule answers twice, reads back equal."""
    report = full_report()
    assert report.assessment is not None
    first, *rest = report.assessment.verdicts
    other = replace(first.criteria[0], explanation="Another answer.")
    changed = replace(report.assessment, verdicts=(replace(first, criteria=(*first.criteria, other)), *rest))
    report = report.model_copy(update={"assessment": changed})
    assert Report.model_validate_json(report_text(report)) == report


@pytest.mark.parametrize(
    ("confidence", "marks"),
    [("V", ()), ("V- / U", ("U",)), ("V; threshold U", ("U",)), ("E / U", ("U", "E")), ("K; threshold E", ("E",))],
)
def test_the_marks_of_a_confidence(confidence: str, marks: tuple[str, ...]) -> None:
    """U and E of the rule or of its threshold, whatever else is said."""
    assert find_marks(confidence) == marks
