"""The ground of plans: levels, atoms, clearance, against brute force and closed forms, on every kind of grid."""

from __future__ import annotations

import math
from itertools import chain, combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.anatomy import Anatomy
from pipeline.geometry import Geometry
from pipeline.ground import BEYOND, NO_BRANCH, Ground
from pipeline.measures.distances.search import find_distances
from pipeline.measures.distances.surface import Surface
from pipeline.measures.grids import start_of
from pipeline.measures.plans.cells import Cells
from pipeline.measures.plans.ground import find_ground
from pipeline.measures.volumes import mask_volume_ml
from pipeline.structures import Role
from pipeline.volume import Mask
from tests.measures.plans.ground_scene import (
    GRIDS,
    SWAYED,
    Scene,
    find_levels,
    make_lesions,
    make_scene,
    turn,
    turn_grid,
)
from tests.phantoms import make_grid, sample, sphere

MARGINS = (1.0, 2.5, 5.0)
ALL_GRIDS = {**GRIDS, "swayed": SWAYED}


def grounds(scene: Scene, reach_mm: float | None = None) -> tuple[Ground, Cells]:
    return find_ground(scene.anatomy, scene.lesions, MARGINS, reach_mm)


def spread_levels(scene: Scene, cells: Cells) -> np.ndarray:
    """Return the level of each voxel of the liver and each lesion, shape (voxels, lesions)."""
    found = np.full((len(scene.indices), len(cells.grown)), BEYOND)
    for number, grown in enumerate(cells.grown):
        local = scene.indices - np.array(start_of(grown.box))
        inside = ((local >= 0) & (local < grown.level.shape)).all(axis=1)
        found[inside, number] = grown.level[tuple(local[inside].T)]
        outside = ~scene.total.within(grown.box)
        assert (grown.level[outside] == BEYOND).all()
    return found


@pytest.mark.parametrize("name", ALL_GRIDS)
def test_levels_are_those_of_every_distance(name: str) -> None:
    """A voxel's level is that of the distance from its centre to the nearest of all mid-points of crossed edges."""
    scene = make_scene(ALL_GRIDS[name])
    _, cells = grounds(scene)
    expected = np.stack([find_levels(scene, lesion, MARGINS) for lesion in scene.lesions], axis=1)
    assert (spread_levels(scene, cells) == expected).all()
    assert set(np.unique(expected)) == {0, 1, 2, BEYOND}


@pytest.mark.parametrize("name", ["isotropic", "anisotropic", "oblique", "sheared", "uneven"])
def test_a_grown_ball_is_a_larger_ball(name: str) -> None:
    """A ball grown by a margin is the ball with a radius that is larger by it, to a quarter of a voxel."""
    grid = GRIDS[name]
    liver, radius = sample(sphere(100.0), grid), 4.0
    lesion = make_lesions([sample(sphere(radius, (0.1, 0.2, -0.15)), grid)])
    ground, _ = find_ground(Anatomy(liver, None), lesion, (1.0, 3.0, 6.0))
    for number, margin in enumerate(ground.margins_mm):
        volume = ground.atoms.volume_ml[ground.atoms.level[:, 0] <= number].sum() * 1000
        area = 4 * math.pi * (radius + margin) ** 2
        assert volume == pytest.approx(area * (radius + margin) / 3, abs=grid.spacing_mm.max() / 4 * area)


