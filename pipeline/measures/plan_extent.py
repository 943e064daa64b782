"""Facts that follow from a planned resection alone: segments removed and preserved, minor, major or extended."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pipeline.measurement import Fact
from pipeline.measures.couinaud import name_segments
from pipeline.measures.resection_plan import PIECES, Plan, read_plans
from pipeline.resection import Extent, Resections
from pipeline.structures import COUINAUD, Role
from pipeline.study import Finding, Severity

SEGMENTS, COUNT, EXTENT = "planned_segments", "segments_removed", "resection_extent"
MAJOR, PRESERVED = "resection_is_major", "remnant_segments_preserved"
NAMES = (SEGMENTS, COUNT, EXTENT, MAJOR, PRESERVED)
FORMULA = "formula: "


def derive_plan_facts(facts: Mapping[str, Fact], resections: Resections) -> dict[str, Fact]:
    """Return the facts of a clinical record together with those that follow from the resection it plans.

    A stated fact is never replaced. Of a plan by segments or by name:

    - ``planned_segments``: what is removed, segment 4 as its two halves;
    - ``segments_removed``: how many Couinaud segments are removed wholly or in part (segment 4 counts once);
    - ``resection_extent``: minor, major or extended (catalogue MEA-23; Brisbane 2000);
    - ``resection_is_major``: three or more segments that lie side by side are removed;
    - ``remnant_segments_preserved``: the largest number of wholly preserved segments that hang together.

    Without such a plan nothing is added. Of plans that contradict each other nothing is known.
    """
    plans = read_plans(facts, resections)
    if not plans or resections.extent is None:
        return dict(facts)
    reason = next((plan.reason for plan in plans if plan.reason is not None), None)
    if reason is None and len({plan.finest for plan in plans}) > 1:
        reason = f"CLIN_CONTRADICT: {' and '.join(plan.name for plan in plans)} do not remove the same segments"
    if reason is not None:
        found = [Fact(name, None, reason) for name in NAMES]
    else:
        found = _follow(plans[0], resections.side_by_side, resections.extent)
    return {**{fact.name: fact for fact in found}, **facts}


def find_plan_conflicts(facts: Mapping[str, Fact], resections: Resections) -> tuple[Finding, ...]:
    """Return a finding for each fact that the record states otherwise than its planned resection has it."""
    rest = {name: fact for name, fact in facts.items() if name not in NAMES}
    planned = derive_plan_facts(rest, resections)
    stated = {name: facts[name] for name in NAMES if name in facts and not facts[name].source.startswith(FORMULA)}
    return tuple(
        _warn(planned[name])
        for name, fact in stated.items()
        if name in planned and None not in (fact.value, planned[name].value) and fact.value != planned[name].value
    )


def _warn(planned: Fact) -> Finding:
    what = f"{planned.name} is used as it is stated; by the planned resection it is {_say(planned)}."
    return Finding("CLIN_CONTRADICT", Severity.WARNING, what, (planned.name,))


def _say(fact: Fact) -> str:
    if isinstance(fact.value, bool):
        return "yes" if fact.value else "no"
    return f"{fact.value:g}" if isinstance(fact.value, int | float) else str(fact.value)


def _follow(plan: Plan, side_by_side: Collection[frozenset[str]], extent: Extent) -> list[Fact]:
    """Return what follows from one plan."""
    source = f"{FORMULA}{name_segments(plan.removed)} removed by {plan.name}"
    touched = {number_segment(role) for role in plan.finest}
    kept = {number_segment(role) for role in COUINAUD if role not in PIECES} - touched
    return state_extent(source, plan.finest, touched, kept, side_by_side, extent)


def state_extent(
    source: str,
    finest: Collection[Role],
    touched: Collection[str],
    kept: Collection[str],
    side_by_side: Collection[frozenset[str]],
    extent: Extent,
) -> list[Fact]:
    """Return the facts that follow from the segments that are removed and preserved.

    Parameters
    ----------
    finest
        Segments removed, segment 4 as its two halves.
    touched, kept
        Numbers of the whole segments that count as removed, and as preserved.
    side_by_side, extent
        Of ``Resections``.
    """
    largest = _largest_group(touched, side_by_side)
    major, why = _is_major(len(touched), largest, extent)
    word = None if major is None else "minor" if not major else _major_word(len(touched), extent)
    halves = tuple(role.value for role in COUINAUD if role in finest)
    return [
        Fact(SEGMENTS, halves, source=source),
        Fact(COUNT, float(len(touched)), source=source),
        Fact(EXTENT, word, why, source=source),
        Fact(MAJOR, major, why, source=source),
        Fact(PRESERVED, float(_largest_group(kept, side_by_side)), source=source),
    ]


def _is_major(removed: int, largest: int, extent: Extent) -> tuple[bool | None, str | None]:
    """Return whether a resection is major; not known where many segments are removed and few lie side by side."""
    if largest >= extent.major_from:
        return True, None
    if removed <= extent.minor_up_to:
        return False, None
    why = f"EXTENT_UNDEFINED: {removed} segments are removed, of which at most {largest} lie side by side"
    return None, f"{why}; that is neither a minor nor a major resection"


def _major_word(removed: int, extent: Extent) -> str:
    return "extended" if removed >= extent.extended_from else "major"


def number_segment(role: Role) -> str:
    """Return the number of the whole segment that a role belongs to."""
    return role.value.removeprefix("segment_")[0]


def _largest_group(numbers: Collection[str], side_by_side: Collection[frozenset[str]]) -> int:
    """Return the size of the largest group of segments that hang together."""
    left, largest = set(numbers), 0
    while left:
        group = {left.pop()}
        while more := {each for each in left if any(frozenset((each, other)) in side_by_side for other in group)}:
            group |= more
            left -= more
        largest = max(largest, len(group))
    return largest
