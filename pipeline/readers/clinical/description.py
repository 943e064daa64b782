"""What of the records of a clinical file would not be used, told once for all records that it is the same for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from pipeline.measurement import Fact
from pipeline.readers.clinical.entries import RecordEntry
from pipeline.readers.clinical.identity import NOBODY
from pipeline.readers.clinical.matching import STRENGTHS
from pipeline.readers.clinical.plan_list import ENTRY
from pipeline.readers.clinical.slips import say_strange
from pipeline.study import Finding, Severity

MOST_PLACES = 12
"""Places that a line repeats."""
EQUAL = (
    "They name the same study or patient. None would be used; of records that each have another date, "
    "the nearest to the study would be."
)


def describe_entries(entries: Sequence[RecordEntry], is_table: bool) -> list[str]:
    """Return a line for each thing that would not be used, with the records that it concerns."""
    told: dict[tuple[str, str], list[int]] = defaultdict(list)
    for entry in entries:
        nobody = [] if entry.identity else [Finding("CLIN_PATIENT", Severity.REFUSED, "It does not say whose it is.")]
        for finding in (*nobody, *entry.findings, *say_refusals(entry.facts)):
            told[finding.code, finding.message].append(entry.number)
    found = [(code, message, numbers) for (code, message), numbers in told.items()]
    strange = {number for entry in entries for number in entry.strange}
    theirs = [entry.number for entry in entries if entry.strange]
    found += [(finding.code, finding.message, theirs) for finding in say_strange(strange, is_table)]
    found += [("CLIN_PATIENT", EQUAL, numbers) for numbers in _find_equal(entries)]
    return [f"{_say_places(numbers, is_table)}: {code}: {message}" for code, message, numbers in found]


def say_refusals(facts: Mapping[str, Fact]) -> list[Finding]:
    """Return a finding for every value that was given and is not used."""
    findings = []
    for name, fact in facts.items():
        code, _, why = (fact.reason or "").partition(": ")
        if code:
            said = f"{why[:1].upper()}{why[1:]}." if why.startswith(ENTRY) else f"{name} is not used: {why}."
            findings.append(Finding(code, Severity.WARNING, said, (name,)))
    return findings


def _find_equal(entries: Sequence[RecordEntry]) -> Iterator[list[int]]:
    """Yield the places of records that name one study equally well, and of which no date can choose one."""
    named: dict[tuple[str, ...], list[RecordEntry]] = defaultdict(list)
    for entry in entries:
        if best := _best_identity(entry.identity):
            named[best].append(entry)
    for same in named.values():
        days = {entry.day for entry in same}
        if len(same) > 1 and (None in days or len(days) < len(same)):
            yield [entry.number for entry in same]


def _best_identity(identity: Mapping[str, str]) -> tuple[str, ...]:
    """Return what a record names its study best by, names and values; empty where it cannot be used."""
    best = next((names for names in STRENGTHS if all(name in identity for name in names)), ())
    usable = best and NOBODY not in identity.values()
    return tuple(text for name in best for text in (name, identity[name])) if usable else ()


def _say_places(numbers: Sequence[int], is_table: bool) -> str:
    """Return where records stand: lines of a table, else their places."""
    what = f"{'line' if is_table else 'record'}{'s' if len(numbers) > 1 else ''}"
    return f"{what} {', '.join(map(str, numbers[:MOST_PLACES]))}{', …' if len(numbers) > MOST_PLACES else ''}"
