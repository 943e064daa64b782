"""What would change a verdict: for each number it depends on, the smallest physically possible change that does."""

from __future__ import annotations

import math
from collections.abc import Iterable

from pipeline.rules.evaluation import Evaluation
from pipeline.rules.kleene import EITHER, INDETERMINATE, NOT_APPLICABLE, Truths, only
from pipeline.rules.readings import Key, Reading
from pipeline.rules.votes import find_possible_outcomes
from pipeline.rules.wording import say_exactly, say_input, say_number, say_quantity
from pipeline.verdict import Flip, Outcome

_ANYTHING: Truths = EITHER | {INDETERMINATE, NOT_APPLICABLE}


def find_flips(ev: Evaluation, treatment: str, outcome: Outcome) -> tuple[Flip, ...]:
    """Return for each input the smallest change that gives another outcome; of the lesions only the nearest one's.

    Those inside the interval come first, then by the size of the change relative to the value.
    """
    found: list[Flip] = []
    for name, thresholds in sorted(ev.rules.cuts[treatment].items()):
        if not name.startswith("sum:") and _may_matter(ev, treatment, name, outcome):
            flips = (_find_flip(ev, treatment, key, thresholds, outcome) for key in ev.keys(name))
            known = [flip for flip in flips if flip is not None]
            found += sorted(known, key=_size)[:1]
    return tuple(sorted(found, key=_size))


def _size(flip: Flip) -> tuple[bool, float, str, str]:
    change = math.inf if flip.change_percent is None else abs(flip.change_percent)
    return not flip.within_interval, change, flip.input, flip.lesion or ""


def _may_matter(ev: Evaluation, treatment: str, name: str, outcome: Outcome) -> bool:
    """Tell whether any answer of the rules that read an input could give another outcome."""
    votes = (
        (vote, _ANYTHING if name in ev.rules.reads[vote.rule] else only(vote.answer.truth))
        for vote in ev.votes(treatment)
    )
    return find_possible_outcomes(votes) != {outcome}


def _find_flip(ev: Evaluation, treatment: str, key: Key, thresholds: Iterable[float], outcome: Outcome) -> Flip | None:
    reading = ev.read(*key)
    number = reading.number
    if number is None:
        return None
    for value, at in _candidates(ev, reading, number, thresholds):
        supposed = ev.suppose({key: value})
        if not _changes_a_rule(ev, supposed, treatment, key):
            continue
        becomes = supposed.find_outcome(treatment)
        if becomes is not outcome:
            return _build_flip(ev, reading, value, at, becomes)
    return None


def _changes_a_rule(ev: Evaluation, supposed: Evaluation, treatment: str, key: Key) -> bool:
    """Tell whether a rule that reads the input answers differently; verdicts it refers to are asked themselves."""
    readers = [rule.id for rule, _ in ev.rules.deciding[treatment] if key[0] in ev.rules.reads[rule.id]]
    return any(supposed.answer_rule(id_).truth is not ev.answer_rule(id_).truth for id_ in readers)


def _candidates(
    ev: Evaluation, reading: Reading, number: float, thresholds: Iterable[float]
) -> list[tuple[float, float]]:
    """Return the values worth trying with the flip point that each stands for, the nearest first.

    At a threshold and just beside it the answer may change; for whole numbers at the whole numbers beside it.
    """
    whole = ev.rules.inputs[reading.name].type == "integer"
    pairs: list[tuple[float, float]] = []
    for cut in sorted(thresholds):
        if whole:
            numbers = (float(math.floor(cut) + step) for step in (-1, 0, 1))
            pairs += [(value, value) for value in numbers]
        else:
            pairs += [(value, cut) for value in (cut, math.nextafter(cut, -math.inf), math.nextafter(cut, math.inf))]
    possible = {pair for pair in pairs if pair[0] != number and ev.can_be(reading.name, pair[0])}
    return sorted(possible, key=lambda pair: (abs(pair[0] - number), pair[0]))


def _build_flip(ev: Evaluation, reading: Reading, value: float, at: float, becomes: Outcome) -> Flip:
    """Return the flip that a supposed value brings about; ``at`` is the flip point that the value stands for."""
    number = reading.number
    if number is None:
        raise ValueError(f"{reading.name} is not a number")
    unit = ev.rules.inputs[reading.name].unit
    inside = reading.low is not None and reading.high is not None and reading.low <= at <= reading.high
    side = _say_side(value, at, number, unit)
    return Flip(
        input=reading.name,
        lesion=reading.lesion,
        value=number,
        flip_at=at,
        unit=unit,
        becomes=becomes,
        within_interval=inside,
        change_percent=None if number == 0 else 100 * (at - number) / abs(number),
        text=f"{_say_present(ev, reading, number, at, unit)}; would be {becomes.value.replace('_', ' ')} {side}",
    )


def _say_side(value: float, at: float, number: float, unit: str) -> str:
    """Return on which side of the flip point the outcome is the other one, the point itself included or not."""
    downwards = value < number
    if value == at:
        return f"at {say_exactly(at, unit)} or {'less' if downwards else 'more'}"
    return f"{'below' if downwards else 'above'} {say_exactly(at, unit)}"


def _say_present(ev: Evaluation, reading: Reading, number: float, at: float, unit: str) -> str:
    """Return an input with its value and interval, such as ``Remnant 31.2 % (28.9-33.4)``."""
    label = say_input(ev.rules, reading.name) + (f" of {reading.lesion}" if reading.lesion else "")
    text = f"{label[:1].upper()}{label[1:]} {say_quantity(number, unit, [at])}"
    if reading.low is None or reading.high is None or reading.low == reading.high:
        return text
    return f"{text} ({say_number(reading.low, [at])}-{say_number(reading.high, [at])})"
