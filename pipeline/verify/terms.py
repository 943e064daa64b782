"""Terms of formulas for the second calculator: numbers of the record, numbers found again, and their ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.measurement import Fact
from pipeline.report import Report
from pipeline.verify.number import Number, absent

DOMAIN = "FORMULA_DOMAIN"


@dataclass(frozen=True)
class Terms:
    """Where the terms of formulas stand: the record in a report, and the study's numbers found again."""

    report: Report
    found: Mapping[str, Number]

    def field(self, name: str) -> Number:
        """Return a number of the clinical record."""
        fact = self.report.facts.get(name)
        if fact is None:
            return absent("CLIN_MISSING")
        if fact.reason is not None:
            return absent(fact.reason.split(":")[0])
        number = isinstance(fact.value, int | float) and not isinstance(fact.value, bool)
        return Number(float(str(fact.value))) if number else absent("CLIN_MISSING")

    def image(self, name: str) -> Number:
        """Return a number that the masks give; without a value where the report publishes none of it."""
        published = self.report.measurements.get(name)
        if published is None or name not in self.found:
            return absent("NOT_GIVEN")
        if published.value is None:
            return absent((published.reason or "").split(":")[0])
        return self.found[name]

    def states(self, name: str) -> bool:
        """Tell whether the clinical record speaks of a quantity itself."""
        fact: Fact | None = self.report.facts.get(name)
        return fact is not None and not fact.source.startswith("formula: ")


def combine(formula: Callable[..., float], senses: str, *terms: Number, valid: bool = True) -> Number:
    """Return a formula of terms, its ends from the ends that the senses name.

    Parameters
    ----------
    senses
        For each term ``+`` where the formula rises with it and ``-`` where it falls.
    valid
        False where the formula is not defined for these terms.
    """
    missing = [code for term in terms if term.value is None for code in term.codes]
    if missing or any(term.value is None for term in terms):
        return absent(*missing)
    if not valid:
        return absent(DOMAIN)
    try:
        value = formula(*(term.value for term in terms))
        if not any(term.low is not None for term in terms):
            return Number(value)
        low = formula(*(_end(term, sense == "-") for term, sense in zip(terms, senses, strict=True)))
        high = formula(*(_end(term, sense == "+") for term, sense in zip(terms, senses, strict=True)))
    except (ValueError, ZeroDivisionError, OverflowError):
        return absent(DOMAIN)
    return Number(value, low, high) if all(map(math.isfinite, (value, low, high))) else absent(DOMAIN)


def _end(term: Number, upper: bool) -> float | None:
    end = term.high if upper else term.low
    return term.value if end is None else end


def above_zero(*terms: Number) -> bool:
    """Tell whether every term that is known is above zero, its low end too."""
    known = [end for term in terms for end in (term.value, term.low) if end is not None]
    return all(end > 0 for end in known)


def total(terms: Sequence[Number]) -> Number:
    """Return the sum of several numbers with the sums of their ends."""
    if any(term.value is None for term in terms):
        return absent(*(code for term in terms if term.value is None for code in term.codes))
    value = math.fsum(term.value or 0.0 for term in terms)
    if all(term.low is None for term in terms):
        return Number(value)
    return Number(
        value, math.fsum(_end(t, False) or 0.0 for t in terms), math.fsum(_end(t, True) or 0.0 for t in terms)
    )
