"""Trees of vessels: branches and territories as a plain method finds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from pipeline.ground import BEYOND, NO_PART, Ints
from pipeline.measures.plans.cells import Cells, Grown
from pipeline.measures.plans.runs import find_runs, join
from pipeline.measures.plans.territories import build_trees
from pipeline.measures.vessels.trees import Tree as Drawn
from pipeline.structures import Role
from pipeline.volume import Geometry, Mask
from tests.measures.plans.vessel_phantom import GRID, VESSELS, brick, draw, lay
from tests.phantoms import make_grid, sample, unite

NEIGHBOURS = [step for step in product((-1, 0, 1), repeat=3) if any(step)]


def test_runs_hang_together_as_voxels_do() -> None:
    """Sets of 26-connected voxels of equal kind, numbered by their first voxels, are those of scipy's labelling."""
    rng = np.random.default_rng(3)
    for share in (0.05, 0.2, 0.6):
        kinds = np.pad(rng.integers(1, 3, (9, 10, 11)) * (rng.random((9, 10, 11)) < share), 1)
        places = np.flatnonzero(kinds)
        flat = kinds.reshape(-1)[places]
        runs = find_runs(places, flat, *kinds.shape[1:])
        of_run = np.empty(len(runs.starts), dtype=np.int64)
        of_run[runs.of] = flat
        equal = of_run[runs.touching[:, 0]] == of_run[runs.touching[:, 1]]
        found = join(len(runs.starts), runs.touching[equal])[runs.of]
        truth = np.zeros(kinds.shape, dtype=np.int64)
        for kind in (1, 2):
            labels = ndimage.label(kinds == kind, np.ones((3, 3, 3)))[0]
            truth += np.where(labels > 0, labels * 2 + kind, 0)
        pairs = set(zip(found.tolist(), truth.reshape(-1)[places].tolist(), strict=True))
        assert len(pairs) == len(set(found.tolist())) == len({second for _, second in pairs})
        assert [*dict.fromkeys(found.tolist())] == [*range(len(pairs))]


def scatter(grid: Geometry, seed: int) -> tuple[Cells, dict[str, Drawn]]:
    """Return a lump of liver in random parts with levels of two lesions, and vessels strewn through and round it."""
    rng = np.random.default_rng(seed)
    total = sample(brick((-30, 30), (-24, 24), (-21, 21)), grid)
    shape = total.voxels.shape
    part = np.where(total.voxels, ndimage.zoom(rng.integers(0, 3, (2, 2, 2)), np.array(shape) / 2, order=0), NO_PART)
    lesion = np.full(shape, -1, dtype=np.int16)
    grown = []
    for number, corner in enumerate(((2, 3, 4), (5, 8, 9))):
        box = tuple(slice(low, low + size) for low, size in zip(corner, (6, 9, 8), strict=True))
        level = np.where(total.voxels[box], rng.choice([0, 1, BEYOND], size=(6, 9, 8)), BEYOND).astype(np.int8)
        a, b, c = (slice(each.start + start, each.stop + start) for each, start in zip(box, total.offset, strict=True))
        grown.append(Grown(f"L{number + 1}", (a, b, c), level))
        lesion[tuple(slice(each.start + 2, each.start + 4) for each in box)] = number
    drawn = {}
    for name in ("portal_vein_main", "portal_vein_left", "ivc", "hepatic_vein_right"):
        voxels = ndimage.binary_dilation(rng.random(grid.shape) < 0.0006, iterations=2)
        drawn[name] = Drawn(name, (Role(name),), (Mask.from_array(grid, voxels),))
    whole = unite(*(drawn[name].masks[0] for name in ("portal_vein_main", "portal_vein_left")))
    drawn["portal_vein"] = replace(drawn["portal_vein_main"], name="portal_vein", masks=(whole,))
    return Cells(total, part.astype(np.int8), lesion, tuple(grown)), drawn


def spread(cells: Cells) -> list[NDArray[np.int64]]:
    """Return over the grid: inside, part, and the level of each lesion."""
    grid, total = cells.total.grid, cells.total
    inside = np.zeros(grid.shape, dtype=bool)
    inside[total.box] = total.voxels
    part = np.full(grid.shape, NO_PART)
    part[total.box] = cells.part
    out = [inside.astype(np.int64), part.astype(np.int64)]
    for grown in cells.grown:
        level = np.full(grid.shape, int(BEYOND))
        level[grown.box] = grown.level
        out.append(level)
    return out


