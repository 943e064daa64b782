"""What a plan takes of the liver, voxel by voxel, as its record tells it: parts, wedges, ablation zones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.plan import Handling
from pipeline.plan_record import PlannedLesion, PlanRecord, Stage
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


def take_stages(field: Field, plan: PlanRecord) -> Iterator[tuple[Stage, tuple[str, ...], Taken]]:
    """Yield each stage of a plan with the parts that it and those before it remove, and all that they take."""
    parts: list[str] = []
    treated: list[str] = []
    for stage in sorted(plan.stages, key=lambda each: each.number):
        parts += stage.parts
        treated += stage.lesions
        yield stage, tuple(parts), take(field, parts, [each for each in plan.lesions if each.id in treated])


def count_procedures(field: Field, plan: PlanRecord, taken: Taken) -> int:
    """Return how many specimens are taken, lesions ablated and irradiated, and one where the remnant grows first."""
    wedges = [field.within(each.id, each.margin_mm or 0.0) for each in plan.lesions if each.wedge]
    parts = [field.parts[name] for name in plan.parts]
    others = sum(each.handling in (Handling.ABLATED, Handling.IRRADIATED) for each in plan.lesions)
    apart = [each for each in _join(wedges, _overlap) if not _overlap(each, taken.whole)]
    return len(_join(parts, touching)) + len(apart) + others


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
