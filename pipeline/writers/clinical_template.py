"""Empty clinical records to fill in, and the data dictionary of their fields."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Literal

from pipeline.readers.clinical.fields import ClinicalField, ClinicalFields

Format = Literal["yaml", "csv", "json"]
Needs = Mapping[str, tuple[str, ...]]
WHOSE: Mapping[str, str] = {
    "study_instance_uid": "whose it is: StudyInstanceUID (one identity is enough; all that are given must match)",
    "accession_number": "whose it is: accession number",
    "patient_id": "whose it is: PatientID",
    "study_date": "day of the study, like 2024-01-31; needed where the images carry none (NIfTI, NRRD)",
    "study": "whose it is, for images without identity (NIfTI, NRRD): name of the study's folder or case",
    "date": "day of the laboratory values, like 2024-01-31",
}
"""What a record says of itself, in the order of the template."""
HEAD = (
    "A clinical record for livermetry. Fill in what is known; what stays empty is unknown, never false.",
    "Truths are true or false, days 2024-01-31, decimals a point. Lists of words: separated by | in a table.",
)
LISTED_NEEDS = 6


def write_template(fields: ClinicalFields, needs: Needs, kind: Format) -> str:
    """Return a record without values that says of each field what it is, its unit, range, words and what needs it."""
    about = {**WHOSE, **{name: describe(name, field, needs) for name, field in fields.fields.items()}}
    if kind == "json":
        empty = {"about": {"": " ".join(HEAD), **about}, "records": [dict.fromkeys(about)]}
        return json.dumps(empty, indent=2, ensure_ascii=False) + "\n"
    if kind == "csv":
        comments = [f"# {line}" for line in (*HEAD, *(f"{name}: {text}" for name, text in about.items()))]
        return "\n".join([*comments, ",".join(about)]) + "\n"
    lines = [f"# {line}" for line in HEAD] + [f"\n# {text}\n{name}:" for name, text in about.items()]
    return "\n".join(lines) + "\n"


def write_dictionary(fields: ClinicalFields, needs: Needs) -> str:
    """Return the table of all fields as CSV: what each is, its kind, unit, range, words, code, and what needs it."""
    target = io.StringIO()
    table = csv.writer(target, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(_row(name, field, needs) for name, field in fields.fields.items())
    return target.getvalue()


def write_page(fields: ClinicalFields, needs: Needs) -> str:
    """Return the page docs/clinical_fields.md."""
    rows = [_row(name, field, needs) for name, field in fields.fields.items()]
    table = ["| " + " | ".join(cell.replace("|", "/") for cell in (f"`{row[0]}`", *row[1:])) + " |" for row in rows]
    return "\n".join([*PAGE_HEAD, "| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|", *table]) + "\n"


COLUMNS = (
    "field", "what it is", "kind", "unit", "plausible", "words or keys", "other units", "days", "code", "needed by",
)  # fmt: skip
PAGE_HEAD = (
    "# Fields of the clinical record",
    "",
    "Written by `livermetry clinical fields` from `configs/clinical.yaml` and the rules; a test holds it to them. How",
    "to write a record is on [the page on the clinical record](clinical.md).",
    "",
    "*days*: a dated value further from the study counts as unknown. *code*: LOINC or SNOMED CT (SCT); those with a",
    "question mark were not checked against a release. *needed by*: rules that read it, under any profile.",
    "",
)


def describe(name: str, field: ClinicalField, needs: Needs) -> str:
    """Return what a field is, in one line."""
    units = ", ".join(f"{each.name} ({each.unit})" for each in field.alternatives)
    low_high = f"{field.plausible[0]:g} to {field.plausible[1]:g}" if field.plausible else ""
    unit = "" if field.unit == "1" else f" {field.unit}"
    parts = (
        field.about,
        {"truth": "true or false", "date": "a day"}.get(field.kind, ""),
        low_high + unit if low_high else unit.strip(),
        _words(field),
        f"or {units}" if units else "",
        f"at most {field.max_age_days} days from the study" if field.max_age_days else "",
        f"needed by {_needs(name, needs)}" if name in needs else "",
    )
    return "; ".join(part for part in parts if part)


def _words(field: ClinicalField) -> str:
    if field.keys:
        keys = ", ".join(field.keys)
        return f"list of {{{keys}}}" if field.many else f"{{{keys}}}"
    many = "any of " if field.kind == "words" else ""
    return f"{many}{', '.join(field.words)}" if field.words else ""


def _needs(name: str, needs: Needs) -> str:
    rest = len(needs.get(name, ())) - LISTED_NEEDS
    return ", ".join(needs.get(name, ())[:LISTED_NEEDS]) + (f" and {rest} more" if rest > 0 else "")


def _row(name: str, field: ClinicalField, needs: Needs) -> tuple[str, ...]:
    return (
        name,
        field.about,
        field.kind,
        "" if field.unit == "1" else field.unit,
        f"{field.plausible[0]:g} to {field.plausible[1]:g}" if field.plausible else "",
        _words(field),
        ", ".join(each.name for each in field.alternatives),
        str(field.max_age_days or ""),
        field.code or "",
        _needs(name, needs),
    )
