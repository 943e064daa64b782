"""A plan's numbers on shapes with closed forms: boxes, flat lesions, nothing left, drawn plans, the bound."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.measures.plans.figures import measure_drawn, measure_plan
from pipeline.measures.plans.sparing_bound import measure_bounds, sparing_plans
from pipeline.measures.volumes import mask_volume_ml
from pipeline.plan import Handling, Plan
from pipeline.structures import Role
from pipeline.volume import Mask, ShareKind
from tests.measures.plans.figure_cases import (
    GRIDS,
    RESECTIONS,
    SIZES,
    VOLUMES,
    draw,
    lay,
    measure,
    measure_far,
    random_plan,
    say,
)
from tests.measures.test_couinaud import octants
from tests.phantoms import Box, make_grid, make_record, make_study, sphere, subtract
from tests.phantoms import sample as sample_shape


def test_boxes_give_closed_forms() -> None:
    """A liver of eight boxes of 20 mm with a lesion of 6 mm: every named resection to the voxel, margins to the mm."""
    grid = make_grid((48, 48, 48), (1.0, 1.0, 1.0))
    liver = sample_shape(Box((40.0, 40.0, 40.0)), grid)
    lesion = sample_shape(Box((6.0, 6.0, 6.0), (9.0, 9.0, 9.0)), grid)
    study = make_study({Role.LIVER: liver, Role.LESION: lesion, **octants(liver)})
    wedge = Plan(wedges=("L1",), wedge_mm=5.0)
    zone = Plan(ablated=("L1",), ablation_mm=5.0)
    basis = lay(study, [wedge, zone])
    for name in RESECTIONS.named:
        numbers = {role.value.removeprefix("segment_") for role in RESECTIONS.named[name].removed}
        if numbers & {"4a", "4b"}:
            continue
        found = measure_plan(basis, Plan(tuple(each for each in "12345678" if each in numbers)))
        left = 8 * (8 - len(numbers)) - (0 if "8" in numbers else 0.216)
        assert found.measurements["remnant_volume_ml"].value == pytest.approx(left)
        assert found.measurements["specimen_volume_ml"].value == pytest.approx(8 * len(numbers))
        assert found.facts["remnant_tumour_free"].value is ("8" in numbers)
        margin = 6.0 if set("467") - numbers else np.hypot(6.5, 6.5)
        assert found.measurements["planned_margin_mm"].value == (margin if "8" in numbers else None)
        assert [each.handling is Handling.RESECTED for each in found.lesions] == ["8" in numbers]
    taken = measure_plan(basis, wedge)
    assert taken.measurements["planned_margin_mm"].value == 5.0
    assert (taken.lesions[0].margin_mm, taken.lesions[0].wedge) == (5.0, True)
    assert (
        taken.measurements["specimen_volume_ml"].value
        == measure_plan(basis, zone).measurements["ablated_volume_ml"].value
    )
    assert taken.facts["segments_removed"].value == 0
    assert taken.facts["remnant_segments_preserved"].value == 8


def test_the_sphere_of_an_ablation_lowers_the_low_end_alone() -> None:
    """A flat lesion: the zone follows it, the sphere does not."""
    grid = make_grid((60, 60, 60), (1.0, 1.0, 1.0))
    liver = sample_shape(Box((50.0, 50.0, 50.0)), grid)
    lesion = sample_shape(Box((20.0, 20.0, 3.0)), grid)
    study = make_study({Role.LIVER: liver, Role.LESION: lesion})
    zone = Plan(ablated=("L1",), ablation_mm=5.0)
    wedge = Plan(wedges=("L1",), wedge_mm=5.0)
    basis = lay(study, [wedge, zone])
    hot, cold = (measure_plan(basis, plan).measurements for plan in (zone, wedge))
    for name in ("remnant_volume_ml", "remnant_percent", "standardized_remnant_percent"):
        assert hot[name].value == cold[name].value
        assert hot[name].high == cold[name].high
        assert (hot[name].low or 0) < (cold[name].low or 0)
    own = {each.id: each for each in basis.lesions}["L1"].measurements
    width = max(own["longest_diameter_mm"].high or 0, own["max_3d_diameter_mm"].high or 0)
    sphere_ml = np.pi / 6 * (width + 10) ** 3 / 1000
    more = sphere_ml - (hot["ablated_volume_ml"].value or 0)
    assert (cold["remnant_volume_ml"].low or 0) - (hot["remnant_volume_ml"].low or 0) == pytest.approx(more)


def test_nothing_left_is_no_number() -> None:
    """Neither remnant nor ratio; a segment that is one lesion is no tissue, and none that is preserved."""
    grid = make_grid((44, 44, 44), (1.0, 1.0, 1.0))
    liver = sample_shape(Box((40.0, 40.0, 40.0)), grid)
    parts = octants(liver)
    study = make_study({Role.LIVER: liver, Role.LESION: parts[Role.SEGMENT_8], **parts})
    basis = lay(study, [])
    every, rest = Plan(tuple("12345678")), Plan(tuple("1234567"), untreated=("L1",))
    for plan in (every, rest):
        found = measure_plan(basis, plan)
        for name in ("remnant_volume_ml", "remnant_percent", "standardized_remnant_percent", "removed_percent"):
            assert (found.measurements[name].reason or "").startswith("EMPTY_REMNANT")
        assert sum(found.measurements[name].value or 0 for name in VOLUMES) == pytest.approx(64)
        assert found.facts["remnant_segments_preserved"].value == 0
    own = measure_plan(basis, Plan(("8",)))
    assert own.measurements["remnant_percent"].value == 100
    assert own.measurements["planned_margin_mm"].value == 0
    assert own.measurements["remnant_lesion_volume_ml"].value == 0


@pytest.mark.parametrize("role", [Role.RESECTION, Role.REMNANT])
def test_a_drawn_plan_has_the_numbers_that_its_mask_gives(role: Role) -> None:
    """As the study's own, when the mask is the only plan; the specimen and the rest are the liver."""
    bodies = draw(GRIDS["straight"], halves=False)
    liver = bodies[Role.LIVER]
    assert isinstance(liver, Mask)
    drawn = sample_shape(sphere(28.0, (-20.0, 4.0, 6.0)), GRIDS["straight"])
    mask = drawn if role is Role.RESECTION else subtract(liver, drawn)
    theirs = measure(make_study({**bodies, role: mask}), make_record(**SIZES))
    basis = lay(make_study({**bodies, role: mask}), [])
    kept = basis.anatomy.kept
    assert kept is not None
    ours = measure_drawn(basis, Plan(mask="drawn"), kept, "drawn")
    for each in ours.measurements.values():
        if each.name in theirs.measurements:
            assert say(each) == say(theirs.measurements[each.name]), each
    assert sum(ours.measurements[name].value or 0 for name in VOLUMES) == pytest.approx(
        basis.anatomy.total.count * 14e-3 if basis.anatomy.total else 0
    )


