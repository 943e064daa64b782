"""MetaImage files (``.mha``, ``.mhd`` with a data file beside): grid and voxels (ITK's MetaIO documentation).

The world of a MetaImage is ITK's, LPS in mm; AnatomicalOrientation repeats its matrix in letters and is not read. The
header is parsed here because no library limits what it promises or where its data file may be.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np

from pipeline.errors import StudyRefused
from pipeline.readers.volumes.stored_voxels import StoredVoxels, all_beside
from pipeline.readers.volumes.volume_file import (
    Affine,
    Slab,
    VolumeFile,
    check_affine,
    check_shape,
    describe_place,
    digest_of,
)

Header: TypeAlias = Mapping[str, str]

MAX_HEADER = 1 << 16
MAX_FILES = 4096
TYPES: Mapping[str, str] = dict(
    word.split(":")
    for word in [
        "MET_CHAR:i1",
        "MET_UCHAR:u1",
        "MET_SHORT:i2",
        "MET_USHORT:u2",
        "MET_INT:i4",
        "MET_UINT:u4",
        "MET_LONG_LONG:i8",
        "MET_ULONG_LONG:u8",
        "MET_FLOAT:f4",
        "MET_DOUBLE:f8",
    ]
)
"""``MET_LONG`` is absent: how many bytes it has depends on the machine that wrote it."""
MATRIX, PLACE = ("TransformMatrix", "Orientation", "Rotation"), ("Offset", "Position", "Origin")
DATA = "ElementDataFile"


def open_metaimage(path: Path) -> VolumeFile:
    """Open a MetaImage without reading its voxels.

    Raises
    ------
    StudyRefused
        ``TRUNCATED`` for a file that is none, ``AFFINE_NONE`` when it does not say how its grid lies, ``AFFINE_UNIT``
        for a unit other than mm, ``META_KIND`` for a layout that is not read, ``PATH`` when its voxels are elsewhere.
    """
    header, end, rest = _read_header(path)
    sizes = _integers(header, "DimSize")
    if _integers(header, "NDims") not in ((), (len(sizes),)):
        raise StudyRefused("TRUNCATED", "The MetaImage has another number of sizes than of axes.")
    channels, *further = _integers(header, "ElementNumberOfChannels") or (1,)
    times = math.prod(sizes[3:])
    if further or (channels > 1 and times > 1):
        raise StudyRefused("META_KIND", "The MetaImage has both channels and a fourth axis.")
    shape = check_shape(list(sizes[:3]), "MetaImage", channels * times)
    affine = check_affine(_affine(header, len(sizes)), "MetaImage")
    voxels = _voxels(path, end, header, rest, math.prod(shape) * channels * times)
    plane = (channels, *shape[:2])
    voxels.check(plane)

    def slabs(start: int, stop: int) -> Iterator[Slab]:
        for time in range(times):
            before = time * shape[2]
            for first, slab in voxels.planes(plane, before + start, before + stop):
                yield from (Slab(time + channel, first - before, slab[channel]) for channel in range(channels))

    return VolumeFile(
        path,
        digest_of(path),
        shape,
        (affine,),
        slabs,
        findings=describe_place(affine, "MetaImage"),
        layers=channels * times,
        beside=tuple((each, digest_of(each)) for each in voxels.paths if each != path),
    )


def _read_header(path: Path) -> tuple[Header, int, list[str]]:
    """Return the header's entries, where it ends, and the lines behind it where the voxels are a list of files."""
    try:
        with path.open("rb") as file:
            head = file.read(MAX_HEADER)
    except OSError as error:
        raise StudyRefused("TRUNCATED", f"A MetaImage cannot be read ({type(error).__name__}).") from None
    end = re.search(rb"^[ \t]*ElementDataFile[ \t]*=[^\r\n]*(\r?\n|\Z)", head, re.MULTILINE)
    if end is None:
        raise StudyRefused("TRUNCATED", "A MetaImage ends within its header, or is none.")
    header: dict[str, str] = {}
    for line in head[: end.end()].decode("latin-1").splitlines():
        key, equals, value = line.partition("=")
        if equals and header.setdefault(key.strip(), value.strip()) != value.strip():
            raise StudyRefused("META_KIND", "The MetaImage states one of its entries twice, and differently.")
    if header.get("ObjectType", "Image") != "Image" or "DimSize" not in header:
        raise StudyRefused("TRUNCATED", "The MetaImage holds no image.")
    return header, end.end(), head[end.end() :].decode("latin-1").splitlines()


def _integers(header: Header, key: str) -> tuple[int, ...]:
    words = header.get(key, "").split()
    if not all(re.fullmatch(r"\d{1,9}", word) for word in words):
        raise StudyRefused("TRUNCATED", f"{key} of the MetaImage is no whole number.")
    return tuple(int(word) for word in words)


