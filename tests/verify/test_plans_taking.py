"""What plans take of a box of liver, voxel by voxel: closed forms, brute force, and what the record says of lesions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from pipeline.plan import Handling, PlanKind, Requirement
from pipeline.plan_record import Growth, PlannedLesion, PlanOrigin, PlanRecord, Stage
from pipeline.verify.gap import Body
from pipeline.verify.grid import Grid
from pipeline.verify.number import Number
from pipeline.verify.plans_field import Field, touching
from pipeline.verify.plans_growth import check_growth
from pipeline.verify.plans_lesions import check_lists, check_places
from pipeline.verify.plans_margins import find_left
from pipeline.verify.plans_taking import count_procedures, take, take_stages
from pipeline.verify.solid import Bools, Solid

SHAPE = (16, 24, 40)
STRAIGHT = Grid(SHAPE, np.zeros(3), np.array([[0, 0, 2.0], [0, 1.5, 0], [1.0, 0, 0]]))
SHEARED = Grid(SHAPE, np.array([3.0, -7.0, 2.0]), np.array([[0.3, 0.6, 1.8], [0, 1.3, 0.2], [0.9, 0.1, 0]]))
PLACES = np.column_stack([np.zeros(16), 0.2 * np.arange(16), 2.0 * np.arange(16) + 0.15 * (np.arange(16) % 2)])
UNEVEN = replace(STRAIGHT, places=PLACES)
GRIDS = {"straight": STRAIGHT, "sheared": SHEARED, "uneven": UNEVEN}
SLABS = ("2", "3", "4", "5", "6")


def block(z: slice, y: slice, x: slice) -> Bools:
    voxels = np.zeros(SHAPE, dtype=bool)
    voxels[z, y, x] = True
    return voxels


LIVER = block(slice(1, 15), slice(1, 23), slice(0, 40))
L1 = block(slice(6, 8), slice(10, 13), slice(2, 5))
"""In slab 2 (columns 0 to 7), 3 columns before its end."""
L2 = block(slice(6, 8), slice(10, 12), slice(14, 17))
"""Across slabs 3 and 4 (they meet between columns 15 and 16)."""
L3 = block(slice(3, 5), slice(4, 6), slice(36, 38))


def field(grid: Grid = STRAIGHT, reach_mm: float = 6.0) -> Field:
    def solid(voxels: Bools) -> Solid:
        return Solid(grid, np.zeros(3, dtype=np.int64), voxels)

    parts = {name: (LIVER & block(slice(None), slice(None), slice(8 * n, 8 * n + 8))) for n, name in enumerate(SLABS)}
    lesions = {"L1": solid(L1), "L2": solid(L2), "L3": solid(L3)}
    inner = {name: each[1:15, 1:23] for name, each in parts.items()}
    return Field(solid(LIVER), inner, lesions, dict.fromkeys(lesions, reach_mm))


def lesion(name: str, handling: Handling, margin: float | None = None, *, wedge: bool = False) -> PlannedLesion:
    return PlannedLesion(name, handling, margin, wedge=wedge)


RIGHT = (lesion("L1", Handling.RESECTED, 3.0), lesion("L2", Handling.UNTREATED), lesion("L3", Handling.UNTREATED))


def plan(parts: tuple[str, ...], lesions: tuple[PlannedLesion, ...], kind: PlanKind, **more: object) -> PlanRecord:
    resected = sum(each.handling is Handling.RESECTED for each in lesions)
    made = PlanRecord("P1", PlanOrigin.OPTION, kind, "", "", parts, lesions, {}, {}, 1, resected, None, parts=parts)
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("margin", [1.0, 2.5, 6.0])
def test_voxels_within_a_margin_by_brute_force(name: str, margin: float) -> None:
    """Of all voxels of the liver those whose centre is near the mid-point of a face of the lesion."""
    grid, here = GRIDS[name], field(GRIDS[name])
    for id_, voxels in (("L1", L1), ("L2", L2), ("L3", L3)):
        centres = grid.world(np.argwhere(LIVER))
        near = cdist(centres, np.array(list(faces(grid, voxels)))).min(axis=1) <= margin + 1e-9
        expected = voxels.copy()
        expected[LIVER] |= near
        assert (here.within(id_, margin) == expected[1:15, 1:23]).all()


def faces(grid: Grid, voxels: Bools) -> Iterator[np.ndarray]:
    """Yield the mid-point of each step between a set and an unset voxel."""
    for place in np.argwhere(voxels):
        for axis in range(3):
            for sense in (-1, 1):
                beside = place.copy()
                beside[axis] += sense
                if not voxels[tuple(beside)]:
                    yield grid.world((place + beside) / 2)[0]


def test_what_is_taken_adds_up_to_the_liver() -> None:
    """Closed form: slab 6 of 14 x 22 x 8 voxels; a wedge of L1 by 1.2 mm takes the column at each of its six faces."""
    here = field()
    lesions = (lesion("L1", Handling.RESECTED, 1.2, wedge=True), lesion("L2", Handling.ABLATED, 6.0), RIGHT[2])
    taken = take(here, ["6"], lesions)
    wedge = 2 * 3 * 3 + 2 * (2 * 3 + 2 * 3 + 3 * 3)
    assert taken.removed.sum() == 14 * 22 * 8 + wedge
    assert not (taken.ablated & taken.removed).any()
    assert taken.removed.sum() + taken.ablated.sum() + taken.kept.sum() == LIVER.sum()
    assert (taken.kept & here.tumour()).sum() == 0


def test_shares_of_voxels_go_with_the_nearest_voxel() -> None:
    """A rim of voxels filled by a third, outside of the set ones, counts with the part that it lies beside."""
    shares = np.where(LIVER, 1.0, 0.0)
    shares[15, 1:23, :] = 1 / 3
    total = Solid(STRAIGHT, np.zeros(3, dtype=np.int64), LIVER, shares)
    here = replace(field(), total=total)
    volumes = [here.voxels_ml()[here.parts[name]].sum() for name in SLABS]
    assert volumes == pytest.approx([22 * 8 * (14 + 1 / 3) * 3e-3] * 5)
    assert sum(volumes) == pytest.approx(total.volume_ml)


PROCEDURES: dict[str, tuple[tuple[str, ...], tuple[PlannedLesion, ...], int]] = {
    "parts that touch": (("2", "3"), RIGHT, 1),
    "parts apart": (("2", "4"), RIGHT, 2),
    "a wedge apart from the parts": (("6",), (lesion("L1", Handling.RESECTED, 1.2, wedge=True), *RIGHT[1:]), 2),
    "a wedge that reaches into the parts": (("3",), (lesion("L1", Handling.RESECTED, 6.0, wedge=True), *RIGHT[1:]), 1),
    "wedges apart": (
        (),
        (lesion("L1", Handling.RESECTED, 1.2, wedge=True), lesion("L2", Handling.RESECTED, 1.2, wedge=True), RIGHT[2]),
        2,
    ),
    "wedges that share voxels": (
        (),
        (lesion("L1", Handling.RESECTED, 6.0, wedge=True), lesion("L2", Handling.RESECTED, 6.0, wedge=True), RIGHT[2]),
        1,
    ),
    "each ablation and radiation": (
        (),
        (lesion("L1", Handling.ABLATED, 6.0), lesion("L2", Handling.ABLATED, 6.0), lesion("L3", Handling.IRRADIATED)),
        3,
    ),
}


@pytest.mark.parametrize("case", PROCEDURES)
def test_procedures(case: str) -> None:
    parts, lesions, expected = PROCEDURES[case]
    here = field()
    assert count_procedures(here, plan(parts, lesions, PlanKind.COMBINED), take(here, parts, lesions)) == expected


def test_stages_take_one_after_another() -> None:
    """First the wedge of L3, then slab 2."""
    here = field()
    lesions = (lesion("L1", Handling.RESECTED, 3.5), RIGHT[1], lesion("L3", Handling.RESECTED, 1.2, wedge=True))
    stages = (Stage(1, "", ("L3",), {}), Stage(2, "", ("L1",), {}, parts=("2",)))
    made = plan(("2",), lesions, PlanKind.RESECTION, stages=stages)
    first, second = (done.taken for done in take_stages(here, made))
    assert (first.removed == here.within("L3", 1.2)).all()
    assert (second.removed == take(here, ("2",), lesions).removed).all()


GOOD = (lesion("L1", Handling.RESECTED, 3.0), lesion("L2", Handling.ABLATED, 4.0), lesion("L3", Handling.IRRADIATED))


def problems(made: PlanRecord) -> list[str]:
    here = field()
    if found := list(check_lists(here, made, (1.2, 2.0, 4.0, 6.0))):
        return found
    taken = take(here, made.parts, made.lesions)
    bodies = {name: Body(solid) for name, solid in here.lesions.items()}
    left = find_left(here, taken.whole, bodies)
    return list(check_places(here, made, taken, left.margins_mm, 1.0))


def test_a_plan_whose_lists_are_right() -> None:
    """L1 ends 3 columns before the end of slab 2: 3 mm from the surface of what is kept."""
    assert problems(plan(("2",), GOOD, PlanKind.COMBINED)) == []


ALTERED = {
    "a lesion left out": {"lesions": GOOD[:2]},
    "another order": {"lesions": (GOOD[1], GOOD[0], GOOD[2])},
    "resected outside the specimen": {"lesions": (*GOOD[:2], lesion("L3", Handling.RESECTED, 5.0)), "resected": 2},
    "in the specimen and untreated": {"lesions": (lesion("L1", Handling.UNTREATED), *GOOD[1:]), "resected": 0},
    "another margin": {"lesions": (lesion("L1", Handling.RESECTED, 3.015), *GOOD[1:])},
    "no margin": {"lesions": (lesion("L1", Handling.RESECTED), *GOOD[1:])},
    "a wedge where the parts clear it": {
        "lesions": (lesion("L1", Handling.RESECTED, 2.0, wedge=True), *GOOD[1:]),
    },
    "a margin of an untreated lesion": {"lesions": (*GOOD[:2], lesion("L3", Handling.UNTREATED, 1.0))},
    "an ablation without a margin": {"lesions": (GOOD[0], lesion("L2", Handling.ABLATED), GOOD[2])},
    "another count": {"resected": 2},
    "another kind": {"kind": PlanKind.ANATOMICAL},
    "a part that is none": {"parts": ("9",)},
    "another part": {"parts": ("3",)},
}


@pytest.mark.parametrize("case", ALTERED)
def test_a_plan_whose_lists_are_altered_is_found(case: str) -> None:
    assert problems(replace(plan(("2",), GOOD, PlanKind.COMBINED), **ALTERED[case]))  # type: ignore[arg-type]


INDEX = "standardized_remnant_percent"
MISSING_ML, MISSING_POINTS, WEEKS = (100.0, 250.0), (100 / 15, 250 / 15), (10 / 3, 25 / 3)
GROWTH = Growth("", INDEX, (30.0, 40.0), MISSING_ML, MISSING_POINTS, WEEKS, True, "", 2.0)
NUMBERS = {"remnant_volume_ml": Number(350.0)}
ASKED = Requirement(600.0, 450.0, 100.0)
WHOLES = {"estimated_total_liver_volume_ml": Number(1500.0), "functional_liver_volume_ml": Number(1200.0)}


def test_growth_by_hand() -> None:
    """30 and 40 % of 1500 mL are 450 and 600 mL; 350 mL stay; 2 points a week."""
    made = plan(("2",), GOOD, PlanKind.COMBINED, growth=GROWTH)
    assert list(check_growth(made, NUMBERS, WHOLES, ASKED)) == []
    more = {"remnant_volume_ml": Number(500.0)}
    growth = replace(GROWTH, deficit_ml=(0.0, 100.0), deficit_points=(0.0, 100 / 15), weeks=(0.0, 10 / 3))
    assert list(check_growth(replace(made, growth=growth), more, WHOLES, ASKED)) == []
    assert list(check_growth(replace(made, growth=None), more, WHOLES, ASKED))
    enough = {"remnant_volume_ml": Number(600.0)}
    assert list(check_growth(replace(made, growth=None), enough, WHOLES, ASKED)) == []


@pytest.mark.parametrize("name", ["target_percent", "deficit_ml", "deficit_points", "weeks"])
@pytest.mark.parametrize("end", [0, 1])
def test_growth_altered_is_found(name: str, end: int) -> None:
    ends = list(getattr(GROWTH, name))
    ends[end] *= 1.005
    growth = replace(GROWTH, **{name: tuple(ends)})  # type: ignore[arg-type]
    assert list(check_growth(plan(("2",), GOOD, PlanKind.COMBINED, growth=growth), NUMBERS, WHOLES, ASKED))


def test_sets_touch_by_their_faces() -> None:
    """Neighbouring slabs do, others and those that meet in an edge do not."""
    here = field()
    assert touching(here.parts["2"], here.parts["3"])
    assert not touching(here.parts["2"], here.parts["4"])
    first, second = np.zeros((2, 4, 4, 4), dtype=bool)
    first[0, 0, 0] = second[0, 1, 1] = True
    assert not touching(first, second)
