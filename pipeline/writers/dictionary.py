"""The data dictionary of a run's tables: every column, its table, type, unit and meaning."""

from __future__ import annotations

from pipeline.writers.quantities import LESION_FACTS, LESION_QUANTITIES, STUDY_FACTS, STUDY_QUANTITIES, QuantityText
from pipeline.writers.tables import Row, write_table

COLUMNS = ("table", "column", "type", "unit", "meaning")
IDENTITY = (
    ("key", "text", "Identifier of the study in this run; names its folder of reports."),
    ("folder", "text", "Where the study lay, relative to the input of the run."),
    ("patient_id", "text", "Patient ID as the images state it."),
    ("study_instance_uid", "text", "DICOM StudyInstanceUID."),
    ("study_date", "date", "Date of the examination, ISO 8601."),
)
STUDY_ONLY = (
    ("status", "text", "done, refused or failed. Only a done study has values."),
    ("refusal_code", "text", "Code of the finding that kept the study from being measured."),
    ("refusal_reason", "text", "What was seen, what was expected and what to do."),
    ("modality", "text", "CT, MR or unknown."),
    ("warnings", "integer", "Number of findings of severity warning."),
    ("findings", "text", "Codes of all findings, separated by spaces; the texts are in report.json."),
    ("profile", "text", "Profile of thresholds that the verdicts were reached with."),
    (
        "verdict_<treatment>",
        "text",
        "not_applicable, not_eligible, indeterminate, conditional or eligible; empty when not assessed.",
    ),
    ("verdict_<treatment>_stable", "truth", "false when the verdict would change inside the intervals of its inputs."),
)
LESION_ONLY = (
    ("lesion_id", "text", "L by decreasing volume, E extrahepatic, T treated, S speck; the same in every output."),
    ("status", "text", "intrahepatic, extrahepatic, treated, speck or unknown (no liver mask)."),
    ("counted", "truth", "true for intrahepatic lesions: only they count in any study quantity."),
    ("label", "text", "Name and number of the segment in the source."),
    ("tracking_uid", "text", "DICOM Tracking UID of the segment, if it has one."),
    ("components", "integer", "Connected components of the lesion."),
    ("slice_index", "integer", "Slice of the longest axial diameter, counted from 0 at the feet-ward end."),
    ("sop_instance_uid", "text", "DICOM SOPInstanceUID of that slice."),
    ("flags", "text", "Codes of the findings that touch a measurement of the lesion."),
)
NOTES = (
    "Empty cell: not known. The column <name>_reason says why, as CODE: sentence.",
    "A text that begins with = + - or @ (also full-width) has an apostrophe put before it, so that no spreadsheet runs "
    "it; control characters are spaces. Numbers are never changed or rounded.",
    "Comma-separated, UTF-8, decimal point, truths are true and false, lists are separated by semicolons.",
)


def data_dictionary() -> str:
    """Return the data dictionary of studies.csv and lesions.csv as CSV."""
    rows = [_row("all", "*", "rule", "", note) for note in NOTES]
    rows += [_row("studies", column, kind, "", meaning) for column, kind, meaning in (*IDENTITY, *STUDY_ONLY)]
    rows += _quantity_rows("studies", STUDY_QUANTITIES) + _fact_rows("studies", STUDY_FACTS)
    rows += [_row("lesions", column, kind, "", meaning) for column, kind, meaning in (*IDENTITY, *LESION_ONLY)]
    rows += _quantity_rows("lesions", LESION_QUANTITIES) + _fact_rows("lesions", LESION_FACTS)
    return write_table(COLUMNS, rows)


def _row(table: str, column: str, kind: str, unit: str, meaning: str) -> Row:
    """Return one line of the dictionary."""
    return {"table": table, "column": column, "type": kind, "unit": unit, "meaning": meaning}


def _quantity_rows(table: str, quantities: tuple[QuantityText, ...]) -> list[Row]:
    """Return the lines of value, interval and reason of measured quantities."""
    rows: list[Row] = []
    for name, _, unit, meaning in quantities:
        rows += [
            _row(table, name, "number", unit, meaning),
            _row(
                table,
                f"{name}_low",
                "number",
                unit,
                f"Low end of the interval of {name} by the mask boundary's uncertainty.",
            ),
            _row(table, f"{name}_high", "number", unit, f"High end of the interval of {name}."),
            _row(table, f"{name}_reason", "text", "", f"Why {name} is empty; empty when it has a value."),
        ]
    return rows


def _fact_rows(table: str, facts: tuple[QuantityText, ...]) -> list[Row]:
    """Return the lines of value and reason of facts."""
    rows: list[Row] = []
    for name, _, _, meaning in facts:
        kind = "truth" if name in ("measurable", "remnant_tumour_free") else "text"
        rows += [
            _row(table, name, kind, "", meaning),
            _row(table, f"{name}_reason", "text", "", f"Why {name} is empty; empty when it has a value."),
        ]
    return rows
