"""Which plans remove and do the same, and which differ by less than their intervals, compared one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.measurement import Measurement
from pipeline.plan import Handling
from pipeline.plan_record import PlannedLesion, PlanRecord, PlansRecord

REMNANT = "remnant_volume_ml"
TINY = 1e-6


@dataclass(frozen=True)
class Done:
    """The voxels that a plan removes and ablates, packed."""

    removed: bytes
    ablated: bytes


def check_equals(record: PlansRecord, done: Mapping[str, Done]) -> Iterator[str]:
    """Yield which plans are not said to be equal to those that remove and do the same.

    Parameters
    ----------
    done
        What each plan takes, by its id, where it is known.
    """
    plans = {plan.id: plan for plan in (*record.options, *record.own, *record.named)}
    if len(plans) != len(record.options) + len(record.own) + len(record.named):
        yield "two plans have one id"
    for plan in (plans[name] for name in done if name in plans):
        equal = {other for other in done if other != plan.id and _is_same(plan, plans[other], done)}
        if set(plan.equals) != equal:
            yield f"plan {plan.id}: it is said to equal {sorted(plan.equals)}, found again: {sorted(equal)}"


def _is_same(one: PlanRecord, two: PlanRecord, done: Mapping[str, Done]) -> bool:
    """Tell whether plans of parts and margins list the same, or a drawn one takes the same voxels as another."""
    if one.mask or two.mask:
        left = [[(each.id, each.handling) for each in plan.lesions if _stays(each.handling)] for plan in (one, two)]
        return done[one.id] == done[two.id] and left[0] == left[1]
    lists = [[_what(each) for each in plan.lesions] for plan in (one, two)]
    return set(one.parts) == set(two.parts) and lists[0] == lists[1]


def _stays(handling: Handling) -> bool:
    return handling is not Handling.RESECTED


def _what(each: PlannedLesion) -> tuple[str, Handling, float | None]:
    """Return what is done with a lesion, with its margin where that is chosen."""
    return each.id, each.handling, each.margin_mm if each.wedge or each.handling is Handling.ABLATED else None


def check_alike(record: PlansRecord) -> Iterator[str]:
    """Yield which options another one beats, and of which it differs what may be as good within the intervals."""
    for plan in record.options:
        found = {other.id for other in record.options if other is not plan and _is_alike(plan, other, record)}
        if set(plan.alike_within_intervals) != found:
            said = sorted(plan.alike_within_intervals)
            yield f"plan {plan.id}: it is said to be like {said}, found again: {sorted(found)}"
        for other in record.options:
            if _beats(other, plan, record):
                yield f"plan {plan.id}: it is an option, and option {other.id} beats it"


def check_compared(record: PlansRecord) -> Iterator[str]:
    """Yield which options are not said to stand beside a plan of the user's own as they do."""
    for plan in (each for each in record.own if REMNANT in each.measurements):
        mine = plan.measurements[REMNANT].value
        if mine is None:
            continue
        if [each.option for each in plan.compared] != [each.id for each in record.options]:
            yield f"plan {plan.id}: not every option stands beside it"
        for each, option in zip(plan.compared, record.options, strict=False):
            its = option.measurements[REMNANT].value or 0.0
            costs = [a - b for a, b in zip(_costs(option, record), _costs(plan, record), strict=True)]
            known = plan.procedures is not None
            found = [mine - its, costs[0], costs[1], costs[3], *((costs[2], costs[4]) if known else ())]
            said: list[float | None] = [-each.remnant_ml, each.untreated, -each.resected, -each.margin_mm]
            said += [each.procedures, each.segments] if known else []
            beats = all(cost <= TINY for cost in found) and any(cost < -TINY for cost in found)
            beats = beats and (known or (option.procedures == 1 and not option.segments_removed))
            same = all(a is not None and abs(a - b) <= 1e-6 for a, b in zip(said, found, strict=True))
            if not same or each.beats is not beats:
                yield f"plan {plan.id}: option {option.id} does not stand beside it as it is said to"


def _is_alike(one: PlanRecord, two: PlanRecord, record: PlansRecord) -> bool:
    """Tell whether another option may be as good: intervals of the remnants meet, and it is nowhere else worse."""
    first, second = (plan.measurements.get(REMNANT) for plan in (one, two))
    if first is None or second is None:
        return False
    (low, high), (least, most) = _ends(first), _ends(second)
    meet = low <= most and least <= high
    return meet and all(b <= a for a, b in zip(_costs(one, record), _costs(two, record), strict=True))


def _beats(one: PlanRecord, two: PlanRecord, record: PlansRecord) -> bool:
    """Tell whether an option is nowhere worse than another one, and somewhere better."""
    first, second = (plan.measurements.get(REMNANT) for plan in (one, two))
    if first is None or second is None or first.value is None or second.value is None:
        return False
    mine, its = (-first.value, *_costs(one, record)), (-second.value, *_costs(two, record))
    return all(a <= b + TINY for a, b in zip(mine, its, strict=True)) and any(
        a < b - TINY for a, b in zip(mine, its, strict=True)
    )


def _ends(remnant: Measurement) -> tuple[float, float]:
    value = remnant.value or 0.0
    return (value if remnant.low is None else remnant.low), (value if remnant.high is None else remnant.high)


def _costs(plan: PlanRecord, record: PlansRecord) -> tuple[float, ...]:
    """Return what a plan is compared by beside its remnant; less is better."""
    untreated = sum(each.handling is Handling.UNTREATED for each in plan.lesions)
    cap = max(record.margins_mm, default=0.0)
    treated = [each for each in plan.lesions if each.handling in (Handling.RESECTED, Handling.ABLATED)]
    margins = [cap if each.margin_mm is None else each.margin_mm for each in treated]
    margin = min([*margins, cap]) if margins else 0.0
    segments = len({each[0] for each in plan.segments_removed})
    return untreated, -plan.resected, plan.procedures or 0, -margin, segments
