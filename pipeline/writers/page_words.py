"""Words of the page for the record's classes: outcomes, truths, kinds, grades, comparisons, facts."""

from __future__ import annotations

from pipeline.measurement import Fact, Measurement
from pipeline.plain_words import say_plainly
from pipeline.report import Report
from pipeline.study import Finding, Severity, TrafficLight
from pipeline.verdict import CriterionResult, Flip, Kind, Outcome, Truth, Verdict
from pipeline.writers.format import format_exact, format_reason, with_unit

OUTCOME_WORDS = {
    Outcome.ELIGIBLE: "eligible",
    Outcome.CONDITIONAL: "conditional",
    Outcome.INDETERMINATE: "indeterminate",
    Outcome.NOT_ELIGIBLE: "not eligible",
    Outcome.NOT_APPLICABLE: "not applicable",
}
LIGHT_WORDS = {
    TrafficLight.GREEN: "Green: no finding speaks against these numbers",
    TrafficLight.AMBER: "Amber: read the warnings before the numbers",
    TrafficLight.RED: "Red: numbers or verdicts are withheld, and the findings say why",
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


def say_fact(fact: Fact) -> str:
    """Return a fact's value in words with its unit, or why it is not known."""
    if fact.value is None:
        return format_reason(fact.reason)
    if isinstance(fact.value, bool):
        return "yes" if fact.value else "no"
    if isinstance(fact.value, tuple):
        return ", ".join(item.removeprefix("segment_").replace("_", " ") for item in fact.value) or "none"
    if isinstance(fact.value, str):
        return say_plainly(fact.value)
    return with_unit(format_exact(fact.value), fact.unit)


def say_date(text: str | None) -> str | None:
    """Return a DICOM date (``YYYYMMDD``) as ``YYYY-MM-DD``; any other text as it is."""
    if text is not None and len(text) == 8 and text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text


def list_missing(verdict: Verdict) -> list[str]:
    """Return what a verdict waits for, each once: the inputs missing in the criteria that decide it.

    None where nothing that is missing could make it better: a verdict that is settled.
    """
    if is_settled(verdict):
        return []
    deciding = [criterion for criterion in verdict.criteria if is_deciding(verdict, criterion)]
    missing = [one for criterion in deciding for one in criterion.missing]
    return list(dict.fromkeys(one.label for one in missing))


def is_settled(verdict: Verdict) -> bool:
    """Tell whether nothing that is missing could change a verdict for the better."""
    return verdict.outcome not in (Outcome.INDETERMINATE, Outcome.CONDITIONAL)


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
    number none is marked: the reason stands there, and there is nothing to doubt.
    """
    if measurement.value is None:
        return []
    marks: dict[str, tuple[int, Finding]] = {}
    for place, finding in enumerate(report.findings):
        touched = named and measurement.name in finding.touches and finding.severity is not Severity.INFO
        if finding.code in measurement.flags or (touched and not _is_carried(report, finding)):
            marks.setdefault(finding.code, (place, finding))
    return list(marks.values())


def _is_carried(report: Report, finding: Finding) -> bool:
    """Tell whether a lesion's own measurements carry the code of a finding."""
    return any(finding.code in own.flags for lesion in report.lesions for own in lesion.measurements.values())


def find_unlisted(report: Report, measurement: Measurement) -> list[str]:
    """Return flags of a measurement that no finding explains."""
    said = {finding.code for finding in report.findings} | {(measurement.reason or "").partition(":")[0]}
    return [flag for flag in measurement.flags if flag not in said]
