"""A single CT or MR image described straight from its bytes, where these are written in the plainest way.

Hundreds of images of one series are described so, many times as fast as through a full parser. Whatever is not plain
(another value representation than the dictionary's, values that are no simple decimal numbers, a localizer, several
frames, a colour image, anything missing that an image needs) is left to the full reader: both give the same slice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from pipeline.readers.dicom.attributes import ATTRIBUTES
from pipeline.readers.dicom.digests import Digests
from pipeline.readers.dicom.element_bytes import DicomBytes
from pipeline.readers.dicom.frame_places import FRAME_BITS, find_spans
from pipeline.readers.dicom.header import IDENTITY, parse_date
from pipeline.readers.dicom.plain_values import NUMBER, PRINTED, WHOLE, NotPlain, numbers_in, words_in
from pipeline.readers.dicom.quick_header import find_data
from pipeline.readers.dicom.scan import LONG, UNDEFINED
from pipeline.readers.dicom.slice_header import (
    LOSSY_SYNTAXES,
    MARKS,
    MAX_PLANE_PIXELS,
    Slice,
    Vector,
    check_orientation,
    check_spacing,
)
from pipeline.readers.dicom.text import decode_text
from pipeline.study import Identity

UID = re.compile(rb"[0-9.]*")
DESCRIBED = ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence")
"""What only images of several frames have."""
WORDS = ("ImageType", "ConvolutionKernel")
"""Marks that may be several words."""
IDENTITY_TEXTS = (*IDENTITY.values(), "StudyDate")
KEYWORDS = (
    *("SpecificCharacterSet", "SOPInstanceUID", "FrameOfReferenceUID", "SliceThickness", "LossyImageCompression"),
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept"),
    *("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "NumberOfFrames"),
    *DESCRIBED,
    *IDENTITY_TEXTS,
    *MARKS,
)


PLACES = {keyword: ATTRIBUTES[keyword] for keyword in KEYWORDS}
"""Tag and value representation of each attribute."""


def quick_slice(path: Path, found: DicomBytes, digests: Digests) -> Slice | None:
    """Return the slice of an image of one frame; None to leave it to the full reader.

    Raises
    ------
    UnreadableFile
        When the file ends before its pixels do.
    StudyRefused
        ``GEOM_ORIENT`` when its orientation cannot be.
    """
    if found.pixels is None or not has_plain_meta(found):
        return None
    try:
        return _build(path, found, digests)
    except NotPlain:
        return None


def has_plain_meta(found: DicomBytes) -> bool:
    """Tell whether the file meta information is whole, ends where it says, and the data set begins there."""
    content, place = found.content, 132
    start, syntax = find_data(content)
    head = next(iter(found.elements.values())).at - start
    if syntax != found.syntax.encode() or head not in (8, 12):
        return False
    while place < start:
        vr = content[place + 4 : place + 6]
        if not (vr.isalpha() and vr.isupper()):
            return False
        at, size = (place + 12, 4) if vr in LONG else (place + 8, 2)
        place = at + int.from_bytes(content[at - size : at], "little")
    return place == start


def _build(path: Path, found: DicomBytes, digests: Digests) -> Slice:
    header = _PlainHeader(found)
    shape, frame_bytes = _check_plane(header)
    find_spans(path, found, found.syntax, frame_bytes, 1)
    position, orientation = header.numbers("ImagePositionPatient", 3), header.numbers("ImageOrientationPatient", 6)
    row, column = _directions(orientation)
    spacing, refusal = check_spacing(*header.numbers("PixelSpacing", 2))
    slope, intercept = header.number("RescaleSlope"), header.number("RescaleIntercept")
    return Slice(
        path=path,
        digests=digests,
        sop_instance_uid=header.uid("SOPInstanceUID"),
        identity=_identity_of(tuple(header.raw(keyword) for keyword in ("SpecificCharacterSet", *IDENTITY_TEXTS))),
        position=np.array(position),
        row_direction=row,
        column_direction=column,
        spacing=spacing,
        shape=shape,
        frame_of_reference_uid=header.uid("FrameOfReferenceUID") or None,
        is_localizer=False,
        thickness_mm=header.number("SliceThickness"),
        lossy=_lossy_of(header, found.syntax),
        has_rescale=bool(slope) and intercept is not None,
        refusal=refusal,
        marks=_marks_of(header),
    )


def _check_plane(header: _PlainHeader) -> tuple[tuple[int, int], int]:
    """Return rows and columns of an image of one frame and one sample, and the bytes of the frame."""
    rows, columns, bits = header.word("Rows"), header.word("Columns"), header.word("BitsAllocated")
    if header.word("SamplesPerPixel") != 1 or any(header.has(keyword) for keyword in DESCRIBED):
        raise NotPlain
    if header.has("NumberOfFrames") and header.text("NumberOfFrames", WHOLE) != "1":
        raise NotPlain
    if rows < 1 or columns < 1 or rows * columns > MAX_PLANE_PIXELS or bits not in FRAME_BITS:
        raise NotPlain
    return (rows, columns), rows * columns * bits // 8


def _lossy_of(header: _PlainHeader, syntax: str) -> str | None:
    if header.text("LossyImageCompression") not in ("", "00"):
        raise NotPlain
    name = LOSSY_SYNTAXES.get(syntax)
    return name and f"stored as {name}"


def _marks_of(header: _PlainHeader) -> Mapping[str, str]:
    """Return what tells images at one place apart, as the full reader writes it."""
    marks: dict[str, str] = {}
    for keyword in MARKS:
        if not header.has(keyword):
            continue
        text = header.words(keyword) if keyword in WORDS else header.mark(keyword)
        if text:
            marks[keyword] = text
    if "LOCALIZER" in marks.get("ImageType", ""):
        raise NotPlain
    return marks


@lru_cache(maxsize=64)
def _directions(orientation: tuple[float, ...]) -> tuple[Vector, Vector]:
    """Return the unit vectors along rows and columns: equal within a series."""
    return check_orientation(np.array(orientation))


@lru_cache(maxsize=64)
def _identity_of(raw: tuple[bytes | None, ...]) -> Identity:
    """Return the identity of a character set and texts in the order of ``IDENTITY_TEXTS``: equal within a study."""
    declared, *texts = (b"" if value is None else value for value in raw)
    if b"\\" in declared or not PRINTED.fullmatch(declared):
        raise NotPlain
    named = declared.decode().rstrip(" ")
    sets = (named,) if named else ()
    fields = [decode_text(text, sets)[0].strip(" \0") or None for text in texts]
    *names, study_date = fields
    return Identity(**dict(zip(IDENTITY, names, strict=True)), study_date=parse_date(study_date or ""))


class _PlainHeader:
    """Attributes of a little-endian header; everything raises ``NotPlain`` where they are not written plainly."""

    def __init__(self, found: DicomBytes) -> None:
        self._content, self._elements = found.content, found.elements

    def has(self, keyword: str) -> bool:
        return PLACES[keyword][0] in self._elements

    def raw(self, keyword: str) -> bytes | None:
        """Return the bytes of an attribute; None when it is absent."""
        tag, vr = PLACES[keyword]
        element = self._elements.get(tag)
        if element is None:
            return None
        end = element.at + element.length
        if element.length == UNDEFINED or element.vr not in (b"", vr) or end > len(self._content):
            raise NotPlain
        return self._content[element.at : end]

    def text(self, keyword: str, form: re.Pattern[bytes] = PRINTED) -> str:
        """Return one text of a form; empty when it is absent."""
        value = (self.raw(keyword) or b"").strip(b" ")
        if value and (b"\\" in value or not form.fullmatch(value)):
            raise NotPlain
        return value.decode("ascii")

    def uid(self, keyword: str) -> str:
        value = (self.raw(keyword) or b"").rstrip(b"\0 ")
        if not UID.fullmatch(value):
            raise NotPlain
        return value.decode("ascii")

    def word(self, keyword: str) -> int:
        """Return a whole number of two bytes."""
        value = self.raw(keyword)
        if value is None or len(value) != 2:
            raise NotPlain
        return int.from_bytes(value, "little")

    def numbers(self, keyword: str, count: int) -> tuple[float, ...]:
        """Return a number of finite decimal numbers."""
        return numbers_in(self.raw(keyword) or b"", count)

    def number(self, keyword: str) -> float | None:
        """Return one number; None when it is absent or empty."""
        return self.numbers(keyword, 1)[0] if (self.raw(keyword) or b"").strip(b" ") else None

    def mark(self, keyword: str) -> str:
        """Return the text of an attribute of one value, as the full reader would write it."""
        forms = {b"IS": WHOLE, b"DS": NUMBER, b"SH": PRINTED, b"TM": PRINTED}
        vr = PLACES[keyword][1]
        if vr not in forms:
            raise NotPlain
        return self.text(keyword, forms[vr])

    def words(self, keyword: str) -> str:
        """Return one or several words, as the full reader would write them."""
        return words_in(self.raw(keyword) or b"")
