"""Data elements of a DICOM byte string, walked without building objects (DICOM PS3.5 section 7, little endian).

Made for the thousands of like items of a segmentation's frames. It knows only what it needs; what it does not expect
is ``Unusual``, and pydicom reads the object instead.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
SHORT = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS"}
    | {b"ST", b"TM", b"UI", b"UL", b"US"}
)
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
MAX_DEPTH = 16

_EXPLICIT, _IMPLICIT, _LENGTH = struct.Struct("<HH2sH"), struct.Struct("<HHI"), struct.Struct("<I")


class Unusual(Exception):
    """Bytes that this walk does not expect; a full parser has to read them."""


class Element(NamedTuple):
    """One data element: its tag, value representation (empty if implicit), and where it and its value lie."""

    tag: int
    kind: bytes
    at: int
    start: int
    length: int
    """``UNDEFINED`` for sequences that end with a delimiter."""


def read_element(data: bytes | memoryview, at: int, end: int, explicit: bool) -> Element:
    """Return the element whose header begins at ``at``.

    Raises
    ------
    Unusual
        When it does not end before ``end``, or its value representation is unknown.
    """
    if at + 8 > end:
        raise Unusual
    if not explicit:
        group, number, length = _IMPLICIT.unpack_from(data, at)
        if length != UNDEFINED and at + 8 + length > end:
            raise Unusual
        return Element(group << 16 | number, b"", at, at + 8, length)
    group, number, kind, length = _EXPLICIT.unpack_from(data, at)
    start = at + 8
    if group == 0xFFFE:
        kind, length = b"", _LENGTH.unpack_from(data, at + 4)[0]
    elif kind not in SHORT:
        start = at + 12
        if kind not in LONG or start > end:
            raise Unusual
        (length,) = _LENGTH.unpack_from(data, at + 8)
    if length != UNDEFINED and start + length > end:
        raise Unusual
    return Element(group << 16 | number, kind, at, start, length)


def read_elements(data: bytes | memoryview, at: int, end: int, explicit: bool) -> Iterator[tuple[Element, int]]:
    """Yield every element of an item or data set, and where its value ends; delimiters of items end it too."""
    while at < end:
        element = read_element(data, at, end, explicit)
        if element.tag == ITEM_END:
            return
        if element.length == UNDEFINED:
            value_end, at = sequence_end(data, element, end, explicit)
        else:
            value_end = at = element.start + element.length
        yield element, value_end


def read_items(data: bytes | memoryview, at: int, end: int, explicit: bool) -> Iterator[tuple[int, int]]:
    """Yield where the content of every item of a sequence's value begins and ends."""
    while at < end:
        item = read_element(data, at, end, explicit)
        if item.tag == SEQUENCE_END:
            return
        if item.tag != ITEM:
            raise Unusual
        if item.length == UNDEFINED:
            stop, at = _item_end(data, item.start, end, explicit, 0)
        else:
            stop = at = item.start + item.length
        yield item.start, stop


def sequence_end(
    data: bytes | memoryview, element: Element, end: int, explicit: bool, depth: int = 0
) -> tuple[int, int]:
    """Return where the value of a sequence of undefined length ends, and where the next element begins.

    Raises
    ------
    Unusual
        When it is nested too deeply or never ends.
    """
    if depth > MAX_DEPTH or element.kind == b"UN":
        raise Unusual
    at = element.start
    while True:
        item = read_element(data, at, end, explicit)
        if item.tag == SEQUENCE_END:
            return at, item.start
        if item.tag != ITEM:
            raise Unusual
        at = item.start + item.length
        if item.length == UNDEFINED:
            at = _item_end(data, item.start, end, explicit, depth)[1]


def _item_end(data: bytes | memoryview, at: int, end: int, explicit: bool, depth: int) -> tuple[int, int]:
    """Return where the content of an item of undefined length ends, and where the next one begins."""
    while True:
        element = read_element(data, at, end, explicit)
        if element.tag == ITEM_END:
            return at, element.start
        at = element.start + element.length
        if element.length == UNDEFINED:
            at = sequence_end(data, element, end, explicit, depth + 1)[1]
