"""Words of the rule trace: what a criterion asked, what it saw, what is missing, and what is printed on paper."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace
from typing import NamedTuple

from pipeline.plain_words import say_plainly
from pipeline.verdict import CriterionResult, Evidence, Kind, Missing, Outcome, Truth, Verdict
from pipeline.writers.format import (
    Limits,
    format_exact,
    format_number,
    format_reason,
    is_point,
    limits_of,
    numbers_in,
    with_unit,
)
from pipeline.writers.page_words import KIND_WORDS, is_deciding, is_settled
from pipeline.writers.quantities import label_of

OPERATOR_SIGNS = {"<=": "≤", ">=": "≥", "==": "=", "!=": "≠", "is": "", "is not": "not"}
OPPOSITES = {"yes": "no", "no": "yes"}
RECORD_MAY_GIVE = "the clinical record may give it"
MISSING_LEADS = (
    "The clinical record can give",
    "This version does not measure",
    "The images and masks do not give",
    "Open until the rest is known",
)
OPEN_ENDING = "_OPEN"
"""End of the reason codes of classes, scores and rules that wait for other inputs."""


def say_missing(missing: Missing) -> str:
    """Return the words for a missing input and why it is not known."""
    return f"{missing.label} ({format_reason(missing.reason)})"


def split_missing(verdict: Verdict) -> list[tuple[str, list[str]]]:
    """Return what a verdict waits for by who can give it, each input once; nothing for a settled verdict."""
    groups: dict[str, dict[str, None]] = {lead: {} for lead in MISSING_LEADS}
    for missing in () if is_settled(verdict) else verdict.missing:
        groups[_find_giver(missing.reason)][missing.label] = None
    return [(lead, list(labels)) for lead, labels in groups.items() if labels]


def list_of_record(verdict: Verdict) -> list[str]:
    """Return what a verdict waits for that the clinical record can give."""
    return next((labels for lead, labels in split_missing(verdict) if lead == MISSING_LEADS[0]), [])


def _find_giver(reason: str) -> str:
    """Return the words for who can give an input that is missing for a reason."""
    code = reason.partition(":")[0]
    if code in ("NOT_GIVEN", "CLIN_ABSENT") or RECORD_MAY_GIVE in reason:
        return MISSING_LEADS[0]
    if code == "NOT_MEASURED":
        return MISSING_LEADS[1]
    return MISSING_LEADS[3 if code.endswith(OPEN_ENDING) else 2]


def pick_printed(verdict: Verdict) -> list[CriterionResult]:
    """Return the criteria that paper shows: those that decide, are borderline, or must or should be met and are not.

    Of a treatment that does not apply, those that decide.
    """
    applies = verdict.outcome is not Outcome.NOT_APPLICABLE
    return [
        criterion
        for criterion in verdict.criteria
        if is_deciding(verdict, criterion) or (applies and _is_open(criterion))
    ]


def split_printed(verdict: Verdict) -> tuple[list[CriterionResult], list[tuple[str, list[CriterionResult]]]]:
    """Return the printed criteria with a row of their own, and by kind those that only wait for what is missing."""
    printed = pick_printed(verdict)
    waiting = [one for one in printed if _is_waiting(one) and not is_deciding(verdict, one)]
    kinds = [(KIND_WORDS[kind], [one for one in waiting if one.kind is kind]) for kind in (Kind.HARD, Kind.SOFT)]
    return [one for one in printed if one not in waiting], [(words, group) for words, group in kinds if group]


class PrintedVerdict(NamedTuple):
    """What paper shows of a verdict.

    Parameters
    ----------
    waiting
        By kind, the criteria that only wait for what is missing.
    said
        Criteria that deserve a row too and have one under an earlier treatment.
    """

    verdict: Verdict
    rows: list[CriterionResult]
    waiting: list[tuple[str, list[CriterionResult]]]
    said: list[CriterionResult]


def list_printed(verdicts: Iterable[Verdict]) -> list[PrintedVerdict]:
    """Return what paper shows of each treatment that applies, each criterion but those that decide only once.

    Of a treatment that is not eligible: what decides, and what must be met and is not.
    """
    printed: list[PrintedVerdict] = []
    known: set[str] = set()
    for verdict in verdicts:
        if verdict.outcome is not Outcome.NOT_APPLICABLE:
            shown = _print_verdict(verdict, known)
            known |= {one.id for one in (*shown.rows, *(each for _, group in shown.waiting for each in group))}
            printed.append(shown)
    return printed


def _print_verdict(verdict: Verdict, known: Container[str]) -> PrintedVerdict:
    rows, waiting = split_printed(verdict)
    if verdict.outcome is Outcome.NOT_ELIGIBLE:
        return PrintedVerdict(verdict, [one for one in rows if is_deciding(verdict, one) or _fails(one)], [], [])
    new = [one for one in rows if is_deciding(verdict, one) or one.id not in known]
    groups = [(kind, [one for one in group if one.id not in known]) for kind, group in waiting]
    every = [*rows, *(one for _, group in waiting for one in group)]
    said = [one for one in every if one.id in known and not is_deciding(verdict, one)]
    return PrintedVerdict(verdict, new, [(kind, group) for kind, group in groups if group], said)


def _fails(criterion: CriterionResult) -> bool:
    """Tell whether a criterion must be met and is not."""
    return criterion.kind is Kind.HARD and criterion.truth is Truth.NOT_MET


def _is_waiting(criterion: CriterionResult) -> bool:
    """Tell whether a criterion is indeterminate and saw no value."""
    seen = any(evidence.value is not None for evidence in list_resting(criterion))
    return criterion.truth is Truth.INDETERMINATE and not criterion.borderline and not seen


def _is_open(criterion: CriterionResult) -> bool:
    """Tell whether a criterion is borderline, or hard or soft and not met or indeterminate."""
    bad = criterion.truth in (Truth.NOT_MET, Truth.INDETERMINATE) and criterion.kind in (Kind.HARD, Kind.SOFT)
    return bad or criterion.borderline


def list_resting(criterion: CriterionResult) -> list[Evidence]:
    """Return the comparisons on which a criterion's answer rests; all where it rests on none."""
    return [one for one in criterion.evidence if not one.beside] or list(criterion.evidence)


