"""The page of a study: safe, complete, flags first, and in agreement with the record."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from pipeline.report import INTENDED_USE, Report
from pipeline.study import Finding, Severity
from pipeline.writers import verdicts_table
from pipeline.writers.format import find_limits, format_interval, format_value
from pipeline.writers.html_page import write_html
from pipeline.writers.plain_text import show_unsafe
from pipeline.writers.quantities import STUDY_QUANTITIES

from . import records
from .pages import Element, parse

RECORDS = pytest.mark.parametrize("name", records.REPORTS)
ALLOWED_TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "a",
        "header",
        "p",
        "strong",
        "span",
        "div",
        "h1",
        "h2",
        "h3",
        "dl",
        "dt",
        "dd",
        "bdi",
        "main",
        "section",
        "ul",
        "li",
        "table",
        "thead",
        "tbody",
        "caption",
        "tr",
        "th",
        "td",
        "br",
        "details",
        "summary",
        "figure",
        "figcaption",
        "svg",
        "g",
        "path",
        "rect",
        "text",
        "image",
        "use",
        "footer",
    ]
)


def page_of(report: Report) -> Element:
    pictures = tuple(records.picture(lesion.id) for lesion in report.lesions)
    return parse(write_html(report, pictures))


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.hazard("S08")
@RECORDS
def test_a_page_holds_no_script_and_no_outside_address(name: str) -> None:
    """Only the elements of the templates, no handler, no style attribute, no address but fragments and data."""
    root = page_of(records.REPORTS[name]())
    for element in root.walk():
        assert element.tag in ALLOWED_TAGS | {"root"}, element.tag
        assert not any(attribute.startswith("on") or attribute == "style" for attribute in element.attributes)
        for attribute in ("href", "src", "action", "xlink:href"):
            value = element.attributes.get(attribute, "#")
            assert value.startswith(("#", "data:image/png;base64,")), value


@pytest.mark.hazard("S08")
def test_the_policy_allows_one_style_sheet_and_embedded_pictures() -> None:
    """The hash in the policy is that of the style element; nothing else may load or run."""
    root = page_of(records.hostile())
    policy = next(meta for meta in root.all("meta") if meta.attributes.get("http-equiv") == "Content-Security-Policy")
    style = root.all("style")[0]
    source = "".join(child for child in style.children if isinstance(child, str))
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    assert policy.attributes["content"].split("; ") == [
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert not re.search(r"url\(|@import|</", source)


@pytest.mark.hazard("S08")
def test_hostile_text_is_shown_as_text() -> None:
    """Markup and template marks planted in every text field appear as they were typed, and run nowhere."""
    page = write_html(records.hostile(), (records.picture(),))
    assert b"<script" not in page.lower()
    assert b"{{7*7}}" in page
    root = parse(page)
    assert flat(show_unsafe(records.HOSTILE)) in root.all("h1")[0].ancestor("header").text
    assert all(
        flat(show_unsafe(records.HOSTILE)) in row.text for row in root.all("table", class_="lesions")[0].all("tr")[1:]
    )


def test_no_name_turns_the_numbers_after_it_around() -> None:
    """A direction override or a control character in a name is written out, so that digits keep their order."""
    page = write_html(records.hostile(), (records.picture(),)).decode()
    assert "\u202e" not in page
    assert "\\u202e" in page
    assert "\x00" not in write_html(records.hostile("a\x00b\u2067c"), ()).decode()


@pytest.mark.hazard("U06")
@RECORDS
def test_intended_use_and_version_are_on_every_page(name: str) -> None:
    """The page says what it is not before it says anything else."""
    root = page_of(records.REPORTS[name]())
    assert root.all("body")[0].text.index(INTENDED_USE) < root.all("body")[0].text.index("Patient")
    assert "livermetry 0.1.0" in root.all("header")[0].text


@pytest.mark.hazard("U01")
def test_flags_come_before_numbers_and_beside_them() -> None:
    """Warnings open the page, and each flagged number carries the code in its own row or card."""
    root = page_of(records.flagged())
    text = root.all("main")[0].text
    assert text.startswith("Read first: 2 findings")
    assert text.index("FOV_CUT") < text.index("Treatments by published criteria")
    table = root.all("table", class_="lesions")[0]
    first, second = table.all("tr")[1:]
    assert "LESION_THIN" in first.text
    assert "LESION_THIN" not in second.text
    cards = {card.all("h3")[0].text: card.text for card in root.all("div", class_="card")}
    assert "FOV_CUT" in cards["Total liver volume"]
    assert "FOV_CUT" in cards["Remnant of functional liver"]
    assert "FOV_CUT" not in cards["Tumour burden"]
    touched = tuple(text.label for text in STUDY_QUANTITIES if text.name in records.FOV_CUT.touches)
    for row in all_measurement_rows(root):
        named = row.text.startswith(touched)
        assert ("FOV_CUT" in row.text) == named, row.text


def all_measurement_rows(root: Element) -> list[Element]:
    section = next(s for s in root.all("section") if s.attributes["aria-labelledby"] == "all-title")
    return section.all("tr")[1:]


def test_every_link_has_its_target() -> None:
    """A mark leads to its finding, a treatment to its trace, a lesion to its picture."""
    root = page_of(records.flagged())
    ids = [element.attributes["id"] for element in root.walk() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    links = [a.attributes["href"] for a in root.all("a")] + [use.attributes["href"] for use in root.all("use")]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)
    labels = [e.attributes["aria-labelledby"] for e in root.walk() if "aria-labelledby" in e.attributes]
    assert set(labels) <= set(ids)


@pytest.mark.hazard("U02")
@RECORDS
def test_nothing_unknown_is_blank_zero_or_nan(name: str) -> None:
    """An absent value is a sentence; None, nan and a lone dash are nowhere on the page."""
    report = records.REPORTS[name]()
    root = page_of(report)
    text = root.all("body")[0].text
    assert not re.search(r"\b(None|nan|NaN|null)\b", text)
    for cell in (*root.all("td", class_="value"), *root.all("div", class_="card")):
        assert cell.text not in ("", "-", "–", "0")
    if name == "flagged":
        assert "not known: the liver reaches the border of the scan (FOV_CUT)" in root.all("div", class_="card")[2].text
        assert "height and weight are not given in the clinical record (CLIN_ABSENT)" in text


@pytest.mark.hazard("M32")
@pytest.mark.hazard("U03")
def test_every_number_of_the_record_is_on_the_page() -> None:
    """The printed text of each measurement stands in its row, in the words of the one formatting module."""
    report = records.done()
    limits = find_limits(report)
    root = page_of(report)
    for row, name in zip(all_measurement_rows(root), report.measurements, strict=False):
        measurement = report.measurements[name]
        assert flat(format_value(measurement, limits)) in row.text
        assert format_interval(measurement, limits) in row.text
    for row, lesion in zip(root.all("table", class_="lesions")[0].all("tr")[1:], report.lesions, strict=True):
        assert row.text.startswith(lesion.id)
        assert lesion.label in row.text
        for measurement in lesion.measurements.values():
            assert flat(format_value(measurement, limits)) in row.text


@pytest.mark.hazard("U05")
def test_a_printed_number_agrees_with_its_verdict() -> None:
    """29.96 mm is eligible below 30 mm, and nowhere on the page does it read 30.0 mm."""
    root = page_of(records.done())
    text = root.all("main")[0].text
    assert "29.96 mm" in text
    assert "30.0 mm" not in text


@pytest.mark.hazard("U04")
def test_every_lesion_has_a_row_and_a_picture_with_its_place() -> None:
    """Row and picture carry the same id; the picture says side, slice and position."""
    report = records.done()
    root = page_of(report)
    for lesion, figure in zip(report.lesions, root.all("figure", class_="key"), strict=True):
        assert figure.all("h3")[0].text.startswith(lesion.id)
        letters = [text.text for text in figure.all("g", class_="letters")[0].all("text")]
        assert letters == ["R", "L", "A", "P"]
        caption = figure.all("figcaption")[0].text
        assert "slice 35 of 80" in caption
        assert "-120.5 mm" in caption
        assert "would be wrong" in caption


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        ("eligible", "eligible"),
        ("not_eligible", "not eligible"),
        ("indeterminate", "indeterminate"),
        ("conditional", "conditional"),
    ],
)
def test_a_verdict_is_a_word_and_a_symbol(outcome: str, word: str) -> None:
    """Colour is never the only sign of an outcome."""
    table = page_of(records.done()).all("table", class_="verdicts")[0]
    chip = table.all("span", class_=outcome)[0]
    assert chip.text == word
    assert chip.all("svg")[0].attributes["aria-hidden"] == "true"


def test_the_trace_holds_every_criterion_with_its_evidence() -> None:
    """Id, statement, answer, each lesion's value, threshold, source and confidence are there to read."""
    report = records.done()
    root = page_of(report)
    assert report.assessment is not None
    for verdict, details in zip(report.assessment.verdicts, root.all("details"), strict=False):
        for criterion in verdict.criteria:
            row = next(row for row in details.all("tr") if criterion.id in row.text)
            assert criterion.statement in row.text
            assert criterion.explanation in row.text
            assert all(source in row.text for source in criterion.sources)
            assert len(row.all("li")) == len(criterion.evidence)
    text = root.all("main")[0].text
    assert "borderline" in text
    assert "flips at 30 mm" in text
    assert "not stable" in text
    assert "Distance to the vessels: no vessel mask." in text


