"""Rules of a site for choosing among series or masks that fit equally; no rule ships, so that nothing is guessed.

Owns the form of the rules (``configs/default.yaml``); how they are applied is the readers' part.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Words = Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
Span = Annotated[tuple[float, float], Field(strict=False)]


class Rule(BaseModel):
    """One line of a list of preferences: exactly one condition."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError(f"a rule is one of {', '.join(type(self).model_fields)}")
        return self

    @property
    def text(self) -> str:
        """The rule as one reads it: ``words: portal, venous``."""
        (name,) = self.model_fields_set
        value = getattr(self, name)
        if isinstance(value, tuple):
            return f"{name}: {', '.join(str(each) for each in value)}"
        return f"{name}: {str(value).lower()}"


class SeriesRule(Rule):
    """What makes one of several series the preferred one.

    Parameters
    ----------
    words
        Any of these, as whole words, in SeriesDescription, ProtocolName or ContrastBolusAgent.
    kernel
        Any of these, as whole words, in ConvolutionKernel.
    slice_spacing_mm
        The distance of slices lies in this closed range, mm.
    original
        ImageType is ORIGINAL and PRIMARY.
    slices
        The series has the most, or the fewest, slices.
    """

    words: Words | None = None
    kernel: Words | None = None
    slice_spacing_mm: Span | None = None
    original: Literal[True] | None = None
    slices: Literal["most", "fewest"] | None = None


class MaskRule(Rule):
    """What makes one of several mask objects that disagree the preferred one.

    Parameters
    ----------
    words
        Any of these, as whole words, in SeriesDescription, ContentLabel, ContentDescription or StructureSetLabel.
    creator
        Any of these, as whole words, in ContentCreatorName or OperatorsName.
    newest
        Its ContentDate and ContentTime (StructureSetDate and Time) are the latest; never the time of the file.
    """

    words: Words | None = None
    creator: Words | None = None
    newest: Literal[True] | None = None


class Preferences(BaseModel):
    """How a site chooses where a study leaves a choice.

    Parameters
    ----------
    series
        In order: each rule keeps the series that it holds for, if it holds for any.
    masks
        In order of importance: mask objects that disagree with a preferred one are left out.
    other_series
        Masks of a series that is not there, or of several series: ``refuse``, or ``same_grid`` to measure them on a
        series of the same frame of reference and the same grid, flagged.
    """

    model_config = ConfigDict(frozen=True)

    series: tuple[SeriesRule, ...] = ()
    masks: tuple[MaskRule, ...] = ()
    other_series: Literal["refuse", "same_grid"] = "refuse"


def holds_words(text: str, wanted: Words) -> bool:
    """Tell whether a text holds one of these, as whole words in any case: ``pv`` is in ``LIVER_PV 5mm``."""
    words = f" {_plain(text)} "
    return any(f" {_plain(each)} " in words for each in wanted if _plain(each))


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))
