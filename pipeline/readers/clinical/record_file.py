"""Clinical records: from a YAML, JSON or CSV file to the facts of one study's patient.

A record is matched by identity, never by position. Unknown is not false; a value whose unit is not stated is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pipeline.errors import ConfigurationError
from pipeline.measurement import Fact
from pipeline.readers.clinical.ages import check_ages
from pipeline.readers.clinical.description import describe_entries, say_refusals
from pipeline.readers.clinical.entries import RecordEntry, is_known, read_entry
from pipeline.readers.clinical.entry_values import to_date
from pipeline.readers.clinical.fields import ClinicalFields
from pipeline.readers.clinical.identity import find_contradiction, is_identity
from pipeline.readers.clinical.matching import find_entry, find_shared, find_strangers, stated_day
from pipeline.readers.clinical.rows import read_rows
from pipeline.readers.clinical.slips import say_strange
from pipeline.readers.discovery import StudyFiles
from pipeline.study import ClinicalRecord, Finding, Severity

LIST_AT_MOST = 12
"""Names of fields that a message repeats."""


@dataclass(frozen=True, eq=False)
class ClinicalFile:
    """Every record of a clinical file, and what was seen of the file itself.

    Parameters
    ----------
    shared
        Places of the records that name several studies of the run (``note_shared``).
    is_table
        Whether the records stand in lines.
    """

    records: tuple[RecordEntry, ...]
    fields: ClinicalFields
    findings: tuple[Finding, ...] = ()
    shared: frozenset[int] = frozenset()
    is_table: bool = False


def read_clinical(path: Path, fields: ClinicalFields) -> ClinicalFile:
    """Read a clinical file.

    Raises
    ------
    ConfigurationError
        When it cannot be read, repeats keys or columns, or holds no name of a field. A value that cannot be used, or a
        name that no field has, is no problem of the file: it is told with the record.
    """
    found = read_rows(path, lambda name: is_known(name, fields), is_identity)
    records = tuple(read_entry(row, fields) for row in found.rows)
    return ClinicalFile(records, fields, found.findings, is_table=path.suffix.lower() == ".csv")


def match_record(file: ClinicalFile | None, study: StudyFiles, fields: ClinicalFields | None = None) -> ClinicalRecord:
    """Return the record of a study's patient.

    Parameters
    ----------
    file
        The file given for the whole run; None: the record in the study's own folder, if there is one. Where both are
        there the run's file counts as a whole, and the finding ``CLIN_REPLACED`` says what the other states.
    fields
        Needed to read the study's own record.

    Returns
    -------
    ClinicalRecord
        Without facts when no record is there, or when it is not certain whose it is (finding ``CLIN_PATIENT``).
    """
    own = _own_record(study, fields)
    if file is None:
        return own or ClinicalRecord(study_date=study.identity.study_date)
    given = _match(file, study)
    return given if own is None else replace(given, findings=(*given.findings, _compare(given, own)))


def note_shared(file: ClinicalFile, studies: Sequence[StudyFiles]) -> ClinicalFile:
    """Return the run's file with the records noted that name several of its studies: they are used for none."""
    return replace(file, shared=find_shared(file.records, studies))


def find_unused(file: ClinicalFile | None, studies: Sequence[StudyFiles]) -> tuple[int, ...]:
    """Return the records of the run's file that are of none of its studies: lines of a table, else places."""
    records = () if file is None else file.records
    return tuple(entry.number for entry in find_strangers(records, studies))


def describe_clinical(file: ClinicalFile) -> list[str]:
    """Return a line for everything in a file that would not be used, without anything that identifies a patient."""
    return [f"{finding.code}: {finding.message}" for finding in file.findings] + describe_entries(
        file.records, file.is_table
    )


def _own_record(study: StudyFiles, fields: ClinicalFields | None) -> ClinicalRecord | None:
    """Return the record in a study's own folder; None where there is none."""
    if study.clinical_path is None or fields is None:
        return None
    try:
        return _match(read_clinical(study.clinical_path, fields), study)
    except ConfigurationError as error:
        message = f"The clinical record in the study's folder cannot be used: {'; '.join(error.problems[:3])}."
        finding = Finding("CLIN_FILE", Severity.WARNING, message)
        return ClinicalRecord(findings=(finding,), study_date=study.identity.study_date)


def _match(file: ClinicalFile, study: StudyFiles) -> ClinicalRecord:
    """Return what a file states of a study's patient, as it holds on the day of the study."""
    day = _trusted_day(study, file.fields)
    entry, findings = find_entry(file.records, study, day, file.fields.lab_max_age_days, file.shared)
    if entry is None:
        return ClinicalRecord(findings=findings, study_date=day)
    stranger = find_contradiction(entry.facts, study.identity)
    if stranger is not None:
        return ClinicalRecord(findings=(stranger,), study_date=day)
    if study.identity.study_date is None:
        day = stated_day(entry)
    aged = check_ages(entry, file.fields, day, _birth_of(entry.facts, study))
    seen = (*entry.findings, *say_strange(entry.strange, file.is_table))
    said = (*file.findings, *findings, *seen, *say_refusals(aged.facts), *aged.findings)
    return ClinicalRecord(aged.facts, said, day, entry.number, file.is_table, entry.plans)


def _trusted_day(study: StudyFiles, fields: ClinicalFields) -> date | None:
    """Return the day of a study; None where it is not stated or cannot be (``TIME``)."""
    day = study.identity.study_date
    return day if day is not None and fields.study_years[0] <= day.year <= fields.study_years[1] else None


def _birth_of(facts: Mapping[str, Fact], study: StudyFiles) -> date | None:
    stated = facts.get("birth_date")
    return to_date(str(stated.value)) if stated and stated.value else to_date(study.identity.birth_date)


def _compare(given: ClinicalRecord, own: ClinicalRecord) -> Finding:
    """Return the finding on a study with two records: the run's file counts, and what the other says is told."""
    stated = {name: fact.value for name, fact in own.facts.items() if fact.value is not None}
    used = {name: fact.value for name, fact in given.facts.items()}
    other = [name for name, value in stated.items() if name in used and used[name] != value]
    more = [name for name in stated if name not in used]
    text = "The clinical file of the run is used instead of the record in the study's folder"
    if not given.facts:
        message = "The record in the study's folder is not used, because a clinical file is given for the run."
        return Finding("CLIN_REPLACED", Severity.WARNING, message)
    if not stated:
        return Finding("CLIN_REPLACED", Severity.INFO, f"{text}, which states nothing that can be used.")
    if other:
        return Finding("CLIN_REPLACED", Severity.WARNING, f"{text}, which differs in {_listed(other)}.", tuple(other))
    if more:
        message = f"{text}; {_listed(more)} of that one are not used."
        return Finding("CLIN_REPLACED", Severity.INFO, message, tuple(more))
    return Finding("CLIN_REPLACED", Severity.INFO, f"{text}; they agree.")


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - LIST_AT_MOST
    return ", ".join(names[:LIST_AT_MOST]) + (f" and {rest} more" if rest > 0 else "")
