"""What the committed sample studies hold, against their truth and against each other's formats."""

from __future__ import annotations

import json
from pathlib import Path

import highdicom as hd
import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray
from sample_reading import WITH_SEGMENTATION, read_images, read_masks

from pipeline.volume import Geometry


@pytest.mark.parametrize("study", ["studies/synthetic_ct", "studies/synthetic_mr"])
def test_voxel_volumes_agree_with_the_truth(study: str, sample_data: Path) -> None:
    """Counted volumes lie within 1 % of the closed forms; vessels and lesions above 5 mL 2 %, smaller lesions 8 %."""
    truth = json.loads((sample_data / study / "truth.json").read_text())["structure_volumes_ml"]
    names = {"Liver_Remnant": "remnant", "Hepatic": "hepatic_vein", "Portal": "portal_vein"}
    masks = read_masks(sample_data / study, *WITH_SEGMENTATION[study])
    assert len(masks) == len(truth)
    for label, (mask, voxel_ml) in masks.items():
        key = names.get(label, label.lower().replace("couinaud_", "").replace("tumor_", "lesion_"))
        expected = truth[key]
        tolerance = 0.01 if expected > 50.0 else 0.02 if expected > 5.0 else 0.08
        assert mask.sum() * voxel_ml == pytest.approx(expected, rel=tolerance), label


def test_lits_like_labels_agree_with_the_truth(sample_data: Path) -> None:
    """Label 1 is the liver without tumour, label 2 the tumour; the affine has the signs of LiTS files."""
    folder = sample_data / "studies/lits_like"
    truth = json.loads((folder / "truth.json").read_text())["study"]
    image, labels = (nib.load(folder / name) for name in ("volume-0.nii.gz", "segmentation-0.nii.gz"))
    assert np.array_equal(image.affine, labels.affine)
    assert list(np.sign(np.diag(image.affine)[:3])) == [-1, 1, 1]
    values = np.asarray(labels.dataobj)
    voxel_ml = abs(np.linalg.det(labels.affine[:3, :3])) / 1000.0
    assert set(np.unique(values)) == {0, 1, 2}
    assert (values > 0).sum() * voxel_ml == pytest.approx(truth["total_liver_volume_ml"], rel=0.01)
    assert (values == 2).sum() * voxel_ml == pytest.approx(truth["total_lesion_volume_ml"], rel=0.02)
    x_ras = (labels.affine @ np.append(np.argwhere(values > 0).mean(axis=0), 1.0))[0]
    assert x_ras > 10.0


def test_real_liver_has_its_published_volume(sample_data: Path) -> None:
    """The published SEG holds 70.362 mL of liver."""
    study = "studies/real_ct_liver"
    ((mask, voxel_ml),) = read_masks(sample_data / study, *WITH_SEGMENTATION[study]).values()
    assert mask.sum() * voxel_ml == pytest.approx(70.362, abs=5e-4)


@pytest.mark.parametrize("study", sorted(WITH_SEGMENTATION))
def test_segmentations_belong_to_their_images(study: str, sample_data: Path) -> None:
    """Patient, study and frame of reference agree, and every referenced image is there."""
    images, segmentation = WITH_SEGMENTATION[study]
    slices, seg = read_images(sample_data / study / images), hd.seg.segread(sample_data / study / segmentation)
    for keyword in ("PatientID", "StudyInstanceUID", "FrameOfReferenceUID"):
        assert {image[keyword].value for image in slices} == {seg[keyword].value}, keyword
    assert {str(uid) for _, _, uid in seg.get_source_image_uids()} == {str(i.SOPInstanceUID) for i in slices}


