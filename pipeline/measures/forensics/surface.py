"""Points on a mask's boundary with their outward normals, in patient millimetres.

Knows the mask alone, no image. Everything is sampled: a few thousand points stand for the whole surface.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.forensics.interpolation import interpolate, smooth_block
from pipeline.volume import Box, Mask, Points

Values = NDArray[np.float64]

SCALE_MM = 2.5
"""Edge of the blocks that normals are made from: small against a liver, large against a pixel."""
SMOOTHING_MM = 3.0
"""Standard deviation of the smoothing that normals and curvature are taken at."""
PATCH_MM = 25.0
"""Edge of the cubes whose points are taken for one observation: neighbours on an outline are not independent."""


@dataclass(frozen=True, eq=False)
class Surface:
    """Boundary points of a mask.

    Parameters
    ----------
    points_mm
        LPS mm, shape (n, 3): midway between a set and an unset voxel.
    normals
        Outward unit vectors in LPS, shape (n, 3).
    steps_mm
        Extent of a voxel of the mask along each normal in mm, shape (n,): how finely the boundary can be drawn there.
    curvatures_per_mm
        Mean curvature, 1/mm, positive where the surface is convex, shape (n,).
    patches
        Number of the cube each point lies in, shape (n,).
    area_mm2
        Area of the whole surface, about.
    """

    points_mm: Points
    normals: Points
    steps_mm: Values
    curvatures_per_mm: Values
    patches: NDArray[np.int64]
    area_mm2: float

    def take(self, chosen: NDArray[np.bool_]) -> Surface:
        """Return the same surface with some of its points."""
        return Surface(
            self.points_mm[chosen],
            self.normals[chosen],
            self.steps_mm[chosen],
            self.curvatures_per_mm[chosen],
            self.patches[chosen],
            self.area_mm2,
        )

    def placed(self, points_mm: Points, normals: Points) -> Surface:
        """Return the same surface at another place."""
        return replace(self, points_mm=points_mm, normals=normals)


def sample_surface(mask: Mask, count: int, box: Box | None = None) -> Surface:
    """Return boundary points of a mask, spread evenly over its area; the same ones in every run.

    Parameters
    ----------
    count
        How many points at most.
    box
        Part of the mask's grid that boundary is looked for in: faces on its border are none, as what lies beyond the
        scan is not known. The whole grid by default.
    """
    faces, areas = _find_faces(mask)
    shape = np.array(mask.grid.shape)
    where = faces + np.array(mask.offset)
    low, high = (0, shape - 1) if box is None else ([p.start for p in box], [p.stop - 1 for p in box])
    inner = ((where >= low) & (where <= high)).all(axis=1)
    faces, areas = faces[inner], areas[inner]
    total = float(areas.sum())
    if not len(faces):
        nothing = np.zeros((0, 3))
        return Surface(nothing, nothing, np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64), 0.0)
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(faces), size=min(count, len(faces)), replace=False, p=areas / total)
    faces = faces[chosen]
    normals, curvatures = _find_normals(mask, faces)
    points = mask.grid.to_world(faces + np.array(mask.offset))
    steps = np.abs(normals @ mask.grid.axes.T).max(axis=1)
    long = float(np.abs(normals @ (mask.grid.axes / mask.grid.spacing_mm[:, None]).T).sum(axis=1).mean())
    return Surface(points, normals, steps, curvatures, _number_patches(points), total / max(long, 1.0))


def _find_faces(mask: Mask) -> tuple[Points, Values]:
    """Return the centres of faces between set and unset voxels, in indices of the crop, and their areas in mm2."""
    padded = np.pad(mask.voxels, 1)
    places, areas = [], []
    for axis in range(3):
        low = np.take(padded, range(padded.shape[axis] - 1), axis)
        high = np.take(padded, range(1, padded.shape[axis]), axis)
        found = np.flatnonzero(low != high)
        index = np.stack(np.unravel_index(found, low.shape), axis=1) - 1.0
        index[:, axis] += 0.5
        others = np.delete(mask.grid.axes, axis, axis=0)
        places.append(index)
        areas.append(np.full(len(index), float(np.linalg.norm(np.cross(others[0], others[1])))))
    return np.concatenate(places), np.concatenate(areas)


def _find_normals(mask: Mask, faces: Points) -> tuple[Points, Values]:
    """Return outward normals (LPS) and mean curvature (1/mm) at faces, from the mask in blocks, smoothed."""
    spacing = mask.grid.spacing_mm
    factor = np.maximum(1, np.rint(SCALE_MM / spacing)).astype(int)
    margin = int(np.ceil(3 * SMOOTHING_MM / SCALE_MM)) + 1
    blocks = _reduce(mask.voxels, factor)
    step = spacing * factor
    soft = smooth_block(np.pad(blocks, margin), SMOOTHING_MM / step)
    slopes = np.stack([np.gradient(soft, step[axis], axis=axis) for axis in range(3)])
    where = (faces + 0.5) / factor - 0.5 + margin
    at_faces = np.stack([interpolate(part, where) for part in slopes], axis=1)
    length = np.linalg.norm(slopes, axis=0) + 1e-6
    bend = -sum(np.gradient(slopes[axis] / length, step[axis], axis=axis) for axis in range(3)) / 2
    curvature = interpolate(np.asarray(bend), where)
    world = (at_faces * spacing) @ np.linalg.inv(mask.grid.axes).T
    normals = -world / np.maximum(np.linalg.norm(world, axis=1, keepdims=True), 1e-9)
    return normals, curvature


def _reduce(voxels: NDArray[np.bool_], factor: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the share of set voxels in blocks."""
    out: NDArray[np.float32] = voxels.astype(np.float32)
    for axis, size in enumerate(factor):
        if size > 1:
            starts = np.arange(0, out.shape[axis], size)
            out = np.asarray(np.add.reduceat(out, starts, axis=axis) / np.float32(size), dtype=np.float32)
    return out


def _number_patches(points: Points) -> NDArray[np.int64]:
    """Return the number of the cube that each point lies in."""
    cells = np.floor(points / PATCH_MM).astype(np.int64)
    return np.asarray(np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1), dtype=np.int64)
