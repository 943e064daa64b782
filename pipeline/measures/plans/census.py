"""Counts over a liver cut into cells, of which the counts of every union of cells are sums.

Surface area, interfaces and curvature (``pipeline.measures.boundary``) are counts of neighbours: pairs of voxels at 13
steps, and squares of four. Voxels are labelled by part, lesion or tissue, and distance from each lesion; pairs and
squares of unequal labels are counted once. What is so obtained for a union of cells equals what its mask gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import BEYOND, NO_LESION, NO_PART, Ground
from pipeline.measures.boundary import STEPS, sum_curvature, sum_interface, sum_surface
from pipeline.measures.grids import intersect, within_box
from pipeline.measures.plans.cells import Cells, Grown
from pipeline.measures.plans.taking import find_level
from pipeline.plan import Plan

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Labels = NDArray[np.int32]
Tally = tuple[Ints, Ints]
"""Different numbers, ascending, and how often each occurs."""
SLAB = 8
"""Slices whose neighbours are looked at together."""
MOST_LABELS = 55_108  # of which four fit into a number of 64 bits
AXES = ((0, 0, 1), (0, 1, 0), (1, 0, 0))
SQUARES = (((0, 0, 1), (0, 1, 0), (0, 1, 1)), ((0, 0, 1), (1, 0, 0), (1, 0, 1)), ((0, 1, 0), (1, 0, 0), (1, 1, 0)))
"""The other three corners of a square, in the three families of planes."""


@dataclass(frozen=True, eq=False)
class Census:
    """The cells of a liver and how they lie beside each other; label 0 is no liver.

    Parameters
    ----------
    part, tumour
        Of each label: number of its part (``NO_PART`` in none), whether it is lesion.
    level
        Shape (labels, lesions): number of the smallest margin that holds it, as ``Atoms.level``; margins that no plan
        uses are passed over.
    slices
        Shape (labels, slices): voxels of each label in each slice (array axis 0) of the liver's box.
    slabs
        Likewise along the grid's slice axis.
    pairs, steps
        Unequal labels of voxels at a step, shape (m, 2), and how often at each of ``STEPS``, shape (m, 13).
    squares, times
        Labels of squares that are not all equal, shape (k, 4), the first one no 0, and how often.
    """

    part: Ints
    tumour: Flags
    level: NDArray[np.int8]
    slices: Ints
    slabs: Ints
    pairs: Ints
    steps: Ints
    squares: Ints
    times: Ints

    def count(self, held: Flags) -> int:
        """Return how many voxels the held labels have."""
        return int(self.voxels[held].sum())

    @cached_property
    def voxels(self) -> Ints:
        """Voxels of each label."""
        return np.asarray(self.slices.sum(axis=1), dtype=np.int64)

    def measure_surface(self, held: Flags) -> float:
        """Return the surface area of the union of labels, in index units."""
        lone = held[self.pairs[:, 0]] & ~held[self.pairs[:, 1]]
        return sum_surface([int(count) for count in self.steps[lone].sum(axis=0)])

    def measure_interface(self, held: Flags, other: Flags) -> float:
        """Return the area between two disjoint unions of labels, in index units."""
        here, there = self.pairs[:, 0], self.pairs[:, 1]
        forth = self.steps[held[here] & other[there]].sum(axis=0)
        back = self.steps[other[here] & held[there]].sum(axis=0)
        return sum_interface([(int(a), int(b)) for a, b in zip(forth, back, strict=True)])

    def measure_curvature(self, held: Flags) -> float:
        """Return the integral of mean curvature of the union of labels, in index units."""
        count = self.count(held)
        lone = self.steps[held[self.pairs[:, 0]] & ~held[self.pairs[:, 1]]].sum(axis=0)
        joined = sum(count - int(lone[STEPS.index(step)]) for step in AXES)
        one, two, three, four = np.take(held, self.squares).T
        broken = one & ~(two & three & four)
        return sum_curvature(count, joined, 3 * count - int(self.times[broken].sum()))


def take_census(cells: Cells, ground: Ground, plans: Sequence[Plan]) -> Census | None:
    """Return the counts of a liver that tell every one of some plans; None where its labels are too many.

    Parameters
    ----------
    plans
        Which parts, and which margins round which lesions, have to be told apart.
    """
    labels, part, tumour, level = _label(cells, ground, _find_used(ground, plans))
    if len(part) > MOST_LABELS:
        return None
    count, axis = len(part), cells.total.grid.slice_axis
    inner = labels[1:-1, 1:-1, 1:-1]
    slices = _count_slices(inner, count)
    slabs = slices if axis == 0 else _count_slices(np.moveaxis(inner, axis, 0), count)
    pairs, steps, squares, times = _count_neighbours(labels, count)
    return Census(part, tumour, level, slices, slabs, pairs, steps, squares, times)


def _find_used(ground: Ground, plans: Sequence[Plan]) -> dict[str, tuple[int, ...]]:
    """Return the numbers of the margins at which some plan takes or ablates each lesion."""
    used: dict[str, set[int]] = {}
    for plan in plans:
        for lesions, margin in ((plan.wedges, plan.wedge_mm), (plan.ablated, plan.ablation_mm)):
            for lesion in lesions:
                used.setdefault(lesion, set()).add(find_level(ground, margin))
    return {lesion: tuple(sorted(levels)) for lesion, levels in used.items()}


def _label(
    cells: Cells, ground: Ground, used: Mapping[str, tuple[int, ...]]
) -> tuple[Labels, Ints, Flags, NDArray[np.int8]]:
    """Return the label of each voxel with a margin of one, and part, lesion or tissue, and levels of each label."""
    labels = np.zeros([size + 2 for size in cells.part.shape], dtype=np.int32)
    inside = labels[1:-1, 1:-1, 1:-1]
    np.multiply(cells.part, 2, out=inside, dtype=np.int32)
    inside += cells.lesion != NO_LESION
    inside += 3
    inside *= cells.total.voxels
    found = np.arange(2 * len(ground.parts) + 3)
    part = np.maximum((found - 3) // 2, NO_PART)
    is_tumour = (found > 0) & (found % 2 == 0)
    level = np.full((len(found), len(ground.lesions)), BEYOND, dtype=np.int8)
    for number, grown in enumerate(cells.grown):
        if grown.id in used:
            origin, own = _split(cells, inside, grown, used[grown.id], len(level))
            level = level[origin]
            level[:, number] = own
            part, is_tumour = part[origin], is_tumour[origin]
    return labels, part, is_tumour, level


def _split(
    cells: Cells, inside: Labels, grown: Grown, used: Sequence[int], count: int
) -> tuple[Ints, NDArray[np.int8]]:
    """Split labels by the distance from one lesion, in place; return which label each was, and its level."""
    box = intersect(grown.box, cells.total.box)
    kinds = np.array([*used, BEYOND], dtype=np.int8)
    if box is None:
        return np.arange(count), np.full(count, BEYOND, dtype=np.int8)
    place = within_box(box, cells.total.box)
    own = np.searchsorted(np.array(used, dtype=np.int8), grown.level[within_box(box, grown.box)])
    old = inside[place]
    keys = np.where(old > 0, old * len(kinds) + own, len(kinds) - 1)
    new = np.bincount(keys.reshape(-1), minlength=count * len(kinds)).reshape(count, len(kinds)) > 0
    new[:, -1] = True
    numbers = np.full(new.shape, -1, dtype=np.int32)
    numbers[:, -1] = np.arange(count)
    fresh = np.argwhere(new[:, :-1])
    numbers[fresh[:, 0], fresh[:, 1]] = count + np.arange(len(fresh))
    inside[place] = numbers.reshape(-1)[keys]
    origin = np.concatenate([np.arange(count), fresh[:, 0]])
    levels = np.concatenate([np.full(count, BEYOND, dtype=np.int8), kinds[fresh[:, 1]]])
    return origin, levels


def _count_slices(labels: Labels, count: int) -> Ints:
    """Return the voxels of each label in each plane of axis 0; none of label 0."""
    found = np.stack([np.bincount(plane[plane > 0], minlength=count) for plane in labels], axis=1)
    return found.astype(np.int64)


def _count_neighbours(labels: Labels, count: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Return unequal neighbours with their counts at each step, and unequal squares with theirs."""
    strides = np.array(labels.strides) // labels.itemsize
    flat, shifts = labels.reshape(-1), [int(np.array(step) @ strides) for step in STEPS]
    keys: list[list[Tally]] = [[] for _ in STEPS]
    squares: list[Tally] = []
    for start in range(1, labels.shape[0] - 1, SLAB):
        place = _find_mixed(labels, start, min(start + SLAB, labels.shape[0] - 1))
        own = flat[place].astype(np.int64)
        ahead = [flat[place + shift] for shift in shifts]
        for number, shift in enumerate(shifts):
            back = own[flat[place - shift] == 0]
            forth = own != ahead[number]
            keys[number].append(_tally(np.concatenate([own[forth] * count + ahead[number][forth], back])))
        squares += [_tally(_find_squares(own, ahead, count, corners)) for corners in SQUARES]
    pairs, steps = _tally_steps([_add_tallies(each) for each in keys], count)
    found, times = _add_tallies(squares)
    corners = np.stack(np.unravel_index(found, (count,) * 4), axis=1)
    return pairs, steps, corners.astype(np.int64), times


