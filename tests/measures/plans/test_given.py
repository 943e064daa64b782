"""The plans of the user's own: their order, their names, and what the masks among them leave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.ground import Part
from pipeline.measurement import Fact
from pipeline.measures.couinaud import divide_liver
from pipeline.measures.couinaud_findings import check_division
from pipeline.measures.plans.given import follow_given, given_plans
from pipeline.measures.plans.ground import name_part
from pipeline.plan import GivenPlan
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, Study
from pipeline.volume import Mask
from tests.phantoms import Box, Shape, empty, make_grid, make_segments, make_study, sample, sphere, subtract, unite

GRID = make_grid((22, 40, 40), (4.0, 3.0, 3.0))


def drawn(shape: Shape) -> Mask:
    return sample(shape, GRID)


LIVER = drawn(Box((96.0, 90.0, 72.0)))
RIGHT = drawn(Box((60.0, 90.0, 72.0), (-18.0, 0.0, 0.0)))
LEFT = subtract(LIVER, RIGHT)
SPOT = drawn(sphere(9.0, (20.0, 0.0, 0.0)))
BY_NAME = GivenPlan("R", ("5", "6", "7", "8"), "right_hepatectomy")


def study(**masks: Mask | list[Mask]) -> Study:
    """Return a study with these roles; the third and fourth structure are called resection_3 and resection_4."""
    roles = {Role[name.upper()]: mask for name, mask in masks.items()}
    return make_study({Role.LIVER: LIVER, Role.LESION: SPOT, **roles}, unmapped=[RIGHT])


def record(*plans: GivenPlan, listed: bool = False) -> ClinicalRecord:
    facts = {"resection_plans": Fact("resection_plans", ("some",))} if listed else {}
    return ClinicalRecord(facts, plans=plans)


def names(*args: object) -> list[str]:
    return [plan.name for plan in given_plans(*args)]  # type: ignore[arg-type]


def test_the_order_is_that_in_which_plans_count_for_the_study() -> None:
    """Remnant, drawn resections, the single plan; a list of plans goes before the drawn ones it does not name."""
    two = study(resection=[LEFT, RIGHT, empty(GRID)])
    assert names(two, record()) == ["resection_3", "resection_4"]
    assert names(two, record(BY_NAME)) == ["resection_3", "resection_4", "R"]
    assert names(two, record(BY_NAME, listed=True)) == ["R", "resection_3", "resection_4"]
    fourth = GivenPlan("mine", mask="Resection 4")
    assert names(two, record(fourth, BY_NAME)) == ["mine", "R", "resection_3"]
    with_remnant = study(remnant=LEFT, resection=[RIGHT])
    assert names(with_remnant, record(BY_NAME, listed=True)) == ["remnant_3", "R", "resection_4"]


def test_a_plan_by_mask_carries_the_name_of_its_structure_or_why_there_is_none() -> None:
    given = (
        GivenPlan("A", mask="STRANGE 90"),
        GivenPlan("B", mask="nowhere"),
        GivenPlan("C", mask="lesion_2"),
        GivenPlan("D", mask="resection_3"),
    )
    found = given_plans(study(resection=empty(GRID)), record(*given, listed=True))
    assert found[0] == GivenPlan("A", mask="strange_90")
    assert [(plan.reason or "").partition(": ")[0] for plan in found[1:]] == ["PLAN_MASK"] * 3
    assert "holds no voxel" in (found[3].reason or "")


def test_two_structures_of_one_name_are_not_told_apart() -> None:
    twice = replace(study(), unmapped=study().unmapped * 2)
    (plan,) = given_plans(twice, record(GivenPlan("A", mask="strange_90")))
    assert "2 structures" in (plan.reason or "")


def test_what_masks_leave_of_the_liver_is_liver_less_specimen_and_the_remnant_with_its_lesions() -> None:
    one = study(remnant=subtract(LEFT, SPOT), resection=[RIGHT, unite(LEFT, RIGHT)])
    ways = [follow_given(one, plan, LIVER, SPOT) for plan in given_plans(one, record())]
    for way in ways[:2]:
        assert way.whole is not None
        assert way.whole.count == LEFT.count
    assert (ways[2].reason or "").startswith("EMPTY_REMNANT")
    with pytest.raises(ValueError, match="not given by a mask"):
        follow_given(one, BY_NAME, LIVER, SPOT)


def test_hemilivers_are_two_parts_that_add_up_to_the_liver() -> None:
    """The right one first; each voxel beyond them goes to the nearer one; the caudate lobe is of neither."""
    gap = drawn(Box((6.0, 90.0, 72.0), (9.0, 0.0, 0.0)))
    halves = {Role.HEMILIVER_LEFT: subtract(LEFT, gap), Role.HEMILIVER_RIGHT: subtract(RIGHT, gap)}
    division = divide_liver(make_segments(halves), LIVER)
    assert division.reason is None
    assert [name_part(role) for role in division.parts] == [
        Part("right", ("5", "6", "7", "8")),
        Part("left", ("2", "3", "4")),
    ]
    assert sum(mask.count for mask in division.parts.values()) == LIVER.count
    assert unite(*division.parts.values()).count == LIVER.count
    assert [finding.code for finding in check_division(division, ())] == ["HEMILIVER_ONLY", "SEGMENT_GAP"]
    assert "no hemiliver" in check_division(division, ())[1].message


def test_one_hemiliver_divides_nothing_and_segments_come_first() -> None:
    assert "only the right one" in (divide_liver(make_segments({Role.HEMILIVER_RIGHT: RIGHT}), LIVER).reason or "")
    both = {Role.HEMILIVER_RIGHT: RIGHT, Role.HEMILIVER_LEFT: LEFT, Role.SEGMENT_5: RIGHT, Role.SEGMENT_2: LEFT}
    assert list(divide_liver(make_segments(both), LIVER).parts) == [Role.SEGMENT_2, Role.SEGMENT_5]
