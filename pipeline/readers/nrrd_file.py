"""NRRD files and 3D Slicer's ``.seg.nrrd``: grid from space and space directions, labels with names and codes.

The header is parsed by pynrrd; voxels are unpacked here, never to more bytes than the header's sizes allow.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TypeAlias

import nrrd
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.geometry import Box
from pipeline.readers.mask_object import clean_name
from pipeline.readers.volume_file import (
    Affine,
    Array,
    LabelHeader,
    VolumeFile,
    check_affine,
    check_complete,
    check_shape,
    describe_place,
    digest_of,
)

Header: TypeAlias = Mapping[str, object]

SPACES: Mapping[str, tuple[float, float, float]] = {
    "left-posterior-superior": (1, 1, 1),
    "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1),
    "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
    "las": (1, -1, 1),
}
"""Signs that turn each space of the NRRD format into LPS."""
MILLIMETRES = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "um": 0.001}
TYPES: Mapping[str, str] = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("longlong", "long long", "int64", "int64_t"), "i8"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "uint64", "uint64_t"), "u8"),
    "float": "f4",
    "double": "f8",
}


def open_nrrd(path: Path) -> VolumeFile:
    """Open an NRRD file without reading its voxels.

    Raises
    ------
    StudyRefused
        ``TRUNCATED`` for a file that is none, ``AFFINE_NONE`` when it states spacings but no space, ``AFFINE_UNIT`` for
        a strange unit, ``NRRD_KIND`` for an encoding or layout that is not read.
    """
    try:
        with path.open("rb") as file:
            header: Header = nrrd.read_header(file)
            start = file.tell()
    except Exception as error:
        raise StudyRefused("TRUNCATED", f"An NRRD file is damaged or none ({type(error).__name__}).") from None
    sizes = [int(size) for size in np.atleast_1d(np.asarray(header.get("sizes", [])))]
    if "encoding" not in header or not sizes:
        raise StudyRefused("TRUNCATED", "An NRRD file ends within its header.")
    layered = _is_layered(header, sizes)
    shape = check_shape(sizes[1:] if layered else sizes, "NRRD file")
    layers = sizes[0] if layered else 1
    kind = _dtype(header)

    def load(box: Box | None) -> Array:
        spans = box if box is not None else (slice(None), slice(None), slice(None))
        whole = _unpack(path, start, header, kind, math.prod(shape) * layers)
        array = whole.reshape((layers, *shape), order="F")
        return np.asarray(array[(slice(None), *spans)])

    affine = check_affine(_affine(header, layered), "NRRD file")
    packed = _encoding(header) != "raw"
    check_complete(path, start, math.prod(shape) * layers * kind.itemsize, packed)
    notes = describe_place(affine, "NRRD file")
    return VolumeFile(path, digest_of(path), shape, (affine,), load, _labels(header, layers), notes)


def _is_layered(header: Header, sizes: list[int]) -> bool:
    """Tell whether the first axis counts layers of overlapping segments."""
    return len(sizes) == 4 and list(_words(header.get("kinds")))[:1] in (["list"], ["vector"])


def _words(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def _affine(header: Header, layered: bool) -> Affine:
    space = str(header.get("space", "")).lower()
    signs, origin, directions = SPACES.get(space), header.get("space origin"), header.get("space directions")
    if space and signs is None:
        known = "left-posterior-superior, right-anterior-superior or left-anterior-superior"
        raise StudyRefused("AFFINE_NONE", f"The space that the NRRD file names is not supported; export it as {known}.")
    if signs is None or origin is None or directions is None:
        raise StudyRefused(
            "AFFINE_NONE",
            "The NRRD file does not say how its grid lies in the patient (space, space directions, space origin).",
        )
    scale = _scale(header)
    rows = list(directions) if isinstance(directions, list | np.ndarray) else []
    kept = [[np.nan] * 3 if row is None else list(row) for row in (rows[1:] if layered else rows)]
    steps = np.array(kept if {len(row) for row in kept} == {3} else [], dtype=np.float64)
    start = np.asarray(origin, dtype=np.float64)
    if steps.shape != (3, 3) or start.shape != (3,):
        raise StudyRefused("AFFINE_NONE", "The NRRD file's space directions or space origin are not three-dimensional.")
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = steps.T, start
    affine[:3] *= np.array(signs)[:, None] * scale
    return affine


def _scale(header: Header) -> float:
    units = {unit.strip('"').lower() for unit in _words(header.get("space units"))} or {"mm"}
    scales = {MILLIMETRES.get(unit) for unit in units}
    scale = scales.pop()
    if scales or scale is None:
        raise StudyRefused("AFFINE_UNIT", "The NRRD file gives its lengths in units other than mm, cm, m or um.")
    return scale


def _dtype(header: Header) -> np.dtype[np.generic]:
    name = TYPES.get(str(header.get("type", "")).lower())
    plain = not any(int(str(header.get(key, 0))) for key in ("line skip", "byte skip", "lineskip", "byteskip"))
    if name is None or "data file" in header or "datafile" in header or not plain:
        raise StudyRefused(
            "NRRD_KIND",
            "The NRRD file keeps its voxels in another file or in a type that is not read; save it as one .nrrd file.",
        )
    order = "<" if str(header.get("endian", "little")) == "little" else ">"
    return np.dtype(order + name)


def _unpack(path: Path, start: int, header: Header, kind: np.dtype[np.generic], count: int) -> NDArray[np.generic]:
    """Return the voxels as a flat array; unpacking stops when the header's sizes are filled."""
    needed = count * kind.itemsize
    try:
        with path.open("rb") as file:
            file.seek(start)
            data = file.read(needed) if _encoding(header) == "raw" else _inflate(file, needed)
    except (OSError, zlib.error) as error:
        raise StudyRefused("TRUNCATED", f"The voxels of an NRRD file are damaged ({type(error).__name__}).") from None
    if len(data) < needed:
        raise StudyRefused("TRUNCATED", "An NRRD file ends before its voxels do.")
    return np.frombuffer(data, dtype=kind, count=count).astype(kind.newbyteorder("="), copy=False)


def _encoding(header: Header) -> str:
    encoding = str(header.get("encoding", "")).lower()
    if encoding not in ("raw", "gzip", "gz"):
        raise StudyRefused("NRRD_KIND", "The NRRD file is encoded in a way that is not read; store it as raw or gzip.")
    return encoding


def _inflate(file: IO[bytes], needed: int) -> bytes:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(file.read(), needed)


def _labels(header: Header, layers: int) -> tuple[LabelHeader, ...]:
    """Return the segments a ``.seg.nrrd`` describes, by their number in its header, which may have gaps."""
    keys = (re.fullmatch(r"Segment(\d+)_(?:ID|Name|LabelValue|Layer)", key) for key in header)
    numbers = sorted({key.group(1) for key in keys if key}, key=int)
    found = [_label(header, f"Segment{number}", number, layers) for number in numbers]
    places = {(label.layer, label.value) for label in found}
    if len(places) < len(found):
        raise StudyRefused(
            "NRRD_KIND", "Two segments of the .seg.nrrd file have the same layer and label value; export it again."
        )
    return tuple(found)


def _label(header: Header, key: str, number: str, layers: int) -> LabelHeader:
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
