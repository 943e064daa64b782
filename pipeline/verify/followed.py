"""What follows from one value of the clinical record by itself, worked out again: no chemotherapy, no varices, age."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pipeline.measurement import Fact
from pipeline.report import Report

FROM_RECORD = "clinical record"
FOLLOWING: Mapping[str, tuple[str, float | bool, float | bool]] = {
    "chemo_weeks_total": ("chemo_lines", 0, 0),
    "chemo_cycles_preop": ("chemo_lines", 0, 0),
    "varices": ("portal_hypertension", False, False),
}
"""A fact, the field that it follows from, that field's value, and its own."""


def check_followed(report: Report) -> Iterator[str]:
    """Yield which facts do not follow from the record though they are said to, and which are not there and follow."""
    facts = report.facts
    for name, (field, cause, effect) in FOLLOWING.items():
        fact, given = facts.get(name), facts.get(field)
        follows = given is not None and _same(given.value, cause)
        if fact is None:
            if follows:
                yield f"{name} is not in the report, and follows from {field}"
        elif fact.source != FROM_RECORD and not (follows and _same(fact.value, effect)):
            yield f"{name} does not follow from {field}"
    yield from _check_pregnant(facts.get("pregnant"), facts.get("age_years"))


def _same(value: object, wanted: float | bool) -> bool:
    return value == wanted and isinstance(value, bool) is isinstance(wanted, bool)


def _check_pregnant(fact: Fact | None, age: Fact | None) -> Iterator[str]:
    """Yield what is wrong with a pregnancy that is denied by the age: the age that it names must be reached."""
    if fact is None or fact.source == FROM_RECORD:
        return
    named = re.search(r"at least ([0-9.]+)", fact.source)
    years = age.value if age is not None and isinstance(age.value, int | float) else None
    if fact.value is not False or named is None or years is None or years < float(named[1]):
        yield "pregnant does not follow from age_years"
