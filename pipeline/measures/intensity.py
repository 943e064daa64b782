"""Values of the image's pixels in each lesion, on the image's own grid: nothing is resampled.

Each value is counted once: a lesion on the image's grid holds its own voxels, one that was drawn on another grid those
pixels whose centre's nearest voxel of its mask is set. Statistics are IBSI's (Zwanenburg 2020): the standard
deviation is the population's, percentiles lie linearly between ordered values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.lesion import Lesion, LesionStatus, StudyMeasurements
from pipeline.measurement import Measurement
from pipeline.measures.grids import intersect, same_grid, within_box
from pipeline.study import Finding, ImageSeries, Severity, Study
from pipeline.volume import Box, Geometry, Image, Mask, Points

Read: TypeAlias = Callable[[Box], Image]
Pixels: TypeAlias = NDArray[np.float32]

STATISTICS: Mapping[str, str] = {
    "mean": "mean",
    "sd": "standard deviation (population)",
    "median": "median",
    "min": "smallest value",
    "max": "largest value",
    "p10": "10th percentile",
    "p90": "90th percentile",
}
HOUNSFIELD = "[hnsf'U]"
AIR_FLOOR_HU = -1024.0
"""Lowest value of a 12-bit scale. What stands at it or below is padding outside the reconstruction, or cut off."""
LEAST_SHARE = 0.5
"""Share of a lesion's pixels that has to have a value."""
MOST_NAMED = 8
MOST_PIXELS = 1 << 22
"""Pixels that are read together, where each slice can be read by itself: bounds the memory."""


@dataclass(eq=False)
class Gathered:
    """The values found in one lesion so far.

    Parameters
    ----------
    box
        The pixels of the image that can lie in it; None when it lies outside the image.
    own
        Whether it was drawn on the image's grid.
    trouble
        Why its pixels could not be read, ``CODE: sentence``.
    """

    lesion: Lesion
    box: Box | None
    own: bool
    parts: list[Pixels] = field(default_factory=list)
    trouble: str | None = None


def name_statistics(modality: str) -> tuple[str, ...]:
    """Return the names of the statistics of an image: ``mean_hu`` of CT, ``mean_intensity`` of any other."""
    ending = "hu" if modality == "CT" else "intensity"
    return tuple(f"{name}_{ending}" for name in STATISTICS)


def measure_intensities(study: Study, measured: StudyMeasurements, read: Read) -> StudyMeasurements:
    """Return measurements with the values of the image in each lesion that is no speck.

    Pixels that hold no number, and those of CT at or below -1024 HU, are left out and counted (``HU_RANGE``); where
    half of a lesion's pixels or more are, or its pixels cannot be read, its statistics are null with that reason.

    Parameters
    ----------
    read
        Returns the image's values in a box of its grid; asked for slices that hold lesions alone.
    """
    image = study.image
    wanted = [lesion for lesion in measured.lesions if lesion.status is not LesionStatus.SPECK]
    gathered = [Gathered(each, *_find_box(each.mask, image.geometry)) for each in wanted]
    for box in _boxes_to_read(image, [each.box for each in gathered if each.box is not None]):
        _gather(gathered, box, read)
    doubtful = any(finding.code == "HU_RANGE" for finding in study.findings)
    described = [_describe(each, image.modality, doubtful) for each in gathered]
    lost = {lesion.id: left_out for lesion, left_out in described if left_out}
    by_id = {lesion.id: lesion for lesion, _ in described}
    lesions = tuple(by_id.get(lesion.id, lesion) for lesion in measured.lesions)
    return replace(measured, lesions=lesions, findings=(*measured.findings, *_say_lost(lost)))


def _find_box(mask: Mask, geometry: Geometry) -> tuple[Box | None, bool]:
    """Return the box of the image that a mask can have pixels in, and whether it was drawn on the image's grid."""
    if same_grid(mask.grid, geometry):
        return mask.box, True
    edges = np.array(list(product(*((part.start - 0.5, part.stop - 0.5) for part in mask.box))))
    corners = geometry.to_index(mask.grid.to_world(edges))
    low, high = np.floor(corners.min(axis=0)).astype(int) - 1, np.ceil(corners.max(axis=0)).astype(int) + 2
    near = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    a, b, c = (slice(0, size) for size in geometry.shape)
    return intersect((near[0], near[1], near[2]), (a, b, c)), False


