"""Two ways to open a CT series and a SEG: SimpleITK with highdicom, and pydicom with numpy.

Both return every segment cropped to its own box, and read only the slices of the image that the lesions need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

IN_LIVER = ("lesion ", "liver segment ", "liver remnant")
ORGANS = ("stomach", "duodenum", "colon", "right kidney", "heart", "gallbladder")


@dataclass(frozen=True)
class Part:
    """The voxels of one segment in the box that holds them; ``start`` is the box's first slice, row and column."""

    start: tuple[int, int, int]
    voxels: NDArray[np.bool_]


@dataclass(frozen=True)
class Opened:
    """Segments by label, spacing (slice, row, column) in mm, what reads some slices, and slope and zero of their HU."""

    parts: dict[str, Part]
    spacing: NDArray[np.float64]
    read_slices: Callable[[int, int], NDArray[np.number]]
    rescale: tuple[float, float] = (1.0, 0.0)


def crop(voxels: NDArray[np.bool_] | NDArray[np.uint8], start: tuple[int, int, int]) -> Part:
    """Return the smallest box that holds what is not zero: slices first, then all slices at once."""
    slices = find_range(voxels.any(axis=(1, 2)))
    plane = voxels[slices].any(axis=0)
    box = (slices, find_range(plane.any(axis=1)), find_range(plane.any(axis=0)))
    low, row, column = (part.start + first for part, first in zip(box, start, strict=True))
    return Part((low, row, column), voxels[box])


def find_range(used: NDArray[np.bool_]) -> slice:
    """Return from the first to the last that is set."""
    found = np.flatnonzero(used)
    return slice(int(found[0]), int(found[-1]) + 1)


def open_with_simpleitk(study: Path) -> Opened:
    """Open with SimpleITK's series reader and highdicom.

    Tried: ``pixel_array`` of all frames (614 MB, 2.3 s beside 2 s of ``segread``), ``get_volume`` of all segments at
    once (5 GB), or one by one (twice as long). Fastest: one label map for each group of segments that do not overlap,
    cropped to the liver where it lies in the liver, and its boxes by ``find_objects``: ``cc3d.statistics``
    took 3 s more, lazy frames as long for the groups as they save before.
    """
    import highdicom as hd
    import SimpleITK as sitk

    files = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(study / "ct"))
    first = sitk.ImageFileReader()
    first.SetFileName(files[0])
    first.ReadImageInformation()
    seg = hd.seg.segread(study / "seg.dcm")
    labels = {int(each.SegmentNumber): str(each.SegmentLabel) for each in seg.SegmentSequence}
    parts: dict[str, Part] = {}
    limits: dict[str, int] = {}
    for group in _group(labels):
        volume = seg.get_volume(
            segment_numbers=group, combine_segments=True, dtype=np.uint8, as_indices=True,
            **(limits if labels[group[0]].startswith(IN_LIVER) else {}),
        )  # fmt: skip
        headward = volume.direction[2, 0] > 0
        array = volume.array if headward else volume.array[::-1]
        height = volume.map_indices_to_reference(np.array([[0 if headward else len(array) - 1, 0, 0]]))[0, 2]
        start = (
            round((height - first.GetOrigin()[2]) / volume.spacing[0]),
            *((limits["row_start"], limits["column_start"]) if array.shape[1:] != (seg.Rows, seg.Columns) else (0, 0)),
        )
        parts |= {labels[number]: part for number, part in _split(array, group, start)}
        if labels[group[0]] == "liver":
            row, column = parts["liver"].start[1:]
            height, width = parts["liver"].voxels.shape[1:]
            limits = {"row_start": row, "row_end": row + height, "column_start": column, "column_end": column + width}
        spacing = np.array(volume.spacing)

    def read_slices(start: int, stop: int) -> NDArray[np.number]:
        return sitk.GetArrayFromImage(sitk.ReadImage(files[start:stop]))

    return Opened(parts, spacing, read_slices)


def _group(labels: dict[int, str]) -> list[list[int]]:
    """Return the numbers of segments that do not overlap, together: lesions, Couinaud segments, organs."""
    groups: dict[str, list[int]] = {}
    for number, label in labels.items():
        kind = label.rsplit(" ", 1)[0] if label.startswith(("lesion ", "liver segment ")) else label
        groups.setdefault("organs" if label in ORGANS else kind, []).append(number)
    return list(groups.values())


def _split(array: NDArray[np.uint8], group: list[int], start: tuple[int, int, int]) -> Iterator[tuple[int, Part]]:
    """Yield the numbers and boxes of a label map."""
    from scipy.ndimage import find_objects

    whole = crop(array, start)
    if len(group) == 1:
        yield group[0], Part(whole.start, whole.voxels.astype(bool))
        return
    boxes = find_objects(whole.voxels)
    for number in group:
        box = boxes[number - 1]
        place = tuple(part.start + first for part, first in zip(box, whole.start, strict=True))
        yield number, Part((place[0], place[1], place[2]), whole.voxels[box] == number)


def open_with_pydicom(study: Path) -> Opened:
    """Open with pydicom, and take the bits of each segment's box out of the frames with numpy.

    Tried: ``pixel_array`` (614 MB), unpacking all rows (1.4 s of 0.5), reading headers one by one with all tags.
    """
    import pydicom

    tags = ["ImagePositionPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept"]
    heads = [
        (pydicom.dcmread(path, stop_before_pixels=True, specific_tags=tags), path) for path in (study / "ct").iterdir()
    ]
    heads.sort(key=lambda each: each[0].ImagePositionPatient[2])
    heights = [float(head.ImagePositionPatient[2]) for head, _ in heads]
    step = (heights[-1] - heights[0]) / (len(heights) - 1)
    spacing = np.array([step, *map(float, heads[0][0].PixelSpacing)])
    seg = pydicom.dcmread(study / "seg.dcm")
    rows, columns = seg.Rows, seg.Columns
    places: dict[int, dict[int, int]] = {}
    for number, frame in enumerate(seg.PerFrameFunctionalGroupsSequence):
        height = float(frame.PlanePositionSequence[0].ImagePositionPatient[2])
        segment = int(frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        places.setdefault(segment, {})[round((height - heights[0]) / step)] = number
    packed = np.frombuffer(seg.PixelData, np.uint8)[: int(seg.NumberOfFrames) * rows * columns // 8]
    packed = packed.reshape(-1, rows, columns // 8)
    labels = {int(each.SegmentNumber): str(each.SegmentLabel) for each in seg.SegmentSequence}
    parts = {labels[segment]: _unpack(packed, slices) for segment, slices in places.items()}

    def read_slices(start: int, stop: int) -> NDArray[np.number]:
        return np.stack([pydicom.dcmread(path).pixel_array for _, path in heads[start:stop]])

    return Opened(parts, spacing, read_slices, (float(heads[0][0].RescaleSlope), float(heads[0][0].RescaleIntercept)))


def _unpack(packed: NDArray[np.uint8], slices: dict[int, int]) -> Part:
    """Return a segment from its frames: the box is found in the bytes, and only it is unpacked."""
    first, last = min(slices), max(slices)
    frames = packed[[slices[n] for n in sorted(slices)]]
    plane = frames.any(axis=0)
    row, column = find_range(plane.any(axis=1)), find_range(plane.any(axis=0))
    voxels = np.zeros((last - first + 1, row.stop - row.start, 8 * (column.stop - column.start)), dtype=bool)
    voxels[np.array(sorted(slices)) - first] = np.unpackbits(frames[:, row, column], axis=-1, bitorder="little")
    return crop(voxels, (first, row.start, 8 * column.start))
