"""Where contours lie on an image's grid: which slice each belongs to, and its points in rows and columns.

A contour belongs to the slice whose plane it lies in; its place decides, never the order of the file or the images that
it names. Contours of any orientation are read that lie in planes of the grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry
from pipeline.readers.contours.rtstruct_header import Contour, plane_normal
from pipeline.readers.segmentation.grid import slice_origins

PLANE_TOLERANCE = 0.1
"""A contour lies in a slice when all of it is within a tenth of the slice spacing of the slice's plane (row M29)."""
ROUNDING_FRACTION, ROUNDING_MM = 0.01, 0.01
"""Within 1 % of the spacing, or 0.01 mm, a contour lies exactly in its slice."""
OUTSIDE_PIXELS = 0.5
"""How far beyond the outermost pixels a contour may run: it is cut there, as the scan is."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PlacedContours:
    """Contours on a grid.

    Parameters
    ----------
    axis
        The array axis of the slices.
    slices
        The slice of each contour.
    rings
        Column and row of each contour's points, in the order of the grid's axes other than ``axis``.
    off_mm, off_slices
        Largest distance of a point from the plane of its slice, in mm and in slice spacings.
    """

    axis: int
    slices: NDArray[np.int64]
    rings: tuple[Floats, ...]
    off_mm: float = 0.0
    off_slices: float = 0.0

    @property
    def is_beside(self) -> bool:
        """Tell whether a contour lies beside its slice by more than rounding."""
        return self.off_mm > ROUNDING_MM and self.off_slices > ROUNDING_FRACTION


def place_contours(contours: Sequence[Contour], grid: Geometry) -> PlacedContours:
    """Return closed contours on the slices of an image's grid.

    Raises
    ------
    StudyRefused
        ``RT_PLANE`` when a contour is not flat or lies in no slice, ``GRID_OTHER`` when it lies outside the image.
    """
    if not contours:
        return PlacedContours(grid.slice_axis, np.zeros(0, dtype=np.int64), ())
    axis = _find_axis(contours, grid)
    first, second = np.delete(grid.axes, axis, axis=0)
    normal = np.cross(first, second) / np.linalg.norm(np.cross(first, second))
    origins = plane_origins(grid, axis)
    points = np.concatenate([contour.points for contour in contours])
    starts = np.cumsum([0, *(len(contour.points) for contour in contours[:-1])])
    height = points @ normal
    low, high = np.minimum.reduceat(height, starts), np.maximum.reduceat(height, starts)
    spacing = abs(float(grid.axes[axis] @ normal))
    slices = _nearest((low + high) / 2, origins @ normal)
    planes = (origins @ normal)[slices]
    off = np.maximum(np.abs(low - planes), np.abs(high - planes))
    _check_planes(off, high - low, (low + high) / 2, origins @ normal, spacing)
    local = points - np.repeat(origins[slices], np.diff([*starts, len(points)]), axis=0)
    row, column = _in_plane(local, first, second)
    _check_inside(row, column, np.delete(grid.shape, axis))
    rings = np.split(np.stack([column, row], axis=1), starts[1:])
    return PlacedContours(axis, slices, tuple(rings), float(off.max()), float(off.max()) / spacing)


def _find_axis(contours: Sequence[Contour], grid: Geometry) -> int:
    """Return the array axis whose planes are nearest to that of the largest contour; uneven slices have but one."""
    if grid.slice_positions_mm is not None:
        return grid.slice_axis
    largest = max(contours, key=lambda contour: float(np.ptp(contour.points, axis=0).max()))
    normal = plane_normal(largest.points)
    across = [np.cross(*np.delete(grid.axes, axis, axis=0)) for axis in range(3)]
    cosines = [abs(float(each @ normal)) / float(np.linalg.norm(each)) for each in across]
    return int(np.argmax(cosines))


def plane_origins(grid: Geometry, axis: int) -> Floats:
    """Return LPS mm of index 0, 0 of every plane across an axis."""
    if axis == grid.slice_axis:
        return slice_origins(grid)
    return np.asarray(grid.affine[:3, 3] + np.arange(grid.shape[axis])[:, None] * grid.axes[axis])


def _nearest(wanted: Floats, heights: Floats) -> NDArray[np.int64]:
    """Return the number of the plane nearest to each height."""
    order = np.argsort(heights)
    middles = (heights[order][1:] + heights[order][:-1]) / 2
    return np.asarray(order[np.searchsorted(middles, wanted)], dtype=np.int64)


def _check_planes(off: Floats, depth: Floats, middle: Floats, heights: Floats, spacing: float) -> None:
    limit = PLANE_TOLERANCE * spacing
    outside = (middle < heights.min() - spacing / 2) | (middle > heights.max() + spacing / 2)
    if outside.any():
        raise StudyRefused(
            "GRID_OTHER",
            f"{np.count_nonzero(outside)} of {len(off)} contours lie above or below the image they are stored with; "
            "check which image they belong to.",
        )
    if (depth > 2 * limit).any():
        raise StudyRefused(
            "RT_PLANE",
            f"{np.count_nonzero(depth > 2 * limit)} of {len(off)} contours do not lie in one plane of the image: they "
            f"reach through {depth.max() / spacing:.1f} slices.",
        )
    if (off > limit).any():
        raise StudyRefused(
            "RT_PLANE",
            f"{np.count_nonzero(off > limit)} of {len(off)} contours lie up to {off.max() / spacing:.2f} slices beside "
            "the planes of the image; export the contours on the slices they were drawn on.",
        )


def _in_plane(local: Floats, first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return points in steps of two axes, from LPS mm; each point by itself, so that equal points stay equal."""
    inverse = np.linalg.pinv(np.stack([first, second], axis=1))
    x, y, z = local.T
    row, column = (line[0] * x + line[1] * y + line[2] * z for line in inverse)
    return row, column


def _check_inside(row: Floats, column: Floats, size: NDArray[np.int64]) -> None:
    beyond = max(
        float(-0.5 - min(row.min(), column.min())),
        float(row.max() - (size[0] - 0.5)),
        float(column.max() - (size[1] - 0.5)),
    )
    if beyond > OUTSIDE_PIXELS:
        raise StudyRefused(
            "GRID_OTHER",
            f"Contours reach up to {beyond:.0f} pixels beyond the image they are stored with; check which image they "
            "belong to.",
        )
