"""Plans of a resection in the clinical record: the list ``resection_plans``, and the single plan beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.measurement import Fact
from pipeline.plan import GivenPlan
from pipeline.readers.clinical.entry_values import Refused, Value
from pipeline.readers.clinical.fields import ClinicalField
from pipeline.readers.clinical.structured_fields import Wrong, read_item, unpack_items
from pipeline.resection import Resections, finest_segments, number_of_segment
from pipeline.study import Finding, Severity
from pipeline.yaml_file import Plain

LISTED, SINGLE = "resection_plans", "resection_plan"
PROCEDURE, SEGMENTS, MASK = "resection_procedure", "resection_segments", "resection_mask"
"""Fields that state plans; the last three are those of the one plan that the numbers of the study rest on."""
ENTRY = "entry 1 of "
LONGEST_NAME, LONGEST_SEGMENT = 40, 4
"""Characters of a refused entry that are repeated: of its name, and of a segment that is none."""


@dataclass(frozen=True, eq=False)
class PlanList:
    """The entries of ``resection_plans`` in order, refused ones with their reason, and each in words."""

    plans: tuple[GivenPlan, ...]
    words: tuple[str, ...]


def read_plan_list(definition: ClinicalField, value: Plain, resections: Resections) -> PlanList | Refused:
    """Return a list of plans, or why none of it can be used. An entry that cannot be used leaves the others.

    In a table it is JSON, or names of resections separated by ``|`` or ``;``.
    """
    try:
        items = unpack_items(definition, value)
    except Wrong as wrong:
        return wrong.refused
    plans = _name_apart([_read_entry(definition, item, place, resections) for place, item in enumerate(items, 1)])
    return PlanList(plans, tuple(map(_say, plans)))


def list_plans(
    facts: Mapping[str, Fact], listed: Sequence[GivenPlan], resections: Resections, written: str = ""
) -> tuple[GivenPlan, ...]:
    """Return every plan of a record, the one that counts first: the single plan, then the list.

    An entry of the list that removes what the single plan removes is the same plan and lends it its name.

    Parameters
    ----------
    facts
        As the record states them, before the list is taken into them (``state_first``).
    written
        What the single plan is called, as it is written, where it is refused.
    """
    single = tuple(_read_single(facts, resections, written))
    found = [_lend_name(plan, listed) if plan.name == _own_name(plan) else plan for plan in single]
    return _name_apart([*found, *(plan for plan in listed if not any(_is_same(plan, each) for each in found))])


def state_first(facts: Mapping[str, Fact], listed: Sequence[GivenPlan], source: str) -> dict[str, Fact]:
    """Return what the first entry of a list states of the study where the record has no single plan.

    A first entry that cannot be used leaves the resection unknown: no other entry takes its place.
    """
    if not listed or {SINGLE, PROCEDURE, SEGMENTS, MASK} & set(facts):
        return {}
    first = listed[0]
    if first.reason is not None:
        code, _, why = first.reason.partition(": ")
        reason = f"{code}: {ENTRY}{LISTED}, which the numbers of the study would rest on, is not used: {why}"
        return {PROCEDURE: Fact(PROCEDURE, None, reason, source=source)}
    name = MASK if first.mask else PROCEDURE if first.procedure else SEGMENTS
    value: Value = first.mask or first.procedure or first.segments
    return {name: Fact(name, value, source=source)}


def say_refused_plans(facts: Mapping[str, Fact], listed: Sequence[GivenPlan]) -> Iterator[Finding]:
    """Yield a finding for each entry that is left out; of the first one it is told by ``state_first`` where it counts.

    Parameters
    ----------
    facts
        As the record states them, before the list is taken into them.
    """
    told = 1 if state_first(facts, listed, "") else 0
    for place, plan in enumerate(listed, 1):
        if plan.reason is not None and place > told:
            code, _, why = plan.reason.partition(": ")
            message = f"Entry {place} of {LISTED} is left out: {why}. The other entries are used."
            yield Finding(code, Severity.WARNING, message, (LISTED,))


def _read_entry(definition: ClinicalField, item: Plain, place: int, resections: Resections) -> GivenPlan:
    unnamed = GivenPlan(written_name(item) or f"plan {place}")
    try:
        values = read_item(definition, item).values
    except Wrong as wrong:
        return replace(unnamed, reason=f"{wrong.refused.code}: {_find_culprit(definition, item) or wrong.refused.why}")
    name, procedure, mask = (str(values.get(key, "")) for key in ("name", "procedure", "mask"))
    segments = values.get("segments_removed", ())
    plan = _build(name, procedure, segments if isinstance(segments, tuple) else (), mask, resections)
    if not plan.mask and not plan.segments:
        return replace(plan, name=name or unnamed.name, reason="CLIN_VALUE: it removes no segment")
    return plan


def written_name(item: Plain) -> str:
    """Return what an entry calls its plan, as it is written: by its name, else by its procedure or mask."""
    if isinstance(item, str):
        return _shorten(item)
    own = item if isinstance(item, dict) else {}
    return next((_shorten(own[key]) for key in ("name", "procedure", "mask") if isinstance(own.get(key), str)), "")


def _shorten(text: Plain) -> str:
    """Return a name for a message: short, without long numbers that may identify."""
    return re.sub(r"\d{4,}", "#", " ".join(str(text).split()))[:LONGEST_NAME]


def say_culprit(definition: ClinicalField, item: Plain, refused: Refused) -> Refused:
    """Return why a plan is refused, with the segment that is none where that is why."""
    culprit = _find_culprit(definition, item)
    return refused if culprit is None else replace(refused, why=culprit)


def _find_culprit(definition: ClinicalField, item: Plain) -> str | None:
    """Return which segment of an entry is none; None where each is one, or one is too long to be a slip of one."""
    key, given = (
        definition.keys.get("segments_removed"),
        item.get("segments_removed") if isinstance(item, dict) else None,
    )
    if key is None or given is None:
        return None
    parts = given if isinstance(given, list) else re.split(r"[;|]", str(given))
    words = [str(part).strip().casefold() for part in parts]
    wrong = next((word for word in words if word not in (*key.words, "none", "")), None)
    if wrong is None or len(wrong) > LONGEST_SEGMENT or not wrong.isalnum():
        return None
    return f"segment {wrong} is not among {', '.join(key.words)}"


def find_contradiction(gives: Mapping[str, Value], resections: Resections) -> Refused | None:
    """Return why a plan is not used that names a resection and other segments than it removes; None for any other."""
    named, listed = resections.named.get(str(gives.get(PROCEDURE))), gives.get(SEGMENTS)
    if named is None or not isinstance(listed, tuple):
        return None
    removed = tuple(map(number_of_segment, named.removed))
    if finest_segments(removed) == finest_segments(listed):
        return None
    words = f"{named.name.replace('_', ' ')} removes segments {', '.join(removed)}, and segments_removed says"
    return Refused("CLIN_CONTRADICT", f"{words} {', '.join(listed) or 'none'}: neither is used")


def _build(
    name: str, procedure: str, segments: tuple[str, ...], mask: str, resections: Resections, reason: str | None = None
) -> GivenPlan:
    """Return a plan with the segments of its procedure, and with a name where it has none of its own."""
    named = resections.named.get(procedure)
    removed = segments if named is None else tuple(map(number_of_segment, named.removed))
    plan = GivenPlan("", tuple(dict.fromkeys(removed)), procedure, mask, reason)
    return replace(plan, name=name or _own_name(plan))


def _own_name(plan: GivenPlan) -> str:
    """Return what a plan is called that has no name."""
    if plan.mask or plan.procedure:
        return plan.mask or plan.procedure.replace("_", " ")
    return f"segment{'' if len(plan.segments) == 1 else 's'} {', '.join(plan.segments)}"


def _read_single(facts: Mapping[str, Fact], resections: Resections, written: str) -> Iterator[GivenPlan]:
    """Yield what the single plan of a record states: by mask, by segments, by name; of equal ones one."""
    whole = facts.get(SINGLE)
    words = whole.value if whole is not None and isinstance(whole.value, tuple) else ()
    name = next((word.removeprefix("name: ") for word in words if word.startswith("name: ")), "")
    given = {key: facts[key] for key in (MASK, SEGMENTS, PROCEDURE) if key in facts}
    if whole is not None and whole.reason is not None and not given:
        yield GivenPlan(written or "planned resection", reason=whole.reason)
    found: list[GivenPlan] = []
    for key, fact in given.items():
        if fact.reason is not None:
            yield GivenPlan(name or "planned resection", reason=fact.reason)
            continue
        segments = fact.value if isinstance(fact.value, tuple) else ()
        procedure, mask = (str(fact.value) if key == own else "" for own in (PROCEDURE, MASK))
        plan = _build(name, procedure, segments, mask, resections)
        if not plan.mask and not plan.segments:
            plan = replace(plan, name=name or "planned resection", reason="CLIN_VALUE: it removes no segment")
        same = next((place for place, each in enumerate(found) if _is_same(plan, each)), None)
        if same is None:
            found.append(plan)
        else:
            found[same] = replace(found[same], procedure=procedure, name=name or _own_name(plan))
    yield from found


def _is_same(first: GivenPlan, second: GivenPlan) -> bool:
    """Tell whether two plans remove the same: the same segments, or the structure of the same name."""
    if None not in (first.reason, second.reason):
        return False
    if first.mask or second.mask:
        return first.mask == second.mask
    return bool(first.segments) and finest_segments(first.segments) == finest_segments(second.segments)


def _lend_name(plan: GivenPlan, listed: Sequence[GivenPlan]) -> GivenPlan:
    return next((replace(plan, name=each.name) for each in listed if _is_same(plan, each)), plan)


def _name_apart(plans: Sequence[GivenPlan]) -> tuple[GivenPlan, ...]:
    """Return plans of which no two have one name: a second one is counted."""
    found: list[GivenPlan] = []
    for plan in plans:
        taken = {each.name for each in found}
        names = (plan.name, *(f"{plan.name} ({number})" for number in range(2, len(plans) + 2)))
        found.append(replace(plan, name=next(name for name in names if name not in taken)))
    return tuple(found)


def _say(plan: GivenPlan) -> str:
    """Return a plan in words: ``small (right_hepatectomy)``."""
    if plan.reason is not None:
        return f"{plan.name} (left out)"
    own = _own_name(plan)
    what = plan.procedure or (f"mask {plan.mask}" if plan.mask else own)
    return what if plan.name == own and not plan.mask else f"{plan.name} ({what})"
