"""Volume files and DICOM pixels as SimpleITK reads them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import nibabel
import numpy as np
import SimpleITK
from numpy.typing import NDArray

from pipeline.verify.grid import Grid
from pipeline.verify.problems import NotSupported

Voxels = NDArray[np.integer | np.floating]


VOLUME_ENDINGS = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
"""Of files that hold a whole volume: of these the last two are kept, of DICOM images the last 64."""


def load_array(path: Path) -> Voxels:
    """Return the values of a file, axes k, j, i (and channel); rescaled to HU for DICOM CT (PS3.3 C.11.1)."""
    return _volume(path) if path.name.lower().endswith(VOLUME_ENDINGS) else _images(path)


def _read_array(path: Path) -> Voxels:
    try:
        array = np.asarray(SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path))))
    except RuntimeError:
        array = np.asanyarray(_open_nifti(path).dataobj[...]).transpose()
    array.flags.writeable = False
    return array


_volume = lru_cache(maxsize=2)(_read_array)
_images = lru_cache(maxsize=64)(_read_array)


def _open_nifti(path: Path) -> nibabel.Nifti1Image:
    """Return a NIfTI file that ITK does not read: of version 2, or on a sheared grid."""
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        raise NotSupported("SimpleITK does not read a source file") from None
    image = nibabel.load(path)
    assert isinstance(image, nibabel.Nifti1Image)
    return image


def _nifti_grid(path: Path) -> Grid:
    image = _open_nifti(path)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.asarray(image.affine)
    i, j, k = (int(size) for size in image.shape[:3])
    return Grid((k, j, i), affine[:3, 3], affine[:3, 2::-1].T.copy(), 0)


def metadata_of(path: Path) -> dict[str, str]:
    """Return what a file says beside its voxels, by key."""
    if path.name.lower().endswith((".nii", ".nii.gz")):
        return {}
    image = SimpleITK.ReadImage(str(path))
    return {str(key): str(image.GetMetaData(key)) for key in image.GetMetaDataKeys()}


def file_grid(path: Path) -> Grid:
    """Return the grid of a volume file, axes k, j, i (ITK's world is DICOM's, LPS mm)."""
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        return _nifti_grid(path)
    size, dimension = reader.GetSize(), int(reader.GetDimension())
    directions = np.array(reader.GetDirection(), dtype=float).reshape(dimension, dimension)[:3, :3]
    steps = (directions * np.array(reader.GetSpacing(), dtype=float)[:3]).T
    origin = np.array(reader.GetOrigin(), dtype=float)[:3]
    return Grid((int(size[2]), int(size[1]), int(size[0])), origin, steps[::-1].copy(), 0)
