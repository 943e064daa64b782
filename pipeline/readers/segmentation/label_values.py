"""Label map segmentations: a pixel is the number of its segment (DICOM PS3.3 C.8.20.2.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.readers.dicom.header import Header, integer_of
from pipeline.readers.label_boxes import find_boxes
from pipeline.readers.segmentation.frames import stack, trim
from pipeline.readers.segmentation.seg_header import SegmentHeader
from pipeline.readers.segmentation.seg_pixels import Planes
from pipeline.readers.segmentation.turn import Turned
from pipeline.volume import Mask

BACKGROUND = "DCM:125040"
UNDECLARED = 65_535
"""Stands for every value that no segment declares; one more than the most segments there can be."""


def is_background(head: SegmentHeader, header: Header) -> bool:
    """Tell whether a declared segment is what lies in no structure: by its code, or as PixelPaddingValue."""
    return BACKGROUND in head.codes or head.number == integer_of(header, "PixelPaddingValue")


def read_labels(
    header: Header, heads: Sequence[SegmentHeader], read: Planes, slices: NDArray[np.int64], grid: Turned, bits: int
) -> Iterator[tuple[SegmentHeader, Mask]]:
    """Yield every declared segment but the background, and its mask.

    PixelPaddingValue is background; where none is stated, an undeclared 0 is.

    Raises
    ------
    StudyRefused
        ``SEG_FRAMES`` when a pixel has a number that no segment declares, or two frames in one slice differ.
    """
    structures = [head for head in heads if not is_background(head, header)]
    table = _table_of(header, heads, structures, bits)
    block, offset = stack(range(len(slices)), slices, lambda frame: trim(table[read(frame)]))
    if block.size and int(block.max()) == UNDECLARED:
        raise StudyRefused(
            "SEG_FRAMES", "The segmentation has pixels with a number that none of its segments declares."
        )
    turned, start = grid.block(block, offset)
    boxes = dict(find_boxes(turned)) if block.size else {}
    for index, head in enumerate(structures, 1):
        box = boxes.get(index)
        if box is None:
            yield head, Mask(grid.canonical, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
            continue
        first = (start[0] + box[0].start, start[1] + box[1].start, start[2] + box[2].start)
        yield head, Mask(grid.canonical, first, np.ascontiguousarray(turned[box] == index))


def _table_of(
    header: Header, heads: Sequence[SegmentHeader], structures: Sequence[SegmentHeader], bits: int
) -> NDArray[np.uint16]:
    """Return for each pixel value the position of its structure, counted from 1; 0 for the background."""
    table = np.full(1 << bits, UNDECLARED, dtype=np.uint16)
    padding = integer_of(header, "PixelPaddingValue")
    background = {head.number for head in heads} - {head.number for head in structures}
    background |= {0 if padding is None else padding}
    for number in background:
        if 0 <= number < len(table):
            table[number] = 0
    for index, head in enumerate(structures, 1):
        if 0 <= head.number < len(table):
            table[head.number] = index
    return table
