"""Study ``synthetic_ct``: portal-venous CT, DICOM and SEG, with a clinical record; also as NIfTI and NRRD."""

from __future__ import annotations

from pathlib import Path

import highdicom as hd

from synthesis.abdomen import CT_HU, acquire_ct, paint_abdomen
from synthesis.clinical import CT_RECORD, identify_dicom, write_clinical
from synthesis.dicom_image import write_images
from synthesis.dicom_seg import GEOMETRY, Drawing, write_segmentation
from synthesis.grid import Grid
from synthesis.identity import Examination
from synthesis.noise import Whole
from synthesis.phantom import Phantom, build_ct_phantom, structure_masks
from synthesis.truth import state_remnant, state_truth, write_truth
from synthesis.voxel_files import write_nifti, write_nrrd

EXAM = Examination(
    name="synthetic_ct",
    patient_id="LMS-CT-01",
    patient_name="Phantom^Portia",
    birth_date="19640229",
    sex="F",
    age="060Y",
    study_date="20240612",
    study_description="Synthetic CT abdomen, portal venous",
    series_description="Synthetic portal venous 3 mm",
    accession_number="LMS0001",
)
DRAWING = Drawing(
    description="Closed-form phantom masks",
    algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
    algorithm_name="livermetry sample data",
    algorithm_family=GEOMETRY,
)
GRID = Grid(
    shape=(66, 192, 192),
    origin=(-171.9, -171.9, -57.5),
    steps=((0.0, 0.0, 3.0), (0.0, 1.8, 0.0), (1.8, 0.0, 0.0)),
)
SEED = 20240612
NOISE_HU = 9


def acquire(phantom: Phantom) -> Whole:
    """Return the picture in Hounsfield units."""
    return acquire_ct(paint_abdomen(phantom, GRID, CT_HU), SEED, NOISE_HU)


def write_study(folder: Path) -> None:
    """Write images, segmentation, clinical record and truth."""
    phantom = build_ct_phantom()
    images = write_images(folder / "ct", EXAM, GRID, acquire(phantom), "CT")
    masks = structure_masks(phantom, GRID.coordinates())
    write_segmentation(folder / "seg.dcm", EXAM, images, masks, DRAWING)
    write_clinical(folder / "clinical.yaml", identify_dicom(EXAM), CT_RECORD)
    remnant = state_remnant(phantom, height_cm=float(CT_RECORD["height_cm"]), weight_kg=float(CT_RECORD["weight_kg"]))
    write_truth(folder / "truth.json", state_truth(phantom), remnant)


def write_formats(folder: Path) -> None:
    """Write the same picture and masks as NIfTI (``folder/nifti``) and as NRRD (``folder/nrrd``)."""
    phantom = build_ct_phantom()
    picture = acquire(phantom)
    masks = structure_masks(phantom, GRID.coordinates())
    for name, write, ending in (("nifti", write_nifti, ".nii.gz"), ("nrrd", write_nrrd, ".nrrd")):
        (folder / name / "masks").mkdir(parents=True, exist_ok=True)
        write(folder / name / f"ct{ending}", picture.astype("<i2"), GRID)
        for structure, mask in masks.items():
            stem = structure.replace("segment_", "couinaud_segment_")
            write(folder / name / "masks" / f"{stem}{ending}", mask.astype("u1"), GRID)
        write_clinical(folder / name / "clinical.yaml", {"study": name}, CT_RECORD)
