"""Facts of a plan found again: extent, segments preserved, whether lesions stay, and the plans that are equal to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.measurement import Fact
from pipeline.plan_record import PlanRecord
from pipeline.verify.couinaud import SIDES
from pipeline.verify.number import Number
from pipeline.verify.plan_facts import FACTS, chain_of
from pipeline.verify.plans_field import Field
from pipeline.verify.plans_taking import Taken

ORDER = ("1", "2", "3", "4a", "4b", "5", "6", "7", "8")
Known = tuple[object, tuple[str, ...]]


def segments_of(part: str) -> tuple[str, ...]:
    """Return the Couinaud segments that a part of the liver is, by its name."""
    side = SIDES.get(f"hemiliver_{part}")
    return (part,) if side is None else tuple(sorted(each.removeprefix("segment_") for each in side))


def extent_facts(field: Field, plan: PlanRecord, taken: Taken, codes: tuple[str, ...]) -> dict[str, Known]:
    """Return the facts of extent: parts removed whole, and segments more than half of whose tissue is removed.

    Parameters
    ----------
    codes
        Why the liver is not divided.
    """
    if not field.parts:
        return dict.fromkeys(FACTS, (None, (*codes, "NO_SEGMENTS")))
    finest = [half for part in plan.parts for each in segments_of(part) for half in _halves(each)]
    tissue = field.liver & ~field.tumour()
    whole, gone, left = (dict.fromkeys("12345678", 0) for _ in range(3))
    for name, part in field.parts.items():
        for number in {each[0] for each in segments_of(name)}:
            whole[number] += int((part & tissue).sum())
            gone[number] += int((part & tissue & taken.removed).sum())
            left[number] += int((part & tissue & taken.kept).sum())
    touched = {each[0] for each in finest} | {n for n in whole if 2 * gone[n] > whole[n]}
    kept = {n for n in whole if whole[n] and n not in touched and 2 * left[n] >= whole[n]}
    return _words(finest, {int(n) for n in touched}, {int(n) for n in kept})


def _words(finest: Sequence[str], touched: set[int], kept: set[int]) -> dict[str, Known]:
    major = True if chain_of(touched) > 2 else False if len(touched) < 3 else None
    extent = None if major is None else ("minor", "major", "extended")[major + (major and len(touched) > 4)]
    names = tuple(f"segment_{each}" for each in ORDER if each in finest)
    values = (names, float(len(touched)), extent, major, float(chain_of(kept)))
    return {name: (value, ("EXTENT_UNDEFINED",)) for name, value in zip(FACTS, values, strict=True)}


def _halves(segment: str) -> tuple[str, ...]:
    return ("4a", "4b") if segment == "4" else (segment,)


def tumour_free(numbers: Mapping[str, Number]) -> Known:
    """Return whether no lesion is left in the remnant."""
    remnant, left = numbers["remnant_volume_ml"], numbers["remnant_lesion_volume_ml"]
    if left.value is None or "EMPTY_REMNANT" in remnant.codes:
        return None, (*remnant.codes, *left.codes)
    return left.value <= 0, ()


def check_facts(plan: PlanRecord, expected: Mapping[str, Known]) -> Iterator[str]:
    """Yield which facts of a plan are not those found again."""
    for name in sorted({*plan.facts, *expected}):
        fact = plan.facts.get(name)
        if name not in expected:
            yield f"plan {plan.id}: {name} has no second method"
        elif fact is None:
            yield f"plan {plan.id}: {name} is not in the report"
        else:
            yield from _compare(f"plan {plan.id}: {name}", fact, *expected[name])


def _compare(name: str, fact: Fact, value: object, codes: tuple[str, ...]) -> Iterator[str]:
    if fact.value != value or isinstance(fact.value, bool) is not isinstance(value, bool):
        yield f"{name} differs: {fact.value} is stated, {value} found again"
    elif value is None and (fact.reason or "").split(":")[0] not in codes:
        yield f"{name} is withheld for another reason than {' or '.join(codes)}"