def test_what_an_answer_does_not_rest_on_is_no_line_and_no_deciding_number() -> None:
    """A comparison beside the decision is counted on the page, and the table names the one that decides."""
    beside = replace(records.diameter_evidence("L1", 77.0, 30.0), beside=True)
    deciding = records.diameter_evidence("L2", 31.5, 30.0)
    size = records.criterion("ABL-01", records.Truth.NOT_MET, (beside, deciding))
    report = records.done()
    assert report.assessment is not None
    first, *others = report.assessment.verdicts
    verdict = replace(first, criteria=(size,), decided_by=("ABL-01",))
    report = report.model_copy(update={"assessment": replace(report.assessment, verdicts=(verdict, *others))})
    row = next(row for row in page_of(report).all("details")[0].all("tr") if "ABL-01" in row.text)
    assert [line.text.split()[0] for line in row.all("li")] == ["L2"]
    assert "as the answer does not rest on them: 1." in row.text
    cells = next(csv.DictReader(io.StringIO(verdicts_table([report]))))
    assert (cells["lesion_id"], float(cells["value"])) == ("L2", 31.5)


@pytest.mark.parametrize("name", ["refused", "failed"])
def test_a_refused_page_has_the_reason_and_no_number(name: str) -> None:
    """One sentence says why; there is no table of numbers, no picture and no verdict."""
    root = page_of(records.REPORTS[name]())
    text = root.all("main")[0].text
    assert text.startswith("This study was refused" if name == "refused" else "This study failed")
    assert (records.REFUSAL.message in text) == (name == "refused")
    assert not root.all("table", class_="lesions")
    assert not root.all("div", class_="card")
    assert not root.all("figure")
    assert not root.all("span", class_="number")


