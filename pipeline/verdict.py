"""What rules answer: truth of a criterion, outcome of a treatment, and why.

Combination, kinds and grades follow sections 1.1 to 1.3 of the clinical catalogue (``docs/rules.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Truth(StrEnum):
    """Answer of a criterion; ``not_applicable`` is no truth value and drops out of AND and OR."""

    MET = "met"
    NOT_MET = "not_met"
    INDETERMINATE = "indeterminate"
    NOT_APPLICABLE = "not_applicable"


class Kind(StrEnum):
    """Effect of a criterion on its treatment: hard, soft, note, index."""

    HARD = "H"
    SOFT = "S"
    NOTE = "N"
    INDEX = "X"


class Grade(StrEnum):
    """How well a criterion is met; ``exceeded`` is not met."""

    IDEAL = "ideal"
    ACCEPTABLE = "acceptable"
    EXCEEDED = "exceeded"


class Outcome(StrEnum):
    """Verdict on a treatment, in the order in which the worse one wins."""

    NOT_APPLICABLE = "not_applicable"
    NOT_ELIGIBLE = "not_eligible"
    INDETERMINATE = "indeterminate"
    CONDITIONAL = "conditional"
    ELIGIBLE = "eligible"


@dataclass(frozen=True)
class Evidence:
    """One comparison inside a criterion: which input, against which threshold, with which answer.

    Parameters
    ----------
    input
        Name of the quantity; for a lesion ``lesion.longest_diameter_mm`` with ``lesion`` naming it.
    threshold
        The value it was compared with, in ``unit``; a text for words and lists; None when it depends on an unknown.
    borderline
        True when the threshold lies inside the input's interval.
    flip_at
        The value of the input at which the answer changes; None when no change of this input alone can change it.
    label
        What a reader calls the input.
    """

    input: str
    op: str
    threshold: float | str | None
    unit: str
    value: float | str | None
    low: float | None
    high: float | None
    truth: Truth
    borderline: bool = False
    flip_at: float | None = None
    lesion: str | None = None
    reason: str | None = None
    label: str = ""


@dataclass(frozen=True)
class Missing:
    """An input that was not known.

    Parameters
    ----------
    name
        Name of the quantity, as in ``Evidence.input``.
    label
        What a reader calls it: ``distance to the central bile ducts``.
    reason
        Why it is not known: ``CODE: sentence``.
    """

    name: str
    label: str
    reason: str


@dataclass(frozen=True)
class CriterionResult:
    """Answer of one rule in one treatment.

    Parameters
    ----------
    statement
        The rule in plain words, thresholds of the profile filled in.
    explanation
        The answer in plain words, values filled in.
    evidence
        The comparisons behind the answer; for lesion rules those of every lesion.
    missing
        The inputs that were not known.
    threshold_from
        Profile or site file that the thresholds come from.
    """

    id: str
    title: str
    kind: Kind
    truth: Truth
    grade: Grade | None
    statement: str
    explanation: str
    evidence: tuple[Evidence, ...]
    missing: tuple[Missing, ...]
    borderline: bool
    safety: bool
    sources: tuple[str, ...]
    confidence: str
    threshold_from: str
    class_value: str | None = None


@dataclass(frozen=True)
class Flip:
    """The smallest change of one input that changes a verdict.

    Parameters
    ----------
    change_percent
        Size of the change relative to the present value, in percent; None when the present value is 0.
    within_interval
        True when the change stays inside the input's interval: the verdict is then not stable.
    """

    input: str
    lesion: str | None
    value: float
    flip_at: float
    unit: str
    becomes: Outcome
    within_interval: bool
    change_percent: float | None
    text: str


@dataclass(frozen=True)
class Verdict:
    """Answer for one treatment under one profile.

    Parameters
    ----------
    stable
        False when the outcome would change somewhere inside the intervals of its inputs, varied together.
    possible
        Every outcome that can occur inside the intervals.
    decided_by
        Ids of the criteria that make the outcome what it is.
    missing
        Inputs without which the verdict cannot be settled.
    """

    treatment: str
    title: str
    outcome: Outcome
    grade: Grade | None
    stable: bool
    possible: tuple[Outcome, ...]
    reason: str
    decided_by: tuple[str, ...]
    missing: tuple[Missing, ...]
    flips: tuple[Flip, ...]
    criteria: tuple[CriterionResult, ...]


@dataclass(frozen=True)
class Assessment:
    """All verdicts of a study under one profile."""

    profile: str
    catalogue_version: str
    verdicts: tuple[Verdict, ...]
    indices: tuple[CriterionResult, ...]
    """Class and score rules (kind X) and study-wide notes (kind N), which belong to no treatment."""
