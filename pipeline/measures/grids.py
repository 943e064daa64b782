"""Which masks share a grid, and joining masks that do. Nothing here resamples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.shares import have_shares, unite_shares
from pipeline.volume import Box, Geometry, Mask, bounding_box


def same_grid(first: Geometry, second: Geometry) -> bool:
    """Tell whether two grids are one: the same object, or equal shape, affine and slice positions."""
    if first is second:
        return True
    if first.shape != second.shape or not np.allclose(first.affine, second.affine, rtol=0, atol=1e-6):
        return False
    a, b = first.slice_positions_mm, second.slice_positions_mm
    if a is None or b is None:
        return a is b
    return bool(np.allclose(a, b, rtol=0, atol=1e-6))


def share_grid(masks: Sequence[Mask]) -> bool:
    """Tell whether all masks that are not empty lie on one grid."""
    filled = [mask for mask in masks if not mask.is_empty]
    return all(same_grid(filled[0].grid, mask.grid) for mask in filled[1:])


def group_by_grid(masks: Sequence[Mask]) -> list[list[int]]:
    """Return the positions of masks that lie on the same grid, group by group."""
    groups: list[list[int]] = []
    for number, mask in enumerate(masks):
        group = next((g for g in groups if same_grid(masks[g[0]].grid, mask.grid)), None)
        if group is None:
            groups.append([number])
        else:
            group.append(number)
    return groups


def unite(masks: Sequence[Mask]) -> Mask:
    """Return the union of masks that share a grid, with the shares of voxels that they fill together.

    Raises
    ------
    ValueError
        When every mask is empty.
    """
    filled = [mask for mask in masks if not mask.is_empty]
    if len(filled) == 1:
        return filled[0]
    box = bounding_box(filled)
    union = Mask.from_array(filled[0].grid, draw_union(filled, box), start_of(box))
    return unite_shares(filled, union) if have_shares(*filled) else union


def draw_union(masks: Sequence[Mask], box: Box) -> NDArray[np.bool_]:
    """Return the union of masks over a box of their grid."""
    out = np.zeros([part.stop - part.start for part in box], dtype=np.bool_)
    for mask in masks:
        shared = intersect(mask.box, box)
        if shared is not None:
            out[within_box(shared, box)] |= mask.within(shared)
    return out


def within_box(inner: Box, outer: Box) -> Box:
    """Return where an inner box lies in the array of an outer one."""
    a, b, c = (slice(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True))
    return a, b, c


def intersect(first: Box, second: Box) -> Box | None:
    """Return the common part of two boxes; None when there is none."""
    a, b, c = (slice(max(f.start, s.start), min(f.stop, s.stop)) for f, s in zip(first, second, strict=True))
    return (a, b, c) if all(part.stop > part.start for part in (a, b, c)) else None


def count_shared(first: Mask, second: Mask) -> int:
    """Return how many voxels two masks on one grid have in common."""
    if first.is_empty or second.is_empty:
        return 0
    small, large = (first, second) if first.voxels.size <= second.voxels.size else (second, first)
    return int(np.count_nonzero(small.voxels & large.within(small.box)))


def start_of(box: Box) -> tuple[int, int, int]:
    """Return the index of a box's first voxel."""
    return box[0].start, box[1].start, box[2].start


def grow_box(box: Box, margin: tuple[int, int, int]) -> Box:
    """Return a box grown on every side; it may reach beyond the grid."""
    a, b, c = (slice(part.start - m, part.stop + m) for part, m in zip(box, margin, strict=True))
    return a, b, c
