"""Volume files and DICOM pixels as SimpleITK reads them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from pipeline.verify.grid import Grid
from pipeline.verify.problems import NotSupported

Voxels = NDArray[np.integer | np.floating]


@lru_cache(maxsize=64)
def load_array(path: Path) -> Voxels:
    """Return the values of a file, axes k, j, i (and channel); rescaled to HU for DICOM CT (PS3.3 C.11.1)."""
    try:
        image = SimpleITK.ReadImage(str(path))
    except RuntimeError:
        raise NotSupported("SimpleITK does not read a source file") from None
    array = np.asarray(SimpleITK.GetArrayFromImage(image))
    array.flags.writeable = False
    return array


def metadata_of(path: Path) -> dict[str, str]:
    """Return what a file says beside its voxels, by key."""
    image = SimpleITK.ReadImage(str(path))
    return {str(key): str(image.GetMetaData(key)) for key in image.GetMetaDataKeys()}


def file_grid(path: Path) -> Grid:
    """Return the grid of a volume file, axes k, j, i (ITK's world is DICOM's, LPS mm)."""
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        raise NotSupported("SimpleITK does not read the grid of a source file") from None
    size, dimension = reader.GetSize(), int(reader.GetDimension())
    directions = np.array(reader.GetDirection(), dtype=float).reshape(dimension, dimension)[:3, :3]
    steps = (directions * np.array(reader.GetSpacing(), dtype=float)[:3]).T
    origin = np.array(reader.GetOrigin(), dtype=float)[:3]
    return Grid((int(size[2]), int(size[1]), int(size[0])), origin, steps[::-1].copy(), 0)
