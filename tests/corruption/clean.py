"""The good study, written in each form that is spoiled: DICOM, NIfTI, label map, NRRD."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from pydicom.sr.coding import Code

from pipeline.geometry import Geometry
from tests.formats.images_written import write_classic
from tests.formats.masks_written import MASK_WRITERS
from tests.formats.turned_study import Turn, values_hu
from tests.liver_phantom import GRID, Voxels, paint_image, sample_structures
from tests.readers.build_dicom import LESION, LIVER, TISSUE, write_seg, write_series

CODES: Mapping[str, Code] = {
    "liver": LIVER,
    "lesion_1": LESION,
    "lesion_2": LESION,
    "lesion_3": LESION,
    "remnant": TISSUE,
    "portal_vein": Code("32764006", "SCT", "Portal vein"),
    "hepatic_vein": Code("8993003", "SCT", "Hepatic vein"),
}
RECORD = """\
{whose}
date: 2024-01-30
height_cm: 172
weight_kg: 74
ecog: 1
bilirubin_total_mg_dl: 0.8
albumin_g_l: 39
inr: 1.1
platelets_10e9_l: 182
creatinine_mg_dl: 0.9
cirrhosis: false
ascites: none
primary_type: colon
extrahepatic_disease: none
"""
STUDY_NAME = "study"
"""Name of every study's folder, which a clinical record of files without identity names."""


def itk_image(array: np.ndarray, grid: Geometry = GRID) -> sitk.Image:
    """Return an array on a grid as SimpleITK holds it: its axes are the grid's in reverse."""
    image = sitk.GetImageFromArray(array)
    image.SetOrigin(grid.affine[:3, 3].tolist())
    image.SetSpacing(grid.spacing_mm[::-1].tolist())
    image.SetDirection((grid.axes / grid.spacing_mm[:, None])[::-1].T.ravel().tolist())
    return image


def write_itk(path: Path, array: np.ndarray, grid: Geometry = GRID) -> Path:
    """Write NIfTI, NRRD or MetaImage with SimpleITK, by the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(itk_image(array, grid), str(path), useCompression=not path.name.endswith(".nii"))
    return path


def write_dicom(folder: Path, grid: Geometry = GRID) -> None:
    """Write a CT series, a BINARY SEG by highdicom, and the clinical record."""
    paths = write_series(folder / "ct", grid, (paint_image(grid) + 1000).astype(np.int16))
    write_seg(folder / "seg.dcm", paths, coded(sample_structures(grid)))
    write_record(folder, "patient_id: P-1")


def coded(masks: Mapping[str, Voxels]) -> dict[str, tuple[Voxels, Code]]:
    """Return masks with their codes, under the labels that a SEG gives them."""
    return {name.replace("_", " "): (voxels, CODES[name]) for name, voxels in masks.items()}


def write_structures(folder: Path, suffix: str) -> None:
    """Write the image and one file a structure."""
    write_itk(folder / f"ct{suffix}", paint_image())
    for name, voxels in sample_structures().items():
        write_itk(folder / f"{name}{suffix}", voxels.astype(np.uint8))
    write_record(folder, f"study: {STUDY_NAME}")


def write_lits(folder: Path) -> None:
    """Write image and label map as LiTS does: 1 liver, 2 lesion."""
    masks = sample_structures()
    lesion = masks["lesion_1"] | masks["lesion_2"] | masks["lesion_3"]
    write_itk(folder / "volume-0.nii.gz", paint_image())
    write_itk(folder / "segmentation-0.nii.gz", np.where(lesion, 2, masks["liver"]).astype(np.uint8))
    write_record(folder, 'study: "0"')


def write_plan(folder: Path) -> None:
    """Write the small study of the format matrix as a series and an RTSTRUCT of exact circles."""
    turn = Turn((0, 1, 2), (1, 1, 1), "straight")
    twins = write_classic(folder, values_hu() + np.int16(1000), turn.grid, "explicit little endian")
    MASK_WRITERS["RTSTRUCT"](folder, turn, twins)
    shutil.rmtree(twins[0].parent)
    write_record(folder, "patient_id: P-1")


def write_record(folder: Path, whose: str) -> None:
    """Write the clinical record beside the study; of files without a date it says which day they are of."""
    day = "" if "patient_id" in whose else "\nstudy_date: 2024-01-31"
    (folder / "clinical.yaml").write_text(RECORD.format(whose=whose + day))


FORMS: Mapping[str, Callable[[Path], None]] = {
    "dicom": write_dicom,
    "nifti": lambda folder: write_structures(folder, ".nii.gz"),
    "nrrd": lambda folder: write_structures(folder, ".nrrd"),
    "lits": write_lits,
    "mha": lambda folder: write_structures(folder, ".mha"),
    "rtstruct": write_plan,
}
"""How the good study is written, by the name of its form."""
