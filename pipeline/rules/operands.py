"""What a comparison reads: one input, the first known, lowest or highest of several, or one over all lesions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pipeline.rules.expressions import LESION, Compare
from pipeline.rules.model import Rule
from pipeline.rules.readings import Reading
from pipeline.rules.terms import FirstKnown, HighestOf, LowestOf

if TYPE_CHECKING:
    from pipeline.rules.evaluation import Evaluation

Pick = Callable[[Sequence[float]], float]


def read_operand(ev: Evaluation, node: Compare, lesion: str | None, rule: Rule) -> tuple[Reading, tuple[Reading, ...]]:
    """Return the reading that is compared, and the readings that are missing while it is not known."""
    operand = node.input
    if isinstance(operand, str):
        reading = _read_one(ev, operand, lesion, rule)
        missing: tuple[Reading, ...] = (reading,)
    elif isinstance(operand, FirstKnown):
        readings = [_read_one(ev, name, lesion, rule) for name in operand.first_known]
        reading = next((known for known in readings if known.value is not None), readings[0])
        missing = tuple(readings)
    else:
        reading, missing = _pick_extreme(ev, operand, lesion, rule)
    if reading.value is not None:
        return reading, ()
    return _bound(ev, node, lesion, reading), missing


def _pick_extreme(
    ev: Evaluation, operand: LowestOf | HighestOf, lesion: str | None, rule: Rule
) -> tuple[Reading, tuple[Reading, ...]]:
    lowest = isinstance(operand, LowestOf)
    names = operand.lowest_of if isinstance(operand, LowestOf) else operand.highest_of
    readings = [_read_one(ev, name, lesion, rule) for name in names]
    known = [reading for reading in readings if reading.number is not None]
    missing = tuple(reading for reading in readings if reading.number is None)
    if not known:
        return readings[0], missing
    extreme = _merge(known, min if lowest else max)
    if not missing:
        return extreme, ()
    return missing[0]._replace(above=extreme if lowest else None, below=None if lowest else extreme), missing


def _merge(known: Sequence[Reading], pick: Pick) -> Reading:
    """Return the extreme reading, its interval that of the extreme (not of the one reading)."""
    chosen = next(reading for reading in known if reading.number == pick([_number(other) for other in known]))
    if all(reading.low is None and reading.high is None for reading in known):
        return chosen
    low = pick([_end(reading, reading.low) for reading in known])
    high = pick([_end(reading, reading.high) for reading in known])
    return chosen._replace(low=low, high=high)


def _number(reading: Reading) -> float:
    number = reading.number
    if number is None:
        raise ValueError(f"{reading.name} is not a number")
    return number


def _end(reading: Reading, end: float | None) -> float:
    return _number(reading) if end is None else end


def read_preferred(ev: Evaluation, node: Compare, lesion: str | None, rule: Rule) -> Reading | None:
    """Return the first input of a *first known* list, missing but bounded; None when there is no such thing.

    What its bounds decide stands: an input further down the list must not overturn it.
    """
    if not isinstance(node.input, FirstKnown):
        return None
    reading = _read_one(ev, node.input.first_known[0], lesion, rule)
    bounded = _bound(ev, node, lesion, reading) if reading.value is None else reading
    return None if bounded.above is None and bounded.below is None else bounded


def _bound(ev: Evaluation, node: Compare, lesion: str | None, reading: Reading) -> Reading:
    """Return a missing reading with the tightest bounds there are: its own and those that the rule names."""
    aboves = [reading.above, ev.read(node.bounded_above_by, lesion) if node.bounded_above_by else None]
    belows = [reading.below, ev.read(node.bounded_below_by, lesion) if node.bounded_below_by else None]
    return reading._replace(above=_tightest(aboves, min), below=_tightest(belows, max))


def _tightest(bounds: Sequence[Reading | None], pick: Pick) -> Reading | None:
    known = [bound for bound in bounds if bound is not None and bound.number is not None]
    return _merge(known, pick) if known else None


def _read_one(ev: Evaluation, name: str, lesion: str | None, rule: Rule) -> Reading:
    """Return an input's reading; over all lesions where the rule takes their largest value or their sum."""
    if lesion is not None or not name.startswith(LESION):
        return ev.read(name, lesion)
    if rule.aggregate == "sum":
        return sum_over_lesions(ev, name)
    readings = [ev.read(name, place) for place in ev.inputs.lesions]
    known = [reading for reading in readings if reading.number is not None]
    missing = [reading for reading in readings if reading.number is None]
    if not missing:
        return _merge(known, max)
    return missing[0]._replace(below=_merge(known, max) if known else None)


def sum_over_lesions(ev: Evaluation, name: str) -> Reading:
    """Return the sum over all lesions; with missing parts it is bounded from below, as no part is negative."""
    supposed = ev.supposed.get((f"sum:{name}", None))
    if isinstance(supposed, float):
        return Reading(name, None, supposed, supposed, supposed, None)
    readings = [ev.read(name, place) for place in ev.inputs.lesions]
    known = [reading for reading in readings if reading.number is not None]
    total = Reading(
        name,
        None,
        sum(_number(reading) for reading in known),
        sum(_end(reading, reading.low) for reading in known),
        sum(_end(reading, reading.high) for reading in known),
        None,
    )
    missing = [reading for reading in readings if reading.number is None]
    if not missing:
        return total
    lowest_possible = ev.rules.inputs[name].range[0]
    return missing[0]._replace(below=total if lowest_possible is not None and lowest_possible >= 0 else None)
