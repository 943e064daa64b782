"""Real files with values published by others, and files other readers handle wrongly."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import highdicom as hd
import nibabel as nib
import numpy as np
import pytest

from pipeline.errors import StudyRefused
from pipeline.readers import StudyFiles, find_studies, read_study
from pipeline.readers.segmentation.dicom_seg import open_dicom_seg
from pipeline.readers.volumes.label_map import read_label_map
from pipeline.readers.volumes.nrrd_file import open_nrrd
from pipeline.structures import Role
from pipeline.study import Study
from tests.readers.conftest import DATA, codes_of, volumes_ml

DCMQI = DATA / "dcmqi"


def test_dcmqi_liver_has_its_published_volume_and_equals_its_nrrd(
    tmp_path: Path, read: Callable[[Path], Study]
) -> None:
    """The liver of dcmqi on its CT is 70.362 mL, voxel for voxel the same as dcmqi's own NRRD of it."""
    shutil.copytree(DCMQI / "ct-3slice", tmp_path / "ct")
    shutil.copy(DCMQI / "liver.dcm", tmp_path)
    study = read(tmp_path)
    assert study.segments[0].role is Role.LIVER
    assert volumes_ml(study)["Liver"] == pytest.approx(70.362, abs=5e-4)
    (other,) = read_label_map(open_nrrd(DCMQI / "liver_seg.nrrd"), None, {})
    whole = tuple(slice(0, size) for size in study.image.geometry.shape)
    assert np.array_equal(study.segments[0].mask.within(whole), other.mask.within(whole))
    assert np.allclose(other.mask.grid.affine, study.image.geometry.affine, atol=1e-4)


def test_dcmqi_tumour_has_the_volume_of_its_structured_report() -> None:
    """The volume of the segmentation's one segment is the 33.5824 mL that the TID 1500 report states."""
    (segment,) = open_dicom_seg(DCMQI / "sr-example" / "seg.dcm").read(None).segments
    assert segment.mask.count * segment.mask.grid.voxel_volume_mm3 / 1000 == pytest.approx(33.5824, abs=5e-5)


def test_dcmqi_overlapping_segments_equal_their_nrrd_files() -> None:
    """Five overlapping segments come out as dcmqi splits them into three label maps."""
    segments = open_dicom_seg(DCMQI / "partial_overlaps.dcm").read(None).segments
    others = {}
    for number in (1, 2, 3):
        for each in read_label_map(open_nrrd(DCMQI / f"partial_overlaps-{number}.nrrd"), None, {}):
            others[each.number] = each.mask
    assert sorted(others) == [segment.number for segment in segments] == [1, 2, 3, 4, 5]
    for segment in segments:
        other = others[segment.number]
        assert segment.mask.count == other.count
        assert np.allclose(segment.mask.geometry.corners_mm(), other.geometry.corners_mm(), atol=1e-3)
        assert np.array_equal(segment.mask.voxels, other.voxels)


def test_frames_that_do_not_fill_whole_bytes(tmp_path: Path, read: Callable[[Path], Study]) -> None:
    """A SEG of 23 by 38 pixels a frame equals dcmqi's NRRD of it."""
    shutil.copytree(DCMQI / "23x38x3" / "image", tmp_path / "image")
    shutil.copy(DCMQI / "23x38x3" / "seg" / "label.seg", tmp_path)
    study = read(tmp_path)
    (other,) = read_label_map(open_nrrd(DCMQI / "23x38x3" / "nrrd" / "label.nrrd"), None, {})
    assert study.segments[0].mask.count == other.mask.count
    assert np.allclose(study.segments[0].mask.geometry.corners_mm(), other.mask.geometry.corners_mm(), atol=1e-3)


def test_dcmqi_multi_frame_beside_the_series_is_not_taken(tmp_path: Path, read: Callable[[Path], Study]) -> None:
    """Two series of one place, one of them multi-frame: the SEG names the other one, and both are listed."""
    for part in ("image", "seg", "multiframe"):
        shutil.copytree(DCMQI / "23x38x3" / part, tmp_path / part)
    study = read(tmp_path)
    assert len(study.image.sop_instance_uids) == 3
    assert study.image.chosen_by == "the masks name it"
    assert len(study.image.candidates) == 2


def test_dcmqi_two_segmentations_of_one_ct_are_read_together(tmp_path: Path, read: Callable[[Path], Study]) -> None:
    """The liver has its role and its volume; the five coloured segments, which no role file knows, are listed."""
    shutil.copytree(DCMQI / "ct-3slice", tmp_path / "ct")
    for name in ("liver.dcm", "partial_overlaps.dcm"):
        shutil.copy(DCMQI / name, tmp_path)
    study = read(tmp_path)
    assert [each.role for each in study.segments] == [Role.LIVER]
    assert volumes_ml(study)["Liver"] == pytest.approx(70.362, abs=5e-4)
    assert len(study.unmapped) == 5


