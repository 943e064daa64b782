"""The grid of a segmentation's frames: the image's slices where all frames lie in them, else an even stack."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry

COSINE_TOLERANCE = 1e-3
PLANE_TOLERANCE = 0.1
"""A frame lies in a slice of the image when it is within a tenth of the slice spacing of it (row M08)."""
MAX_SLICES = 100_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FramePlanes:
    """Planes of frames: position (n, 3), orientation (n, 6) and pixel spacing (n, 2) as DICOM gives them.

    ``declared_spacing_mm`` is SpacingBetweenSlices, if any.
    """

    positions: Floats
    orientations: Floats
    spacings: Floats
    declared_spacing_mm: float | None = None

    @property
    def steps(self) -> tuple[Floats, Floats]:
        """Step of one row and of one column in LPS mm."""
        return self.orientations[0, 3:] * self.spacings[0, 0], self.orientations[0, :3] * self.spacings[0, 1]

    @property
    def normal(self) -> Floats:
        """Unit normal of the planes."""
        normal = np.cross(self.orientations[0, :3], self.orientations[0, 3:])
        return np.asarray(normal / np.linalg.norm(normal))


def find_seg_grid(
    planes: FramePlanes, shape: tuple[int, int], hint: Geometry | None
) -> tuple[Geometry, NDArray[np.int64]]:
    """Return the grid (slice, row, column) that holds all frames, and the slice of each frame.

    Raises
    ------
    StudyRefused
        When frames differ in orientation or spacing, or their planes make no even stack.
    """
    _check_alike(planes)
    if hint is not None:
        found = _on_image_slices(planes, shape, hint)
        if found is not None:
            return found
    return _on_even_stack(planes, shape)


def _check_alike(planes: FramePlanes) -> None:
    if np.abs(planes.orientations - planes.orientations[0]).max() > COSINE_TOLERANCE:
        raise StudyRefused("GEOM_ORIENT", "The frames of the segmentation do not all have one orientation.")
    row, column = planes.orientations[0, :3], planes.orientations[0, 3:]
    lengths = np.array([np.linalg.norm(row), np.linalg.norm(column)])
    if np.abs(lengths - 1).max() > COSINE_TOLERANCE or abs(row @ column) > COSINE_TOLERANCE:
        raise StudyRefused(
            "GEOM_ORIENT", "The orientation of the segmentation is not two unit vectors at right angles."
        )
    low, high = planes.spacings.min(), planes.spacings.max()
    if low < 1e-3 or high > 100 or not np.allclose(planes.spacings, planes.spacings[0], rtol=1e-4, atol=0):
        raise StudyRefused("PIXEL_SPACING", "The pixel spacing of the segmentation's frames cannot be or varies.")


def _on_image_slices(
    planes: FramePlanes, shape: tuple[int, int], hint: Geometry
) -> tuple[Geometry, NDArray[np.int64]] | None:
    """Return the grid made of the image's slices, or None when a frame lies in none of them."""
    count = hint.shape[hint.slice_axis]
    step = hint.axes[hint.slice_axis]
    along = float(step @ planes.normal)
    in_plane = np.delete(hint.axes, hint.slice_axis, axis=0)
    if np.abs(in_plane @ planes.normal).max() > COSINE_TOLERANCE * np.linalg.norm(in_plane, axis=1).max():
        return None
    origins = _slice_origins(hint)
    heights = origins @ planes.normal
    wanted = planes.positions @ planes.normal
    slices = np.abs(wanted[:, None] - heights[None]).argmin(axis=1)
    if np.abs(wanted - heights[slices]).max() > PLANE_TOLERANCE * abs(along):
        return None
    offsets = planes.positions - origins[slices]
    offsets = offsets - (offsets @ planes.normal)[:, None] * planes.normal
    offset = np.median(offsets, axis=0)
    if np.abs(offsets - offset).max() > PLANE_TOLERANCE * planes.spacings[0].min():
        return None
    affine = _affine(planes, step, hint.affine[:3, 3] + offset)
    positions = None if hint.slice_positions_mm is None else origins + offset
    return Geometry((count, *shape), affine, 0, positions, hint.slice_thickness_mm), slices


def _slice_origins(grid: Geometry) -> Floats:
    """Return LPS mm of index 0, 0 of every slice."""
    if grid.slice_positions_mm is not None:
        return grid.slice_positions_mm
    count = grid.shape[grid.slice_axis]
    return np.asarray(grid.affine[:3, 3] + np.arange(count)[:, None] * grid.axes[grid.slice_axis])


def _on_even_stack(planes: FramePlanes, shape: tuple[int, int]) -> tuple[Geometry, NDArray[np.int64]]:
    """Return the even stack that all frames lie in; left out empty frames leave whole gaps.

    The smallest gap is the spacing. When SpacingBetweenSlices says otherwise, nothing is guessed.
    """
    heights = planes.positions @ planes.normal
    order = np.argsort(heights, kind="stable")
    gaps = np.diff(heights[order])
    limit = max(0.01, 1e-4 * float(np.ptp(heights)))
    gaps = gaps[gaps > limit]
    if not len(gaps):
        raise StudyRefused(
            "SEG_SPACING", "The segmentation has voxels in one plane only, and not in a slice of the image."
        )
    spacing = float(gaps.min())
    first, last = order[0], order[-1]
    count = round(float(heights[last] - heights[first]) / spacing)
    step = (planes.positions[last] - planes.positions[first]) / count
    slices = np.rint((heights - heights[first]) / float(step @ planes.normal)).astype(np.int64)
    off = planes.positions - planes.positions[first] - slices[:, None] * step
    declared = planes.declared_spacing_mm
    agrees = declared is None or abs(declared - spacing) <= 0.01 * spacing + 0.01
    if np.linalg.norm(off, axis=1).max() > max(0.01, 0.01 * spacing) or not agrees or count > MAX_SLICES:
        raise StudyRefused(
            "SEG_SPACING", "The planes of the segmentation lie neither in the slices of the image nor in an even stack."
        )
    return Geometry((count + 1, *shape), _affine(planes, step, planes.positions[first]), 0), slices


def _affine(planes: FramePlanes, step: Floats, origin: Floats) -> Floats:
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 3] = step, origin
    affine[:3, 1], affine[:3, 2] = planes.steps
    return affine
