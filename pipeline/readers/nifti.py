"""NIfTI-1 and NIfTI-2 files: grid from sform and qform, voxels with their scale applied.

NIfTI's world is RAS; it becomes LPS here, exactly, by the sign of the first two rows.
"""

from __future__ import annotations

import logging
import math
import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
from nibabel import imageglobals

from pipeline.errors import StudyRefused
from pipeline.geometry import Box, Geometry
from pipeline.readers.volume_file import (
    GRID_TOLERANCE,
    Affine,
    Array,
    VolumeFile,
    check_affine,
    check_complete,
    check_shape,
    describe_place,
    digest_of,
)

imageglobals.logger.handlers[:] = [logging.NullHandler()]  # nibabel prints what it repairs; a terminal is not the place

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
MILLIMETRES = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""Length of the unit that xyzt_units names in mm; an unnamed unit is the millimetre (NIfTI-1 header, xyzt_units)."""

FIRST_VOXEL = 352
"""Byte of the first voxel where a single file names none (NIfTI-1 header, vox_offset)."""


def open_nifti(path: Path) -> VolumeFile:
    """Open a NIfTI file without reading its voxels.

    Raises
    ------
    StudyRefused
        ``TRUNCATED`` for a file that is none, ``AFFINE_NONE`` when it has no place, ``AFFINE_UNIT`` for a strange unit.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = _open(path)
            header = image.header
            sizes = [int(size) for size in image.shape]
            forms = [image.get_sform(coded=True), image.get_qform(coded=True)]  # type: ignore[no-untyped-call]
            unit = int(header["xyzt_units"]) & 7
            offset = max(int(header["vox_offset"]), FIRST_VOXEL)
    except Exception as error:
        raise StudyRefused("TRUNCATED", f"A NIfTI file is damaged or none ({type(error).__name__}).") from None
    shape = check_shape(sizes, "NIfTI file")
    if unit not in MILLIMETRES:
        raise StudyRefused("AFFINE_UNIT", "The NIfTI file names a unit of length that NIfTI does not know.")
    coded = [np.asarray(affine, dtype=np.float64) for affine, code in forms if code]
    affines = tuple(check_affine(_to_lps_mm(affine, MILLIMETRES[unit]), "NIfTI file") for affine in coded)
    if not affines:
        raise StudyRefused(
            "AFFINE_NONE",
            "The NIfTI file has neither sform nor qform: its place in the patient was lost; convert it again.",
        )

    needed = offset + math.prod(shape) * int(header["bitpix"]) // 8
    check_complete(path, 0, needed, packed=path.name.lower().endswith(".gz"))

    def load(box: Box | None) -> Array:
        return _load(path, sizes, box)

    notes = describe_place(affines[0], "NIfTI file")
    return VolumeFile(path, digest_of(path), shape, _distinct(affines, shape), load, findings=notes)


def _open(path: Path) -> nib.Nifti1Image:
    """Return the image of a single NIfTI-1 or NIfTI-2 file."""
    image = nib.load(path)
    if not isinstance(image, nib.Nifti1Image):
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


def _load(path: Path, sizes: list[int], box: Box | None) -> Array:
    spans = box if box is not None else (slice(None), slice(None), slice(None))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = _open(path).dataobj[(*spans, *[0] * (len(sizes) - 3))]
    except Exception as error:
        raise StudyRefused("TRUNCATED", f"The voxels of a NIfTI file are damaged ({type(error).__name__}).") from None
    return np.asarray(data)[None]
