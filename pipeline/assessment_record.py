"""How an assessment stands in report.json: what many treatments share is there once, the rest refers to it.

Shared are the answers of criteria, the missing inputs, and comparisons that differ only in the lesion
(``pipeline.evidence_record``). Written and read back, an assessment is the same: only the form is shorter.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter

from pipeline.evidence_record import EvidenceRecord, restore_evidence, store_evidence
from pipeline.outcome import Grade, Kind, Outcome, Truth
from pipeline.verdict import Assessment, CriterionResult, FetchNext, Flip, Missing, SideBySide, Verdict

Item = TypeVar("Item")


@dataclass(frozen=True)
class AnswerRecord:
    """The answer of one rule, whatever its effect on a treatment (``CriterionResult``).

    Parameters
    ----------
    missing
        Keys of ``AssessmentRecord.missing``.
    marks
        U where the criterion or its threshold is uncertain, E where it is an engineering default of this project.
    """

    id: str
    title: str
    truth: Truth
    grade: Grade | None
    statement: str
    explanation: str
    evidence: tuple[EvidenceRecord, ...]
    missing: tuple[str, ...]
    borderline: bool
    safety: bool
    sources: tuple[str, ...]
    confidence: str
    marks: tuple[str, ...]
    threshold_from: str
    class_value: str | None


@dataclass(frozen=True)
class AskedRecord:
    """A criterion that a treatment asks: its key in ``AssessmentRecord.criteria``, and its effect there."""

    criterion: str
    kind: Kind


@dataclass(frozen=True)
class VerdictRecord:
    """The verdict on one treatment (``Verdict``), its criteria and missing inputs by their keys."""

    treatment: str
    title: str
    family: str
    outcome: Outcome
    grade: Grade | None
    stable: bool
    possible: tuple[Outcome, ...]
    reason: str
    decided_by: tuple[str, ...]
    flips: tuple[Flip, ...]
    fetch_next: tuple[FetchNext, ...]
    missing: tuple[str, ...]
    criteria: tuple[AskedRecord, ...]


@dataclass(frozen=True)
class AssessmentRecord:
    """All verdicts of a study, each criterion's answer and each missing input held once.

    Parameters
    ----------
    criteria
        Answers by the criterion's id; a second answer of the same id, which a run never gives, is ``ID#2``.
    labels
        What a reader calls each input that was compared, by its name.
    missing
        Missing inputs by name; a second reason for the same name is ``NAME#2``.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    profile: str
    catalogue_version: str
    verdicts: tuple[VerdictRecord, ...]
    indices: tuple[AskedRecord, ...]
    side_by_side: tuple[SideBySide, ...]
    labels: dict[str, str]
    criteria: dict[str, AnswerRecord]
    missing: dict[str, Missing]


class _Shelf(Generic[Item]):
    """Things held once, each under its name or, where another thing has that name, under the name and a number."""

    def __init__(self) -> None:
        self.held: dict[str, Item] = {}
        self._named: dict[str, list[str]] = {}

    def put(self, name: str, item: Item) -> str:
        """Return the key under which a thing is held."""
        keys = self._named.setdefault(name, [])
        known = next((key for key in keys if self.held[key] is item or self.held[key] == item), None)
        if known is not None:
            return known
        key = name if not keys else f"{name}#{len(keys) + 1}"
        while key in self.held:
            key += "#"
        keys.append(key)
        self.held[key] = item
        return key


def store_assessment(assessment: Assessment) -> AssessmentRecord:
    """Return an assessment in the form of report.json."""
    criteria: _Shelf[CriterionResult] = _Shelf()
    missing: _Shelf[Missing] = _Shelf()
    verdicts = tuple(_store_verdict(verdict, criteria, missing) for verdict in assessment.verdicts)
    indices = _store_criteria(assessment.indices, criteria)
    labels: dict[str, str] = {}
    answers = {key: _store_answer(result, missing, labels) for key, result in sorted(criteria.held.items())}
    return AssessmentRecord(
        profile=assessment.profile,
        catalogue_version=assessment.catalogue_version,
        verdicts=verdicts,
        indices=indices,
        side_by_side=assessment.side_by_side,
        labels=dict(sorted(labels.items())),
        criteria=answers,
        missing=dict(sorted(missing.held.items())),
    )


