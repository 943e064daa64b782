"""The total liver cut into atoms: voxels that every plan treats alike, counted.

Voxels are told apart one quantity after another; most lie near no lesion and are passed over until they are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import BEYOND, NO_BRANCH, NO_LESION, NO_PART, Atoms
from pipeline.measures.grids import within_box
from pipeline.measures.plans.cells import Cells, Forest
from pipeline.measures.point_tree import PointTree
from pipeline.measures.shares import find_outer_voxels
from pipeline.measures.volumes import MM3_PER_ML
from pipeline.volume import Mask

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
    counts = np.bincount(numbers.reshape(-1), minlength=len(kinds.part))
    volumes = _sum_slabs(numbers, cells.total, counts) + _sum_shares(numbers, cells.total, parts, len(counts))
    held = np.flatnonzero(counts[1:]) + 1
    kinds = kinds.take(held)
    order = kinds.find_order()
    found, held = kinds.take(order), held[order]
    volumes = volumes[held] / MM3_PER_ML
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
    numbers = np.where(total, cells.part + np.int32(1 - NO_PART), np.int32(0))
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
    if forest is not None and forest.inflow is not None:
        numbers[total], old, value = _split(numbers[total], forest.inflow[total], len(kinds.part))
        kinds = kinds.join(replace(kinds.take(old), inflow=value.astype(np.int32)))
    if forest is not None and forest.outflow is not None:
        numbers[total], old, value = _split(numbers[total], forest.outflow[total], len(kinds.part))
        kinds = kinds.join(replace(kinds.take(old), outflow=value.astype(np.int32)))
    return numbers, kinds


def _split(
    numbers: Numbers, values: NDArray[np.integer], first: int
) -> tuple[Numbers, NDArray[np.int64], NDArray[np.int64]]:
    """Return new numbers, from ``first`` on, of voxels of equal old number and value, and both of each new one."""
    if not len(numbers):
        return numbers, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    least = int(values.min())
    width = int(values.max()) - least + 1
    kind = np.int32 if first * width <= MOST_PAIRS else np.int64
    pairs = numbers.astype(kind) * kind(width) + (values.astype(kind) - kind(least))
    if first * width > MOST_PAIRS:
        seen, place = np.unique(pairs, return_inverse=True)
        new = place.reshape(-1).astype(np.int32)
    else:
        is_seen = np.zeros(first * width, dtype=np.bool_)
        is_seen[pairs] = True
        seen = np.flatnonzero(is_seen)
        table = np.cumsum(is_seen, dtype=np.int32) - 1
        new = table[pairs]
    return new + np.int32(first), seen // width, seen % width + least


def _sum_slabs(numbers: Numbers, total: Mask, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the volume in mm3 of the voxels of each group."""
    grid = total.grid
    if grid.slice_positions_mm is None:
        return counts * grid.voxel_volume_mm3
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
