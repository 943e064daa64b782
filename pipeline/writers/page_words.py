"""Words of the page for the record's classes: outcomes, truths, kinds, grades, comparisons, facts."""

from __future__ import annotations

from pipeline.measurement import Fact, Measurement
from pipeline.report import Report
from pipeline.study import Finding, Severity
from pipeline.verdict import CriterionResult, Evidence, Flip, Kind, Missing, Outcome, Truth, Verdict
from pipeline.writers.format import Limits, format_exact, format_number, format_reason, limits_of, with_unit
from pipeline.writers.quantities import label_of

OUTCOME_WORDS = {
    Outcome.ELIGIBLE: "eligible",
    Outcome.CONDITIONAL: "conditional",
    Outcome.INDETERMINATE: "indeterminate",
    Outcome.NOT_ELIGIBLE: "not eligible",
    Outcome.NOT_APPLICABLE: "not applicable",
}
TRUTH_WORDS = {
    Truth.MET: "met",
    Truth.NOT_MET: "not met",
    Truth.INDETERMINATE: "indeterminate",
    Truth.NOT_APPLICABLE: "not applicable",
}
TRUTH_SYMBOLS = {
    Truth.MET: "eligible",
    Truth.NOT_MET: "not_eligible",
    Truth.INDETERMINATE: "indeterminate",
    Truth.NOT_APPLICABLE: "not_applicable",
}
"""A criterion's answer is drawn with the symbol of the outcome it pulls to."""
KIND_WORDS = {
    Kind.HARD: "must be met",
    Kind.SOFT: "should be met",
    Kind.NOTE: "note",
    Kind.INDEX: "score or class",
}
CONFIDENCE_WORDS = {
    "V": "number seen in the source",
    "V-": "part of it seen in the source",
    "K": "from expert knowledge of the source",
    "U": "uncertain, verify before relying on it",
    "E": "engineering default of this project",
}
OPERATOR_SIGNS = {"<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}


def say_fact(fact: Fact) -> str:
    """Return a fact's value in words with its unit, or why it is not known."""
    if fact.value is None:
        return format_reason(fact.reason)
    if isinstance(fact.value, bool):
        return "yes" if fact.value else "no"
    if isinstance(fact.value, tuple):
        return ", ".join(item.removeprefix("segment_").replace("_", " ") for item in fact.value) or "none"
    if isinstance(fact.value, str):
        return fact.value.replace("_", " ")
    return with_unit(format_exact(fact.value), fact.unit)


def say_date(text: str | None) -> str | None:
    """Return a DICOM date (``YYYYMMDD``) as ``YYYY-MM-DD``; any other text as it is."""
    if text is not None and len(text) == 8 and text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text


def say_missing(missing: Missing) -> str:
    """Return the words for a missing input and why it is not known."""
    return f"{missing.label} ({format_reason(missing.reason)})"


def list_missing(verdict: Verdict) -> list[str]:
    """Return what a verdict waits for, each once: the inputs missing in the criteria that decide it.

    None where nothing that is missing could make it better: a verdict that is settled.
    """
    if verdict.outcome not in (Outcome.INDETERMINATE, Outcome.CONDITIONAL):
        return []
    deciding = [criterion for criterion in verdict.criteria if is_deciding(verdict, criterion)]
    missing = [one for criterion in deciding for one in criterion.missing] or list(verdict.missing)
    return list(dict.fromkeys(one.label for one in missing))


def say_input(evidence: Evidence) -> str:
    """Return what a reader calls a compared input."""
    label = evidence.label or label_of(evidence.input)
    return label[:1].upper() + label[1:]


def say_operator(sign: str) -> str:
    """Return the print sign of a comparison."""
    return OPERATOR_SIGNS.get(sign, sign.replace("_", " "))


def say_value(evidence: Evidence, limits: Limits) -> str:
    """Return the compared value in words, or why it is not known."""
    if evidence.value is None:
        return format_reason(evidence.reason)
    if isinstance(evidence.value, str):
        return evidence.value.replace("_", " ")
    return with_unit(format_number(evidence.value, evidence.unit, limits_of(evidence.input, limits)), evidence.unit)


def say_range(evidence: Evidence, limits: Limits) -> str:
    """Return the interval of a compared value without its unit, or the one bound that is known of it; else nothing."""
    like = evidence.value if isinstance(evidence.value, float) else None
    low, high = (
        "" if end is None else format_number(end, evidence.unit, limits_of(evidence.input, limits), like)
        for end in (evidence.low, evidence.high)
    )
    if low and high:
        return f"{low} to {high}"
    return f"at least {low}" if low else f"at most {high}" if high else ""


def say_threshold(evidence: Evidence) -> str:
    """Return the threshold of a comparison, unrounded."""
    if evidence.threshold is None:
        return "a threshold that is not known"
    if isinstance(evidence.threshold, str):
        return evidence.threshold.replace("_", " ")
    return with_unit(format_exact(evidence.threshold), evidence.unit)


def say_exact(value: float, unit: str) -> str:
    """Return a limit with its unit, unrounded."""
    return with_unit(format_exact(value), unit)


def pick_flips(verdict: Verdict) -> list[Flip]:
    """Return the flips in the order of their size, those inside the interval first."""

    def size(flip: Flip) -> tuple[bool, float]:
        return (not flip.within_interval, float("inf") if flip.change_percent is None else abs(flip.change_percent))

    return sorted(verdict.flips, key=size)


def is_deciding(verdict: Verdict, criterion: CriterionResult) -> bool:
    """Tell whether a criterion makes the verdict what it is."""
    return criterion.id in verdict.decided_by


def find_marks(report: Report, measurement: Measurement, named: bool = True) -> list[tuple[int, Finding]]:
    """Return the findings to mark beside a number, with their places in the report's list.

    They are those whose code the measurement carries. With ``named``, also warnings that name the quantity among what
    they touch, unless a lesion's own measurements carry their code and so say which lesion it is. Where there is no
    number, the reason already says its code and only what else the measurement carries is marked.
    """
    named = named and measurement.value is not None
    said = (measurement.reason or "").partition(":")[0]
    carried = {flag for lesion in report.lesions for own in lesion.measurements.values() for flag in own.flags}
    marks: dict[str, tuple[int, Finding]] = {}
    for place, finding in enumerate(report.findings):
        touched = named and measurement.name in finding.touches and finding.severity is not Severity.INFO
        if finding.code != said and (finding.code in measurement.flags or (touched and finding.code not in carried)):
            marks.setdefault(finding.code, (place, finding))
    return list(marks.values())


def find_unlisted(report: Report, measurement: Measurement) -> list[str]:
    """Return flags of a measurement that no finding explains."""
    said = {finding.code for finding in report.findings} | {(measurement.reason or "").partition(":")[0]}
    return [flag for flag in measurement.flags if flag not in said]


def list_alarms(report: Report) -> list[tuple[int, Finding]]:
    """Return refusals, then warnings, with their places in the report's list."""
    order = (Severity.REFUSED, Severity.WARNING)
    found = [(place, finding) for place, finding in enumerate(report.findings) if finding.severity in order]
    return sorted(found, key=lambda item: order.index(item[1].severity))
