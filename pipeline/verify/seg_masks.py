"""Segments of a DICOM Segmentation (PS3.3 A.51), frame by frame with pydicom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.utils import iter_pixels

from pipeline.verify.grid import Floats, Grid, Ints, canonical
from pipeline.verify.problems import NotSupported
from pipeline.verify.solid import Solid, trimmed

Kind = TypeVar("Kind", bound=np.generic)
IN_SLICE = 0.1
"""A frame lies in a slice of the image when it is within a tenth of the slice spacing of it."""


@dataclass(frozen=True, eq=False)
class RawMask:
    """One structure of a mask file: what the file calls it, and its voxels in canonical orientation."""

    name: str
    number: int | None
    solid: Solid
    path: Path


@dataclass(frozen=True, eq=False)
class Frames:
    """Places and segment numbers of the frames of a segmentation; a label map's have no number."""

    positions: Floats
    row: Floats
    column: Floats
    spacing: tuple[float, float]
    numbers: tuple[int | None, ...]


def read_seg(path: Path, image: Grid) -> list[RawMask]:
    """Return every declared segment of a segmentation."""
    data = pydicom.dcmread(path)
    labels = {int(item.SegmentNumber): str(item.get("SegmentLabel", "")) for item in data.SegmentSequence}
    if not int(data.get("NumberOfFrames", 0) or 0):
        nothing = Solid(image, np.zeros(3, dtype=np.int64), np.zeros((0, 0, 0), dtype=bool))
        return [RawMask(name, number, nothing, path) for number, name in labels.items()]
    frames = _frames(data)
    grid, slices = _place(frames, (int(data.Rows), int(data.Columns)), image)
    collected = _collect(data, frames, slices, labels)
    return [RawMask(labels[number], number, _solid(found, data, grid), path) for number, found in collected]


def _frames(data: Dataset) -> Frames:
    shared = data.SharedFunctionalGroupsSequence[0] if "SharedFunctionalGroupsSequence" in data else Dataset()
    groups = data.PerFrameFunctionalGroupsSequence
    first = groups[0]

    def of(name: str, group: Dataset) -> Dataset:
        items: Sequence[Dataset] = (group if name in group else shared)[name].value
        return items[0]

    cosines = np.array(of("PlaneOrientationSequence", first).ImageOrientationPatient, dtype=float)
    spacing = of("PixelMeasuresSequence", first).PixelSpacing
    positions = [np.array(of("PlanePositionSequence", g).ImagePositionPatient, dtype=float) for g in groups]
    numbers = []
    for group in groups:
        name = "SegmentIdentificationSequence"
        known = name in group or name in shared
        numbers.append(int(of(name, group).ReferencedSegmentNumber) if known else None)
    return Frames(np.array(positions), cosines[:3], cosines[3:], (float(spacing[0]), float(spacing[1])), tuple(numbers))


def _place(frames: Frames, shape: tuple[int, int], image: Grid) -> tuple[Grid, Ints]:
    """Return the grid of the frames (slice, row, column) and the slice of each: the image's, or an even stack."""
    normal = np.cross(frames.row, frames.column)
    in_plane = [frames.column * frames.spacing[0], frames.row * frames.spacing[1]]
    count = image.shape[image.slice_axis]
    step = image.steps[image.slice_axis]
    origins = image.places if image.places is not None else image.origin + np.arange(count)[:, None] * step
    heights, wanted = origins @ normal, frames.positions @ normal
    slices = np.array([int(np.abs(heights - height).argmin()) for height in wanted])
    if np.abs(wanted - heights[slices]).max() <= IN_SLICE * abs(step @ normal) and _parallel(image, normal):
        offsets = frames.positions - origins[slices]
        offset = np.median(offsets - np.outer(offsets @ normal, normal), axis=0)
        places = None if image.places is None else origins + offset
        steps = np.array([step, *in_plane])
        return Grid((count, *shape), image.origin + offset, steps, 0, places, image.thickness), slices
    order = np.argsort(wanted)
    gaps = np.diff(wanted[order])
    gaps = gaps[gaps > 0.01]
    if not len(gaps):
        raise NotSupported("a segmentation has frames in one plane only, which is no slice of the image")
    first, last = frames.positions[order[0]], frames.positions[order[-1]]
    number = round(float((last - first) @ normal) / float(gaps.min()))
    step = (last - first) / number
    slices = np.rint(((frames.positions - first) @ normal) / float(step @ normal)).astype(int)
    return Grid((number + 1, *shape), first, np.array([step, *in_plane])), slices


def _parallel(image: Grid, normal: Floats) -> bool:
    planes = np.delete(image.steps, image.slice_axis, axis=0)
    return bool(np.abs(planes @ normal).max() <= 1e-3 * np.linalg.norm(planes, axis=1).max())


Found = dict[int, NDArray[np.integer]]


def _collect(data: Dataset, frames: Frames, slices: Ints, labels: dict[int, str]) -> list[tuple[int, Found]]:
    """Return the pixels of each segment by slice; frames in which nothing is set are left out."""
    found: dict[int, Found] = {number: {} for number in labels}
    for frame, number, place in zip(iter_pixels(data), frames.numbers, slices, strict=True):
        present = [number] if number is not None else [int(n) for n in np.unique(frame) if int(n) in labels]
        for each in present:
            part = frame if number is not None else (frame == each).astype(np.uint8)
            if part.any():
                before = found[each].get(int(place))
                found[each][int(place)] = part if before is None else np.maximum(before, part)
    return list(found.items())


def _solid(found: Found, data: Dataset, grid: Grid) -> Solid:
    """Return the voxels of one segment in canonical orientation; fractions from one half on, occupancies as shares."""
    turned, order, turns = canonical(grid)
    if not found:
        return Solid(turned, np.zeros(3, dtype=np.int64), np.zeros((0, 0, 0), dtype=bool))
    low, high = min(found), max(found)
    native = np.zeros((high - low + 1, *grid.shape[1:]), dtype=np.uint8)
    for place, part in found.items():
        native[place - low] = part
    full, kind = 1, str(data.get("SegmentationFractionalType", ""))
    if data.SegmentationType == "FRACTIONAL":
        full = int(data.MaximumFractionalValue)
    block, start = turn_block(native, np.array([low, 0, 0]), grid.shape, order, turns)
    voxels = block >= full / 2
    shares = block / full if data.SegmentationType == "FRACTIONAL" else None
    if not voxels.any():
        stated = Solid(turned, start, voxels, shares).volume_ml
        return replace(trimmed(Solid(turned, start, voxels)), stated_ml=stated)
    return trimmed(Solid(turned, start, voxels, shares if kind == "OCCUPANCY" else None))


def turn_block(
    block: NDArray[Kind], start: Ints, shape: tuple[int, ...], order: tuple[int, ...], turns: tuple[bool, ...]
) -> tuple[NDArray[Kind], Ints]:
    """Return a block of a native grid in canonical orientation, and the index of its first voxel there."""
    first = [
        shape[axis] - start[axis] - block.shape[axis] if turn else start[axis]
        for axis, turn in zip(order, turns, strict=True)
    ]
    view = block.transpose(order)[tuple(slice(None, None, -1 if turn else 1) for turn in turns)]
    return view, np.array(first, dtype=np.int64)
