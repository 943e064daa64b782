"""The committed sample studies: made again they are the same, and they hold what they claim."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
import yaml
from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset
from sample_reading import read_images

MADE = ("studies/synthetic_ct", "studies/lits_like", "studies/synthetic_mr", "studies/real_ct_crlm")
REFUSED = ("refused/missing_slice", "refused/mask_elsewhere", "refused/no_mask")
ALL = (*MADE, "studies/real_ct_liver", *REFUSED)
SIZE_LIMIT_BYTES = 25_000_000
MOST_TOLD = 20


def _content(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def _differences(one: Path, two: Path) -> list[str]:
    """Return what differs in two files: the elements of DICOM files, else that something does."""
    if _content(one) == _content(two):
        return []
    elements = list(_differing_elements(pydicom.dcmread(one), pydicom.dcmread(two))) if one.suffix == ".dcm" else []
    return elements[:MOST_TOLD] or ["written in another way"]


def _differing_elements(one: Dataset, two: Dataset) -> Iterator[str]:
    for tag in sorted({*one.keys(), *two.keys()}):
        name = keyword_for_tag(tag) or str(tag)
        if tag not in one or tag not in two:
            yield f"{name}: in one alone"
        elif one[tag].VR == "SQ" and len(one[tag].value) == len(two[tag].value):
            for number, (left, right) in enumerate(zip(one[tag].value, two[tag].value, strict=True)):
                yield from (f"{name}[{number}].{each}" for each in _differing_elements(left, right))
        elif one[tag].value != two[tag].value:
            yield f"{name}: {str(one[tag].value)[:40]}, kept {str(two[tag].value)[:40]}"


@pytest.mark.parametrize("study", [*MADE[:3], *REFUSED])
def test_making_a_study_again_gives_the_same_files(study: str, sample_data: Path, written_again: Path) -> None:
    """Every file that the program writes is, byte for byte, the committed one, and no other is missing."""
    made = sorted(path for path in (written_again / study).rglob("*") if path.is_file())
    kept = sorted(path for path in (sample_data / study).rglob("*") if path.is_file() and path.name != "PROVENANCE.md")
    assert [path.relative_to(written_again / study) for path in made] == [
        path.relative_to(sample_data / study) for path in kept
    ]
    differing = {one.name: _differences(one, two) for one, two in zip(made, kept, strict=True)}
    assert {name: found for name, found in differing.items() if found} == {}


def test_a_difference_is_told_by_its_element(sample_data: Path, tmp_path: Path) -> None:
    """Values are not repeated in full; a difference in encoding alone is told as such."""
    kept = sample_data / "refused/missing_slice/seg.dcm"
    dataset = pydicom.dcmread(kept)
    dataset["SegmentSequence"].is_undefined_length = True
    dataset.save_as(tmp_path / "coded.dcm")
    assert _differences(tmp_path / "coded.dcm", kept) == ["written in another way"]
    dataset.SegmentSequence[1].SegmentLabel = "Other"
    dataset.save_as(tmp_path / "changed.dcm")
    assert _differences(tmp_path / "changed.dcm", kept) == ["SegmentSequence[1].SegmentLabel: Other, kept Tumor_1"]


def test_making_the_mask_of_the_real_ct_again_gives_the_same_voxels(sample_data: Path, written_again: Path) -> None:
    """The semi-automatic mask comes out again up to 0.1 % of its voxels (other machines round otherwise)."""
    paths = [root / "studies/real_ct_crlm/seg.dcm" for root in (sample_data, written_again)]
    kept, made = (hd.seg.segread(path) for path in paths)
    assert made.NumberOfFrames == kept.NumberOfFrames
    assert np.mean(made.pixel_array != kept.pixel_array) < 1e-3 * np.mean(kept.pixel_array)
    assert made.SegmentSequence == kept.SegmentSequence


def test_clinical_record_belongs_to_the_synthetic_ct(sample_data: Path) -> None:
    """The record names the study and the patient of the images."""
    folder = sample_data / "studies/synthetic_ct"
    record = yaml.safe_load((folder / "clinical.yaml").read_text())
    image = read_images(folder / "ct")[0]
    assert record["study_instance_uid"] == image.StudyInstanceUID
    assert record["patient_id"] == image.PatientID
    assert record["portal_hypertension"] is False


def test_clinical_record_uses_the_names_of_the_configuration(sample_data: Path) -> None:
    """Every field is one that ``configs/clinical.yaml`` declares."""
    record = yaml.safe_load((sample_data / "studies/synthetic_ct/clinical.yaml").read_text())
    declared = yaml.safe_load((sample_data.parent / "configs/clinical.yaml").read_text())["fields"]
    assert set(record) - set(declared) == {"study_instance_uid", "patient_id", "date"}


def test_missing_slice_leaves_a_gap_inside_the_liver(sample_data: Path) -> None:
    """One gap is twice as wide as the others, and the mask has frames on both sides and in it."""
    folder = sample_data / "refused/missing_slice"
    heights = [float(image.ImagePositionPatient[2]) for image in read_images(folder / "ct")]
    gaps = np.diff(heights)
    assert sorted(gaps)[-1] == pytest.approx(2 * np.median(gaps))
    lost = heights[int(np.argmax(gaps))] + np.median(gaps)
    frames = pydicom.dcmread(folder / "seg.dcm").PerFrameFunctionalGroupsSequence
    drawn = {float(frame.PlanePositionSequence[0].ImagePositionPatient[2]) for frame in frames}
    assert lost in drawn
    assert min(drawn) < lost < max(drawn)


def test_mask_elsewhere_shares_the_frame_and_no_place(sample_data: Path) -> None:
    """Same frame of reference and array size, but every frame lies above the highest slice."""
    folder = sample_data / "refused/mask_elsewhere"
    images, seg = read_images(folder / "ct"), pydicom.dcmread(folder / "seg.dcm")
    frames = seg.PerFrameFunctionalGroupsSequence
    lowest = min(float(frame.PlanePositionSequence[0].ImagePositionPatient[2]) for frame in frames)
    assert seg.FrameOfReferenceUID == images[0].FrameOfReferenceUID
    assert (seg.Rows, seg.Columns) == (images[0].Rows, images[0].Columns)
    assert lowest > float(images[-1].ImagePositionPatient[2]) + 100.0


def test_no_mask_holds_images_alone(sample_data: Path) -> None:
    """Every DICOM file is a CT image."""
    files = list((sample_data / "refused/no_mask").rglob("*.dcm"))
    assert {pydicom.dcmread(path).Modality for path in files} == {"CT"}


@pytest.mark.parametrize("study", [*MADE, *REFUSED])
def test_dicom_files_pass_an_independent_validator(study: str, sample_data: Path) -> None:
    """Dciodvfy finds no error in any file made here (the real images of others are not ours to judge)."""
    if shutil.which("dciodvfy") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("dciodvfy is missing: install dicom3tools")
        pytest.skip("dciodvfy is not installed (package dicom3tools)")
    files = sorted((sample_data / study).rglob("*.dcm"))
    if study == "studies/real_ct_crlm":
        files = [path for path in files if path.name == "seg.dcm"]
    errors = []
    for path in files:
        seen = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False).stderr
        errors += [f"{path.name}: {line}" for line in seen.splitlines() if line.startswith("Error")]
    assert errors == []


@pytest.mark.parametrize("study", ALL)
def test_every_study_states_its_provenance(study: str, sample_data: Path) -> None:
    """Origin and licence stand beside the files; the real ones carry the licence text."""
    text = (sample_data / study / "PROVENANCE.md").read_text()
    assert "icence" in text
    if "real_" in study:
        assert (sample_data / study / "LICENSE.txt").stat().st_size > 500


def test_sample_data_stays_small(sample_data: Path) -> None:
    """All files together stay below 25 MB."""
    kept = [path for path in sample_data.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in kept) < SIZE_LIMIT_BYTES
