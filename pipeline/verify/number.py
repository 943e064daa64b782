"""What the second calculator says of one published number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from pipeline.measurement import Point

Ends = Callable[[tuple[Point, ...], float], str | None]
"""Tells what is wrong with published end points of a length in mm; None where nothing is."""

RELATIVE, ABSOLUTE = 2e-5, 1e-6
"""Two calculators agree where they differ by less: rounding of affines stored in 32 bits, and nothing more."""
ENDS_MM = 2e-5
"""How far an end point may lie from where the second calculator finds it, beside ``RELATIVE`` of its coordinates."""


@dataclass(frozen=True)
class Number:
    """A number computed again.

    Parameters
    ----------
    value, low, high
        As a ``Measurement`` has them; None where there is none.
    codes
        Why there is no value: codes of reasons, any of which may be given.
    slices
        Indices of slices of the image that its location may name; None where it has no location.
    uids
        Whether its location names the slice's SOPInstanceUID: where it was measured on the image's own grid.
    ends
        How its end points are checked; None where it has none.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    codes: tuple[str, ...] = ()
    slices: frozenset[int | None] | None = None
    uids: bool = True
    ends: Ends | None = None
    notes: tuple[str, ...] = field(default=())

    def at(self, other: Number) -> Number:
        """Return the same number with another one's place."""
        return replace(self, slices=other.slices, uids=other.uids, ends=other.ends)


def absent(*codes: str) -> Number:
    """Return that there is no value, for one of these reasons."""
    return Number(None, codes=codes)


def bounded(ends: Iterable[float]) -> Number:
    """Return a number of a value, its low and its high end, in that order."""
    value, low, high = ends
    return Number(value, low, high)


def within(value: float, low: float, high: float) -> Number:
    """Return a value with an interval that holds it."""
    return Number(value, min(low, value), max(high, value))


def agree(first: float | None, second: float | None) -> bool:
    """Tell whether two calculators say the same."""
    if first is None or second is None:
        return first is second
    return abs(first - second) <= ABSOLUTE + RELATIVE * max(abs(first), abs(second))
