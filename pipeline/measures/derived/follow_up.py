"""Dates of the visits that follow a liver treatment, from the day of the last one in the clinical record."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from pipeline.measurement import Fact, Inputs
from pipeline.measures.derived.deriving import FORMULA, Derived, FormulaWords

Visits = tuple[str, ...]

FIRST_AFTER_ABLATION_WEEKS = 8


def derive_follow_up(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return the visits after the last resection, ablation and radiation, each at the latest day that is allowed.

    Intervals: ESMO (Cervantes, Ann Oncol 2023;34:10) after resection; CIRSE (Crocetti, Cardiovasc Intervent Radiol
    2020;43:951) after ablation; common practice after radiation. Surveillance ends after 5 years.
    """
    found = {}
    for name, (field, schedule) in SCHEDULES.items():
        day = _day(inputs, field)
        if day is not None:
            found[name] = Fact(name, schedule(day), source=f"{FORMULA}calendar months after {field}")
    return Derived(found)


def _day(inputs: Inputs, field: str) -> date | None:
    held = inputs.study.get(field)
    if held is None or not isinstance(held.value, str):
        return None
    try:
        return date.fromisoformat(held.value)
    except ValueError:
        return None


def months_after(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day where it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def after_resection(day: date) -> Visits:
    """Return CEA and CT every 6 months for 2 years, every 12 to year 5; colonoscopy after one."""
    what = {12: "CEA, CT of chest, abdomen and pelvis, colonoscopy"}
    usual = "CEA, CT of chest, abdomen and pelvis"
    return tuple(f"{months_after(day, n)} {what.get(n, usual)}" for n in (6, 12, 18, 24, 36, 48, 60))


def after_ablation(day: date) -> Visits:
    """Return CT or MRI after 8 weeks, every 3 months in year 1, every 4 in year 2, every 6 to year 5."""
    first = day + timedelta(weeks=FIRST_AFTER_ABLATION_WEEKS)
    later = (*range(3, 13, 3), *range(16, 25, 4), *range(30, 61, 6))
    return (f"{first} first CT or MRI with contrast", *(f"{months_after(day, n)} CT or MRI" for n in later))


def after_radiation(day: date) -> Visits:
    """Return the first CT or MRI after 3 months."""
    return (f"{months_after(day, 3)} first CT or MRI",)


SCHEDULES: Mapping[str, tuple[str, Callable[[date], Visits]]] = {
    "visits_after_resection": ("last_liver_resection_date", after_resection),
    "visits_after_ablation": ("last_liver_ablation_date", after_ablation),
    "visits_after_radiation": ("last_liver_radiation_date", after_radiation),
}