def test_tables_and_pictures_can_be_read_without_sight() -> None:
    """One h1, headings without a gap, scoped headers, every picture with words, the language named."""
    root = page_of(records.flagged())
    assert root.all("html")[0].attributes["lang"] == "en"
    levels = [int(element.tag[1]) for element in root.walk() if re.fullmatch(r"h[1-6]", element.tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(header.attributes.get("scope") in ("col", "row", "rowgroup") for header in root.all("th"))
    for svg in root.all("svg"):
        shown = svg.attributes.get("role") == "img" and svg.all("title")
        nested = svg.parent is not None and svg.parent.tag == "svg"
        assert shown or nested or svg.attributes.get("aria-hidden") == "true"


@pytest.mark.hazard("U01")
@pytest.mark.parametrize(
    ("severity", "word"),
    [(None, "Green"), (Severity.INFO, "Green"), (Severity.WARNING, "Amber"), (Severity.REFUSED, "Red")],
)
def test_the_traffic_light_stands_at_the_top_as_a_word_and_a_shape(severity: Severity | None, word: str) -> None:
    """The light of the gravest finding is read before any number, also without colour; a finding shows its mL."""
    findings = () if severity is None else (Finding("MASK_SHIFTED", severity, "Moved.", (), 41.6),)
    report = Report.model_validate({**records.done().model_dump(exclude={"traffic_light"}), "findings": findings})
    page = write_html(report).decode("utf-8")
    assert page.index(f"{word}:") < page.index('<main id="main">')
    assert '<svg class="lamp"' in page[: page.index('<main id="main">')]
    assert ("42 mL" in page) == bool(findings)
