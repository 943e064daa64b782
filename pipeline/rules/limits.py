"""The numbers that a threshold can be: fixed, set by the profile, by a class that may be open, or by another input."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline.rules.readings import Reading
from pipeline.rules.terms import ByClass, ByInput, ByParameter, Threshold

if TYPE_CHECKING:
    from pipeline.rules.evaluation import Evaluation


class Limit(NamedTuple):
    """A threshold as a number; ``value`` None is no limit, ``strict`` takes the *or equal* out of the comparison."""

    value: float | None
    strict: bool = False


class Limits(NamedTuple):
    """The thresholds still possible: ``now`` by the values, ``wide`` anywhere inside the intervals.

    Both are empty when the threshold is not known at all; ``missing`` is then the input that would give it.
    """

    now: tuple[Limit, ...]
    wide: tuple[Limit, ...]
    missing: Reading | None = None


def find_limits(ev: Evaluation, threshold: Threshold) -> Limits:
    """Return the numbers that a threshold can be."""
    if isinstance(threshold, ByParameter):
        return _same(find_parameter_limit(ev, threshold))
    if isinstance(threshold, ByInput):
        reading = ev.read(threshold.of)
        number = reading.number if reading.number is not None else threshold.otherwise
        return Limits((), (), reading) if number is None else _same(Limit(number * threshold.times))
    if isinstance(threshold, ByClass):
        span = ev.find_classes(ev.rules.class_rules[threshold.by])
        return Limits(_class_limits(ev, threshold, span.now), _class_limits(ev, threshold, span.wide))
    return _same(Limit(float(threshold)))


def _same(limit: Limit) -> Limits:
    return Limits((limit,), (limit,))


def _class_limits(ev: Evaluation, threshold: ByClass, names: tuple[str, ...]) -> tuple[Limit, ...]:
    limits = [find_limits(ev, threshold.cases[name]).now[0] for name in names]
    return tuple(
        dict.fromkeys(
            limit if limit.value is None else Limit(limit.value + threshold.plus, limit.strict) for limit in limits
        )
    )


def find_parameter_limit(ev: Evaluation, threshold: ByParameter) -> Limit:
    """Return the number that the profile sets."""
    parameter = ev.rules.parameters[threshold.parameter]
    number = parameter.number
    return Limit(None if number is None else number + threshold.plus, parameter.strict)
