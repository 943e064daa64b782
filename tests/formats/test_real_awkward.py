"""Every awkward real series of ``tests/data`` through the whole product: right, or refused for the true reason.

Volumes of the drawn boxes are voxels times pixel area times the distance of planes; those of
published masks stand in their own papers or files (``PROVENANCE.md``).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest

from tests.corruption.outcome import Outcome, run_product
from tests.readers.build_dicom import LESION, LIVER, save, write_seg
from tests.readers.conftest import DATA

AWKWARD = DATA / "dicom2nifti-awkward"
HIGHDICOM, DCMQI = DATA / "highdicom-ct", DATA / "dcmqi"
NEEDED = ("PatientName", "PatientBirthDate", "PatientSex", "StudyID", "AccessionNumber", "StudyDate", "StudyTime")


def run_files(tmp_path: Path, *sources: Path) -> list[Outcome]:
    """Run the product on copies of files and folders in one study folder."""
    folder = tmp_path / "in" / "study"
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        if source.is_dir():
            shutil.copytree(source, folder / source.name)
        else:
            shutil.copy(source, folder)
    return run_product(tmp_path / "in", tmp_path / "out")


def draw_box(series: Path, tmp_path: Path) -> tuple[Path, float, float]:
    """Write a SEG of boxes for liver and lesion on a real series, by highdicom; returns it with their volumes in mL.

    Attributes that the anonymised files lack are stated empty in the twins that the writer is given.
    """
    images = [pydicom.dcmread(path) for path in sorted(series.rglob("*.dcm"))]
    turn = np.array(images[0].ImageOrientationPatient, dtype=float)
    normal = np.cross(turn[:3], turn[3:])
    images.sort(key=lambda image: float(normal @ np.array(image.ImagePositionPatient, dtype=float)))
    places = [float(normal @ np.array(image.ImagePositionPatient, dtype=float)) for image in images]
    twins = []
    for number, image in enumerate(images):
        for keyword in NEEDED:
            if keyword not in image:
                setattr(image, keyword, "")
        image.SpecificCharacterSet, image.SliceThickness = "ISO_IR 100", image.get("SliceThickness") or 1.0
        image.FrameOfReferenceUID = image.get("FrameOfReferenceUID") or "1.2.826.0.1.3680043.8.498.7"
        twins.append(tmp_path / "twins" / f"{number}.dcm")
        twins[-1].parent.mkdir(exist_ok=True)
        save(image, twins[-1])
    rows, columns = images[0].Rows, images[0].Columns
    liver = np.zeros((len(images), rows, columns), dtype=np.bool_)
    lesion = liver.copy()
    liver[1:-1, rows // 4 : rows // 2, columns // 4 : columns // 2] = True
    lesion[1:-1, rows // 3 : rows // 3 + max(4, rows // 24), columns // 3 : columns // 3 + max(4, columns // 24)] = True
    path = write_seg(tmp_path / "seg.dcm", twins, {"liver": (liver, LIVER), "lesion 1": (lesion, LESION)})
    voxel = float(np.prod([float(v) for v in images[0].PixelSpacing])) * abs(places[1] - places[0]) / 1000
    return path, float(liver.sum()) * voxel, float(lesion.sum()) * voxel


@pytest.mark.parametrize(
    ("name", "flag"),
    [("gantry_tilt_siemens", "GEOM_TILT"), ("oblique_non_isotropic", None), ("sagittal_jpeg2000", None)],
)
def test_real_planes_are_measured_where_they_lie(name: str, flag: str | None, tmp_path: Path) -> None:
    """Sheared by the gantry, oblique with pixels of 4 by 6.4 mm, sagittal: volumes by the distance of planes."""
    seg, liver, lesion = draw_box(AWKWARD / name, tmp_path)
    (outcome,) = run_files(tmp_path, AWKWARD / name, seg)
    assert outcome.status == "done", outcome.record["findings"]
    assert flag is None or flag in outcome.codes("warning")
    assert outcome.numbers()["liver.volume_ml"] == pytest.approx(liver, rel=1e-5)
    assert outcome.numbers()["L1.volume_ml"] == pytest.approx(lesion, rel=1e-5)
    assert outcome.numbers()["lesion_count"] == 1


@pytest.mark.parametrize(
    "name", ["gantry_tilt_siemens", "oblique_non_isotropic", "sagittal_jpeg2000", "two_slices_only"]
)
def test_real_series_without_masks_are_refused_for_that(name: str, tmp_path: Path) -> None:
    """As they come: nothing to measure."""
    (outcome,) = run_files(tmp_path, AWKWARD / name)
    assert (outcome.status, outcome.record["findings"][0]["code"]) == ("refused", "NO_MASK")
    assert outcome.leaks() == []


TRUE_REASONS = {
    "uneven stack, mask across the gap": ("GEOM_GAP", HIGHDICOM / "ct_series", "binary_overlap"),
    "uneven stack, mask beside the gap": ("NOTHING_MEASURED", HIGHDICOM / "ct_series", "binary"),
    "fractions of nought and one": ("NOTHING_MEASURED", HIGHDICOM / "ct_series", "binary_fractional"),
    "true fractions": ("NOTHING_MEASURED", HIGHDICOM / "ct_series", "true_fractional"),
}


@pytest.mark.parametrize("name", TRUE_REASONS)
def test_highdicoms_files(name: str, tmp_path: Path) -> None:
    """Refused for the gap, or because "first segment" says no structure; fractions are flagged all the same."""
    code, series, kind = TRUE_REASONS[name]
    (outcome,) = run_files(tmp_path, series, HIGHDICOM / "seg" / f"seg_image_ct_{kind}.dcm")
    assert (outcome.status, outcome.record["findings"][0]["code"]) == ("refused", code)
    assert outcome.leaks() == []
    if code == "NOTHING_MEASURED":
        assert {"GEOM_GAP", "LABEL_UNKNOWN"} <= outcome.codes("warning")
        assert ("SEG_FRACTIONAL" in outcome.codes("warning")) == ("fractional" in kind)


def test_dcmqis_liver_of_three_slices(tmp_path: Path) -> None:
    """70.362 mL as published, and cut by the scan: no liver total, no verdict on one."""
    (outcome,) = run_files(tmp_path, DCMQI / "ct-3slice", DCMQI / "liver.dcm")
    assert outcome.numbers() == {"Liver.volume_ml": pytest.approx(70.362, abs=5e-4)}
    assert "FOV_CUT" in outcome.codes("refused")


def test_dcmqis_overlapping_segments_say_nothing_by_their_colours(tmp_path: Path) -> None:
    """Alone nothing is measured; beside a liver they are listed, and the lesions are not known."""
    (alone,) = run_files(tmp_path / "alone", DCMQI / "ct-3slice", DCMQI / "partial_overlaps.dcm")
    assert (alone.status, alone.record["findings"][0]["code"]) == ("refused", "NOTHING_MEASURED")
    (outcome,) = run_files(tmp_path / "both", DCMQI / "ct-3slice", DCMQI / "liver.dcm", DCMQI / "partial_overlaps.dcm")
    assert outcome.numbers()["Liver.volume_ml"] == pytest.approx(70.362, abs=5e-4)
    assert "lesion_count" not in outcome.numbers()
    assert "LABEL_UNKNOWN" in outcome.codes("warning")


@pytest.mark.parametrize("name", ["sparse-labelmap-noppv.dcm", "sparse-labelmap-ppv5.dcm"])
def test_label_maps_of_another_study_are_not_measured_on_this_one(name: str, tmp_path: Path) -> None:
    """Images and masks of two StudyInstanceUIDs: each half is refused and says what it lacks."""
    outcomes = run_files(tmp_path, DCMQI / "ct-3slice", DCMQI / name)
    assert {outcome.record["findings"][0]["code"] for outcome in outcomes} == {"NO_IMAGE", "NO_MASK"}
    assert [leak for outcome in outcomes for leak in outcome.leaks()] == []


def test_an_empty_real_mask_has_no_volume(tmp_path: Path) -> None:
    """TotalSegmentator's folder with its empty mask in place of the gallbladder: volumes by nibabel, never 0 mL."""
    source, folder = DATA / "totalsegmentator", tmp_path / "segmentations"
    shutil.copytree(source / "example_seg_fast", folder)
    shutil.copy(folder / "urinary_bladder.nii.gz", folder / "gallbladder.nii.gz")
    shutil.copy(source / "example_ct_sm.nii.gz", tmp_path / "ct.nii.gz")
    (outcome,) = run_files(tmp_path, tmp_path / "ct.nii.gz", folder)
    assert outcome.status == "done", outcome.record["findings"]
    for name in ("liver", "spleen", "inferior_vena_cava"):
        mask = nib.load(folder / f"{name}.nii.gz")
        volume = float((mask.get_fdata() > 0).sum() * np.prod(mask.header.get_zooms()) / 1000)
        assert outcome.numbers()[f"{name}.volume_ml"] == pytest.approx(volume, rel=1e-6)
    assert outcome.reasons()["gallbladder.volume_ml"].startswith("EMPTY_MASK")
    assert "FOV_CUT" in outcome.codes("refused")
