"""NRRD files and 3D Slicer's ``.seg.nrrd``: grid from space and space directions, labels with names and codes.

The header is parsed by pynrrd; voxels are unpacked here, never to more bytes than the header's sizes allow.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import nrrd
import numpy as np

from pipeline.errors import StudyRefused
from pipeline.readers.volumes.nrrd_segments import read_nrrd_segments
from pipeline.readers.volumes.stored_voxels import StoredVoxels, find_beside
from pipeline.readers.volumes.volume_file import (
    Affine,
    Slab,
    VolumeFile,
    check_affine,
    check_shape,
    describe_place,
    digest_of,
)

MAX_HEADER = 1 << 24
"""Bytes within which a header has to end: 3D Slicer writes some hundred a segment."""

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
    """Open an NRRD file, or the header of a detached one, without reading its voxels.

    Raises
    ------
    StudyRefused
        ``TRUNCATED`` for a file that is none, ``AFFINE_NONE`` when it states spacings but no space, ``AFFINE_UNIT`` for
        a strange unit, ``NRRD_KIND`` for an encoding or layout that is not read, ``PATH`` when its voxels are in
        another folder.
    """
    header, start = _read_header(path)
    sizes = [int(size) for size in np.atleast_1d(np.asarray(header.get("sizes", [])))]
    if "encoding" not in header or not sizes:
        raise StudyRefused("TRUNCATED", "An NRRD file ends within its header.")
    layered = _is_layered(header, sizes)
    layers = sizes[0] if layered else 1
    shape = check_shape(sizes[1:] if layered else _without_ones(sizes), "NRRD file", layers)
    voxels = _voxels(path, start, header, math.prod(shape) * layers)

    def slabs(start: int, stop: int) -> Iterator[Slab]:
        for first, slab in voxels.planes((layers, *shape[:2]), start, stop):
            yield from (Slab(layer, first, slab[layer]) for layer in range(layers))

    affine = check_affine(_affine(header, layered), "NRRD file")
    voxels.check((layers, *shape[:2]))
    return VolumeFile(
        path,
        digest_of(path),
        shape,
        (affine,),
        slabs,
        read_nrrd_segments(header, layers),
        describe_place(affine, "NRRD file"),
        layers,
        tuple((each, digest_of(each)) for each in voxels.paths if each != path),
    )


def _read_header(path: Path) -> tuple[Header, int]:
    """Return an NRRD header, and where it ends."""
    try:
        with path.open("rb") as file:
            head = io.BytesIO(file.read(MAX_HEADER))
            header: Header = nrrd.read_header(head)
            return header, head.tell()
    except Exception as error:
        raise StudyRefused("TRUNCATED", f"An NRRD file is damaged or none ({type(error).__name__}).") from None


def _without_ones(sizes: list[int]) -> list[int]:
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes = sizes[:-1]
    return sizes


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


def _voxels(path: Path, start: int, header: Header, count: int) -> StoredVoxels:
    """Return where the voxels are: behind the header, or in the one file beside it that it names."""
    name = TYPES.get(str(header.get("type", "")).lower())
    skipped = [int(str(header.get(key, 0))) for key in ("line skip", "lineskip", "byte skip", "byteskip")]
    detached = header.get("data file", header.get("datafile"))
    if name is None or any(skipped) or not isinstance(detached, str | None):
        raise StudyRefused(
            "NRRD_KIND",
            "The NRRD file keeps its voxels in several files, behind others, or in a type that is not read; save it as "
            "one .nrrd file.",
        )
    order = "<" if str(header.get("endian", "little")) == "little" else ">"
    packed = _encoding(header) != "raw"
    kind = np.dtype(order + name)
    if detached is None:
        return StoredVoxels((path,), start, kind, count, packed)
    if detached.startswith("LIST") or "%" in detached:
        raise StudyRefused("NRRD_KIND", "The NRRD file keeps its voxels in several files; save it as one .nrrd file.")
    return StoredVoxels((find_beside(path, detached),), 0, kind, count, packed)


def _encoding(header: Header) -> str:
    encoding = str(header.get("encoding", "")).lower()
    if encoding not in ("raw", "gzip", "gz"):
        raise StudyRefused("NRRD_KIND", "The NRRD file is encoded in a way that is not read; store it as raw or gzip.")
    return encoding
