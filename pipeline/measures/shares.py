"""What masks with shares of voxels (``Coverage``) have in common, together, and without each other.

How the boundaries of two structures run inside a voxel that both fill in part is not known. Two structures that share
at least half of the smaller one's voxels are taken as nested: together they fill the larger share of a voxel, in common
they have the smaller one. Otherwise they lie side by side: together they fill the sum of both shares, at most the whole
voxel. Either way parts add up exactly in every voxel: ``a + b`` = together + in common, ``a`` = in common + the rest.
Where one of the two shares is 0 or 1 both rules agree with each other and with sets of voxels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry
from pipeline.volume import Coverage, Mask, ShareKind

Shares = NDArray[np.float64]


def have_shares(*masks: Mask) -> bool:
    """Tell whether any of these masks states shares of voxels."""
    return any(mask.coverage is not None for mask in masks)


def shares_at(mask: Mask, indices: NDArray[np.int64]) -> Shares:
    """Return a mask's share of voxels of its grid, by their indices, shape (n, 3)."""
    found = mask.are_set(indices).astype(np.float64)
    if mask.coverage is None or not len(mask.coverage.shares):
        return found
    own, wanted = _flat(mask.grid, mask.coverage.indices), _flat(mask.grid, indices)
    place = np.minimum(np.searchsorted(own, wanted), len(own) - 1)
    listed = own[place] == wanted
    found[listed] = mask.coverage.shares[place[listed]]
    return found


def unite_shares(masks: Sequence[Mask], union: Mask) -> Mask:
    """Return the union of masks on one grid with the shares they fill together.

    Parameters
    ----------
    masks
        Not empty.
    union
        Their union as a set of voxels.
    """
    indices = _listed(masks)
    whole, drawn = shares_at(masks[0], indices), [masks[0]]
    for mask in masks[1:]:
        other = shares_at(mask, indices)
        whole = np.maximum(whole, other) if _is_nested(mask, drawn) else np.minimum(whole + other, 1.0)
        drawn.append(mask)
    covers = [mask for mask in masks if mask.count == union.count]
    return with_shares(union, indices, whole, masks, drawn=covers or masks)


def take_common(first: Mask, second: Mask) -> Mask:
    """Return what two masks on one grid have in common; nothing where they share no voxel."""
    voxels = first.voxels & second.within(first.box)
    common = Mask.from_array(first.grid, voxels, first.offset)
    if common.is_empty or not have_shares(first, second):
        return common
    indices = _listed((first, second))
    return with_shares(common, indices, _common(first, second, indices), (first, second))


def take_off(first: Mask, second: Mask | None) -> Mask:
    """Return a mask without another one on its grid; the mask itself where they share no voxel."""
    if second is None or not (first.voxels & second.within(first.box)).any():
        return first
    rest = Mask.from_array(first.grid, first.voxels & ~second.within(first.box), first.offset)
    if rest.is_empty or not have_shares(first, second):
        return rest
    indices = _listed((first, second))
    shares = shares_at(first, indices) - _common(first, second, indices)
    return with_shares(rest, indices, shares, (first, second))


def with_shares(
    bare: Mask,
    indices: NDArray[np.int64],
    shares: Shares,
    masks: Sequence[Mask],
    drawn: Sequence[Mask] | None = None,
) -> Mask:
    """Return a set of voxels with the shares of some of them; those that say the same as the set are left out.

    Parameters
    ----------
    masks
        What it is made of: where shares come from.
    drawn
        Those whose boundaries it has, and so the widest steps between drawn slices; all of them by default.
    """
    odd = shares != bare.are_set(indices)
    return Mask(
        bare.grid,
        bare.offset,
        bare.voxels,
        Coverage(_kind_of(masks), indices[odd], shares[odd], _steps_of(drawn or masks)),
    )