def test_the_optimistic_bound_is_what_lies_beyond_the_margin() -> None:
    """By brute force; no plan that resects every lesion with the margin leaves more."""
    study = make_study(draw(GRIDS["sheared"], halves=False))
    ids, margins = ("L1", "L2", "L3", "L4"), (1.0, 10.0)
    basis = lay(study, sparing_plans(ids, margins))
    total = basis.anatomy.total
    assert total is not None
    index = np.argwhere(total.voxels) + np.array(total.offset)
    centres = total.grid.to_world(index.astype(float))
    near = np.min([measure_far(each.mask, centres, index) for each in basis.lesions], axis=0)
    for bound, margin in zip(measure_bounds(basis, margins), margins, strict=True):
        voxels = np.count_nonzero(near > margin + 1e-9)
        assert bound.name == f"sparing_remnant_{margin:g}mm_ml"
        assert bound.value == pytest.approx(voxels * total.grid.voxel_volume_mm3 / 1000)
        assert (bound.low or 0) <= (bound.value or 0) <= (bound.high or 0)


def blur(mask: Mask) -> Mask:
    """Return a mask whose boundary voxels are filled in part, from a third to all of them."""
    grid = mask.grid
    whole = np.zeros(grid.shape)
    whole[mask.box] = mask.voxels
    core = whole.astype(bool)
    for axis in range(3):
        core &= np.roll(whole, 1, axis).astype(bool) & np.roll(whole, -1, axis).astype(bool)
    rim = whole.astype(bool) & ~core
    shares = np.where(rim, 0.6 + 0.2 * np.sin(np.arange(whole.size).reshape(grid.shape)), whole)
    return Mask.from_shares(grid, shares, kind=ShareKind.FRACTIONS)


def test_shares_of_voxels_count_as_they_do_in_the_study() -> None:
    """The same plan of the record gives the same numbers; specimen, zones, remnant and lesions left are the liver."""
    bodies = draw(GRIDS["straight"], halves=False)
    liver, lesions = bodies[Role.LIVER], bodies[Role.LESION]
    assert isinstance(liver, Mask)
    assert not isinstance(lesions, Mask)
    study = make_study({**bodies, Role.LIVER: blur(liver), Role.LESION: [blur(each) for each in lesions]})
    basis = lay(study, [])
    assert basis.census is None
    ours = measure_plan(basis, Plan(tuple("5678")))
    theirs = measure(study, make_record(**SIZES, resection_segments=tuple("5678")))  # type: ignore[arg-type]
    for each in ours.measurements.values():
        if each.name in theirs.measurements:
            assert say(each) == say(theirs.measurements[each.name]), each
    total = theirs.measurements["total_liver_volume_ml"].value
    for plan in (Plan(tuple("5678")), random_plan(3, basis.ground), random_plan(4, basis.ground)):
        found = measure_plan(basis, plan).measurements
        assert sum(found[name].value or 0 for name in VOLUMES) == pytest.approx(total)


def test_shares_of_lesions_beyond_their_voxels_leave_no_gap() -> None:
    """Wedges that hold little but voxels of lesions: what these fill of voxels beside them goes to the specimen."""
    bodies = draw(make_grid((28, 40, 42), (3.5, 3.0, 3.0)), halves=False)
    lesions = bodies[Role.LESION]
    assert not isinstance(lesions, Mask)
    basis = lay(make_study({**bodies, Role.LESION: [spill(each) for each in lesions]}), [])
    plan = Plan(wedges=basis.ground.lesions, wedge_mm=1.0)
    total = basis.anatomy.total
    assert total is not None
    found = measure_plan(basis, plan).measurements
    assert sum(found[name].value or 0 for name in VOLUMES) == pytest.approx(mask_volume_ml(total), abs=1e-9)


def spill(mask: Mask) -> Mask:
    """Return a mask that fills two fifths of the voxels beside its own."""
    whole = np.zeros(mask.grid.shape)
    whole[mask.box] = mask.voxels
    beside = np.max([np.roll(whole, step, axis) for axis in range(3) for step in (-1, 1)], axis=0)
    return Mask.from_shares(mask.grid, np.maximum(whole, 0.4 * beside), kind=ShareKind.FRACTIONS)
