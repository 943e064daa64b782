"""What a comparison reads, compiled: a number, or the bounds of one that is missing (``pipeline.rules.operands``)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from pipeline.rules.compiled.builder import SUM, Builder
from pipeline.rules.compiled.truths import WHOLE
from pipeline.rules.expressions import LESION, Compare
from pipeline.rules.input_names import names_of
from pipeline.rules.terms import FirstKnown, LowestOf

if TYPE_CHECKING:
    from pipeline.rules.compiled.run import Run

Bound: TypeAlias = float | None
Held: TypeAlias = tuple[Bound, Bound, Bound]
"""A number; while it is missing, what bounds it from below and from above."""
Read: TypeAlias = "Callable[[Run, int], Held]"
Number: TypeAlias = "Callable[[Run, int], float | None]"

UNBOUND: Held = (None, None, None)


def compile_operand(b: Builder, node: Compare) -> Read:
    """Return what reads the operand of a comparison, its range filled in where no bound is known."""
    bound = _compile_bounds(b, node)
    if isinstance(node.input, str):
        read = _compile_one(b, node.input)
        return _within_range(b, node.input, lambda run, place: bound(run, place, read(run, place)))
    names = names_of(node.input)
    reads = [_compile_one(b, name) for name in names]
    if isinstance(node.input, FirstKnown):
        return _within_range(b, names[0], lambda run, place: _read_first(run, place, reads, bound))
    ranges = [b.rules.inputs[name].range for name in names]
    lowest = isinstance(node.input, LowestOf)
    return lambda run, place: _read_extreme(run, place, reads, ranges, lowest, bound)


def compile_preferred(b: Builder, node: Compare) -> Read | None:
    """Return what reads the first input of a *first known* list while it is missing but bounded; else all None."""
    if not isinstance(node.input, FirstKnown):
        return None
    bound = _compile_bounds(b, node)
    first = node.input.first_known[0]
    read = _compile_one(b, first)
    lowest, highest = _ends(b.rules.inputs[first].range)

    def prefer(run: Run, place: int) -> Held:
        value, below, above = bound(run, place, read(run, place))
        if value is not None or (below is None and above is None):
            return UNBOUND
        return None, lowest if below is None else below, highest if above is None else above

    return prefer


def _ends(limits: tuple[float | None, float | None]) -> tuple[float, float]:
    low, high = limits
    return -math.inf if low is None else low, math.inf if high is None else high


def _within_range(b: Builder, name: str, read: Read) -> Read:
    lowest, highest = _ends(b.rules.inputs[name].range)

    def within(run: Run, place: int) -> Held:
        value, below, above = read(run, place)
        if value is not None:
            return value, None, None
        return None, lowest if below is None else below, highest if above is None else above

    return within


def _compile_bounds(b: Builder, node: Compare) -> Callable[[Run, int, Held], Held]:
    """Return what tightens the bounds of a missing number by those that the rule names."""
    above = b.get_number(node.bounded_above_by) if node.bounded_above_by else None
    below = b.get_number(node.bounded_below_by) if node.bounded_below_by else None
    if above is None and below is None:
        return lambda run, place, held: held

    def bound(run: Run, place: int, held: Held) -> Held:
        value, low, high = held
        if value is not None:
            return held
        upper = None if above is None else above(run, place)
        lower = None if below is None else below(run, place)
        highs = [end for end in (high, upper) if end is not None]
        lows = [end for end in (low, lower) if end is not None]
        return None, max(lows, default=None), min(highs, default=None)

    return bound


def _compile_one(b: Builder, name: str) -> Read:
    """Return what reads an input; at the study's place of a rule over all lesions, their largest or their sum."""
    number = b.get_number(name)
    if not (name.startswith(LESION) and b.over_all):
        return lambda run, place: (number(run, place), None, None)
    over = _compile_sum(b, name, number) if b.sums else _compile_largest(number)
    return lambda run, place: over(run, place) if place == WHOLE else (number(run, place), None, None)


def _compile_largest(number: Number) -> Read:
    def largest(run: Run, place: int) -> Held:
        known = [value for at in run.places if (value := number(run, at)) is not None]
        most = max(known, default=None)
        return (most, None, None) if len(known) == len(run.places) else (None, most, None)

    return largest


def _compile_sum(b: Builder, name: str, number: Number) -> Read:
    slot = b.study_slot(SUM + name)
    lowest = b.rules.inputs[name].range[0]
    never_negative = lowest is not None and lowest >= 0

    def add(run: Run, place: int) -> Held:
        supposed = run.study[slot]
        if type(supposed) is float:
            return supposed, None, None
        known = [value for at in run.places if (value := number(run, at)) is not None]
        total = float(sum(known))
        if len(known) == len(run.places):
            return total, None, None
        return None, total if never_negative else None, None

    return add


def _read_first(run: Run, place: int, reads: list[Read], bound: Callable[[Run, int, Held], Held]) -> Held:
    first = UNBOUND
    for number, read in enumerate(reads):
        held = read(run, place)
        if held[0] is not None:
            return held
        first = held if number == 0 else first
    return bound(run, place, first)


def _read_extreme(
    run: Run,
    place: int,
    reads: list[Read],
    ranges: list[tuple[float | None, float | None]],
    lowest: bool,
    bound: Callable[[Run, int, Held], Held],
) -> Held:
    """Return the lowest or highest of several numbers; of the first that is missing, the bound that the others give."""
    held = [read(run, place) for read in reads]
    known = [value for value, _, _ in held if value is not None]
    extreme = (min if lowest else max)(known, default=None)
    if len(known) == len(held):
        return extreme, None, None
    missing = next(number for number, one in enumerate(held) if one[0] is None)
    if extreme is None:
        _, below, above = held[missing]
    else:
        below, above = (None, extreme) if lowest else (extreme, None)
    _, below, above = bound(run, place, (None, below, above))
    low, high = _ends(ranges[missing])
    return None, low if below is None else below, high if above is None else above
