"""report.json: the record of one study, to write, to read back, and its JSON Schema.

Numbers are written in the shortest form that reads back as the same number. Equal records give equal bytes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from pipeline.errors import UsageError
from pipeline.picture import Picture
from pipeline.plan_record import PlanRecord, PlansRecord
from pipeline.report import SCHEMA_VERSION, LesionRecord, Report

Value = TypeVar("Value")


def write_json(report: Report, pictures: tuple[Picture, ...] = ()) -> bytes:
    """Return the record as UTF-8 JSON; fields in the model's order, free names sorted. Pictures are not part of it."""
    return report_text(report).encode("utf-8")


def report_text(report: Report) -> str:
    """Return the record as JSON text that ends with a newline."""
    ordered = _order_names(report)
    try:
        return ordered.model_dump_json(indent=1) + "\n"
    except PydanticSerializationError:
        plain = Report.model_validate(_write_out_halves(ordered.model_dump()))
        return plain.model_dump_json(indent=1) + "\n"


def read_report(path: Path) -> Report:
    """Return the record of a report.json.

    Raises
    ------
    UsageError
        When the file is not a record of this schema version.
    """
    try:
        report = Report.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise UsageError(
            f"not a livermetry report of schema {SCHEMA_VERSION}: {error.error_count()} problems, "
            f"the first at {where}: {first['msg']}; write it again with this version"
        ) from error
    if report.schema_version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise UsageError(
            f"the report has schema {report.schema_version}, this version reads {SCHEMA_VERSION}; "
            "write it again with this version"
        )
    return report


def report_schema() -> str:
    """Return the JSON Schema (draft 2020-12) of report.json as text that ends with a newline."""
    schema = Report.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _write_out_halves(value: object) -> object:
    """Return a dumped record whose texts hold no half of a surrogate pair, as file names that are no UTF-8 do."""
    if isinstance(value, dict):
        return {_write_out_halves(key): _write_out_halves(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_write_out_halves(item) for item in value)
    return value.encode("utf-8", "backslashreplace").decode("utf-8") if type(value) is str else value


def _order_names(report: Report) -> Report:
    """Return the same record with every free name (quantities, libraries, settings) in alphabetical order."""
    provenance = report.provenance.model_copy(
        update={"libraries": _sorted(report.provenance.libraries), "settings": _sorted(report.provenance.settings)}
    )
    return report.model_copy(
        update={
            "lesions": tuple(_order_lesion(lesion) for lesion in report.lesions),
            "measurements": _sorted(report.measurements),
            "facts": _sorted(report.facts),
            "plans": None if report.plans is None else _order_plans(report.plans),
            "provenance": provenance,
        }
    )


def _order_lesion(lesion: LesionRecord) -> LesionRecord:
    """Return the same lesion with its quantities in alphabetical order."""
    return lesion.model_copy(update={"measurements": _sorted(lesion.measurements), "facts": _sorted(lesion.facts)})


def _order_plans(plans: PlansRecord) -> PlansRecord:
    """Return the same plans with their quantities in alphabetical order."""
    return replace(
        plans,
        options=tuple(_order_plan(plan) for plan in plans.options),
        named=tuple(_order_plan(plan) for plan in plans.named),
        own=tuple(_order_plan(plan) for plan in plans.own),
    )


def _order_plan(plan: PlanRecord) -> PlanRecord:
    """Return the same plan with its quantities in alphabetical order."""
    stages = tuple(replace(stage, measurements=_sorted(stage.measurements)) for stage in plan.stages)
    return replace(plan, measurements=_sorted(plan.measurements), facts=_sorted(plan.facts), stages=stages)


def _sorted(names: dict[str, Value]) -> dict[str, Value]:
    """Return the same mapping in the order of its names."""
    return dict(sorted(names.items()))
