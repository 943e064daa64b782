"""Clinical records: from a YAML, JSON or CSV file to the facts of one study's patient.

A record is matched by identity, never by position. Unknown is not false; a value whose unit is not stated is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipeline.errors import ConfigurationError
from pipeline.measurement import Fact
from pipeline.readers.clinical_fields import ClinicalFields
from pipeline.readers.clinical_identity import find_contradiction
from pipeline.readers.clinical_rows import read_rows
from pipeline.readers.discovery import StudyFiles
from pipeline.study import ClinicalRecord, Finding, Identity, Severity
from pipeline.yaml_file import Plain

IDENTITY_NAMES = ("study_instance_uid", "patient_id", "study")
VERDICTS = ("verdicts",)
NOT_GIVEN = "CLIN_UNKNOWN: not given"


@dataclass(frozen=True, eq=False)
class RecordEntry:
    """One record as it was read: whose it is, its facts, and the date of each dated value."""

    identity: Mapping[str, str]
    facts: Mapping[str, Fact]
    dates: Mapping[str, date] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, eq=False)
class ClinicalFile:
    """Every record of a clinical file."""

    records: tuple[RecordEntry, ...]
    fields: ClinicalFields


def read_clinical(path: Path, fields: ClinicalFields) -> ClinicalFile:
    """Read a clinical file.

    Raises
    ------
    ConfigurationError
        When it cannot be read, repeats keys, or holds a name that no field has. A value that cannot be used is no
        problem of the file: it is refused by itself.
    """
    rows, problems = read_rows(path)
    known = {*IDENTITY_NAMES, "date", *fields.fields, *fields.alternatives, *fields.bare}
    for number, row in enumerate(rows, 1):
        problems += [
            f"{path.name}: record {number}: {name} is no field of configs/clinical.yaml"
            for name in row
            if name not in known
        ]
    if problems:
        raise ConfigurationError(problems)
    return ClinicalFile(tuple(_read_entry(row, fields) for row in rows), fields)


def match_record(file: ClinicalFile | None, study: StudyFiles, fields: ClinicalFields | None = None) -> ClinicalRecord:
    """Return the record of a study's patient.

    Parameters
    ----------
    file
        The file given for the whole run; None: the record in the study's own folder, if there is one.
    fields
        Needed to read the study's own record.

    Returns
    -------
    ClinicalRecord
        Without facts when no record is there, or when it is not certain whose it is (finding ``CLIN_PATIENT``).
    """
    if file is None and study.clinical_path is not None and fields is not None:
        try:
            file = read_clinical(study.clinical_path, fields)
        except ConfigurationError as error:
            message = f"The clinical record in the study's folder cannot be used: {'; '.join(error.problems[:3])}."
            return ClinicalRecord(findings=(Finding("CLIN_FILE", Severity.WARNING, message),))
    if file is None:
        return ClinicalRecord()
    matches = [entry for entry in file.records if _matches(entry, study)]
    if len(matches) == 1:
        return _age_checked(matches[0], study, file.fields)
    return _unmatched(file, len(matches))


def _unmatched(file: ClinicalFile, count: int) -> ClinicalRecord:
    """Return no facts and why: a verdict may wait, another patient's values may not be used."""
    anonymous = any(not entry.identity for entry in file.records)
    if count == 0 and len(file.records) > 1 and not anonymous:
        message = "The clinical file holds no record of this study."
        return ClinicalRecord(findings=(Finding("CLIN_ABSENT", Severity.WARNING, message),))
    why = {
        0: "states no identity or another one than the study",
    }.get(count, f"has {count} records that match the study")
    message = f"The clinical file {why}; it was not used, because it may be another patient's."
    return ClinicalRecord(findings=(Finding("CLIN_PATIENT", Severity.REFUSED, message, VERDICTS),))


def _matches(entry: RecordEntry, study: StudyFiles) -> bool:
    """Tell whether every identity that a record states is the study's; it must state one.

    The folder's name is an identity only where the files themselves carry none (NIfTI, NRRD).
    """
    if not entry.identity:
        return False
    names: set[str | None] = {study.folder, study.root.name, *Path(study.folder).parts}
    if study.case is not None:
        names.add(study.case.name)
    own = {
        "study_instance_uid": {study.identity.study_instance_uid},
        "patient_id": {study.identity.patient_id},
        "study": names,
    }
    if study.identity != Identity() and set(entry.identity) == {"study"}:
        return False
    return all(value in own[name] for name, value in entry.identity.items())