def _store_verdict(verdict: Verdict, criteria: _Shelf[CriterionResult], missing: _Shelf[Missing]) -> VerdictRecord:
    return VerdictRecord(
        **_plain(verdict, VERDICT_FIELDS),
        missing=tuple(missing.put(one.name, one) for one in verdict.missing),
        criteria=_store_criteria(verdict.criteria, criteria),
    )


def _store_criteria(results: Iterable[CriterionResult], criteria: _Shelf[CriterionResult]) -> tuple[AskedRecord, ...]:
    """Return the criteria by key and effect; what is held is the answer as if it had no effect but a note's."""
    return tuple(
        AskedRecord(criteria.put(one.id, one if one.kind is Kind.NOTE else replace(one, kind=Kind.NOTE)), one.kind)
        for one in results
    )


def _store_answer(result: CriterionResult, missing: _Shelf[Missing], labels: dict[str, str]) -> AnswerRecord:
    return AnswerRecord(
        **_plain(result, ANSWER_FIELDS),
        evidence=store_evidence(result.evidence, labels),
        missing=tuple(missing.put(one.name, one) for one in result.missing),
        marks=result.marks,
    )


def restore_assessment(value: object) -> Assessment:
    """Return the assessment of a report.json, or the one given.

    Raises
    ------
    pydantic.ValidationError
        When it is neither.
    ValueError
        When it refers to a criterion, a missing input or a label that it does not hold.
    """
    if isinstance(value, Assessment):
        return value
    record = _reader().validate_python(value)
    try:
        return _restore(record)
    except KeyError as error:
        raise ValueError(f"the assessment refers to {error.args[0]}, which it does not hold") from None


def _restore(record: AssessmentRecord) -> Assessment:
    answers = {
        key: CriterionResult(
            **_plain(answer, ANSWER_FIELDS),
            kind=Kind.NOTE,
            evidence=restore_evidence(answer.evidence, record.labels),
            missing=tuple(record.missing[name] for name in answer.missing),
        )
        for key, answer in record.criteria.items()
    }
    return Assessment(
        profile=record.profile,
        catalogue_version=record.catalogue_version,
        verdicts=tuple(
            Verdict(
                **_plain(verdict, VERDICT_FIELDS),
                missing=tuple(record.missing[name] for name in verdict.missing),
                criteria=_restore_criteria(verdict.criteria, answers),
            )
            for verdict in record.verdicts
        ),
        indices=_restore_criteria(record.indices, answers),
        side_by_side=record.side_by_side,
    )


def _restore_criteria(
    asked: Iterable[AskedRecord], answers: Mapping[str, CriterionResult]
) -> tuple[CriterionResult, ...]:
    return tuple(replace(answers[one.criterion], kind=one.kind) for one in asked)


def _plain(item: object, names: Iterable[str]) -> dict[str, Any]:
    """Return the fields that an object and its record share."""
    return {name: getattr(item, name) for name in names}


def _shared(record: type, model: type, without: Container[str]) -> tuple[str, ...]:
    """Return the names of the fields that a record and what it records have in common."""
    own = {each.name for each in fields(model)}
    return tuple(each.name for each in fields(record) if each.name in own and each.name not in without)


VERDICT_FIELDS = _shared(VerdictRecord, Verdict, ("missing", "criteria"))
ANSWER_FIELDS = _shared(AnswerRecord, CriterionResult, ("evidence", "missing"))


@cache
def _reader() -> TypeAdapter[AssessmentRecord]:
    return TypeAdapter(AssessmentRecord)
