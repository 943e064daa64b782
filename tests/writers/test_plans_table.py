"""plans.csv: a row a plan, every cell the record's, and a dictionary that explains all of it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.plan import Handling
from pipeline.plan_record import PlanRecord
from pipeline.report import Report
from pipeline.writers import data_dictionary, plans_table, read_report, report_text
from pipeline.writers.plan_columns import PLAN_FACTS, PLAN_QUANTITIES
from pipeline.writers.plans_table import HANDLINGS, list_plans

from . import plan_examples, records

RECORD = plan_examples.plans()
PLANS = pytest.mark.parametrize("plan", list_plans(RECORD), ids=lambda plan: plan.id)


def rows_of(*reports: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(plans_table(reports))))


def row_of(plan: PlanRecord) -> dict[str, str]:
    (row,) = [row for row in rows_of(plan_examples.report()) if row["plan_id"] == plan.id]
    return row


def test_every_plan_has_one_row_in_the_order_of_reading() -> None:
    """Options, the user's own, named; a study without plans of any kind has no row."""
    rows = rows_of(plan_examples.report(), records.refused(), records.done())
    assert [row["plan_id"] for row in rows] == ["P1", "P2", "P3", "P4", "U1", "U2", "N1", "N2", "N3", "N4"]
    assert {row["key"] for row in rows} == {"s-0a1b2c3d"}
    assert [row["plan_id"] for row in rows if row["adopted"] == "true"] == ["U1"]


@PLANS
def test_every_number_is_the_records(plan: PlanRecord) -> None:
    """Value and interval read back as the same floats; where there is none the reason stands beside."""
    row = row_of(plan)
    for text in PLAN_QUANTITIES:
        one = plan.measurements.get(text.name)
        values = (None, None, None) if one is None else (one.value, one.low, one.high)
        cells = (row[text.name], row[f"{text.name}_low"], row[f"{text.name}_high"])
        assert tuple(float(cell) if cell else None for cell in cells) == values
        assert bool(row[f"{text.name}_reason"]) == (values[0] is None)
    for text in PLAN_FACTS:
        assert bool(row[text.name]) != bool(row[f"{text.name}_reason"]) or text.name == "vessels_given_up"
    assert row["procedures"] == ("" if plan.procedures is None else str(plan.procedures))


@PLANS
def test_every_lesion_stands_in_one_list(plan: PlanRecord) -> None:
    """What is done with each lesion can be read back; margins stand beside the resected ones in their order."""
    row = row_of(plan)
    listed = {one: handling for handling, name in HANDLINGS.items() for one in row[name].split(";") if one}
    assert listed == {one.id: one.handling for one in plan.lesions}
    margins = [float(cell) for cell in row["lesions_resected_margin_mm"].split(";") if cell]
    assert margins == [one.margin_mm for one in plan.lesions if one.handling is Handling.RESECTED]


def test_growth_and_stages_are_told() -> None:
    """A plan that needs growth says how much of what; one in two stages what is left after each."""
    (row,) = [row for row in rows_of(plan_examples.report()) if row["growth"]]
    assert (row["plan_id"], row["growth_deficit_high_ml"], row["growth_low_weeks"]) == ("P3", "189.0", "1.3915")
    assert (row["stage_1_lesions"], row["stage_2_remnant_volume_ml"]) == ("L5;L6", "254.8")


def test_a_study_of_which_no_plan_could_be_made_says_why() -> None:
    """One row without a plan."""
    (row,) = rows_of(plan_examples.report(plan_examples.without_plans()))
    assert (row["plan_id"], row["reason"]) == ("", "LIVER_ABSENT: no mask draws the liver")


@pytest.mark.parametrize("text", records.FORMULAS)
def test_no_cell_is_run_by_a_spreadsheet(text: str) -> None:
    """Names of the clinical record get an apostrophe where they begin like a formula."""
    rows = rows_of(plan_examples.hostile(text))
    assert [row["title"][0] for row in rows if row["plan_id"] == "U1"] == ["'"]
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_the_dictionary_explains_every_column() -> None:
    """Columns of the table and of the dictionary are the same, in the same order, each with a meaning."""
    explained = [row for row in csv.DictReader(io.StringIO(data_dictionary())) if row["table"] == "plans"]
    assert [row["column"] for row in explained] == list(rows_of(plan_examples.report())[0])
    assert all(row["meaning"] for row in explained)
    assert {row["unit"] for row in explained if row["column"].endswith("_ml")} == {"mL"}


def test_plans_read_back_equal_whatever_order_they_were_filled_in(tmp_path: Path) -> None:
    """report.json holds plans unrounded, and equal plans give equal bytes."""
    report = plan_examples.report()
    turned = [replace(one, measurements=dict(reversed(one.measurements.items()))) for one in RECORD.options]
    again = plan_examples.report(replace(RECORD, options=tuple(turned)))
    assert report_text(again) == report_text(report)
    path = tmp_path / "report.json"
    path.write_text(report_text(report), encoding="utf-8")
    assert read_report(path) == report
