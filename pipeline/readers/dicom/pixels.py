"""Pixels of a DICOM series: Hounsfield units for CT, stored units for MR, decoded only where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.readers.dicom.decoding import FrameDecoder, Plane
from pipeline.readers.dicom.element_bytes import read_bytes
from pipeline.readers.dicom.enhanced import describe_frames, frame_count, is_multi_frame
from pipeline.readers.dicom.frame_places import FramePlaces, find_frames, frame_bytes_of
from pipeline.readers.dicom.header import Header, UnreadableFile, number_of, numbers_of, parse_bytes, text_of
from pipeline.readers.dicom.opening import open_header
from pipeline.readers.dicom.slice_header import plane_shape
from pipeline.study import ImageSeries
from pipeline.volume import Box, Geometry, Image, find_reorientation

HELD_HEADERS = 128
"""Headers that are kept: slices are asked for again by what is measured in them and by what is drawn of them."""


def read_dicom_pixels(image: ImageSeries, box: Box) -> Image:
    """Return the pixel values of a box of the image's grid.

    Only the frames of the box are decoded, and no more than the box is kept. RescaleSlope and RescaleIntercept are
    applied frame by frame for CT (DICOM PS3.3 C.11.1); MR keeps its stored values.

    Raises
    ------
    StudyRefused
        ``TRANSFER_SYNTAX`` when no decoder is there for the compression, ``TRUNCATED`` when pixels are damaged,
        ``LIMIT_PIXELS`` when they would unpack to more than their header states, ``HU_RANGE`` when the scale of their
        values is stated in no usable numbers.
    """
    slices = box[image.geometry.slice_axis]
    target: _Target | None = None
    for number, (header, plane) in enumerate(_planes(image, range(slices.start, slices.stop))):
        target = target or _Target(header, image.geometry, box)
        target.add(number, header, plane, image.modality == "CT")
    if target is None:
        raise ValueError("an empty box has no pixels")
    return Image(image.geometry.crop(box), box, target.canonical())


def _planes(image: ImageSeries, numbers: range) -> Iterator[tuple[Header, Plane]]:
    """Yield what describes each slice, and its stored values; each file is opened once for slices in a row."""
    frames = image.frames or (0,) * len(image.files)
    for path, group in groupby(numbers, key=lambda number: image.files[number]):
        try:
            yield from _planes_of(path, [frames[number] for number in group])
        except (UnreadableFile, OSError) as error:
            code = error.code if isinstance(error, UnreadableFile) else "TRUNCATED"
            reason = error.message if isinstance(error, UnreadableFile) else "it can no longer be opened"
            raise StudyRefused(code, f"An image could not be read when its pixels were needed: {reason}.") from None


def _planes_of(path: Path, frames: list[int]) -> Iterator[tuple[Header, Plane]]:
    """Yield some frames of a file: the attributes and the stored values of each."""
    state = path.stat()
    opened = _open(path, state.st_size, state.st_mtime_ns)
    with opened.places.open() as file:
        for frame in frames:
            pieces = []
            for at, length in opened.places.spans[frame]:
                file.seek(at)
                pieces.append(file.read(length))
            yield opened.frames[frame], opened.decoder.decode(b"".join(pieces))


@dataclass(frozen=True, eq=False)
class _OpenFile:
    """A file whose header was read: what describes each frame, where its bytes lie, and how they are decoded."""

    frames: Sequence[Header]
    places: FramePlaces
    decoder: FrameDecoder


@lru_cache(maxsize=HELD_HEADERS)
def _open(path: Path, size: int, changed: int) -> _OpenFile:
    """Read the header of a file; that of a multi-frame image is long, and asked for slice by slice.

    ``size`` and ``changed`` say which state of the file was read.
    """
    found = read_bytes(path)
    header = open_header(found)
    rows, columns = plane_shape(header)
    multi = is_multi_frame(header)
    count = frame_count(header, rows * columns) if multi else 1
    places = find_frames(path, found, header, frame_bytes_of(header, rows * columns), count)
    described = [*describe_frames(parse_bytes(found))] if multi else [header]
    return _OpenFile(described, places, FrameDecoder(header))


def _rescale(header: Header, keyword: str, absent: float) -> float:
    """Return a factor or offset of the Hounsfield scale; refuse one that is stated and is no usable number."""
    value = number_of(header, keyword)
    if (value is None and text_of(header, keyword)) or (value == 0 and keyword == "RescaleSlope"):
        raise StudyRefused("HU_RANGE", f"{keyword} of an image is no usable number: its values mean nothing.")
    return absent if value is None else value


class _Target:
    """The box that planes are put into: in the order of the files' rows and columns, then made canonical."""

    def __init__(self, header: Header, geometry: Geometry, box: Box) -> None:
        orientation = np.array(numbers_of(header, "ImageOrientationPatient", 6))
        rows_mm, columns_mm = numbers_of(header, "PixelSpacing", 2)
        affine = np.eye(4)
        affine[:3, 0] = geometry.axes[geometry.slice_axis]
        affine[:3, 1], affine[:3, 2] = orientation[3:] * rows_mm, orientation[:3] * columns_mm
        self._turn = find_reorientation(Geometry((2, 2, 2), affine, 0))
        spans = [slice(0, 0)] * 3
        for part, axis, flip, size in zip(box, self._turn.order, self._turn.flipped, geometry.shape, strict=True):
            backwards = flip and axis != 0
            spans[axis] = slice(size - part.stop, size - part.start) if backwards else slice(part.start, part.stop)
        self._crop = spans[1], spans[2]
        shape = [part.stop - part.start for part in spans]
        self._voxels = np.empty(shape, dtype=np.float32)

    def add(self, number: int, header: Header, plane: Plane, calibrated: bool) -> None:
        """Put the wanted part of a plane in its place, in Hounsfield units when calibrated."""
        part = self._voxels[number]
        part[...] = plane[self._crop]
        if calibrated:
            part *= np.float32(_rescale(header, "RescaleSlope", 1))
            part += np.float32(_rescale(header, "RescaleIntercept", 0))

    def canonical(self) -> NDArray[np.float32]:
        """Return the box in canonical orientation; its slices are in canonical order already."""
        turned = self._voxels.transpose(self._turn.order)
        flips = [
            slice(None, None, -1) if flip and axis != 0 else slice(None)
            for axis, flip in zip(self._turn.order, self._turn.flipped, strict=True)
        ]
        return np.ascontiguousarray(turned[tuple(flips)])