@pytest.mark.parametrize("study", sorted(WITH_SEGMENTATION))
def test_liver_lies_on_the_right_of_the_patient(study: str, sample_data: Path) -> None:
    """Its centre has a negative x in LPS, through the file's own geometry."""
    images, segmentation = WITH_SEGMENTATION[study]
    first = read_images(sample_data / study / images)[0]
    labels = read_masks(sample_data / study, images, segmentation)
    mask = next(mask for label, (mask, _) in labels.items() if label.lower().startswith("liver"))
    column = np.argwhere(mask).mean(axis=0)[2]
    assert first.ImageOrientationPatient[0] == 1
    assert float(first.ImagePositionPatient[0]) + column * float(first.PixelSpacing[1]) < -20.0


@pytest.mark.parametrize("study", ["studies/synthetic_ct", "studies/synthetic_mr"])
def test_liver_lies_whole_inside_the_scan(study: str, sample_data: Path) -> None:
    """No mask touches the border of the image."""
    for label, (mask, _) in read_masks(sample_data / study, *WITH_SEGMENTATION[study]).items():
        core = np.zeros_like(mask)
        core[2:-2, 2:-2, 2:-2] = True
        assert not (mask & ~core).any(), label


def test_lesions_are_darker_than_the_liver(sample_data: Path) -> None:
    """Hounsfield units of the synthetic CT: 105 to 115 in the liver, below 75 in every lesion."""
    folder = sample_data / "studies/synthetic_ct"
    values = np.stack([image.pixel_array.astype(int) - 1024 for image in read_images(folder / "ct")])
    masks = {label: mask for label, (mask, _) in read_masks(folder, "ct", "seg.dcm").items()}
    lesions = np.any([mask for label, mask in masks.items() if label.startswith("Tumor_")], axis=0)
    vessels = masks["Hepatic"] | masks["Portal"]
    assert 105 < values[masks["Liver"] & ~lesions & ~vessels].mean() < 115
    assert all(values[mask].mean() < 75 for label, mask in masks.items() if label.startswith("Tumor_"))


def test_formats_hold_the_same_voxels(sample_data: Path, tmp_path: Path) -> None:
    """NIfTI, NRRD and SEG of the synthetic CT give the same masks at the same places."""
    import nrrd
    from synthesis import synthetic_ct

    synthetic_ct.write_formats(tmp_path)
    masks = read_masks(sample_data / "studies/synthetic_ct", "ct", "seg.dcm")
    names = {
        "Liver": "liver",
        "Liver_Remnant": "remnant",
        "Tumor_1": "lesion_1",
        "Couinaud_Segment_7": "couinaud_segment_7",
    }
    for label, name in names.items():
        nifti = nib.load(tmp_path / "nifti/masks" / f"{name}.nii.gz")
        voxels, header = nrrd.read(str(tmp_path / "nrrd/masks" / f"{name}.nrrd"))
        assert np.array_equal(np.asarray(nifti.dataobj), voxels)
        assert np.array_equal(voxels.transpose(2, 1, 0) > 0, masks[label][0])
        to_ras = np.diag([-1.0, -1.0, 1.0])
        assert np.allclose(nifti.affine[:3, :3], to_ras @ header["space directions"].T)
        assert np.allclose(nifti.affine[:3, 3], to_ras @ header["space origin"], atol=1e-4)
    grid = Geometry((66, 192, 192), _lps_affine(sample_data))
    corner = nib.load(tmp_path / "nifti/ct.nii.gz").affine @ [191, 191, 65, 1]
    assert np.allclose(corner[:3] * [-1, -1, 1], grid.to_world(np.array([[65.0, 191.0, 191.0]]))[0], atol=1e-3)


def _lps_affine(sample_data: Path) -> NDArray[np.float64]:
    """Return the affine of the committed images: slice, row, column to LPS mm."""
    images = read_images(sample_data / "studies/synthetic_ct/ct")
    affine = np.diag([0.0, 0.0, 0.0, 1.0])
    affine[:3, 0] = np.subtract(images[1].ImagePositionPatient, images[0].ImagePositionPatient)
    affine[1, 1], affine[0, 2] = (float(value) for value in images[0].PixelSpacing)
    affine[:3, 3] = images[0].ImagePositionPatient
    return affine
