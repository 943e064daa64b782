"""verdicts.csv: one row for each study, treatment and profile, tidy; the profile of the run says more than the others.

Under the profile of the run a row says what decides the verdict. Under another one it says on what the profiles part;
nothing where they agree.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.report import Report
from pipeline.verdict import Assessment, CriterionResult, Evidence, SideBySide, Verdict
from pipeline.writers.assessment_cells import list_marked
from pipeline.writers.tables import Row, identity_cells, write_table
from pipeline.writers.trace_words import say_asked
from pipeline.writers.verdict_words import find_resting

VERDICT_COLUMNS = (
    *("key", "folder", "patient_id", "study_instance_uid", "study_date"),
    *("treatment", "title", "family", "profile", "catalogue_version", "of_the_run", "outcome", "grade", "stable"),
    *("decided_by", "deciding_criterion", "deciding_input", "lesion_id", "value", "low", "high", "unit", "threshold"),
    *("fetch_next", "missing_count", "missing", "uncertain", "engineering_default", "uncertain_criteria"),
)


def verdicts_table(reports: Iterable[Report]) -> str:
    """Return verdicts.csv; studies without verdicts have no row."""
    rows = [row for report in reports for row in _rows_of(report)]
    return write_table(VERDICT_COLUMNS, rows)


def _rows_of(report: Report) -> list[Row]:
    assessment = report.assessment
    if assessment is None:
        return []
    compared = {side.treatment: side for side in assessment.side_by_side}
    rows: list[Row] = []
    for verdict in assessment.verdicts:
        side = compared.get(verdict.treatment)
        named = {"treatment": verdict.treatment, "title": verdict.title, "family": verdict.family}
        named["catalogue_version"] = assessment.catalogue_version
        others = [name for name in side.outcomes if name != assessment.profile] if side is not None else []
        cells = [_own_cells(assessment, verdict), *(_other_cells(side, name) for name in others if side is not None)]
        rows += [{**identity_cells(report), **named, **own} for own in cells]
    return rows


def _own_cells(assessment: Assessment, verdict: Verdict) -> Row:
    """Return what is said of a verdict under the profile of the run."""
    resting = find_resting(verdict)
    deciding = next((one for one in verdict.criteria if one.id in verdict.decided_by), None)
    row: Row = {
        "profile": assessment.profile,
        "of_the_run": True,
        "outcome": str(verdict.outcome),
        "grade": None if verdict.grade is None else str(verdict.grade),
        "stable": verdict.stable,
        "decided_by": ";".join(verdict.decided_by),
        "fetch_next": ";".join(one.input for one in verdict.fetch_next),
        "missing_count": len(verdict.missing),
        "missing": ";".join(one.name for one in verdict.missing),
        "uncertain": list_marked(resting, "U"),
        "engineering_default": list_marked(resting, "E"),
        "uncertain_criteria": list_marked(verdict.criteria, "U"),
    }
    return row if deciding is None else {**row, **_deciding_cells(deciding)}


def _deciding_cells(criterion: CriterionResult) -> Row:
    """Return the comparison that gives a criterion its answer, never one on which the answer does not rest."""
    resting = [one for one in criterion.evidence if not one.beside]
    alike = [one for one in resting if one.truth is criterion.truth] or resting
    first = next((one for one in alike if isinstance(one.value, int | float)), next(iter(alike), None))
    return {"deciding_criterion": criterion.id, **({} if first is None else _evidence_cells(first))}


def _evidence_cells(evidence: Evidence) -> Row:
    return {
        "deciding_input": evidence.input,
        "lesion_id": evidence.lesion,
        "value": evidence.value,
        "low": evidence.low,
        "high": evidence.high,
        "unit": evidence.unit,
        "threshold": say_asked(evidence),
    }


def _other_cells(side: SideBySide, profile: str) -> Row:
    """Return what is known of a treatment under another profile."""
    grade, parting = side.grades[profile], side.parting
    row: Row = {
        "profile": profile,
        "of_the_run": False,
        "outcome": str(side.outcomes[profile]),
        "grade": None if grade is None else str(grade),
        "stable": side.stable[profile],
    }
    if parting is None:
        return row
    return {
        **row,
        "deciding_criterion": parting.rule,
        "deciding_input": parting.input,
        "lesion_id": parting.lesion,
        "value": parting.value,
        "low": parting.low,
        "high": parting.high,
        "unit": parting.unit,
        "threshold": parting.thresholds.get(profile),
    }
