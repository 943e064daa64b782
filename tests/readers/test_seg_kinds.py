"""DICOM SEG of every kind of pixel: fractions, occupancies and label maps."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest

from pipeline.errors import StudyRefused
from pipeline.readers import StudyFiles, read_study
from pipeline.readers.segmentation.dicom_seg import open_dicom_seg
from pipeline.readers.volumes.label_map import read_label_map
from pipeline.readers.volumes.nrrd_file import open_nrrd
from pipeline.structures import Role
from pipeline.study import Severity, Study
from pipeline.volume import ShareKind
from tests.readers.build_dicom import LESION, save, write_seg, write_series
from tests.readers.conftest import DATA, codes_of
from tests.readers.seg_phantom import (
    GRID,
    SIZE,
    WHOLE,
    balls,
    change,
    fractions,
    labels,
    refused,
    segments_of,
    write_kind,
)

Read = Callable[[Path], Study]
Find = Callable[[Path], tuple[StudyFiles, ...]]


@pytest.mark.hazard("M16")
def test_probabilities_with_a_soft_rim_give_the_voxels_of_the_binary_mask(tmp_path: Path, read: Read) -> None:
    """A rim of 0.3 around every structure adds no voxel, and the report says what was done."""
    paths = write_series(tmp_path / "ct", GRID)
    write_kind(tmp_path / "s.dcm", paths, fractions(0.3), "FRACTIONAL", fractional_type="PROBABILITY")
    study = read(tmp_path)
    for segment in study.segments:
        assert np.array_equal(segment.mask.within(WHOLE), balls()[segment.name])
        assert segment.mask.coverage is None
    (finding,) = [each for each in study.findings if each.code == "SEG_FRACTIONAL"]
    assert finding.severity is Severity.WARNING
    assert "0.5" in finding.message


@pytest.mark.hazard("M16")
@pytest.mark.parametrize(("value", "inside"), [(127, False), (128, True), (100, True)], ids=["below", "above", "half"])
def test_half_of_the_largest_value_belongs_to_the_structure(tmp_path: Path, value: int, inside: bool) -> None:
    """The threshold is 0.5 of MaximumFractionalValue, the half itself included."""
    paths = write_series(tmp_path / "ct", GRID)
    full = 200 if value == 100 else 255
    path = write_kind(tmp_path / "s.dcm", paths, fractions(0.0), "FRACTIONAL", fractional_type="PROBABILITY")
    seg = pydicom.dcmread(path)
    seg.PixelData = bytes([value if each else 0 for each in seg.PixelData])
    seg.MaximumFractionalValue = full
    save(seg, path)
    liver = segments_of(path)[0].mask
    assert liver.count == (np.count_nonzero(balls()["Liver"]) if inside else 0)


@pytest.mark.hazard("M23")
@pytest.mark.parametrize("kind", ["PROBABILITY", "OCCUPANCY"])
def test_fractions_that_never_reach_one_half_are_no_empty_structure(tmp_path: Path, read: Read, kind: str) -> None:
    """A lesion of 0.4 all through keeps the volume of its fractions and is named; the liver is measured."""
    paths = write_series(tmp_path / "ct", GRID)
    given = fractions(0.0) * [1.0, 0.4]
    write_kind(tmp_path / "s.dcm", paths, given, "FRACTIONAL", fractional_type=kind)
    study = read(tmp_path)
    (lesion,) = study.segments_of(Role.LESION)
    stored = np.count_nonzero(balls()["Lesion 1"]) * 102 / 255 * GRID.voxel_volume_mm3 / 1000
    assert lesion.mask.is_empty
    assert lesion.mask.is_below_half
    assert lesion.mask.below_half_ml == pytest.approx(stored, rel=1e-9)
    (lost,) = (each for each in study.findings if each.code == "SEG_FRACTIONAL" and each.at_stake_ml is not None)
    assert lost.severity is Severity.WARNING
    assert "'Lesion 1'" in lost.message
    assert not study.segments_of(Role.LIVER)[0].mask.is_below_half


@pytest.mark.hazard("M04")
@pytest.mark.hazard("M16")
def test_lesions_below_one_half_beside_drawn_ones_are_not_called_none(tmp_path: Path, find: Find) -> None:
    """Two objects disagree: one draws the lesion, the other states it in fractions of 0.4."""
    paths = write_series(tmp_path / "ct", GRID)
    write_kind(tmp_path / "a.dcm", paths, fractions(0.0) * [1.0, 0.4], "FRACTIONAL", fractional_type="PROBABILITY")
    write_seg(tmp_path / "b.dcm", paths, {"Lesion 2": (balls()["Lesion 1"], LESION)})
    (files,) = find(tmp_path)
    with pytest.raises(StudyRefused, match="of which every fraction lies below one half") as error:
        read_study(files)
    assert error.value.code == "PAIR_AMBIGUOUS"


@pytest.mark.hazard("M23")
@pytest.mark.parametrize("kind", ["PROBABILITY", "OCCUPANCY"])
def test_a_structure_without_any_fraction_is_empty(tmp_path: Path, kind: str) -> None:
    """Zeros only: declared, and nothing stated."""
    paths = write_series(tmp_path / "ct", GRID)
    path = write_kind(tmp_path / "s.dcm", paths, fractions(0.0) * [1.0, 0.0], "FRACTIONAL", fractional_type=kind)
    lesion = segments_of(path)[1].mask
    assert lesion.is_empty
    assert not lesion.is_below_half


@pytest.mark.hazard("M16")
def test_occupancies_keep_the_share_of_every_voxel(tmp_path: Path) -> None:
    """The sum of shares is that of the fractions as they are stored; voxels are those that are at least half filled."""
    paths = write_series(tmp_path / "ct", GRID)
    given = fractions(0.3)
    path = write_kind(tmp_path / "s.dcm", paths, given, "FRACTIONAL", fractional_type="OCCUPANCY")
    found = open_dicom_seg(path).read(GRID)
    for number, segment in enumerate(found.segments):
        mask = segment.mask
        assert np.array_equal(mask.within(WHOLE), balls()[segment.name])
        assert mask.coverage is not None
        assert mask.coverage.kind is ShareKind.FRACTIONS
        total = mask.count + float((mask.coverage.shares - mask.are_set(mask.coverage.indices)).sum())
        stored = np.rint(given[..., number] * 255) / 255
        assert total == pytest.approx(stored.sum(), rel=1e-6)
    assert [each.code for each in found.findings] == ["SEG_FRACTIONAL"]


@pytest.mark.hazard("M16")
@pytest.mark.parametrize(
    "values",
    [
        {"SegmentationFractionalType": None},
        {"SegmentationFractionalType": "LIKELIHOOD"},
        {"MaximumFractionalValue": None},
        {"MaximumFractionalValue": 0},
        {"MaximumFractionalValue": 100},
    ],
    ids=["no meaning", "unknown meaning", "no maximum", "maximum zero", "values above the maximum"],
)
def test_fractions_of_unknown_meaning_are_refused(tmp_path: Path, values: dict[str, object]) -> None:
    """What stands for 1, and what it is the 1 of, is never guessed."""
    paths = write_series(tmp_path / "ct", GRID)
    path = write_kind(tmp_path / "s.dcm", paths, fractions(), "FRACTIONAL", fractional_type="PROBABILITY")
    assert refused(change(path, **values)) == "SEG_FRACTIONAL"


@pytest.mark.hazard("M16")
def test_true_fractions_of_highdicom_are_cut_at_one_half() -> None:
    """highdicom's own fractional file: voxels are its values of 128 to 255, at its positions."""
    path = DATA / "highdicom-ct" / "seg" / "seg_image_ct_true_fractional.dcm"
    volume = hd.seg.segread(path).get_volume(combine_segments=False, rescale_fractional=False)
    (segment,) = open_dicom_seg(path).read(None).segments
    assert segment.mask.count == np.count_nonzero(volume.array >= 128) > 0


