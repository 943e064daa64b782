"""Files that lie beside a study and are neither its image nor its masks: listed, and never measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import StudyRefused
from pipeline.readers import StudyFiles, read_study
from pipeline.structures import Role
from pipeline.study import Severity, Study
from tests.readers.conftest import GRID, balls, codes_of, write_study
from tests.readers.test_volume_files import ct_values, labels, write

Find = Callable[[Path], tuple[StudyFiles, ...]]
Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]


def mr_values() -> np.ndarray:
    """Return grey values as dcm2niix keeps them: whole numbers, none negative."""
    return np.random.default_rng(3).integers(0, 1200, GRID.shape).astype(np.uint16)


def few_values() -> np.ndarray:
    """Return grey values of one byte, no more than a label map may have."""
    return np.random.default_rng(3).integers(0, 200, GRID.shape).astype(np.uint8)


@pytest.mark.parametrize("values", [mr_values, few_values, ct_values])
@pytest.mark.parametrize("name", ["T1_vibe_5", "image", "nifti/mr", "nifti/T1"])
def test_a_copy_of_the_image_beside_a_segmentation_is_left_out(
    tmp_path: Path, read: Read, name: str, values: Callable[[], np.ndarray]
) -> None:
    """One study, no mask more, and a note."""
    write_study(tmp_path)
    write(tmp_path / f"{name}.nii.gz", values())
    study = read(tmp_path)
    assert [segment.role for segment in study.segments] == [Role.LIVER, Role.LESION]
    assert not study.unmapped
    assert codes_of(study) == ["FILE_UNKNOWN"]


def test_several_copies_are_left_out(tmp_path: Path, read: Read) -> None:
    """Wherever they lie in the study's folder."""
    write_study(tmp_path)
    for name in ("image", "T1", "nifti/mr", "more/T2"):
        write(tmp_path / f"{name}.nii.gz", mr_values())
    study = read(tmp_path)
    assert codes_of(study) == ["FILE_UNKNOWN"]
    assert "4 files" in study.findings[0].message


@pytest.mark.hazard("M15")
def test_labels_of_unknown_name_beside_a_segmentation_are_no_image(tmp_path: Path, read: Read) -> None:
    """Few values, or many in patches, are structures that nobody named."""
    write_study(tmp_path)
    write(tmp_path / "final_version.nii.gz", labels())
    many = np.repeat(np.arange(1, 21, dtype=np.uint8), 24).reshape(1, 20, 24).repeat(14, axis=0)
    write(tmp_path / "parts.nii.gz", many)
    study = read(tmp_path)
    assert len(study.unmapped) == 2 + 20
    assert "LABEL_UNKNOWN" in codes_of(study)


def test_an_image_without_masks_beside_a_series_is_no_segmentation(tmp_path: Path, refusal: Refusal) -> None:
    """A series and its copy: nothing to measure."""
    write_study(tmp_path)
    (tmp_path / "seg.dcm").unlink()
    write(tmp_path / "image.nii.gz", mr_values())
    assert refusal(tmp_path).code == "NO_MASK"


@pytest.mark.hazard("S06")
@pytest.mark.parametrize("content", [b"", b"no gzip at all", b"\x1f\x8b"])
@pytest.mark.parametrize("dicom", [True, False])
def test_a_damaged_file_of_unknown_name_is_listed(tmp_path: Path, read: Read, content: bytes, dicom: bool) -> None:
    """It does not keep a good study from being read."""
    if dicom:
        write_study(tmp_path)
    else:
        write(tmp_path / "ct.nii.gz", ct_values())
        write(tmp_path / "liver.nii.gz", balls()["Liver"].astype(np.uint8))
    (tmp_path / "x.nii.gz").write_bytes(content)
    study = read(tmp_path)
    assert ("TRUNCATED", Severity.WARNING) in [(each.code, each.severity) for each in study.findings]
    assert study.segments_of(Role.LIVER)


@pytest.mark.hazard("S06")
def test_a_damaged_file_of_a_known_structure_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """A lesion less must not pass as a count."""
    write(tmp_path / "ct.nii.gz", ct_values())
    write(tmp_path / "lesion_1.nii.gz", balls()["Lesion 1"].astype(np.uint8))
    (tmp_path / "lesion_2.nii.gz").write_bytes(b"")
    assert refusal(tmp_path).code == "TRUNCATED"


@pytest.mark.hazard("M04")
@pytest.mark.parametrize("other", ["tumor_mask", "Tumor", "masks/tumor", "tumor_seg"])
def test_two_files_of_one_structure_are_refused(tmp_path: Path, refusal: Refusal, other: str) -> None:
    """A correction and what it corrects are not united."""
    write(tmp_path / "ct.nii.gz", ct_values())
    for name in ("tumor", other):
        write(tmp_path / f"{name}.nii.gz", balls()["Lesion 1"].astype(np.uint8))
    assert refusal(tmp_path).code == "PAIR_AMBIGUOUS"


@pytest.mark.hazard("M04")
def test_leading_zeros_make_no_second_lesion(tmp_path: Path, refusal: Refusal) -> None:
    """lesion_01 is lesion_1."""
    write(tmp_path / "ct.nii.gz", ct_values())
    for name in ("lesion_1", "lesion_01"):
        write(tmp_path / f"{name}.nii.gz", balls()["Lesion 1"].astype(np.uint8))
    assert refusal(tmp_path).code == "PAIR_AMBIGUOUS"


def test_files_that_do_not_say_what_they_are_are_called_so(tmp_path: Path, find: Find) -> None:
    """Either may be the image, and either a mask."""
    for name in ("first", "second"):
        write(tmp_path / f"{name}.nii.gz", labels())
    write(tmp_path / "liver.nii.gz", labels())
    (files,) = find(tmp_path)
    with pytest.raises(StudyRefused, match="do not say whether they are its image or a mask"):
        read_study(files)
