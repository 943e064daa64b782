"""Whose a clinical record is: matched by identity, exactly as it is written, never by position or likeness."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from pipeline.readers.clinical.entries import RecordEntry
from pipeline.readers.clinical.entry_values import to_date
from pipeline.readers.clinical.identity import NOBODY
from pipeline.readers.discovery import StudyFiles
from pipeline.study import Finding, Identity, Severity

VERDICTS = ("verdicts",)
STRENGTHS = (("study_instance_uid",), ("accession_number",), ("patient_id", "study_date"), ("patient_id",), ("study",))
"""Identities from the one that names a study best to the one that names it least."""
BY_NAME = len(STRENGTHS) - 1
HINTS = {
    "no day": " One differs from it only in its study_date, which cannot be read: write it like 2024-01-31.",
    "alike": (
        " One differs from it only in capitals, signs, leading zeros or decimals, as spreadsheets make them: "
        "write the identity as it stands in the images."
    ),
    "another day": " One differs from it only in its study_date: it may be of another examination of the patient.",
}
"""What a message adds on the record that comes nearest, the surest slip first."""


def find_entry(
    entries: Sequence[RecordEntry],
    study: StudyFiles,
    day: date | None,
    most_days: int,
    shared: Collection[int] = frozenset(),
) -> tuple[RecordEntry | None, tuple[Finding, ...]]:
    """Return the record of a study's patient, and what has to be known of how it was found.

    Of several that match, the one counts that names the study best: StudyInstanceUID, accession number, patient and
    day, patient. Of several equal ones the nearest in time counts, at most ``most_days`` from the study.

    Parameters
    ----------
    day
        Day of the study, where it can be trusted.
    shared
        Records that name several studies of the run, by ``find_shared``: used for none of them.
    """
    own = _own_identities(study)
    ranked = [(strength, entry) for entry in entries if (strength := _strength(entry, study, own)) is not None]
    if not ranked:
        return None, (_say_absent(entries, study),)
    best = min(strength for strength, _ in ranked)
    matches = [entry for strength, entry in ranked if strength == best]
    chosen = matches[0] if len(matches) == 1 else _nearest(matches, day, most_days)
    if chosen is None:
        why = f"has {len(matches)} records that match the study, and not one that is nearest to it in time"
        return None, (_refuse(why),)
    if best == BY_NAME and chosen.number in shared:
        hint = " Name the study by its whole folder below the input."
        return None, (_refuse("names several studies of this run by the name of their folder", hint),)
    return chosen, () if len(ranked) == 1 else (_say_several(len(ranked), len(matches)),)


def find_shared(entries: Sequence[RecordEntry], studies: Sequence[StudyFiles]) -> frozenset[int]:
    """Return the places of the records that name two or more studies by folder or case alone: whose, is not known."""
    named: dict[str, list[RecordEntry]] = defaultdict(list)
    for entry in entries:
        if "study" in entry.identity:
            named[entry.identity["study"]].append(entry)
    owners: Counter[int] = Counter()
    for study in studies:
        own = _own_identities(study)
        for entry in (entry for name in own["study"] for entry in named.get(name, ())):
            owners[entry.number] += _strength(entry, study, own) == BY_NAME
    return frozenset(number for number, count in owners.items() if count > 1)


def find_strangers(entries: Sequence[RecordEntry], studies: Sequence[StudyFiles]) -> list[RecordEntry]:
    """Return the records that are of none of the studies."""
    owners: dict[tuple[str, str], list[tuple[StudyFiles, Mapping[str, set[str]]]]] = defaultdict(list)
    for study in studies:
        own = _own_identities(study)
        for name, values in own.items():
            for value in values if name != "study_date" else ():
                owners[name, value].append((study, own))
    return [
        entry
        for entry in entries
        if not any(
            _strength(entry, study, own) is not None
            for item in entry.identity.items()
            for study, own in owners.get(item, ())
        )
    ]


def _strength(entry: RecordEntry, study: StudyFiles, own: Mapping[str, set[str]]) -> int | None:
    """Return the place in ``STRENGTHS`` of what a record and a study share; None when it may be another's.

    Every identity that the record states must be the study's. What the study does not state is passed over only where
    the StudyInstanceUID is the same, or where it is the day. A folder's name counts where files carry no identity.
    """
    if study.identity != Identity() and set(entry.identity) - {"study_date"} == {"study"}:
        return None
    same, other = _compare(entry, own)
    if other:
        return None
    return next((place for place, names in enumerate(STRENGTHS) if same.issuperset(names)), None)


def _compare(entry: RecordEntry, own: Mapping[str, set[str]]) -> tuple[set[str], set[str]]:
    """Return the names of the identities that a record and a study share, and of those that may be another's."""
    stated = entry.identity
    same = {name for name, value in stated.items() if value in own[name]}
    silent = {name for name in stated if not own[name]}
    excused = silent if "study_instance_uid" in same else silent & {"study_date"}
    return same, set(stated) - same - excused


