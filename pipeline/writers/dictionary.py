"""The data dictionary of a run's tables: every column of the run, in its order, with type, unit and meaning."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipeline.measurement import Measurement
from pipeline.report import INTENDED_USE, Report
from pipeline.writers.assessment_cells import class_column
from pipeline.writers.plan_columns import explain_plan_columns
from pipeline.writers.plans_table import PLAN_COLUMNS
from pipeline.writers.quantities import (
    LESION_FACTS,
    LESION_QUANTITIES,
    STUDY_FACTS,
    STUDY_QUANTITIES,
    QuantityText,
    explain,
    label_of,
)
from pipeline.writers.tables import COUNTS, Row, lesions_table, studies_table, write_table
from pipeline.writers.verdicts_table import VERDICT_COLUMNS
from pipeline.writers.vessel_quantities import GREAT_VESSEL_FACTS, VESSEL_FACTS

COLUMNS = ("table", "column", "type", "unit", "meaning")


class ColumnText(NamedTuple):
    """Type, UCUM unit and meaning of a column."""

    type: str
    unit: str
    meaning: str


IDENTITY = {
    "key": ("text", "Identifier of the study in this run; names its folder of reports."),
    "folder": ("text", "Where the study lay, relative to the input of the run."),
    "patient_id": ("text", "Patient ID as the images state it."),
    "study_instance_uid": ("text", "DICOM StudyInstanceUID."),
    "study_date": ("date", "Date of the examination, ISO 8601."),
}
STUDY_ONLY = {
    "status": ("text", "done, refused or failed. Only a done study has values."),
    "refusal_code": ("text", "Code of the finding that kept the study from being measured."),
    "refusal_reason": ("text", "What was seen, what was expected and what to do."),
    "modality": ("text", "CT, MR or unknown."),
    "traffic_light": ("text", "green, amber (a warning) or red (something is refused), from the findings alone."),
    "refused_findings": (
        "integer",
        "Number of findings that are refused: each keeps quantities or verdicts from being given.",
    ),
    "warnings": ("integer", "Number of findings of severity warning."),
    "findings": ("text", "Codes of all findings, separated by semicolons; the texts are in report.json."),
    "verdicts_withheld": ("text", "Why no verdict is given for a measured study, as CODE: sentence."),
    "profile": ("text", "Profile of thresholds that the verdicts were reached with."),
    "catalogue_version": ("text", "Version of the catalogue of rules that the verdicts were reached by."),
    "uncertain_criteria": (
        "text",
        "Criteria and classes of the study that are marked U: verify before use.",
    ),
}
LESION_ONLY = {
    "lesion_id": ("text", "L by decreasing volume, E extrahepatic, T treated, S speck; the same in every output."),
    "status": ("text", "intrahepatic, extrahepatic, treated, speck or unknown (no liver mask)."),
    "counted": ("truth", "true for intrahepatic lesions: only they count in any study quantity."),
    "label": ("text", "Name and number of the segment in the source."),
    "tracking_uid": ("text", "DICOM Tracking UID of the segment, if it has one."),
    "components": ("integer", "Connected components of the lesion."),
    "centroid_x_mm": ("number", "Mean of the centres of the lesion's voxels, DICOM patient frame: to the left."),
    "centroid_y_mm": ("number", "The same, to the back."),
    "centroid_z_mm": ("number", "The same, to the head."),
    "slice_index": ("integer", "Slice of the longest axial diameter, counted from 0 at the feet-ward end."),
    "slice_number": ("integer", "The same slice counted from 1 at the feet-ward end, as the page prints it."),
    "sop_instance_uid": ("text", "DICOM SOPInstanceUID of that slice."),
    "frame_number": ("integer", "Its frame, counted from 1, where that DICOM image has several frames; else empty."),
    "flags": ("text", "Codes of the findings that touch a measurement of the lesion, separated by semicolons."),
}
VERDICTS = {
    "treatment": ("text", "Treatment, as in the column verdict_<treatment> of studies.csv."),
    "title": ("text", "What the treatment is called."),
    "family": ("text", "Family of treatments, the heading on the page."),
    "profile": ("text", "Profile of thresholds that this row's verdict was reached with."),
    "catalogue_version": ("text", "Version of the catalogue of rules that the verdict was reached by."),
    "of_the_run": ("truth", "true for the profile of the run, whose rows say what decides the verdict."),
    "outcome": ("text", "not_applicable, not_eligible, indeterminate, conditional or eligible."),
    "grade": ("text", "ideal, acceptable or exceeded; only of an eligible treatment."),
    "stable": ("truth", "false when some value inside the intervals of the inputs gives another outcome."),
    "decided_by": ("text", "Criteria that make the outcome what it is, separated by semicolons; empty if eligible."),
    "deciding_criterion": (
        "text",
        "The first of them. In a row of another profile: the criterion on which profiles part, empty where they agree.",
    ),
    "deciding_input": ("text", "Quantity that this criterion compares."),
    "lesion_id": ("text", "Lesion whose quantity it is."),
    "value": ("text", "Its value, a number unrounded or a word; empty when not known."),
    "low": ("number", "Low end of its interval."),
    "high": ("number", "High end of its interval."),
    "unit": ("text", "Its unit, UCUM."),
    "threshold": ("text", "What the criterion asks of it under this row's profile, in words."),
    "fetch_next": ("text", "Missing inputs worth fetching, the one most likely to settle the verdict first."),
    "missing_count": ("integer", "Number of inputs that the verdict misses; only for the profile of the run."),
    "missing": ("text", "Their names, as in deciding_input, separated by semicolons."),
    "uncertain": ("text", "Criteria marked U, uncertain, on which the verdict rests; only for the profile of the run."),
    "engineering_default": ("text", "The same, marked E: an engineering default of this project."),
    "uncertain_criteria": ("text", "All criteria of the treatment that are marked U."),
}
BOOLEANS = ("measurable", "remnant_tumour_free", "kept_vessel_occluded")
TRUTHS = frozenset((*BOOLEANS, *(text.name for text in (*GREAT_VESSEL_FACTS, *VESSEL_FACTS))))
NOTES = (
    INTENDED_USE,
    "Empty cell: not known. The column <name>_reason says why, as CODE: sentence.",
    "A text that begins with = + - or @ (also full-width) has an apostrophe put before it, so that no spreadsheet runs "
    "it; control characters are spaces. Numbers are never changed or rounded.",
    "Comma-separated, UTF-8, decimal point, truths are true and false, lists are separated by semicolons.",
)


def data_dictionary(reports: Iterable[Report] = ()) -> str:
    """Return the data dictionary of the tables of a run as CSV; of no run, of what any run has."""
    reports = tuple(reports)
    rows: list[Row] = [_row("all", "*", ColumnText("rule", "", note)) for note in (*NOTES, *_say_makers(reports))]
    studies = _explain_studies(reports)
    rows += [_row("studies", column, studies[column]) for column in _columns_of(studies_table(reports))]
    lesions = _explain_lesions(reports)
    rows += [_row("lesions", column, lesions[column]) for column in _columns_of(lesions_table(reports))]
    verdicts = _explain_plain(IDENTITY | VERDICTS)
    rows += [_row("verdicts", column, verdicts[column]) for column in VERDICT_COLUMNS]
    plans = _explain_plain(IDENTITY) | {name: ColumnText(*words) for name, words in explain_plan_columns().items()}
    rows += [_row("plans", column, plans[column]) for column in PLAN_COLUMNS]
    return write_table(COLUMNS, rows)


def _say_makers(reports: Iterable[Report]) -> list[str]:
    """Return by what the tables were made: version, profile and catalogue of rules, each combination once."""
    found = {
        f"Made by livermetry {one.provenance.livermetry}; profile {one.assessment.profile}; "
        f"catalogue of rules {one.assessment.catalogue_version}."
        for one in reports
        if one.provenance is not None and one.assessment is not None
    }
    return sorted(found)


def _columns_of(table: str) -> list[str]:
    """Return the header of a CSV table."""
    return next(csv.reader(table.splitlines()))


def _row(table: str, column: str, text: ColumnText) -> Row:
    """Return one line of the dictionary."""
    return {"table": table, "column": column, "type": text.type, "unit": text.unit, "meaning": text.meaning}


def _explain_studies(reports: tuple[Report, ...]) -> dict[str, ColumnText]:
    """Return the explanation of every column of studies.csv."""
    found = _explain_plain(IDENTITY | STUDY_ONLY)
    found |= _explain_measured(STUDY_QUANTITIES, (report.measurements for report in reports))
    found |= _explain_facts(STUDY_FACTS)
    for verdict in (v for report in reports if report.assessment is not None for v in report.assessment.verdicts):
        found |= _explain_verdict(f"verdict_{verdict.treatment}", verdict.title)
    for one in (one for report in reports if report.assessment is not None for one in report.assessment.indices):
        found[class_column(one.id)] = _explain_class(one.title)
    return found


def _explain_class(title: str) -> ColumnText:
    """Return the explanation of a class or score."""
    text = "several joined by `or`, and a span of points, are what missing inputs leave open; empty: does not apply."
    return ColumnText("text", "", f"{title}: the class, with points in brackets where it is a score; {text}")


def _explain_lesions(reports: tuple[Report, ...]) -> dict[str, ColumnText]:
    """Return the explanation of every column of lesions.csv."""
    found = _explain_plain(IDENTITY | LESION_ONLY)
    measured = (lesion.measurements for report in reports for lesion in report.lesions)
    return found | _explain_measured(LESION_QUANTITIES, measured) | _explain_facts(LESION_FACTS)


def _explain_plain(texts: Mapping[str, tuple[str, str]]) -> dict[str, ColumnText]:
    """Return the explanations of columns without a unit."""
    return {name: ColumnText(kind, "", meaning) for name, (kind, meaning) in texts.items()}


def _explain_measured(
    known: tuple[QuantityText, ...], found: Iterable[Mapping[str, Measurement]]
) -> dict[str, ColumnText]:
    """Return the explanations of value, interval and reason of every quantity that is known or occurs."""
    others = {name: quantity.unit for group in found for name, quantity in group.items()}
    texts = {text.name: text for text in known}
    columns: dict[str, ColumnText] = {}
    for name in (*texts, *sorted(set(others) - set(texts))):
        columns |= _explain_quantity(
            explain(name) or QuantityText(name, "", others[name], f"{label_of(name).capitalize()}.")
        )
    return columns


def _explain_quantity(text: QuantityText) -> dict[str, ColumnText]:
    """Return the explanations of value, interval and reason of a measured quantity."""
    kind, name = "integer" if text.name in COUNTS else "number", text.name
    low = f"Low end of the interval of {name} by the mask boundary's uncertainty."
    return {
        name: ColumnText(kind, text.unit, text.meaning),
        f"{name}_low": ColumnText(kind, text.unit, low),
        f"{name}_high": ColumnText(kind, text.unit, f"High end of the interval of {name}."),
        f"{name}_reason": _explain_reason(name),
    }


def _explain_facts(facts: tuple[QuantityText, ...]) -> dict[str, ColumnText]:
    """Return the explanations of value and reason of facts."""
    columns: dict[str, ColumnText] = {}
    for text in facts:
        columns[text.name] = ColumnText("truth" if text.name in TRUTHS else "text", "", text.meaning)
        columns[f"{text.name}_reason"] = _explain_reason(text.name)
    return columns


def _explain_reason(name: str) -> ColumnText:
    """Return the explanation of a column that says why a value is missing."""
    return ColumnText("text", "", f"Why {name} is empty; empty when it has a value.")


def _explain_verdict(column: str, title: str) -> dict[str, ColumnText]:
    """Return the explanations of the verdict on a treatment and of its stability."""
    words = "not_applicable, not_eligible, indeterminate, conditional or eligible; empty when not assessed."
    stable = (
        f"true when {column} is the same everywhere inside the intervals of the measurements it rests on; false when "
        "some value inside them gives another verdict; empty when not assessed. It says nothing about missing inputs."
    )
    return {
        column: ColumnText("text", "", f"Verdict on {title}: {words}"),
        f"{column}_stable": ColumnText("truth", "", stable),
    }
