"""DICOM Segmentation objects (BINARY): segments, codes and frames (DICOM PS3.3 A.51).

Frames are placed by position: they may come in any order, and empty ones are usually left out. Bits are unpacked with
numpy, only where a segment has voxels.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from pipeline.errors import StudyRefused
from pipeline.readers.dicom_header import UnreadableFile, integer_of, parse_dicom, text_of, transfer_syntax_of
from pipeline.readers.mask_object import MaskObject, OpenMask, RawSegment, clean_name
from pipeline.readers.seg_frames import FrameBits
from pipeline.readers.seg_grid import find_seg_grid
from pipeline.readers.seg_header import SegmentHeader, read_frames, read_segment_headers, reference_of
from pipeline.study import Finding
from pipeline.volume import Geometry, Mask, canonical_geometry

SEG_CLASS = "1.2.840.10008.5.1.4.1.1.66.4"
UNCOMPRESSED = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")


def open_dicom_seg(path: Path) -> OpenMask:
    """Read the header of a SEG and return how its voxels are read.

    Raises
    ------
    StudyRefused
        ``SEG_FRACTIONAL`` for segments of fractions, ``SEG_KIND`` for more bits than one, ``SEG_COMPRESSED`` for packed
        pixels, ``TRUNCATED`` when damaged.
    """
    try:
        content = path.read_bytes()
        header = parse_dicom(content, pixels=True)
    except OSError as error:
        raise StudyRefused("TRUNCATED", f"The segmentation cannot be read ({type(error).__name__}).") from None
    except UnreadableFile as error:
        raise StudyRefused(error.code, f"The segmentation is unusable: {error.message}.") from None
    _check_kind(header)
    name = clean_name(text_of(header, "SeriesDescription") or text_of(header, "ContentLabel") or "DICOM SEG")
    digest = hashlib.sha256(content).hexdigest()

    def read(hint: Geometry | None) -> MaskObject:
        segments, findings = read_segments(header, hint)
        return MaskObject(name, segments, ((path, digest),), findings=findings)

    return OpenMask(name, reference_of(header), read)


def _check_kind(header: Dataset) -> None:
    kind = text_of(header, "SegmentationType") or "missing"
    if kind == "FRACTIONAL":
        raise StudyRefused(
            "SEG_FRACTIONAL", "The segmentation is FRACTIONAL, which is not read yet; export it as BINARY."
        )
    if kind == "missing":
        raise StudyRefused("TRUNCATED", "The segmentation is cut off within its header, or states no SegmentationType.")
    if kind != "BINARY":
        raise StudyRefused("SEG_KIND", "The segmentation's type is not BINARY, which is the one that is read.")
    if integer_of(header, "BitsAllocated") not in (1, None):
        raise StudyRefused(
            "SEG_KIND", "The segmentation is called BINARY and has more than one bit a pixel; export it again."
        )
    if transfer_syntax_of(header) not in UNCOMPRESSED:
        raise StudyRefused("SEG_COMPRESSED", "The segmentation is stored compressed; store it uncompressed.")


def read_segments(header: Dataset, hint: Geometry | None = None) -> tuple[tuple[RawSegment, ...], tuple[Finding, ...]]:
    """Return every declared segment of a SEG on one grid, and what was odd; a segment without frames is empty.

    Parameters
    ----------
    header
        The whole object, pixels included.
    hint
        Grid of the image it was made on: its slices are taken where all frames lie in them.

    Raises
    ------
    StudyRefused
        When frames have no usable place, lie on no even stack, or do not fit the pixel data.
    """
    segments = read_segment_headers(header)
    numbers, planes = read_frames(header)
    shape = (integer_of(header, "Rows") or 0, integer_of(header, "Columns") or 0)
    if not len(numbers):
        return _empty_segments(segments, hint), ()
    unknown = set(numbers.tolist()) - {segment.number for segment in segments}
    if unknown:
        raise StudyRefused(
            "SEG_FRAMES", f"{len(unknown)} segment numbers of frames are not declared in the segmentation."
        )
    placed = find_seg_grid(planes, shape, hint)
    bits = FrameBits(_pixel_bytes(header), len(numbers), *shape)
    canonical, turn = canonical_geometry(placed.geometry)
    found = []
    for segment in segments:
        frames = np.flatnonzero(numbers == segment.number)
        block, offset = bits.collect(frames, placed.slices[frames])
        mask = _canonical_mask(block, offset, placed.geometry, canonical, turn.order, turn.flipped)
        found.append(_raw(segment, mask))
    return tuple(found), placed.findings


def _canonical_mask(
    block: NDArray[np.bool_],
    offset: tuple[int, int, int],
    grid: Geometry,
    canonical: Geometry,
    order: tuple[int, int, int],
    flipped: tuple[bool, bool, bool],
) -> Mask:
    """Return the mask of a block that starts at ``offset`` of the native grid, on the canonical grid."""
    turned = block.transpose(order)[tuple(slice(None, None, -1) if flip else slice(None) for flip in flipped)]
    start = [
        grid.shape[axis] - offset[axis] - block.shape[axis] if flip else offset[axis]
        for axis, flip in zip(order, flipped, strict=True)
    ]
    return Mask.from_array(canonical, turned, (start[0], start[1], start[2]))


def _raw(segment: SegmentHeader, mask: Mask) -> RawSegment:
    return RawSegment(segment.name, mask, segment.number, segment.codes, segment.tracking_id, segment.tracking_uid)


def _empty_segments(segments: list[SegmentHeader], hint: Geometry | None) -> tuple[RawSegment, ...]:
    if hint is None:
        raise StudyRefused("SEG_FRAMES", "The segmentation holds no frame: every segment is empty.")
    nothing = Mask(hint, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
    return tuple(_raw(segment, nothing) for segment in segments)


def _pixel_bytes(header: Dataset) -> bytes:
    data = getattr(header, "PixelData", None)
    if not isinstance(data, bytes):
        raise StudyRefused("TRUNCATED", "The segmentation holds no pixel data.")
    return data
