"""Masks drawn on one lattice of voxels but cropped differently lie on one grid. Nothing here resamples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.geometry import Box, Geometry, Index3
from pipeline.measures.grids import start_of
from pipeline.study import Study
from pipeline.volume import Mask

OFF_LATTICE_VOXELS = 0.01
"""How far the voxels of two grids may lie apart, in steps of the grid, to be the same voxels."""


@dataclass(eq=False)
class Lattice:
    """Grids with the same voxels, found so far: the first of them, and where each starts in its indices."""

    first: Geometry
    starts: list[tuple[Geometry, Index3]] = field(default_factory=list)

    def start_of(self, grid: Geometry) -> Index3 | None:
        """Return the index in the first grid of a member's first voxel; None for a grid that is no member."""
        return next((start for member, start in self.starts if member is grid), None)

    def cover(self) -> tuple[Geometry, Index3]:
        """Return the grid that covers all members, and the index of its first voxel in the first grid."""
        low = np.min([start for _, start in self.starts], axis=0)
        high = np.max([np.add(start, member.shape) for member, start in self.starts], axis=0)
        a, b, c = (slice(int(i), int(j)) for i, j in zip(low, high, strict=True))
        box: Box = (a, b, c)
        whole = start_of(box) == (0, 0, 0) and tuple(high) == self.first.shape
        return (self.first if whole else self.first.crop(box)), start_of(box)


def share_lattices(study: Study) -> Study:
    """Return a study in which masks on one lattice lie on one grid, the one that covers all of theirs.

    Same lattice: the same axes, and origins that differ by whole voxels. Where only one grid of a lattice is used, and
    where slices are uneven, masks stay as they are.
    """
    masks = (*(item.mask for item in study.segments), *(item.mask for item in study.unmapped))
    drawn = [mask.grid for mask in masks]
    moved = [lattice for lattice in _find_lattices([study.image.geometry, *drawn]) if len(lattice.starts) > 1]
    if not moved:
        return study
    return replace(
        study,
        segments=tuple(replace(item, mask=_move(item.mask, moved)) for item in study.segments),
        unmapped=tuple(replace(item, mask=_move(item.mask, moved)) for item in study.unmapped),
    )


def _find_lattices(grids: Sequence[Geometry]) -> list[Lattice]:
    """Return the lattices of grids, each grid once."""
    lattices: list[Lattice] = []
    for grid in grids:
        if any(lattice.start_of(grid) is not None for lattice in lattices):
            continue
        for lattice in lattices:
            start = find_start(grid, lattice.first)
            if start is not None:
                lattice.starts.append((grid, start))
                break
        else:
            lattices.append(Lattice(grid, [(grid, (0, 0, 0))]))
    return lattices


def find_start(grid: Geometry, other: Geometry) -> Index3 | None:
    """Return the index in ``other`` of a grid's first voxel when they share their voxels; None when they do not."""
    if grid.slice_positions_mm is not None or other.slice_positions_mm is not None:
        return None
    if grid.slice_axis != other.slice_axis or not grid.same_axes(other):
        return None
    shifts = grid.offset_in(other) - grid.to_index(grid.corners_mm())
    whole = np.rint(shifts[0])
    if np.abs(shifts - whole).max() > OFF_LATTICE_VOXELS:
        return None
    return int(whole[0]), int(whole[1]), int(whole[2])


def _move(mask: Mask, lattices: Sequence[Lattice]) -> Mask:
    """Return a mask on the grid that covers its lattice."""
    for lattice in lattices:
        start = lattice.start_of(mask.grid)
        if start is not None:
            grid, first = lattice.cover()
            i, j, k = (s - f for s, f in zip(start, first, strict=True))
            a, b, c = mask.offset
            coverage = mask.coverage and mask.coverage.moved((i, j, k), grid.shape)
            offset = (0, 0, 0) if mask.is_empty else (a + i, b + j, c + k)
            return replace(mask, grid=grid, offset=offset, coverage=coverage)
    return mask
