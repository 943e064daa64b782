"""The words of an answer: truth of a criterion, kind and grade, outcome of a treatment.

Combination, kinds and grades follow sections 1.1 to 1.3 of the clinical catalogue (``docs/rules.md``).
"""

from __future__ import annotations

import re
from enum import StrEnum

UNSURE = ("U", "E")
"""Marks of a confidence that every output carries: uncertain; an engineering default of this project."""


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


class Settles(StrEnum):
    """What knowing a missing input would do to an indeterminate verdict."""

    ALWAYS = "always"
    """Whatever its value turns out to be, the verdict is settled."""
    SOMETIMES = "sometimes"
    """Some of its values settle the verdict."""
    NEVER = "never"
    """Other inputs have to be known as well."""


def find_marks(confidence: str) -> tuple[str, ...]:
    """Return U and E where a confidence such as ``V- / U`` or ``V; threshold E through RES-02`` holds them, U first."""
    words = set(re.split(r"\W+", re.sub(r"through [^;]*", "", confidence)))
    return tuple(mark for mark in UNSURE if mark in words)
