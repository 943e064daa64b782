"""What the page says of all treatments together: families, profiles side by side, classes, notes, uncertain marks.

Owns the order and the words; outcomes, thresholds and values come from the record.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline.verdict import (
    UNSURE,
    Assessment,
    CriterionResult,
    Kind,
    Outcome,
    Parting,
    Settles,
    SideBySide,
    Truth,
    Verdict,
)
from pipeline.writers.format import Limits, format_number, is_point, limits_of, with_unit

OTHER_FAMILY = "Treatments"
MARK_WORDS = {
    "U": "uncertain: verify before relying on it",
    "E": "engineering default of this project, from no source",
}
SUMMARY_ORDER = (Outcome.ELIGIBLE, Outcome.CONDITIONAL, Outcome.INDETERMINATE, Outcome.NOT_ELIGIBLE)
SITE = "site:"
CLASS_POINTS = re.compile(r"(?:(?P<words>.+) \((?=.*\)$))?(?P<low>\d+)(?:-(?P<high>\d+))?\)?")
"""A class as the record has it: words, then points in brackets, or points alone."""
COUNTED_CLASS = re.compile(r"(points|items) \d+")
"""A class that is a number of points: several of them are their span."""


class Placed(NamedTuple):
    """A verdict with its place in the record, by which the page links to its trace."""

    place: int
    verdict: Verdict


class Family(NamedTuple):
    """The treatments of one family: those that apply, and the others by why they do not."""

    name: str
    verdicts: list[Placed]
    idle: list[tuple[str, list[Placed]]]


def group_families(assessment: Assessment) -> list[Family]:
    """Return the treatments by family, in the order in which families first occur."""
    placed = [Placed(place, verdict) for place, verdict in enumerate(assessment.verdicts, 1)]
    names = dict.fromkeys(one.verdict.family or OTHER_FAMILY for one in placed)
    return [
        _build_family(name, [one for one in placed if (one.verdict.family or OTHER_FAMILY) == name]) for name in names
    ]


def _build_family(name: str, placed: Sequence[Placed]) -> Family:
    idle: dict[str, list[Placed]] = {}
    for one in placed:
        if one.verdict.outcome is Outcome.NOT_APPLICABLE:
            idle.setdefault(_say_why_idle(one.verdict), []).append(one)
    return Family(
        name, [one for one in placed if one.verdict.outcome is not Outcome.NOT_APPLICABLE], list(idle.items())
    )


def _say_why_idle(verdict: Verdict) -> str:
    """Return why a treatment does not apply: the criterion that says so, or the reason of the verdict."""
    deciding = next((one for one in verdict.criteria if one.id in verdict.decided_by), None)
    if deciding is None:
        return verdict.reason.removeprefix("Does not apply. ").rstrip(".")
    return f"{deciding.id} {deciding.title}: {deciding.explanation.rstrip('.')}"


def summarise(assessment: Assessment) -> list[tuple[Outcome, list[Placed]]]:
    """Return the treatments by outcome, the best first; those that do not apply are left out."""
    placed = [Placed(place, verdict) for place, verdict in enumerate(assessment.verdicts, 1)]
    return [(outcome, [one for one in placed if one.verdict.outcome is outcome]) for outcome in SUMMARY_ORDER]


def list_fetches(assessment: Assessment) -> list[tuple[str, int]]:
    """Return the inputs that would settle open verdicts first, with how many each, the most useful first.

    Of those that are first for as many verdicts, one that settles a verdict whatever it turns out to be comes before
    one of which only some values do.
    """
    firsts = [one.fetch_next[0] for one in assessment.verdicts if one.fetch_next]
    counts = Counter(one.label for one in firsts)
    surely = Counter(one.label for one in firsts if one.settles is Settles.ALWAYS)
    return sorted(counts.items(), key=lambda item: (-item[1], -surely[item[0]], item[0]))


def list_marks(verdict: Verdict) -> list[tuple[str, list[str]]]:
    """Return the marks U and E on what a verdict rests on, each with the criteria that carry it."""
    resting = find_resting(verdict)
    found = [(mark, [one.id for one in resting if mark in one.marks]) for mark in UNSURE]
    return [(mark, ids) for mark, ids in found if ids]


def find_resting(verdict: Verdict) -> list[CriterionResult]:
    """Return the criteria that a verdict rests on: those that decide it; of an eligible one, the hard ones it meets."""
    if verdict.outcome is Outcome.ELIGIBLE:
        return [one for one in verdict.criteria if one.kind is Kind.HARD and one.truth is Truth.MET]
    return [one for one in verdict.criteria if one.id in verdict.decided_by]


def list_sites(assessment: Assessment) -> list[str]:
    """Return the sites whose own thresholds stand in place of a profile's, with their reasons."""
    results = (*assessment.indices, *(one for verdict in assessment.verdicts for one in verdict.criteria))
    origins = (origin for one in results for origin in one.threshold_from.split("; "))
    return sorted({origin.removeprefix(SITE).strip() for origin in origins if origin.startswith(SITE)})


