"""The list of ``livermetry explain REPORT``: every treatment in its family, and what decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.cli.assess_text import by_family
from pipeline.cli.explained import Explained, clip, find_unsure, say_outcome
from pipeline.cli.terminal import width, wrap
from pipeline.verdict import Assessment, Outcome, Verdict
from pipeline.writers.page_words import CONFIDENCE_WORDS
from pipeline.writers.verdict_words import list_fetches

MOST_MISSING = 6


def describe_all(explained: Explained) -> list[str]:
    """Return the list of verdicts, what is missing most, and how to read on."""
    verdicts = explained.assessment.verdicts
    columns = max((len(verdict.title) for verdict in verdicts), default=0)
    lines = explained.head()
    for family, group in by_family(verdicts, explained.catalogue).items():
        lines += ["", family]
        for verdict in group:
            lines += _describe(verdict, columns)
    lines += ["", *_describe_missing(explained.assessment), *_describe_marks(verdicts)]
    lines += wrap(f"More on one: livermetry explain REPORT {verdicts[0].treatment}") if verdicts else []
    return [*lines, *wrap(explained.report.intended_use)]


def _describe(verdict: Verdict, columns: int) -> list[str]:
    """Return a verdict in a line, and what decides in a second one."""
    marks = "".join(f" [{mark}]" for mark in find_unsure(verdict))
    lines = [f"  {verdict.title:<{columns}}  {say_outcome(verdict)}{marks}"]
    first = next((each for each in verdict.criteria if each.id in verdict.decided_by), None)
    if first is not None:
        more = f" (+{len(verdict.decided_by) - 1})" if len(verdict.decided_by) > 1 else ""
        lines.append("      " + clip(f"{first.id}{more} {first.title}: {first.explanation}", width() - 6))
    return lines


def _describe_missing(assessment: Assessment) -> list[str]:
    """Return the inputs that open verdicts wait for: what to fetch next where that is known, else what most miss."""
    open_ones = [verdict for verdict in assessment.verdicts if verdict.outcome is Outcome.INDETERMINATE]
    if not open_ones:
        return []
    settling = list_fetches(assessment)
    missing = Counter(label for verdict in open_ones for label in {one.label for one in verdict.missing})
    lead = "Fetch next (for how many open verdicts it comes first): " if settling else "Missing in most open verdicts: "
    ordered = settling or sorted(missing.items(), key=lambda item: (-item[1], item[0]))
    listed = ", ".join(f"{label} ({count})" for label, count in ordered[:MOST_MISSING])
    return wrap(f"{lead}{listed}.", hang=2)


def _describe_marks(verdicts: Sequence[Verdict]) -> list[str]:
    marks = {mark for verdict in verdicts for mark in find_unsure(verdict)}
    return [f"[{mark}] {CONFIDENCE_WORDS[mark]}" for mark in ("U", "E") if mark in marks]
