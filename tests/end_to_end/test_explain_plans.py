"""``livermetry explain REPORT plans`` and ``explain REPORT P1``: every plan of the samples, as the record has it."""

from __future__ import annotations

import json
import re

import pytest

from pipeline.cli.explain_command import ExplainRequest, prepare_explained
from pipeline.cli.explain_plan import describe_plan, find_plan, list_plans
from pipeline.plan_record import PlanRecord, PlansRecord
from pipeline.writers import read_report
from tests.end_to_end.conftest import SAMPLES, Run
from tests.end_to_end.test_explain import RULES, WIDEST, call, place

PLANNED = ["synthetic_ct", "synthetic_mr", "lits_like"]


def plans_of(run: Run, name: str = "synthetic_ct") -> PlansRecord:
    record = read_report(place(run, name)).plans
    assert record is not None
    return record


def flatten(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize("name", PLANNED)
def test_the_list_holds_every_plan_of_the_report(sample_run: Run, name: str) -> None:
    """Id, remnant, verdict and title of each in its order; the one that the study rests on is marked."""
    record = plans_of(sample_run, name)
    code, out, err = call(place(sample_run, name), "plans")
    if not list_plans(record):
        assert (code, out.split()[:2]) == (1, ["no", "plans:"])
        return
    assert (code, err) == (0, "")
    rows = [flatten(row) for row in re.split(r"^  (?=[PNU]\d+ )", out, flags=re.MULTILINE)[1:]]
    assert [row.split()[0] for row in rows] == [plan.id for plan in list_plans(record)]
    adopted = "" if record.adopted is None else record.adopted.id
    for row, plan in zip(rows, list_plans(record), strict=True):
        assert (f"adopted: {plan.title}" in row) == (plan.id == adopted)
        assert all(text in row for text in expect_in_row(plan))
    assert record.notice in flatten(out)
    assert max(map(len, out.splitlines())) <= WIDEST


def expect_in_row(plan: PlanRecord) -> list[str]:
    """Return what the line of a plan holds."""
    expected = [plan.title]
    if plan.verdict is not None:
        expected.append(f" {str(plan.verdict.outcome).replace('_', ' ')} ")
    if plan.reason is not None:
        return [*expected, f"({plan.reason.partition(': ')[0]})"]
    remnant = plan.measurements["remnant_volume_ml"].value
    if remnant is None:
        return [*expected, f"{plan.id} not known"]
    return [*expected, f"{plan.id} {remnant:.0f} mL "] if remnant >= 100 else expected


@pytest.mark.parametrize("name", PLANNED)
def test_every_plan_can_be_explained(sample_run: Run, name: str) -> None:
    """Every lesion, reason, stage, rule with its title and caution of the record; the id in any case of letters."""
    explained, _ = prepare_explained(ExplainRequest(place(sample_run, name)))
    record = plans_of(sample_run, name)
    for plan in list_plans(record):
        assert find_plan(record, plan.id.lower()) is plan
        lines = describe_plan(explained, record, plan)
        flat = flatten(" ".join(lines))
        assert max(map(len, lines)) <= WIDEST
        for text in expect_on_page(plan):
            assert flatten(text) in flat
        for handling in {one.handling for one in plan.lesions}:
            (row,) = re.findall(rf" {handling} +((?:L\d+(?: [\d.]+ mm)?(?: \(wedge\))?(?:, )?)+)", flat)
            assert re.findall(r"L\d+", row) == [one.id for one in plan.lesions if one.handling is handling]


def expect_on_page(plan: PlanRecord) -> list[str]:
    """Return what the page of a plan holds, word for word."""
    titles = {rule.id: rule.title for rule in RULES.rules}
    said = [plan.title, plan.sentence, *plan.cautions, *(stage.statement for stage in plan.stages)]
    said += [one.note for one in plan.lesions] + [each.statement for each in plan.compared]
    said += [] if plan.growth is None else [plan.growth.statement, plan.growth.reason]
    reasons = [one.reason for one in (*plan.measurements.values(), *plan.facts.values(), plan)]
    said += [reason.partition(": ")[2].rstrip(".") for reason in reasons if reason is not None]
    if plan.verdict is not None:
        said += [plan.verdict.title, plan.verdict.reason]
        said += [f"{rule} {titles[rule]}" for rule in (*plan.verdict.failed, *plan.verdict.unknown)]
    return said


def test_numbers_stand_with_their_intervals(sample_run: Run) -> None:
    """As the report has them; margins of lesions as measured."""
    plan = next(each for each in list_plans(plans_of(sample_run)) if each.title == "right hepatectomy")
    flat = flatten(call(place(sample_run), plan.id.lower())[1])
    for label, name, digits in (("(FLR)", "remnant_volume_ml", 0), ("(sFLR)", "standardized_remnant_percent", 1)):
        one = plan.measurements[name]
        value, low, high = (f"{number:.{digits}f}" for number in (one.value, one.low, one.high))
        assert f"{label} {value} {one.unit} ({low} to {high})" in flat
    margins = [f"{lesion.id} {lesion.margin_mm:.1f} mm" for lesion in plan.lesions if lesion.margin_mm is not None]
    assert margins
    assert all(margin in flat for margin in margins)


def test_as_json_a_plan_is_the_report_s_own(sample_run: Run) -> None:
    """Word for word, with the titles of its rules."""
    stored = json.loads(place(sample_run).read_text("utf-8"))["plans"]
    assert json.loads(call(place(sample_run), "plans", "--json")[1])["plans"] == stored
    tree = json.loads(call(place(sample_run), "p1", "--json")[1])
    assert tree["plan"] == stored["options"][0]
    assert tree["adopted"] is (stored["adopted"]["id"] == "P1")
    assert set(tree["rules"]) >= set(tree["plan"]["verdict"]["unknown"])
    assert None not in tree["rules"].values()


def test_plans_that_are_not_there_are_said(sample_run: Run, run: object) -> None:
    """An unknown id with those that are there; another profile than the run's; a refused study."""
    code, out, err = call(place(sample_run), "P99")
    assert (code, out) == (2, "")
    assert "the report has no plan P99; it has P1" in err
    code, out, err = call(place(sample_run), "plans", "--profile", "conservative")
    assert (code, out) == (2, "")
    assert "plans were judged in the run, under consensus" in err
    refused = run(SAMPLES / "refused")  # type: ignore[operator]
    code, out, _ = call(refused.output / refused.reports["no_mask"]["key"], "plans")
    assert (code, out.startswith("no verdicts: NO_MASK: ")) == (1, True)
