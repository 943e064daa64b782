"""What an example in a rule file may say: a small case, and the answer that the rule must give."""

from __future__ import annotations

from typing import TypeAlias

from pydantic import Field

from pipeline.outcome import Grade, Outcome, Truth
from pipeline.rules.terms import Model


class GivenNumber(Model):
    """A number with an interval, in an example."""

    value: float
    low: float | None = None
    high: float | None = None


Given: TypeAlias = bool | float | str | tuple[str, ...] | GivenNumber


class Example(Model):
    """A case with its expected answer, run by the tests and by ``rules check``."""

    given: dict[str, Given] = Field(default_factory=dict)
    lesions: tuple[dict[str, Given], ...] | None = None
    verdicts: dict[str, Outcome] = Field(default_factory=dict)
    profile: str = "consensus"
    expect: Truth
    grade: Grade | None = None
    borderline: bool | None = None
    classes: tuple[str, ...] = ()
    points: tuple[int, int] | None = None
