"""The few attributes that tell what a DICOM file is and whom it shows, taken from its first bytes.

A folder of thousands of images is sorted by these; sequences are skipped. Whatever is not written in the plainest way
(another transfer syntax, a longer header, several values, an odd element) is left to the full reader: both give the
same texts.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from struct import Struct, error

from pipeline.readers.dicom.attributes import ATTRIBUTES
from pipeline.readers.dicom.element_bytes import IMPLICIT
from pipeline.readers.dicom.scan import LONG, UNDEFINED, Element, end_of_sequence
from pipeline.readers.dicom.text import decode_text
from pipeline.readers.walk import read_start

FIRST_BYTES, MORE_BYTES = 4096, 2**20
"""How much is read of every file, and of one whose attributes lie further behind."""
EXPLICIT = b"1.2.840.10008.1.2.1"
PACKED = b"1.2.840.10008.1.2.4."
RUN_LENGTHS = b"1.2.840.10008.1.2.5"
"""Transfer syntaxes whose headers are explicit little endian."""
_SHORT, _WORD, _IMPLICIT = Struct("<HH2sH"), Struct("<I"), Struct("<HHI")
CHARACTER_SET = 0x00080005


def read_texts(start: bytes, keywords: tuple[str, ...]) -> tuple[dict[str, str], bool] | None:
    """Return texts by keyword (absent and empty ones left out) and whether they could be decoded; None to leave it.

    Parameters
    ----------
    start
        The first bytes of a DICOM file.
    keywords
        Attributes of text, SpecificCharacterSet among them.
    """
    wanted, last = _tags_of(keywords)
    try:
        found = _raw_values(start, wanted, last)
    except error:
        return None
    if found is None or any(b"\\" in value for value in found.values()):
        return None
    declared = found.get(CHARACTER_SET, b"").decode("latin-1").strip(" \0")
    texts, sound = {}, True
    for tag, value in found.items():
        text, fits = decode_text(value, (declared,) if declared else ())
        text = text.strip(" \0")
        sound = sound and fits
        if text:
            texts[wanted[tag]] = text
    return texts, sound


def read_far_texts(path: Path, keywords: tuple[str, ...]) -> tuple[dict[str, str], bool] | None:
    """Return the same of a file whose header is longer, as that of a mask that names hundreds of images."""
    return read_texts(read_start(path, MORE_BYTES), keywords)


@lru_cache(maxsize=4)
def _tags_of(keywords: tuple[str, ...]) -> tuple[dict[int, str], int]:
    tags = {ATTRIBUTES[keyword][0]: keyword for keyword in keywords}
    return tags, max(tags)


def _raw_values(start: bytes, wanted: dict[int, str], last: int) -> dict[int, bytes] | None:
    """Return the bytes of wanted elements; None when the file is not written in the plainest way.

    Raises
    ------
    struct.error
        When the elements go on behind the given bytes, or a sequence does not end as it should.
    """
    place, syntax = find_data(start)
    if syntax is None:
        return None
    implicit = syntax == IMPLICIT.encode()
    found: dict[int, bytes] = {}
    before = 0
    while True:
        vr = b""
        if implicit:
            group, number, length = _IMPLICIT.unpack_from(start, place)
            place += 8
        else:
            group, number, vr, length = _SHORT.unpack_from(start, place)
            place += 8
            if vr in LONG:
                (length,) = _WORD.unpack_from(start, place)
                place += 4
            elif not vr.isalpha():
                return None
        tag = group << 16 | number
        if tag > last:
            return found
        if tag <= before or (length == UNDEFINED and tag in wanted):
            return None
        before = tag
        if tag in wanted:
            found[tag] = start[place : place + length]
        place = place + length if length != UNDEFINED else _behind(start, Element(tag, vr, place, length), implicit)


def _behind(start: bytes, sequence: Element, implicit: bool) -> int:
    """Return where a sequence of undefined length ends; raises ``struct.error`` when that is not within the bytes."""
    end = end_of_sequence(start, sequence, implicit)
    if end is None:
        raise error
    return end


def find_data(start: bytes) -> tuple[int, bytes | None]:
    """Return where the data set begins, and its transfer syntax if its header is little endian."""
    if start[128:132] != b"DICM" or start[132:140] != b"\x02\x00\x00\x00UL\x04\x00":
        return 0, None
    (length,) = _WORD.unpack_from(start, 140)
    end = 144 + length
    at = start.find(b"\x02\x00\x10\x00UI", 144, end)
    if at < 0 or end > len(start):
        return 0, None
    size = int.from_bytes(start[at + 6 : at + 8], "little")
    syntax = start[at + 8 : at + 8 + size].rstrip(b" \0")
    plain = syntax in (IMPLICIT.encode(), EXPLICIT, RUN_LENGTHS) or syntax.startswith(PACKED)
    return end, syntax if plain else None
