"""The functional groups that place a segmentation's frames (DICOM PS3.3 C.7.6.16), read from bytes or from pydicom.

Segmentations repeat the same few macros thousands of times: each different one is read once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from pipeline.errors import StudyRefused
from pipeline.readers.dicom.header import BadAttribute, Header, numbers_of, sequence_of, text_of
from pipeline.readers.segmentation.elements import (
    ITEM,
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED,
    Element,
    Unusual,
    read_element,
    read_elements,
    read_items,
    sequence_end,
)

MAX_FRAMES = 200_000
Numbers = tuple[float, ...]


class FrameGroup(NamedTuple):
    """What a frame, or all of them together, state of place and segment.

    Each is None where its macro is absent, and empty where the macro is there without usable numbers.

    Parameters
    ----------
    sources
        Images it was drawn on: UID, and the frame of a multi-frame image counted from 0 (None for the whole image).
    """

    position: Numbers | None = None
    orientation: Numbers | None = None
    spacing: Numbers | None = None
    slice_step: Numbers | None = None
    segment: Numbers | None = None
    sources: frozenset[tuple[str, int | None]] = frozenset()

    def over(self, shared: FrameGroup) -> FrameGroup:
        """Return what holds for a frame: its own macros before those that all frames share."""
        return FrameGroup(
            shared.position if self.position is None else self.position,
            shared.orientation if self.orientation is None else self.orientation,
            shared.spacing if self.spacing is None else self.spacing,
            shared.slice_step if self.spacing is None else self.slice_step,
            shared.segment if self.segment is None else self.segment,
            self.sources or shared.sources,
        )


def group_of(item: Header) -> FrameGroup:
    """Return the functional groups of one item of a header."""
    derivations = sequence_of(item, "DerivationImageSequence")
    images = [each for one in derivations for each in sequence_of(one, "SourceImageSequence")]
    return FrameGroup(
        _numbers(item, "PlanePositionSequence", "ImagePositionPatient", 3),
        _numbers(item, "PlaneOrientationSequence", "ImageOrientationPatient", 6),
        _numbers(item, "PixelMeasuresSequence", "PixelSpacing", 2),
        _numbers(item, "PixelMeasuresSequence", "SpacingBetweenSlices", 1),
        _numbers(item, "SegmentIdentificationSequence", "ReferencedSegmentNumber", 1),
        frozenset(source for image in images for source in _sources(image)),
    )


def _numbers(item: Header, sequence: str, keyword: str, count: int) -> Numbers | None:
    items = sequence_of(item, sequence)
    if not items:
        return None
    try:
        return numbers_of(items[0], keyword, count)
    except BadAttribute:
        return ()


def _sources(image: Header) -> list[tuple[str, int | None]]:
    uid = text_of(image, "ReferencedSOPInstanceUID")
    frames = (text_of(image, "ReferencedFrameNumber") or "").strip("[]").replace("\\", ",").split(",")
    return _expand(uid or "", frames)


def _expand(uid: str, frames: list[str]) -> list[tuple[str, int | None]]:
    numbers: list[int | None] = [int(each) - 1 for each in frames if each.strip().isdecimal()]
    return [(uid, number) for number in numbers or [None]] if uid else []


class GroupReader:
    """Reads functional groups from bytes; a macro that was seen before is not read again.

    Parameters
    ----------
    data
        The file, uncompressed, little endian.
    explicit
        Whether value representations are written.
    """

    def __init__(self, data: bytes | memoryview, explicit: bool) -> None:
        self._data, self._explicit = data, explicit
        self._known: dict[tuple[int, bytes], Mapping[str, object]] = {}

    def read(self, sequence: Element, end: int) -> tuple[list[FrameGroup], int]:
        """Return the groups of every item of a sequence, and where the next element begins.

        Raises
        ------
        Unusual
            When the bytes are not what is expected.
        StudyRefused
            ``SEG_FRAMES`` when there are more items than any segmentation has.
        """
        at = sequence.start
        found: list[FrameGroup] = []
        last = end if sequence.length == UNDEFINED else sequence.start + sequence.length
        while at < last:
            item = read_element(self._data, at, last, self._explicit)
            if item.tag == SEQUENCE_END and sequence.length == UNDEFINED:
                return found, item.start
            if item.tag != ITEM:
                raise Unusual
            group, at = self._group(item, last)
            found.append(group)
            if len(found) > MAX_FRAMES:
                raise StudyRefused("SEG_FRAMES", "The segmentation has more frames than can be read.")
        if sequence.length == UNDEFINED:
            raise Unusual
        return found, last

    def _group(self, item: Element, end: int) -> tuple[FrameGroup, int]:
        """Return the functional groups of one item, and where the next one begins."""
        closed = item.length != UNDEFINED
        at, last = item.start, item.start + item.length if closed else end
        values: dict[str, object] = {}
        while at < last:
            element = read_element(self._data, at, last, self._explicit)
            if element.tag == ITEM_END:
                if closed:
                    raise Unusual
                return FrameGroup(**values), element.start  # type: ignore[arg-type]
            stop = at = element.start + element.length
            if element.length == UNDEFINED:
                stop, at = sequence_end(self._data, element, last, self._explicit)
            if element.tag in MACROS:
                values |= self._macro(element.tag, bytes(self._data[element.start : stop]))
        if not closed:
            raise Unusual
        return FrameGroup(**values), last  # type: ignore[arg-type]

    def _macro(self, tag: int, raw: bytes) -> Mapping[str, object]:
        known = self._known.get((tag, raw))
        if known is None:
            known = self._known[tag, raw] = MACROS[tag](raw, self._explicit)
        return known


def _first_item(raw: bytes, explicit: bool) -> dict[int, tuple[bytes, bytes]] | None:
    """Return value representation and value of the elements of a sequence's first item; None when there is no item."""
    for start, stop in read_items(raw, 0, len(raw), explicit):
        return {each.tag: (each.kind, raw[each.start : end]) for each, end in read_elements(raw, start, stop, explicit)}
    return None


