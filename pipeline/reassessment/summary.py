"""Count what a question changes in many reports, as its answers come in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.reassessment.answering import Answer
from pipeline.verdict import Outcome

Step: TypeAlias = tuple[str, Outcome | None, Outcome]
"""A treatment, its outcome before and after."""


@dataclass
class Summary:
    """What was counted so far.

    Parameters
    ----------
    steps
        Reports by treatment and change; those whose outcome stays are not among them.
    problems
        Reports without verdicts, by the code of the reason.
    other_rules
        Reports whose verdicts were given by other rules than those that are there now.
    altered
        Reports with a verdict that their own values do not give by the rules that they were made by.
    """

    reports: int = 0
    steps: Counter[Step] = field(default_factory=Counter)
    treatments: dict[str, None] = field(default_factory=dict)
    problems: Counter[str] = field(default_factory=Counter)
    profiles: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    other_rules: int = 0
    altered: int = 0

    @property
    def asked(self) -> int:
        """Reports whose verdicts were asked anew."""
        return self.reports - self.problems.total()

    def add(self, answer: Answer) -> None:
        """Count one answer."""
        self.reports += 1
        self.other_rules += answer.other_rules
        self.altered += bool(answer.altered)
        if answer.problem is not None:
            self.problems[answer.problem.partition(":")[0]] += 1
            return
        self.profiles[answer.new_profile] += 1
        steps = [(row.treatment, row.before, row.after) for row in answer.rows if row.changed]
        self.treatments |= dict.fromkeys(row.treatment for row in answer.rows)
        self.steps.update(steps)
        self.changed += bool(steps)
