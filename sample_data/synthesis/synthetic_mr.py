"""Study ``synthetic_mr``: T1-weighted gradient echo in an oblique axial plane, DICOM and SEG."""

from __future__ import annotations

from math import cos, radians, sin
from pathlib import Path

from synthesis.abdomen import MR_SIGNAL, acquire_mr, paint_abdomen
from synthesis.dicom_image import write_images
from synthesis.dicom_seg import write_segmentation
from synthesis.grid import Grid, Vector
from synthesis.identity import Examination
from synthesis.phantom import build_mr_phantom, structure_masks
from synthesis.synthetic_ct import DRAWING
from synthesis.truth import state_truth, write_truth

EXAM = Examination(
    name="synthetic_mr",
    patient_id="LMS-MR-01",
    patient_name="Phantom^Maxwell",
    birth_date="19580317",
    sex="M",
    age="066Y",
    study_date="20240918",
    study_description="Synthetic MR liver",
    series_description="Synthetic T1 GRE fat-sat, oblique axial",
    accession_number="LMS0002",
)
TILT_DEG = 12.0
SPACING_MM: Vector = (4.4, 2.3, 2.0)
"""Slices, rows, columns."""
SHAPE = (44, 112, 176)
SEED = 20240918
NOISE = 14


def build_grid() -> Grid:
    """Return the grid: rows tilted about the left-right axis, so that slices rise to the front."""
    tilt = radians(TILT_DEG)
    along_slices, down, along = SPACING_MM
    normal: Vector = (0.0, sin(tilt), cos(tilt))
    rows: Vector = (0.0, cos(tilt), -sin(tilt))
    middle: Vector = (0.0, 0.0, 32.0)
    half = ((SHAPE[0] - 1) * along_slices / 2, (SHAPE[1] - 1) * down / 2, (SHAPE[2] - 1) * along / 2)
    origin = tuple(
        round(c - half[0] * n - half[1] * r - half[2] * a, 4)
        for c, n, r, a in zip(middle, normal, rows, (1.0, 0.0, 0.0), strict=True)
    )
    return Grid(
        shape=SHAPE,
        origin=(origin[0], origin[1], origin[2]),
        steps=(_times(normal, along_slices), _times(rows, down), (along, 0.0, 0.0)),
    )


def _times(direction: Vector, length: float) -> Vector:
    return (direction[0] * length, direction[1] * length, direction[2] * length)


def write_study(folder: Path) -> None:
    """Write images, segmentation (liver and lesions) and truth."""
    phantom, grid = build_mr_phantom(), build_grid()
    picture = acquire_mr(paint_abdomen(phantom, grid, MR_SIGNAL), SEED, NOISE)
    images = write_images(folder / "mr", EXAM, grid, picture, "MR")
    masks = structure_masks(phantom, grid.coordinates())
    drawn = {name: mask for name, mask in masks.items() if name == "liver" or name.startswith("lesion_")}
    write_segmentation(folder / "seg.dcm", EXAM, images, drawn, DRAWING)
    normal: Vector = (0.0, sin(radians(TILT_DEG)), cos(radians(TILT_DEG)))
    write_truth(folder / "truth.json", state_truth(phantom, normal, drawn=("liver",)))
