"""Plans on the page: every plan with every lesion and every number of the record, options and never advice."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from pipeline.measurement import Measurement, absent
from pipeline.outcome import Outcome
from pipeline.picture import Outline, PlanPicture, PlanSlice, PlanView, Surface
from pipeline.plan import Handling, Requirement
from pipeline.plan_comparison import Comparison
from pipeline.plan_record import PlanRecord, PlansRecord, PlanVerdict
from pipeline.report import Report
from pipeline.writers.format import find_limits, format_interval, format_value
from pipeline.writers.html_page import write_html
from pipeline.writers.plan_notes import list_notes
from pipeline.writers.plan_rules import find_titles, list_groups
from pipeline.writers.plan_words import HANDLING_WORDS, IN_COLUMNS, add_targets, join_ids
from pipeline.writers.plans_table import list_plans

from . import plan_examples, records
from .pages import Element, parse
from .plan_examples import lesions

RECORD = plan_examples.plans()
PLANS = pytest.mark.parametrize("plan", list_plans(RECORD), ids=lambda plan: plan.id)


def section_of(report: Report, pictures: tuple[PlanPicture, ...] = ()) -> Element:
    """Return the part of the page that is about plans."""
    sections = parse(write_html(report, pictures)).all("section")
    (found,) = [one for one in sections if one.all("h2", id="plans-title")]
    return found


def text_of(plan: PlanRecord, section: Element) -> str:
    """Return all that the tables say of one plan."""
    starts = [one for one in section.all("th", scope="row") if one.text.split()[0] == plan.id]
    (start,) = starts
    row = start.ancestor("tr")
    rows = start.ancestor("tbody").all("tr") if start.ancestor("table").all("tr", class_="more") else [row]
    return " ".join(one.text for one in rows)


def spell_out(text: str) -> set[str]:
    """Return the lesions that a text names, spans spelt out."""
    found: set[str] = set()
    for first, last in re.findall(r"L(\d+)(?:–L(\d+))?", text):
        found |= {f"L{number}" for number in range(int(first), int(last or first) + 1)}
    return found


@PLANS
def test_no_lesion_goes_unsaid(plan: PlanRecord) -> None:
    """Every lesion stands under what the plan does with it, with how many there are."""
    section = section_of(plan_examples.report())
    text = text_of(plan, section)
    if plan.origin == "named" and plan.reason is None:
        (start,) = [one for one in section.all("th", scope="row") if one.text.split()[0] == plan.id]
        clears, leaves = (one.text for one in start.ancestor("tr").all("td")[:2])
        resected = {one.id for one in plan.lesions if one.handling is Handling.RESECTED}
        assert (spell_out(clears), spell_out(leaves)) == (resected, {one.id for one in plan.lesions} - resected)
        return
    for handling in Handling:
        ids = {one.id for one in plan.lesions if one.handling is handling}
        found = re.search(rf"{len(ids)} {HANDLING_WORDS[handling]} ((?:L\d+(?:–L\d+)? ?)+)", text)
        assert bool(found) == bool(ids)
        assert found is None or spell_out(found[1]) == ids


@PLANS
def test_every_number_is_the_records(plan: PlanRecord) -> None:
    """Value and interval of every column as they are formatted elsewhere; no number where none is known."""
    report = plan_examples.report()
    text = text_of(plan, section_of(report))
    limits = add_targets(report, find_limits(report))
    shown = IN_COLUMNS[:4] if plan.origin == "named" else IN_COLUMNS
    for one in (plan.measurements[name] for name in shown if name in plan.measurements):
        if one.value is not None:
            assert format_value(one, limits).replace("\xa0", " ") in text
            assert format_interval(one, limits) in text
    assert plan.reason is None or plan.reason.partition(": ")[2] in text
    if plan.verdict is not None:
        assert str(plan.verdict.outcome).replace("_", " ") in text
        assert all(rule in text for rule in plan.verdict.failed)


def test_unknown_numbers_have_a_reason_below() -> None:
    """A reason that several plans share is said once, with their ids; others, notes and cautions with the plan."""
    section = section_of(plan_examples.report())
    (fold,) = [one for one in section.all("details") if "Notes on these plans" in one.text]
    row, notes = text_of(RECORD.options[2], section), {one.text.split(":")[0]: one.text for one in fold.all("li")}
    assert "4 not known not eligible" in row
    why = (
        "Inflow of the remnant, Outflow of the remnant: not known: the hepatic vessels are drawn as one, not told apart"
    )
    assert notes["P3"] == f"P3: {why} (VESSEL_TREE)"
    assert notes["All plans"].startswith(
        "All plans: Inflow of the remnant: not known: portal inflow is kept for 901 mL"
    )
    assert notes["P1"] == "P1: Optimistic: nothing is removed beyond the margins."
    assert notes["P4"] == "P4: L1: whether SBRT is possible could not be asked"


def test_one_reason_with_other_numbers_is_one_note() -> None:
    """What differs stands behind it by plan; numbers that are equal stay in the sentence; codes of rules are words."""
    texts = ("kept for 348 of 618 mL; see CMB-01", "kept for 348 of 624 mL; see CMB-01")
    turned = [replace(one, cautions=(text,), lesions=()) for one, text in zip(RECORD.options, texts, strict=False)]
    record = replace(RECORD, options=tuple(turned), own=(), named=(), limits=())
    notes = {note.text: note for note in list_notes(record)}
    assert notes["kept for 348 of \u2026 mL; see CMB-01"].each == ("P1: 618 mL", "P2: 624 mL")
    assert notes["kept for 348 of \u2026 mL; see CMB-01"].plans == "All plans"


def test_notes_on_lesions_are_grouped_by_what_is_said() -> None:
    """A note on other lesions of another plan is the same note; two of one plan stand side by side."""
    first, second = (
        replace(one, cautions=(), lesions=lesions("rrrrrrr", {}, notes))
        for one, notes in zip(
            RECORD.options,
            ({"L1": "4 % of it lies in the specimen", "L2": "82 % of it lies in the specimen"}, {"L3": "is near"}),
            strict=False,
        )
    )
    third = replace(RECORD.options[2], cautions=(), lesions=lesions("rrrrrrr", {}, {"L1": "is near", "L2": "is near"}))
    notes = {one.text: one for one in list_notes(replace(RECORD, options=(first, second, third), own=()))}
    assert notes["Of the lesions in brackets: \u2026 % of it lies in the specimen"].each == ("P1: L1: 4 %, L2: 82 %",)
    assert notes["Of the lesions in brackets: is near"].each == ("P2: L3", "P3: L1 L2")


def test_folded_lists_stand_open_on_paper() -> None:
    """Each fold is for the screen, and its notes and plans stand on paper too."""
    section = section_of(plan_examples.report())
    assert {one.attributes["class"] for one in section.all("details")} == {"screen"}
    paper = " ".join(one.text for one in section.walk() if "print" in one.attributes.get("class", "").split())
    for text in (one.text for fold in section.all("details") for one in fold.all("li")):
        assert text in paper
    assert "N3 segmentectomy 8 1400 mL" in paper


def test_verdicts_and_six_numbers_come_before_plans() -> None:
    """The first screen is as it is without plans."""
    titles = [one.attributes["id"] for one in parse(write_html(plan_examples.report())).all("h2")]
    places = [titles.index(one) for one in ("verdicts-title", "numbers-title", "plans-title", "each-title")]
    assert places == sorted(places)


def test_rules_beside_a_verdict_are_explained_once() -> None:
    """Ids of what fails or is open, at most three of the patient's, and below the table their titles."""
    report = plan_examples.report()
    assert report.assessment is not None
    titles = find_titles(report)
    said = PlanVerdict("resection", "Resection", Outcome.INDETERMINATE, True, "", (), (), (), ("A", "B", "C", "D"))
    assert list_groups(said) == [("open for the patient", ("A", "B", "C"), 1)]
    assert list_groups(replace(said, unknown=("RES-04",))) == [("open on the plan", ("RES-04",), 0)]
    section = section_of(report)
    (legend,) = [one.text for one in section.all("p", class_="hint") if one.text.startswith("Rules beside")]
    assert f"PAT-01 {titles['PAT-01']}" in legend
    assert {one.attributes["title"] for one in section.all("abbr") if one.text == "PAT-01"} == {titles["PAT-01"]}
    assert "open for the patient PAT-01" in text_of(RECORD.options[0], section)


