"""What a clinical record states on whose it is, and whether it can be of the study's patient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.measurement import Fact
from pipeline.readers.clinical.entry_values import say_no_date, to_date
from pipeline.readers.clinical.fields import normal_name
from pipeline.study import Finding, Identity, Severity
from pipeline.yaml_file import Plain

IDENTITY_NAMES: Mapping[str, str] = {
    "study_instance_uid": "study_instance_uid",
    "studyinstanceuid": "study_instance_uid",
    "accession_number": "accession_number",
    "accessionnumber": "accession_number",
    "patient_id": "patient_id",
    "patientid": "patient_id",
    "study_date": "study_date",
    "studydate": "study_date",
    "study": "study",
}
"""Names of columns that say whose a record is, as ``normal_name`` gives them."""
NOBODY = "\0"
"""An identity that no study has: what stands there cannot be used."""

SEXES = {"M": "male", "F": "female", "O": "other"}
"""DICOM's codes of Patient's Sex (0010,0040) in the words of the clinical record."""


def is_identity(name: str) -> bool:
    """Tell whether a column says whose a record is."""
    return normal_name(name) in IDENTITY_NAMES


def read_identity(given: Mapping[str, Plain]) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """Return what a record states on whose it is, by canonical name, and what of it cannot be used.

    The day of the study is given as ``2024-01-31`` however it is written. What is given twice, is no text, or is a day
    that cannot be read becomes an identity that nobody has.
    """
    identity: dict[str, str] = {}
    faults: dict[str, str] = {}
    for name, value in given.items():
        canonical = IDENTITY_NAMES[normal_name(name)]
        if canonical in identity:
            faults[canonical] = "it is given twice"
        elif not isinstance(value, str):
            faults[canonical] = "it is no text"
        elif canonical == "study_date" and to_date(value) is None:
            faults[canonical] = say_no_date(value)
        identity[canonical] = NOBODY if canonical in faults else _plain(canonical, str(value))
    return identity, tuple(_say_faults(faults))


def _plain(canonical: str, text: str) -> str:
    day = to_date(text) if canonical == "study_date" else None
    return day.isoformat() if day is not None else text.strip()


def _say_faults(faults: Mapping[str, str]) -> Iterator[Finding]:
    for name, why in faults.items():
        code = "CLIN_DATE" if name == "study_date" else "CLIN_PATIENT"
        message = f"{name} of the record is not used: {why}. The record is of no study that states one."
        yield Finding(code, Severity.WARNING, message)


def find_contradiction(facts: Mapping[str, Fact], identity: Identity) -> Finding | None:
    """Return the finding ``CLIN_PATIENT`` when a record states another sex or date of birth than the study."""
    pairs = {
        "sex": (_value(facts, "sex"), SEXES.get(identity.sex or "")),
        "date of birth": (_value(facts, "birth_date").replace("-", ""), (identity.birth_date or "").replace("-", "")),
    }
    other = [name for name, (ours, theirs) in pairs.items() if ours and theirs and ours != theirs]
    if not other:
        return None
    message = (
        f"The clinical record states another {' and '.join(other)} than the study; "
        "it was not used, because it may be another patient's."
    )
    return Finding("CLIN_PATIENT", Severity.REFUSED, message, ("verdicts",))


def _value(facts: Mapping[str, Fact], name: str) -> str:
    fact = facts.get(name)
    return str(fact.value) if fact is not None and fact.value is not None else ""
