"""The ground of odd livers: without parts or lesions, at the array's border, with shares of voxels, with branches."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.anatomy import Anatomy
from pipeline.ground import BEYOND, NO_BRANCH, NO_LESION, NO_PART, Tree
from pipeline.lesion import Lesion
from pipeline.measurement import Measurement
from pipeline.measures.couinaud import divide_liver
from pipeline.measures.grids import start_of, within_box
from pipeline.measures.plans import atoms
from pipeline.measures.plans.cells import Cells, Forest
from pipeline.measures.plans.ground import explain_absence, find_ground, name_part
from pipeline.measures.volumes import mask_volume_ml
from pipeline.structures import Role
from pipeline.volume import Mask, ShareKind
from tests.measures.plans.ground_scene import GRIDS, make_lesions, make_scene, to_mask
from tests.phantoms import empty, make_grid, make_segments, sample, sphere, unite

MARGINS = (1.0, 5.0)


def test_without_parts_the_liver_is_one_piece() -> None:
    """Without segments no voxel has a part, and why is said; levels are told as ever."""
    scene = make_scene(GRIDS["isotropic"], parts=0)
    anatomy = replace(scene.anatomy, parts_reason="NO_SEGMENTS: no masks of Couinaud segments are given")
    ground, cells = find_ground(anatomy, scene.lesions, MARGINS)
    assert ground.parts == ()
    assert ground.parts_reason == anatomy.parts_reason
    assert (ground.atoms.part == NO_PART).all()
    assert (cells.part == NO_PART).all()
    assert ground.clearance_mm.shape == (4, 0, 1)
    assert ground.touching.shape == (0, 0)
    assert ground.atoms.voxels.sum() == scene.total.count


def test_without_lesions_atoms_are_the_parts() -> None:
    """A liver without lesions has one atom a part."""
    scene = make_scene(GRIDS["uneven"], lesions=0)
    ground, cells = find_ground(scene.anatomy, (), MARGINS)
    assert ground.atoms.part.tolist() == [*range(len(ground.parts))]
    assert ground.atoms.voxels.tolist() == [mask.count for mask in scene.anatomy.parts.values()]
    assert ground.atoms.level.shape == (len(ground.parts), 0)
    assert cells.grown == ()
    assert ground.clearance_mm.shape == (0, len(ground.parts), len(ground.parts) + 1)


def test_without_margins_there_are_no_levels() -> None:
    """Where lesions are grown by nothing, their own voxels alone are told from the rest."""
    scene = make_scene(GRIDS["isotropic"], lesions=1)
    ground, _ = find_ground(scene.anatomy, scene.lesions, ())
    inside = ground.atoms.lesion == 0
    assert ground.margins_mm == ()
    assert ground.reach_mm == 0
    assert ground.atoms.voxels[inside].sum() == scene.lesions[0].mask.count
    assert (ground.atoms.level[~inside] == BEYOND).all()


@pytest.mark.parametrize("place", [(0, 0, 0), (4, 5, 6), (8, 0, 3)])
def test_one_voxel_in_a_corner_of_the_scan(place: tuple[int, int, int]) -> None:
    """Of one voxel of 1 mm the neighbours by face lie 0.5 mm away, those by edge 1.12 mm, those by corner 1.5 mm."""
    grid = make_grid((9, 9, 9))
    liver = Mask.from_array(grid, np.ones((9, 9, 9), dtype=bool))
    lesion = to_mask(liver, np.array([place]))
    ground, _cells = find_ground(Anatomy(liver, None), make_lesions([lesion]), (1.2,))
    index = np.abs(np.argwhere(liver.voxels) - np.array(place))
    expected = (index.max(axis=1) <= 1) & (index.sum(axis=1) <= 2)
    assert ground.atoms.voxels[ground.atoms.level[:, 0] == 0].sum() == expected.sum()
    assert ground.atoms.lesion.tolist().count(0) == 1
    assert ground.total_ml == pytest.approx(0.729)


def test_a_lesion_that_is_the_liver() -> None:
    """A lesion that fills the liver leaves no other atom."""
    liver = sample(sphere(6.0), GRIDS["oblique"])
    ground, _ = find_ground(Anatomy(liver, None), make_lesions([liver]), MARGINS)
    assert ground.atoms.lesion.tolist() == [0]
    assert ground.atoms.voxels.tolist() == [liver.count]


def test_a_lesion_that_bulges_out_of_the_liver() -> None:
    """What of a lesion lies beside the liver is part of it; what surrounds it there is not."""
    grid = GRIDS["oblique"]
    liver, lesion = sample(sphere(8.0), grid), sample(sphere(3.0, (8.0, 0, 0)), grid)
    total = unite(liver, lesion)
    ground, cells = find_ground(Anatomy(total, None), make_lesions([lesion]), MARGINS)
    assert total.count > liver.count
    assert ground.atoms.voxels[ground.atoms.lesion == 0].sum() == lesion.count
    assert ground.atoms.voxels.sum() == total.count
    assert (cells.grown[0].level[~total.within(cells.grown[0].box)] == BEYOND).all()


def test_a_lesion_drawn_on_every_second_slice() -> None:
    """Slices that are left out are liver: each of them lies half a step from the lesion."""
    grid = make_grid((11, 12, 12), (2.0, 1.0, 1.0))
    liver = Mask.from_array(grid, np.ones((11, 12, 12), dtype=bool))
    drawn = np.zeros((7, 4, 4), dtype=bool)
    drawn[::2] = True
    ground, cells = find_ground(Anatomy(liver, None), make_lesions([Mask.from_array(grid, drawn, (2, 4, 4))]), (1.0,))
    start = np.array([2, 4, 4]) - start_of(cells.grown[0].box)
    assert (cells.grown[0].level[tuple(slice(a, a + n) for a, n in zip(start, drawn.shape, strict=True))] == 0).all()
    assert ground.atoms.voxels[ground.atoms.lesion == 0].sum() == drawn.sum()


@pytest.mark.parametrize("parts", [False, True])
def test_volumes_are_sums_of_shares(parts: bool) -> None:
    """Where the liver's source states shares of voxels, atoms add up to them: of the liver, and of every part."""
    grid = GRIDS["uneven"]
    inside = np.linalg.norm(grid.to_world(np.argwhere(np.ones(grid.shape)).astype(float)), axis=1).reshape(grid.shape)
    total = Mask.from_shares(grid, np.clip(9.5 - inside, 0, 1), kind=ShareKind.FRACTIONS)
    scene = make_scene(grid, radius_mm=9.0)
    division = divide_liver(make_segments(scene.anatomy.parts), total)
    assert division.parts, division.reason
    anatomy = Anatomy(total, None, division.parts if parts else {})
    lesions = [
        lesion for lesion in scene.lesions if total.are_set(np.argwhere(lesion.mask.voxels) + lesion.mask.offset).all()
    ]
    ground, _ = find_ground(anatomy, lesions, MARGINS)
    assert total.coverage is not None
    assert not total.are_set(total.coverage.indices).all()
    assert ground.atoms.voxels.sum() == total.count
    assert ground.total_ml == pytest.approx(mask_volume_ml(total), rel=1e-9)
    for number, mask in enumerate(anatomy.parts.values()):
        volume = ground.atoms.volume_ml[ground.atoms.part == number].sum()
        assert volume == pytest.approx(mask_volume_ml(mask), rel=1e-9)