def test_what_is_known_of_no_plan_is_said_once() -> None:
    """Without body size no row speaks of the standardised remnant; why it is not known stands below the table."""
    name = "standardized_remnant_percent"
    none = absent(name, "%", "CLIN_MISSING", "height is not in the clinical record")
    without = [replace(one, measurements={**one.measurements, name: none}) for one in RECORD.options]
    section = section_of(plan_examples.report(replace(RECORD, options=tuple(without), own=(), named=())))
    assert "sFLR not known" not in section.text
    assert "All plans: Standardised remnant (sFLR): not known: height is not in the clinical record" in section.text


def test_options_are_never_advice() -> None:
    """The notice stands first; no word of the section recommends a plan."""
    section = section_of(plan_examples.report())
    assert section.all("h2")[0].text == "Plans: options for the board to consider"
    assert plan_examples.NOTICE in section.text
    assert not re.search(r"recommend|\bbest\b|optimal|should", section.text, re.IGNORECASE)


def test_the_margin_of_ablation_stands_beside_the_ablated_lesions() -> None:
    """It is no resection margin; where the record does not say it of each ablated lesion it is not printed."""
    first = RECORD.options[1]
    assert "2 ablated L5 L6 with 5 mm" in text_of(first, section_of(plan_examples.report()))
    unsaid = replace(first, lesions=tuple(replace(one, margin_mm=None) for one in first.lesions))
    text = text_of(unsaid, section_of(plan_examples.report(replace(RECORD, options=(unsaid,)))))
    assert "with" not in text.partition("Gives up")[0].replace("within", "")


