"""What a reader is told first of a study without a clinical record: how many verdicts wait for it, what to fetch."""

from __future__ import annotations

from pipeline.report import Report
from pipeline.verdict import Outcome, Verdict
from pipeline.writers.trace_words import list_of_record
from pipeline.writers.verdict_words import list_fetches

RECORD = "clinical record"
"""Source of the facts that a clinical record states."""
MOST_FETCHED = 3


def has_record(report: Report) -> bool:
    """Tell whether the clinical record states anything, even what cannot be used."""
    return any(fact.source == RECORD for fact in report.facts.values())


def list_waiting(report: Report) -> list[Verdict]:
    """Return the verdicts that cannot be settled and miss something that a clinical record can give."""
    verdicts = report.assessment.verdicts if report.assessment is not None else ()
    return [each for each in verdicts if each.outcome is Outcome.INDETERMINATE and list_of_record(each)]


def say_no_record(report: Report, fetches: bool = True) -> str | None:
    """Return that there is no clinical record and how many verdicts wait for it; None where none does.

    Parameters
    ----------
    fetches
        Whether it is said what to fetch first.
    """
    waiting = list_waiting(report)
    if report.assessment is None or has_record(report) or not waiting:
        return None
    count = len(waiting)
    wait = f"{count} of {len(report.assessment.verdicts)} verdicts {'wait' if count > 1 else 'waits'} for it"
    first = _list_first(report, waiting) if fetches else []
    if not first:
        return f"No clinical record: {wait}"
    are = "inputs to fetch are" if len(first) > 1 else "input to fetch is"
    return f"No clinical record: {wait}; the first {are} {', '.join(first)}"


def _list_first(report: Report, waiting: list[Verdict]) -> list[str]:
    """Return the inputs of the record that settle most, the most useful first."""
    assert report.assessment is not None
    given = {label for verdict in waiting for label in list_of_record(verdict)}
    return [label for label, _ in list_fetches(report.assessment) if label in given][:MOST_FETCHED]
