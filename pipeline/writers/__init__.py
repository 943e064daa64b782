"""Outputs of a study: every one is a view of the record and computes nothing.

An output is one module and one line in ``REPORT_WRITERS``; the files are written in that order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pipeline.picture import Picture
from pipeline.report import Report
from pipeline.writers.dictionary import data_dictionary
from pipeline.writers.files import save
from pipeline.writers.json_record import read_report, report_schema, report_text, write_json
from pipeline.writers.plans_table import plans_table
from pipeline.writers.tables import lesions_table, studies_table
from pipeline.writers.verdicts_table import verdicts_table

__all__ = [
    "REPORT_WRITERS",
    "ReportWriter",
    "data_dictionary",
    "lesions_table",
    "plans_table",
    "read_report",
    "report_schema",
    "report_text",
    "save",
    "studies_table",
    "verdicts_table",
]


class ReportWriter(NamedTuple):
    """One output of a study: its name for ``--only``, its file name, and the function that returns the file's bytes."""

    name: str
    filename: str
    write: Callable[[Report, tuple[Picture, ...]], bytes]
    shows_pictures: bool = False


def _write_html(report: Report, pictures: tuple[Picture, ...]) -> bytes:
    """Return the page; its modules are imported when the first one is written."""
    from pipeline.writers.html_page import write_html

    return write_html(report, pictures)


REPORT_WRITERS = (
    ReportWriter("json", "report.json", write_json),
    ReportWriter("html", "report.html", _write_html, shows_pictures=True),
)
