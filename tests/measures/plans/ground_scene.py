"""Small livers in parts with lesions, and what a ground says of them by brute force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from pipeline.anatomy import Anatomy
from pipeline.geometry import Geometry
from pipeline.ground import BEYOND
from pipeline.lesion import Lesion, LesionStatus
from pipeline.structures import Role
from pipeline.volume import Mask
from tests.phantoms import OBLIQUE, make_grid, rotation_about, sample, sphere

Floats = NDArray[np.float64]
ROLES = (Role.SEGMENT_2, Role.SEGMENT_3, Role.SEGMENT_4, Role.SEGMENT_5, Role.SEGMENT_6)
GRIDS: Mapping[str, Geometry] = {
    "isotropic": make_grid((28, 28, 28)),
    "anisotropic": make_grid((12, 38, 30), (2.5, 0.7, 0.9)),
    "oblique": make_grid((16, 30, 34), (1.9, 0.9, 0.8), rotation=OBLIQUE),
    "digits": make_grid((16, 30, 34), (1.9, 0.9, 0.8), rotation=OBLIQUE, tilt_degrees=0.003),
    "tilted": make_grid((16, 34, 30), (1.9, 0.8, 0.9), tilt_degrees=9.0),
    "sheared": make_grid((16, 40, 30), (1.9, 0.8, 0.9), tilt_degrees=25.0),
    "uneven": make_grid((16, 32, 30), (1.9, 0.8, 0.9), uneven=0.2),
    "uneven tilted": make_grid((16, 34, 30), (1.9, 0.8, 0.9), uneven=0.2, tilt_degrees=9.0),
    "along columns": make_grid(
        (30, 30, 12), (0.9, 0.8, 2.4), slice_axis=2, uneven=0.15, rotation=rotation_about((0, 1, 1), 30)
    ),
}


def sway(grid: Geometry, by_mm: float) -> Geometry:
    """Return a grid with its slices moved sideways to and fro."""
    steps = np.arange(grid.shape[0])
    aside = np.where(steps % 2, by_mm, -by_mm)[:, None] * (grid.axes[1] / grid.spacing_mm[1])
    return Geometry(grid.shape, grid.affine, 0, grid.affine[:3, 3] + steps[:, None] * grid.axes[0] + aside)


SWAYED = sway(GRIDS["anisotropic"], 0.3)


@dataclass(frozen=True, eq=False)
class Scene:
    """A liver in parts with lesions."""

    anatomy: Anatomy
    lesions: tuple[Lesion, ...]

    @property
    def total(self) -> Mask:
        assert self.anatomy.total is not None
        return self.anatomy.total

    @property
    def indices(self) -> NDArray[np.int64]:
        """Grid indices of the liver's voxels."""
        return np.asarray(np.argwhere(self.total.voxels) + np.array(self.total.offset))


def make_scene(grid: Geometry, seed: int = 1, *, radius_mm: float = 11.5, parts: int = 4, lesions: int = 4) -> Scene:
    """Return a ball-shaped liver, divided among nearest points, with balls in it as lesions that may overlap."""
    rng = np.random.default_rng(seed)
    total = sample(sphere(radius_mm), grid)
    inside = np.argwhere(total.voxels)
    centres = grid.to_world((inside + np.array(total.offset)).astype(float))
    owner = cdist(centres, rng.normal(size=(parts, 3)) * radius_mm / 2).argmin(axis=1) if parts else np.zeros(0)
    masks = [to_mask(total, inside[owner == n]) for n in range(parts)]
    held = [mask for mask in masks if not mask.is_empty]
    found = []
    for _ in range(lesions):
        place = rng.normal(size=3)
        place *= rng.uniform(0, 0.75) * radius_mm / np.linalg.norm(place)
        near = inside[cdist(centres, place[None])[:, 0] <= rng.uniform(0.8, 3.5)]
        found.append(to_mask(total, near if len(near) else inside[:1]))
    anatomy = Anatomy(total, None, dict(zip(ROLES, held, strict=False)))
    return Scene(anatomy, make_lesions(found))


def make_lesions(masks: Sequence[Mask]) -> tuple[Lesion, ...]:
    """Return intrahepatic lesions of masks, ``L1`` ..."""
    return tuple(Lesion(f"L{n}", LesionStatus.INTRAHEPATIC, mask, f"Tumor_{n}") for n, mask in enumerate(masks, 1))


def to_mask(total: Mask, local: NDArray[np.int64]) -> Mask:
    """Return the mask of some voxels of a liver's box."""
    voxels = np.zeros(total.voxels.shape, dtype=bool)
    voxels[tuple(local.T)] = True
    return Mask.from_array(total.grid, voxels, total.offset)


def find_surface(mask: Mask) -> Floats:
    """Return the mid-points between each set voxel and each of its unset neighbours, LPS mm."""
    points = []
    for index in np.argwhere(mask.voxels) + np.array(mask.offset):
        steps = np.concatenate([np.eye(3, dtype=np.int64), -np.eye(3, dtype=np.int64)])
        points.extend(index + steps[~mask.are_set(index + steps)] / 2)
    return np.asarray(mask.grid.to_world(np.array(points)))


def find_levels(scene: Scene, lesion: Lesion, margins_mm: Sequence[float]) -> NDArray[np.int64]:
    """Return the level of each voxel of the liver, in the order of ``Scene.indices``."""
    centres = scene.total.grid.to_world(scene.indices.astype(float))
    gaps = cdist(centres, find_surface(lesion.mask)).min(axis=1)
    gaps[lesion.mask.are_set(scene.indices)] = 0
    within = gaps[:, None] <= np.array(margins_mm) + 1e-9
    return np.where(within.any(axis=1), within.argmax(axis=1), BEYOND)


def turn(mask: Mask, grid: Geometry, order: tuple[int, int, int], flips: tuple[bool, bool, bool]) -> Mask:
    """Return a mask with its array's axes reordered, then flipped, on the grid that leaves it where it is."""
    whole = np.zeros(mask.grid.shape, dtype=bool)
    whole[mask.box] = mask.voxels
    moved = whole.transpose(order)[tuple(slice(None, None, -1 if flip else 1) for flip in flips)]
    return Mask.from_array(grid, moved)


def turn_grid(grid: Geometry, order: tuple[int, int, int], flips: tuple[bool, bool, bool]) -> Geometry:
    """Return the grid of arrays that are turned so."""
    shape = tuple(grid.shape[axis] for axis in order)
    signs = np.where(flips, -1, 1)
    steps = grid.axes[list(order)] * signs[:, None]
    first = np.zeros(3)
    for axis, flip in zip(order, flips, strict=True):
        first[axis] = (grid.shape[axis] - 1) * flip
    affine = np.eye(4)
    affine[:3, :3] = steps.T
    affine[:3, 3] = grid.affine[:3, 3] + first @ grid.axes
    axis = order.index(grid.slice_axis)
    positions = grid.slice_positions_mm
    if positions is not None:
        aside = np.where(np.arange(3) == grid.slice_axis, 0, first) @ grid.axes
        positions = (positions[::-1] if flips[axis] else positions) + aside
    return Geometry((shape[0], shape[1], shape[2]), affine, axis, positions)
