"""A plan's numbers: equal to those of the same plan of the record, exact on boxes, and adding up to the liver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.ground import Ground
from pipeline.lesion import StudyMeasurements
from pipeline.measurement import Fact, Measurement
from pipeline.measures.plan_extent import derive_plan_facts
from pipeline.measures.plans.basis import Basis, find_basis
from pipeline.measures.plans.figures import measure_drawn, measure_plan
from pipeline.measures.plans.ground import find_ground
from pipeline.measures.plans.leaving import Left, Piece, leave
from pipeline.measures.plans.sparing_bound import measure_bounds, sparing_plans
from pipeline.measures.plans.taking import Fate, take
from pipeline.measures.study import measure_study
from pipeline.measures.volumes import mask_volume_ml
from pipeline.plan import Handling, Plan
from pipeline.readers.clinical.fields import load_clinical_fields
from pipeline.settings import configs_folder
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, Study
from pipeline.volume import Geometry, Mask
from tests.measures.test_couinaud import halves_of, octants
from tests.phantoms import Box, make_grid, make_record, make_study, sphere, subtract
from tests.phantoms import sample as sample_shape

RESECTIONS = load_clinical_fields(configs_folder() / "clinical.yaml").resections
SIZES = {"height_cm": 180.0, "weight_kg": 80.0}
MARGINS = (1.0, 5.0, 10.0)
GRIDS = {
    "straight": make_grid((28, 58, 62), (3.5, 2.0, 2.0)),
    "sheared": make_grid((32, 66, 62), (3.0, 2.0, 2.0), tilt_degrees=12.0),
    "uneven": make_grid((30, 58, 62), (3.2, 2.0, 2.0), uneven=0.08),
}
VOLUMES = ("specimen_volume_ml", "ablated_volume_ml", "remnant_volume_ml", "remnant_lesion_volume_ml")
SPOTS = ((8.0, (-25.0, 10.0, 15.0)), (6.0, (-4.0, -20.0, 8.0)), (5.0, (22.0, -12.0, -14.0)), (4.0, (12.0, 14.0, 20.0)))


def draw(grid: Geometry, *, halves: bool = True) -> dict[Role, Mask | Sequence[Mask]]:
    """Return a ball of a liver in its segments, with four lesions of which one lies across two segments."""
    liver = sample_shape(sphere(40.0), grid)
    parts = octants(liver)
    if halves:
        parts |= halves_of(parts.pop(Role.SEGMENT_4))
    return {Role.LIVER: liver, Role.LESION: [sample_shape(sphere(r, c), grid) for r, c in SPOTS], **parts}


def measure(study: Study, plan: ClinicalRecord) -> StudyMeasurements:
    """Measure a study as a run does."""
    settings = {"min_lesion_mm": 3.0, "connectivity": 26}
    formulas = {"bsa_formula": "mosteller", "etlv_formula": "vauthey_bsa"}
    return measure_study(study, plan, **settings, **formulas, resections=RESECTIONS)  # type: ignore[arg-type]


def lay(study: Study, plans: Sequence[Plan], **values: object) -> Basis:
    """Return what plans of a study are measured on."""
    record = make_record(**SIZES, **values)  # type: ignore[arg-type]
    measured = measure(study, record)
    anatomy = measured.anatomy
    assert anatomy is not None
    lesions = [lesion for lesion in measured.lesions if lesion.id.startswith("L")]
    ground, cells = find_ground(anatomy, lesions, MARGINS, 20.0)
    return find_basis(study, measured, record.facts, cells, ground, RESECTIONS, plans)


def name_plan(name: str, ground: Ground) -> Plan:
    """Return the plan of a named resection; which lesions it leaves makes no difference to its numbers."""
    numbers = {role.value.removeprefix("segment_") for role in RESECTIONS.named[name].removed}
    numbers = {half for each in numbers for half in (("4a", "4b") if each == "4" else (each,))}
    return Plan(tuple(part.name for part in ground.parts if part.name in numbers), name=name)


def random_plan(seed: int, ground: Ground) -> Plan:
    """Return a plan of any parts, wedges and ablations; it need not make sense."""
    rng = np.random.default_rng(seed)
    parts = tuple(part.name for part in ground.parts if rng.random() < 0.3)
    fates = dict(zip(ground.lesions, rng.integers(0, 3, len(ground.lesions)), strict=True))
    wedges, ablated, untreated = (tuple(name for name, fate in fates.items() if fate == n) for n in range(3))
    return Plan(parts, wedges, float(rng.choice(MARGINS)), ablated, float(rng.choice(MARGINS)), untreated=untreated)


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


def say(measurement: Measurement) -> tuple[object, ...]:
    return measurement.value, measurement.low, measurement.high, measurement.location


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


def measure_far(mask: Mask, centres: NDArray[np.float64], index: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the distance of voxels from the mid-points of crossed edges of a mask, 0 inside it, by brute force."""
    own = np.argwhere(mask.voxels) + np.array(mask.offset)
    points = []
    for axis in range(3):
        for sense in (1, -1):
            step = np.zeros(3, dtype=np.int64)
            step[axis] = sense
            points.append((own + step / 2)[~mask.are_set(own + step)])
    far = cKDTree(mask.grid.to_world(np.concatenate(points))).query(centres)[0]
    return np.where(mask.are_set(index), 0.0, far)


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
