"""The plans of the user's own: those of the clinical record, and those that masks draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipeline.measures.plan_masks import LISTED, find_specimen, list_drawn
from pipeline.measures.remnant_ways import Way, follow_mask, follow_specimen
from pipeline.plan import GivenPlan, fold_mask_name
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, Segment, Study
from pipeline.volume import Mask


def given_plans(study: Study, clinical: ClinicalRecord) -> tuple[GivenPlan, ...]:
    """Return every plan that the record or the masks give, the one that the numbers of the study rest on first.

    A remnant mask; then planned resections that are drawn and that no plan of the record names; then the plans of the
    record in its order. Where the record gives a list of plans, that list comes before the drawn ones. A plan by mask
    carries the structure's own name, or the reason why there is none (``PLAN_MASK``). No two have one name.
    """
    before, stated, after = _order_given(study, clinical)
    return tuple(_name_apart((*before, *stated, *after)))


def find_first_stated(study: Study, clinical: ClinicalRecord) -> int | None:
    """Return which of ``given_plans`` is the first one that the record itself names; None where it names none."""
    before, stated, _ = _order_given(study, clinical)
    return len(before) if stated else None


def _order_given(
    study: Study, clinical: ClinicalRecord
) -> tuple[tuple[GivenPlan, ...], tuple[GivenPlan, ...], tuple[GivenPlan, ...]]:
    """Return the plans of the record, those that come before them, and those that come after."""
    stated = tuple(_settle_mask(study, plan) for plan in clinical.plans)
    named = {fold_mask_name(plan.mask) for plan in clinical.plans if plan.mask}
    drawn = [each.name for each in list_drawn(study) if fold_mask_name(each.name) not in named]
    unnamed = tuple(GivenPlan(name, mask=name) for name in drawn)
    listed = clinical.facts.get(LISTED)
    by_list = (listed is not None and bool(listed.value)) or bool(stated and stated[0].mask)
    kept = tuple(GivenPlan(each.name, mask=each.name) for each in _find_remnants(study))
    return (kept, stated, unnamed) if by_list else ((*kept, *unnamed), stated, ())


def follow_given(study: Study, plan: GivenPlan, total: Mask | None, lesions: Mask | None) -> Way:
    """Return what a plan by mask keeps of the liver: ``Way.whole``, with the lesions in it, or ``Way.reason``.

    The specimen is what of the total liver is not kept. The same as for the one plan that the study's numbers rest on.

    Parameters
    ----------
    plan
        One of ``given_plans``, with a mask.
    total, lesions
        Liver with intrahepatic lesions; union of these.

    Raises
    ------
    ValueError
        For a plan that is not given by a mask.
    """
    if not plan.mask:
        raise ValueError(f"{plan.name} is not given by a mask")
    if plan.reason is not None:
        return Way(plan.name, "", (plan.mask,), reason=plan.reason)
    remnant = next((each for each in _find_remnants(study) if each.name == plan.mask), None)
    if remnant is not None:
        return follow_mask(remnant.mask, Role.REMNANT, total, lesions)
    return follow_specimen(find_specimen(study, plan.mask), total, lesions)


def _find_remnants(study: Study) -> tuple[Segment, ...]:
    return tuple(each for each in study.segments_of(Role.REMNANT) if not each.mask.is_empty)


def _settle_mask(study: Study, plan: GivenPlan) -> GivenPlan:
    """Return a plan of the record with the name of its structure as the masks have it, or why there is none."""
    if not plan.mask or plan.reason is not None:
        return plan
    found = find_specimen(study, plan.mask)
    return replace(plan, mask=found.name, reason=found.reason)


def _name_apart(plans: tuple[GivenPlan, ...]) -> Iterator[GivenPlan]:
    """Yield plans of which no two have one name: a second one is counted."""
    taken: set[str] = set()
    for plan in plans:
        names = (plan.name, *(f"{plan.name} ({number})" for number in range(2, len(plans) + 2)))
        name = next(each for each in names if each not in taken)
        taken.add(name)
        yield replace(plan, name=name)
