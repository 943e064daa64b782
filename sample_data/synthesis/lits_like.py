"""Study ``lits_like``: CT as NIfTI with one label map, named and numbered as the LiTS challenge does."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from synthesis.abdomen import CT_HU, acquire_ct, paint_abdomen
from synthesis.grid import Grid
from synthesis.phantom import build_lits_phantom, structure_masks
from synthesis.truth import state_truth, write_truth
from synthesis.voxel_files import write_nifti

GRID = Grid(
    shape=(54, 150, 160),
    origin=(-174.9, 157.9, -72.0),
    steps=((0.0, 0.0, 3.5), (0.0, -2.2, 0.0), (2.2, 0.0, 0.0)),
)
"""Columns to the patient's left and rows to the front: in NIfTI's RAS a negative first and a positive second axis."""
SEED = 17
NOISE_HU = 11
LIVER, TUMOUR = 1, 2


def write_study(folder: Path) -> None:
    """Write image, label map (1 liver without tumour, 2 tumour) and truth."""
    phantom = build_lits_phantom()
    picture = acquire_ct(paint_abdomen(phantom, GRID, CT_HU), SEED, NOISE_HU)
    masks = structure_masks(phantom, GRID.coordinates())
    labels = np.zeros(GRID.shape, dtype="u1")
    labels[masks["liver"]] = LIVER
    for name, mask in masks.items():
        if name.startswith("lesion_"):
            labels[mask] = TUMOUR
    write_nifti(folder / "volume-0.nii.gz", picture.astype("<i2"), GRID)
    write_nifti(folder / "segmentation-0.nii.gz", labels, GRID)
    write_truth(folder / "truth.json", state_truth(phantom, drawn=("liver",)))
