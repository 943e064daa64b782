"""Words for what a missing input would do: ``bilirubin: not eligible above 2 mg/dL; else still open``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from pipeline.outcome import Outcome
from pipeline.rules.model import InputSpec
from pipeline.rules.readings import Value
from pipeline.rules.wording import say_exactly, say_word

MOST_WORDS = 4
"""Words that are named one by one."""


def say_fetch(
    spec: InputSpec, label: str, lesions: Sequence[str | None], values: Sequence[Value], outcomes: Sequence[Outcome]
) -> str:
    """Return what each stretch of an input's values would make of an open verdict.

    Parameters
    ----------
    lesions
        The lesions for which it is missing; None for a quantity of the study.
    values
        One from each stretch of the range, numbers in rising order, with the outcome that it gives.
    """
    lead = f"{label}{_say_place(lesions)}{_say_unmeasured(spec)}"
    parts = _say_numbers(spec, values, outcomes) if spec.numeric else _say_words(values, outcomes)
    open_ = Outcome.INDETERMINATE in outcomes
    return f"{lead}: {'; '.join([*parts, *(['else still open'] if open_ else [])])}"


def say_pair(spec: InputSpec, label: str, partner: str) -> str:
    """Return that an input can settle a verdict only together with another one."""
    return f"{label}{_say_unmeasured(spec)}: settles nothing alone; together with {partner} it can"


def say_lesions(reason: str) -> str:
    """Return that it has to be known which lesions there are."""
    why = reason.partition(": ")[2] or reason
    return f"which lesions there are ({why}): criteria on lesions cannot be asked without"


def _say_place(lesions: Sequence[str | None]) -> str:
    named = [lesion for lesion in lesions if lesion is not None]
    if not named:
        return ""
    return f" of {named[0]}" if len(named) == 1 else f" of {len(named)} lesions"


def _say_unmeasured(spec: InputSpec) -> str:
    if spec.measured:
        return ""
    where = "; the clinical record may give it" if spec.source != "image" else ""
    return f" (not measured in this version{where})"


def _say_words(values: Sequence[Value], outcomes: Sequence[Outcome]) -> list[str]:
    parts = []
    for outcome in Outcome:
        words = [say_word(value) for value, found in zip(values, outcomes, strict=True) if found is outcome]
        if not words or outcome is Outcome.INDETERMINATE:
            continue
        if len(words) == len(values):
            return [f"{_say_outcome(outcome)} whatever it is"]
        more = f" or {len(words) - MOST_WORDS} others" if len(words) > MOST_WORDS else ""
        parts.append(f"{_say_outcome(outcome)} if {' or '.join(words[:MOST_WORDS])}{more}")
    return parts


def _say_numbers(spec: InputSpec, values: Sequence[Value], outcomes: Sequence[Outcome]) -> list[str]:
    numbers = [value for value in values if isinstance(value, float)]
    runs = [[place for place, _ in group] for _, group in groupby(enumerate(outcomes), key=lambda pair: pair[1])]
    parts = []
    for run in runs:
        outcome = outcomes[run[0]]
        if outcome is not Outcome.INDETERMINATE:
            parts.append(f"{_say_outcome(outcome)} {_say_stretch(spec, numbers, run[0], run[-1])}")
    return parts


def _say_stretch(spec: InputSpec, numbers: Sequence[float], first: int, last: int) -> str:
    """Return a stretch of the range in words; between thresholds, which stand at odd places, lie open stretches."""
    if first == 0 and last == len(numbers) - 1:
        return "whatever it is"
    whole = spec.type == "integer"
    begins, ends = _begin(numbers, first, whole), _end(numbers, last, whole)
    if first == last and begins[1] and ends[1]:
        return f"at {say_exactly(numbers[first], spec.unit)}"
    if first == 0:
        return f"{'up to' if ends[1] else 'below'} {say_exactly(ends[0], spec.unit)}"
    if last == len(numbers) - 1:
        return f"{'from' if begins[1] else 'above'} {say_exactly(begins[0], spec.unit)}"
    lead = "from" if begins[1] else "above"
    return f"{lead} {say_exactly(begins[0])} {'to' if ends[1] else 'to below'} {say_exactly(ends[0], spec.unit)}"


def _is_mark(place: int) -> bool:
    """Tell whether a value is a threshold or an end of the range; those between stand at odd places."""
    return place % 2 == 0


def _begin(numbers: Sequence[float], place: int, whole: bool) -> tuple[float, bool]:
    """Return where a stretch begins, and whether that belongs to it."""
    return (numbers[place], True) if whole or _is_mark(place) else (numbers[place - 1], False)


def _end(numbers: Sequence[float], place: int, whole: bool) -> tuple[float, bool]:
    return (numbers[place], True) if whole or _is_mark(place) else (numbers[place + 1], False)


def _say_outcome(outcome: Outcome) -> str:
    return outcome.value.replace("_", " ")
