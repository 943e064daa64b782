"""Where the elements of a DICOM data set lie, found without believing any length that it states (rows S04 to S06).

Nothing is decoded and nothing is allocated: the walk only compares stated lengths with the bytes that are there. What
is written in a way that only a full parser knows raises ``UnusualLayout``, and is left to pydicom.
"""

from __future__ import annotations

from struct import Struct, error
from typing import NamedTuple

from pipeline.readers.dicom.unreadable import UnreadableFile

MAX_DEPTH = 100
"""Nested sequences beyond which no object of a scanner goes."""
MAX_ELEMENT_BYTES = 2**28
"""Length in bytes that no element but the pixels has: one that states more is damaged, not cut off."""
MAX_FILE_BYTES = 2**31
UNDEFINED = 0xFFFFFFFF
EXTENDED_OFFSETS = 0x7FE00001
PIXEL_TAGS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
"""Float, double float and integer pixels."""
LONG = frozenset([b"OB", b"OW", b"SQ", b"UN", b"UT", b"OF", b"OD", b"OL", b"OV", b"UC", b"UR", b"SV", b"UV"])
"""Value representations with a length of four bytes (DICOM PS3.5 section 7.1.2)."""
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD

_SHORT_KINDS = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS"}
    | {b"ST", b"TM", b"UI", b"UL", b"US"}
)
"""Value representations with a length of two bytes."""
_HOLDERS = frozenset({b"SQ", b"UN", b""})
"""What may hold items."""

_SHORT, _WORD, _IMPLICIT = Struct("<HH2sH"), Struct("<I"), Struct("<HHI")


class UnusualLayout(Exception):
    """The data set is not written as the walk expects it; a full parser has to read it."""


class MoreNeeded(Exception):
    """The elements go on behind the bytes that were given."""


class Element(NamedTuple):
    """Where the value of an element begins, and its length in bytes (``UNDEFINED`` when none is stated)."""

    tag: int
    vr: bytes
    at: int
    length: int


class _Level(NamedTuple):
    """A sequence, an item of one, or the fragments of packed pixels: where it ends, if that is stated."""

    kind: str
    end: int
    implicit: bool


def find_elements(content: bytes, start: int, implicit: bool, size: int) -> dict[int, Element]:
    """Return the elements of a little-endian data set up to its pixels, by tag; those within sequences are skipped.

    Parameters
    ----------
    content
        The beginning of the file, or all of it.
    start
        Where the data set begins.
    size
        Bytes of the whole file.

    Raises
    ------
    UnreadableFile
        ``LIMIT_LENGTH`` when an element states a length that cannot be or is never closed, ``LIMIT_DEPTH``,
        ``TRUNCATED`` when the file ends within an element.
    UnusualLayout, MoreNeeded
        See there.
    """
    found: dict[int, Element] = {}
    place, last, plain_end = start, 0, -1 if implicit else len(content) - 8
    while place < size:
        element = None
        if place <= plain_end:
            group, number, vr, length = _SHORT.unpack_from(content, place)
            if vr in _SHORT_KINDS and group != 0xFFFE:
                element = Element(group << 16 | number, vr, place + 8, length)
        element = element or _element_at(content, place, implicit, size)
        if element.tag <= last:
            raise UnusualLayout
        found[element.tag] = element
        last = element.tag
        if element.tag in PIXEL_TAGS:
            break
        place = element.at + element.length
        if place > size or element.vr in _HOLDERS:
            place = _end_of(content, element, implicit, size)
    return found


def _element_at(content: bytes, place: int, implicit: bool, size: int) -> Element:
    try:
        if implicit:
            group, number, length = _IMPLICIT.unpack_from(content, place)
            return Element(group << 16 | number, b"", place + 8, length)
        group, number, vr, length = _SHORT.unpack_from(content, place)
        tag = group << 16 | number
        if group == 0xFFFE:
            return Element(tag, b"", place + 8, _WORD.unpack_from(content, place + 4)[0])
        if vr in LONG:
            return Element(tag, vr, place + 12, _WORD.unpack_from(content, place + 8)[0])
    except error:
        raise _ended(content, size) from None
    if not (vr.isalpha() and vr.isupper()):
        raise UnusualLayout
    return Element(tag, vr, place + 8, length)


