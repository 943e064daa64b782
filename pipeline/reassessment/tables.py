"""The answers for many reports as a file, written as they come: CSV with a row a report and treatment, or JSON.

A file is complete or not there: it is written beside its place and put there at the end.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TextIO

from pipeline.errors import UsageError
from pipeline.reassessment.answering import Answer, Row
from pipeline.reassessment.summary import Summary
from pipeline.report import INTENDED_USE
from pipeline.writers.tables import guard_text
from pipeline.yaml_file import say_cause

COLUMNS = (
    *("report", "key", "folder", "profile_before", "profile", "catalogue_version_before", "catalogue_version"),
    *("treatment", "stored", "altered", "before", "after", "changed"),
    *("decided_by", "reason", "supposed", "other_rules", "problem"),
)
ENDINGS = (".csv", ".json")


class Table(Protocol):
    """A file that answers are written to."""

    def add(self, answer: Answer) -> None:
        """Write one answer."""

    def end(self, summary: Summary) -> None:
        """Write what stands after the last one."""


@contextmanager
def open_table(path: Path, supposed: Sequence[str], only_changed: bool) -> Iterator[Table]:
    """Open a table of answers; its ending says which kind.

    Raises
    ------
    UsageError
        When it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        file = part.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"--out cannot be written: {say_cause(error)}") from None
    try:
        with file:
            table: Table = JsonTable(file, supposed) if path.suffix == ".json" else CsvTable(file, supposed)
            yield _Changed(table) if only_changed else table
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class _Changed:
    """A table of nothing but what changes, and of reports that could not be asked."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, answer: Answer) -> None:
        if (kept := only_changes(answer)) is not None:
            self._table.add(kept)

    def end(self, summary: Summary) -> None:
        self._table.end(summary)


def only_changes(answer: Answer) -> Answer | None:
    """Return an answer with nothing but the rows that change; None where there is none and no problem either."""
    rows = tuple(row for row in answer.rows if row.changed or row.altered)
    return replace(answer, rows=rows) if rows or answer.problem is not None else None


class CsvTable:
    """Commas, a header line, line feeds; a report without verdicts is one row with its problem."""

    def __init__(self, file: TextIO, supposed: Sequence[str]) -> None:
        self._writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        self._writer.writeheader()
        self._supposed = ";".join(supposed)

    def add(self, answer: Answer) -> None:
        """Write the rows of one answer."""
        for row in answer.rows or (None,):
            cells = {"supposed": self._supposed, **report_cells(answer), **(row_cells(row) if row else {})}
            self._writer.writerow({name: _cell(value) for name, value in cells.items()})

    def end(self, summary: Summary) -> None:
        """Write nothing: a table of rows has no summary."""


class JsonTable:
    """One object: the notice, what was supposed, an object a report (one a line), and the summary."""

    def __init__(self, file: TextIO, supposed: Sequence[str]) -> None:
        self._file = file
        self._first = True
        head = {"intended_use": INTENDED_USE, "supposed": list(supposed)}
        file.write(json.dumps(head, ensure_ascii=False).removesuffix("}") + ',\n"reports": [')

    def add(self, answer: Answer) -> None:
        """Write one answer."""
        tree = {**report_cells(answer), "treatments": [row_cells(row) for row in answer.rows]}
        self._file.write(("\n" if self._first else ",\n") + json.dumps(tree, ensure_ascii=False))
        self._first = False

    def end(self, summary: Summary) -> None:
        """Write the summary."""
        steps = [
            {"treatment": name, "before": before, "after": after, "reports": count}
            for (name, before, after), count in sorted(summary.steps.items(), key=str)
        ]
        tree = {
            "reports": summary.reports,
            "asked": summary.asked,
            "changed": summary.changed,
            "other_rules": summary.other_rules,
            "altered": summary.altered,
            "problems": dict(sorted(summary.problems.items())),
            "steps": steps,
        }
        self._file.write('\n],\n"summary": ' + json.dumps(tree, ensure_ascii=False) + "}\n")


def report_cells(answer: Answer) -> Mapping[str, object]:
    """Return what is said of a report as a whole."""
    return {
        "report": answer.place,
        "key": answer.key,
        "folder": answer.folder,
        "profile_before": answer.profile,
        "profile": answer.new_profile,
        "catalogue_version_before": answer.version,
        "catalogue_version": answer.new_version,
        "other_rules": answer.other_rules,
        "problem": answer.problem,
    }


def row_cells(row: Row) -> Mapping[str, object]:
    """Return what is said of one treatment."""
    return {
        "treatment": row.treatment,
        "stored": row.stored,
        "altered": row.altered,
        "before": row.before,
        "after": row.after,
        "changed": row.changed,
        "decided_by": list(row.decided_by),
        "reason": row.reason,
    }


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return guard_text(";".join(value) if isinstance(value, list) else str(value))
