"""Trees of portal and hepatic veins voxel by voxel: which hang together, where blood comes in, what lies nearest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from pipeline.verify.arcs import bring
from pipeline.verify.grid import Floats, Grid, Ints
from pipeline.verify.interruption import REACH
from pipeline.verify.plans_field import Field
from pipeline.verify.solid import Bools
from pipeline.verify.study_files import SecondReading
from pipeline.verify.wide_vessels import LIMIT_MM, TREES, draw_tree

NAMES = {"inflow": TREES["portal_vein"], "outflow": (*TREES["hepatic_vein"], "ivc"), "artery": ("hepatic_artery",)}
"""Structures of each tree, that of the whole first."""
TRUNK, CAVA = "portal_vein_main", "ivc"
STEP_MM, TRUNK_MM, TRUNK_TIMES = 3.0, 10.0, 2
ASIDE = np.array([0.0113, 0.0071, 0.0047])
"""By this part of a voxel a block's point lies beside its centre, so that no two voxels are equally near to it."""
BESIDE = 1.74
"""No farther than this from each other, in indices, lie voxels that touch by face, edge or corner."""


@dataclass(frozen=True, eq=False)
class Vessels:
    """A tree; arrays over its voxels.

    Parameters
    ----------
    codes
        Why it tells nothing of supply; empty where it does.
    names
        Which voxels belong to each structure; to that of the whole only those that no other one claims.
    inside
        In the total liver, and not of the vena cava.
    pairs
        Voxels that touch each other, shape (m, 2).
    roots
        Where blood comes in or leaves.
    touched
        Of a branch (voxels that every plan takes or leaves together) that a lesion touches.
    nearest
        Over the liver's box: number of the vessel voxel that a voxel of the liver belongs to; empty without roots.
    """

    codes: tuple[str, ...]
    indices: Ints
    names: dict[str, Bools]
    inside: Bools
    pairs: Ints
    roots: Bools
    touched: Bools
    nearest: Ints

    @cached_property
    def apart(self) -> Bools:
        """Which voxels hang together with no root even before a plan."""
        return ~self.reach(np.ones(len(self.inside), dtype=bool))

    def reach(self, free: Bools) -> Bools:
        """Return which free voxels a chain of free voxels joins to a free root."""
        pieces = _pieces(len(free), self.pairs[free[self.pairs].all(axis=1)])
        return free & np.isin(pieces, pieces[self.roots & free])


def find_vessels(second: SecondReading, field: Field, name: str, margins_mm: Sequence[float]) -> Vessels | None:
    """Return a tree, without a voxel where it has no branches; None where nothing of it is drawn.

    Parameters
    ----------
    margins_mm
        Every margin that lesions are grown by: they tell branches apart.
    """
    if not any(draw_tree(second, each) for each in NAMES[name]):
        return None
    drawn = _gather(second, field.total.grid, NAMES[name])
    if drawn is None:
        return _tell_nothing("GRID_OTHER", second, name)
    indices, names = drawn
    pairs = np.asarray(cKDTree(indices).query_pairs(BESIDE, output_type="ndarray"), dtype=np.int64).reshape(-1, 2)
    pieces = _pieces(len(indices), pairs)
    large = np.bincount(pieces)[pieces] >= _ball(field.total.grid, LIMIT_MM)
    if not large.any():
        return _tell_nothing("NO_MASK", second, name)
    if not large.all():
        indices, names = indices[large], {each: held[large] for each, held in names.items()}
        pairs = (np.cumsum(large) - 1)[pairs[large[pairs].all(axis=1)]]
    inside = _at(field, field.liver, indices) & ~names.get(CAVA, np.zeros(len(indices), dtype=bool))
    beside = names.get(TRUNK, ~inside & inside) | names.get(CAVA, ~inside & inside)
    enclosed = _at(field, _enclose(field.liver), indices) & ~inside & ~beside
    if name != "artery" and enclosed.sum() > (inside & ~beside).sum():
        return _tell_nothing("LIVER_HOLES", second, name)
    branch = _branches(field, indices, names, inside, pairs, margins_mm)
    touched = np.isin(branch, branch[_touch(field, indices)])
    enough = (inside & ~beside).sum() >= _ball(field.total.grid, TRUNK_MM)
    roots = _find_roots(field.total.grid, name, indices, names, inside, pairs, branch) & enough
    codes = () if roots.any() else ("NO_MASK",)
    nearest = np.zeros(0, dtype=np.int64) if codes else _divide(field, indices)
    return Vessels(codes, indices, names, inside, pairs, roots, touched, nearest)


def _tell_nothing(code: str, second: SecondReading, name: str) -> Vessels:
    """Return a tree that is drawn and has no branches."""
    none, nowhere = np.zeros((0, 3), dtype=np.int64), np.zeros(0, dtype=bool)
    names = {each: nowhere for each in NAMES[name] if draw_tree(second, each)}
    return Vessels((code,), none, names, nowhere, none[:, :2], nowhere, nowhere, none[:, 0])


def _enclose(liver: Bools) -> Bools:
    """Return which voxels have a voxel of the liver before and behind them along two axes at least."""
    found = np.zeros(liver.shape, dtype=np.int8)
    for axis in range(3):
        before = np.logical_or.accumulate(liver, axis=axis)
        behind = np.flip(np.logical_or.accumulate(np.flip(liver, axis), axis=axis), axis)
        found += before & behind
    return np.asarray(found >= 2)