def split_shares(mask: Mask, parts: Sequence[Mask]) -> tuple[Mask, ...]:
    """Return the parts of a mask with its shares, each share in exactly one part.

    A voxel that is set goes with its part, one that is not with the part of the nearest set voxel (in mm; the first of
    several).

    Parameters
    ----------
    parts
        Disjoint sets of voxels that together are the mask's.
    """
    if mask.coverage is None:
        return tuple(parts)
    indices, shares = mask.coverage.indices, mask.coverage.shares
    owner = _find_owners(mask.grid, indices, parts)
    return tuple(with_shares(part, indices[owner == n], shares[owner == n], [mask]) for n, part in enumerate(parts))


def _find_owners(grid: Geometry, indices: NDArray[np.int64], parts: Sequence[Mask]) -> NDArray[np.int64]:
    """Return for each voxel the number of the part that it lies in, or whose set voxels are nearest."""
    from pykdtree.kdtree import KDTree

    owner = np.full(len(indices), -1, dtype=np.int64)
    for number, part in enumerate(parts):
        owner[part.are_set(indices)] = number
    outside = np.flatnonzero(owner < 0)
    points = [grid.to_world(find_outer_voxels(part).astype(np.float64)) for part in parts]
    names = np.repeat(np.arange(len(parts)), [len(each) for each in points])
    if len(outside):
        wanted = np.ascontiguousarray(grid.to_world(indices[outside].astype(np.float64)))
        nearest = KDTree(np.concatenate(points)).query(wanted, k=1)[1]
        owner[outside] = names[nearest.astype(np.int64)]
    return owner


def find_outer_voxels(part: Mask) -> NDArray[np.int64]:
    """Return the grid indices of a part's voxels that have an unset face neighbour, shape (n, 3)."""
    padded = np.pad(part.voxels, 1)
    core = padded.copy()
    for axis in range(3):
        core &= np.roll(padded, 1, axis) & np.roll(padded, -1, axis)
    return np.argwhere(padded & ~core) - 1 + np.array(part.offset, dtype=np.int64)


def _common(first: Mask, second: Mask, indices: NDArray[np.int64]) -> Shares:
    """Return the share of voxels that two masks have in common."""
    a, b = shares_at(first, indices), shares_at(second, indices)
    return np.minimum(a, b) if _is_nested(first, [second]) else np.maximum(a + b - 1.0, 0.0)


def _is_nested(mask: Mask, others: Sequence[Mask]) -> bool:
    """Tell whether a mask and the union of others have at least half of the smaller one's voxels in common."""
    inside = np.zeros_like(mask.voxels)
    for other in others:
        inside |= other.within(mask.box)
    smaller = min(mask.count, sum(other.count for other in others))
    return 2 * int(np.count_nonzero(mask.voxels & inside)) >= smaller


def _listed(masks: Sequence[Mask]) -> NDArray[np.int64]:
    """Return the indices of all voxels of which a mask states its share, each once, ascending, shape (n, 3)."""
    lists = [_flat(mask.grid, mask.coverage.indices) for mask in masks if mask.coverage is not None]
    flat = np.unique(np.concatenate(lists)) if lists else np.zeros(0, dtype=np.int64)
    return np.stack(np.unravel_index(flat, masks[0].grid.shape), axis=1).astype(np.int64)


def _flat(grid: Geometry, indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions of indices in an array of the grid's shape."""
    return np.asarray((indices[:, 0] * grid.shape[1] + indices[:, 1]) * grid.shape[2] + indices[:, 2])


def _kind_of(masks: Sequence[Mask]) -> ShareKind:
    """Return where the shares of masks come from."""
    kinds = {mask.coverage.kind for mask in masks if mask.coverage is not None}
    return kinds.pop() if len(kinds) == 1 else ShareKind.MIXED


def _steps_of(masks: Sequence[Mask]) -> tuple[int, int, int]:
    """Return the widest steps between drawn slices of any mask."""
    a, b, c = (max(each) for each in zip(*(mask.steps for mask in masks), strict=True))
    return a, b, c
