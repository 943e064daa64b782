"""The parts of a DICOM Segmentation: its header, the functional groups of its frames, its pixel data.

Little-endian files are cut apart here, so that neither thousands of frame descriptions nor the pixels become pydicom
objects; everything else is read whole by pydicom.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.readers.dicom.header import Header, UnreadableFile, parse_dicom, sequence_of, transfer_syntax_of
from pipeline.readers.dicom.plain_header import PlainHeader, places_of
from pipeline.readers.segmentation.elements import UNDEFINED, Unusual, read_element, sequence_end
from pipeline.readers.segmentation.functional_groups import FrameGroup, GroupReader, group_of

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
PER_FRAME, PIXELS = 0x52009230, 0x7FE00010
SYNTAX = 0x00020010


@dataclass(frozen=True, eq=False)
class SegFile:
    """A segmentation, taken apart.

    Parameters
    ----------
    header
        Its attributes; frame descriptions and pixels may be left out.
    groups
        The functional groups of every frame, those that all frames share filled in.
    pixels
        Value of PixelData; None when there is none.
    pixels_kind
        Its value representation, ``OB`` or ``OW``.
    """

    header: Header
    groups: tuple[FrameGroup, ...]
    pixels: bytes | memoryview | None
    pixels_kind: str
    syntax: str


def read_seg_file(content: bytes | memoryview) -> SegFile:
    """Take a segmentation apart.

    Raises
    ------
    UnreadableFile
        As ``parse_dicom``.
    StudyRefused
        ``SEG_FRAMES`` when it has more frames than can be read.
    """
    try:
        return _cut(content)
    except (Unusual, RecursionError):
        return _parse(bytes(content))


def _cut(content: bytes | memoryview) -> SegFile:
    syntax, at = _read_meta(content)
    if syntax in (DEFLATED, BIG_ENDIAN):
        raise Unusual
    explicit, end = syntax != IMPLICIT, len(content)
    own: list[FrameGroup] = []
    parts: list[bytes | memoryview] = []
    begin = 0
    while True:
        element = read_element(content, at, end, explicit)
        if element.tag >= PIXELS:
            break
        if element.tag == PER_FRAME:
            parts.append(content[begin:at])
            own, at = GroupReader(content, explicit).read(element, end)
            begin = at
        elif element.length == UNDEFINED:
            at = sequence_end(content, element, end, explicit)[1]
        else:
            at = element.start + element.length
    if element.tag != PIXELS or not parts:
        raise Unusual
    plain = b"".join([*parts, content[begin : element.at]])
    header = _header_of(plain, syntax) if explicit else parse_dicom(plain)
    last = end if element.length == UNDEFINED else element.start + element.length
    kind = element.kind.decode("ascii") or "OW"
    return SegFile(header, _filled(own, header), memoryview(content)[element.start : last], kind, syntax)


def _header_of(plain: bytes, syntax: str) -> Header:
    """Return the attributes of a data set that is cut off before its pixels."""
    _, at = _read_meta(plain)
    return PlainHeader(plain, places_of(plain, at, len(plain)), lambda: parse_dicom(plain), syntax)


def _read_meta(content: bytes | memoryview) -> tuple[str, int]:
    """Return the transfer syntax, and where the data set begins (DICOM PS3.10 section 7.1)."""
    at, syntax = 132, ""
    if content[128:132] != b"DICM":
        raise Unusual
    while content[at : at + 2] == b"\x02\x00":
        element = read_element(content, at, len(content), explicit=True)
        if element.length == UNDEFINED:
            raise Unusual
        at = element.start + element.length
        if element.tag == SYNTAX:
            syntax = bytes(content[element.start : at]).decode("latin-1").strip(" \0")
    if not syntax:
        raise Unusual
    return syntax, at


def _parse(content: bytes) -> SegFile:
    header = parse_dicom(content, pixels=True)
    own = [group_of(item) for item in sequence_of(header, "PerFrameFunctionalGroupsSequence")]
    pixels, kind = None, "OW"
    try:
        if "PixelData" in header:
            pixels, kind = header["PixelData"].value, str(header["PixelData"].VR)
    except Exception as error:
        raise UnreadableFile("TRUNCATED", f"its pixels are damaged ({type(error).__name__})") from None
    return SegFile(
        header, _filled(own, header), pixels if isinstance(pixels, bytes) else None, kind, transfer_syntax_of(header)
    )


def _filled(own: list[FrameGroup], header: Header) -> tuple[FrameGroup, ...]:
    shared = next(map(group_of, sequence_of(header, "SharedFunctionalGroupsSequence")), FrameGroup())
    return tuple(group.over(shared) for group in own)
