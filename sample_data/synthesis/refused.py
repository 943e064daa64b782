"""Studies that must be refused: a slice missing, a mask that lies elsewhere, no mask at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydicom.dataset import Dataset

from synthesis.abdomen import CT_HU, acquire_ct, paint_abdomen
from synthesis.dicom_image import write_images
from synthesis.dicom_seg import write_segmentation
from synthesis.grid import Grid, Mask, Vector
from synthesis.identity import Examination
from synthesis.phantom import build_ct_phantom, structure_masks
from synthesis.synthetic_ct import DRAWING, EXAM

GRID = Grid(
    shape=(20, 56, 64),
    origin=(-171.0, -148.5, -51.0),
    steps=((0.0, 0.0, 9.0), (0.0, 5.4, 0.0), (5.4, 0.0, 0.0)),
)
MISSING_SLICE = 10
ELSEWHERE_MM = 600.0


def write_missing_slice(folder: Path) -> None:
    """Write a study whose series lacks a slice in the middle of the liver; the mask refers to it."""
    exam = _name_patient("missing_slice", "LMS-REF-01", "Phantom^Gap")
    images = _write_series(folder, exam)
    write_segmentation(folder / "seg.dcm", exam, images, _draw_masks(), DRAWING)
    (folder / "ct" / f"{MISSING_SLICE + 1:04d}.dcm").unlink()


def write_mask_elsewhere(folder: Path) -> None:
    """Write a study whose mask says that it lies in the image's frame of reference, but 600 mm above the image."""
    exam = _name_patient("mask_elsewhere", "LMS-REF-02", "Phantom^Elsewhere")
    images = _write_series(folder, exam)
    positions = [_lift(GRID.position(number)) for number in range(GRID.shape[0])]
    write_segmentation(folder / "seg.dcm", exam, images, _draw_masks(), DRAWING, positions)


def write_no_mask(folder: Path) -> None:
    """Write a study of images alone."""
    _write_series(folder, _name_patient("no_mask", "LMS-REF-03", "Phantom^Bare"))


def _name_patient(name: str, patient_id: str, patient_name: str) -> Examination:
    return replace(
        EXAM,
        name=name,
        patient_id=patient_id,
        patient_name=patient_name,
        accession_number="",
        series_description="Synthetic portal venous 9 mm",
    )


def _write_series(folder: Path, exam: Examination) -> list[Dataset]:
    picture = acquire_ct(paint_abdomen(build_ct_phantom(), GRID, CT_HU), seed=5, noise_hu=5)
    return write_images(folder / "ct", exam, GRID, picture, "CT")


def _draw_masks() -> dict[str, Mask]:
    masks = structure_masks(build_ct_phantom(), GRID.coordinates())
    return {name: masks[name] for name in ("liver", "lesion_1", "lesion_2")}


def _lift(position: Vector) -> Vector:
    return (position[0], position[1], position[2] + ELSEWHERE_MM)