GRIDS = {
    "even": make_grid((24, 44, 52), (2.5, 1.4, 1.4)),
    "sheared": make_grid((24, 48, 52), (2.5, 1.4, 1.4), tilt_degrees=14.0),
    "uneven": make_grid((24, 44, 52), (2.5, 1.4, 1.4), uneven=0.1),
}


@pytest.mark.parametrize("kind", GRIDS)
def test_branches_and_territories_are_those_of_a_plain_method(kind: str) -> None:
    """Voxel by voxel: what a branch is, what touches, what is nearest."""
    grid = GRIDS[kind]
    cells, drawn = scatter(grid, 5)
    forest = build_trees(drawn, cells, 0.0)
    inside, part, *levels = spread(cells)
    a, b, c = grid.shape
    for name, names, nearest in (
        ("inflow", ("portal_vein_main", "portal_vein_left"), forest.inflow),
        ("outflow", ("hepatic_vein_right", "ivc"), forest.outflow),
    ):
        masks = [drawn[each].masks[0].within((slice(0, a), slice(0, b), slice(0, c))) for each in names]
        keys = {}
        for place in np.argwhere(masks[0] | masks[1]).tolist():
            at = tuple(place)
            vessels = tuple(each for each, mask in zip(names, masks, strict=True) if mask[at])
            within = bool(inside[at]) and "ivc" not in vessels
            own = int(part[at]) if within and "portal_vein_main" not in vessels else NO_PART
            keys[at] = (vessels, within, own, *(int(level[at]) if within else int(BEYOND) for level in levels))
        number, joined = label(keys)
        tree = forest.trees[name]
        assert len(tree.branches) == 1 + max(number.values())
        for at, own in number.items():
            branch = tree.branches[own]
            assert (branch.vessels, branch.inside, branch.part, *branch.level.tolist()) == keys[at]
        assert {tuple(pair) for pair in tree.joined.tolist()} == joined
        assert nearest is not None
        of_voxels = nearest[tuple((np.argwhere(cells.total.voxels) // forest.step).T)]
        assert np.array_equal(of_voxels, find_territory(cells, number))


def label(keys: Mapping[tuple[int, ...], object]) -> tuple[dict[tuple[int, ...], int], set[tuple[int, int]]]:
    """Return the branch of each voxel and the pairs that touch, by flooding."""
    number: dict[tuple[int, ...], int] = {}
    for seed in keys:
        if seed in number:
            continue
        number[seed], todo = 1 + max(number.values(), default=-1), [seed]
        while todo:
            place = todo.pop()
            for step in NEIGHBOURS:
                near = tuple(a + b for a, b in zip(place, step, strict=True))
                if near in keys and near not in number and keys[near] == keys[place]:
                    number[near] = number[seed]
                    todo.append(near)
    joined = set()
    for place, own in number.items():
        for step in NEIGHBOURS:
            other = number.get(tuple(a + b for a, b in zip(place, step, strict=True)), own)
            joined |= {(min(own, other), max(own, other))} if other != own else set()
    return number, joined


def find_territory(cells: Cells, number: Mapping[tuple[int, ...], int]) -> Ints:
    """Return the nearest branch of each voxel of the liver by the definition of the blocks."""
    total = cells.total
    tree = cKDTree(total.grid.to_world(np.array([*number], dtype=float)))
    steps = np.maximum(1, (3 // total.grid.spacing_mm).astype(int))
    voxels = np.argwhere(total.voxels)
    points = voxels // steps * steps + (steps - 1) / 2 + np.array([0.0113, 0.0071, 0.0047]) + np.array(total.offset)
    return np.array([*number.values()])[tree.query(total.grid.to_world(points))[1]]


def test_a_branch_is_touched_as_a_vessel_is() -> None:
    """With at most one voxel between it and a lesion in a plane, and none between two planes."""
    for gap, touched in ((0, True), (2, True), (4, False)):
        lesion = sample(brick((-14, -10), (4 + gap, 12 + gap), (-24, -18)), GRID)
        ground = lay(draw(VESSELS), [lesion], (1.0,))
        assert any(branch.touched for branch in ground.trees["inflow"].branches) is touched
    for gap, touched in ((0, True), (2, False)):
        lesion = sample(brick((-14, -10), (-4, 4), (-18 + gap, -10)), GRID)
        ground = lay(draw(VESSELS), [lesion], (1.0,))
        assert any(branch.touched for branch in ground.trees["inflow"].branches) is touched