def _own_identities(study: StudyFiles) -> Mapping[str, set[str]]:
    """Return what names a study: its folder's own name or whole path and its case, never a folder above it."""
    identity = study.identity
    day = identity.study_date
    own: dict[str, set[str | None]] = {
        "study_instance_uid": {identity.study_instance_uid},
        "accession_number": {identity.accession_number},
        "patient_id": {identity.patient_id},
        "study_date": {day.isoformat(), day.strftime("%Y%m%d")} if day else set(),
        "study": {study.folder, study.root.name, study.case.name if study.case is not None else None},
    }
    return {name: {value for value in values if value} for name, values in own.items()}


def stated_day(entry: RecordEntry) -> date | None:
    """Return the day of the study that a record states."""
    return to_date(entry.identity.get("study_date"))


def _nearest(entries: Sequence[RecordEntry], day: date | None, most_days: int) -> RecordEntry | None:
    """Return the only record that is nearest to a day; None when one of them, or the day, is not dated."""
    distances = [abs((entry.day - day).days) for entry in entries if entry.day is not None and day is not None]
    if len(distances) != len(entries) or distances.count(min(distances)) > 1 or min(distances) > most_days:
        return None
    return entries[distances.index(min(distances))]


def _say_several(count: int, equal: int) -> Finding:
    how = "the one nearest to it in time" if equal > 1 else "the one that names it best"
    return Finding("CLIN_SEVERAL", Severity.INFO, f"{count} records match the study; {how} was used.")


def _say_absent(entries: Sequence[RecordEntry], study: StudyFiles) -> Finding:
    """Return why no record was used: a verdict may wait, another patient's values may not be used."""
    own = _own_identities(study)
    kinds = {_find_slip(entry, own) for entry in entries}
    hint = next((text for kind, text in HINTS.items() if kind in kinds), "")
    if len(entries) > 1 and all(entry.identity for entry in entries):
        return Finding("CLIN_ABSENT", Severity.WARNING, f"The clinical file holds no record of this study.{hint}")
    return _refuse("states no identity or another one than the study", hint)


def _refuse(why: str, hint: str = "") -> Finding:
    message = f"The clinical file {why}; it was not used, because it may be another patient's.{hint}"
    return Finding("CLIN_PATIENT", Severity.REFUSED, message, VERDICTS)


def _find_slip(entry: RecordEntry, own: Mapping[str, set[str]]) -> str | None:
    """Return the key in ``HINTS`` of all that keeps a record from being the study's; None where that is more."""
    same, other = _compare(entry, own)
    if same and other == {"study_date"}:
        return "no day" if entry.identity["study_date"] == NOBODY else "another day"
    alike = {name for name in other if _plain(entry.identity[name]) in map(_plain, own[name])}
    return "alike" if alike - {"study_date"} else None


def _plain(identity: str) -> str:
    """Return an identity without capitals, signs, leading zeros and the decimals that spreadsheets add."""
    text = re.sub(r"\.0+$", "", identity.strip())
    return re.sub(r"[\W_]+", "", text).casefold().lstrip("0")
