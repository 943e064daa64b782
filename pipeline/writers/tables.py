"""studies.csv and lesions.csv: the records of a run as tidy tables, one row a study and one row a lesion.

Numbers are unrounded. Units are in the column names. A value that is not known is an empty cell, and the column
``<name>_reason`` beside it says why. A text that a spreadsheet could run begins with an apostrophe (``guard_text``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from pipeline.lesion import LesionStatus
from pipeline.measurement import Fact, Measurement
from pipeline.report import LesionRecord, Report
from pipeline.study import Finding, Severity
from pipeline.writers.assessment_cells import assessment_cells
from pipeline.writers.format import format_label
from pipeline.writers.formula_quantities import FORMULA_FACTS, LESION_FORMULA_FACTS, LESION_FORMULAS, STUDY_FORMULAS
from pipeline.writers.plain_text import UNSAFE_CHARACTERS
from pipeline.writers.quantities import LESION_FACTS, LESION_QUANTITIES, STUDY_FACTS, STUDY_QUANTITIES, QuantityText

Cell: TypeAlias = str | float | bool | None
Row: TypeAlias = dict[str, Cell]

STUDY_COLUMNS = (
    *(
        "key",
        "status",
        "refusal_code",
        "refusal_reason",
        "folder",
        "patient_id",
        "study_instance_uid",
        "study_date",
        "modality",
    ),
    *("traffic_light", "refused_findings", "warnings", "findings"),
)
CENTROID = ("centroid_x_mm", "centroid_y_mm", "centroid_z_mm")
LESION_COLUMNS = (
    *(
        "key",
        "folder",
        "patient_id",
        "study_instance_uid",
        "study_date",
        "lesion_id",
        "status",
        "counted",
        "label",
        "tracking_uid",
    ),
    *("components", "slice_index", "slice_number", "sop_instance_uid", "frame_number", "flags"),
    *CENTROID,
)
COUNTS = frozenset(("lesion_count",))
"""Quantities that are whole numbers, written without a decimal point."""
NOT_RECORDED = "NOT_RECORDED: the record holds no such quantity"
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""First characters, after spaces, that make a spreadsheet take a text for a formula (OWASP, CSV injection)."""


def studies_table(reports: Iterable[Report]) -> str:
    """Return studies.csv: one row a study, refused and failed ones too."""
    reports = tuple(reports)
    names = _names([text.name for text in STUDY_QUANTITIES], (report.measurements for report in reports))
    measured = _drop_idle(names, STUDY_FORMULAS, [report.measurements for report in reports])
    facts = _drop_idle([text.name for text in STUDY_FACTS], FORMULA_FACTS, [report.facts for report in reports])
    rows = [_study_row(report, measured, facts) for report in reports]
    return write_table(
        list(dict.fromkeys([*_study_row(None, measured, facts), *(name for row in rows for name in row)])), rows
    )


def lesions_table(reports: Iterable[Report]) -> str:
    """Return lesions.csv: one row a lesion of every study, those that do not count included, with their status."""
    reports = tuple(reports)
    lesions = [(report, lesion) for report in reports for lesion in report.lesions]
    names = _names([text.name for text in LESION_QUANTITIES], (lesion.measurements for _, lesion in lesions))
    measured = _drop_idle(names, LESION_FORMULAS, [lesion.measurements for _, lesion in lesions])
    known = [text.name for text in LESION_FACTS]
    facts = _drop_idle(known, LESION_FORMULA_FACTS, [lesion.facts for _, lesion in lesions])
    rows = [_lesion_row(report, lesion, measured, facts) for report, lesion in lesions]
    return write_table(list(_lesion_row(None, None, measured, facts)), rows)


