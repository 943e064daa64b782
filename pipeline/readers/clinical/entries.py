"""One record of a clinical file: whose it is, its facts, their dates, and what was not understood in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from pipeline.measurement import Fact
from pipeline.plan import GivenPlan
from pipeline.readers.clinical.entry_values import (
    Refused,
    Value,
    convert,
    doubt_unit,
    read_number,
    read_plain,
    say_no_date,
    to_date,
)
from pipeline.readers.clinical.fields import ClinicalField, ClinicalFields, Column, normal_name
from pipeline.readers.clinical.identity import is_identity, read_identity
from pipeline.readers.clinical.plan_list import (
    LISTED,
    SINGLE,
    find_contradiction,
    list_plans,
    read_plan_list,
    say_culprit,
    say_refused_plans,
    state_first,
    written_name,
)
from pipeline.readers.clinical.rows import Row
from pipeline.readers.clinical.slips import say_slips
from pipeline.readers.clinical.structured_fields import read_structure
from pipeline.study import Finding, Severity
from pipeline.yaml_file import Plain

DAY = "date"
SOURCE = "clinical record"


@dataclass(frozen=True, eq=False)
class RecordEntry:
    """One record as it was read.

    Parameters
    ----------
    number
        Its line in a table, else its place among the records.
    identity
        What it states on whose it is, by canonical name.
    day
        The day of the record, where it states a readable one.
    facts, dates
        Its values, refused ones included, and the day of each value that ages.
    strange
        Numbers of its columns or keys whose names are like no field's.
    plans
        Every plan of a resection that it states, the one that counts first.
    """

    number: int
    identity: Mapping[str, str]
    facts: Mapping[str, Fact]
    dates: Mapping[str, date] = field(default_factory=dict)
    day: date | None = None
    findings: tuple[Finding, ...] = ()
    strange: tuple[int, ...] = ()
    plans: tuple[GivenPlan, ...] = ()


@dataclass(frozen=True, eq=False)
class _Cell:
    fact: Fact | None
    day: date | None = None
    gives: Mapping[str, Value] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    plans: tuple[GivenPlan, ...] = ()


def is_known(name: str, fields: ClinicalFields) -> bool:
    """Tell whether a column's name is one of the clinical record."""
    return is_identity(name) or normal_name(name) == DAY or fields.column(name) is not None


def read_entry(row: Row, fields: ClinicalFields) -> RecordEntry:
    """Return the facts of one record."""
    given = {name: value for name, value in row.cells.items() if value is not None and value != ""}
    identity, faults = read_identity({name: value for name, value in given.items() if is_identity(name)})
    cells: dict[str, list[_Cell]] = {}
    for name, value in given.items():
        if not is_identity(name) and (column := fields.column(name)) is not None:
            cells.setdefault(column.field, []).append(_read_cell(column, name, value, row, fields))
    day_given = next((value for name, value in given.items() if normal_name(name) == DAY), None)
    day = to_date(day_given)
    facts = {name: fact for name, each in cells.items() if (fact := _one_of(name, each)) is not None}
    dates = {name: each.day for name, found in cells.items() for each in found if each.day is not None}
    _add_given(facts, {name: value for found in cells.values() for each in found for name, value in each.gives.items()})
    listed = _find_listed(cells)
    written = next((plan.name for cell in cells.get(SINGLE, []) for plan in cell.plans), "")
    plans = list_plans(facts, listed, fields.resections, written)
    faults = (*faults, *say_refused_plans(facts, listed))
    facts |= state_first(facts, listed, SOURCE)
    if day_given is not None and day is None:
        faults = (*faults, *_take_undated(facts, dates, fields, say_no_date(day_given)))
    if day is not None:
        dates |= {name: day for name in facts if name not in dates and _ages(name, fields)}
    findings = (each for found in cells.values() for cell in found for each in cell.findings)
    unknown = [name for name in given if not is_known(name, fields)]
    kept = {name: when for name, when in dates.items() if name in facts}
    slips, strange = say_slips(unknown, row, fields)
    return RecordEntry(row.number, identity, facts, kept, day, (*faults, *findings, *slips), strange, plans)


def _find_listed(cells: Mapping[str, list[_Cell]]) -> tuple[GivenPlan, ...]:
    """Return the plans of the list, where it is given once."""
    found = cells.get(LISTED, [])
    return found[0].plans if len(found) == 1 else ()


def _ages(name: str, fields: ClinicalFields) -> bool:
    return fields.fields[name].max_age_days is not None


