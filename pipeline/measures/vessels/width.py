"""The part of a vessel that is at least so wide.

Local diameter (Hildebrand and Rueegsegger, J Microsc 1997): the diameter of the largest ball inside the vessel that
holds the point. The parts with at least a given local diameter are the union of all such balls of that diameter: the
morphological opening of the vessel. A ball lies inside when it holds no centre of an unset voxel. Measured against the
half-level surface instead, a 3.1 mm cylinder on 0.8 mm voxels would read less than 3 mm at each of its points.

A voxel of the vessel next to such a ball (26 neighbours) belongs to the part too: corners that a digitised wall has
beyond its balls.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry, Points
from pipeline.measures.point_tree import PointTree
from pipeline.volume import Coverage, Mask

Flat = NDArray[np.int64]
"""Positions in a flattened array."""
NEIGHBOURS = tuple(step for step in product((-1, 0, 1), repeat=3) if any(step))
NEAR = 1e-9
"""Lengths in mm that differ by less are equal."""


def find_wide_parts(mask: Mask, radii_mm: Sequence[float]) -> tuple[Mask, ...]:
    """Return for each radius the part of a vessel whose local diameter is at least twice that; empty where none is.

    Parameters
    ----------
    mask
        The vessel.
    radii_mm
        In ascending order. Each part holds the next one.
    """
    if mask.is_empty:
        return tuple(mask for _ in radii_mm)
    find = _find_on_lattice if mask.grid.slice_positions_mm is None else _find_by_points
    return find(mask, radii_mm)


def _find_on_lattice(mask: Mask, radii_mm: Sequence[float]) -> tuple[Mask, ...]:
    """Return the parts on an even grid, where all balls hold the same steps of voxels."""
    balls = _ball_steps(mask.grid, radii_mm)
    margin = np.maximum(np.abs(balls[-1]).max(axis=0, initial=0), 1)
    padded = np.pad(mask.voxels, [(int(m), int(m)) for m in margin])
    strides = np.array([padded.shape[1] * padded.shape[2], padded.shape[2], 1], dtype=np.int64)
    start = np.array(mask.offset, dtype=np.int64) - margin
    vessel = np.flatnonzero(padded)
    parts, core = [], vessel
    for inner, ball in pairwise([np.zeros((0, 3), dtype=np.int64), *balls]):
        core = _erode(padded.ravel(), core, ball[len(inner) :] @ strides)
        part = _open(padded, vessel, core, ball @ strides, strides)
        whole = len(part) == len(vessel)
        parts.append(mask if whole else _take(mask, np.stack(np.unravel_index(part, padded.shape), axis=1) + start))
    return tuple(parts)


def _ball_steps(grid: Geometry, radii_mm: Sequence[float]) -> list[NDArray[np.int64]]:
    """Return for each radius the steps in voxels to all centres less than it away, shortest first, shape (n, 3)."""
    reach = np.floor(max(radii_mm) * np.linalg.norm(np.linalg.inv(grid.axes), axis=0)).astype(int)
    steps = np.array(list(product(*(range(-r, r + 1) for r in reach))), dtype=np.int64)
    lengths = np.linalg.norm(steps @ grid.axes, axis=1)
    order = np.argsort(lengths, kind="stable")
    steps, lengths = steps[order], lengths[order]
    return [steps[: int(np.searchsorted(lengths, radius - NEAR))] for radius in radii_mm]


def _erode(voxels: NDArray[np.bool_], core: Flat, steps: Flat) -> Flat:
    """Return those of some voxels from which every step leads to a set voxel."""
    for step in steps:
        core = core[voxels[core + step]]
    return core


def _open(padded: NDArray[np.bool_], vessel: Flat, core: Flat, ball: Flat, strides: Flat) -> Flat:
    """Return the vessel's voxels in a ball around a core voxel, or next to such a voxel."""
    part = np.zeros(padded.size, dtype=np.bool_)
    part[core] = True
    rest = vessel[~part[vessel]]
    held, rest = _split(part, rest, ball)
    part[held] = True
    beside, _ = _split(part, rest, np.array(NEIGHBOURS) @ strides)
    part[beside] = True
    return vessel[part[vessel]]


