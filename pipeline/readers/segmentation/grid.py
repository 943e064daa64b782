"""The grid of a segmentation's frames: the image's slices where all frames lie in them, else an even stack."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry
from pipeline.study import Finding, Severity

COSINE_TOLERANCE = 1e-3
PLANE_TOLERANCE = 0.1
"""A frame lies in a slice of the image when it is within a tenth of the slice spacing of it (row M08)."""
MAX_SLICES = 100_000
SPACING_FRACTION, SPACING_MM = 0.01, 0.01
"""SpacingBetweenSlices within 1 % and 0.01 mm of what the positions say agrees with them."""
UNEVEN_FRACTION = 0.1
"""The same for an image of unevenly spaced slices."""
ROOM_FRACTION = 0.01
"""Rounding allowed when empty slices are counted that fit between a mask and the ends of its image."""

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


@dataclass(frozen=True, eq=False)
class SegGrid:
    """The grid (slice, row, column) that holds all frames, the slice of each frame, and what was odd about them."""

    geometry: Geometry
    slices: NDArray[np.int64]
    findings: tuple[Finding, ...] = ()


def find_seg_grid(planes: FramePlanes, shape: tuple[int, int], hint: Geometry | None) -> SegGrid:
    """Return the grid of a segmentation's frames.

    Raises
    ------
    StudyRefused
        When frames differ in orientation or spacing, or their planes make no even stack.
    """
    _check_alike(planes)
    if hint is not None:
        found = _on_image_slices(planes, shape, hint)
        if found is not None:
            agrees = _declares_spacing_of(planes, hint)
            apart = int(np.diff(np.unique(found[1])).min(initial=len(slice_origins(hint)))) > 1
            if agrees or not apart or planes.declared_spacing_mm is None:
                return SegGrid(*found, tuple(_describe_spacing(planes, found[1], agrees, apart)))
    grid, slices = _on_even_stack(planes, shape)
    before, after = (0, 0) if hint is None else _room_in_image(grid, planes, hint)
    count = grid.shape[0] + before + after
    affine = _affine(planes, grid.axes[0], grid.affine[:3, 3] - before * grid.axes[0])
    return SegGrid(Geometry((count, *shape), affine, 0), slices + before)


def _room_in_image(grid: Geometry, planes: FramePlanes, hint: Geometry) -> tuple[int, int]:
    """Return how many further slices of an even stack lie in the image below and above it: its empty frames.

    A slice lies in it when its plane is between the image's outermost planes or its whole slab within their slabs: a
    structure on the last slice that was scanned stays at the border.
    """
    in_plane = np.delete(hint.axes, hint.slice_axis, axis=0)
    if np.abs(in_plane @ planes.normal).max() > COSINE_TOLERANCE * np.linalg.norm(in_plane, axis=1).max():
        return 0, 0
    heights, step = slice_origins(hint) @ planes.normal, float(grid.axes[0] @ planes.normal)
    slab = abs(float(hint.axes[hint.slice_axis] @ planes.normal))
    margin = max(0.0, slab - step) / 2 + ROOM_FRACTION * step
    first = float(grid.affine[:3, 3] @ planes.normal)
    last = first + step * (grid.shape[0] - 1)
    if last < heights.min() or first > heights.max():
        return 0, 0
    below, above = (first - heights.min() + margin) / step, (heights.max() + margin - last) / step
    return min(max(int(below), 0), MAX_SLICES), min(max(int(above), 0), MAX_SLICES)


def _declares_spacing_of(planes: FramePlanes, hint: Geometry) -> bool:
    """Tell whether SpacingBetweenSlices is the image's: along the normal, or along a tilted stack."""
    declared, step = planes.declared_spacing_mm, hint.axes[hint.slice_axis]
    if declared is None:
        return False
    fraction = SPACING_FRACTION if hint.slice_positions_mm is None else UNEVEN_FRACTION
    spacings = (abs(float(step @ planes.normal)), float(np.linalg.norm(step)))
    return any(abs(declared - spacing) <= fraction * spacing + SPACING_MM for spacing in spacings)


def _describe_spacing(planes: FramePlanes, slices: NDArray[np.int64], agrees: bool, apart: bool) -> list[Finding]:
    """Flag frames on the image's slices whose declared spacing they contradict, or that skip slices undeclared."""
    if agrees:
        return []
    severity = Severity.WARNING
    if planes.declared_spacing_mm is not None:
        severity = Severity.INFO
        message = (
            f"The segmentation declares slices {planes.declared_spacing_mm:g} mm apart; its frames lie in neighbouring "
            "slices of the image, which have another distance: the positions were used."
        )
    elif apart and len(np.unique(slices)) > 2:
        message = (
            "The frames of the segmentation never lie in neighbouring slices of the image, and their spacing is not "
            "declared: slices in between were taken as empty, so that volumes may be too small."
        )
    else:
        return []
    return [Finding("SEG_SPACING", severity, message)]


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
    origins = slice_origins(hint)
    heights = origins @ planes.normal
    wanted = planes.positions @ planes.normal
    places, each = np.unique(wanted, return_inverse=True)
    slices = np.abs(places[:, None] - heights[None]).argmin(axis=1)[each]
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


def slice_origins(grid: Geometry) -> Floats:
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
            "SEG_SPACING",
            "The segmentation has frames in one plane only, which lies in no slice of the image or declares another "
            "slice spacing than the image has.",
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
            "SEG_SPACING",
            "The planes of the segmentation are neither the slices of the image nor an even stack of the slice spacing "
            "that it declares.",
        )
    return Geometry((count + 1, *shape), _affine(planes, step, planes.positions[first]), 0), slices


def _affine(planes: FramePlanes, step: Floats, origin: Floats) -> Floats:
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 3] = step, origin
    affine[:3, 1], affine[:3, 2] = planes.steps
    return affine
