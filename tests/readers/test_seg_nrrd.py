"""Segmentations of 3D Slicer (``.seg.nrrd``): what their header does not say of their voxels is never dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nrrd
import numpy as np
import pytest

from pipeline.errors import StudyRefused
from pipeline.structures import Role
from pipeline.study import Study
from tests.readers.conftest import GRID, balls, codes_of
from tests.readers.test_volume_files import ct_values, labels, write

Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]
LESION_VOXELS = int((labels() == 2).sum())


def write_seg_nrrd(folder: Path, **segments: str) -> None:
    """Write an image, and labels 1 (liver) and 2 (lesion) in one layer under a header of these segment keys."""
    write(folder / "ct.nii.gz", ct_values())
    header = {
        "space": "left-posterior-superior",
        "space directions": GRID.axes[::-1],
        "space origin": GRID.affine[:3, 3],
        "Segment0_Name": "Liver",
        "Segment0_LabelValue": "1",
        **segments,
    }
    nrrd.write(str(folder / "study.seg.nrrd"), labels().transpose(2, 1, 0), header)


@pytest.mark.hazard("M15")
def test_a_value_that_no_segment_describes_is_listed(tmp_path: Path, read: Read) -> None:
    """Its voxels may be a lesion: left out, listed, and no lesion is called absent."""
    write_seg_nrrd(tmp_path)
    study = read(tmp_path)
    assert [segment.role for segment in study.segments] == [Role.LIVER]
    assert [(each.number, each.mask.count) for each in study.unmapped] == [(None, LESION_VOXELS)]
    assert "LABEL_UNKNOWN" in codes_of(study)


@pytest.mark.parametrize("number", [2, 7, 41])
def test_segments_may_be_numbered_with_gaps(tmp_path: Path, read: Read, number: int) -> None:
    """Slicer leaves gaps where segments were deleted."""
    write_seg_nrrd(tmp_path, **{f"Segment{number}_Name": "Tumor", f"Segment{number}_LabelValue": "2"})
    study = read(tmp_path)
    assert [(s.role, s.number) for s in study.segments] == [(Role.LIVER, 1), (Role.LESION, 2)]
    assert study.segments[1].mask.count == LESION_VOXELS


@pytest.mark.hazard("M15")
def test_a_segment_without_a_name_is_unknown(tmp_path: Path, read: Read) -> None:
    """It is there, and nobody says what it is."""
    write_seg_nrrd(tmp_path, Segment1_ID="x", Segment1_LabelValue="2")
    study = read(tmp_path)
    assert [each.number for each in study.unmapped] == [2]


@pytest.mark.parametrize(
    ("value", "layer", "words"),
    [
        ("1", "0", "same layer and label value"),
        ("2", "1", "layer"),
        ("0", "0", "label value"),
        ("x", "0", "label value"),
    ],
    ids=["the same voxels twice", "layer beyond the file", "background", "no number"],
)
def test_a_header_that_contradicts_its_voxels_is_refused(
    tmp_path: Path, refusal: Refusal, value: str, layer: str, words: str
) -> None:
    """Which voxels the second segment means cannot be told."""
    write_seg_nrrd(tmp_path, Segment1_Name="Tumor", Segment1_LabelValue=value, Segment1_Layer=layer)
    refused = refusal(tmp_path)
    assert refused.code == "NRRD_KIND"
    assert words in refused.message


@pytest.mark.hazard("M11")
def test_a_space_that_is_not_read_is_called_so(tmp_path: Path, refusal: Refusal) -> None:
    """Scanner coordinates say nothing of the patient."""
    write_seg_nrrd(tmp_path)
    path = tmp_path / "study.seg.nrrd"
    path.write_bytes(path.read_bytes().replace(b"space: left-posterior-superior", b"space: scanner-xyz"))
    refused = refusal(tmp_path)
    assert refused.code == "AFFINE_NONE"
    assert "not supported" in refused.message


@pytest.mark.hazard("M14")
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_called_so(tmp_path: Path, refusal: Refusal, value: float) -> None:
    """NaN is not interpolation."""
    write(tmp_path / "volume-7.nii.gz", ct_values())
    array = balls()["Liver"].astype(np.float32)
    array[0, 0, 0] = value
    write(tmp_path / "segmentation-7.nii.gz", array)
    refused = refusal(tmp_path)
    assert refused.code == "LABEL_NONINT"
    assert "NaN" in refused.message
    assert "interpolated" not in refused.message