def list_profiles(assessment: Assessment) -> list[str]:
    """Return the profiles that treatments are compared under, that of the report first."""
    names = dict.fromkeys(name for side in assessment.side_by_side for name in side.outcomes)
    return sorted(names, key=lambda name: name != assessment.profile)


def list_parted(assessment: Assessment) -> list[SideBySide]:
    """Return the treatments that profiles judge differently."""
    return [side for side in assessment.side_by_side if len(set(side.outcomes.values())) > 1]


def list_agreed(assessment: Assessment) -> list[tuple[Outcome, list[SideBySide]]]:
    """Return the treatments that every profile judges alike, by outcome, the best first."""
    alike = [side for side in assessment.side_by_side if len(set(side.outcomes.values())) == 1]
    groups = {outcome: [one for one in alike if outcome in one.outcomes.values()] for outcome in reversed(Outcome)}
    return [(outcome, group) for outcome, group in groups.items() if group]


def list_unstable(side: SideBySide) -> list[str]:
    """Return the profiles under which an outcome is not stable."""
    return [name for name, stable in side.stable.items() if not stable]


def say_parted(parting: Parting, limits: Limits) -> str:
    """Return the input on which profiles part, with its value and interval where it has one."""
    name = parting.label + (f" of {parting.lesion}" if parting.lesion else "")
    if parting.value is None:
        return name
    if not isinstance(parting.value, int | float):
        return f"{name}: {str(parting.value).replace('_', ' ')}"
    known = limits_of(parting.input, limits)
    text = with_unit(format_number(parting.value, parting.unit, known), parting.unit)
    if parting.low is None or parting.high is None or is_point(parting.value, parting.low, parting.high):
        return f"{name} {text}"
    ends = (format_number(end, parting.unit, known, parting.value) for end in (parting.low, parting.high))
    return f"{name} {text} ({' to '.join(ends)})"


def list_classes(assessment: Assessment) -> list[CriterionResult]:
    """Return the classes and scores that apply and of which something is known."""
    return [one for one in _applying_classes(assessment) if not _knows_nothing(one)]


def list_open_classes(assessment: Assessment) -> list[str]:
    """Return the titles of the classes and scores of which nothing is known yet."""
    return [one.title for one in _applying_classes(assessment) if _knows_nothing(one)]


def _applying_classes(assessment: Assessment) -> list[CriterionResult]:
    return [one for one in assessment.indices if one.class_value and one.truth is not Truth.NOT_APPLICABLE]


def _knows_nothing(criterion: CriterionResult) -> bool:
    """Tell whether a class is open and no value or bound that it reads is known."""
    known = any(each is not None for one in criterion.evidence for each in (one.value, one.low, one.high))
    return criterion.truth is Truth.INDETERMINATE and not known


def list_idle_classes(assessment: Assessment) -> list[str]:
    """Return the titles of the classes and scores that do not apply."""
    return [one.title for one in assessment.indices if one.class_value and one.truth is Truth.NOT_APPLICABLE]


def say_class(criterion: CriterionResult) -> str:
    """Return a class with its points in words: ``low or high, 1 to 4 points``; classes that count are their span."""
    text = (criterion.class_value or "").replace("_", " ")
    match = CLASS_POINTS.fullmatch(text)
    if match is None:
        return text
    words, low, high = match["words"], match["low"], match["high"]
    counted = {found[1] if (found := COUNTED_CLASS.fullmatch(one)) else "" for one in (words or "").split(" or ")}
    unit = counted.pop() if len(counted) == 1 else ""
    what = unit or "points"
    span = f"{low} to {high} {what}" if high is not None else f"{low} {what.removesuffix('s') if low == '1' else what}"
    return span if unit or not words else f"{words}, {span}"


def is_context(criterion: CriterionResult) -> bool:
    """Tell whether a criterion only says something: a note that asks nothing."""
    return criterion.kind is Kind.NOTE and not criterion.evidence and not criterion.missing


def split_context(criteria: Iterable[CriterionResult]) -> tuple[list[CriterionResult], list[CriterionResult]]:
    """Return the criteria that ask something, and the notes that only say something."""
    held = list(criteria)
    return [one for one in held if not is_context(one)], [one for one in held if is_context(one)]


def find_homes(assessment: Assessment) -> dict[str, int]:
    """Return for each criterion the place of the first treatment that asks it: its evidence stands there."""
    homes: dict[str, int] = {}
    for place, verdict in enumerate(assessment.verdicts, 1):
        for one in verdict.criteria:
            homes.setdefault(one.id, place)
    return homes