def _gather(second: SecondReading, grid: Grid, names: Sequence[str]) -> tuple[Ints, dict[str, Bools]] | None:
    """Return the voxels of a tree in the order of the array, and which belong to which structure; None without any."""
    held: dict[str, Ints] = {}
    for name in names:
        brought = [bring(solid, grid) for solid in draw_tree(second, name)]
        if any(each is None for each in brought):
            return None
        found = [each.indices for each in brought if each is not None and each.count]
        if found:
            held[name] = np.unique(np.concatenate(found), axis=0)
    if not held:
        return None
    indices, first = np.unique(np.concatenate(list(held.values())), axis=0), 0
    rows = {tuple(row): number for number, row in enumerate(indices.tolist())}
    members = {}
    for name, voxels in held.items():
        member = np.zeros(len(indices), dtype=bool)
        member[[rows[tuple(row)] for row in voxels.tolist()]] = True
        members[name] = member
    for name, member in members.items():
        if name == names[first]:
            others = [other for key, other in members.items() if key != name]
            member &= ~np.any(others, axis=0) if others else True
    return indices, members


def _pieces(count: int, pairs: Ints) -> Ints:
    """Return the number of the piece of each voxel."""
    ones = np.ones(len(pairs), dtype=bool)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _ball(grid: Grid, diameter_mm: float) -> float:
    """Return how many voxels a ball holds."""
    return math.pi / 6 * diameter_mm**3 / grid.voxel_mm3


def _at(field: Field, voxels: Bools, indices: Ints) -> Bools:
    """Return whether a set over the liver's box holds some indices of the grid."""
    local = indices - field.low
    held = ((local >= 0) & (local < np.array(voxels.shape))).all(axis=1)
    found = np.zeros(len(indices), dtype=bool)
    found[held] = voxels[tuple(local[held].T)]
    return found


def take_voxels(field: Field, vessels: Vessels, taken: Bools) -> Bools:
    """Return which vessel voxels lie in a set over the liver's box, and not outside the liver."""
    return vessels.inside & _at(field, taken, vessels.indices)


def _branches(
    field: Field, indices: Ints, names: dict[str, Bools], inside: Bools, pairs: Ints, margins_mm: Sequence[float]
) -> Ints:
    """Return the number of the branch of each voxel: touching ones of equal names, part and level of every lesion."""
    trunk = names.get(TRUNK, np.zeros(len(indices), dtype=bool))
    kinds = [inside, *names.values()]
    kinds += [_at(field, part, indices) & inside & ~trunk for part in field.parts.values()]
    kinds += [
        _at(field, field.within(lesion, margin), indices) & inside for lesion in field.lesions for margin in margins_mm
    ]
    packed = np.packbits(np.array(kinds), axis=0).T
    kind = np.unique(packed, axis=0, return_inverse=True)[1].reshape(-1)
    return _pieces(len(indices), pairs[kind[pairs[:, 0]] == kind[pairs[:, 1]]])


def _touch(field: Field, indices: Ints) -> Bools:
    """Return which voxels a lesion touches: at most one voxel lies between them."""
    room = np.array(REACH.shape) // 2
    grown = ndimage.binary_dilation(np.pad(field.tumour(), [(n, n) for n in room]), REACH)
    local = indices - field.low + room
    held = ((local >= 0) & (local < np.array(grown.shape))).all(axis=1)
    found = np.zeros(len(indices), dtype=bool)
    found[held] = grown[tuple(local[held].T)]
    return found


def _find_roots(
    grid: Grid, name: str, indices: Ints, names: dict[str, Bools], inside: Bools, pairs: Ints, branch: Ints
) -> Bools:
    """Return where blood comes into a tree or leaves it; nowhere where that is not certain, and of an artery."""
    nowhere = np.zeros(len(indices), dtype=bool)
    if name == "artery":
        return nowhere
    known = names.get(TRUNK if name == "inflow" else CAVA)
    if known is not None and known.any():
        beyond = np.flatnonzero(known & ~inside)
        sizes_of = np.bincount(branch[beyond], minlength=1)
        sliver = sizes_of.max() < _ball(grid, TRUNK_MM)
        return known if name == "outflow" or sliver else np.asarray(branch == sizes_of.argmax())
    outside = ~inside & (names.get("portal_vein", nowhere) if name == "inflow" else True)
    if name == "inflow":
        sizes = [int((branch == number).sum()) for number in np.unique(branch[outside])]
        ranked = [*sorted(sizes, reverse=True), 0, 0]
        if ranked[0] < max(_ball(grid, TRUNK_MM), TRUNK_TIMES * ranked[1], 1):
            return nowhere
        return np.asarray(branch == np.unique(branch[outside])[int(np.argmax(sizes))])
    found = nowhere.copy()
    pieces = _pieces(len(indices), pairs)
    for piece in np.unique(pieces):
        numbers, sizes_of = np.unique(branch[outside & (pieces == piece)], return_counts=True)
        if len(numbers):
            best = branch == numbers[int(np.argmax(sizes_of))]
            top = indices[pieces == piece, 0].max()
            if (indices[best, 0] == top).any() and best.sum() >= _ball(grid, LIMIT_MM):
                found |= best
    return found


def _divide(field: Field, indices: Ints) -> Ints:
    """Return over the liver's box the number of the vessel voxel nearest to each block's point."""
    grid = field.total.grid
    step = np.maximum(1, np.floor((STEP_MM + 1e-9) / grid.spacing)).astype(np.int64)
    shape = -(-np.array(field.liver.shape) // step)
    blocks = np.argwhere(np.ones(shape, dtype=bool))
    places: Floats = grid.world(blocks * step + (step - 1) / 2 + ASIDE + field.low)
    nearest = cKDTree(grid.world(indices)).query(places)[1].reshape(shape)
    for axis in range(3):
        nearest = np.repeat(nearest, step[axis], axis=axis)
    a, b, c = field.liver.shape
    return np.asarray(nearest[:a, :b, :c], dtype=np.int64)
