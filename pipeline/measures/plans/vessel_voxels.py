"""Voxels of the vessels of a liver, each with its names and with where plans see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import BEYOND, NO_PART, Flags, Ints
from pipeline.measures.grids import grow_box, within_box
from pipeline.measures.plans.cells import Cells, Grown
from pipeline.measures.vessels.interruption import REACH, grow_by_reach
from pipeline.measures.vessels.trees import Tree, bring
from pipeline.volume import Box, Index3, Mask, bounding_box


@dataclass(frozen=True, eq=False)
class VesselVoxels:
    """The voxels of vessels on the grid of the liver, in the order of the array.

    Parameters
    ----------
    names
        Of the structures, in the order of the bits of ``code``.
    code
        Which structures a voxel belongs to, as bits.
    indices
        In the grid, shape (n, 3).
    places, shape
        Place of each voxel in an array of ``shape`` whose first and last plane along every axis are free.
    """

    names: tuple[str, ...]
    code: Ints
    indices: Ints
    places: Ints
    shape: Index3

    def kept(self, which: Flags) -> VesselVoxels:
        """Return those voxels alone."""
        return VesselVoxels(self.names, self.code[which], self.indices[which], self.places[which], self.shape)

    def have(self, name: str) -> Flags:
        """Tell which voxels belong to a structure."""
        bit = self.names.index(name) if name in self.names else len(self.names)
        return (self.code >> bit & 1).astype(np.bool_)


def gather(vessels: Mapping[str, Tree], names: Sequence[str], cells: Cells) -> VesselVoxels | None:
    """Return the voxels of some structures on the liver's grid; None where a grid with uneven slices is in the way.

    Parameters
    ----------
    names
        The structure of the whole first, its parts after it: a voxel of a part is the part's alone.
    """
    grid, drawn = cells.total.grid, [name for name in names if name in vessels]
    brought = [(bit, bring(mask, grid)) for bit, name in enumerate(drawn) for mask in vessels[name].masks]
    masks = [(bit, mask) for bit, mask in brought if mask is not None and not mask.is_empty]
    if not masks or any(mask is None for _, mask in brought):
        return None
    box = bounding_box([mask for _, mask in masks], margin=1)
    start = np.array([part.start for part in box])
    shape = (box[0].stop - box[0].start, box[1].stop - box[1].start, box[2].stop - box[2].start)
    codes = np.zeros(shape, dtype=np.uint8)
    flat, places = codes.reshape(-1), []
    whole = np.uint8(drawn[0] == names[0])
    for bit, mask in masks:
        own = _places(mask, start, shape)
        places.append(own[flat[own] == 0])
        flat[own] = (flat[own] & ~whole if bit else flat[own]) | np.uint8(1 << bit)
    found = np.sort(np.concatenate(places))
    indices = np.stack(np.unravel_index(found, shape), axis=1) + start
    return VesselVoxels(tuple(drawn), flat[found].astype(np.int64), indices, found, shape)


def _places(mask: Mask, start: Ints, shape: Index3) -> Ints:
    """Return the places of a mask's voxels in the array of a box, ascending."""
    a, b, c = np.nonzero(mask.voxels)
    a, b, c = (axis + offset - low for axis, offset, low in zip((a, b, c), mask.offset, start, strict=True))
    return np.asarray((a * shape[1] + b) * shape[2] + c, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Seen:
    """Where plans see vessel voxels.

    Parameters
    ----------
    inside
        In the total liver.
    part
        Number of the part, ``NO_PART`` outside.
    level
        Shape (n, lesions).
    touched
        A lesion reaches it (at most one voxel between them).
    kind
        Equal for voxels of equal names, place, part and levels.
    """

    inside: Flags
    part: NDArray[np.int8]
    level: NDArray[np.int8]
    touched: Flags
    kind: Ints


def see(voxels: VesselVoxels, cells: Cells, beside: Flags, trunk: Flags) -> Seen:
    """Return where plans see the voxels of vessels.

    Parameters
    ----------
    beside
        Voxels that count as outside the liver even where its mask holds them: the vena cava.
    trunk
        Voxels that belong to no part even inside one: the portal trunk.
    """
    total, count = cells.total, len(voxels.code)
    inside = total.are_set(voxels.indices) & ~beside
    part = np.full(count, NO_PART, dtype=np.int8)
    held = inside & ~trunk
    part[held] = cells.part[tuple((voxels.indices[held] - np.array(total.offset)).T)]
    level = np.full((count, len(cells.grown)), BEYOND, dtype=np.int8)
    touched = np.zeros(count, dtype=np.bool_)
    kind = np.unique((voxels.code * 2 + inside) * 512 + part + 1, return_inverse=True)[1]
    for number, grown in enumerate(cells.grown):
        near = _within(voxels.indices, grown.box)
        near = near[inside[near]]
        level[near, number] = grown.level[_local(voxels.indices[near], grown.box)]
        kind = _split(kind, near, level[near, number])
        reach = _find_reach(cells, number, grown)
        if reach is not None:
            close = _within(voxels.indices, reach.box)
            touched[close] |= reach.voxels[_local(voxels.indices[close], reach.box)]
    return Seen(inside, part, level, touched, kind)


def _within(indices: Ints, box: Box) -> Ints:
    """Return the numbers of the voxels in a box; they are in the order of the array."""
    low, high = np.searchsorted(indices[:, 0], (box[0].start, box[0].stop))
    some = indices[low:high]
    held = (some[:, 1] >= box[1].start) & (some[:, 1] < box[1].stop)
    held &= (some[:, 2] >= box[2].start) & (some[:, 2] < box[2].stop)
    return np.asarray(np.flatnonzero(held) + low, dtype=np.int64)


def _local(indices: Ints, box: Box) -> tuple[Ints, Ints, Ints]:
    """Return where voxels lie in the array of a box."""
    a, b, c = (indices[:, axis] - part.start for axis, part in enumerate(box))
    return a, b, c


def _split(kind: Ints, near: Ints, level: NDArray[np.int8]) -> Ints:
    """Return the kinds with those near a lesion told apart by their level."""
    told = level != BEYOND
    chosen = near[told]
    if not len(chosen):
        return kind
    inverse = np.unique(kind[chosen] * 128 + level[told], return_inverse=True)[1]
    out = kind.copy()
    out[chosen] = inverse + int(kind.max()) + 1
    return np.asarray(out, dtype=np.int64)


def _find_reach(cells: Cells, number: int, grown: Grown) -> Mask | None:
    """Return what a lesion reaches; None for one without a voxel of its own."""
    own = cells.lesion[within_box(grown.box, cells.total.box)] == number
    if not own.any():
        return None
    start = (grown.box[0].start, grown.box[1].start, grown.box[2].start)
    lesion = Mask.from_array(cells.total.grid, own, start)
    box = grow_box(lesion.box, REACH)
    return Mask(cells.total.grid, (box[0].start, box[1].start, box[2].start), grow_by_reach(lesion, box))