def group_evidence(evidences: Iterable[Evidence]) -> list[tuple[str, Evidence]]:
    """Return comparisons with the lesions they are about; those that read alike for several lesions are one."""
    alike: dict[Evidence, list[str]] = {}
    for evidence in evidences:
        key = replace(evidence, lesion=None) if evidence.value is None else evidence
        alike.setdefault(key, []).append(evidence.lesion or "")
    return [(names[0] if len(names) == 1 else f"{len(names)} lesions", one) for one, names in alike.items()]


def say_input(evidence: Evidence) -> str:
    """Return what a reader calls a compared input."""
    label = evidence.label or label_of(evidence.input)
    return label[:1].upper() + label[1:]


def say_asked(evidence: Evidence) -> str:
    """Return what a comparison asked for, thresholds unrounded: ``≥ 30 %``, ``yes``, ``not G3``."""
    if evidence.threshold is None:
        return "a threshold that is not known"
    if isinstance(evidence.threshold, str):
        if evidence.op == "is not" and evidence.threshold in OPPOSITES:
            return OPPOSITES[evidence.threshold]
        words = say_plainly(evidence.threshold)
        threshold = with_unit(words, evidence.unit) if numbers_in(words) else words
    else:
        threshold = say_exact(evidence.threshold, evidence.unit)
    return f"{OPERATOR_SIGNS.get(evidence.op, evidence.op.replace('_', ' '))} {threshold}".strip()


def say_value(evidence: Evidence, limits: Limits) -> str:
    """Return the compared value in words, or why it is not known."""
    if evidence.value is None:
        return format_reason(evidence.reason)
    if isinstance(evidence.value, str):
        return say_plainly(evidence.value)
    return with_unit(format_number(evidence.value, evidence.unit, limits_of(evidence.input, limits)), evidence.unit)


def say_range(evidence: Evidence, limits: Limits) -> str:
    """Return the interval of a compared value without its unit, or the one bound that is known of it; else nothing."""
    if is_point(evidence.value, evidence.low, evidence.high):
        return ""
    like = evidence.value if isinstance(evidence.value, float) else None
    low, high = (
        "" if end is None else format_number(end, evidence.unit, limits_of(evidence.input, limits), like)
        for end in (evidence.low, evidence.high)
    )
    if low and high:
        return f"{low} to {high}"
    return f"at least {low}" if low else f"at most {high}" if high else ""


def say_exact(value: float, unit: str) -> str:
    """Return a limit with its unit, unrounded."""
    return with_unit(format_exact(value), unit)