@pytest.mark.parametrize("name", ALL_GRIDS)
def test_atoms_are_the_liver_grouped(name: str) -> None:
    """Each atom holds exactly the voxels of its part, lesion and levels; atoms are in ascending order."""
    scene = make_scene(ALL_GRIDS[name], seed=2)
    ground, cells = grounds(scene)
    at = tuple((scene.indices - np.array(scene.total.offset)).T)
    levels = spread_levels(scene, cells)
    rows = np.column_stack([cells.part[at], cells.lesion[at], levels])
    kinds, counts = np.unique(rows, axis=0, return_counts=True)
    atoms = ground.atoms
    assert (np.column_stack([atoms.part, atoms.lesion, atoms.level]) == kinds).all()
    assert (atoms.voxels == counts).all()
    assert atoms.voxels.sum() == scene.total.count
    assert ground.total_ml == pytest.approx(mask_volume_ml(scene.total), rel=1e-12)
    for number, mask in enumerate(scene.anatomy.parts.values()):
        assert atoms.volume_ml[atoms.part == number].sum() == pytest.approx(mask_volume_ml(mask), rel=1e-12)
    assert (atoms.inflow == NO_BRANCH).all()
    assert (atoms.outflow == NO_BRANCH).all()


def test_the_first_lesion_owns_a_shared_voxel() -> None:
    """A voxel of two lesions belongs to the first of them and lies within both."""
    scene = make_scene(GRIDS["isotropic"])
    mask = scene.lesions[0].mask
    lesions = make_lesions([mask, mask, *(lesion.mask for lesion in scene.lesions)])
    ground, cells = find_ground(scene.anatomy, lesions, MARGINS)
    assert 1 not in ground.atoms.lesion
    assert 2 not in ground.atoms.lesion
    assert ground.atoms.voxels[ground.atoms.lesion == 0].sum() == mask.count == (cells.lesion == 0).sum()
    assert (ground.atoms.level[ground.atoms.lesion == 0, :3] == 0).all()


@pytest.mark.parametrize("name", ALL_GRIDS)
def test_clearance_gives_the_margin_of_every_union_of_parts(name: str) -> None:
    """Under any parts removed a lesion's margin is the distance between its surface and that of what is kept."""
    compared, near = 0, 0
    for seed in (3, 4):
        scene = make_scene(ALL_GRIDS[name], seed=seed)
        ground, _ = grounds(scene, 4.0)
        count = len(ground.parts)
        for taken in chain.from_iterable(combinations(range(count), size) for size in range(count)):
            stay = [n for n in range(count) if n not in taken]
            kept = unite_parts(scene, stay)
            for number, lesion in enumerate(scene.lesions):
                if (lesion.mask.voxels & kept.within(lesion.mask.box)).any():
                    continue
                found = ground.clearance_mm[number][np.ix_(stay, [*taken, count])].min()
                (distance,) = find_distances([Surface(lesion.mask)], Surface(kept))
                assert distance is not None
                expected = distance.value_mm if distance.value_mm <= 4.0 else math.inf
                assert found == pytest.approx(expected, abs=1e-9)
                compared, near = compared + 1, near + math.isfinite(found)
    assert compared > near > 2


def unite_parts(scene: Scene, numbers: list[int]) -> Mask:
    """Return the union of some parts."""
    masks = [*scene.anatomy.parts.values()]
    whole = np.any([masks[n].within(scene.total.box) for n in numbers], axis=0)
    return Mask.from_array(scene.total.grid, whole, scene.total.offset)


def test_clearance_is_that_of_two_boxes() -> None:
    """A lesion 3 mm from the plane between two parts and 2 mm from the capsule is so far from them."""
    grid = make_grid((20, 30, 30))
    liver = Mask.from_array(grid, np.ones((16, 20, 20), dtype=bool), (2, 5, 5))
    halves = {
        Role.SEGMENT_2: box_mask(grid, (2, 5, 5), (8, 20, 20)),
        Role.SEGMENT_6: box_mask(grid, (10, 5, 5), (8, 20, 20)),
    }
    lesion = box_mask(grid, (5, 7, 13), (2, 4, 4))
    ground, _ = find_ground(Anatomy(liver, None, halves), make_lesions([lesion]), (10.0,))
    assert ground.clearance_mm[0] == pytest.approx(
        np.array([[math.inf, 3.0, 2.0], [3.0, math.inf, math.hypot(3.5, 2.5)]])
    )
    assert (ground.touching == [[False, True], [True, False]]).all()
    apart, _ = find_ground(Anatomy(liver, None, halves), make_lesions([lesion]), (10.0,), 2.5)
    assert apart.clearance_mm[0] == pytest.approx(np.array([[math.inf, math.inf, 2.0], [math.inf] * 3]))


