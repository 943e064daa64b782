"""Slices of the image in which a mask can be seen."""

from __future__ import annotations

from collections.abc import Iterable

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
    return bool(any(cut_faces(image, solid)))


def cut_faces(image: SourceImage, solid: Solid) -> tuple[bool, ...]:
    """Tell of the first face of each axis of the image, then of the last ones, whether a mask reaches it."""
    if not solid.count:
        return (False,) * 6
    inner = np.array(image.grid.shape) - 1.5
    if solid.grid is image.grid:
        first, last = solid.box()
        found = [*(first < 0.5), *(last > inner)]
    else:
        low, high = _reach(image, solid, solid.grid.world(solid.indices))
        found = [*(low < 0.5 - TOUCH), *(high > inner + TOUCH)]
    return tuple(bool(each) for each in found)


def unseen_mm(image: SourceImage, lesion: Solid, others: Iterable[Solid]) -> float:
    """Return how near to a lesion what the border cuts off of some structures may be: the nearest face that does."""
    faces = [cut_faces(image, solid) for solid in others]
    cut = [any(face[n] for face in faces) for n in range(6)]
    first, last = lesion.box()
    low, high = first - 0.5, last + 0.5
    if lesion.grid is not image.grid:
        corners = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
        low, high = _reach(image, lesion, lesion.grid.world(np.where(corners, last, first)))
    gaps = []
    for place, border in ((low, np.full(3, -0.5)), (high, np.array(image.grid.shape) - 0.5)):
        for axis in range(3):
            normal = np.cross(*np.delete(image.grid.steps, axis, axis=0))
            ends = np.zeros((2, 3))
            ends[:, axis] = place[axis], border[axis]
            inward = 1 if border[axis] < 0 else -1
            rise = float(np.subtract(*image.grid.world(ends)) @ normal / np.linalg.norm(normal))
            gaps.append(max(rise * inward * float(np.sign(image.grid.steps[axis] @ normal)), 0.0))
    return min((gap for gap, is_cut in zip(gaps, cut, strict=True) if is_cut), default=float("inf"))


def _reach(image: SourceImage, solid: Solid, centres: Floats) -> tuple[Floats, Floats]:
    """Return how far voxels of another grid reach at some centres, in indices of the image."""
    places = image.grid.index(centres)
    half = np.abs(solid.grid.steps @ np.linalg.inv(image.grid.steps)).sum(axis=0) / 2
    return places.min(axis=0) - half, places.max(axis=0) + half
