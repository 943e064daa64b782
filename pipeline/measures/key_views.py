"""Which slice of which lesion a picture shows, and how much of it. Reads and draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.lesion import Lesion, LesionStatus
from pipeline.structures import Role
from pipeline.study import Study
from pipeline.volume import Box, Geometry, Mask, Points

PICTURED = (LesionStatus.INTRAHEPATIC, LesionStatus.UNKNOWN, LesionStatus.EXTRAHEPATIC)


@dataclass(frozen=True)
class Margins:
    """What has to be in view around the lesion and around the whole liver, in mm; the scan's border ends both."""

    lesion_mm: float = 40.0
    liver_mm: float = 10.0


DEFAULT_MARGINS = Margins()


def find_views(
    study: Study, lesions: Sequence[Lesion], margins: Margins = DEFAULT_MARGINS
) -> tuple[tuple[Lesion, Box], ...]:
    """Return every lesion that has a picture, with the box of one slice of the image's grid that it shows."""
    livers = masks_of(study, Role.LIVER)
    shown = [lesion for lesion in lesions if lesion.status in PICTURED and not lesion.mask.is_empty]
    boxes = ((lesion, _find_box(study.image.geometry, lesion, livers, margins)) for lesion in shown)
    return tuple((lesion, box) for lesion, box in boxes if box is not None)


def masks_of(study: Study, role: Role) -> list[Mask]:
    """Return the masks of a role that hold something."""
    return [segment.mask for segment in study.segments_of(role) if not segment.mask.is_empty]


def _find_box(geometry: Geometry, lesion: Lesion, livers: Sequence[Mask], margins: Margins) -> Box | None:
    """Return the box of one slice with the whole liver and the margin around the lesion; None outside the image."""
    index = find_slice(geometry, _anchor(lesion))
    if index is None:
        return None
    extents = [_find_extent(geometry, lesion.mask, margins.lesion_mm)]
    extents += [_find_extent(geometry, liver, margins.liver_mm) for liver in livers]
    low = np.floor(np.min([extent[0] for extent in extents], axis=0))
    high = np.ceil(np.max([extent[1] for extent in extents], axis=0))
    rows, columns = (
        slice(max(0, int(low[axis])), min(geometry.shape[axis + 1], int(high[axis]) + 1)) for axis in (0, 1)
    )
    return slice(index, index + 1), rows, columns


def _anchor(lesion: Lesion) -> Points:
    """Return a point of the slice to show in LPS mm, shape (1, 3): the middle of the longest diameter if it has one."""
    longest = lesion.measurements.get("longest_diameter_mm")
    if longest is not None and longest.location is not None and longest.location.points_mm:
        ends = np.asarray(longest.location.points_mm, dtype=np.float64)
        return np.asarray(ends.mean(axis=0, keepdims=True), dtype=np.float64)
    widest = int(np.argmax(lesion.mask.voxels.sum(axis=(1, 2))))
    rows, columns = np.nonzero(lesion.mask.voxels[widest])
    return lesion.mask.geometry.to_world(np.array([[widest, rows.mean(), columns.mean()]]))


def find_slice(geometry: Geometry, point: Points) -> int | None:
    """Return the index of the slice nearest to a point in LPS mm, uneven slices too; None outside the image."""
    _, row, column = geometry.to_index(point)[0]
    if not (0 <= row <= geometry.shape[1] - 1 and 0 <= column <= geometry.shape[2] - 1):
        return None
    steps = np.arange(geometry.shape[0], dtype=np.float64)
    along = geometry.to_world(np.stack([steps, np.full_like(steps, row), np.full_like(steps, column)], axis=1))
    away_mm = np.linalg.norm(along - point, axis=1)
    nearest = int(np.argmin(away_mm))
    return nearest if away_mm[nearest] <= geometry.spacing_mm[0] else None


def _find_extent(geometry: Geometry, mask: Mask, margin_mm: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest row and column of a mask's box, grown by a margin; each of shape (2,)."""
    corners = mask.geometry.offset_in(geometry)[:, 1:]
    margin = margin_mm / geometry.spacing_mm[1:]
    return corners.min(axis=0) - margin, corners.max(axis=0) + margin