def test_the_adopted_plan_is_marked_and_said() -> None:
    """The line says which plan the other numbers rest on; that row, and no other, carries the mark."""
    section = section_of(plan_examples.report())
    (line,) = section.all("p", class_="adopted")
    assert "U1 plan of Tuesday (given by the user): The clinical record gives it." in line.text
    marked = [
        one for one in section.all("span", class_="decides") if one.ancestor("section") and one.parent is not line
    ]
    assert [one.ancestor("tr").text.split()[0] for one in marked] == ["U1"]


def test_named_resections_that_clear_nothing_are_folded() -> None:
    """Those that clear a lesion stand open, most first; the others are one line to unfold."""
    section = section_of(plan_examples.report())
    first, fold, notes = section.all("details")
    assert first.text.startswith("Notes on these plans")
    assert notes.text.startswith("Notes on named resections")
    assert [one.text.split()[0] for one in fold.all("th", scope="row")] == ["N3", "N4"]
    assert "4a and 4b cannot be told apart" in fold.text


def test_growth_and_stages_are_told_with_their_plan() -> None:
    """What has to grow, and what is left after each stage."""
    text = text_of(RECORD.options[2], section_of(plan_examples.report()))
    assert plan_examples.GROW.statement in text
    assert "Stage 1: wedges of L5 and L6 clear segments 2 and 3 (L5 L6) ; then 1502 mL" in text
    assert "Stage 2: right trisectionectomy (L1–L4 L7) ; then 255 mL" in text


def test_major_resections_in_stages_are_shown_in_full_and_own_plans_beside_the_options() -> None:
    """A named plan with stages stands among the full ones, once; what an option has more of, with the own plan."""
    staged = replace(RECORD.named[0], id="N99", stages=plan_examples.STAGES)
    beside = Comparison("P1", True, "P1 keeps 120 mL more, and is worse in nothing.", 120.0, 0, 0, 0.0)
    own = replace(RECORD.own[0], compared=(beside,))
    record = replace(RECORD, named=(*RECORD.named, staged), own=(own, *RECORD.own[1:]))
    section = section_of(plan_examples.report(record))
    assert "If done in two stages, first: wedges of L5 and L6" in text_of(staged, section)
    assert "Then: right trisectionectomy" in text_of(staged, section)
    assert f"Beside the options: {beside.statement}" in text_of(own, section)