def box_mask(grid: Geometry, start: tuple[int, int, int], size: tuple[int, int, int]) -> Mask:
    return Mask.from_array(grid, np.ones(size, dtype=bool), start)


@pytest.mark.parametrize("name", ["isotropic", "sheared"])
def test_parts_touch_where_voxels_have_a_common_face(name: str) -> None:
    """Two parts touch exactly when a voxel of one is a face neighbour of one of the other."""
    scene = make_scene(GRIDS[name], seed=5, parts=5)
    ground, _ = grounds(scene)
    masks = [*scene.anatomy.parts.values()]
    wide = [mask.within(tuple(slice(0, size) for size in scene.total.grid.shape)) for mask in masks]  # type: ignore[arg-type]
    for one, other in permutations(range(len(masks)), 2):
        meets = any((np.roll(wide[one], step, axis) & wide[other]).any() for axis in range(3) for step in (1, -1))
        assert ground.touching[one, other] == meets
    assert not ground.touching.diagonal().any()
    assert ground.touching.any()


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(sorted(ALL_GRIDS)),
    st.permutations([0, 1, 2]),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.integers(0, 50),
)
def test_turned_arrays_give_the_same_ground(name: str, order: list[int], flips: tuple[bool, ...], seed: int) -> None:
    """Reordered and flipped axes change neither atoms nor clearance."""
    scene = make_scene(ALL_GRIDS[name], seed=seed, radius_mm=8.0, lesions=3)
    way = (order[0], order[1], order[2]), (flips[0], flips[1], flips[2])
    grid = turn_grid(scene.total.grid, *way)
    anatomy = Anatomy(
        turn(scene.total, grid, *way),
        None,
        {role: turn(mask, grid, *way) for role, mask in scene.anatomy.parts.items()},
    )
    turned = Scene(anatomy, make_lesions([turn(lesion.mask, grid, *way) for lesion in scene.lesions]))
    (one, _), (other, _) = grounds(scene), grounds(turned)
    assert (one.atoms.level == other.atoms.level).all()
    assert (one.atoms.voxels == other.atoms.voxels).all()
    assert (one.atoms.part == other.atoms.part).all()
    assert (one.atoms.lesion == other.atoms.lesion).all()
    assert one.atoms.volume_ml == pytest.approx(other.atoms.volume_ml, rel=1e-9)
    assert one.clearance_mm == pytest.approx(other.clearance_mm, abs=1e-9)
    assert (one.touching == other.touching).all()


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(sorted(GRIDS)), st.integers(0, 99))
def test_a_wider_margin_holds_the_narrower_one(name: str, seed: int) -> None:
    """Of two grounds with different margins each tells the common ones alike."""
    scene = make_scene(GRIDS[name], seed=seed, radius_mm=8.0, lesions=2)
    one, _ = find_ground(scene.anatomy, scene.lesions, (1.0, 4.0))
    other, _ = find_ground(scene.anatomy, scene.lesions, (4.0, 1.0, 2.0, 1.0, 7.0))
    assert other.margins_mm == (1.0, 2.0, 4.0, 7.0)
    for lesion in range(len(scene.lesions)):
        for margin in (1.0, 4.0):
            sizes = [count_within(ground, lesion, margin) for ground in (one, other)]
            assert sizes[0] == sizes[1]
        sizes = [count_within(other, lesion, margin) for margin in other.margins_mm]
        assert sizes == sorted(sizes)


def count_within(ground: Ground, lesion: int, margin_mm: float) -> int:
    level = ground.margins_mm.index(margin_mm)
    return int(ground.atoms.voxels[ground.atoms.level[:, lesion] <= level].sum())
