"""The part of the image that a mask is compared with: read once, looked up at points in patient millimetres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.forensics.interpolation import interpolate
from pipeline.study import ImageSeries
from pipeline.volume import Box, Geometry, Image, Index3, Points

Values = NDArray[np.float64]
Pixels = NDArray[np.float32] | NDArray[np.int16]
Read = Callable[[Box], Image]

SLICE_STEP_MM = 2.5
"""Thin slices are looked at this far apart: edges of a liver are found as well, at a part of the reading."""


@dataclass(frozen=True, eq=False)
class View:
    """Pixels of some slices of an image.

    Parameters
    ----------
    geometry
        Grid of the whole image.
    start
        Index in that grid of the first voxel of ``pixels``.
    stride
        Steps of the grid between the voxels of ``pixels`` along each axis.
    """

    geometry: Geometry
    start: Index3
    stride: Index3
    pixels: Pixels

    def look_up(self, points_mm: Points) -> Values:
        """Return the values at points in LPS mm, between voxels by linear interpolation; NaN outside."""
        index = (self.geometry.to_index(points_mm) - np.array(self.start)) / np.array(self.stride)
        values = interpolate(self.pixels, index)
        outside = ((index < -0.5) | (index > np.array(self.pixels.shape) - 0.5)).any(axis=1)
        values[outside] = np.nan
        return np.asarray(values, dtype=np.float64)


def share_above(pixels: Pixels, least: float, axis: int) -> Values:
    """Return the share of pixels above a value in every plane of an axis, 0 to 1."""
    above = np.moveaxis(pixels > least, axis, -1).view(np.uint8)
    counts = np.add.reduce(np.add.reduce(above, axis=0, dtype=np.uint32), axis=0)
    return np.asarray(counts / (above.shape[0] * above.shape[1]), dtype=np.float64)


def read_view(image: ImageSeries, read: Read, low_mm: Points, high_mm: Points | None = None) -> View | None:
    """Return the slices that hold the points of a box, whole in plane; None when none of them lies in the image.

    Parameters
    ----------
    low_mm
        Points in LPS mm that have to be in view, shape (n, 3).
    """
    geometry = image.geometry
    index = geometry.to_index(low_mm if high_mm is None else np.concatenate([low_mm, high_mm]))[:, geometry.slice_axis]
    first = max(0, int(np.floor(index.min())))
    last = min(geometry.shape[geometry.slice_axis] - 1, int(np.ceil(index.max())))
    if first > last:
        return None
    spacing = float(geometry.spacing_mm[geometry.slice_axis])
    stride = max(1, int(SLICE_STEP_MM / spacing + 1e-6))
    wanted = range(first, last + 1, stride)
    pixels = _read_slices(image, read, wanted)
    start, strides = [0, 0, 0], [1, 1, 1]
    start[geometry.slice_axis], strides[geometry.slice_axis] = first, stride
    return View(geometry, (start[0], start[1], start[2]), (strides[0], strides[1], strides[2]), pixels)


def _read_slices(image: ImageSeries, read: Read, wanted: range) -> Pixels:
    """Return slices as one array: one by one where each is its own file, else all that lie between at once.

    Whole numbers, as Hounsfield units mostly are, take half the room.
    """
    axis = image.geometry.slice_axis
    if not image.sop_instance_uids:
        whole = read(_box_of(image.geometry, wanted.start, wanted[-1] + 1)).voxels
        picked: list[slice] = [slice(None)] * 3
        picked[axis] = slice(None, None, wanted.step)
        return whole[tuple(picked)]
    shape = [len(wanted) if i == axis else size for i, size in enumerate(image.geometry.shape)]
    pixels: Pixels = np.empty(shape, dtype=np.int16)
    for place, number in enumerate(wanted):
        plane = read(_box_of(image.geometry, number, number + 1)).voxels
        target = np.moveaxis(pixels, axis, 0)[place]
        if pixels.dtype == np.int16 and not _put_whole(np.moveaxis(plane, axis, 0)[0], target):
            pixels = pixels.astype(np.float32)
        if pixels.dtype == np.float32:
            np.moveaxis(pixels, axis, 0)[place] = np.moveaxis(plane, axis, 0)[0]
    return pixels


def _put_whole(plane: NDArray[np.float32], target: NDArray[np.int16]) -> bool:
    """Put values where whole numbers of 16 bits are wanted, and tell whether they are such."""
    with np.errstate(invalid="ignore"):
        np.copyto(target, plane, casting="unsafe")
    return bool(np.array_equal(target, plane))


def _box_of(geometry: Geometry, first: int, stop: int) -> Box:
    """Return the box of whole slices."""
    parts = [slice(0, size) for size in geometry.shape]
    parts[geometry.slice_axis] = slice(first, stop)
    return parts[0], parts[1], parts[2]
