"""The resection that the clinical record plans: a list of Couinaud segments, or a named resection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.measurement import Fact
from pipeline.measures.couinaud import name_segments
from pipeline.resection import NamedResection, Resections, role_of_segment
from pipeline.structures import Role

LIST, NAME, WHOLE = "resection_segments", "resection_procedure", "resection_plan"
"""Facts of the clinical record that say which segments are removed."""
HALVES = (Role.SEGMENT_4A, Role.SEGMENT_4B)
PIECES = {
    Role.SEGMENT_4: HALVES,
    Role.HEMILIVER_RIGHT: (Role.SEGMENT_5, Role.SEGMENT_6, Role.SEGMENT_7, Role.SEGMENT_8),
    Role.HEMILIVER_LEFT: (Role.SEGMENT_2, Role.SEGMENT_3, *HALVES),
}
"""Parts of the liver that may be given as a whole or in pieces; the caudate lobe belongs to neither hemiliver."""


@dataclass(frozen=True)
class Plan:
    """One statement of what is removed.

    Parameters
    ----------
    name
        What states it, in words: ``list of segments``, ``right hepatectomy``.
    method
        What is removed, as a clause of a method.
    removed
        Segments as they are stated: 4, or 4a and 4b.
    reason
        Why it says nothing, ``CODE: sentence``.
    """

    name: str
    method: str = ""
    removed: tuple[Role, ...] = ()
    reason: str | None = None

    @property
    def finest(self) -> frozenset[Role]:
        """The removed segments with segment 4 as its two halves: equal for equal resections."""
        return frozenset(half for role in self.removed for half in PIECES.get(role, (role,)))


def read_plans(facts: Mapping[str, Fact], resections: Resections) -> tuple[Plan, ...]:
    """Return what the clinical record says of the resection, the list of segments before the named resection.

    Parameters
    ----------
    facts
        Of the clinical record: ``resection_segments``, ``resection_procedure``, and ``resection_plan`` where the whole
        plan is refused.
    """
    plans = []
    if (fact := facts.get(LIST)) is not None:
        plans.append(_read_list(fact))
    if (fact := facts.get(NAME)) is not None:
        plans.append(_read_name(fact, resections))
    whole = facts.get(WHOLE)
    if not plans and whole is not None and whole.reason is not None:
        plans.append(Plan("plan of the clinical record", reason=_say_refused(WHOLE, whole.reason)))
    return tuple(plans)


def _read_list(fact: Fact) -> Plan:
    name = "list of segments"
    if fact.reason is not None:
        return Plan(name, reason=_say_refused(LIST, fact.reason))
    try:
        removed = tuple(role_of_segment(number) for number in (fact.value if isinstance(fact.value, tuple) else ("?",)))
    except ValueError:
        return Plan(name, reason=f"CLIN_VALUE: {LIST} names what is no Couinaud segment")
    return Plan(name, f"{name}: {name_segments(removed)} removed", removed)


def _read_name(fact: Fact, resections: Resections) -> Plan:
    if fact.reason is not None:
        return Plan("named resection", reason=_say_refused(NAME, fact.reason))
    named = resections.named.get(str(fact.value))
    if named is None:
        reason = (
            f"CLIN_VALUE: {NAME} is none of the {len(resections.named)} resections that are known (docs/clinical.md)"
        )
        return Plan("named resection", reason=reason)
    return Plan(_words(named), f"{_words(named)} ({resections.source}): {_say_segments(named)}", named.removed)


def _words(named: NamedResection) -> str:
    return named.name.replace("_", " ")


def _say_segments(named: NamedResection) -> str:
    stays = "" if named.with_segment_1 else "; segment 1 stays"
    return f"{name_segments(named.removed)} removed{stays}"


def _say_refused(name: str, reason: str) -> str:
    """Return why a field of the record says nothing; what is said of it at length stands in the record's finding."""
    code, _, why = reason.partition(": ")
    if why.startswith("entry 1 of "):
        return reason
    return f"{code}: {name}: {why.partition(', the nearest')[0].partition('; all names')[0]}"
