"""Shapes with closed-form answers, sampled at the voxel centres of any grid, and small studies made of them.

Every length is LPS mm. ``sample`` asks the grid itself where its voxels lie, so oblique, flipped, sheared and uneven
grids need nothing special. A shape states what it is by formula; nothing here comes from the code under test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import CANONICAL_AXES
from pipeline.measurement import Fact
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, Identity, ImageSeries, LesionUnit, Segment, Study, Unmapped
from pipeline.volume import Geometry, Mask, canonical_geometry

Array = NDArray[np.float64]
ORIGIN = (0.0, 0.0, 0.0)


class Shape(Protocol):
    """A solid in patient mm."""

    @property
    def volume_mm3(self) -> float: ...

    @property
    def bounds_mm(self) -> tuple[Array, float]:
        """Centre and radius of a ball that holds the solid."""
        ...

    def contains(self, points: Array) -> NDArray[np.bool_]:
        """Tell which points (n, 3) lie inside."""
        ...


@dataclass(frozen=True)
class Ellipsoid:
    """Ellipsoid with semi-axes along the columns of ``rotation``."""

    semi_axes_mm: tuple[float, float, float]
    center_mm: tuple[float, float, float] = ORIGIN
    rotation: Array = field(default_factory=lambda: np.eye(3))

    @property
    def volume_mm3(self) -> float:
        return float(4 / 3 * np.pi * np.prod(self.semi_axes_mm))

    @property
    def bounds_mm(self) -> tuple[Array, float]:
        return np.array(self.center_mm), max(self.semi_axes_mm)

    @property
    def max_3d_mm(self) -> float:
        return 2 * max(self.semi_axes_mm)

    def contains(self, points: Array) -> NDArray[np.bool_]:
        local = (points - np.array(self.center_mm)) @ self.rotation / np.array(self.semi_axes_mm)
        return np.asarray((local**2).sum(axis=1) <= 1)

    def plane_diameters_mm(self, normal: Array) -> tuple[float, float]:
        """Longest and short diameter of the largest section by planes with this normal."""
        basis = np.linalg.svd(np.asarray(normal, dtype=float).reshape(1, 3))[2][1:].T
        form = self.rotation @ np.diag(1 / np.array(self.semi_axes_mm) ** 2) @ self.rotation.T
        low, high = np.linalg.eigvalsh(basis.T @ form @ basis)
        return float(2 / np.sqrt(low)), float(2 / np.sqrt(high))


def sphere(radius_mm: float, center_mm: tuple[float, float, float] = ORIGIN) -> Ellipsoid:
    """Return a ball."""
    return Ellipsoid((radius_mm, radius_mm, radius_mm), center_mm)


@dataclass(frozen=True)
class Box:
    """Cuboid with edges along the columns of ``rotation`` (LPS axes by default)."""

    size_mm: tuple[float, float, float]
    center_mm: tuple[float, float, float] = ORIGIN
    rotation: Array = field(default_factory=lambda: np.eye(3))

    @property
    def volume_mm3(self) -> float:
        return float(np.prod(self.size_mm))

    @property
    def bounds_mm(self) -> tuple[Array, float]:
        return np.array(self.center_mm), self.max_3d_mm / 2

    @property
    def max_3d_mm(self) -> float:
        return float(np.linalg.norm(self.size_mm))

    @property
    def axial_diameters_mm(self) -> tuple[float, float]:
        """Diagonal of the axial face, and the longest chord at right angles to it."""
        long, short = sorted(self.size_mm[:2], reverse=True)
        diagonal = float(np.hypot(long, short))
        return diagonal, long * short / diagonal * (1 + short**2 / long**2)

    def contains(self, points: Array) -> NDArray[np.bool_]:
        local = (points - np.array(self.center_mm)) @ self.rotation
        return np.asarray((np.abs(local) <= np.array(self.size_mm) / 2).all(axis=1))


@dataclass(frozen=True)
class Shell:
    """Ball with a hollow ball inside it."""

    outer_mm: float
    inner_mm: float
    center_mm: tuple[float, float, float] = ORIGIN

    @property
    def volume_mm3(self) -> float:
        return float(4 / 3 * np.pi * (self.outer_mm**3 - self.inner_mm**3))

    @property
    def bounds_mm(self) -> tuple[Array, float]:
        return np.array(self.center_mm), self.outer_mm

    def contains(self, points: Array) -> NDArray[np.bool_]:
        radius = np.linalg.norm(points - np.array(self.center_mm), axis=1)
        return np.asarray((radius <= self.outer_mm) & (radius >= self.inner_mm))


@dataclass(frozen=True)
class Cylinder:
    """Cylinder along the head-foot axis; hollow (a ring) when ``inner_mm`` is given.

    ``open_degrees`` cuts a sector out of it, around the patient's left: a C-shape.
    """

    radius_mm: float
    height_mm: float
    inner_mm: float = 0.0
    open_degrees: float = 0.0
    center_mm: tuple[float, float, float] = ORIGIN

    @property
    def volume_mm3(self) -> float:
        area = np.pi * (self.radius_mm**2 - self.inner_mm**2) * (1 - self.open_degrees / 360)
        return float(area * self.height_mm)

    @property
    def bounds_mm(self) -> tuple[Array, float]:
        return np.array(self.center_mm), float(np.hypot(self.radius_mm, self.height_mm / 2))

    @property
    def max_3d_mm(self) -> float:
        """Largest distance inside it, for an opening of less than half a turn."""
        return float(np.hypot(2 * self.radius_mm, self.height_mm))

    def contains(self, points: Array) -> NDArray[np.bool_]:
        x, y, z = (points - np.array(self.center_mm)).T
        radius = np.hypot(x, y)
        inside = (radius <= self.radius_mm) & (radius >= self.inner_mm) & (np.abs(z) <= self.height_mm / 2)
        return np.asarray(inside & (np.abs(np.degrees(np.arctan2(y, x))) >= self.open_degrees / 2))


@dataclass(frozen=True)
class Union:
    """Several solids that do not overlap, such as two touching balls."""

    parts: tuple[Shape, ...]

    @property
    def volume_mm3(self) -> float:
        return sum(part.volume_mm3 for part in self.parts)

    @property
    def bounds_mm(self) -> tuple[Array, float]:
        centers = np.array([part.bounds_mm[0] for part in self.parts])
        middle = centers.mean(axis=0)
        reach = [float(np.linalg.norm(c - middle)) + p.bounds_mm[1] for c, p in zip(centers, self.parts, strict=True)]
        return middle, max(reach)

    def contains(self, points: Array) -> NDArray[np.bool_]:
        return np.asarray(np.any([part.contains(points) for part in self.parts], axis=0))


def touching_spheres(radius_mm: float, direction: Sequence[float] = (1, 0, 0)) -> Union:
    """Return two equal balls that touch at the origin."""
    step = np.asarray(direction, dtype=float) / np.linalg.norm(direction) * radius_mm
    return Union(tuple(sphere(radius_mm, tuple(sign * step)) for sign in (-1, 1)))  # type: ignore[arg-type]


def rotation_about(axis: Sequence[float], degrees: float) -> Array:
    """Return the rotation by an angle about an axis (Rodrigues)."""
    x, y, z = np.asarray(axis, dtype=float) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def make_grid(
    shape: tuple[int, int, int] = (40, 48, 44),
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
    *,
    rotation: Array | None = None,
    center_mm: tuple[float, float, float] = ORIGIN,
    axes: Array = CANONICAL_AXES,
    slice_axis: int = 0,
    tilt_degrees: float = 0.0,
    uneven: float = 0.0,
    thickness_mm: float | None = None,
) -> Geometry:
    """Return a grid centred on a point.

    ``rotation`` turns it, ``axes`` gives the unrotated array directions, ``tilt_degrees`` shears the slices along array
    axis 1 (gantry tilt), ``uneven`` moves every second slice by that fraction of the spacing.
    """
    turn = np.eye(3) if rotation is None else rotation
    steps = (axes * np.array(spacing_mm)[:, None]) @ turn.T
    if tilt_degrees:
        row_direction = steps[1] / np.linalg.norm(steps[1])
        steps[0] = steps[0] + row_direction * spacing_mm[0] * np.tan(np.radians(tilt_degrees))
    affine = np.eye(4)
    affine[:3, :3] = steps.T
    affine[:3, 3] = np.array(center_mm) - (np.array(shape) - 1) / 2 @ steps
    positions = None
    if uneven:
        index = np.arange(shape[slice_axis], dtype=float)
        index[1::2] += uneven
        positions = affine[:3, 3] + index[:, None] * steps[slice_axis]
    return Geometry(shape, affine, slice_axis, positions, thickness_mm)


OBLIQUE = rotation_about((1, 2, 0.5), 17.0)
GRIDS: Mapping[str, Geometry] = {
    "isotropic": make_grid((64, 64, 64)),
    "anisotropic": make_grid((30, 100, 80), (2.5, 0.7, 0.9)),
    "oblique": make_grid((40, 84, 88), (2.0, 0.9, 0.8), rotation=OBLIQUE),
    "sheared": make_grid((40, 96, 80), (1.8, 0.8, 0.8), tilt_degrees=15.0),
    "uneven": make_grid((40, 80, 80), (1.9, 0.8, 0.8), uneven=0.09),
}
"""One grid of each kind, all in canonical orientation and all holding a ball of 25 mm about the origin."""


def sample_array(shape: Shape, grid: Geometry) -> NDArray[np.bool_]:
    """Return the voxels of a grid (in any orientation) whose centres lie in a shape."""
    center, radius = shape.bounds_mm
    reach = np.sqrt((np.linalg.inv(grid.axes) ** 2).sum(axis=0)) * radius + 2
    middle = grid.to_index(center[None])[0]
    low = np.clip(np.floor(middle - reach).astype(int), 0, grid.shape)
    high = np.clip(np.ceil(middle + reach).astype(int) + 1, 0, grid.shape)
    out = np.zeros(grid.shape, dtype=bool)
    if (high <= low).any():
        return out
    indices = np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij"), axis=-1)
    inside = shape.contains(grid.to_world(indices.reshape(-1, 3).astype(float)))
    out[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = inside.reshape(indices.shape[:3])
    return out


def sample(shape: Shape, grid: Geometry) -> Mask:
    """Return the mask of a shape on a grid; a grid that is not canonical is made so, as the readers do."""
    canonical, turn = canonical_geometry(grid)
    if turn.order == (0, 1, 2) and not any(turn.flipped):
        canonical = grid
    return Mask.from_array(canonical, turn.apply(sample_array(shape, grid)))


def subtract(mask: Mask, *others: Mask) -> Mask:
    """Return a mask without the voxels of others on the same grid."""
    voxels = mask.voxels.copy()
    for other in others:
        voxels &= ~other.within(mask.box)
    return Mask.from_array(mask.grid, voxels, mask.offset)


def unite(*masks: Mask) -> Mask:
    """Return the union of masks on the same grid."""
    whole = np.zeros(masks[0].grid.shape, dtype=bool)
    for mask in masks:
        whole[mask.box] |= mask.voxels
    return Mask.from_array(masks[0].grid, whole)


def empty(grid: Geometry) -> Mask:
    """Return a mask without a voxel: declared, and nothing there."""
    return Mask(grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=bool))


def make_segments(masks: Mapping[Role, Mask | Sequence[Mask]]) -> tuple[Segment, ...]:
    """Return the segments of one mask object, numbered from 1."""
    pairs = [(role, m) for role, value in masks.items() for m in ([value] if isinstance(value, Mask) else value)]
    return tuple(Segment(role, f"{role.value}_{n}", mask, number=n) for n, (role, mask) in enumerate(pairs, 1))


def make_study(
    masks: Mapping[Role, Mask | Sequence[Mask]],
    *,
    grid: Geometry | None = None,
    unmapped: Sequence[Mask] = (),
    unit: LesionUnit = LesionUnit.AUTO,
) -> Study:
    """Return a study with these masks; the image has the first mask's grid unless one is given."""
    segments = make_segments(masks)
    grid = grid or segments[0].mask.grid
    uids = tuple(f"1.2.3.{n}" for n in range(grid.shape[grid.slice_axis]))
    image = ImageSeries("CT", grid, (Path("image"),), sop_instance_uids=uids)
    strange = tuple(Unmapped(f"strange_{n}", n, mask) for n, mask in enumerate(unmapped, 90))
    return Study("study", ".", Identity(), image, "test", ("masks",), segments, strange, unit)


def make_record(**values: float | bool | str) -> ClinicalRecord:
    """Return a clinical record with these fields."""
    return ClinicalRecord({name: Fact(name, value, source="test") for name, value in values.items()})
