"""The total liver cut into atoms: voxels that every plan treats alike, counted.

Voxels are told apart one quantity after another; most lie near no lesion and are passed over until they are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import BEYOND, NO_BRANCH, NO_LESION, NO_PART, Atoms, Flags
from pipeline.measures.grids import within_box
from pipeline.measures.plans.cells import Cells, Forest
from pipeline.measures.point_tree import PointTree
from pipeline.measures.shares import find_outer_voxels
from pipeline.measures.volumes import MM3_PER_ML
from pipeline.volume import Mask

SLAB = 16
"""Slices that are looked at together; a matter of memory alone."""

Numbers = NDArray[np.int32]
MOST_PAIRS = 1 << 22
"""Pairs of numbers up to which a table of all of them is made; more are sorted. A matter of speed and memory alone."""


@dataclass(frozen=True, eq=False)
class _Kinds:
    """What groups of voxels have in common, as in ``Atoms``; the first is what lies outside the liver."""

    part: NDArray[np.int8]
    lesion: NDArray[np.int16]
    level: NDArray[np.int8]
    inflow: Numbers
    outflow: Numbers

    def take(self, rows: NDArray[np.integer]) -> _Kinds:
        """Return some of them."""
        return _Kinds(*(each[rows] for each in self._columns))

    def join(self, other: _Kinds) -> _Kinds:
        """Return these and others."""
        return _Kinds(*map(np.concatenate, zip(self._columns, other._columns, strict=True)))

    def find_order(self) -> NDArray[np.int64]:
        """Return their ascending order by part, lesion, levels, inflow, outflow."""
        part, lesion = self.part.astype(np.int16) + 1, self.lesion.astype(np.int32) + 1
        inflow, outflow = (each.astype(np.int64) + 1 for each in (self.inflow, self.outflow))
        columns = ((part, ">u2"), (lesion, ">u4"), (self.level, "u1"), (inflow, ">u4"), (outflow, ">u4"))
        places = [np.ascontiguousarray(each.astype(kind).reshape(len(part), -1)) for each, kind in columns]
        rows = np.concatenate([each.view(np.uint8) for each in places], axis=1)
        return np.argsort(rows.view(f"S{rows.shape[1]}").reshape(-1), kind="stable")

    @property
    def _columns(self) -> tuple[NDArray[np.signedinteger], ...]:
        return self.part, self.lesion, self.level, self.inflow, self.outflow


def find_atoms(cells: Cells, parts: Sequence[Mask], forest: Forest | None = None) -> Atoms:
    """Return the atoms of the total liver, in ascending order of part, lesion, levels, inflow, outflow.

    Volumes are sums of voxels, each slice with its own slab where slices are uneven, and of shares of voxels where the
    liver's source states them: that of a voxel outside the liver belongs to the atom of the nearest one in it.

    Parameters
    ----------
    parts
        In the order of their numbers; empty where the liver is not divided. They hold the liver's shares of voxels.
    """
    numbers, kinds = _group(cells, forest)
    counts = np.zeros(len(kinds.part), dtype=np.int64)
    for own in numbers:
        counts += np.bincount(own.reshape(-1), minlength=len(counts))
    volumes = _sum_slabs(numbers, cells.total, counts) + _sum_shares(numbers, cells.total, parts, len(counts))
    counts[0] = 0
    order = kinds.find_order()
    held = order[counts[order] > 0]
    found, volumes = kinds.take(held), volumes[held] / MM3_PER_ML
    return Atoms(found.part, found.lesion, found.level, counts[held], volumes, found.inflow, found.outflow)


def _group(cells: Cells, forest: Forest | None) -> tuple[Numbers, _Kinds]:
    """Return the number of each voxel's group over the liver's box, and what the groups have in common."""
    total = cells.total.voxels
    parts = np.arange(-1, int(cells.part.max()) + 2) - 1
    kinds = _Kinds(
        np.maximum(parts, NO_PART).astype(np.int8),
        np.full(len(parts), NO_LESION, dtype=np.int16),
        np.full((len(parts), len(cells.grown)), BEYOND, dtype=np.int8),
        np.full(len(parts), NO_BRANCH, dtype=np.int32),
        np.full(len(parts), NO_BRANCH, dtype=np.int32),
    )
    numbers = cells.part.astype(np.int32)
    numbers += 1 - NO_PART
    numbers[~total] = 0
    for number, grown in enumerate(cells.grown):
        place = numbers[within_box(grown.box, cells.total.box)]
        near = grown.level != BEYOND
        place[near], old, value = _split(place[near], grown.level[near], len(kinds.part))
        level = kinds.level[old]
        level[:, number] = value
        kinds = kinds.join(replace(kinds.take(old), level=level))
    inside = cells.lesion != NO_LESION
    numbers[inside], old, value = _split(numbers[inside], cells.lesion[inside], len(kinds.part))
    kinds = kinds.join(replace(kinds.take(old), lesion=value.astype(np.int16)))
    return numbers, kinds if forest is None else _divide(numbers, total, kinds, forest)


def _divide(numbers: Numbers, total: Flags, kinds: _Kinds, forest: Forest) -> _Kinds:
    """Return what groups have in common once voxels are told apart by their nearest branches too.

    ``numbers`` are changed to theirs, slab by slab, so that nothing else is held of the whole liver.
    """
    if forest.inflow is None and forest.outflow is None:
        return kinds
    near, inflow, outflow = _pair(forest)
    width, count = len(inflow), len(kinds.part)
    places = [np.arange(size) // step for size, step in zip(total.shape, forest.step, strict=True)]
    slabs = [slice(start, start + SLAB) for start in range(0, len(total), SLAB)]

    def find_pairs(slab: slice) -> NDArray[np.int64]:
        inside = total[slab]
        branches = near[np.ix_(places[0][slab], places[1], places[2])][inside]
        return np.asarray(numbers[slab][inside].astype(np.int64) * width + branches)

    seen = _list_seen(map(find_pairs, slabs), count * width)
    renumber = _number(seen, 1, count * width)
    for slab in slabs:
        numbers[slab][total[slab]] = renumber(find_pairs(slab))
    outside = np.zeros(1, dtype=np.int64)
    old, pair = np.concatenate([outside, seen // width]), np.concatenate([outside, seen % width])
    return replace(kinds.take(old), inflow=inflow[pair], outflow=outflow[pair])


def _pair(forest: Forest) -> tuple[Numbers, Numbers, Numbers]:
    """Return the number of the pair of branches nearest to each block, and both of each pair."""
    drawn = [each for each in (forest.inflow, forest.outflow) if each is not None]
    none = np.full(drawn[0].shape, NO_BRANCH, dtype=np.int32)
    one, other = (none if each is None else each for each in (forest.inflow, forest.outflow))
    width = int(other.max()) - NO_BRANCH + 1
    codes = (one - NO_BRANCH).astype(np.int64) * width + (other - NO_BRANCH)
    pairs, place = np.unique(codes, return_inverse=True)
    first, second = pairs // width + NO_BRANCH, pairs % width + NO_BRANCH
    return place.reshape(none.shape).astype(np.int32), first.astype(np.int32), second.astype(np.int32)


def _split(
    numbers: Numbers, values: NDArray[np.integer], count: int
) -> tuple[Numbers, NDArray[np.int64], NDArray[np.int64]]:
    """Return new numbers, from ``count`` on, of voxels of equal old number and value, and both of each new one."""
    if not len(numbers):
        return numbers, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    least = int(values.min())
    width = int(values.max()) - least + 1
    pairs = numbers.astype(np.int64) * width + (values.astype(np.int64) - least)
    seen = _list_seen([pairs], count * width)
    return _number(seen, count, count * width)(pairs), seen // width, seen % width + least


def _list_seen(pairs: Iterable[NDArray[np.int64]], size: int) -> NDArray[np.int64]:
    """Return which numbers below ``size`` there are, ascending."""
    if size > MOST_PAIRS:
        return np.unique(np.concatenate([np.unique(each) for each in pairs]))
    is_seen = np.zeros(size, dtype=np.bool_)
    for each in pairs:
        is_seen[each] = True
    return np.flatnonzero(is_seen)


def _number(seen: NDArray[np.int64], first: int, size: int) -> Callable[[NDArray[np.int64]], Numbers]:
    """Return what gives each of the numbers that there are its place among them, counted from ``first`` on."""
    if size > MOST_PAIRS:
        return lambda pairs: (np.searchsorted(seen, pairs) + first).astype(np.int32)
    table = np.zeros(size, dtype=np.int32)
    table[seen] = np.arange(first, first + len(seen))
    return lambda pairs: np.asarray(table[pairs])


def _sum_slabs(numbers: Numbers, total: Mask, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the volume in mm3 of the voxels of each group."""
    grid = total.grid
    if grid.slice_positions_mm is None:
        return np.asarray(counts * grid.voxel_volume_mm3, dtype=np.float64)
    slices = np.moveaxis(numbers, grid.slice_axis, 0)
    slabs = grid.slab_volumes_mm3[total.box[grid.slice_axis]]
    volumes = np.zeros(len(counts))
    for own, slab in zip(slices, slabs, strict=True):
        volumes += np.bincount(own.reshape(-1), minlength=len(counts)) * slab
    return volumes


def _sum_shares(numbers: Numbers, total: Mask, parts: Sequence[Mask], count: int) -> NDArray[np.float64]:
    """Return what shares of voxels add to the volume of each group in mm3; negative where they take more away."""
    volumes = np.zeros(count)
    if total.coverage is None:
        return volumes
    slabs, offset = total.grid.slab_volumes_mm3, np.array(total.offset)
    stated = bool(parts) and all(mask.coverage is not None for mask in parts)
    for mask in parts if stated else (total,):
        if mask.coverage is None or not len(mask.coverage.indices):
            continue
        indices = mask.coverage.indices
        owner, is_set = indices.copy(), mask.are_set(indices)
        outer = find_outer_voxels(mask)
        wanted = mask.grid.to_world(indices[~is_set].astype(np.float64))
        owner[~is_set] = outer[PointTree(mask.grid.to_world(outer.astype(np.float64))).find_nearest(wanted)[1]]
        gains = (mask.coverage.shares - is_set) * slabs[indices[:, mask.grid.slice_axis]]
        volumes += np.bincount(numbers[tuple((owner - offset).T)], weights=gains, minlength=count)
    return volumes
