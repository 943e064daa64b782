"""Abdomens to try the mask check on: random, textured, asymmetric, with neighbours as bright as the liver.

Nothing here uses the program's own measuring. Grids are canonical: slices head-ward, rows to the back, columns to the
patient's left. Organs are ellipsoids bent by smooth random fields; the picture is blurred as by a scanner and has
correlated texture and noise. The liver mask is that of the tissue map, voxel by voxel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.geometry import Geometry
from pipeline.study import ImageSeries
from pipeline.volume import Box, Image, Mask
from tests.forensic_scanners import acquire_ct, acquire_mr, ct_values, mr_values, smooth_field

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

SLICES_MM = (1.0, 1.5, 2.0, 2.5, 3.0, 3.0, 5.0, 5.0)


@dataclass(frozen=True, eq=False)
class Abdomen:
    """A picture in Hounsfield units (or MR units) with its true liver."""

    spacing: tuple[float, float, float]
    pixels: Floats
    liver: Bools
    seed: int

    @cached_property
    def grid(self) -> Geometry:
        dz, dy, dx = self.spacing
        affine = np.zeros((4, 4))
        affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = dz, dy, dx, 1
        affine[:3, 3] = -dx * self.pixels.shape[2] / 2, -dy * self.pixels.shape[1] / 2, 0
        return Geometry((self.pixels.shape[0], self.pixels.shape[1], self.pixels.shape[2]), affine)

    def image(self, modality: str = "CT") -> ImageSeries:
        return ImageSeries(modality, self.grid, ())

    def read(self, box: Box) -> Image:
        return Image(self.grid.crop(box), box, self.pixels[box])

    def mask(self, array: Bools) -> Mask:
        return Mask.from_array(self.grid, array)

    @cached_property
    def distance(self) -> Floats:
        """Signed distance in mm from the liver's surface, positive inside, cut at 12 mm."""
        found = np.nonzero(self.liver)
        margin = [int(14 / step) + 1 for step in self.spacing]
        box = tuple(
            slice(max(0, int(axis.min()) - m), int(axis.max()) + m + 1) for axis, m in zip(found, margin, strict=True)
        )
        part = self.liver[box]
        inside = ndimage.distance_transform_edt(part, self.spacing).astype(np.float32)
        outside = ndimage.distance_transform_edt(~part, self.spacing).astype(np.float32)
        half = np.float32(self.spacing[1] / 2)
        out = np.full(self.liver.shape, -12, dtype=np.float32)
        out[box] = np.clip(np.where(part, inside - half, half - outside), -12, 12)
        return out


def _ball(
    z: Floats, y: Floats, x: Floats, centre: tuple[float, float, float], axes: tuple[float, float, float]
) -> Floats:
    """Return about the signed distance in mm from an ellipsoid, positive inside."""
    parts = [((v - c) / a) ** 2 for v, c, a in zip((z, y, x), centre, axes, strict=True)]
    radius = np.sqrt(parts[0] + parts[1] + parts[2])
    return np.asarray((1 - radius) * min(axes), dtype=np.float32)


def _liver_depth(
    rng: np.random.Generator, shape: tuple[int, int, int], spacing: tuple[float, float, float], size: float
) -> Floats:
    z, y, x = _coordinates(shape, spacing)
    j = lambda s: rng.uniform(-s, s)  # noqa: E731
    right = _ball(z, y, x, (j(4), j(5), -58 + j(6)), (68 * size, 66 * size, 56 * size))
    left = _ball(z, y, x, (20 + j(5), -26 + j(5), 4 + j(8)), (34 * size, 30 * size, 62 * size))
    tip = _ball(z, y, x, (-52 * size + j(6), 4 + j(6), -72 + j(4)), (44 * size, 34 * size, 26 * size))
    depth = np.maximum(np.maximum(right, left), tip)
    depth = depth + np.float32(rng.uniform(2.5, 4.5)) * smooth_field(rng, shape, spacing, 32)
    depth = depth + np.float32(rng.uniform(0.5, 1.2)) * smooth_field(rng, shape, spacing, 11)
    fissure = _ball(z, y, x, (-18 + j(5), -48 + j(4), -10 + j(6)), (34, 34, 5))
    hilum = _ball(z, y, x, (-16 + j(4), 14 + j(5), -8 + j(5)), (18, 26, 22))
    fossa = _ball(z, y, x, (-42, -40 + j(5), -34 + j(5)), (22, 22, 14))
    caval = _ball(z, y, x, (0, 44 + j(3), -16 + j(3)), (200, 13, 13))
    for hole in (fissure, hilum, fossa, caval):
        depth = np.minimum(depth, -hole)
    return np.asarray(depth, dtype=np.float32)


