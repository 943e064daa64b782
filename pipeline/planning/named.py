"""The plan that a set of Couinaud segments is: exactly these parts, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.ground import Ground
from pipeline.plan import Choices, Plan
from pipeline.planning.space import clears
from pipeline.resection import NamedResection

HALVES = ("4a", "4b")


def plan_of_parts(
    ground: Ground, resection: NamedResection | Iterable[str], choices: Choices, name: str = ""
) -> Plan | str:
    """Return the plan that removes whole segments and nothing else, or ``CODE: sentence`` why it cannot be told.

    Lesions that it does not clear with the smallest margin of ``choices`` (not wholly in the specimen, or nearer to
    what is kept) are untreated.

    Parameters
    ----------
    resection
        A named resection, or numbers of segments: ``4``, ``4a``.
    name
        Of the plan; that of the named resection by default.
    """
    if isinstance(resection, NamedResection):
        name = name or resection.name
        wanted = segments_of(resection)
    else:
        wanted = tuple(resection)
    parts = parts_of_segments(ground, wanted)
    if isinstance(parts, str):
        return parts
    margin_mm = choices.wedge_margins_mm[0] if choices.wedge_margins_mm else 0.0
    cleared = clears(ground, parts, margin_mm).cleared
    left = tuple(lesion for lesion, away in zip(ground.lesions, cleared, strict=True) if not away)
    return Plan(parts=parts, untreated=left, name=name)


def segments_of(resection: NamedResection) -> tuple[str, ...]:
    """Return the numbers of the segments that a named resection removes."""
    return tuple(role.value.removeprefix("segment_") for role in resection.removed)


def parts_of_segments(ground: Ground, segments: Iterable[str]) -> tuple[str, ...] | str:
    """Return the parts of the ground that segments are, in its order, or ``CODE: sentence`` why they are none."""
    if not ground.parts:
        return ground.parts_reason or "NO_SEGMENTS: no mask divides the liver into segments"
    wanted = halve(segments)
    if not wanted:
        return "NO_SEGMENTS: no segment is named that it removes"
    known = {number for part in ground.parts for number in halve(part.segments)}
    if missing := sorted(wanted - known):
        return f"NO_SEGMENTS: {_say(missing)} {'is' if len(missing) == 1 else 'are'} not drawn"
    taken = [part for part in ground.parts if halve(part.segments) & wanted]
    if beyond := [part.name for part in taken if halve(part.segments) - wanted]:
        return f"NO_SEGMENTS: what it removes of {_say(beyond)} is not drawn apart from the rest"
    if len(taken) == len(ground.parts):
        return "EMPTY_REMNANT: it removes every part of the liver"
    return tuple(part.name for part in taken)


def halve(segments: Iterable[str]) -> frozenset[str]:
    """Return segments with segment 4 as its two halves."""
    return frozenset(half for each in segments for half in (HALVES if each == "4" else (each,)))


def _say(names: Iterable[str]) -> str:
    words = [f"segment {name}" if name[0].isdigit() else f"the {name} hemiliver" for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
