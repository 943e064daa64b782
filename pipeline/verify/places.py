"""Slices of the image in which a mask can be seen."""

from __future__ import annotations

import numpy as np

from pipeline.verify.dicom_image import SourceImage
from pipeline.verify.grid import Floats
from pipeline.verify.solid import Solid

TOUCH = 0.01
Slices = frozenset[int | None]


def slice_of(image: SourceImage, solid: Solid, plane: int, point: Floats | None = None) -> Slices:
    """Return the image's slice of a plane of a mask: the plane itself, or the nearest by position."""
    if solid.grid is image.grid:
        return frozenset({plane if 0 <= plane < image.grid.shape[0] else None})
    if point is None:
        low, high = solid.box()
        middle = (low + high) / 2
        middle[0] = plane
        point = solid.grid.world(middle)[0]
    place = float(image.grid.index(point)[0, 0])
    near = {int(np.floor(place)), int(np.ceil(place))} if abs(place % 1 - 0.5) < 1e-6 else {int(np.rint(place))}
    return frozenset(n if 0 <= n < image.grid.shape[0] else None for n in near)


def largest_slice(image: SourceImage, solid: Solid) -> Slices:
    """Return the slice in which a mask has most voxels, the lowest of several."""
    low, high = solid.box()
    areas = solid.over(low, high).sum(axis=(1, 2))
    return slice_of(image, solid, int(low[0]) + int(areas.argmax()))


def at_border(image: SourceImage, solid: Solid) -> bool:
    """Tell whether a mask reaches into the outermost layer of the image, or beyond it."""
    if not solid.count:
        return False
    if solid.grid is image.grid:
        low, high = solid.box()
        return bool((low <= 0).any() or (high >= np.array(image.grid.shape) - 1).any())
    centres = image.grid.index(solid.grid.world(solid.indices))
    half = np.abs(solid.grid.steps @ np.linalg.inv(image.grid.steps)).sum(axis=0) / 2
    low, high = centres.min(axis=0) - half, centres.max(axis=0) + half
    inner = np.array(image.grid.shape) - 1.5
    return bool((low < 0.5 - TOUCH).any() or (high > inner + TOUCH).any())