def _split(marked: NDArray[np.bool_], voxels: Flat, steps: Flat) -> tuple[Flat, Flat]:
    """Return the voxels from which some step leads to a marked one, and the others."""
    found = [voxels[:0]]
    for step in steps:
        leads = marked[voxels + step]
        found.append(voxels[leads])
        voxels = voxels[~leads]
    return np.concatenate(found), voxels


def _find_by_points(mask: Mask, radii_mm: Sequence[float]) -> tuple[Mask, ...]:
    """Return the parts on any grid, by the nearest points of all voxels: slower, and right on uneven grids too."""
    voxels = np.argwhere(mask.voxels) + np.array(mask.offset, dtype=np.int64)
    centres = mask.grid.to_world(voxels.astype(np.float64))
    free = PointTree(_unset_centres(mask)).find_nearest(centres)[0]
    parts = []
    for radius in radii_mm:
        core = centres[free >= radius - NEAR]
        if not len(core):
            parts.append(_take(mask, voxels[:0]))
            continue
        depth = PointTree(core).find_nearest(centres)[0]
        held = _take(mask, voxels[(depth < radius - NEAR) | (free >= radius - NEAR)])
        parts.append(_take(mask, voxels[_are_beside(held, voxels)]))
    return tuple(parts)


def _unset_centres(mask: Mask) -> Points:
    """Return the centres of all unset voxels around a mask's voxels (26 neighbours), LPS mm, shape (n, 3).

    Slices beyond the ends of an uneven grid follow at its first and last gap.
    """
    padded = np.pad(mask.voxels, 2)
    grown = np.zeros_like(padded)
    inner = [slice(1, -1)] * 3
    for step in NEIGHBOURS:
        moved = tuple(slice(1 + s, size - 1 + s) for s, size in zip(step, padded.shape, strict=True))
        grown[tuple(inner)] |= padded[moved]
    indices = np.argwhere(grown & ~padded) - 2 + np.array(mask.offset, dtype=np.int64)
    return _to_world_beyond(mask.grid, indices)


def _to_world_beyond(grid: Geometry, indices: NDArray[np.int64]) -> Points:
    """Return LPS mm of voxels that may lie one slice outside an uneven grid."""
    world = grid.to_world(indices.astype(np.float64))
    positions, axis = grid.slice_positions_mm, grid.slice_axis
    if positions is None or len(positions) < 2:
        return world
    for beyond, end, next_to_it in ((indices[:, axis] < 0, 0, 1), (indices[:, axis] >= len(positions), -1, -2)):
        extra = positions[end] - positions[next_to_it] - grid.axes[axis] * (1 if end else -1)
        world[beyond] += extra
    return world


def _are_beside(part: Mask, voxels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which voxels lie in a part or next to it (26 neighbours)."""
    beside = part.are_set(voxels)
    for step in NEIGHBOURS:
        beside |= part.are_set(voxels + np.array(step, dtype=np.int64))
    return beside


def _take(mask: Mask, indices: NDArray[np.int64]) -> Mask:
    """Return some voxels of a mask, by their grid indices, shape (n, 3); drawn on as many slices as the mask is."""
    if not len(indices):
        return Mask(mask.grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
    low, high = indices.min(axis=0), indices.max(axis=0)
    voxels = np.zeros(high - low + 1, dtype=np.bool_)
    voxels[tuple((indices - low).T)] = True
    none = np.zeros((0, 3), dtype=np.int64), np.zeros(0)
    drawn = None if mask.coverage is None else Coverage(mask.coverage.kind, *none, mask.steps)
    return Mask(mask.grid, (int(low[0]), int(low[1]), int(low[2])), voxels, drawn)