def _read_cell(column: Column, given: str, value: Plain, row: Row, fields: ClinicalFields) -> _Cell:
    """Return the fact and the date of one value: a plain one, or ``{value, unit, date}``."""
    name, definition = column.field, fields.fields[column.field]
    day_given, unit_given = None, None
    if isinstance(value, dict) and "value" in value and set(value) <= {"value", "unit", "date"}:
        day_given, unit_given, value = value.get("date"), value.get("unit"), value["value"]
    if _is_unknown(value, definition.words, fields):
        return _Cell(None)
    if definition.one_of:
        plans = read_plan_list(definition, value, fields.resections)
        if isinstance(plans, Refused):
            return _refused(name, definition.unit, plans)
        return _Cell(Fact(name, plans.words, source=SOURCE), plans=plans.plans)
    if definition.kind == "structured":
        found = read_structure(definition, value)
        wrong = found if isinstance(found, Refused) else find_contradiction(found.gives, fields.resections)
        if wrong is not None:
            return _refuse_structure(name, definition, value, wrong)
        assert not isinstance(found, Refused)
        return _Cell(Fact(name, found.words, source=SOURCE), gives=found.gives)
    taken = to_date(day_given)
    if day_given not in (None, "") and taken is None:
        return _refused(
            name, definition.unit, Refused("CLIN_DATE", f"its date cannot be used: {say_no_date(day_given)}")
        )
    if given in row.doubtful and definition.kind in ("number", "integer"):
        why = "not a number: in this table a point or comma may divide decimals or thousands"
        return _refused(name, definition.unit, Refused("CLIN_VALUE", why))
    unit = _unit_of(column, given, unit_given, fields)
    if isinstance(unit, Refused):
        return _refused(name, definition.unit, unit)
    return _read_scalar(name, value, unit, taken, fields)


def _is_unknown(value: Plain, words: list[str], fields: ClinicalFields) -> bool:
    text = value.strip().casefold() if isinstance(value, str) else value
    return text in (None, "") or (isinstance(text, str) and text in fields.unknown_words and text not in words)


def _unit_of(column: Column, name: str, given: Plain, fields: ClinicalFields) -> str | Refused:
    """Return the unit of a value: the one of its name as it was written, or the one beside it; both must be one."""
    definition = fields.fields[column.field]
    if column.problem is not None:
        return Refused("CLIN_UNIT", column.problem)
    if given in (None, ""):
        has_none = f"it was given as {' '.join(name.split())}, which says no unit; write it as {column.field}"
        return Refused("CLIN_UNIT", has_none) if column.unit is None else column.unit
    unit = fields.unit_of(column.field, str(given))
    if unit is None:
        return Refused("CLIN_UNIT", f"the unit is not one of {', '.join(definition.factors())}")
    if column.unit not in (None, unit):
        return Refused("CLIN_UNIT", f"its name says {column.unit}, beside it stands {unit}")
    return unit


def _read_scalar(name: str, value: Plain, unit: str, day: date | None, fields: ClinicalFields) -> _Cell:
    definition = fields.fields[name]
    findings: tuple[Finding, ...] = ()
    if definition.kind == "number" and definition.plausible is not None:
        number = read_number(definition, value)
        found: Value | Refused = number
        if not isinstance(number, Refused):
            found = convert(name, definition, number, unit)
            other = None if isinstance(found, Refused) else doubt_unit(definition, number, unit)
            findings = (_doubtful(name, number, unit, other),) if other else ()
    else:
        found = read_plain(definition, value)
    if isinstance(found, Refused):
        return _refused(name, definition.unit, found)
    return _Cell(Fact(name, found, unit=definition.unit, source=SOURCE), day, findings=findings)


def _doubtful(name: str, number: float, unit: str, other: str) -> Finding:
    message = (
        f"{name} was given as {number:g} {unit}, which is used. It would be a usual value in {other}: check its unit."
    )
    return Finding("CLIN_RANGE", Severity.WARNING, message, (name,))


def _refused(name: str, unit: str, why: Refused) -> _Cell:
    return _Cell(Fact(name, None, f"{why.code}: {why.why}", unit, SOURCE))


def _refuse_structure(name: str, definition: ClinicalField, value: Plain, why: Refused) -> _Cell:
    """Return a structured field that is not used; a plan keeps what it is called."""
    if name != SINGLE:
        return _refused(name, definition.unit, why)
    refused = _refused(name, definition.unit, say_culprit(definition, value, why))
    return replace(refused, plans=(GivenPlan(written_name(value)),))


def _one_of(name: str, cells: list[_Cell]) -> Fact | None:
    """Return the fact of one field; two values under two names leave it unknown."""
    facts = [cell.fact for cell in cells if cell.fact is not None]
    if len(facts) > 1:
        return Fact(name, None, "CLIN_UNIT: given twice, under two names", facts[0].unit, SOURCE)
    return facts[0] if facts else None


def _add_given(facts: dict[str, Fact], gives: Mapping[str, Value]) -> None:
    """Add what structured fields state of others; where both state something else, neither is known."""
    for name, value in gives.items():
        stated = facts.get(name)
        if stated is None:
            facts[name] = Fact(name, value, source=SOURCE)
        elif stated.value is not None and stated.value != value:
            facts[name] = Fact(name, None, "CLIN_CONTRADICT: a plan of the record says otherwise", stated.unit, SOURCE)


def _take_undated(
    facts: dict[str, Fact], dates: Mapping[str, date], fields: ClinicalFields, fault: str
) -> list[Finding]:
    """Take away values that age when the record's own date cannot be read; where there is none, it is told alone."""
    why = f"the record's date cannot be used: {fault}"
    ageing = [name for name in facts if _ages(name, fields) and name not in dates and facts[name].value is not None]
    for name in ageing:
        facts[name] = Fact(name, None, f"CLIN_DATE: {why}", facts[name].unit, SOURCE)
    return [] if ageing else [Finding("CLIN_DATE", Severity.WARNING, f"{why[0].upper()}{why[1:]}.")]