@pytest.mark.parametrize("name", ["binary", "binary_overlap"])
def test_highdicoms_uneven_stack_is_refused_where_the_mask_spans_the_gap(
    tmp_path: Path, find: Callable[[Path], tuple[StudyFiles, ...]], name: str
) -> None:
    """Of four images at 103.02, 104.27, 105.52 and -99.48 mm, the first three are a volume for a mask on them alone."""
    shutil.copytree(DATA / "highdicom-ct" / "ct_series", tmp_path / "ct")
    shutil.copy(DATA / "highdicom-ct" / "seg" / f"seg_image_ct_{name}.dcm", tmp_path)
    (files,) = find(tmp_path)
    if name == "binary_overlap":
        with pytest.raises(StudyRefused, match="GEOM_GAP"):
            read_study(files)
        return
    study = read_study(files)
    assert "GEOM_GAP" in codes_of(study)
    assert study.image.geometry.shape[0] == 3
    assert study.image.geometry.spacing_mm[0] == pytest.approx(1.25, abs=1e-3)


@pytest.mark.hazard("M16")
def test_fractions_of_nought_and_one_are_the_binary_segmentation(tmp_path: Path, read: Callable[[Path], Study]) -> None:
    """highdicom's file of fractions 0 and 1 holds the voxels of its binary one, and is flagged."""
    masks = []
    for name in ("binary", "binary_fractional"):
        shutil.copytree(DATA / "highdicom-ct" / "ct_series", tmp_path / name / "ct")
        shutil.copy(DATA / "highdicom-ct" / "seg" / f"seg_image_ct_{name}.dcm", tmp_path / name)
        study = read(tmp_path / name)
        assert ("SEG_FRACTIONAL" in codes_of(study)) == (name == "binary_fractional")
        masks += [each.mask for each in (*study.segments, *study.unmapped)]
    first, second = masks
    assert first.count == second.count > 0
    assert first.offset == second.offset
    assert np.array_equal(first.voxels, second.voxels)


@pytest.mark.parametrize("name", ["liver.dcm", "partial_overlaps.dcm", "sr-example/seg.dcm", "23x38x3/seg/label.seg"])
def test_segments_equal_highdicoms(name: str) -> None:
    """Every segment's voxels and places are those of highdicom's get_volume."""
    reader = hd.seg.segread(DCMQI / name)
    for segment in open_dicom_seg(DCMQI / name).read(None).segments:
        volume = reader.get_volume(segment_numbers=[segment.number], combine_segments=False)
        volume = volume.squeeze_channel().to_patient_orientation("HPL")
        indices = np.argwhere(volume.array > 0)
        expected = indices @ volume.affine[:3, :3].T + volume.affine[:3, 3]
        found = segment.mask.grid.to_world(np.argwhere(segment.mask.voxels) + np.array(segment.mask.offset))
        assert np.allclose(_sorted(found), _sorted(expected), atol=1e-2)


def _sorted(points: np.ndarray) -> np.ndarray:
    return points[np.lexsort(np.round(points, 1).T)]


def test_totalsegmentator_folder_has_its_published_volumes(tmp_path: Path, read: Callable[[Path], Study]) -> None:
    """A folder of structure files is recognised and gives the volumes of TotalSegmentator's own statistics."""
    source = DATA / "totalsegmentator"
    (tmp_path / "segmentations").mkdir()
    shutil.copy(source / "example_ct_sm.nii.gz", tmp_path / "ct.nii.gz")
    for path in (source / "example_seg_fast").glob("*.nii.gz"):
        shutil.copy(path, tmp_path / "segmentations")
    study = read(tmp_path)
    published = json.loads((source / "example_seg_fast" / "statistics.json").read_text())
    assert study.naming == "totalsegmentator"
    assert study.image.modality == "CT"
    assert {s.role for s in study.segments} == {Role.LIVER, Role.SPLEEN, Role.GALLBLADDER, Role.IVC}
    for name, volume in volumes_ml(study).items():
        assert volume * 1000 == pytest.approx(published[name]["volume"], abs=0.5)
    assert "LABEL_UNKNOWN" not in codes_of(study)
    assert "PAIR_BY_NAME" in codes_of(study)


def test_totalsegmentator_label_map_is_read_by_number_only_when_it_is_named(tmp_path: Path, namings: dict) -> None:
    """A bare multi-label file means nothing by itself; with --roles totalsegmentator its 5 is the liver."""
    source = DATA / "totalsegmentator"
    shutil.copy(source / "example_ct_sm.nii.gz", tmp_path / "ct.nii.gz")
    shutil.copy(source / "example_seg.nii.gz", tmp_path / "seg.nii.gz")
    study = read_study(find_studies(tmp_path, namings)[0])
    assert not study.segments
    assert len(study.unmapped) == len(np.unique(np.asarray(nib.load(source / "example_seg.nii.gz").dataobj))) - 1
    assert "LABEL_UNKNOWN" in codes_of(study)
    named = read_study(find_studies(tmp_path, namings, "totalsegmentator")[0])
    assert {s.number: s.role for s in named.segments}[5] is Role.LIVER
    assert not named.unmapped


def test_a_label_map_with_gaps_in_its_numbers() -> None:
    """dcmqi's labels 1 and 5 keep their numbers; its liver is the one of liver_seg.nrrd."""
    liver, spine = read_label_map(open_nrrd(DCMQI / "liver_spine_gapped_seg.nrrd"), None, {})
    assert (liver.number, spine.number) == (1, 5)
    (alone,) = read_label_map(open_nrrd(DCMQI / "liver_seg.nrrd"), None, {})
    assert np.array_equal(liver.mask.voxels, alone.mask.voxels)