def test_a_label_map_equals_highdicoms_reading_of_it(tmp_path: Path, read: Read) -> None:
    """A label map SEG gives the structures whose numbers it holds, voxel for voxel."""
    paths = write_series(tmp_path / "ct", GRID)
    path = write_kind(tmp_path / "s.dcm", paths, labels(), "LABELMAP")
    study = read(tmp_path)
    volume = hd.seg.segread(path).get_volume(combine_segments=False)
    assert [segment.name for segment in study.segments] == ["Liver", "Lesion 1"]
    for number, segment in enumerate(study.segments):
        assert np.array_equal(segment.mask.within(WHOLE), labels() == number + 1)
        assert segment.mask.count == int(volume.array[..., number].sum())
    assert codes_of(study) == []


@pytest.mark.hazard("M15")
def test_a_label_without_a_segment_is_refused(tmp_path: Path) -> None:
    """Nobody says what 7 is; it may be a lesion."""
    paths = write_series(tmp_path / "ct", GRID)
    path = write_kind(tmp_path / "s.dcm", paths, labels(), "LABELMAP")
    seg = pydicom.dcmread(path)
    seg.PixelData = seg.PixelData.replace(b"\2", b"\7")
    save(seg, path)
    assert refused(path) == "SEG_FRAMES"


