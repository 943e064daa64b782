"""DICOM Segmentation objects (DICOM PS3.3 A.51): segments, codes and frames of every kind of pixel.

Frames are placed by position: they may come in any order, and empty ones are usually left out. They are unpacked only
where something is set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Index3
from pipeline.readers.dicom.header import UnreadableFile, integer_of, text_of
from pipeline.readers.mask_object import MaskObject, OpenMask, RawSegment, clean_name
from pipeline.readers.segmentation.fractional import describe_fractions, read_fractions
from pipeline.readers.segmentation.frames import check_size
from pipeline.readers.segmentation.grid import SegGrid, find_seg_grid
from pipeline.readers.segmentation.kind import Meaning, SegKind, read_kind
from pipeline.readers.segmentation.label_values import is_background, read_labels
from pipeline.readers.segmentation.seg_file import SegFile, read_seg_file
from pipeline.readers.segmentation.seg_header import (
    SegmentHeader,
    read_numbers,
    read_planes,
    read_segment_headers,
    reference_of,
)
from pipeline.readers.segmentation.seg_pixels import check_syntax, open_bits, open_values
from pipeline.readers.segmentation.turn import Turned
from pipeline.study import Finding
from pipeline.volume import Geometry, Mask

SEG_CLASS, LABEL_MAP_CLASS = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"


def open_dicom_seg(path: Path) -> OpenMask:
    """Read the header of a SEG and return how its voxels are read.

    Raises
    ------
    StudyRefused
        ``SEG_FRACTIONAL`` for fractions of unknown meaning, ``SEG_KIND`` for pixels that are not read,
        ``SEG_COMPRESSED`` for a transfer syntax that is not, ``TRUNCATED`` when damaged.
    """
    try:
        content = _read_whole(path)
        file = read_seg_file(content)
    except OSError as error:
        raise StudyRefused("TRUNCATED", f"The segmentation cannot be read ({type(error).__name__}).") from None
    except UnreadableFile as error:
        raise StudyRefused(error.code, f"The segmentation is unusable: {error.message}.") from None
    kind = read_kind(file.header)
    check_syntax(file.syntax, kind.bits)
    header = file.header
    name = clean_name(text_of(header, "SeriesDescription") or text_of(header, "ContentLabel") or "DICOM SEG")
    hashed = _start_hash(content)

    def read(hint: Geometry | None) -> MaskObject:
        segments, findings = read_segments(file, kind, hint)
        return MaskObject(name, segments, ((path, hashed.result()),), findings=findings)

    return OpenMask(name, reference_of(file), read)


def _read_whole(path: Path) -> memoryview:
    """Return the bytes of a file in NumPy's memory, whose large pages are ready in a third of the time of ``bytes``."""
    return np.fromfile(path, dtype=np.uint8).data


def _start_hash(content: memoryview) -> Future[str]:
    """Return the SHA-256 of a file to come: it is computed while the image and the frames are read."""
    pool = ThreadPoolExecutor(1)
    started = pool.submit(lambda: hashlib.sha256(content).hexdigest())
    pool.shutdown(wait=False)
    return started


def read_segments(
    file: SegFile, kind: SegKind, hint: Geometry | None = None
) -> tuple[tuple[RawSegment, ...], tuple[Finding, ...]]:
    """Return every declared segment of a SEG on one grid, and what was odd; a segment without frames is empty.

    Parameters
    ----------
    hint
        Grid of the image it was made on: its slices are taken where all frames lie in them.

    Raises
    ------
    StudyRefused
        When frames have no usable place, lie on no even stack, or do not fit the pixel data.
    """
    heads = read_segment_headers(file.header)
    planes = read_planes(file)
    shape = (len(planes.positions), integer_of(file.header, "Rows") or 0, integer_of(file.header, "Columns") or 0)
    if not shape[0]:
        return _empty_segments([head for head in heads if not is_background(head, file.header)], hint), ()
    if file.pixels is None:
        raise StudyRefused("TRUNCATED", "The segmentation holds no pixel data.")
    check_size(len(file.pixels) * 8, 0, *shape[1:])
    placed = find_seg_grid(planes, shape[1:], hint)
    masks = _masks_of(file, file.pixels, kind, heads, placed, shape)
    found = tuple(_raw(head, mask) for head, mask in masks)
    return found, (*placed.findings, *describe_fractions(kind, found))


def _masks_of(
    file: SegFile,
    pixels: bytes | memoryview,
    kind: SegKind,
    heads: Sequence[SegmentHeader],
    placed: SegGrid,
    shape: Index3,
) -> Iterator[tuple[SegmentHeader, Mask]]:
    grid = Turned(placed.geometry)
    if kind.meaning is Meaning.LABELMAP:
        read = open_values(pixels, file.pixels_kind, file.syntax, shape, kind.bits)
        return read_labels(file.header, heads, read, placed.slices, grid, kind.bits)
    numbers = read_numbers(file)
    unknown = set(numbers.tolist()) - {head.number for head in heads}
    if unknown:
        raise StudyRefused(
            "SEG_FRAMES", f"{len(unknown)} segment numbers of frames are not declared in the segmentation."
        )
    if kind.meaning is Meaning.BINARY:
        collect = open_bits(pixels, file.pixels_kind, file.syntax, shape)
        return _each(heads, numbers, lambda frames: grid.mask_of(*collect(frames, placed.slices[frames])))
    read = open_values(pixels, file.pixels_kind, file.syntax, shape, kind.bits)
    return _each(heads, numbers, lambda frames: read_fractions(frames, placed.slices, read, grid, kind))


def _each(
    heads: Sequence[SegmentHeader], numbers: NDArray[np.int64], mask_of: Callable[[NDArray[Any]], Mask]
) -> Iterator[tuple[SegmentHeader, Mask]]:
    return ((head, mask_of(np.flatnonzero(numbers == head.number))) for head in heads)


def _raw(segment: SegmentHeader, mask: Mask) -> RawSegment:
    return RawSegment(segment.name, mask, segment.number, segment.codes, segment.tracking_id, segment.tracking_uid)


def _empty_segments(segments: Sequence[SegmentHeader], hint: Geometry | None) -> tuple[RawSegment, ...]:
    if hint is None:
        raise StudyRefused("SEG_FRAMES", "The segmentation holds no frame: every segment is empty.")
    nothing = Mask(hint, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
    return tuple(_raw(segment, nothing) for segment in segments)