def _age_checked(entry: RecordEntry, study: StudyFiles, fields: ClinicalFields) -> ClinicalRecord:
    """Return a record whose values older than their limit before the study are unknown (``stale``)."""
    stranger = find_contradiction(entry.facts, study.identity)
    if stranger is not None:
        return ClinicalRecord(findings=(stranger,))
    facts = dict(entry.facts)
    day = study.identity.study_date
    for name, taken in entry.dates.items():
        limit = fields.fields[name].max_age_days
        age = (day - taken).days if day else None
        fact = facts[name]
        if limit is None or age is None or fact.value is None or abs(age) <= limit:
            continue
        side = "before" if age > 0 else "after"
        why = f"CLIN_STALE: {abs(age)} days {side} the study; at most {limit}"
        facts[name] = Fact(name, None, why, fact.unit, fact.source)
    return ClinicalRecord(facts, (*entry.findings, *_refusals(facts)))


def _refusals(facts: Mapping[str, Fact]) -> list[Finding]:
    """Return a finding for every value that was given and is not used."""
    findings = []
    for name, fact in facts.items():
        code, _, why = (fact.reason or "").partition(": ")
        if code and code != "CLIN_UNKNOWN":
            findings.append(Finding(code, Severity.WARNING, f"{name} is not used: {why}.", (name,)))
    return findings


def _read_entry(row: Mapping[str, Plain], fields: ClinicalFields) -> RecordEntry:
    identity = {name: str(row[name]).strip() for name in IDENTITY_NAMES if row.get(name) not in (None, "")}
    facts: dict[str, Fact] = {}
    dates: dict[str, date] = {}
    common = _to_date(row.get("date"))
    undated = common is None and row.get("date") not in (None, "")
    for given, value in row.items():
        if given in IDENTITY_NAMES or given == "date":
            continue
        name, fact, taken = _read_value(given, value, fields)
        if name in facts and facts[name].value is not None and fact.value is not None:
            fact = Fact(name, None, "CLIN_UNIT: given twice, under two names", fact.unit, "clinical record")
        facts[name] = fact if name not in facts or fact.value is not None or fact.reason != NOT_GIVEN else facts[name]
        ages = fields.fields[name].max_age_days is not None
        if ages and undated and taken is None and facts[name].value is not None:
            why = "CLIN_DATE: the record's date is not written like 2024-01-31"
            facts[name] = Fact(name, None, why, facts[name].unit, "clinical record")
        day = taken or (common if ages else None)
        if day:
            dates[name] = day
    given_facts = {name: fact for name, fact in facts.items() if fact.reason != NOT_GIVEN}
    return RecordEntry(identity, given_facts, {name: day for name, day in dates.items() if name in given_facts})


def _read_value(given: str, value: Plain, fields: ClinicalFields) -> tuple[str, Fact, date | None]:
    """Return the field, the fact and the date of one value: a plain one, or ``{value, unit, date}``."""
    taken, unit = None, None
    if isinstance(value, dict) and "value" in value and set(value) <= {"value", "unit", "date"}:
        taken, unit, value = _to_date(value.get("date")), value.get("unit"), value["value"]
    name, factor = fields.alternatives.get(given, (fields.bare.get(given, given), 1.0))
    definition = fields.fields[name]
    if unit is not None:
        factors = {definition.unit: 1.0} | {each.unit: each.factor for each in definition.alternatives}
        if str(unit) not in factors or (given in fields.alternatives and str(unit) == definition.unit):
            return name, _refuse_unit(name, definition.unit, f"the unit is not one of {', '.join(factors)}"), taken
        factor = factors[str(unit)]
    elif given in fields.bare and value not in (None, ""):
        return name, _refuse_unit(name, definition.unit, f"{given} has no unit; write it as {name}"), taken
    if factor != 1.0 and isinstance(value, int | float) and not isinstance(value, bool):
        value = value * factor
    elif factor != 1.0 and isinstance(value, str) and value:
        value = _scaled(value, factor)
    return name, definition.read(name, value), taken


def _scaled(value: str, factor: float) -> Plain:
    try:
        return float(value) * factor
    except ValueError:
        return value


def _refuse_unit(name: str, unit: str, why: str) -> Fact:
    return Fact(name, None, f"CLIN_UNIT: {why}", unit, "clinical record")


def _to_date(value: Plain) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value is not None else None
    except ValueError:
        return None