def write_table(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Return rows as CSV: commas, a header line, line feeds, guarded cells."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([guard_text(column) for column in columns])
    writer.writerows([_cell_text(row.get(column)) for column in columns] for row in rows)
    return out.getvalue()


def guard_text(text: str) -> str:
    """Return a text that no spreadsheet runs: controls are spaces, a formula start gets an apostrophe."""
    flat = " ".join(UNSAFE_CHARACTERS.sub(" ", text).split())
    return f"'{flat}" if flat.startswith(FORMULA_STARTS) else flat


def find_refusal(report: Report) -> Finding | None:
    """Return the finding that kept the study from being measured; None for a measured study."""
    if report.status == "done":
        return None
    refused = [finding for finding in report.findings if finding.severity is Severity.REFUSED]
    whole = [finding for finding in refused if not finding.touches]
    return next(iter(whole or refused or report.findings), None)


def _cell_text(cell: Cell) -> str:
    """Return one cell: numbers unrounded, truths as ``true`` and ``false``, texts guarded, nothing for unknown."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return guard_text(cell) if isinstance(cell, str) else repr(cell)


def _names(known: Sequence[str], found: Iterable[Mapping[str, Measurement]]) -> tuple[str, ...]:
    """Return the known names, then every other name that occurs, in alphabetical order."""
    others = {name for group in found for name in group} - set(known)
    return (*known, *sorted(others))


def _drop_idle(
    names: Sequence[str], formulas: Iterable[QuantityText], found: Sequence[Mapping[str, Measurement | Fact]]
) -> tuple[str, ...]:
    """Return the names without those that follow by a formula and have a value nowhere in the run."""
    by_formula = {text.name for text in formulas}
    valued = {name for group in found for name, quantity in group.items() if quantity.value is not None}
    return tuple(name for name in names if name not in by_formula or name in valued)


def _study_row(report: Report | None, measured: Sequence[str], facts: Sequence[str]) -> Row:
    """Return the row of a study; with None the columns alone."""
    row: Row = dict.fromkeys(STUDY_COLUMNS)
    missing = NOT_RECORDED
    if report is not None:
        refusal = find_refusal(report)
        row.update(identity_cells(report), status=report.status)
        row["modality"] = report.image.modality if report.image else None
        if report.status != "done":
            code = refusal.code if refusal else report.status.upper()
            row.update(refusal_code=code, refusal_reason=refusal.message if refusal else "no reason is recorded")
            missing = f"{code}: the study was {report.status}"
        row["traffic_light"] = str(report.traffic_light)
        row["refused_findings"] = _count(report.findings, Severity.REFUSED)
        row["warnings"] = _count(report.findings, Severity.WARNING)
        row["findings"] = ";".join(dict.fromkeys(finding.code for finding in report.findings))
    for name in measured:
        row.update(measurement_cells(name, report.measurements.get(name) if report else None, missing))
    for name in facts:
        row.update(fact_cells(name, report.facts.get(name) if report else None, missing))
    row.update(assessment_cells(report))
    return row


def _count(findings: Sequence[Finding], severity: Severity) -> int:
    """Return how many findings have a severity."""
    return sum(finding.severity is severity for finding in findings)


def identity_cells(report: Report) -> Row:
    """Return the cells that say which study a row is about."""
    identity = report.identity
    return {
        "key": report.key,
        "folder": report.folder,
        "patient_id": identity.patient_id,
        "study_instance_uid": identity.study_instance_uid,
        "study_date": identity.study_date.isoformat() if identity.study_date else None,
    }


def measurement_cells(name: str, measurement: Measurement | None, missing: str) -> Row:
    """Return value, interval and reason of a measurement."""
    if measurement is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None, f"{name}_reason": missing}
    ends = (measurement.value, measurement.low, measurement.high)
    value, low, high = (_whole(end) for end in ends) if name in COUNTS else ends
    return {name: value, f"{name}_low": low, f"{name}_high": high, f"{name}_reason": measurement.reason}


def _whole(count: float | None) -> float | None:
    """Return a count as an integer."""
    return int(count) if count is not None and float(count).is_integer() else count


def fact_cells(name: str, fact: Fact | None, missing: str) -> Row:
    """Return value and reason of a fact; a list is one text with semicolons."""
    if fact is None:
        return {name: None, f"{name}_reason": missing}
    value = ";".join(fact.value) if isinstance(fact.value, tuple) else fact.value
    return {name: value, f"{name}_reason": fact.reason}


def _lesion_row(
    report: Report | None, lesion: LesionRecord | None, measured: Sequence[str], facts: Sequence[str]
) -> Row:
    """Return the row of a lesion; with None the columns alone."""
    row: Row = dict.fromkeys(LESION_COLUMNS)
    if report is not None and lesion is not None:
        row.update(identity_cells(report), **_lesion_cells(lesion))
    for name in measured:
        row.update(measurement_cells(name, lesion.measurements.get(name) if lesion else None, NOT_RECORDED))
    for name in facts:
        row.update(fact_cells(name, lesion.facts.get(name) if lesion else None, NOT_RECORDED))
    return row


def _lesion_cells(lesion: LesionRecord) -> Row:
    """Return the cells that say which lesion it is and where its longest diameter lies."""
    longest = lesion.measurements.get("longest_diameter_mm")
    location = longest.location if longest else None
    index = location.slice_index if location else None
    flags = dict.fromkeys(flag for measurement in lesion.measurements.values() for flag in measurement.flags)
    return {
        "lesion_id": lesion.id,
        "status": str(lesion.status),
        "counted": lesion.status is LesionStatus.INTRAHEPATIC,
        "label": format_label(lesion.label),
        "tracking_uid": lesion.tracking_uid,
        "components": lesion.components,
        "slice_index": index,
        "slice_number": None if index is None else index + 1,
        "sop_instance_uid": location.sop_instance_uid if location else None,
        "frame_number": location.frame_number if location else None,
        "flags": ";".join(flags),
        **dict(zip(CENTROID, lesion.centroid_mm or (None, None, None), strict=True)),
    }
