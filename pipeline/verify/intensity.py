"""Statistics of the image's values in a lesion, from SimpleITK's pixels; quantiles by ordering."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pydicom

from pipeline.verify.dicom_image import SourceImage, read_pixels
from pipeline.verify.grid import Floats, Grid
from pipeline.verify.number import Number, absent
from pipeline.verify.solid import Solid

AIR_HU = -1024.0
NAMES = ("mean", "sd", "median", "min", "max", "p10", "p90")


def intensity_numbers(image: SourceImage, solid: Solid, modality: str, place: Number) -> dict[str, Number]:
    """Return the statistics of the pixels in a lesion by name: ``mean_hu`` of CT, ``mean_intensity`` of any other."""
    ending = "hu" if modality == "CT" else "intensity"
    values = _values(image, solid, modality)
    kept = np.sort(values[np.isfinite(values) & ((values > AIR_HU) | (modality != "CT"))])
    if not len(values) or 2 * len(kept) <= len(values):
        return {f"{name}_{ending}": absent("HU_RANGE" if len(values) else "NO_PIXEL") for name in NAMES}
    mean = math.fsum(kept) / len(kept)
    spread = math.sqrt(math.fsum((kept - mean) ** 2) / len(kept))
    found = (mean, spread, _quantile(kept, 0.5), kept[0], kept[-1], _quantile(kept, 0.1), _quantile(kept, 0.9))
    return {f"{name}_{ending}": Number(float(v)).at(place) for name, v in zip(NAMES, found, strict=True)}


def _quantile(ordered: Floats, share: float) -> float:
    """Return the value at a share of the way from the first to the last of ordered values, straight in between."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))


def _values(image: SourceImage, solid: Solid, modality: str) -> Floats:
    low, high = solid.box()
    if solid.grid is image.grid:
        low, high = np.maximum(low, 0), np.minimum(high, np.array(image.grid.shape) - 1)
        return _stored(image, read_pixels(image, low, high)[solid.over(low, high)], modality)
    every = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
    box = np.where(every, high + 0.5, low - 0.5)
    corners = image.grid.index(solid.grid.world(box))
    first = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
    last = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, np.array(image.grid.shape) - 1)
    if (last < first).any():
        return np.zeros(0)
    places = np.indices(last - first + 1).reshape(3, -1).T + first
    nearest = nearest_voxels(solid.grid, image.grid.world(places)) - solid.start
    fits = ((nearest >= 0) & (nearest < np.array(solid.voxels.shape))).all(axis=1)
    inside = np.zeros(len(places), dtype=bool)
    inside[fits] = solid.voxels[tuple(nearest[fits].T)]
    return _stored(image, read_pixels(image, first, last)[inside.reshape(last - first + 1)], modality)


def nearest_voxels(grid: Grid, points: Floats) -> np.ndarray:
    """Return the voxel that points lie nearest to: on uneven slices the nearest slice, then row and column in it."""
    if grid.places is None:
        return np.rint(grid.index(points)).astype(np.int64)
    normal = np.cross(*np.delete(grid.steps, grid.slice_axis, axis=0))
    heights, wanted = grid.places @ normal, points @ normal
    slices = np.array([int(np.abs(heights - each).argmin()) for each in wanted])
    index = np.rint(grid.index(points - grid.places[slices] + grid.origin)).astype(np.int64)
    gaps = np.abs(np.diff(heights))
    ends = sorted((heights[0], heights[-1]))
    beyond = (wanted < ends[0] - gaps.min() / 2) | (wanted > ends[1] + gaps.min() / 2)
    index[:, grid.slice_axis] = np.where(beyond, -1, slices)
    return np.asarray(index)


def _stored(image: SourceImage, values: Floats, modality: str) -> Floats:
    """Return values as the report has them: HU of CT; of MR what is stored, before any rescaling."""
    if modality == "CT" or not image.planes:
        return values
    slope, intercept = _rescaling(image.planes[0].path)
    return np.rint((values - intercept) / slope)


@cache
def _rescaling(path: Path) -> tuple[float, float]:
    header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["RescaleSlope", "RescaleIntercept"])
    return float(header.get("RescaleSlope", 1) or 1), float(header.get("RescaleIntercept", 0) or 0)