def _boxes_to_read(image: ImageSeries, boxes: Sequence[Box]) -> Iterator[Box]:
    """Yield the boxes to read: a few slices at a time, only those that hold something.

    A volume file is read from its beginning each time, so all of its pixels are read at once.
    """
    axis = image.geometry.slice_axis
    if not image.sop_instance_uids:
        if boxes:
            yield _around(boxes)
        return
    used = np.zeros(image.geometry.shape[axis] + 1, dtype=np.bool_)
    for box in boxes:
        used[box[axis]] = True
    edges = np.flatnonzero(np.diff(used, prepend=False)).tolist()
    for first, stop in zip(edges[::2], edges[1::2], strict=True):
        run = _around([box for box in boxes if box[axis].start < stop and first < box[axis].stop])
        plane = int(np.prod([part.stop - part.start for n, part in enumerate(run) if n != axis]))
        most = max(1, MOST_PIXELS // plane)
        for start in range(first, stop, most):
            yield _with_span(run, axis, slice(start, min(start + most, stop)))


def _around(boxes: Sequence[Box]) -> Box:
    """Return the smallest box that holds others."""
    a, b, c = (slice(min(box[n].start for box in boxes), max(box[n].stop for box in boxes)) for n in range(3))
    return a, b, c


def _with_span(box: Box, axis: int, span: slice) -> Box:
    """Return a box with another span along one axis."""
    a, b, c = (span if n == axis else part for n, part in enumerate(box))
    return a, b, c


def _gather(gathered: Iterable[Gathered], box: Box, read: Read) -> None:
    """Read a box and put its values to the lesions that they lie in."""
    near = ((each, intersect(each.box, box)) for each in gathered if each.box is not None)
    held = [(each, shared) for each, shared in near if shared is not None]
    try:
        image = read(box)
    except StudyRefused as refusal:
        for each, _ in held:
            each.trouble = f"{refusal.code}: {refusal.message.rstrip('.')}"
        return
    for each, shared in held:
        inside = each.lesion.mask.within(shared) if each.own else _look_up(each.lesion.mask, image, shared)
        each.parts.append(image.voxels[within_box(shared, box)][inside])


def _look_up(mask: Mask, image: Image, box: Box) -> NDArray[np.bool_]:
    """Return in which pixels of a box a mask of another grid lies: those whose centre's nearest voxel is set."""
    start = np.array([part.start - whole.start for part, whole in zip(box, image.box, strict=True)])
    count, *plane = (part.stop - part.start for part in box)
    places = np.indices((1, *plane)).reshape(3, -1).T + start
    slices = (image.geometry.to_world(places + np.array([number, 0, 0])) for number in range(count))
    found = [mask.are_set(find_nearest_voxels(mask.grid, centres)) for centres in slices]
    return np.stack(found).reshape(count, *plane)


def find_nearest_voxels(grid: Geometry, points: Points) -> NDArray[np.int64]:
    """Return the indices of the voxels nearest to points in LPS mm along the grid's axes, shape (n, 3).

    Where slices are uneven: first the nearest slice, at right angles to them, then the row and column in it.
    """
    positions = grid.slice_positions_mm
    if positions is None:
        return np.rint(grid.to_index(points)).astype(np.int64)
    axis = grid.slice_axis
    first, second = np.delete(grid.axes, axis, axis=0)
    normal = np.cross(first, second)
    order = np.argsort(positions @ normal)
    heights = (positions @ normal)[order]
    slices = order[np.searchsorted((heights[1:] + heights[:-1]) / 2, points @ normal)]
    index = np.rint(grid.to_index(points - positions[slices] + grid.affine[:3, 3])).astype(np.int64)
    ends = np.array([heights[0] - (heights[1] - heights[0]) / 2, heights[-1] + (heights[-1] - heights[-2]) / 2])
    outside = (points @ normal < ends[0]) | (points @ normal > ends[1])
    index[:, axis] = np.where(outside, -1, slices)
    return index


def _describe(each: Gathered, modality: str, doubtful: bool) -> tuple[Lesion, int]:
    """Return a lesion with its statistics, and how many of its pixels were left out."""
    values = np.concatenate([*each.parts, np.zeros(0, dtype=np.float32)])
    is_value = np.isfinite(values) & ((values > AIR_FLOOR_HU) | (modality != "CT"))
    kept = values[is_value].astype(np.float64)
    left_out = values.size - kept.size
    reason = each.trouble or _why_none(values.size, kept.size)
    numbers = _compute(kept) if reason is None else (None,) * len(STATISTICS)
    volume = each.lesion.measurements["volume_ml"]
    codes = {"GRID_OTHER": not each.own, "HU_RANGE": doubtful or left_out > 0}
    flags = tuple(dict.fromkeys((*volume.flags, *(code for code, holds in codes.items() if holds))))
    pixels = f"of {kept.size} pixels" + (f", {left_out} left out" if left_out else "")
    found = {
        name: Measurement(
            name,
            number,
            HOUNSFIELD if modality == "CT" else "1",
            reason=reason,
            method=f"{words} {pixels}",
            masks=volume.masks,
            location=volume.location,
            flags=flags,
        )
        for name, number, words in zip(name_statistics(modality), numbers, STATISTICS.values(), strict=True)
    }
    return replace(each.lesion, measurements={**each.lesion.measurements, **found}), left_out


def _compute(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the statistics of values in their order."""
    low, middle, high = np.percentile(values, (10, 50, 90))
    found = (values.mean(), values.std(), middle, values.min(), values.max(), low, high)
    return tuple(float(value) for value in found)


def _why_none(count: int, kept: int) -> str | None:
    """Return why there are no statistics of so many pixels of which so many hold values; None when there are."""
    if count == 0:
        return "NO_PIXEL: no pixel of the image has its centre in the lesion's mask"
    if kept <= LEAST_SHARE * count:
        return f"HU_RANGE: {count - kept} of {count} pixels of the lesion hold no value of tissue"
    return None


def _say_lost(lost: Mapping[str, int]) -> tuple[Finding, ...]:
    """Return the finding on pixels that were left out, if any were."""
    if not lost:
        return ()
    ids = [f"{name} ({count})" for name, count in lost.items()]
    names = ", ".join(ids[:MOST_NAMED]) + (f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else "")
    message = (
        f"Pixels in lesions hold no value of tissue (at or below {AIR_FLOOR_HU:g} HU in CT, or no number): {names}. "
        "They are padding, or the mask reaches out of what was reconstructed; statistics of the pixels leave them out."
    )
    return (Finding("HU_RANGE", Severity.WARNING, message),)
