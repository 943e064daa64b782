"""Headers read from their bytes: the same as through pydicom, whatever is asked for and however it is written."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from pipeline.readers.dicom.attributes import ATTRIBUTES, CHARACTER_SETS
from pipeline.readers.dicom.element_bytes import PLAIN_META, read_bytes
from pipeline.readers.dicom.header import (
    BadAttribute,
    Header,
    codes_of,
    identity_of,
    integer_of,
    numbers_of,
    parse_bytes,
    sequence_of,
    text_of,
    words_of,
)
from pipeline.readers.dicom.opening import open_header
from pipeline.readers.dicom.plain_header import PlainHeader, places_of

SAMPLES = Path(__file__).parents[2] / "sample_data" / "studies"
FILES = sorted(SAMPLES.glob("*/*.dcm")) + [next(folder.glob("*.dcm")) for folder in sorted(SAMPLES.glob("*/*/"))]
VALUES = [
    *(b"", b" ", b"1", b"1 ", b" 1", b"1.50", b"-2e3", b"1,5", b"nan", b"1_0", b"1\\2", b"1\\2\\3 ", b"+.5", b"0x1"),
    *(b"A B ", b"ORIGINAL\\PRIMARY", b"\\", b"\xe4", b"a\0", b"1.2.840\0", b"\x01\x00", b"\x01\x00\x02\x00", b"^=^"),
]
"""Values as files hold them, usual and odd."""


def plain(content: bytes) -> PlainHeader:
    """Return the header of a data set behind plain file meta information."""
    places = places_of(content, len(PLAIN_META), len(content))
    return PlainHeader(content, places, lambda: full(content), ExplicitVRLittleEndian)


def full(content: bytes) -> Dataset:
    return pydicom.dcmread(BytesIO(content))


def read(header: Header, keyword: str) -> tuple[object, ...]:
    """Return all that the readers may ask of an attribute; several numbers are never asked for as one text."""
    numbers: list[object] = []
    for count in (1, 2, 3):
        try:
            numbers.append(numbers_of(header, keyword, count))
        except BadAttribute:
            numbers.append(None)
    numeric = ATTRIBUTES[keyword][1] in (b"DS", b"IS", b"US", b"FD") and numbers[0] is None
    text = None if numeric or sequence_of(header, keyword) else text_of(header, keyword)
    return (keyword in header, text, integer_of(header, keyword), numbers, len(sequence_of(header, keyword)))


def test_the_table_of_attributes_is_that_of_the_standard() -> None:
    """Tag and value representation of every keyword, and every character set."""
    for keyword, (tag, kind) in ATTRIBUTES.items():
        assert (tag_for_keyword(keyword), dictionary_VR(tag).encode()) == (tag, kind)
    assert set(python_encoding) == CHARACTER_SETS


@given(
    st.sampled_from(sorted(set(ATTRIBUTES) - {"SpecificCharacterSet"})),
    st.sampled_from(VALUES),
    st.sampled_from([None, "UN", "LO", "US", "DS"]),
)
@settings(max_examples=400, deadline=None)
def test_an_attribute_reads_the_same(keyword: str, value: bytes, stated: str | None) -> None:
    """Any value in any attribute, under its own or another value representation."""
    tag, kind = ATTRIBUTES[keyword]
    if kind == b"SQ":
        return
    vr = stated or kind.decode()
    buffer = BytesIO()
    long = vr in ("UN", "OB", "SQ", "UC", "UT")
    head = tag.to_bytes(4, "big")
    buffer.write(head[1::-1] + head[:1:-1] + vr.encode())
    padded = value + b" " * (len(value) % 2)
    buffer.write(b"\0\0" + len(padded).to_bytes(4, "little") if long else len(padded).to_bytes(2, "little"))
    buffer.write(padded)
    content = PLAIN_META + buffer.getvalue()
    theirs = full(content)
    assert read(plain(content), keyword) == read(theirs, keyword)
    if "'" not in repr(words_of(theirs, keyword)) or kind in (b"CS", b"SH", b"LO"):
        assert [word.strip() for word in words_of(plain(content), keyword)] == [
            word.strip() for word in words_of(theirs, keyword)
        ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SAMPLES)))
def test_a_file_reads_the_same(path: Path) -> None:
    """Every attribute of the table, identity and codes, in the data set and in the items of all its sequences."""
    found = read_bytes(path.read_bytes())
    theirs = parse_bytes(found)
    if not all(element.vr for element in found.elements.values()):
        assert isinstance(open_header(found), Dataset)
        return
    first = min(element.at for element in found.elements.values()) - 8
    end = len(found.content) if found.pixels is None else found.pixels.at - 12
    places = places_of(found.content, first, end)
    ours = PlainHeader(found.content, places, lambda: parse_bytes(found), found.syntax)
    assert identity_of(ours) == identity_of(theirs)
    _compare(ours, theirs, 0)


def _compare(ours: Header, theirs: Header, depth: int) -> None:
    for keyword, (_, kind) in ATTRIBUTES.items():
        assert read(ours, keyword) == read(theirs, keyword), keyword
        assert codes_of(ours, keyword) == codes_of(theirs, keyword)
        if kind == b"SQ" and depth < 3:
            pairs = zip(sequence_of(ours, keyword), sequence_of(theirs, keyword), strict=True)
            for one, other in list(pairs)[:3]:
                _compare(one, other, depth + 1)
