"""Read the terms of a formula, and evaluate it with its interval: the value, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.measures.derived.deriving import FORMULA, FormulaWords

Held: TypeAlias = Mapping[str, Quantity]
"""Quantities of a study or of one lesion, by name."""
Check: TypeAlias = Callable[..., str | None]
"""Tells what is wrong with the terms of a formula; None where it can be evaluated."""


@dataclass(frozen=True)
class Term:
    """A number that a formula takes: its value, its ends (the value where it has none), what touches it."""

    value: float
    low: float
    high: float
    bounded: bool = False
    masks: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def ends(self) -> tuple[float, ...]:
        """The ends between which it may lie, or the value alone."""
        return (self.low, self.high) if self.bounded else (self.value,)


@dataclass(frozen=True)
class Missing:
    """A term that is not known, and why: ``CODE: sentence``."""

    reason: str


Read: TypeAlias = Term | Missing


def recorded(held: Held, field: str) -> Read:
    """Return a number of the clinical record."""
    quantity = held.get(field)
    if quantity is None:
        return Missing(f"CLIN_MISSING: {field} is not in the clinical record")
    if quantity.reason is not None:
        code, _, why = quantity.reason.partition(": ")
        return Missing(f"{code}: {field}: {why}")
    return _term(quantity) or Missing(f"CLIN_MISSING: {field} in the clinical record is not a number")


def measured(held: Held, name: str) -> Read:
    """Return a number that was measured in the images."""
    quantity = held.get(name)
    if quantity is None:
        return Missing(f"NOT_GIVEN: {name} is not among the measurements of this study")
    if quantity.reason is not None:
        return Missing(quantity.reason)
    return _term(quantity) or Missing(f"NOT_GIVEN: {name} is not a number")


def setting(formulas: FormulaWords, parameter: str) -> Read:
    """Return a number that the profile sets."""
    number = formulas.numbers.get(parameter)
    if number is None:
        return Missing(f"FORMULA_DOMAIN: the profile sets no number for {parameter}")
    return Term(number, number, number)


def _term(quantity: Quantity) -> Term | None:
    value = quantity.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value)
    if isinstance(quantity, Fact):
        return Term(number, number, number)
    bounded = quantity.low is not None and quantity.high is not None
    low, high = (number if end is None else end for end in (quantity.low, quantity.high))
    return Term(number, low, high, bounded, quantity.masks, quantity.flags)


def evaluate(
    name: str,
    unit: str,
    formula: Callable[..., float],
    terms: Sequence[Read],
    method: str,
    wrong: Check = lambda *numbers: None,
) -> Measurement:
    """Return the value of a formula that rises or falls with each of its terms, and its smallest and largest value.

    Parameters
    ----------
    terms
        In the order of the formula's arguments. The first that is missing gives the reason.
    wrong
        Asked at the value and at every end; where it objects, there is no value (``FORMULA_DOMAIN``).
    """
    missing = next((term for term in terms if isinstance(term, Missing)), None)
    if missing is not None:
        return Measurement(name, None, unit, reason=missing.reason, method=method)
    known = [term for term in terms if isinstance(term, Term)]
    points = [tuple(term.value for term in known), *product(*(term.ends for term in known))]
    trouble = next((why for point in points if (why := wrong(*point)) is not None), None)
    values = [] if trouble is not None else [formula(*point) for point in points]
    if trouble is not None or not all(math.isfinite(value) for value in values):
        reason = f"FORMULA_DOMAIN: {trouble or 'the formula gives no finite number'}"
        return Measurement(name, None, unit, reason=reason, method=method)
    bounded = any(term.bounded for term in known)
    low, high = (min(values), max(values)) if bounded else (None, None)
    masks = tuple(dict.fromkeys(mask for term in known for mask in term.masks))
    flags = tuple(dict.fromkeys(flag for term in known for flag in term.flags))
    return Measurement(name, values[0], unit, low, high, None, method, masks, None, flags)


def positive(*names: str) -> Check:
    """Return the check that every term is above zero, in the order of their names."""

    def wrong(*numbers: float) -> str | None:
        bad = [name for name, number in zip(names, numbers, strict=True) if not number > 0]
        return f"{', '.join(bad)} must be above zero" if bad else None

    return wrong


def is_stated(inputs: Inputs, name: str) -> bool:
    """Tell whether the clinical record speaks of a quantity, with a value or with the reason why it has none."""
    held = inputs.study.get(name)
    return isinstance(held, Fact) and not held.source.startswith(FORMULA)


def collect(*quantities: Quantity) -> dict[str, Quantity]:
    """Return quantities by their names."""
    return {quantity.name: quantity for quantity in quantities}
