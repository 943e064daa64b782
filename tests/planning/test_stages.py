from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.ground import Ground, Part
from pipeline.plan import Plan, Requirement
from pipeline.planning.space import cleared_lesions, score
from pipeline.planning.stages import is_major, split_stages
from pipeline.readers.clinical.resections import load_resections
from tests.planning.grounds import cut

RESECTIONS = load_resections(Path("configs/resections.yaml"))
OPEN = Requirement(None, None, None)
SIDE = 6


@pytest.fixture(scope="module")
def ground() -> Ground:
    """A cube of eight slabs in a row, 8 7 6 5 4 3 2 1, with L1 in 7, L2 in 3 and L3 in 2."""
    grid = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE), np.arange(32), indexing="ij"), axis=-1)
    grid = grid.reshape(-1, 3).astype(float)
    part = 7 - (grid[:, 2] // 4).astype(int)
    label, level = np.full(len(grid), -1), np.full((len(grid), 3), 127)
    for lesion, place in enumerate(((3, 3, 5.5), (3, 3, 22), (1, 1, 26))):
        away = np.abs(grid - place).max(axis=1)
        level[away <= 2, lesion] = 1
        level[away < 1, lesion] = 0
        label[away < 1] = lesion
    return cut(grid, part, label, level, 8, 4.0)


def test_a_major_resection_with_lesions_on_both_sides_has_two_orders(ground: Ground) -> None:
    """The future remnant first, or the parts first; the second stage ends with all done, and every lesion is said."""
    plan = Plan(("5", "6", "7", "8"), ("L2",), 5.0, ("L3",), 5.0)
    ways = split_stages(ground, plan, RESECTIONS)
    assert cleared_lesions(ground, plan) == ("L1",)
    assert [[stage.lesions for stage in way] for way in ways] == [[("L2", "L3"), ("L1",)], [("L1",), ("L2", "L3")]]
    assert ways[0][0].statement == "clears the future remnant: wedge of L2 and ablation of L3"
    assert ways[0][1].statement == ways[1][0].statement == "right hepatectomy"
    for first, second in ways:
        assert second.after == plan
        assert score(ground, first.after, OPEN).remnant_ml > score(ground, plan, OPEN).remnant_ml
        left = set(first.after.untreated)
        assert left == set(second.lesions)
    whole = score(ground, Plan(), OPEN).remnant_ml
    taken = [whole - score(ground, each, OPEN).remnant_ml for each in (ways[0][0].after, ways[1][0].after, plan)]
    assert taken[0] + taken[1] == pytest.approx(taken[2])


def test_nothing_is_staged_without_need(ground: Ground) -> None:
    """Not where nothing is treated outside of the parts, nothing inside them, or the resection is minor."""
    for plan in (
        Plan(("5", "6", "7", "8"), untreated=("L2", "L3")),
        Plan(("4", "5", "6"), ("L2",), 5.0, (), 0.0, (), ("L1", "L3")),
        Plan(("7", "8"), (), 0.0, ("L2", "L3"), 5.0),
    ):
        assert split_stages(ground, plan, RESECTIONS) == ()


def test_a_first_stage_never_cuts_into_a_lesion_of_the_second(ground: Ground) -> None:
    """A way whose first wedges would take a voxel of a lesion that is left for later is not offered."""
    level = ground.atoms.level.copy()
    level[ground.atoms.lesion == 0, 1] = 1
    ground = replace(ground, atoms=replace(ground.atoms, level=level))
    ways = split_stages(ground, Plan(("5", "6", "7", "8"), ("L2",), 5.0, ("L3",), 5.0), RESECTIONS)
    assert [way[0].lesions for way in ways] == [("L1",)]


@pytest.mark.parametrize(
    ("names", "major"),
    [(("5", "6", "7"), True), (("2", "6", "7"), False), (("5", "6"), False), (("4", "5", "8"), True)],
)
def test_a_major_resection_has_three_segments_side_by_side(ground: Ground, names: tuple[str, ...], major: bool) -> None:
    """Three that do not hang together are not major."""
    assert is_major(ground, Plan(names), RESECTIONS) is major


def test_halves_of_segment_4_make_no_resection_major(ground: Ground) -> None:
    """4a, 4b and 5 are two segments."""
    parts = [
        replace(part, name=name, segments=(name,))
        for part, name in zip(ground.parts[:3], ("4a", "4b", "5"), strict=True)
    ]
    other = replace(ground, parts=(*parts, *[Part(f"x{number}", ("6",)) for number in range(5)]))
    assert not is_major(other, Plan(("4a", "4b", "5")), RESECTIONS)