@pytest.mark.parametrize("padding", [0, 9])
def test_the_padding_value_of_a_label_map_is_background(tmp_path: Path, padding: int) -> None:
    """Where a label map says what its background is called, that is no structure."""
    paths = write_series(tmp_path / "ct", GRID)
    path = write_kind(tmp_path / "s.dcm", paths, labels(), "LABELMAP")
    seg = pydicom.dcmread(path)
    seg.PixelData = seg.PixelData.replace(b"\0", bytes([padding]))
    seg.PixelPaddingValue = padding
    seg.SegmentSequence = [each for each in seg.SegmentSequence if each.SegmentNumber]
    save(seg, path)
    assert [int(each.mask.count) for each in segments_of(path)] == [int((labels() == n).sum()) for n in (1, 2)]


def test_labels_of_sixteen_bits(tmp_path: Path) -> None:
    """Numbers above 255 need two bytes a pixel."""
    paths = write_series(tmp_path / "ct", GRID)
    path = write_kind(tmp_path / "s.dcm", paths, labels(), "LABELMAP")
    seg = pydicom.dcmread(path)
    wide = np.frombuffer(seg.PixelData, np.uint8)[: int(seg.NumberOfFrames) * SIZE].astype("<u2")
    seg.PixelData = np.where(wide == 2, 40_000, wide).astype("<u2").tobytes()
    seg.BitsAllocated, seg.BitsStored, seg.HighBit = 16, 16, 15
    next(each for each in seg.SegmentSequence if each.SegmentNumber == 2).SegmentNumber = 40_000
    save(seg, path)
    found = {each.number: each.mask.count for each in segments_of(path)}
    assert found == {1: int((labels() == 1).sum()), 40_000: int((labels() == 2).sum())}


@pytest.mark.hazard("M17")
@pytest.mark.parametrize("name", ["ppv5", "noppv"])
def test_real_sparse_label_maps_equal_their_nrrd_files(tmp_path: Path, read: Read, name: str) -> None:
    """dcmqi's label maps leave out a slice and name their background; on their CT they are what their NRRD says."""
    shutil.copytree(DATA / "dcmqi" / "24x38x3" / "image", tmp_path / "image")
    shutil.copy(DATA / "dcmqi" / f"sparse-labelmap-{name}.dcm", tmp_path)
    study = read(tmp_path)
    others = read_label_map(open_nrrd(DATA / "dcmqi" / f"sparse_labelmap_{name}_seg.nrrd"), None, {})
    (liver,) = [each.mask for each in others if each.number == 1]
    assert [segment.name for segment in study.segments] == ["Liver"]
    assert study.unmapped == ()
    assert np.array_equal(study.segments[0].mask.voxels, liver.voxels)
    assert np.allclose(study.segments[0].mask.geometry.corners_mm(), liver.geometry.corners_mm(), atol=1e-3)
