"""What a measurement is: a value with unit and interval, or the reason why there is none.

Definitions of every quantity are in ``docs/measurements.md``. A number never means "unknown": an unknown value is
None and carries its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Point: TypeAlias = tuple[float, float, float]
"""LPS millimetres."""


@dataclass(frozen=True)
class Location:
    """Where a measurement can be seen.

    Parameters
    ----------
    slice_index
        Index, counted from 0 at the feet-ward end, of the slice of the grid named in the report's ``image``.
    sop_instance_uid
        The image's SOPInstanceUID where the source has one.
    points_mm
        End points in LPS mm.
    frame_number
        Where that image has several frames, the one that is meant, counted from 1 as DICOM does (PS3.3 C.7.6.16).
    """

    slice_index: int | None = None
    sop_instance_uid: str | None = None
    points_mm: tuple[Point, ...] = ()
    frame_number: int | None = None


@dataclass(frozen=True)
class Measurement:
    """One number with its interval and its origin.

    Parameters
    ----------
    name
        Name of the quantity, as in ``docs/measurements.md``.
    value
        The number, or None when it is not known or cannot be trusted.
    unit
        UCUM code: ``mm``, ``mL``, ``%``, ``1``.
    low, high
        Interval in which the true value lies, by the boundary's uncertainty; None where none is defined.
    reason
        Why there is no value: ``CODE: sentence``. None exactly when there is a value.
    method
        How it was obtained, in a few words.
    masks
        The structures it came from, by role or segment name.
    location
        Where it can be seen.
    flags
        Codes of the findings that touch it.
    """

    name: str
    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    reason: str | None = None
    method: str = ""
    masks: tuple[str, ...] = ()
    location: Location | None = None
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None):
            raise ValueError(f"{self.name}: a measurement has either a value or a reason")
        if self.value is not None and self.value != self.value:
            raise ValueError(f"{self.name}: NaN is not a value")


@dataclass(frozen=True)
class Fact:
    """One piece of knowledge that is not a measured number: from the clinical record, or a class found in the images.

    Parameters
    ----------
    value
        A word, a truth, a number or a list of words; None when unknown.
    reason
        Why it is unknown: ``CODE: sentence``. None exactly when there is a value.
    unit
        UCUM code of a number, else ``1``.
    """

    name: str
    value: str | bool | float | tuple[str, ...] | None
    reason: str | None = None
    unit: str = "1"
    source: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None):
            raise ValueError(f"{self.name}: a fact has either a value or a reason")


Quantity: TypeAlias = Measurement | Fact


@dataclass(frozen=True)
class Inputs:
    """Everything that rules may read, by name.

    Parameters
    ----------
    study
        Quantities of the whole study and of the clinical record: ``remnant_percent``, ``ecog``.
    lesions
        Quantities of each intrahepatic lesion by lesion id: ``{"L1": {"longest_diameter_mm": ...}}``.
    lesions_known
        False when it is not known which lesions there are (no lesion mask, empty one, unmapped labels).
    lesions_reason
        Why they are not known, ``CODE: sentence``.
    """

    study: Mapping[str, Quantity]
    lesions: Mapping[str, Mapping[str, Quantity]] = field(default_factory=dict)
    lesions_known: bool = True
    lesions_reason: str | None = None


def absent(name: str, unit: str, code: str, why: str) -> Measurement:
    """Return a measurement without a value and with its reason."""
    return Measurement(name, None, unit, reason=f"{code}: {why}")