def _decimals(raw: bytes, explicit: bool, tag: int, count: int) -> Numbers | None:
    item = _first_item(raw, explicit)
    return None if item is None else _decimals_of(item.get(tag), count)


def _read_position(raw: bytes, explicit: bool) -> Mapping[str, object]:
    return {"position": _decimals(raw, explicit, 0x00200032, 3)}


def _read_orientation(raw: bytes, explicit: bool) -> Mapping[str, object]:
    return {"orientation": _decimals(raw, explicit, 0x00200037, 6)}


def _read_measures(raw: bytes, explicit: bool) -> Mapping[str, object]:
    spacing, step = (_decimals(raw, explicit, tag, count) for tag, count in ((0x00280030, 2), (0x00180088, 1)))
    return {"spacing": spacing, "slice_step": step}


def _read_segment(raw: bytes, explicit: bool) -> Mapping[str, object]:
    item = _first_item(raw, explicit)
    if item is None:
        return {}
    kind, value = item.get(0x0062000B, (b"", b""))
    if kind not in (b"US", b""):
        raise Unusual
    return {"segment": (float(int.from_bytes(value, "little")),) if len(value) == 2 else ()}


def _read_derivation(raw: bytes, explicit: bool) -> Mapping[str, object]:
    found: list[tuple[str, int | None]] = []
    for start, stop in read_items(raw, 0, len(raw), explicit):
        for element, end in read_elements(raw, start, stop, explicit):
            if element.tag == 0x00082112:
                for first, last in read_items(raw, element.start, end, explicit):
                    found += _source(raw, first, last, explicit)
    return {"sources": frozenset(found)}


def _source(raw: bytes, at: int, end: int, explicit: bool) -> list[tuple[str, int | None]]:
    values = {
        element.tag: raw[element.start : stop].decode("latin-1").strip(" \0")
        for element, stop in read_elements(raw, at, end, explicit)
    }
    return _expand(values.get(0x00081155, ""), values.get(0x00081160, "").split("\\"))


MACROS: Mapping[int, Callable[[bytes, bool], Mapping[str, object]]] = {
    0x00209113: _read_position,
    0x00209116: _read_orientation,
    0x00289110: _read_measures,
    0x0062000A: _read_segment,
    0x00089124: _read_derivation,
}
"""The macros that are read, by the tag of their sequence."""


def _decimals_of(element: tuple[bytes, bytes] | None, count: int) -> Numbers:
    """Return a decimal string's numbers; empty when they are others than ``count`` finite ones."""
    kind, raw = element or (b"", b"")
    if kind not in (b"DS", b""):
        raise Unusual
    try:
        numbers = tuple(float(part) for part in raw.decode("ascii").strip(" \0").split("\\"))
    except ValueError:
        return ()
    usable = len(numbers) == count and all(map(math.isfinite, numbers)) and b"_" not in raw
    return numbers if usable else ()
