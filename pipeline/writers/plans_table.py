"""plans.csv: one row a plan of every study: what it takes, what it leaves, what the rules say of it.

A study of which no plan could be made has one row, without a plan, that says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.measurement import Fact, Measurement
from pipeline.plan import Handling
from pipeline.plan_record import Growth, PlannedLesion, PlanRecord, PlansRecord, PlanVerdict, Stage
from pipeline.report import Report
from pipeline.writers.plan_columns import PLAN_FACTS, PLAN_QUANTITIES, STAGE_QUANTITIES, explain_plan_columns
from pipeline.writers.tables import Row, fact_cells, identity_cells, measurement_cells, write_table

IDENTITY = ("key", "folder", "patient_id", "study_instance_uid", "study_date")
PLAN_COLUMNS = (*IDENTITY, *explain_plan_columns())
HANDLINGS = {
    Handling.RESECTED: "lesions_resected",
    Handling.ABLATED: "lesions_ablated",
    Handling.IRRADIATED: "lesions_irradiated",
    Handling.UNTREATED: "lesions_untreated",
}


def plans_table(reports: Iterable[Report]) -> str:
    """Return plans.csv: options, then the user's own plans, then named resections; refused studies have no row."""
    rows = [{**identity_cells(report), **row} for report in reports for row in _rows_of(report)]
    return write_table(PLAN_COLUMNS, rows)


def list_plans(record: PlansRecord) -> tuple[PlanRecord, ...]:
    """Return every plan of a study in the order of reading."""
    return (*record.options, *record.own, *record.named)


def _rows_of(report: Report) -> list[Row]:
    record = report.plans
    if record is None:
        return []
    profile = None if report.assessment is None else report.assessment.profile
    rows = [_plan_row(plan, record, profile) for plan in list_plans(record)]
    return rows if rows or record.reason is None else [{"reason": record.reason}]


def _plan_row(plan: PlanRecord, record: PlansRecord, profile: str | None) -> Row:
    """Return the cells of one plan."""
    row: Row = {
        "plan_id": plan.id,
        "origin": str(plan.origin),
        "kind": str(plan.kind),
        "title": plan.title,
        "sentence": plan.sentence,
        "adopted": record.adopted is not None and record.adopted.id == plan.id,
        "segments_removed": ";".join(plan.segments_removed),
        "mask": plan.mask,
        **_lesion_cells(plan.lesions),
        "resected_count": None if plan.reason is not None else plan.resected,
        "procedures": plan.procedures,
        **_quantity_cells(plan.measurements, plan.facts, plan.reason),
        "equals": ";".join(plan.equals),
        "alike_within_intervals": ";".join(plan.alike_within_intervals),
        "beaten_by": ";".join(each.option for each in plan.compared if each.beats),
        "compared": " ".join(each.statement for each in plan.compared),
        "cautions": " ".join(plan.cautions),
        "reason": plan.reason,
    }
    row |= {} if plan.verdict is None else {"profile": profile, **_verdict_cells(plan.verdict)}
    row |= {} if plan.growth is None else _growth_cells(plan.growth)
    for stage in plan.stages:
        row |= _stage_cells(stage)
    return row


def _lesion_cells(lesions: tuple[PlannedLesion, ...]) -> Row:
    """Return the lesions by what is done with them; every one of them stands in exactly one list."""
    row: Row = {
        column: ";".join(one.id for one in lesions if one.handling is handling)
        for handling, column in HANDLINGS.items()
    }
    margins = [one.margin_mm for one in lesions if one.handling is Handling.RESECTED]
    row["lesions_resected_margin_mm"] = ";".join("" if margin is None else repr(margin) for margin in margins)
    row["lesions_resected_as_wedge"] = ";".join(one.id for one in lesions if one.wedge)
    row["lesion_notes"] = "; ".join(f"{one.id}: {one.note}" for one in lesions if one.note)
    return row


def _quantity_cells(measured: Mapping[str, Measurement], facts: Mapping[str, Fact], reason: str | None) -> Row:
    """Return numbers and facts with their intervals and reasons."""
    missing = reason or "NOT_RECORDED: the record holds no such quantity"
    row: Row = {}
    for text in PLAN_QUANTITIES:
        row |= measurement_cells(text.name, measured.get(text.name), missing)
    for text in PLAN_FACTS:
        row |= fact_cells(text.name, facts.get(text.name), missing)
    return row


def _verdict_cells(verdict: PlanVerdict) -> Row:
    return {
        "treatment": verdict.treatment,
        "outcome": str(verdict.outcome),
        "stable": verdict.stable,
        "outcome_reason": verdict.reason,
        "failed": ";".join(verdict.failed),
        "unknown": ";".join(verdict.unknown),
        "failed_elsewhere": ";".join(verdict.failed_elsewhere),
        "unknown_elsewhere": ";".join(verdict.unknown_elsewhere),
    }


def _growth_cells(growth: Growth) -> Row:
    weeks = growth.weeks or (None, None)
    return {
        "growth": growth.statement,
        "growth_index": growth.index,
        "growth_target_low_percent": growth.target_percent[0],
        "growth_target_high_percent": growth.target_percent[1],
        "growth_deficit_low_ml": growth.deficit_ml[0],
        "growth_deficit_high_ml": growth.deficit_ml[1],
        "growth_deficit_low_points": growth.deficit_points[0],
        "growth_deficit_high_points": growth.deficit_points[1],
        "growth_low_weeks": weeks[0],
        "growth_high_weeks": weeks[1],
        "growth_points_per_week": growth.points_per_week,
        "growth_feasible": growth.feasible,
    }


def _stage_cells(stage: Stage) -> Row:
    name = f"stage_{stage.number}"
    values = {one: stage.measurements[one].value for one in STAGE_QUANTITIES if one in stage.measurements}
    return {
        name: stage.statement,
        f"{name}_parts": ";".join(stage.parts),
        f"{name}_lesions": ";".join(stage.lesions),
        **{f"{name}_{one}": value for one, value in values.items()},
    }
