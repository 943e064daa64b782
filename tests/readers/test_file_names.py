"""What names of NIfTI and NRRD files may and may not say: which case, and which structure (rows M05, M15)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import StudyRefused
from pipeline.readers import Naming, StudyFiles, find_studies, read_study
from pipeline.structures import Role
from pipeline.study import Study
from tests.readers.build_dicom import write_series
from tests.readers.conftest import DATA, GRID, balls, codes_of
from tests.readers.test_volume_files import ct_values, labels, write

Find = Callable[[Path], tuple[StudyFiles, ...]]
Read = Callable[[Path], Study]


def write_masks(folder: Path, *names: str) -> None:
    """Write a ball under each name: the liver's where the name says liver, else the lesion's."""
    for name in names:
        write(folder / f"{name}.nii.gz", balls()["Liver" if "liver" in name else "Lesion 1"].astype(np.uint8))


def outcomes(studies: tuple[StudyFiles, ...]) -> dict[str, str]:
    """Return what became of each study: its naming, or the code of its refusal."""
    found = {}
    for files in studies:
        try:
            found[files.case.name if files.case else files.folder] = read_study(files).naming
        except StudyRefused as refusal:
            found[files.case.name if files.case else files.folder] = refusal.code
    return found


TRAPS = [
    "no_tumor", "peri_tumor", "ablated_tumor", "tumor_old", "old_tumor", "lung_lesion", "kidney_tumor", "tumor_gt",
    "pred_lesions", "gt_tumor", "non_tumor_liver", "left_liver", "liver_left", "tumor_free_liver", "tumor_v2",
    "no_tumor_mask", "tumor-free-liver",
]  # fmt: skip


@pytest.mark.hazard("M15")
@pytest.mark.parametrize("folder", ["", "masks", "segmentations"])
def test_a_word_before_or_after_a_structure_makes_it_unknown(tmp_path: Path, read: Read, folder: str) -> None:
    """What is called no_tumor is no tumor of a case called no: left out and listed, never counted."""
    write(tmp_path / "ct.nii.gz", ct_values())
    write_masks(tmp_path / folder, "liver", "tumor", *TRAPS)
    study = read(tmp_path)
    assert [(s.role, s.name) for s in study.segments] == [(Role.LIVER, "liver"), (Role.LESION, "tumor")]
    assert len(study.unmapped) == len(TRAPS)
    assert "LABEL_UNKNOWN" in codes_of(study)


@pytest.mark.hazard("M15")
def test_such_masks_beside_a_dicom_series_are_unknown_too(tmp_path: Path, read: Read) -> None:
    """No image is called by the word."""
    write_series(tmp_path / "ct", GRID)
    write_masks(tmp_path, "no_tumor", "left_liver")
    study = read(tmp_path)
    assert not study.segments
    assert [each.name for each in study.unmapped] == ["left_liver", "no_tumor"]


@pytest.mark.parametrize("image", ["pat_1", "pat_1_ct", "pat_1_image", "pat_1_0000"])
def test_a_prefix_that_names_the_image_is_the_case(tmp_path: Path, find: Find, image: str) -> None:
    """Two cases in one folder, and what belongs to neither."""
    for number in ("1", "10"):
        write(tmp_path / f"{image.replace('_1', f'_{number}')}.nii.gz", ct_values() + np.int16(len(number)))
        write_masks(tmp_path, f"pat_{number}_liver", f"pat_{number}_tumor_1", f"pat_{number}_no_tumor")
    studies = find(tmp_path)
    assert outcomes(studies) == {"pat_1": "generic", "pat_10": "generic"}
    for files in studies:
        study = read_study(files)
        assert [segment.role for segment in study.segments] == [Role.LIVER, Role.LESION]
        assert [each.name[-8:] for each in study.unmapped] == ["no_tumor"]


@pytest.mark.hazard("M05")
def test_masks_called_by_another_case_than_the_image_are_not_paired(tmp_path: Path, find: Find) -> None:
    """Structures and label maps of patient B beside the image of patient A."""
    write(tmp_path / "patA_ct.nii.gz", ct_values())
    write_masks(tmp_path, "patB_liver", "patB_tumor")
    assert outcomes(find(tmp_path)) == {"patA": "NO_MASK", "patB": "NO_IMAGE"}
    for path in tmp_path.glob("patB*"):
        path.unlink()
    write(tmp_path / "patB_seg.nii.gz", labels())
    assert outcomes(find(tmp_path)) == {"patA": "NO_MASK", "patB": "NO_IMAGE"}


@pytest.mark.hazard("M05")
@pytest.mark.parametrize("chosen", [None, "lits"])
@pytest.mark.parametrize(("image", "mask"), [("volume-10", "segmentation-1"), ("scan_10", "seg_1")])
def test_numbers_that_contradict_are_not_paired(
    tmp_path: Path, namings: dict[str, Naming], chosen: str | None, image: str, mask: str
) -> None:
    """The only two files of a folder are no pair when their names say otherwise."""
    write(tmp_path / f"{image}.nii.gz", ct_values())
    write(tmp_path / f"{mask}.nii.gz", labels())
    found = outcomes(find_studies(tmp_path, namings, chosen))
    assert sorted(found.values()) == ["NO_IMAGE", "NO_MASK"]


@pytest.mark.hazard("M05")
def test_a_label_map_too_many_is_refused_alone(tmp_path: Path, find: Find) -> None:
    """Case 1 is complete; the segmentation of case 10 has no image."""
    write(tmp_path / "volume-1.nii.gz", ct_values())
    for number in (1, 10):
        write(tmp_path / f"segmentation-{number}.nii.gz", labels())
    assert outcomes(find(tmp_path)) == {"1": "lits", "10": "NO_IMAGE"}


def test_leading_zeros_are_no_contradiction(tmp_path: Path, find: Find) -> None:
    """01 is 1."""
    write(tmp_path / "volume-01.nii.gz", ct_values())
    write(tmp_path / "segmentation-1.nii.gz", labels())
    assert outcomes(find(tmp_path)) == {"01": "lits"}


def test_totalsegmentator_masks_in_a_folder_of_any_name(tmp_path: Path, read: Read) -> None:
    """The published example: an image, and beside it a folder of structures, some of which only that naming knows."""
    shutil.copy(DATA / "totalsegmentator" / "example_ct_sm.nii.gz", tmp_path)
    shutil.copytree(DATA / "totalsegmentator" / "example_seg_fast", tmp_path / "example_seg_fast")
    study = read(tmp_path)
    assert study.naming == "totalsegmentator"
    assert {s.role.value for s in study.segments} == {"gallbladder", "ivc", "liver", "spleen"}
    assert not study.unmapped


@pytest.mark.hazard("M04")
def test_two_folders_of_masks_beside_one_image_are_not_united(tmp_path: Path, find: Find) -> None:
    """Which of two readers counts is not guessed."""
    write(tmp_path / "ct.nii.gz", ct_values())
    for reader in ("reader_a", "reader_b"):
        write_masks(tmp_path / reader, "liver", "tumor")
    write_masks(tmp_path / "reader_b", "spleen")
    assert set(outcomes(find(tmp_path)).values()) == {"NO_MASK", "NO_IMAGE"}


def test_a_detached_nrrd_without_its_voxels_is_refused(tmp_path: Path, find: Find) -> None:
    """Its voxels lie in another file, which was not copied: one row says so, where it was passed over."""
    for name, array in (("volume-1", ct_values()), ("segmentation-1", labels())):
        write(tmp_path / f"{name}.nhdr", array)
    next(
        each for each in tmp_path.iterdir() if each.name.startswith("segmentation-1") and each.suffix != ".nhdr"
    ).unlink()
    assert outcomes(find(tmp_path)) == {"1": "TRUNCATED"}
