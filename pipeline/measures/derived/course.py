"""What dates and earlier values of the record say: disease-free interval, and the fall of CEA."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from pipeline.measurement import Inputs, Measurement
from pipeline.measures.derived.deriving import Derived, FormulaWords
from pipeline.measures.derived.terms import Held, Missing, collect, evaluate, is_stated, positive, recorded

MONTHS_A_YEAR = 12
INTERVAL = "interval_months"
METASTASES = "liver_mets_diagnosis_date"
STARTS = {"resection": "primary_resection_date", "diagnosis": "primary_diagnosis_date"}
"""From which day of the primary the disease-free interval counts, by the word of ``dfi_from``."""


def derive_course(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return ``interval_months``, unless the record states it, and ``cea_fall_percent``."""
    fall = evaluate(
        "cea_fall_percent",
        "%",
        lambda now, highest: 100 * (highest - now) / highest,
        (recorded(inputs.study, "cea_ng_ml"), recorded(inputs.study, "cea_max_ng_ml")),
        "1 - CEA now / highest CEA",
        lambda now, highest: positive("cea_max_ng_ml")(highest),
    )
    stated = is_stated(inputs, INTERVAL)
    return Derived(collect(fall, *([] if stated else [_interval(inputs.study, formulas.words["dfi_from"])])))


def _interval(held: Held, start: str) -> Measurement:
    """Return the months from the primary to the diagnosis of liver metastases; 0 where these were found first."""
    found, primary = _day(held, METASTASES), _day(held, STARTS[start])
    if isinstance(found, Missing):
        return Measurement(INTERVAL, None, "mo", reason=found.reason)
    if isinstance(primary, Missing):
        in_place = held.get("primary_in_situ")
        if start == "resection" and in_place is not None and in_place.value is True:
            return Measurement(INTERVAL, 0.0, "mo", method="synchronous: the primary tumour is still in place")
        return Measurement(INTERVAL, None, "mo", reason=primary.reason)
    if found <= primary:
        return Measurement(INTERVAL, 0.0, "mo", method=f"synchronous: not after the {start} of the primary")
    months = months_between(primary, found)
    return Measurement(INTERVAL, months, "mo", method=f"calendar months from {start} of the primary to the metastases")


def months_between(first: date, last: date) -> float:
    """Return the whole calendar months between two days, and the share of the next month that has passed.

    A year from a day to the same day is 12, however many days it has: thresholds are stated in months.
    """
    whole = MONTHS_A_YEAR * (last.year - first.year) + last.month - first.month
    if _month_later(first, whole) > last:
        whole -= 1
    begun, ended = _month_later(first, whole), _month_later(first, whole + 1)
    return whole + (last - begun).days / (ended - begun).days


def _month_later(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of that month where it is shorter."""
    year, month = divmod(day.year * MONTHS_A_YEAR + day.month - 1 + months, MONTHS_A_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _day(held: Held, field: str) -> date | Missing:
    quantity = held.get(field)
    if quantity is None:
        return Missing(f"CLIN_MISSING: {field} is not in the clinical record")
    if quantity.reason is not None:
        code, _, why = quantity.reason.partition(": ")
        return Missing(f"{code}: {field}: {why}")
    try:
        return date.fromisoformat(str(quantity.value))
    except ValueError:
        return Missing(f"CLIN_DATE: {field} is no date")
