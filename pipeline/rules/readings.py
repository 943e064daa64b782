"""Read inputs for rules: a value that can be trusted, or the reason why there is none.

A value of the wrong type or unit, outside what is physically possible, or at odds with the lesions that are listed,
counts as not known; nothing is guessed or converted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.rules.model import InputSpec

Key: TypeAlias = tuple[str, str | None]
"""Name of an input as rules write it, and the lesion's id for a quantity of a lesion."""
Value: TypeAlias = str | bool | float | tuple[str, ...]


class Reading(NamedTuple):
    """What is known of one input.

    Parameters
    ----------
    low, high
        Interval of the value; None where it has none.
    reason
        Why there is no value; None exactly when there is one.
    above, below
        For a missing value: readings that bound it from above and from below.
    """

    name: str
    lesion: str | None
    value: Value | None
    low: float | None
    high: float | None
    reason: str | None
    above: Reading | None = None
    below: Reading | None = None

    @property
    def number(self) -> float | None:
        """The value when it is a number."""
        return float(self.value) if isinstance(self.value, int | float) and not isinstance(self.value, bool) else None


def read_quantity(key: Key, spec: InputSpec, quantity: Quantity | None) -> Reading:
    """Return what is known of an input, checked against what its declaration allows."""
    name, lesion = key
    if quantity is None:
        return Reading(name, lesion, None, None, None, _why_absent(spec))
    if quantity.value is None:
        return Reading(name, lesion, None, None, None, quantity.reason)
    wrong = _find_fault(spec, quantity)
    if wrong:
        return Reading(name, lesion, None, None, None, wrong)
    if isinstance(quantity, Measurement):
        return Reading(name, lesion, quantity.value, quantity.low, quantity.high, None)
    value = quantity.value
    return Reading(name, lesion, float(value) if spec.numeric and isinstance(value, int) else value, None, None, None)


def known_value(spec: InputSpec, quantity: Quantity | None) -> Value | None:
    """Return the value of an input that can be trusted, numbers as such; None without one."""
    if quantity is None or quantity.value is None or _find_fault(spec, quantity) is not None:
        return None
    return float(quantity.value) if spec.numeric and isinstance(quantity.value, int | float) else quantity.value


def _why_absent(spec: InputSpec) -> str:
    if not spec.measured:
        where = "; the clinical record may give it" if spec.source == "either" else ""
        return f"NOT_MEASURED: not measured in this version{where}"
    if spec.source == "record":
        return "NOT_GIVEN: not in the clinical record"
    return "NOT_GIVEN: not among the measurements of this study"


def _find_fault(spec: InputSpec, quantity: Quantity) -> str | None:
    """Return why a value cannot be used, or None."""
    if not _has_type(spec, quantity.value):
        return f"INPUT_TYPE: expected {spec.type}"
    if _differs(quantity, spec):
        return f"INPUT_UNIT: given in {quantity.unit}, expected {spec.unit}"
    value = quantity.value
    if isinstance(value, int | float) and not isinstance(value, bool) and not is_possible(spec, float(value)):
        return "INPUT_RANGE: outside what is possible"
    if spec.words and isinstance(quantity.value, str) and quantity.value not in spec.words:
        return "INPUT_WORD: a word that rules do not know"
    return None


def _has_type(spec: InputSpec, value: object) -> bool:
    if spec.numeric:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, {"word": str, "truth": bool, "words": tuple}[spec.type])


def _differs(quantity: Quantity, spec: InputSpec) -> bool:
    """Tell whether the units differ; a fact without a unit of its own has the one in its name."""
    if not spec.numeric or (isinstance(quantity, Fact) and quantity.unit == "1"):
        return False
    return quantity.unit != spec.unit


def is_possible(spec: InputSpec, value: float) -> bool:
    """Tell whether a number is physically possible for an input."""
    low, high = spec.range
    if not math.isfinite(value) or (spec.type == "integer" and value != math.floor(value)):
        return False
    return (low is None or value >= low) and (high is None or value <= high)


def check_lesions(inputs: Inputs, specs: Mapping[str, InputSpec]) -> Inputs:
    """Return the inputs without what is at odds with the listed lesions.

    While it is not known which lesions there are, no quantity that depends on them is known either. A count, or a word
    for what the lesion mask holds, that contradicts the listed lesions makes the lesions unknown.
    """
    reason = inputs.lesions_reason or "LESIONS_UNKNOWN: it is not known which lesions there are"
    known = inputs.lesions_known
    if known and (contradiction := _find_contradiction(inputs)):
        known, reason = False, contradiction
    if known:
        return inputs
    study = {
        name: quantity if quantity.value is None or not _needs_lesions(name, specs) else _forget(quantity, reason)
        for name, quantity in inputs.study.items()
    }
    return Inputs(study, {}, False, reason)


def _needs_lesions(name: str, specs: Mapping[str, InputSpec]) -> bool:
    return name in specs and specs[name].needs_lesions


def _forget(quantity: Quantity, reason: str) -> Quantity:
    if isinstance(quantity, Measurement):
        return replace(quantity, value=None, low=None, high=None, reason=reason)
    return replace(quantity, value=None, reason=reason)


def _find_contradiction(inputs: Inputs) -> str | None:
    listed = len(inputs.lesions)
    count = inputs.study.get("lesion_count")
    if count is not None and count.value is not None and count.value != listed:
        return f"LESIONS_CONTRADICT: {count.value:g} lesions counted, {listed} listed" if _is_number(count) else None
    state = inputs.study.get("lesion_state")
    word = state.value if state is not None else None
    if word is not None and (word == "found") != (listed > 0):
        return f"LESIONS_CONTRADICT: the lesion masks read {word}, while {listed} lesions count as lying in the liver"
    return None


def _is_number(quantity: Quantity) -> bool:
    return isinstance(quantity.value, int | float) and not isinstance(quantity.value, bool)