def _coordinates(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> tuple[Floats, Floats, Floats]:
    """Return mm from the middle of the liver's heights, head-ward, to the back, to the left."""
    z, y, x = np.ogrid[: shape[0], : shape[1], : shape[2]]
    return (
        np.asarray(z * spacing[0] - 96, dtype=np.float32),
        np.asarray((y - shape[1] / 2) * spacing[1], dtype=np.float32),
        np.asarray((x - shape[2] / 2) * spacing[2], dtype=np.float32),
    )


def draw_abdomen(seed: int, modality: str = "CT", slices_mm: tuple[float, ...] = SLICES_MM) -> Abdomen:
    """Return a random abdomen: spacing 0.7-0.9 x 1-5 mm, portal-venous or early, thin or stout."""
    rng = np.random.default_rng(seed)
    pixel = rng.uniform(0.7, 0.9)
    spacing = (float(rng.choice(slices_mm)), float(pixel), float(pixel))
    wide, deep = rng.uniform(150, 172), rng.uniform(98, 115)
    shape = (int(192 / spacing[0]), int((2 * deep + 14) / pixel), int((2 * wide + 14) / pixel))
    z, y, x = _coordinates(shape, spacing)
    size = rng.uniform(0.88, 1.02)
    depth = _liver_depth(rng, shape, spacing, size)
    picture, liver = _paint(rng, depth, (z, y, x), (wide, deep))
    if modality == "MR":
        values = mr_values(rng)
        seen = acquire_mr(rng, values[picture], picture == FAT, float(values[LIVER]), spacing)
        return Abdomen(spacing, seen, liver, seed)
    return Abdomen(spacing, acquire_ct(rng, ct_values(rng)[picture], spacing), liver, seed)


AIR, FAT, MUSCLE, BONE, LUNG, LIVER, VEIN, LESION, HEART, SPLEEN, KIDNEY, WALL, CONTENT, BILE, BOWEL, AORTA = range(16)


def _paint(
    rng: np.random.Generator, depth: Floats, at: tuple[Floats, Floats, Floats], body: tuple[float, float]
) -> tuple[NDArray[np.uint8], Bools]:
    """Return the tissue map and the liver in it: later ones over earlier ones."""
    z, y, x = at
    wide, deep = body
    j = lambda s: rng.uniform(-s, s)  # noqa: E731
    fat = rng.uniform(0.84, 0.93)
    ring = np.sqrt((x / wide) ** 2 + (y / deep) ** 2)
    picture = np.zeros(depth.shape, dtype=np.uint8)

    def put(where: Bools, tissue: int) -> None:
        picture[np.broadcast_to(where, picture.shape)] = tissue

    put(ring < 1, FAT)
    put(ring < fat, MUSCLE)
    cavity = ring < fat - rng.uniform(0.06, 0.09)
    put(cavity, FAT)
    slope = z + 0.35 * (deep - y) + rng.uniform(0, 27)
    put((ring > fat - 0.055) & (ring < fat - 0.015) & (slope % 27 < 9) & (np.abs(x) > 30), BONE)
    dome = np.maximum(depth, _ball(z, y, x, (0 + j(6), 0, 62), (70, 80, 70)))
    chest = cavity & (z > 8) & (dome < -rng.uniform(2.5, 4))
    put(cavity & (z > 8) & (dome < 0), MUSCLE)
    put(chest, LUNG)
    put((_ball(z, y, x, (80 + j(5), -34 + j(6), 26 + j(6)), (38, 44, 54)) > 0) & (dome < -2.5) & (z > 8), HEART)
    put((_ball(z, y, x, (4 + j(8), 40 + j(8), 104 + j(6)), (44, 36, 24)) > 0) & cavity, SPLEEN)
    stomach = _ball(z, y, x, (-2 + j(8), -16 + j(8), 74 + j(6)), (44, 38, 36))
    put((stomach > 0) & cavity, WALL)
    put((stomach > 4) & cavity, CONTENT)
    put((stomach > 10) & (y < -34) & cavity, AIR)
    put((_ball(z, y, x, (-66 + j(8), 46 + j(4), -58 + j(6)), (52, 25, 27)) > 0) & cavity, KIDNEY)
    put((_ball(z, y, x, (-52 + j(8), 46 + j(4), 60 + j(6)), (52, 25, 27)) > 0) & cavity, KIDNEY)
    for _ in range(6):
        loop = _ball(z, y, x, (-62 + j(18), -38 + j(30), j(90)), (16, 18, 30))
        put((loop > 0) & cavity, BOWEL)
        put((loop > 6) & (y < -30) & cavity, AIR if rng.random() < 0.5 else BOWEL)
    put((_ball(z, y, x, (-42, -40, -34), (22, 22, 14)) > 1.5), BILE)
    put(_ball(z, y, x, (0, 60 + j(3), 0), (900, 20, 22)) > 0, BONE)
    put(_ball(z, y, x, (0, 42, 12), (900, 10, 10)) > 0, AORTA)
    put((_ball(z, y, x, (0, 44, -16), (900, 11, 11)) > 0) & (z < 80), VEIN)
    liver = np.asarray((depth > 0) & cavity, dtype=np.bool_)
    picture[liver] = LIVER
    _paint_inside(rng, picture, liver, at)
    return picture, liver


def _paint_inside(
    rng: np.random.Generator, picture: NDArray[np.uint8], liver: Bools, at: tuple[Floats, Floats, Floats]
) -> None:
    """Paint vessels and metastases into the liver."""
    z, y, x = at
    for angle in rng.uniform(0, np.pi, 5):
        across = (y - 4) * np.cos(angle) + (x + 50) * np.sin(angle)
        along = np.sqrt((across + rng.uniform(-20, 20)) ** 2 + (z - rng.uniform(-30, 40)) ** 2)
        picture[liver & np.broadcast_to(along < rng.uniform(2.5, 6), liver.shape)] = VEIN
    for _ in range(int(rng.integers(0, 7))):
        centre = (rng.uniform(-40, 45), rng.uniform(-40, 45), rng.uniform(-100, -5))
        radius = rng.uniform(5, 22)
        picture[liver & (_ball(z, y, x, centre, (radius, radius * rng.uniform(0.7, 1), radius)) > 0)] = LESION


def draw_other_liver(abdomen: Abdomen, seed: int) -> Bools:
    """Return the liver of somebody else, in the same place of the body."""
    rng = np.random.default_rng(seed)
    return np.asarray(_liver_depth(rng, _shape_of(abdomen.liver), abdomen.spacing, rng.uniform(0.88, 1.02)) > 0)


def _shape_of(array: Bools) -> tuple[int, int, int]:
    return array.shape[0], array.shape[1], array.shape[2]


def wobble(abdomen: Abdomen, seed: int, voxels: float = 1.0) -> Bools:
    """Return the liver as another observer draws it: the outline wanders by about a voxel in plane, slice by slice."""
    rng = np.random.default_rng((abdomen.seed, seed))
    step = abdomen.spacing[1]
    slow = smooth_field(rng, abdomen.liver.shape, abdomen.spacing, 14)
    by_slice = smooth_field(rng, abdomen.liver.shape, (8.0, abdomen.spacing[1], abdomen.spacing[2]), 8)
    margin = rng.normal(0, 0.15)
    field = (0.35 * slow + 0.35 * by_slice + margin) * np.float32(step * voxels)
    return np.asarray(abdomen.distance + field > 0)