@pytest.mark.parametrize("most_pairs", [1 << 22, 10])
def test_branches_divide_atoms(monkeypatch: pytest.MonkeyPatch, most_pairs: int) -> None:
    """Voxels nearest to different branches are different atoms, however many pairs of numbers there are."""
    monkeypatch.setattr(atoms, "MOST_PAIRS", most_pairs)
    scene, step = make_scene(GRIDS["anisotropic"]), (1, 4, 3)
    places = np.indices(scene.total.voxels.shape) // np.array(step)[:, None, None, None]
    blocks = np.random.default_rng(0).integers(0, 5, places.max(axis=(1, 2, 3)) + 1, dtype=np.int32)

    def grow_trees(cells: Cells) -> Forest:
        return Forest({"inflow": Tree("inflow"), "outflow": Tree("outflow")}, blocks, blocks // 3, step)

    ground, cells = find_ground(scene.anatomy, scene.lesions, MARGINS, grow_trees=grow_trees)
    inside = cells.total.voxels
    nearest = blocks[tuple(places)][inside]
    levels = np.stack([whole_level(cells, number)[inside] for number in range(4)], axis=1)
    rows = np.column_stack([cells.part[inside], cells.lesion[inside], levels, nearest, nearest // 3])
    kinds, counts = np.unique(rows, axis=0, return_counts=True)
    found = ground.atoms
    assert (np.column_stack([found.part, found.lesion, found.level, found.inflow, found.outflow]) == kinds).all()
    assert (found.voxels == counts).all()
    assert ground.total_ml == pytest.approx(mask_volume_ml(scene.total), rel=1e-12)
    assert set(ground.trees) == {"inflow", "outflow"}


def whole_level(cells: Cells, number: int) -> NDArray[np.int8]:
    """Return the levels of one lesion over the liver's box."""
    grown = cells.grown[number]
    out = np.full(cells.total.voxels.shape, BEYOND, dtype=np.int8)
    out[within_box(grown.box, cells.total.box)] = grown.level
    return out


def test_a_tree_that_tells_nothing_gives_no_branch() -> None:
    """Of one tree alone the other one's branches are unknown; of none both are, and atoms are as without trees."""
    scene = make_scene(GRIDS["isotropic"])
    blocks = np.arange(np.prod(scene.total.voxels.shape), dtype=np.int32).reshape(scene.total.voxels.shape) // 2000
    trees = {"outflow": Tree("outflow", reason="NO_MASK: no hepatic vein is drawn")}
    plain, _ = find_ground(scene.anatomy, scene.lesions, MARGINS)
    one, cells = find_ground(scene.anatomy, scene.lesions, MARGINS, grow_trees=lambda _: Forest(trees, blocks))
    none, _ = find_ground(scene.anatomy, scene.lesions, MARGINS, grow_trees=lambda _: Forest(trees))
    assert (one.atoms.outflow == NO_BRANCH).all()
    numbers, counts = np.unique(blocks[cells.total.voxels], return_counts=True)
    assert [one.atoms.voxels[one.atoms.inflow == n].sum() for n in numbers] == counts.tolist()
    assert (none.atoms.inflow == NO_BRANCH).all()
    assert (none.atoms.voxels == plain.atoms.voxels).all()


def test_what_is_known_of_lesions_is_passed_on() -> None:
    """Ids in the order of the report; the distance to the capsule where it was measured."""
    scene = make_scene(GRIDS["isotropic"], lesions=2)
    reading = Measurement("dist_capsule_mm", 3.25, "mm")
    lesions = (scene.lesions[0], replace(scene.lesions[1], id="L7", measurements={reading.name: reading}))
    ground, cells = find_ground(scene.anatomy, lesions, MARGINS)
    assert ground.lesions == ("L1", "L7") == tuple(grown.id for grown in cells.grown)
    assert math.isnan(ground.dist_capsule_mm[0])
    assert ground.dist_capsule_mm[1] == 3.25


@pytest.mark.parametrize(
    ("role", "name", "segments"),
    [
        (Role.SEGMENT_1, "1", ("1",)),
        (Role.SEGMENT_4, "4", ("4",)),
        (Role.SEGMENT_4A, "4a", ("4a",)),
        (Role.HEMILIVER_RIGHT, "right", ("5", "6", "7", "8")),
        (Role.HEMILIVER_LEFT, "left", ("2", "3", "4")),
    ],
)
def test_parts_are_named_by_what_they_are(role: Role, name: str, segments: tuple[str, ...]) -> None:
    """A part has the name of its segment, or of its side; segment 1 is of neither side."""
    part = name_part(role)
    assert (part.name, part.segments) == (name, segments)


def test_what_has_no_ground_says_why() -> None:
    """No liver, a lesion on another grid or outside the liver: the reason is given, and there is no ground."""
    scene = make_scene(GRIDS["isotropic"], lesions=1)
    lesion, grid = scene.lesions[0], make_grid((28, 28, 28), center_mm=(0.3, 0, 0))
    elsewhere = replace(lesion, mask=replace(lesion.mask, grid=grid))
    outside = make_lesions(
        [to_mask(Mask.from_array(scene.total.grid, np.ones((28, 28, 28), dtype=bool)), np.zeros((1, 3), int))]
    )
    cases: list[tuple[Anatomy, tuple[Lesion, ...], str]] = [
        (Anatomy(None, None, reason="FOV_CUT: the liver is cut"), (), "FOV_CUT"),
        (Anatomy(empty(scene.total.grid), None), (), "NO_LIVER"),
        (scene.anatomy, (elsewhere,), "GRID_OTHER"),
        (scene.anatomy, outside, "EMPTY_MASK"),
    ]
    for anatomy, lesions, code in cases:
        reason = explain_absence(anatomy, lesions)
        assert reason is not None
        assert reason.startswith(f"{code}: ")
        with pytest.raises(ValueError, match=code):
            find_ground(anatomy, lesions, MARGINS)
    assert explain_absence(scene.anatomy, scene.lesions) is None


def test_parts_that_do_not_add_up_are_refused() -> None:
    """A voxel in no part, or in two, would be counted wrongly."""
    scene = make_scene(GRIDS["isotropic"], lesions=0)
    parts = dict(scene.anatomy.parts)
    first, second, *_ = parts
    for wrong in ({role: mask for role, mask in parts.items() if role != first}, {**parts, second: scene.total}):
        with pytest.raises(ValueError, match="add up"):
            find_ground(replace(scene.anatomy, parts=wrong), (), MARGINS)
    assert NO_LESION == -1
