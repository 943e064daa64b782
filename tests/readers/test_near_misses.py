"""A study that lacks masks or images says what lies beside it and why it was not paired."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.readers import StudyFiles
from tests.readers.build_dicom import Exam, write_series
from tests.readers.conftest import GRID, balls, write_study
from tests.readers.test_volume_files import ct_values, write

Find = Callable[[Path], tuple[StudyFiles, ...]]


def notes_of(files: StudyFiles) -> str:
    return " ".join(f"{each.code}: {each.message}" for each in files.findings)


@pytest.mark.parametrize(
    ("image", "mask"), [("volume-0", "segmentation-1"), ("imagesTr/liver_3", "labelsTr/liver_4"), ("A1_ct", "A2_liver")]
)
def test_names_that_hold_other_numbers_are_told(tmp_path: Path, find: Find, image: str, mask: str) -> None:
    """On both sides, with what would pair them."""
    write(tmp_path / f"{image}.nii.gz", ct_values())
    write(tmp_path / f"{mask}.nii.gz", balls()["Liver"].astype(np.uint8))
    found = find(tmp_path)
    assert len(found) == 2
    assert all("case or number" in notes_of(each) for each in found)


def test_images_without_any_mask_are_not_told_of_names(tmp_path: Path, find: Find) -> None:
    """No mask lies beside them, and of a pair that fits nothing is said."""
    write(tmp_path / "volume-0.nii.gz", ct_values())
    write(tmp_path / "volume-1.nii.gz", ct_values() + 1)
    write(tmp_path / "segmentation-1.nii.gz", balls()["Liver"].astype(np.uint8))
    assert not any("case or number" in notes_of(each) for each in find(tmp_path))


@pytest.mark.parametrize(("count", "told"), [(14, True), (1, False), (0, False)])
def test_png_slices_without_a_role_file_are_told(tmp_path: Path, find: Find, count: int, told: bool) -> None:
    """Beside the series, with where to read how they are given; one picture is none."""
    write_series(tmp_path / "series", GRID)
    (tmp_path / "png").mkdir()
    for number in range(count):
        (tmp_path / "png" / f"mask_{number}.png").write_bytes(b"\x89PNG")
    (files,) = find(tmp_path)
    assert ("docs/roles.md" in notes_of(files)) is told
    assert (f"{count} PNG" in notes_of(files)) is told


@pytest.mark.hazard("M01")
@pytest.mark.parametrize("other", ["P-1", "P-2"])
def test_masks_of_another_study_and_patient_are_told_as_both(tmp_path: Path, find: Find, other: str) -> None:
    """The study differs in both; the patient where it does."""
    write_series(tmp_path / "CT", GRID, exam=Exam("one"))
    images = write_study(tmp_path, exam=Exam("two", patient_id=other))
    for path in images:
        path.unlink()
    found = find(tmp_path)
    assert len(found) == 2
    assert all(("PAIR_PATIENT" in notes_of(each)) is (other == "P-2") for each in found)
    assert not any("P-2" in notes_of(each) for each in found)
