"""The cells of studies.csv that come from the assessment: verdicts, classes and scores, uncertain criteria."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from pipeline.report import Report
from pipeline.verdict import Assessment, CriterionResult, Truth

Cells: TypeAlias = "dict[str, str | float | bool | None]"


def assessment_cells(report: Report | None) -> Cells:
    """Return by what a study was judged, verdicts, classes and scores; with None the columns that every run has."""
    row: Cells = {
        "verdicts_withheld": report.assessment_reason if report else None,
        "profile": None,
        "catalogue_version": None,
        "uncertain_criteria": None,
    }
    if report is None or report.assessment is None:
        return row
    row["profile"] = report.assessment.profile
    row["catalogue_version"] = report.assessment.catalogue_version
    for verdict in report.assessment.verdicts:
        name = f"verdict_{verdict.treatment}"
        row[name] = str(verdict.outcome)
        row[f"{name}_stable"] = verdict.stable
    for one in report.assessment.indices:
        if one.class_value is not None:
            row[class_column(one.id)] = None if one.truth is Truth.NOT_APPLICABLE else one.class_value
    row["uncertain_criteria"] = list_marked(_criteria_of(report.assessment), "U")
    return row


def class_column(rule: str) -> str:
    """Return the column of a class or score, by its rule: ``class_sco_fong``."""
    return f"class_{rule.lower().replace('-', '_')}"


def _criteria_of(assessment: Assessment) -> list[CriterionResult]:
    return [*assessment.indices, *(one for verdict in assessment.verdicts for one in verdict.criteria)]


def list_marked(criteria: Iterable[CriterionResult], mark: str) -> str:
    """Return the ids of the criteria with a mark, each once, separated by semicolons."""
    return ";".join(dict.fromkeys(one.id for one in criteria if mark in one.marks))
