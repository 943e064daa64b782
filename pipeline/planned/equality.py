"""Which plans remove and do the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.measures.plans.basis import Basis
from pipeline.measures.plans.taking import take
from pipeline.plan_record import PlanRecord
from pipeline.planned.answering import REMNANT, Sized
from pipeline.volume import Mask

VOLUMES = ("specimen_volume_ml", REMNANT, "remnant_lesion_volume_ml")
TINY_ML = 1e-6


def mark_equals(
    records: Sequence[PlanRecord], answers: Mapping[str, Sized], basis: Basis | None
) -> tuple[PlanRecord, ...]:
    """Return the records, each with the ids of the others that remove and do the same.

    Plans by parts and margins are the same where their lists are; a drawn plan is the same as one that leaves the same
    voxels and handles the lesions likewise.
    """
    ids = [record.id for record in records if record.id in answers]
    pairs = {(one, two) for one in ids for two in ids if one != two and is_same(answers[one], answers[two], basis)}
    return tuple(
        replace(record, equals=tuple(other for other in ids if (record.id, other) in pairs)) for record in records
    )


def is_same(one: Sized, two: Sized, basis: Basis | None) -> bool:
    """Tell whether two plans remove and do the same."""
    a, b = one.plan, two.plan
    if a.irradiated != b.irradiated or a.untreated != b.untreated or a.ablated != b.ablated:
        return False
    if not (a.mask or b.mask):
        return (a.parts, a.wedges, a.wedge_mm, a.ablation_mm) == (b.parts, b.wedges, b.wedge_mm, b.ablation_mm)
    if basis is None or not all(_is_near(one, two, name) for name in VOLUMES):
        return False
    if a.mask and b.mask:
        return _is_equal(_find_kept(one, basis), _find_kept(two, basis))
    drawn, other = (one, two) if a.mask else (two, one)
    if other.plan.wedges or other.plan.ablated:
        return _is_equal(_find_kept(drawn, basis), _find_kept(other, basis))
    return _find_kept_parts(drawn, basis) == {part.name for part in basis.ground.parts} - {*other.plan.parts}


def _find_kept_parts(drawn: Sized, basis: Basis) -> set[str] | None:
    """Return the parts that a drawn plan keeps whole; None where it keeps one in part."""
    kept = _find_kept(drawn, basis).within(basis.total.box)
    count = len(basis.ground.parts)
    here = np.bincount(basis.cells.part[kept & basis.total.voxels].astype(np.int64) + 1, minlength=count + 1)
    whole = np.bincount(basis.cells.part[basis.total.voxels].astype(np.int64) + 1, minlength=count + 1)
    if ((here != 0) & (here != whole)).any():
        return None
    return {part.name for part, number in zip(basis.ground.parts, here[1:], strict=True) if number}


def _is_near(one: Sized, two: Sized, name: str) -> bool:
    first, second = (answer.numbers.measurements[name].value for answer in (one, two))
    return first is not None and second is not None and abs(first - second) <= TINY_ML


def _find_kept(answer: Sized, basis: Basis) -> Mask:
    """Return what a plan keeps of the liver, lesions included."""
    if answer.item.kept is not None:
        return answer.item.kept
    return take(basis.cells, basis.ground, answer.plan).kept


def _is_equal(one: Mask, two: Mask) -> bool:
    if one.count != two.count:
        return False
    return bool((one.within(one.box) & two.within(one.box)).sum() == one.count)
