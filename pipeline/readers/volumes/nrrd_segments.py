"""The segments that a ``.seg.nrrd`` of 3D Slicer describes in its header: names, values, layers, codes.

Extents are hints of the writer and are not read: where a segment lies, its voxels say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.errors import StudyRefused
from pipeline.readers.mask_object import clean_name
from pipeline.readers.volumes.volume_file import LabelHeader


def read_nrrd_segments(header: Mapping[str, object], layers: int) -> tuple[LabelHeader, ...]:
    """Return the segments a ``.seg.nrrd`` describes, by their number in its header, which may have gaps.

    Raises
    ------
    StudyRefused
        ``NRRD_KIND`` when they contradict each other or the file.
    """
    keys = (re.fullmatch(r"Segment(\d+)_(?:ID|Name|LabelValue|Layer)", key) for key in header)
    numbers = sorted({key.group(1) for key in keys if key}, key=int)
    found = [_label(header, f"Segment{number}", number, layers) for number in numbers]
    places = {(label.layer, label.value) for label in found}
    if len(places) < len(found):
        raise StudyRefused(
            "NRRD_KIND", "Two segments of the .seg.nrrd file have the same layer and label value; export it again."
        )
    return tuple(found)


def _label(header: Mapping[str, object], key: str, number: str, layers: int) -> LabelHeader:
    value, layer = str(header.get(f"{key}_LabelValue", "1")), str(header.get(f"{key}_Layer", "0"))
    if not (value.isdecimal() and layer.isdecimal() and int(value) > 0):
        raise StudyRefused("NRRD_KIND", "A segment of the .seg.nrrd file has no usable label value or layer.")
    if int(layer) >= layers:
        raise StudyRefused("NRRD_KIND", "A segment of the .seg.nrrd file lies in a layer that the file does not have.")
    name = str(header.get(f"{key}_Name", f"segment number {number}"))
    return LabelHeader(int(value), clean_name(name), int(layer), _codes(str(header.get(f"{key}_Tags", ""))))


def _codes(tags: str) -> tuple[str, ...]:
    """Return the codes of a terminology entry ``list~category~type~modifier~…``: modified type, type, category."""
    entry = next((part for part in tags.split("|") if part.startswith("TerminologyEntry:")), "")
    parts = [part.split("^") for part in entry.split("~")]
    coded = [f"{part[0]}:{part[1]}" if len(part) > 1 and part[1] else "" for part in parts]
    category, kind, modifier = (coded + [""] * 4)[1:4]
    combined = f"{kind}+{modifier.split(':', 1)[1]}" if kind and modifier else ""
    return tuple(code for code in (combined, kind, category) if code)