def test_lesions_that_stay_are_said_beside_every_verdict() -> None:
    """In options, own and named rows, and only there; so is remnant that loses its inflow in named rows."""
    held = RECORD.named[0]
    lost = Measurement("remnant_without_inflow_ml", 345.0, "mL", 300.0, 400.0)
    losing = replace(held, measurements={**held.measurements, lost.name: lost})
    section = section_of(plan_examples.report(replace(RECORD, named=(losing, *RECORD.named[1:]))))
    marks = [(each.ancestor("tr").text.split()[0], each.text) for each in section.all("strong", class_="leaves")]
    said = {plan: text for plan, text in marks if "untreated" in text}
    assert "leaves L5 L6 untreated" in said["N1"]
    assert "leaves L1\N{EN DASH}L4 L7 untreated" in said["N2"]
    assert set(said) == {"N1", "N2", "N3"}
    assert "loses inflow of 345 mL" in text_of(losing, section).replace("\xa0", " ")


def test_an_option_is_as_good_only_where_percentages_meet_as_well() -> None:
    """Remnants that overlap in mL but not in percent of the liver are told apart."""
    first, second = RECORD.options[:2]
    wide = {**second.measurements, "remnant_volume_ml": Measurement("remnant_volume_ml", 1091.0, "mL", 900.0, 1600.0)}
    apart = replace(second, measurements=wide)
    assert "may be as good" not in section_of(plan_examples.report(replace(RECORD, options=(first, apart)))).text
    same = replace(second, measurements=first.measurements)
    assert "P2 may be as good" in section_of(plan_examples.report(replace(RECORD, options=(first, same)))).text


def test_of_many_options_beside_an_own_plan_four_stand_open() -> None:
    """Those that beat it first; the others are folded, and on paper."""
    beside = [Comparison(f"P{n}", n > 5, f"statement {n}.", 1.0 if n > 4 else -1.0, 0, 0, 0.0) for n in range(1, 7)]
    own = replace(RECORD.own[0], compared=tuple(beside))
    section = section_of(plan_examples.report(replace(RECORD, own=(own,))))
    shown = [each.text for each in section.all("ul", class_="beside")[0].all("li") if "class" not in each.attributes]
    assert shown == ["statement 6.", "statement 5.", "statement 1.", "statement 2."]


def test_a_run_without_plans_says_that_none_was_asked_for() -> None:
    """It is no failure to make one."""
    record = PlansRecord(plan_examples.NOTICE, reason="PLANS_OFF: the settings of the run leave plans out")
    text = section_of(plan_examples.report(record)).text
    assert "No plan was asked for: the settings of the run leave plans out." in text
    assert "can be made" not in text


def test_no_rounding_crosses_what_a_plan_asks_for() -> None:
    """A remnant just below the target of growth is not printed as the target."""
    first = RECORD.options[2]
    near = Measurement("standardized_remnant_percent", 19.9999, "%", 19.5, 20.5)
    turned = replace(first, measurements={**first.measurements, near.name: near})
    report = plan_examples.report(replace(RECORD, options=(turned,)))
    assert "19.9999 %" in text_of(turned, section_of(report)).replace("\xa0", " ")


@pytest.mark.parametrize("text", [records.HOSTILE, "<b>bold</b>", "a & b"])
def test_names_are_text_and_nothing_else(text: str) -> None:
    """Markup in a plan's name is shown, not run; direction marks are written out."""
    page = write_html(plan_examples.hostile(text)).decode()
    assert text not in page or "<" not in text
    assert "<script" not in page
    assert "\u202e" not in page


def test_without_plans_the_page_says_why() -> None:
    """One sentence, and no empty table; a record without plans of any kind has no section."""
    section = section_of(plan_examples.report(plan_examples.without_plans()))
    assert "No plan can be made: no mask draws the liver (LIVER_ABSENT)" in section.text
    assert not section.all("table")
    assert b"plans-title" not in write_html(records.done())


