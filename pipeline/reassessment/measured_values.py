"""Supposed values of what is measured in the images: in the unit of their name, within what is possible."""

from __future__ import annotations

from pipeline.measurement import Fact, Measurement, Quantity
from pipeline.readers.clinical.entry_values import to_number
from pipeline.rules.model import InputSpec
from pipeline.rules.readings import is_possible

SUPPOSED = "supposed"
"""Source of a value that a question sets."""
TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


class Wrong(Exception):
    """Something that was typed cannot be used; the message says why."""


def read_measured(name: str, text: str, spec: InputSpec) -> Quantity:
    """Return a supposed value of an input as its declaration allows it.

    Raises
    ------
    Wrong
        When it does not.
    """
    if spec.numeric:
        number = to_number(text)
        if number is None:
            raise Wrong("not a number" if spec.unit == "1" else f"not a number in {spec.unit}")
        if not is_possible(spec, number):
            raise Wrong(f"{number:g} is not possible for {spec.label}{_say_range(spec)}")
        return Measurement(name, number, spec.unit, method=SUPPOSED)
    if spec.type == "truth":
        if text.casefold() not in TRUTHS:
            raise Wrong("not true or false (yes or no)")
        return Fact(name, TRUTHS[text.casefold()], source=SUPPOSED)
    words = tuple(part.strip() for part in text.split(";")) if spec.type == "words" else (text,)
    for word in words if spec.words else ():
        if word not in spec.words:
            raise Wrong(f"not one of {', '.join(spec.words)}")
    return Fact(name, words if spec.type == "words" else text, source=SUPPOSED)


def _say_range(spec: InputSpec) -> str:
    low, high = spec.range
    whole = "a whole number, " if spec.type == "integer" else ""
    ends = [f"at least {low:g}" if low is not None else "", f"at most {high:g}" if high is not None else ""]
    text = whole + " and ".join(end for end in ends if end)
    return f" (expected {text.removesuffix(', ')})" if text else ""
