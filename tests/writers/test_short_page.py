"""The page says what matters once: short alarms, a short trace on paper, no words about what is not there."""

from __future__ import annotations

import re

from pipeline.report import Report
from pipeline.writers.html_page import write_html
from pipeline.writers.quantities import STUDY_QUANTITIES

from . import records
from .pages import Element, parse


def page_of(report: Report) -> Element:
    return parse(write_html(report, tuple(records.picture(lesion.id) for lesion in report.lesions)))


def test_read_first_is_short() -> None:
    """Findings of a code are one entry with at most three quantities and the number of the others; marks lead there."""
    names = [text.name for text in STUDY_QUANTITIES[:9]]
    cut = records.Finding("FOV_CUT", records.Severity.WARNING, "The liver is cut.", tuple(names))
    thin = [
        records.Finding("LESION_THIN", records.Severity.WARNING, f"L{n} lies on one slice.", ("volume_ml",))
        for n in (1, 2)
    ]
    report = records.done()
    root = page_of(report.model_copy(update={"findings": (thin[0], cut, thin[1], *report.findings)}))
    box = root.all("section", class_="alarms")[0]
    assert box.text.startswith("Read first: 2 findings")
    first, second = box.all("li")
    assert "L1 lies on one slice. L2 lies on one slice." in first.text
    assert "(2 times)" in first.text
    labels = [text.label for text in STUDY_QUANTITIES[:9]]
    assert f"Touches: {', '.join(labels[:3])} and 6 more ." in second.text
    ids = {element.attributes.get("id") for element in box.walk()}
    assert {"finding-1", "finding-2", "finding-3"} <= ids
    assert ", ".join(labels) in root.all("table")[-1].text


def test_a_cut_liver_is_said_beside_the_lesion_count() -> None:
    """Where the scan ends in the liver, the count says that what lies outside is not in it."""
    sentence = "Lesions outside the scan are not counted."
    assert sentence in page_of(records.flagged()).all("div", class_="card")[0].text
    assert sentence not in page_of(records.done()).text


def test_a_count_has_no_interval_that_is_the_count() -> None:
    """A count of 2 from 2 to 2 is printed as 2."""
    report = records.done()
    count = records.replace(report.measurements["lesion_count"], low=2.0, high=2.0)
    root = page_of(report.model_copy(update={"measurements": report.measurements | {"lesion_count": count}}))
    card = root.all("div", class_="card")[0].text
    assert card == "Lesions in the liver 2 Distribution: bilobar"
    assert "2 to 2" not in root.text


def test_a_refused_page_names_what_else_was_found() -> None:
    """Codes of the other findings stand under the headline; empty lines of the provenance are left out."""
    unknown = records.Finding("LABEL_UNKNOWN", records.Severity.WARNING, "Label 7 has no name that is known.", ())
    report = records.refused()
    made = report.provenance.model_copy(update={"sources": (), "libraries": {}, "naming": "", "naming_sha256": ""})
    report = report.model_copy(update={"findings": (*report.findings, unknown), "provenance": made})
    root = page_of(report)
    box = root.all("section", class_="refusal")[0].text
    assert box.index("GEOM_GAP") < box.index("LABEL_UNKNOWN warning Label 7 has no name that is known.")
    assert box.count("GEOM_GAP") == 1
    assert "Nothing was measured, so no source file is listed." in root.text
    assert "0 source files" not in root.text
    terms = {dt.text for dt in root.all("section")[-1].all("dt")}
    assert terms == {"livermetry", "Profile", "Rules", "Settings", "Study"}


def test_paper_has_the_short_trace_and_says_where_the_full_one_is() -> None:
    """The full trace is for the screen, the short one for paper; both style rules hide what is not theirs."""
    root = page_of(records.done())
    brief = root.all("table", class_="brief")[0]
    assert "print" in brief.ancestor("div").attributes["class"].split()
    assert "The full trace" in brief.ancestor("div").text
    assert "report.json" in brief.ancestor("div").text
    assert all("screen" in details.ancestor("div").attributes["class"] for details in root.all("details")[:-1])
    assert "PAT-01" in brief.text
    style = "".join(child for child in root.all("style")[0].children if isinstance(child, str))
    paper = style[style.index("@media print") :]
    assert ".screen { display: none; }" in paper
    assert re.search(r"@media screen \{\s*\.print \{ display: none; \}", style)


def test_a_settled_verdict_misses_nothing() -> None:
    """Neither the table nor the trace lists inputs that a verdict does not wait for."""
    report = records.done()
    assert report.assessment is not None
    missing = (records.Missing("ecog", "ECOG", "NOT_GIVEN: not in the clinical record"),)
    settled = records.replace(report.assessment.verdicts[3], missing=missing)
    waiting = records.replace(report.assessment.verdicts[0], missing=missing)
    for verdict, lead in ((settled, False), (waiting, True)):
        changed = report.model_copy(update={"assessment": records.replace(report.assessment, verdicts=(verdict,))})
        root = page_of(changed)
        assert ("The clinical record can give: ECOG." in root.all("details")[0].text) == lead


def test_the_legend_names_what_is_in_the_picture() -> None:
    """A picture without a remnant and without another lesion does not speak of them."""
    legend = page_of(records.done()).all("span", class_="legend")[0]
    assert [span.attributes["class"] for span in legend.all("span")[1:]] == ["key-lesion", "key-liver", "key-caliper"]


def test_a_label_reads_alike_wherever_it_stands() -> None:
    """A segment that has only a number is the role with its number, in every table and above the pictures."""
    report = records.done()
    label = "label 2 (lesion) (2)"
    first = report.lesions[0].model_copy(update={"label": label})
    total = records.replace(report.measurements["total_lesion_volume_ml"], masks=(label,))
    values = report.measurements | {total.name: total}
    root = page_of(report.model_copy(update={"lesions": (first,), "measurements": values}))
    assert label not in root.text
    assert root.text.count("lesion (label 2)") == 3