def _numbers(header: Header, keys: tuple[str, ...], count: int) -> Affine | None:
    """Return the numbers of the first of some entries that is there; None when none is."""
    text = next((header[key] for key in keys if key in header), None)
    if text is None:
        return None
    try:
        numbers = np.array([float(word) for word in text.split()], dtype=np.float64)
    except ValueError:
        numbers = np.array([])
    if len(numbers) != count or not np.isfinite(numbers).all() or "_" in text:
        raise StudyRefused("AFFINE_NONE", f"{keys[0]} of the MetaImage is not {count} numbers.")
    return numbers


def _affine(header: Header, axes: int) -> Affine:
    """Return the affine of the first three axes; each row of the matrix is the direction of one (ITK's MetaImageIO)."""
    matrix, place = _numbers(header, MATRIX, axes * axes), _numbers(header, PLACE, axes)
    spacing = _numbers(header, ("ElementSpacing", "ElementSize"), axes)
    if header.get("DistanceUnits", "mm").lower() not in ("mm", "?"):
        raise StudyRefused("AFFINE_UNIT", "The MetaImage gives its lengths in another unit than mm.")
    if matrix is None or place is None or spacing is None:
        raise StudyRefused(
            "AFFINE_NONE",
            "The MetaImage does not say how its grid lies in the patient (TransformMatrix, Offset, ElementSpacing).",
        )
    rows = matrix.reshape(axes, axes)
    affine = np.eye(4)
    affine[:3, :3] = (rows[:3, :3] * spacing[:3, None]).T
    affine[:3, 3] = place[:3]
    if np.any(np.abs(np.linalg.norm(rows[:3, :3], axis=1) - 1) > 1e-3) or spacing.min() <= 0:
        raise StudyRefused("AFFINE_NONE", "The MetaImage's axes are no unit vectors with spacings above zero.")
    return affine


def _voxels(path: Path, end: int, header: Header, rest: list[str], count: int) -> StoredVoxels:
    """Return where the voxels are: behind the header, in a file beside it, or in a file a slice."""
    kind = TYPES.get(header.get("ElementType", "").removesuffix("_ARRAY"))
    skipped = header.get("HeaderSize", "0")
    plain = header.get("ElementToIntensityFunctionSlope", "1") in ("1", "1.0")
    if kind is None or not _is(header, "BinaryData", "True") or not plain or not re.fullmatch(r"\d{1,9}|-1", skipped):
        raise StudyRefused("META_KIND", "The voxels of the MetaImage are text, scaled, or of a type that is not read.")
    big = _is(header, "BinaryDataByteOrderMSB", "False") or _is(header, "ElementByteOrderMSB", "False")
    voxel = np.dtype((">" if big else "<") + kind)
    packed = _is(header, "CompressedData", "False")
    where = header[DATA]
    is_local = where.upper() == "LOCAL"
    paths = (path,) if is_local else all_beside(path, _names_of(where, rest))
    start = end if is_local else int(skipped)
    if (packed and (len(paths) > 1 or start not in (0, end))) or count % len(paths):
        raise StudyRefused("META_KIND", "The voxels of the MetaImage are packed or divided in a way that is not read.")
    if start < 0:
        start = paths[0].stat().st_size - count // len(paths) * voxel.itemsize
    if start < 0:
        raise StudyRefused("TRUNCATED", "A volume file ends before its voxels do.")
    return StoredVoxels(paths, start, voxel, count, packed)


def _is(header: Header, key: str, default: str) -> bool:
    return header.get(key, default).lower() in ("true", "1")


def _names_of(where: str, rest: list[str]) -> list[str]:
    """Return the data files: one, a list of them below, or ``name%03d.raw 1 40 1`` (a pattern and its numbers)."""
    words = where.split()
    if words[:1] == ["LIST"]:
        names = [line.strip() for line in rest if line.strip()]
    elif "%" in where:
        match = re.fullmatch(r"([^%\s]*)%(0?)(\d?)d([^%\s]*)\s+(\d{1,5})\s+(\d{1,5})(?:\s+(\d{1,4}))?", where)
        if match is None:
            raise StudyRefused("META_KIND", "The MetaImage names its data files by a pattern that is not read.")
        before, fill, width, after, first, last, step = match.groups(default="1")
        numbers = range(int(first), int(last) + 1, max(int(step), 1))
        width = width if match[3] else "0"
        names = [f"{before}{str(n).rjust(int(width), '0' if fill else ' ')}{after}" for n in numbers]
    else:
        names = [where]
    if not 0 < len(names) <= MAX_FILES:
        raise StudyRefused("META_KIND", "The MetaImage names no data file, or more than there can be.")
    return names