def test_an_empty_list_of_plans_reads_well() -> None:
    """Limits and what the rules ask are said though no plan is listed; the search that was not exact says its bound."""
    empty = PlansRecord(plan_examples.NOTICE, limits=("No segment is drawn.",))
    assert "No segment is drawn." in section_of(plan_examples.report(empty)).text
    asked = Requirement(640.5, 320.25, 160.0)
    loose = replace(RECORD, exact=False, bound="At most 2 plans are missed.", requirement=asked)
    text = section_of(plan_examples.report(loose)).text.replace("\xa0", " ")
    assert "The search was not exact: At most 2 plans are missed." in text
    assert "640 mL or more is enough" in text


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([], ""),
        (["L1"], "L1"),
        (["L1", "L2"], "L1 L2"),
        (["L1", "L2", "L3"], "L1–L3"),
        (["L9", "L10", "L11", "L13"], "L9–L11 L13"),
        (["L3", "L2", "L1"], "L3 L2 L1"),
        (["L1", "E2", "L3"], "L1 E2 L3"),
    ],
)
def test_ids_are_joined(ids: list[str], text: str) -> None:
    """Three or more in a row are a span; nothing else is shortened."""
    assert join_ids(ids) == text


def picture(plan_id: str = "P1") -> PlanPicture:
    """Return a picture with a specimen on its left, a hidden zone, and a lesion."""
    surface = np.zeros((40, 60), dtype=np.uint8)
    surface[5:35, 5:55] = Surface.REMNANT
    surface[5:35, 5:25] = Surface.SPECIMEN
    behind, hidden = np.zeros(surface.shape, dtype=bool), np.zeros(surface.shape, dtype=bool)
    hidden[15:25, 35:50] = True
    lesion = np.zeros(surface.shape, dtype=np.int16)
    lesion[18:23, 40:46] = 1
    shade = np.where(surface, 200, 0).astype(np.uint8)
    view = PlanView(surface, behind, hidden, lesion, shade, 0.8, ("L1",), ("R", "L", "H", "F"))
    ring = np.array([[5.0, 5.0], [5.0, 20.0], [20.0, 20.0], [20.0, 5.0], [5.0, 5.0]])
    cut = PlanSlice(
        *(np.full((30, 50), 100, dtype=np.uint8), (1.0, 0.5), (Outline("specimen", (ring,)),)),
        *(("R", "L", "A", "P"), 4, 9, "W 150 L 90 HU"),
    )
    return PlanPicture(plan_id, view, cut)


def test_pictures_stand_with_their_plan_and_name_their_sides() -> None:
    """The plan's id in the table leads to its picture; R is left, L right, H on top; the legend names what is seen."""
    section = section_of(plan_examples.report(), (picture("P1"), picture("U1")))
    assert [one.attributes["id"] for one in section.all("figure")] == ["plan-P1", "plan-U1"]
    assert {one.attributes["href"] for one in section.all("a", class_="plan-id")} == {"#plan-P1", "#plan-U1"}
    front, cut = section.all("figure")[0].all("svg")
    places = {one.text[:1]: float(one.attributes["x"]) for one in front.all("text") if one.text[0] in "RLH"}
    assert places["R"] < 5
    assert places["L"] > 40
    assert [one.text for one in cut.all("text")][:3] == ["R", "L", "A"]
    assert "slice 5 / 9" in cut.text
    (legend,) = [one.text for one in section.all("p", class_="hint") if "Left: the liver" in one.text]
    assert "diagonals" in legend
    assert "dots" in legend
    assert "Dashed orange" not in legend


def test_a_picture_without_a_slice_says_so() -> None:
    """The view from the front stands alone, with a sentence in place of the slice."""
    section = section_of(plan_examples.report(), (replace(picture(), slice=None),))
    assert len(section.all("figure")[0].all("svg")) == 1
    assert "its pixels cannot be read" in section.all("figure")[0].text
    assert "Right: the slice" not in section.text


def test_pictures_bring_nothing_that_runs_or_loads() -> None:
    """No script, no handler, no address but parts of the page and embedded pictures; every reference has its target."""
    page = parse(write_html(plan_examples.hostile(), (picture("P1"), picture("U1"))))
    attributes = [(name, value) for one in page.walk() for name, value in one.attributes.items()]
    assert not {one.tag for one in page.walk()} & {"script", "iframe", "object", "img", "link", "style "}
    assert not [name for name, _ in attributes if name.startswith("on") or name == "style"]
    addresses = [value for name, value in attributes if name in ("href", "src")]
    assert all(value.startswith(("#", "data:image/png;base64,")) for value in addresses)
    names = [value for name, value in attributes if name == "id"]
    assert len(names) == len(set(names))
    assert {value[1:] for value in addresses if value.startswith("#")} <= set(names)
