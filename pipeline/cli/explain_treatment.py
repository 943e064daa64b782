"""The page of ``livermetry explain REPORT TREATMENT``: a verdict down to rule, threshold, source, value and slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter

from pipeline.cli.explained import UNSURE, Explained, find_marks, say_marks, say_outcome, say_place
from pipeline.cli.terminal import cut_lines, flatten, wrap
from pipeline.verdict import CriterionResult, Evidence, Kind, Outcome, SideBySide, Truth, Verdict
from pipeline.writers.page_words import (
    CONFIDENCE_WORDS,
    KIND_WORDS,
    OUTCOME_WORDS,
    TRUTH_WORDS,
    is_deciding,
    pick_flips,
)
from pipeline.writers.trace_words import (
    group_evidence,
    say_asked,
    say_exact,
    say_input,
    say_range,
    say_value,
    split_missing,
)

MOST_FULL = 4
"""Deciding criteria that are shown in full; the others take a line each."""
MOST_VALUES = 6
MOST_FLIPS = 5
MOST_FETCHED = 5
MOST_LINES = 3
"""Of a criterion that is not shown in full."""


def describe_treatment(explained: Explained, treatment: str) -> list[str]:
    """Return everything behind the verdict on one treatment, what decides first."""
    verdict = explained.verdict(treatment)
    deciding = [each for each in verdict.criteria if is_deciding(verdict, each)]
    others = [each for each in verdict.criteria if each not in deciding and each.kind in (Kind.HARD, Kind.SOFT)]
    return [
        *explained.head(),
        "",
        *_describe_verdict(verdict),
        *_describe_deciding(explained, deciding),
        *_describe_fetching(verdict),
        *_describe_flips(verdict),
        *_describe_missing(verdict),
        *_describe_profiles(explained, treatment),
        *_describe_others(verdict, others),
        *_describe_notes([each for each in verdict.criteria if each.kind is Kind.NOTE]),
        *_describe_marks(verdict.criteria),
        "",
        *wrap(explained.report.intended_use),
    ]


def _describe_verdict(verdict: Verdict) -> list[str]:
    lines = [f"{verdict.title}: {say_outcome(verdict)}", *wrap(flatten(verdict.reason), "  ")]
    if not verdict.stable:
        possible = " or ".join(OUTCOME_WORDS[each] for each in verdict.possible)
        lines += wrap(f"Not stable: inside the intervals of its inputs it is {possible}.", "  ")
    return lines


def _describe_deciding(explained: Explained, deciding: Sequence[CriterionResult]) -> list[str]:
    if not deciding:
        return []
    lines = ["", "What decides"]
    for criterion in deciding[:MOST_FULL]:
        lines += _describe_criterion(explained, criterion)
    return lines + [line for each in deciding[MOST_FULL:] for line in _describe_shortly(each)]


def _describe_criterion(explained: Explained, criterion: CriterionResult) -> list[str]:
    """Return a criterion in full: what it asks and of whom, what it saw and where, its grade and flip point."""
    kind = KIND_WORDS[criterion.kind] + (", for safety" if criterion.safety else "")
    grade = f", {criterion.grade}" if criterion.grade is not None and criterion.truth is not Truth.NOT_MET else ""
    border = ", borderline" if criterion.borderline else ""
    answer = f"{TRUTH_WORDS[criterion.truth]}{grade}{border}"
    lines = wrap(f"{criterion.id} {criterion.title}: {answer} ({kind})", "  ", 4)
    lines += wrap(flatten(criterion.statement), "    asks       ")
    lines += wrap(flatten(criterion.explanation), "    answer     ")
    shown = _pick_values(criterion)
    for lesion, evidence in shown[:MOST_VALUES]:
        lines += _describe_value(explained, lesion, evidence)
    if len(shown) > MOST_VALUES:
        lines.append(f"    value      and {len(shown) - MOST_VALUES} more")
    lines += wrap(criterion.threshold_from, "    threshold  from ")
    for source in criterion.sources:
        lines += wrap(
            f"{source}: {explained.catalogue.sources.get(source, 'not among the sources here')}", "    source     "
        )
    return [*lines, *wrap(say_marks(criterion.confidence), "    confidence ")]


def _pick_values(criterion: CriterionResult) -> list[tuple[str, Evidence]]:
    """Return the comparisons that give the answer, or all where none alone does; what is not known is said there."""
    resting = [each for each in criterion.evidence if not each.beside]
    known = [(lesion, each) for lesion, each in group_evidence(resting) if _is_known(each)]
    return [(lesion, each) for lesion, each in known if each.truth is criterion.truth] or known


def _is_known(evidence: Evidence) -> bool:
    """Tell whether a comparison had a value, or a bound of one."""
    return any(each is not None for each in (evidence.value, evidence.low, evidence.high))


def _describe_value(explained: Explained, lesion: str, evidence: Evidence) -> list[str]:
    """Return one comparison: value with interval, what was asked, flip point, masks and slice."""
    name = say_input(evidence) + (f" of {lesion}" if lesion else "")
    span = say_range(evidence, explained.limits)
    value = say_value(evidence, explained.limits) + (f" ({span})" if span else "")
    text = f"{name}: {value}; asked: {say_asked(evidence)}; {TRUTH_WORDS[evidence.truth]}"
    if evidence.borderline and evidence.flip_at is not None:
        text += f", borderline, flips at {say_exact(evidence.flip_at, evidence.unit)}"
    lines = wrap(flatten(text), "    value      ")
    measured = explained.measured(evidence)
    masks = f"masks: {', '.join(measured.masks)}" if measured is not None and measured.masks else ""
    place = say_place(measured.location) if measured is not None and measured.value is not None else ""
    where = "; ".join(part for part in (masks, place) if part)
    return [*lines, *(wrap(where, "               ") if where else [])]


def _describe_others(verdict: Verdict, others: Sequence[CriterionResult]) -> list[str]:
    """Return the criteria that do not decide: those not met or borderline in words, the others by id."""
    lines = [line for each in others if _speaks(each) for line in _describe_shortly(each)]
    open_ones = [each for each in others if each.truth is Truth.INDETERMINATE and not each.borderline]
    met = [each for each in others if each.truth is Truth.MET and not each.borderline]
    if verdict.outcome is Outcome.ELIGIBLE:
        hard = [each for each in met if each.kind is Kind.HARD]
        lines += [line for each in hard for line in _describe_shortly(each)]
        met = [each for each in met if each not in hard]
    if open_ones:
        lines += wrap(f"Open, without effect on this verdict: {_list_ids(open_ones)}.", "  ", 4)
    lines += wrap(f"Met: {_list_ids(met)}.", "  ", 4) if met else []
    return ["", "What else was asked", *lines] if lines else []


def _speaks(criterion: CriterionResult) -> bool:
    """Tell whether a criterion that does not decide deserves a line of its own."""
    return criterion.borderline or criterion.truth is Truth.NOT_MET


def _list_ids(criteria: Sequence[CriterionResult]) -> str:
    return ", ".join(each.id + _say_unsure(each) for each in criteria)


def _say_unsure(criterion: CriterionResult) -> str:
    return "".join(f" [{mark}]" for mark in find_marks(criterion.confidence) if mark in UNSURE)


def _describe_shortly(criterion: CriterionResult) -> list[str]:
    answer = f"{TRUTH_WORDS[criterion.truth]}{', borderline' if criterion.borderline else ''}"
    text = f"{criterion.id} {criterion.title}: {answer}{_say_unsure(criterion)}. {criterion.explanation}"
    return cut_lines(wrap(flatten(text), "  ", 4), MOST_LINES)


def _describe_flips(verdict: Verdict) -> list[str]:
    flips = pick_flips(verdict)
    if not flips:
        return []
    lines = [line for flip in flips[:MOST_FLIPS] for line in wrap(flatten(flip.text), "  ", 4)]
    lines += _say_rest(len(flips) - MOST_FLIPS)
    return ["", "What would change it (each alone)", *lines]


def _describe_fetching(verdict: Verdict) -> list[str]:
    lines = [line for each in verdict.fetch_next[:MOST_FETCHED] for line in wrap(flatten(each.text), "  ", 4)]
    lines += _say_rest(len(verdict.fetch_next) - MOST_FETCHED)
    return ["", "What to fetch next", *lines] if lines else []


def _say_rest(more: int) -> list[str]:
    return [f"  and {more} more: --json lists all"] if more > 0 else []


def _describe_missing(verdict: Verdict) -> list[str]:
    groups = split_missing(verdict)
    lines = [line for lead, labels in groups for line in wrap(f"{lead}: {', '.join(labels)}", "  ", 4)]
    return ["", "What is missing", *lines] if lines else []


def _describe_profiles(explained: Explained, treatment: str) -> list[str]:
    """Return the treatment under the other profiles, and what they part on."""
    side = next((each for each in _sides(explained) if each.treatment == treatment), None)
    if side is None:
        return []
    listed = ", ".join(f"{name}: {OUTCOME_WORDS[outcome]}" for name, outcome in side.outcomes.items())
    parting = wrap(flatten(side.parting.text), "  ") if side.parting is not None else []
    return ["", "Under each profile", *wrap(listed, "  "), *parting]


def _sides(explained: Explained) -> Sequence[SideBySide]:
    """Return every treatment under every profile, as the report has it."""
    stored = explained.report.assessment
    return explained.assessment.side_by_side or (stored.side_by_side if stored is not None else ())


def _describe_notes(notes: Sequence[CriterionResult]) -> list[str]:
    """Return the notes that are not met or borderline, and the ids of the others."""
    said = [each for each in notes if each.truth is not Truth.NOT_APPLICABLE]
    lines = [line for each in said if _speaks(each) for line in _describe_shortly(each)]
    met = [each for each in said if each.truth is Truth.MET and not each.borderline]
    lines += wrap(f"Met: {_list_ids(met)}.", "  ", 4) if met else []
    return ["", "Notes (they change no verdict)", *lines] if lines else []


def _describe_marks(criteria: Sequence[CriterionResult]) -> list[str]:
    marks = {mark for each in criteria for mark in find_marks(each.confidence)}
    legend = [f"  [{mark}] {CONFIDENCE_WORDS[mark]}" for mark in UNSURE if mark in marks]
    return ["", "Uncertain marks", *legend] if legend else []


def plain_treatment(explained: Explained, verdict: Verdict) -> Mapping[str, object]:
    """Return a verdict for programs, with its sources in full and where its values were measured."""
    tree = TypeAdapter(Verdict).dump_python(verdict, mode="json")
    cited = dict.fromkeys(source for each in verdict.criteria for source in each.sources)
    pairs = [(each, explained.measured(each)) for one in verdict.criteria for each in one.evidence]
    places = {
        f"{each.lesion}.{each.input}" if each.lesion else each.input: TypeAdapter(type(found)).dump_python(
            found, mode="json"
        )
        for each, found in pairs
        if found is not None
    }
    sources = {source: explained.catalogue.sources.get(source) for source in cited}
    return {**tree, "sources": sources, "measured": places}
