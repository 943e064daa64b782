"""The terms of a comparison: what is compared, and the threshold it is compared with."""

from __future__ import annotations

from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """Base of everything in rule files: frozen, exact types, nothing unknown.

    The validator of a model is built when the model is first used by itself; most are used within others only.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, populate_by_name=True, defer_build=True
    )


class ByParameter(Model):
    """A threshold that the profile sets; ``plus`` is added to it."""

    parameter: str
    plus: float = 0.0


class ByClass(Model):
    """A threshold for each class that a class rule can give; ``plus`` is added to it."""

    by: str
    cases: dict[str, float | ByParameter] = Field(min_length=1)
    plus: float = 0.0


class ByInput(Model):
    """A threshold that is a multiple of another input, such as three times the upper limit of normal.

    ``otherwise`` stands in where that input is not given.
    """

    of: str
    times: float = 1.0
    otherwise: float | None = None


Threshold: TypeAlias = float | ByParameter | ByClass | ByInput


class FirstKnown(Model):
    """The first input of a list that is known."""

    first_known: tuple[str, ...] = Field(min_length=2)


class LowestOf(Model):
    """The lowest of several inputs; not known while one of them is missing, but bounded by the others."""

    lowest_of: tuple[str, ...] = Field(min_length=2)


class HighestOf(Model):
    """The highest of several inputs; not known while one of them is missing, but bounded by the others."""

    highest_of: tuple[str, ...] = Field(min_length=2)


Operand: TypeAlias = str | FirstKnown | LowestOf | HighestOf
