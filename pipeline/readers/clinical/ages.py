"""How old the values of a clinical record are at the study, and dates in it that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.measurement import Fact
from pipeline.readers.clinical.entries import RecordEntry
from pipeline.readers.clinical.entry_values import to_date
from pipeline.readers.clinical.fields import ClinicalFields
from pipeline.study import Finding, Severity


@dataclass(frozen=True, eq=False)
class Aged:
    """The facts of a record, those that are too old without value, and what has to be known of the others."""

    facts: Mapping[str, Fact]
    findings: tuple[Finding, ...]


def check_ages(entry: RecordEntry, fields: ClinicalFields, day: date | None, born: date | None) -> Aged:
    """Return the facts of a record as they hold on the day of the study.

    A value that ages and lies further from the study than its limit, before or after, is not known (``CLIN_STALE``). A
    day before the patient's birth cannot be (``TIME``).

    Parameters
    ----------
    day
        Day of the study; None where it is not known: then no age can be checked, and that is said.
    born
        Day of birth.
    """
    facts = dict(entry.facts)
    for name, fact in entry.facts.items():
        if fact.value is not None and (why := _find_fault(name, entry, fields, day, born)):
            facts[name] = Fact(name, None, why, fact.unit, fact.source)
    ageing = [name for name in facts if fields.fields[name].max_age_days and facts[name].value is not None]
    return Aged(facts, tuple(_say_unchecked(ageing, entry, day)))


def _find_fault(
    name: str, entry: RecordEntry, fields: ClinicalFields, day: date | None, born: date | None
) -> str | None:
    taken, definition = entry.dates.get(name), fields.fields[name]
    own = to_date(str(entry.facts[name].value)) if definition.kind == "date" and name != "birth_date" else taken
    if born is not None and own is not None and own < born:
        return "TIME: its date lies before the patient's birth"
    limit = definition.max_age_days
    if limit is None or taken is None or day is None or abs((day - taken).days) <= limit:
        return None
    age = (day - taken).days
    return f"CLIN_STALE: {abs(age)} days {'before' if age > 0 else 'after'} the study; at most {limit}"


def _say_unchecked(ageing: list[str], entry: RecordEntry, day: date | None) -> list[Finding]:
    """Return findings on values that are used although their age is not known, or although they are younger."""
    undated = [name for name in ageing if name not in entry.dates]
    dated = [name for name in ageing if name in entry.dates]
    findings = []
    if undated:
        message = "Laboratory values without a date are used; their age at the study could not be checked."
        findings.append(Finding("CLIN_STALE", Severity.INFO, message, tuple(undated)))
    if dated and day is None:
        message = (
            "The study states no usable date: the age of dated laboratory values could not be checked; they are used. "
            "The record may give study_date."
        )
        findings.append(Finding("CLIN_STALE", Severity.WARNING, message, tuple(dated)))
    after = [name for name in dated if day is not None and entry.dates[name] > day]
    if after:
        message = "Laboratory values from after the study, within their limit, are used."
        findings.append(Finding("CLIN_STALE", Severity.INFO, message, tuple(after)))
    return findings
