"""A plan's numbers: equal to those of the same plan of the record, exact on boxes, and adding up to the liver."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from pipeline.measurement import Fact
from pipeline.measures.plan_extent import derive_plan_facts
from pipeline.measures.plans.census import MOST_LABELS
from pipeline.measures.plans.figures import measure_plan
from pipeline.measures.plans.leaving import Left, Piece, leave
from pipeline.measures.plans.taking import Fate, take
from pipeline.measures.volumes import mask_volume_ml
from pipeline.plan import Plan
from tests.measures.plans.figure_cases import (
    GRIDS,
    MARGINS,
    RESECTIONS,
    SIZES,
    VOLUMES,
    draw,
    lay,
    measure,
    measure_far,
    name_plan,
    random_plan,
    say,
)
from tests.phantoms import make_record, make_study


@pytest.mark.parametrize(("kind", "names"), [("straight", None), ("sheared", 2), ("uneven", 2)])
def test_a_plan_has_the_numbers_of_the_same_plan_of_the_record(kind: str, names: int | None) -> None:
    """Every quantity with interval and place, to the last bit, and every fact."""
    study = make_study(draw(GRIDS[kind]))
    basis = lay(study, [])
    for name in [*RESECTIONS.named][:names]:
        ours = measure_plan(basis, name_plan(name, basis.ground))
        theirs = measure(study, make_record(**SIZES, resection_procedure=name))
        shared = [each for each in ours.measurements.values() if each.name in theirs.measurements]
        assert len(shared) == 9
        for each in shared:
            other = theirs.measurements[each.name]
            assert say(each) == say(other), (name, each, other)
        facts = {**theirs.facts, **derive_plan_facts(planned(name), RESECTIONS)}
        assert {key: fact.value for key, fact in ours.facts.items()} == {key: facts[key].value for key in ours.facts}
        margins = {each.id: each.measurements.get("resection_margin_mm") for each in theirs.lesions}
        for lesion in ours.lesions:
            known = margins[lesion.id]
            assert lesion.margin_mm is None or (known is not None and lesion.margin_mm == pytest.approx(known.value))


def planned(name: str) -> dict[str, Fact]:
    return {"resection_procedure": Fact("resection_procedure", name)}


@pytest.mark.parametrize("kind", GRIDS)
def test_sums_over_cells_are_what_the_masks_of_a_plan_give(kind: str) -> None:
    """Of any parts, wedges and zones, overlapping or not: volumes, moved states, places and counts, to the last bit."""
    study = make_study(draw(GRIDS[kind], halves=False))
    first = lay(study, [])
    plans = [random_plan(seed, first.ground) for seed in range(12)]
    basis = lay(study, plans)
    for plan in plans:
        fast, slow = leave(basis, plan), leave(replace(basis, census=None), plan)
        assert fast.volumes == slow.volumes
        for one, other in zip(pieces(fast), pieces(slow), strict=True):
            assert one.volume_ml == pytest.approx(other.volume_ml, abs=1e-9)
            assert (one.interval.low, one.interval.high) == pytest.approx((other.interval.low, other.interval.high))
            assert one.location == other.location
        assert fast.tissue.tolist() == slow.tissue.tolist()


def pieces(left: Left) -> tuple[Piece, Piece, Piece]:
    return left.specimen, left.ablated, left.lesions


@pytest.mark.parametrize("kind", GRIDS)
def test_specimen_zones_remnant_and_lesions_left_are_the_liver(kind: str) -> None:
    """Voxel by voxel and in mL, whatever the plan; and each voxel's fate is that of its distances by brute force."""
    study = make_study(draw(GRIDS[kind], halves=False))
    first = lay(study, [])
    plans = [random_plan(seed, first.ground) for seed in range(20, 28)]
    basis = lay(study, plans)
    total = basis.anatomy.total
    assert total is not None
    index = np.argwhere(total.voxels)
    centres = total.grid.to_world((index + np.array(total.offset)).astype(float))
    far = {each.id: measure_far(each.mask, centres, index + np.array(total.offset)) for each in basis.lesions}
    for plan in plans:
        taken = take(basis.cells, basis.ground, plan)
        assert taken.counts[1:].sum() == total.count
        found = measure_plan(basis, plan).measurements
        assert sum(found[name].value or 0.0 for name in VOLUMES) == pytest.approx(mask_volume_ml(total), rel=1e-12)
        parts = {part.name: mask for part, mask in zip(basis.ground.parts, basis.anatomy.parts.values(), strict=True)}
        removed = np.zeros(len(index), dtype=bool)
        for name in plan.parts:
            removed |= parts[name].are_set(index + np.array(total.offset))
        removed |= np.any([far[name] <= plan.wedge_mm + 1e-9 for name in plan.wedges] or [removed], axis=0)
        ablated = np.any([far[name] <= plan.ablation_mm + 1e-9 for name in plan.ablated] or [False & removed], axis=0)
        fates = taken.states[tuple(index.T)]
        assert ((fates == Fate.REMOVED) == removed).all()
        assert ((fates == Fate.ABLATED) == (ablated & ~removed)).all()


def test_a_wider_margin_and_more_parts_never_leave_more() -> None:
    """Neither as drawn nor at either end of the interval."""
    study = make_study(draw(GRIDS["straight"], halves=False))
    ids = ("L1", "L2", "L3", "L4")
    wider = [Plan(("5",), ids[:2], margin, ids[2:], 1.0) for margin in MARGINS]
    hotter = [Plan(("5",), ids[:1], 1.0, ids[1:], margin) for margin in MARGINS]
    more = [Plan(tuple("567823"[:count])) for count in range(7)]
    basis = lay(study, [*wider, *hotter, *more])
    for plans in (wider, hotter, more):
        found = [measure_plan(basis, plan).measurements["remnant_volume_ml"] for plan in plans]
        for less, most in pairwise(reversed(found)):
            assert None not in (less.value, less.low, less.high, most.value, most.low, most.high)
            assert (less.value or 0, less.low or 0, less.high or 0) <= (most.value or 0, most.low or 0, most.high or 0)
            assert (less.value or 0) <= (most.value or 0)
            assert (less.low or 0) <= (most.low or 0)


def test_too_many_labels_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of four labels would not fit into 64 bits; then plans are measured on their masks, with equal numbers."""
    assert MOST_LABELS**4 < 2**63 <= (MOST_LABELS + 1) ** 4
    study = make_study(draw(GRIDS["straight"]))
    plan = name_plan("right_hepatectomy", lay(study, []).ground)
    counted = measure_plan(lay(study, [plan]), plan)
    monkeypatch.setattr("pipeline.measures.plans.census.MOST_LABELS", 3)
    basis = lay(study, [plan])
    assert basis.census is None
    assert measure_plan(basis, plan) == counted
