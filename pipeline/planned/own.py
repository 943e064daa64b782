"""The plans that the user gives, as plans of the liver's parts and lesions: the one that the study rests on first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.ground import Ground
from pipeline.lesion import Lesion
from pipeline.measures.grids import count_shared
from pipeline.measures.plans.given import find_first_stated, follow_given, given_plans
from pipeline.plan import Choices, GivenPlan, Plan
from pipeline.planning.named import plan_of_parts
from pipeline.study import ClinicalRecord, Study
from pipeline.volume import Mask


@dataclass(frozen=True, eq=False)
class OwnPlan:
    """A plan that the user gives.

    Parameters
    ----------
    plan
        None with ``reason``, ``CODE: sentence``.
    kept
        Of one that is drawn: what it leaves of the total liver, lesions included.
    rests
        The study's own numbers rest on it.
    ratio_reason
        Of one that is drawn: why its ratios cannot be trusted.
    spoken_of
        What the clinical record states of a plan is stated of this one: it is the first that the record names, or the
        one that the study's own numbers rest on.
    """

    given: GivenPlan
    plan: Plan | None = None
    kept: Mask | None = None
    reason: str | None = None
    rests: bool = False
    ratio_reason: str | None = None
    spoken_of: bool = False


@dataclass(frozen=True, eq=False)
class Drawing:
    """The liver that own plans are drawn in.

    Parameters
    ----------
    total
        With its lesions.
    tumour
        Union of the intrahepatic lesions; None without one.
    kept
        What the plan keeps that the study's numbers rest on, where one is given.
    """

    study: Study
    total: Mask
    tumour: Mask | None
    lesions: Sequence[Lesion]
    kept: Mask | None = None


def find_own_plans(drawing: Drawing, clinical: ClinicalRecord, ground: Ground, choices: Choices) -> tuple[OwnPlan, ...]:
    """Return every plan that masks or the clinical record give, the one that the study's numbers rest on first."""
    given = given_plans(drawing.study, clinical)
    first = find_first_stated(drawing.study, clinical)
    found = (_follow(drawing, each, ground, choices, place == 0) for place, each in enumerate(given))
    return tuple(replace(each, spoken_of=place in (0, first)) for place, each in enumerate(found))


def _follow(drawing: Drawing, given: GivenPlan, ground: Ground, choices: Choices, rests: bool) -> OwnPlan:
    if given.reason is not None:
        return OwnPlan(given, reason=given.reason, rests=rests)
    if given.mask:
        return _follow_mask(drawing, given, rests)
    plan = plan_of_parts(ground, given.segments, choices, given.procedure or given.name)
    if isinstance(plan, str):
        return OwnPlan(given, reason=plan, rests=rests)
    return OwnPlan(given, plan, rests=rests)


def _follow_mask(drawing: Drawing, given: GivenPlan, rests: bool) -> OwnPlan:
    """Return the plan of a mask: a lesion is removed where nothing of it is kept, else it stays."""
    way = follow_given(drawing.study, given, drawing.total, drawing.tumour)
    if way.reason is not None or way.whole is None:
        return OwnPlan(given, reason=way.reason, rests=rests)
    kept = drawing.kept if rests and drawing.kept is not None else way.whole
    left = tuple(lesion.id for lesion in drawing.lesions if count_shared(lesion.mask, kept) > 0)
    return OwnPlan(given, Plan(untreated=left, name=given.name, mask=given.mask), kept, None, rests, way.ratio_reason)