def _tally(keys: Ints) -> Tally:
    """Return the different numbers, ascending, and how often each occurs."""
    found, times = np.unique(keys, return_counts=True)
    return found, times.astype(np.int64)


def _add_tallies(tallies: Sequence[Tally]) -> Tally:
    """Return several tallies as one."""
    found, place = np.unique(np.concatenate([each for each, _ in tallies]), return_inverse=True)
    times = np.zeros(len(found), dtype=np.int64)
    np.add.at(times, place, np.concatenate([each for _, each in tallies]))
    return found, times


def _find_mixed(labels: Labels, first: int, last: int) -> Ints:
    """Return the flat indices of voxels of some slices that lie in the liver and have an unequal neighbour of 26."""
    slab = labels[first - 1 : last + 1]
    low = high = slab
    for axis in (2, 1, 0):
        low, high = _spread(low, axis, np.minimum), _spread(high, axis, np.maximum)
    mixed = (low != high) & (slab[1:-1, 1:-1, 1:-1] > 0)
    index = np.argwhere(mixed) + np.array([first, 1, 1])
    return np.asarray(np.ravel_multi_index(tuple(index.T), labels.shape), dtype=np.int64)


def _spread(values: Labels, axis: int, choose: np.ufunc) -> Labels:
    """Return the smallest or largest of each three neighbours along an axis."""
    lines = np.moveaxis(values, axis, 0)
    found: Labels = choose(choose(lines[:-2], lines[1:-1]), lines[2:])
    return np.moveaxis(found, 0, axis)


def _find_squares(own: Ints, ahead: Sequence[Labels], count: int, corners: Sequence[tuple[int, int, int]]) -> Ints:
    """Return the squares of one family of planes whose labels are not all equal, as one number each."""
    others = [ahead[STEPS.index(corner)] for corner in corners]
    mixed = (others[0] != own) | (others[1] != own) | (others[2] != own)
    keys: Ints = own[mixed]
    for other in others:
        keys = keys * count + other[mixed]
    return keys


def _tally_steps(tallies: Sequence[Tally], count: int) -> tuple[Ints, Ints]:
    """Return the pairs of labels and how often each occurs at each step."""
    known = np.unique(np.concatenate([found for found, _ in tallies]))
    steps = np.zeros((len(known), len(tallies)), dtype=np.int64)
    for number, (found, times) in enumerate(tallies):
        steps[np.searchsorted(known, found), number] = times
    return np.stack([known // count, known % count], axis=1).astype(np.int64), steps
