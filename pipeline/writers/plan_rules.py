"""The rules that decide or leave open the verdicts of plans: ids beside the plan, words once below the table."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.outcome import Outcome
from pipeline.plan_record import PlanRecord, PlanVerdict
from pipeline.report import Report

MOST_OPEN = 3
"""Open rules on patient and disease that stand beside a plan; of more, their number."""
Group = tuple[str, tuple[str, ...], int]
"""What is said, of which rules, and how many more there are."""


def find_titles(report: Report) -> dict[str, str]:
    """Return the title of every rule that the report asked, by its id."""
    if report.assessment is None:
        return {}
    asked = (*report.assessment.indices, *(one for verdict in report.assessment.verdicts for one in verdict.criteria))
    return {one.id: one.title for one in asked}


def list_groups(said: PlanVerdict, *, brief: bool = False) -> list[Group]:
    """Return what a verdict rests on: rules of the plan that fail or are open, else those of patient and disease.

    Parameters
    ----------
    brief
        What fails, and nothing that is open.
    """
    first = "fails" if brief else "the plan fails"
    groups: list[Group] = [(first, said.failed, 0), ("patient or disease fails", said.failed_elsewhere, 0)]
    if not brief and said.outcome is not Outcome.NOT_ELIGIBLE:
        groups.append(("open on the plan", said.unknown, 0))
        if not said.unknown:
            shown = said.unknown_elsewhere[:MOST_OPEN]
            groups.append(("open for the patient", shown, len(said.unknown_elsewhere) - len(shown)))
    return [group for group in groups if group[1]]


def explain(plans: Sequence[PlanRecord], titles: dict[str, str], *, brief: bool = False) -> list[tuple[str, str]]:
    """Return id and title of every rule that stands beside a plan, in the order of their first plan."""
    shown = [
        rule
        for plan in plans
        if plan.verdict is not None
        for _, rules, _ in list_groups(plan.verdict, brief=brief)
        for rule in rules
    ]
    return [(rule, titles[rule]) for rule in dict.fromkeys(shown) if rule in titles]
