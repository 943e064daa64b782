"""What would change a verdict: for each input it depends on, the smallest possible change that alone does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from pipeline.rules.compiled.builder import SUM
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.readings import Key, Reading, Value
from pipeline.rules.wording import say_exactly, say_input, say_number, say_quantity, say_word
from pipeline.verdict import Flip, Outcome


class Found(NamedTuple):
    """A change of one number that changes a verdict; ``at`` is the flip point that the value stands for."""

    key: Key
    value: float
    at: float
    becomes: Outcome


NumberFlips: TypeAlias = Mapping[str, list[Found]]
"""By treatment, the nearest change of a number that gives another outcome; of each lesion its own."""
WordFlips: TypeAlias = Mapping[str, tuple[Key, Mapping[Outcome, list[Value]]]]
"""By treatment, the input (of the first lesion where it matters) and the values that give each other outcome."""


def find_flips(ev: Evaluation, treatment: str, outcome: Outcome) -> tuple[Flip, ...]:
    """Return for each input the smallest change that gives another outcome; of the lesions only the nearest one's.

    Numbers come first: those inside the interval, then by the size of the change relative to the value. Words, truths
    and lists follow, one flip for each outcome that they could bring about.
    """
    return (*_flip_numbers(ev, treatment), *_flip_words(ev, treatment))


def _flip_numbers(ev: Evaluation, treatment: str) -> list[Flip]:
    found: list[Flip] = []
    for flips in _number_flips(ev).values():
        own = flips.get(treatment)
        if own:
            nearest = min(own, key=lambda flip: _rank(ev, flip))
            found.append(_build_flip(ev, ev.read(*nearest.key), nearest))
    return sorted(found, key=_size)


def _size(flip: Flip) -> tuple[bool, float, str, str]:
    change = math.inf if flip.change_percent is None else abs(flip.change_percent)
    return not flip.within_interval, change, flip.input, flip.lesion or ""


def _rank(ev: Evaluation, found: Found) -> tuple[bool, float, str]:
    reading = ev.read(*found.key)
    change = _change(reading, found.at)
    return not _is_inside(reading, found.at), math.inf if change is None else abs(change), reading.lesion or ""


def _number_flips(ev: Evaluation) -> Mapping[str, NumberFlips]:
    trials = ev.trials
    if trials.number_flips is None:
        names = sorted({name.removeprefix(SUM) for name in trials.cuts})
        trials.number_flips = {name: _flip_number(ev, name) for name in names}
    return trials.number_flips


def _flip_number(ev: Evaluation, name: str) -> dict[str, list[Found]]:
    found: dict[str, list[Found]] = {}
    for key in ev.keys(name):
        number = ev.read(*key).number
        if number is None:
            continue
        seen: set[str] = set()
        for value, at in _candidates(ev, name, number, ev.trials.cuts_at([key])):
            for treatment, becomes in ev.trials.outcomes_if(((key, value),)).items():
                if treatment not in seen:
                    seen.add(treatment)
                    found.setdefault(treatment, []).append(Found(key, value, at, becomes))
    return found


def _candidates(ev: Evaluation, name: str, number: float, cuts: Iterable[float]) -> list[tuple[float, float]]:
    """Return the values worth trying with the flip point that each stands for, the nearest first.

    At a threshold and just beyond it the answer may change; for whole numbers at the whole numbers beside it.
    """
    whole = ev.rules.inputs[name].type == "integer"
    pairs: set[tuple[float, float]] = set()
    for cut in cuts:
        if whole:
            pairs |= {(value, value) for step in (-1, 0, 1) if (value := float(math.floor(cut) + step)) != number}
            continue
        pairs.add((cut, cut))
        if number <= cut:
            pairs.add((math.nextafter(cut, math.inf), cut))
        if number >= cut:
            pairs.add((math.nextafter(cut, -math.inf), cut))
    possible = (pair for pair in pairs if pair[0] != number and ev.can_be(name, pair[0]))
    return sorted(possible, key=lambda pair: (abs(pair[0] - number), pair[0]))


def _is_inside(reading: Reading, at: float) -> bool:
    return reading.low is not None and reading.high is not None and reading.low <= at <= reading.high


def _change(reading: Reading, at: float) -> float | None:
    number = reading.number
    return None if not number else 100 * (at - number) / abs(number)


def _build_flip(ev: Evaluation, reading: Reading, found: Found) -> Flip:
    """Return the flip that a supposed value brings about."""
    number = reading.number
    if number is None:
        raise ValueError(f"{reading.name} is not a number")
    unit = ev.rules.inputs[reading.name].unit
    side = _say_side(found.value, found.at, number, unit)
    return Flip(
        input=reading.name,
        lesion=reading.lesion,
        value=number,
        flip_at=found.at,
        unit=unit,
        becomes=found.becomes,
        within_interval=_is_inside(reading, found.at),
        change_percent=_change(reading, found.at),
        text=f"{_say_present(ev, reading, number, found.at, unit)}; would be {_say_outcome(found.becomes)} {side}",
    )


def _say_outcome(outcome: Outcome) -> str:
    return outcome.value.replace("_", " ")


def _say_side(value: float, at: float, number: float, unit: str) -> str:
    """Return on which side of the flip point the outcome is the other one, the point itself included or not."""
    downwards = value < number
    if value == at:
        return f"at {say_exactly(at, unit)} or {'less' if downwards else 'more'}"
    return f"{'below' if downwards else 'above'} {say_exactly(at, unit)}"


def _say_present(ev: Evaluation, reading: Reading, number: float, at: float, unit: str) -> str:
    """Return an input with its value and interval, such as ``Remnant 31.2 % (28.9-33.4)``."""
    text = f"{_say_label(ev, reading)} {say_quantity(number, unit, [at])}"
    if reading.low is None or reading.high is None or reading.low == reading.high:
        return text
    return f"{text} ({say_number(reading.low, [at])}-{say_number(reading.high, [at])})"


def _say_label(ev: Evaluation, reading: Reading) -> str:
    label = say_input(ev.rules, reading.name) + (f" of {reading.lesion}" if reading.lesion else "")
    return f"{label[:1].upper()}{label[1:]}"


def _flip_words(ev: Evaluation, treatment: str) -> list[Flip]:
    found: list[Flip] = []
    for name, flips in _word_flips(ev).items():
        key, becoming = flips.get(treatment, ((name, None), {}))
        found += [_build_word_flip(ev, ev.read(*key), values, becomes) for becomes, values in becoming.items()]
    return found


def _word_flips(ev: Evaluation) -> Mapping[str, WordFlips]:
    trials = ev.trials
    if trials.word_flips is None:
        names = (name for name in sorted(trials.run.network.names) if _may_change(ev, name))
        trials.word_flips = {name: _flip_word(ev, name) for name in names}
    return trials.word_flips


def _may_change(ev: Evaluation, name: str) -> bool:
    spec = ev.rules.inputs[name]
    return not spec.numeric and not spec.fixed


def _flip_word(ev: Evaluation, name: str) -> WordFlips:
    others = ev.trials.other_values(name)
    found: dict[str, tuple[Key, dict[Outcome, list[Value]]]] = {}
    for key in ev.keys(name):
        now = ev.read(*key).value
        for value in others if now is not None else ():
            if value == now:
                continue
            for treatment, becomes in ev.trials.outcomes_if(((key, value),)).items():
                held, becoming = found.setdefault(treatment, (key, {}))
                if held == key:
                    becoming.setdefault(becomes, []).append(value)
    return found


def _build_word_flip(ev: Evaluation, reading: Reading, values: list[Value], becomes: Outcome) -> Flip:
    present = reading.value
    if present is None:
        raise ValueError(f"{reading.name} is not known")
    wanted = " or ".join(say_word(value) for value in values)
    lead = f"{_say_label(ev, reading)}: {say_word(present)}"
    return Flip(
        input=reading.name,
        lesion=reading.lesion,
        value=present,
        flip_at=None,
        unit="1",
        becomes=becomes,
        within_interval=False,
        change_percent=None,
        text=f"{lead}; would be {_say_outcome(becomes)} if it were {wanted}",
    )
