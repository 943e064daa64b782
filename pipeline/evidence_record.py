"""How comparisons stand in report.json: those that differ only in the lesion and its value are there once.

Written and read back, the comparisons are the same and in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NotRequired, TypeAlias

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from pipeline.evidence import Evidence
from pipeline.outcome import Truth

Seen: TypeAlias = tuple[float | str | None, ...]
"""What was compared: value, low and high; the value alone where it has no interval; nothing where it is not known."""
_Shared: TypeAlias = tuple[object, ...]


@with_config(ConfigDict(extra="forbid", allow_inf_nan=False))
class EvidenceRecord(TypedDict):
    """One question with its answer (``Evidence``) and what was seen.

    What is not there is null, false or, for ``seen``, empty. Of a quantity of lesions, ``lesions`` names those where
    the same was seen, or ``by_lesion`` holds the numbers of each; without both the question is one of the study.
    A label that is not there is that of the input in ``AssessmentRecord.labels``.
    """

    input: str
    label: NotRequired[str]
    op: str
    threshold: NotRequired[float | str]
    unit: str
    truth: Truth
    borderline: NotRequired[bool]
    flip_at: NotRequired[float]
    reason: NotRequired[str]
    beside: NotRequired[bool]
    seen: NotRequired[Seen]
    lesions: NotRequired[list[str]]
    by_lesion: NotRequired[dict[str, Seen]]


def store_evidence(evidence: Iterable[Evidence], labels: dict[str, str]) -> tuple[EvidenceRecord, ...]:
    """Return comparisons in the form of report.json; neighbours that ask and answer the same become one.

    Parameters
    ----------
    labels
        Labels of inputs by their names; those of inputs that it does not have are added.
    """
    stored: list[EvidenceRecord] = []
    last: _Shared | None = None
    for one in evidence:
        shared = share(one)
        if shared != last or not _add(stored[-1], one):
            stored.append(_store(one, labels))
        last = shared
    return tuple(stored)


def share(one: Evidence) -> _Shared:
    """Return everything of a comparison but the lesion and the number that was seen there."""
    kinds = type(one.threshold), type(one.flip_at)
    asked = one.input, one.label, one.op, one.threshold, one.unit, *kinds
    seen = None if isinstance(one.value, float) else (type(one.value), one.value, one.low, one.high)
    return *asked, one.truth, one.borderline, one.flip_at, one.reason, one.beside, seen


def _add(record: EvidenceRecord, one: Evidence) -> bool:
    """Add a lesion to a record that asks and answers the same; return False where that is not possible."""
    lesions, by_lesion = record.get("lesions"), record.get("by_lesion")
    if one.lesion is not None and lesions is not None:
        lesions.append(one.lesion)
    elif one.lesion is not None and by_lesion is not None and one.lesion not in by_lesion:
        by_lesion[one.lesion] = _see(one)
    else:
        return False
    return True


def _store(one: Evidence, labels: dict[str, str]) -> EvidenceRecord:
    record = EvidenceRecord(input=one.input, op=one.op, unit=one.unit, truth=one.truth)
    if labels.setdefault(one.input, one.label) != one.label:
        record["label"] = one.label
    if one.threshold is not None:
        record["threshold"] = one.threshold
    if one.borderline:
        record["borderline"] = True
    if one.flip_at is not None:
        record["flip_at"] = one.flip_at
    if one.reason is not None:
        record["reason"] = one.reason
    if one.beside:
        record["beside"] = True
    return _place(record, one)


def _place(record: EvidenceRecord, one: Evidence) -> EvidenceRecord:
    """Return a record with what was seen: number by lesion, or the same for all lesions."""
    seen = _see(one)
    if one.lesion is not None and isinstance(one.value, float):
        record["by_lesion"] = {one.lesion: seen}
        return record
    if seen:
        record["seen"] = seen
    if one.lesion is not None:
        record["lesions"] = [one.lesion]
    return record


def _see(one: Evidence) -> Seen:
    if one.low is None and one.high is None:
        return () if one.value is None else (one.value,)
    return one.value, one.low, one.high


def restore_evidence(stored: Iterable[EvidenceRecord], labels: Mapping[str, str]) -> tuple[Evidence, ...]:
    """Return the comparisons of a report.json, each lesion's its own.

    Raises
    ------
    KeyError
        When an input has no label.
    ValueError
        When what was seen is not a value, or a value with its low and high end.
    """
    return tuple(one for record in stored for one in _restore(record, labels))


def _restore(record: EvidenceRecord, labels: Mapping[str, str]) -> Iterator[Evidence]:
    label = record["label"] if "label" in record else labels[record["input"]]
    for lesion, seen in _places(record):
        value, low, high = _ends(record["input"], seen)
        yield Evidence(
            input=record["input"],
            op=record["op"],
            threshold=record.get("threshold"),
            unit=record["unit"],
            value=value,
            low=low,
            high=high,
            truth=record["truth"],
            borderline=record.get("borderline", False),
            flip_at=record.get("flip_at"),
            lesion=lesion,
            reason=record.get("reason"),
            label=label,
            beside=record.get("beside", False),
        )


def _places(record: EvidenceRecord) -> Iterable[tuple[str | None, Seen]]:
    """Return where something was seen, and what; None for the whole study."""
    if "by_lesion" in record:
        return record["by_lesion"].items()
    seen = record.get("seen", ())
    return [(lesion, seen) for lesion in record["lesions"]] if "lesions" in record else [(None, seen)]


def _ends(name: str, seen: Seen) -> tuple[float | str | None, float | None, float | None]:
    value, low, high = (*seen, None, None, None)[:3]
    if len(seen) not in (0, 1, 3) or isinstance(low, str) or isinstance(high, str):
        raise ValueError(f"{name}: what was seen is not a value with its low and high end")
    return value, low, high
