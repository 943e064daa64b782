"""What a plan takes of the liver, voxel by voxel, as its record tells it: parts, wedges, ablation zones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.plan import Handling
from pipeline.plan_record import PlannedLesion, PlanRecord, Stage
from pipeline.verify.plan_facts import TOUCHING
from pipeline.verify.plans_field import Field, touching
from pipeline.verify.solid import Bools


@dataclass(frozen=True, eq=False)
class Taken:
    """Sets of voxels over the box of a ``Field``.

    Parameters
    ----------
    whole
        Parts that are removed whole, or the specimen that is drawn.
    removed
        These and the wedges.
    ablated
        Ablation zones, less what is removed.
    kept
        The rest of the total liver, with the lesions in it.
    """

    whole: Bools
    removed: Bools
    ablated: Bools
    kept: Bools


def take(field: Field, parts: Iterable[str], lesions: Iterable[PlannedLesion], drawn: Bools | None = None) -> Taken:
    """Return what removing some parts (or a drawn specimen) and treating some lesions takes."""
    whole = field.nothing() if drawn is None else drawn.copy()
    for name in parts:
        whole |= field.parts[name]
    removed, ablated = whole.copy(), field.nothing()
    for each in lesions:
        if each.wedge:
            removed |= field.within(each.id, each.margin_mm or 0.0)
        elif each.handling is Handling.ABLATED:
            ablated |= field.within(each.id, each.margin_mm or 0.0)
    ablated &= ~removed
    return Taken(whole, removed, ablated, field.liver & ~removed & ~ablated)


@dataclass(frozen=True, eq=False)
class Done:
    """What the stages of a plan up to one of them do together: parts removed, lesions treated, and all they take."""

    stage: Stage
    parts: tuple[str, ...]
    lesions: tuple[PlannedLesion, ...]
    taken: Taken


def take_stages(field: Field, plan: PlanRecord) -> Iterator[Done]:
    """Yield each stage of a plan with what it and those before it take."""
    parts: list[str] = []
    treated: list[str] = []
    for stage in sorted(plan.stages, key=lambda each: each.number):
        parts += stage.parts
        treated += stage.lesions
        lesions = tuple(each for each in plan.lesions if each.id in treated)
        yield Done(stage, tuple(parts), lesions, take(field, parts, lesions))


def check_stages(plan: PlanRecord) -> Iterator[str]:
    """Yield whether the stages of a plan do not do together what the plan does."""
    if not plan.stages:
        return
    lesions = [name for stage in plan.stages for name in stage.lesions]
    treated = [each.id for each in plan.lesions if each.handling is not Handling.UNTREATED]
    if sorted(lesions) != sorted(treated) or {name for stage in plan.stages for name in stage.parts} != set(plan.parts):
        yield f"plan {plan.id}: its stages do not treat the lesions and remove the parts that it does"
    if [stage.number for stage in plan.stages] != [1, 2]:
        yield f"plan {plan.id}: its stages are not the first and the second"


def count_procedures(field: Field, plan: PlanRecord, taken: Taken) -> int:
    """Return how many specimens are taken, lesions ablated and irradiated, and one where the remnant grows first."""
    wedges = [field.within(each.id, each.margin_mm or 0.0) for each in plan.lesions if each.wedge]
    others = sum(each.handling in (Handling.ABLATED, Handling.IRRADIATED) for each in plan.lesions)
    apart = [each for each in _join(wedges, _overlap) if not _overlap(each, taken.whole)]
    return _count_specimens(field, plan.parts) + len(apart) + others


def _count_specimens(field: Field, parts: Sequence[str]) -> int:
    """Return how many specimens parts are: two that share a face and lie side by side as Couinaud segments are one."""
    left, found = list(parts), 0
    while left:
        fresh = [left.pop()]
        found += 1
        while fresh:
            one = fresh.pop()
            more = [each for each in left if _lie_beside(one, each) and touching(field.parts[one], field.parts[each])]
            left = [each for each in left if each not in more]
            fresh += more
    return found


def _lie_beside(one: str, two: str) -> bool:
    """Tell whether two parts lie side by side; the halves of segment 4, and the hemilivers, do."""
    if not (one[0].isdigit() and two[0].isdigit()):
        return True
    return one[0] == two[0] or "".join(sorted((one[0], two[0]))) in TOUCHING.split()


def _overlap(first: Bools, second: Bools) -> bool:
    return bool((first & second).any())


def _join(sets: Sequence[Bools], meet: Callable[[Bools, Bools], bool]) -> list[Bools]:
    """Return sets of voxels joined as long as two of them meet."""
    found: list[Bools] = []
    for each in sets:
        apart, joined = [], each.copy()
        for other in found:
            if meet(other, each):
                joined |= other
            else:
                apart.append(other)
        found = [*apart, joined]
    return found
