"""Opening the header of an image by the quickest way that reads it right."""

from __future__ import annotations

from dataclasses import replace

from pipeline.readers.dicom.element_bytes import DicomBytes
from pipeline.readers.dicom.header import Header, parse_bytes
from pipeline.readers.dicom.plain_header import PlainHeader
from pipeline.readers.dicom.quick_slice import has_plain_meta
from pipeline.readers.dicom.scan import UNDEFINED


def open_header(found: DicomBytes) -> Header:
    """Return the attributes of an image, read as they are asked for where they are written plainly.

    Raises
    ------
    UnreadableFile
        As ``parse_bytes``, for what is not written plainly.
    """
    plain = bool(found.syntax) and all(element.vr for element in found.elements.values())
    if not plain or found.pixels is None or not has_plain_meta(found):
        return parse_bytes(found)
    content = found.content[: found.pixels.at]
    last = len(content)
    places = {
        tag: (element.vr, element.at, last if element.length == UNDEFINED else element.at + element.length)
        for tag, element in found.elements.items()
        if element.length != UNDEFINED or element.vr == b"SQ"
    }
    short = replace(found, content=content)
    return PlainHeader(content, places, lambda: parse_bytes(short), found.syntax)
