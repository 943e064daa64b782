"""NIfTI and NRRD files of arrays that lie on one of our grids."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import nrrd
import numpy as np
from numpy.typing import NDArray

from synthesis.grid import Grid

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def write_nifti(path: Path, voxels: NDArray[np.generic], grid: Grid) -> None:
    """Write an array (slice, row, column) as NIfTI: axes column, row, slice and the affine in RAS mm."""
    image = nib.Nifti1Image(voxels.transpose(2, 1, 0), LPS_TO_RAS @ grid.lps_affine)
    image.set_sform(image.affine, code=1)
    image.set_qform(image.affine, code=1)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)


def write_nrrd(path: Path, voxels: NDArray[np.generic], grid: Grid) -> None:
    """Write an array (slice, row, column) as NRRD in the space left-posterior-superior."""
    affine = grid.lps_affine
    header = {
        "space": "left-posterior-superior",
        "space directions": affine[:3, :3].T,
        "space origin": affine[:3, 3],
        "kinds": ["domain", "domain", "domain"],
        "encoding": "gzip",
    }
    nrrd.write(str(path), np.ascontiguousarray(voxels.transpose(2, 1, 0)), header)
