from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from pipeline.ground import Ground
from pipeline.plan import Plan, Requirement
from pipeline.planning.space import clears, count_segments, find_specimens, score, taken_atoms
from tests.planning.grounds import MARGINS_MM, every_plan, make_choices, make_ground

OPEN = Requirement(None, None, None)
SEEDS = range(12)


def plain_margin(ground: Ground, lesion: int, removed: set[int]) -> float:
    """Margin of a lesion by its definition, one pair of parts after another."""
    inside = {int(part) for part in ground.atoms.part[ground.atoms.lesion == lesion]}
    if not inside <= removed:
        return 0.0
    kept = [part for part in range(len(ground.parts)) if part not in removed]
    against = [*removed, len(ground.parts)]
    pairs = [ground.clearance_mm[lesion, one, other] for one in kept for other in against]
    return float(min([*pairs, MARGINS_MM[-1]]))


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_clear_a_lesion_that_lies_in_them_with_the_margin(seed: int) -> None:
    """Cleared: wholly inside, and no cut nearer than the margin; cut: a voxel inside, and not cleared."""
    ground = make_ground(seed, 4, 4)
    for size in range(4):
        for removed in combinations(range(4), size):
            clearing = clears(ground, [ground.parts[part].name for part in removed], 5.0)
            for lesion in range(4):
                margin = plain_margin(ground, lesion, set(removed))
                assert clearing.margin_mm[lesion] == margin
                assert clearing.cleared[lesion] == (margin >= 5.0)
                inside = set(ground.atoms.part[ground.atoms.lesion == lesion].tolist()) & set(removed)
                assert clearing.cut[lesion] == (bool(inside) and margin < 5.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_plan_removes_ablates_and_leaves_is_the_liver(seed: int) -> None:
    """Every atom is removed, ablated or left, and every lesion is cleared or in one list."""
    ground = make_ground(seed, 3, 3, radius=2.0)
    for plan in every_plan(ground, make_choices(ground, seed)):
        removed, ablated = taken_atoms(ground, plan)
        assert not (removed & ablated).any()
        left = ground.atoms.voxels[~(removed | ablated) & (ground.atoms.lesion < 0)].sum() * 0.0417
        found = score(ground, plan, OPEN)
        assert found.remnant_ml == pytest.approx(left, rel=1e-9)
        lists = [*plan.wedges, *plan.ablated, *plan.irradiated, *plan.untreated]
        assert len(lists) == len(set(lists))
        cleared = set(ground.lesions) - set(lists)
        assert cleared == set(np.array(ground.lesions)[_wholly_inside(ground, plan)].tolist()) & cleared
        assert found.resected == len(cleared) + len(plan.wedges)


def _wholly_inside(ground: Ground, plan: Plan) -> np.ndarray:
    inside = np.isin(ground.atoms.part, [int(name) - 1 for name in plan.parts])
    return np.array([inside[ground.atoms.lesion == lesion].all() for lesion in range(len(ground.lesions))])


@pytest.mark.parametrize("seed", SEEDS)
def test_wider_margins_and_more_parts_never_leave_more(seed: int) -> None:
    """The remnant shrinks, or stays, with each margin and with each further part."""
    ground = make_ground(seed, 3, 4, radius=2.0)
    for size in range(3):
        for parts in combinations([part.name for part in ground.parts], size):
            plan = Plan(parts, ("L1",), 1.0, ("L2",), 1.0, (), ("L3",))
            left = score(ground, plan, OPEN).remnant_ml
            for wider in (replace(plan, wedge_mm=5.0), replace(plan, ablation_mm=10.0)):
                assert score(ground, wider, OPEN).remnant_ml <= left
            for part in ground.parts:
                more = replace(plan, parts=tuple(sorted({*parts, part.name})))
                assert score(ground, more, OPEN).remnant_ml <= left


@pytest.mark.parametrize("seed", SEEDS)
def test_specimens_hang_together_by_shared_atoms(seed: int) -> None:
    """Parts and wedges fall into the groups that a search along shared atoms and touching parts finds."""
    ground = make_ground(seed, 4, 4, radius=2.0)
    plan = Plan(("1", "3"), ("L1", "L2", "L3", "L4"), 5.0)
    groups = find_specimens(ground, plan)
    assert sorted(name for parts, _ in groups for name in parts) == ["1", "3"]
    assert sorted(name for _, wedges in groups for name in wedges) == ["L1", "L2", "L3", "L4"]
    assert sum(1 for parts, _ in groups if parts) == (1 if ground.touching[0, 2] else 2)
    number = MARGINS_MM.index(5.0)
    for parts, wedges in groups:
        for wedge in wedges:
            zone = ground.atoms.level[:, int(wedge[1]) - 1] <= number
            if np.isin(ground.atoms.part[zone], [0, 2]).any():
                assert parts
        for other_parts, others in groups:
            if (other_parts, others) != (parts, wedges) and not (parts and other_parts):
                for one in wedges:
                    for two in others:
                        both = (ground.atoms.level[:, [int(one[1]) - 1, int(two[1]) - 1]] <= number).all(axis=1)
                        assert not both.any()


def test_the_halves_of_segment_4_are_one_segment() -> None:
    """4a and 4b count once; 4a alone counts once too."""
    ground = make_ground(0, 1, 3)
    halves = tuple(replace(part, name=name, segments=(name,)) for part, name in zip(ground.parts, "45", strict=False))
    halves = (
        replace(halves[0], name="4a", segments=("4a",)),
        replace(halves[0], name="4b", segments=("4b",)),
        halves[1],
    )
    ground = replace(ground, parts=halves)
    assert count_segments(ground, ["4a"]) == 1
    assert count_segments(ground, ["4a", "4b"]) == 1
    assert count_segments(ground, ["4a", "4b", "5"]) == 2


def test_growth_is_a_procedure() -> None:
    """A remnant below what is asked for makes one procedure more, at it none."""
    ground = make_ground(1, 2, 3)
    plan = Plan(("1",), untreated=ground.lesions)
    before = score(ground, plan, OPEN)
    left = before.remnant_ml
    assert score(ground, plan, Requirement(left, left, None)).procedures == before.procedures
    assert score(ground, plan, Requirement(left + 0.01, left, None)).procedures == before.procedures + 1


def test_an_unknown_part_or_margin_is_refused() -> None:
    """Names and margins that the ground does not know raise ValueError."""
    ground = make_ground(1, 2, 3)
    with pytest.raises(ValueError, match="not in"):
        clears(ground, ["9"], 1.0)
    with pytest.raises(ValueError, match="3 mm is no margin"):
        score(ground, Plan((), ("L1",), 3.0, untreated=("L2",)), OPEN)
