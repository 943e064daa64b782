"""NIfTI-1 and NIfTI-2 files: grid from sform and qform, voxels with their scale applied.

NIfTI's world is RAS; it becomes LPS here, exactly, by the sign of the first two rows.
"""

from __future__ import annotations

import gzip
import logging
import math
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry
from pipeline.readers.volumes.stored_voxels import check_complete, find_beside, planes_at_once
from pipeline.readers.volumes.volume_file import (
    GRID_TOLERANCE,
    Affine,
    Slab,
    VolumeFile,
    check_affine,
    check_shape,
    describe_place,
    digest_of,
)

if TYPE_CHECKING:
    import nibabel as nib

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
MILLIMETRES = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""Length of the unit that xyzt_units names in mm; an unnamed unit is the millimetre (NIfTI-1 header, xyzt_units)."""

TIME_SERIES = 2001
"""NIFTI_INTENT_TIME_SERIES."""
MAX_OFFSET = 1 << 24
"""Bytes that a header and its extensions may have."""
FIRST_VOXEL = 352
"""Byte of the first voxel where a single file names none (NIfTI-1 header, vox_offset)."""
ANALYZE = (
    "A .hdr with .img is Analyze 7.5 and no NIfTI: the format states neither place nor sides in the patient; convert "
    "the original to NIfTI, NRRD or MetaImage."
)


def open_nifti(path: Path) -> VolumeFile:
    """Open a NIfTI file without reading its voxels; of more than three axes, the further ones are layers.

    Raises
    ------
    StudyRefused
        ``TRUNCATED`` for a file that is none, ``AFFINE_NONE`` when it has no place, ``AFFINE_UNIT`` for a strange unit,
        ``NIFTI_KIND`` for voxels that are no single numbers, ``GEOM_SLICES`` for a time series.
    """
    _check_header(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = _open(path)
            header = image.header
            sizes = [int(size) for size in image.shape]
            forms = [image.get_sform(coded=True), image.get_qform(coded=True)]  # type: ignore[no-untyped-call]
            unit, intent = int(header["xyzt_units"]) & 7, int(header["intent_code"])
            kind: np.dtype[Any] = header.get_data_dtype()  # type: ignore[no-untyped-call]
            voxels = _voxels_path(path)
            offset = max(int(header["vox_offset"]), FIRST_VOXEL if voxels == path else 0)
    except StudyRefused:
        raise
    except Exception as error:
        raise StudyRefused("TRUNCATED", f"A NIfTI file is damaged or none ({type(error).__name__}).") from None
    layers = math.prod(sizes[3:])
    shape = check_shape(sizes[:3], "NIfTI file", layers)
    if kind.kind not in "iuf":
        raise StudyRefused("NIFTI_KIND", "The voxels of the NIfTI file are colours or complex numbers.")
    if intent == TIME_SERIES and layers > 1:
        raise StudyRefused("GEOM_SLICES", "The NIfTI file is a time series; give the volume that counts.")
    affines = _affines(forms, unit)
    check_complete(
        voxels, 0, offset + math.prod(shape) * layers * kind.itemsize, packed=voxels.name.lower().endswith(".gz")
    )
    planes = planes_at_once(shape[0] * shape[1], kind.itemsize)
    return VolumeFile(
        path,
        digest_of(path),
        shape,
        _distinct(affines, shape),
        lambda start, stop: _slabs(path, sizes, range(start, stop, planes), stop),
        findings=describe_place(affines[0], "NIfTI file"),
        layers=layers,
        beside=() if voxels == path else ((voxels, digest_of(voxels)),),
    )


def _check_header(path: Path) -> None:
    """Check where a header says that the voxels begin: what lies before them is read whole."""
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            head = file.read(544)
    except (OSError, EOFError, zlib.error) as error:
        raise StudyRefused("TRUNCATED", f"A NIfTI file is damaged or none ({type(error).__name__}).") from None
    for order in "<>":
        if head[:4] == struct.pack(f"{order}i", 348) and len(head) >= 112:
            (offset,) = struct.unpack_from(f"{order}f", head, 108)
        elif head[:4] == struct.pack(f"{order}i", 540) and len(head) >= 176:
            (offset,) = struct.unpack_from(f"{order}q", head, 168)
        else:
            continue
        if path.suffix.lower() == ".hdr" and len(head) == 348 and not any(head[344:348]):
            raise StudyRefused("AFFINE_NONE", ANALYZE)
        if not 0 <= offset <= MAX_OFFSET:
            raise StudyRefused("LIMIT_LENGTH", "A NIfTI file says that its voxels begin beyond any header.")
        return
    raise StudyRefused("TRUNCATED", "A NIfTI file is damaged or none.")


def _voxels_path(path: Path) -> Path:
    """Return the file of the voxels: the same one, or the ``.img`` of a pair."""
    return find_beside(path, f"{path.stem}.img") if path.suffix.lower() == ".hdr" else path


def _affines(forms: Sequence[tuple[Affine | None, int]], unit: int) -> tuple[Affine, ...]:
    """Return the affines that a file declares, in LPS mm."""
    if unit not in MILLIMETRES:
        raise StudyRefused("AFFINE_UNIT", "The NIfTI file names a unit of length that NIfTI does not know.")
    coded = [np.asarray(affine, dtype=np.float64) for affine, code in forms if code]
    if not coded:
        raise StudyRefused(
            "AFFINE_NONE",
            "The NIfTI file has neither sform nor qform: its place in the patient was lost; convert it again.",
        )
    return tuple(check_affine(_to_lps_mm(affine, MILLIMETRES[unit]), "NIfTI file") for affine in coded)


def _open(path: Path, *, keep_file_open: bool = False) -> nib.Nifti1Pair:
    """Return the image of a NIfTI-1 or NIfTI-2 file, or of a pair of them; nibabel is imported with the first.

    It prints what it repairs; a terminal is not the place.
    """
    import nibabel as nib
    from nibabel import imageglobals

    imageglobals.logger.handlers[:] = [logging.NullHandler()]
    image = nib.load(path, keep_file_open=keep_file_open)
    if not isinstance(image, nib.Nifti1Pair):
        raise TypeError("no NIfTI file")
    return image


def _to_lps_mm(affine: Affine, scale: float) -> Affine:
    placed = RAS_TO_LPS @ affine
    placed[:3] *= scale
    return np.asarray(placed, dtype=np.float64)


def _distinct(affines: tuple[Affine, ...], shape: tuple[int, int, int]) -> tuple[Affine, ...]:
    """Return the sform alone when the qform puts every corner within a tenth of a voxel of it."""
    if len(affines) == 1:
        return affines
    first, second = (Geometry(shape, affine) for affine in affines)
    corners = first.to_index(first.corners_mm())
    return affines[:1] if np.abs(first.offset_in(second) - corners).max() <= GRID_TOLERANCE else affines


def _slabs(path: Path, sizes: list[int], firsts: range, stop: int) -> Iterator[Slab]:
    """Yield the voxels with their scale applied; a packed file is unpacked once, from its begin to the last plane."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            voxels = _open(path, keep_file_open=True).dataobj
        for layer in range(math.prod(sizes[3:])):
            further = np.unravel_index(layer, sizes[3:], order="F") if sizes[3:] else ()
            for first in firsts:
                planes = slice(first, min(first + firsts.step, stop))
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    slab = np.asarray(voxels[(slice(None), slice(None), planes, *map(int, further))])
                yield Slab(layer, first, slab)
    except (StudyRefused, GeneratorExit):
        raise
    except Exception as error:
        raise StudyRefused("TRUNCATED", f"The voxels of a NIfTI file are damaged ({type(error).__name__}).") from None
