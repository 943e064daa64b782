"""What rules answer: truth of a criterion, outcome of a treatment, and why.

Combination, kinds and grades follow sections 1.1 to 1.3 of the clinical catalogue (``docs/rules.md``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.evidence import Evidence
from pipeline.outcome import UNSURE, Grade, Kind, Outcome, Settles, Truth, find_marks

__all__ = ["UNSURE", "Evidence", "Grade", "Kind", "Outcome", "Settles", "Truth", "find_marks"]
"""Words that are read from here as well."""


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

    @property
    def marks(self) -> tuple[str, ...]:
        """Marks of what a reader must not rely on unread: U uncertain, E an engineering default."""
        return find_marks(self.confidence)


@dataclass(frozen=True)
class Flip:
    """The smallest change of one input that changes a verdict.

    Parameters
    ----------
    flip_at
        The number at which the verdict changes; None for what is no number.
    change_percent
        Size of the change relative to the present value, in percent; None when the present value is 0.
    within_interval
        True when the change stays inside the input's interval: the verdict is then not stable.
    """

    input: str
    lesion: str | None
    value: float | str | bool | tuple[str, ...]
    flip_at: float | None
    unit: str
    becomes: Outcome
    within_interval: bool
    change_percent: float | None
    text: str


@dataclass(frozen=True)
class FetchNext:
    """A missing input, and what knowing it would do to an indeterminate verdict: both ends of its range were tried.

    Parameters
    ----------
    outcomes
        The outcomes that its possible values lead to, in their order.
    text
        The same in words: ``bilirubin: not eligible above 2 mg/dL; else still open``.
    """

    input: str
    label: str
    lesion: str | None
    settles: Settles
    outcomes: tuple[Outcome, ...]
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
    fetch_next
        For an indeterminate verdict the missing inputs worth fetching, the one most likely to settle it first.
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
    fetch_next: tuple[FetchNext, ...] = ()
    family: str = ""


@dataclass(frozen=True)
class Parting:
    """The one number, word or truth on which profiles part: where two of them answer a treatment differently.

    Parameters
    ----------
    rule
        Id of the criterion that answers differently.
    thresholds
        What each profile compares the input with, in words (``at least 30 %``), by the profile's name.
    through
        Title of the earlier treatment whose verdict the criterion reads, where it is that verdict that parts.
    """

    rule: str
    input: str
    label: str
    lesion: str | None
    value: float | str | None
    low: float | None
    high: float | None
    unit: str
    thresholds: Mapping[str, str]
    text: str
    through: str = ""


@dataclass(frozen=True)
class SideBySide:
    """One treatment under every profile.

    Parameters
    ----------
    outcomes, grades, stable
        By the profile's name.
    parting
        What decides where profiles differ; None where they agree.
    """

    treatment: str
    title: str
    family: str
    outcomes: Mapping[str, Outcome]
    grades: Mapping[str, Grade | None]
    stable: Mapping[str, bool]
    parting: Parting | None


@dataclass(frozen=True)
class Assessment:
    """All verdicts of a study under one profile."""

    profile: str
    catalogue_version: str
    verdicts: tuple[Verdict, ...]
    indices: tuple[CriterionResult, ...]
    """Class and score rules (kind X) and study-wide notes (kind N), which belong to no treatment."""
    side_by_side: tuple[SideBySide, ...] = ()
    """Every treatment under every profile."""