def _ended(content: bytes, size: int) -> Exception:
    return MoreNeeded() if len(content) < size else UnreadableFile("TRUNCATED", "it is cut off within its header")


def _end_of(content: bytes, element: Element, implicit: bool, size: int) -> int:
    """Return where the next element begins, after walking through a sequence."""
    if element.length != UNDEFINED:
        _check_length(element, size)
        holds_items = element.vr == b"SQ" or (element.vr in (b"", b"UN") and _begins_item(content, element.at))
        if not holds_items or not element.length:
            return element.at + element.length
    return _walk_sequence(content, element, implicit, size)


def end_of_sequence(content: bytes, element: Element, implicit: bool) -> int | None:
    """Return where a sequence of undefined length ends; None when that is not within the bytes, or not as it should.

    At most the given bytes are walked through, each once.
    """
    try:
        return _walk_sequence(content, element, implicit, MAX_FILE_BYTES)
    except (MoreNeeded, UnusualLayout, UnreadableFile):
        return None


def _begins_item(content: bytes, place: int) -> bool:
    return content[place : place + 4] == b"\xfe\xff\x00\xe0"


def _check_length(element: Element, size: int) -> None:
    if element.at + element.length <= size:
        return
    if element.length > MAX_ELEMENT_BYTES:
        raise UnreadableFile("LIMIT_LENGTH", f"an element states a length of {element.length} bytes, more than it has")
    raise UnreadableFile("TRUNCATED", "it is cut off within its header")


def _level_of(element: Element, implicit: bool) -> _Level:
    end = 0 if element.length == UNDEFINED else element.at + element.length
    if element.vr in (b"OB", b"OW"):
        return _Level("fragments", end, implicit)
    return _Level("sequence", end, implicit or element.vr == b"UN")


def _walk_sequence(content: bytes, element: Element, implicit: bool, size: int) -> int:
    """Return where a sequence ends; its depth and lengths are checked on the way."""
    levels, place = [_level_of(element, implicit)], element.at
    while levels:
        level = levels[-1]
        if level.end and place >= level.end:
            place = level.end
            levels.pop()
            continue
        if place >= size:
            raise UnreadableFile("LIMIT_LENGTH", "a sequence of undefined length is never closed")
        inner = _element_at(content, place, level.implicit, size)
        if inner.tag == (ITEM_END if level.kind == "item" else SEQUENCE_END):
            levels.pop()
            place = inner.at
            continue
        place = _enter(content, inner, levels, size)
        if len(levels) > 2 * MAX_DEPTH:
            raise UnreadableFile("LIMIT_DEPTH", "its sequences are nested too deeply")
    return place


def _enter(content: bytes, inner: Element, levels: list[_Level], size: int) -> int:
    """Return where to go on: behind an element without items, else within it, its level added."""
    level = levels[-1]
    if level.kind != "item":
        if inner.tag != ITEM:
            raise UnusualLayout
        if level.kind == "fragments":
            _check_length(inner, size)
            return inner.at + inner.length
        end = 0 if inner.length == UNDEFINED else inner.at + inner.length
        levels.append(_Level("item", end, level.implicit))
    elif inner.length == UNDEFINED or inner.vr == b"SQ":
        levels.append(_level_of(inner, level.implicit))
    else:
        _check_length(inner, size)
        if inner.vr not in (b"", b"UN") or not _begins_item(content, inner.at):
            return inner.at + inner.length
        levels.append(_level_of(inner, level.implicit))
    if inner.length != UNDEFINED:
        _check_length(inner, size)
    return inner.at
