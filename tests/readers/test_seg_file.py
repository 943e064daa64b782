"""How a SEG is taken apart: as pydicom reads it, whatever its lengths, and never further than its bytes."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pipeline.errors import StudyRefused
from pipeline.readers.dicom.header import UnreadableFile
from pipeline.readers.segmentation.functional_groups import FrameGroup, group_of
from pipeline.readers.segmentation.seg_file import read_seg_file
from pipeline.study import Study
from tests.measures.test_study import measure
from tests.readers.build_dicom import LESION, LIVER, save, uid, write_seg, write_series
from tests.readers.conftest import DATA, GRID, balls, codes_of, volumes_ml, write_study
from tests.readers.seg_phantom import refused, segments_of

Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]
SYNTAXES = {"explicit": ExplicitVRLittleEndian, "implicit": ImplicitVRLittleEndian}
WHOLE = (slice(0, 14), slice(0, 20), slice(0, 24))
REAL = sorted(
    path.relative_to(DATA).as_posix()
    for pattern in ("dcmqi/*.dcm", "dcmqi/*/seg/*", "dcmqi/sr-example/seg.dcm", "highdicom-ct/seg/*")
    for path in DATA.glob(pattern)
)


def groups_by_pydicom(path: Path) -> tuple[FrameGroup, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seg = pydicom.dcmread(path)
        shared = group_of(seg.SharedFunctionalGroupsSequence[0])
        return tuple(group_of(item).over(shared) for item in seg.PerFrameFunctionalGroupsSequence)


def write_changed(folder: Path, change: Callable[[Dataset], None]) -> Path:
    paths = write_series(folder / "ct", GRID)
    masks = {n: (m, LIVER if n == "Liver" else LESION) for n, m in balls().items()}
    return write_seg(folder / "s.dcm", paths, masks, change=change)


def leave_lengths_open(item: Dataset) -> None:
    """Make every sequence and item below one end with a delimiter."""
    for element in item:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for each in element.value:
                each.is_undefined_length_sequence_item = True
                leave_lengths_open(each)


@pytest.mark.parametrize("name", REAL)
def test_real_files_are_taken_apart_as_pydicom_reads_them(name: str) -> None:
    """Frames, sources and pixels of dcmqi's and highdicom's files."""
    file = read_seg_file((DATA / name).read_bytes())
    assert file.groups == groups_by_pydicom(DATA / name)
    assert file.pixels is not None
    assert bytes(file.pixels) == pydicom.dcmread(DATA / name).PixelData


def test_a_changed_object_changes_no_other_of_the_process(tmp_path: Path) -> None:
    """Some code items of highdicom are the same in every object; opened in one, they would be open in all."""
    item_end = bytes.fromhex("feff0de0")
    assert item_end in write_changed(tmp_path / "open", leave_lengths_open).read_bytes()
    assert item_end not in write_changed(tmp_path / "closed", lambda seg: None).read_bytes()


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("is_open", [False, True], ids=["lengths", "delimiters"])
def test_every_way_to_write_sequences_is_read_as_pydicom_does(tmp_path: Path, syntax: str, is_open: bool) -> None:
    """Explicit and implicit, with lengths and with delimiters."""

    def change(seg: Dataset) -> None:
        seg.file_meta.TransferSyntaxUID = SYNTAXES[syntax]
        if is_open:
            leave_lengths_open(seg)

    path = write_changed(tmp_path, change)
    file = read_seg_file(path.read_bytes())
    assert "PerFrameFunctionalGroupsSequence" not in file.header
    assert file.groups == groups_by_pydicom(path)
    for segment in segments_of(path):
        assert np.array_equal(segment.mask.within(WHOLE), balls()[segment.name])


def test_a_deflated_object_is_read(tmp_path: Path) -> None:
    """The whole data set is packed; it is unpacked within its cap and read by pydicom."""

    def change(seg: Dataset) -> None:
        seg.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian

    for segment in segments_of(write_changed(tmp_path, change)):
        assert np.array_equal(segment.mask.within(WHOLE), balls()[segment.name])


@pytest.mark.hazard("S06")
def test_a_file_cut_anywhere_is_refused_or_whole(tmp_path: Path) -> None:
    """Cut at 200 places: a reason each time, never another error and never fewer voxels."""
    path = write_changed(tmp_path, leave_lengths_open)
    content = path.read_bytes()
    expected = [segment.mask.count for segment in segments_of(path)]
    for end in np.linspace(0, len(content) - 1, 200).astype(int):
        path.write_bytes(content[:end])
        try:
            assert [segment.mask.count for segment in segments_of(path)] == expected
        except StudyRefused as refusal:
            assert refusal.code in ("TRUNCATED", "SEG_FRAMES", "LIMIT_LENGTH")  # noqa: PT017


@pytest.mark.hazard("S05")
def test_wrong_lengths_anywhere_are_refused_or_harmless(tmp_path: Path) -> None:
    """Bytes overwritten at random by lengths of 4 GB end in a reason or in a mask."""
    path = write_changed(tmp_path, leave_lengths_open)
    content, chance = path.read_bytes(), np.random.default_rng(11)
    for place in chance.integers(132, len(content) - 4, 150):
        try:
            read_seg_file(content[:place] + b"\xff\xff\xff\xff" + content[place + 4 :])
        except (UnreadableFile, StudyRefused) as refusal:
            assert refusal.code  # noqa: PT017


def frames_of(seg: Dataset) -> np.ndarray:
    bits = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")
    return bits[: int(seg.NumberOfFrames) * 480].reshape(-1, 480)


def repeat_frame(differing: bool) -> Callable[[Dataset], None]:
    def change(seg: Dataset) -> None:
        frames = frames_of(seg)
        again = frames[:1].copy()
        again[0, 0] ^= differing
        seg.PixelData = np.packbits(np.concatenate([frames, again]).ravel(), bitorder="little").tobytes()
        groups = seg.PerFrameFunctionalGroupsSequence
        seg.PerFrameFunctionalGroupsSequence = Sequence([*groups, groups[0]])
        seg.NumberOfFrames = len(frames) + 1

    return change


@pytest.mark.hazard("M17")
def test_a_frame_written_twice_counts_once(tmp_path: Path) -> None:
    """The same pixels of one segment in one slice."""
    for segment in segments_of(write_changed(tmp_path, repeat_frame(differing=False))):
        assert np.array_equal(segment.mask.within(WHOLE), balls()[segment.name])


@pytest.mark.hazard("M17")
def test_two_frames_of_one_segment_in_one_slice_that_differ_are_refused(tmp_path: Path) -> None:
    """Which of them holds cannot be told; their union would be neither."""
    assert refused(write_changed(tmp_path, repeat_frame(differing=True))) == "SEG_FRAMES"


@pytest.mark.parametrize("organization", ["TILED_FULL", "TILED_SPARSE"])
def test_tiles_are_no_slices(tmp_path: Path, organization: str) -> None:
    """Tiles of a microscope's picture lie beside each other, not behind."""

    def change(seg: Dataset) -> None:
        seg.DimensionOrganizationType = organization

    assert refused(write_changed(tmp_path, change)) == "SEG_KIND"


@pytest.mark.hazard("M06")
def test_segments_in_any_order_keep_their_voxels(tmp_path: Path, read: Read) -> None:
    """Descriptions follow their number, not their place in the list."""

    def change(seg: Dataset) -> None:
        seg.SegmentSequence = Sequence(list(seg.SegmentSequence)[::-1])

    write_changed(tmp_path, change)
    for segment in read(tmp_path).segments:
        assert np.array_equal(segment.mask.within(WHOLE), balls()[segment.name])


@pytest.mark.hazard("M23")
def test_a_segmentation_without_any_voxel_holds_empty_structures(tmp_path: Path, read: Read) -> None:
    """Frames are there and nothing is set: liver and lesion are declared, empty, and have no volume."""

    def change(seg: Dataset) -> None:
        seg.PixelData = bytes(len(seg.PixelData))

    write_changed(tmp_path, change)
    assert [segment.mask.is_empty for segment in read(tmp_path).segments] == [True, True]


@pytest.mark.hazard("M18")
def test_the_same_lesion_in_two_segments_is_flagged(tmp_path: Path, read: Read) -> None:
    """Identical voxels under two names are kept as two segments, and the measures flag them and take their union."""
    paths = write_series(tmp_path / "ct", GRID)
    lesion = (balls()["Lesion 1"], LESION)
    write_seg(tmp_path / "s.dcm", paths, {"Liver": (balls()["Liver"], LIVER), "Lesion 1": lesion, "Lesion 2": lesion})
    study = read(tmp_path)
    assert [segment.mask.count for segment in study.segments][1:] == [int(balls()["Lesion 1"].sum())] * 2
    measured = measure(study)
    assert "SEG_OVERLAP" in {finding.code for finding in measured.findings}
    total = measured.measurements["total_lesion_volume_ml"].value
    assert total == pytest.approx(balls()["Lesion 1"].sum() * GRID.voxel_volume_mm3 / 1000)


def name_frames(numbers: Callable[[int], int]) -> Callable[[Dataset], None]:
    """Return what makes every frame name one frame of one multi-frame image."""

    def change(seg: Dataset) -> None:
        source = uid("multi-frame image")
        for group in seg.PerFrameFunctionalGroupsSequence:
            height = float(group.PlanePositionSequence[0].ImagePositionPatient[2])
            slice_number = round((height - GRID.affine[2, 3]) / 3.0)
            image = group.DerivationImageSequence[0].SourceImageSequence[0]
            image.ReferencedSOPInstanceUID, image.ReferencedFrameNumber = source, numbers(slice_number)

    return change


def test_frames_of_a_multi_frame_source_are_read(tmp_path: Path) -> None:
    """Each frame names the frame it was drawn on, counted from 1 in the file."""
    path = write_changed(tmp_path, name_frames(lambda number: number + 1))
    groups = read_seg_file(path.read_bytes()).groups
    assert groups == groups_by_pydicom(path)
    heights = [round((group.position[2] - GRID.affine[2, 3]) / 3.0) for group in groups if group.position]
    assert [dict(group.sources) for group in groups] == [{uid("multi-frame image"): number} for number in heights]


def refer_to_multi_frame(folder: Path, shift: int = 0) -> None:
    """Write dcmqi's label as one drawn on the frames of its multi-frame CT, ``shift`` frames off."""
    source = DATA / "dcmqi" / "24x38x3"
    shutil.copytree(source / "multiframe", folder / "ct")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image, seg = pydicom.dcmread(source / "multiframe" / "mf.dcm"), pydicom.dcmread(source / "seg" / "label.seg")
        places = [
            float(g.PlanePositionSequence[0].ImagePositionPatient[2]) for g in image.PerFrameFunctionalGroupsSequence
        ]
        (series,) = seg.ReferencedSeriesSequence
        series.SeriesInstanceUID = image.SeriesInstanceUID
        series.ReferencedInstanceSequence = series.ReferencedInstanceSequence[:1]
        series.ReferencedInstanceSequence[0].ReferencedSOPInstanceUID = image.SOPInstanceUID
        for group in seg.PerFrameFunctionalGroupsSequence:
            named = group.DerivationImageSequence[0].SourceImageSequence[0]
            height = float(group.PlanePositionSequence[0].ImagePositionPatient[2])
            frame = int(np.argmin(np.abs(np.array(places) - height)))
            named.ReferencedSOPInstanceUID = image.SOPInstanceUID
            named.ReferencedFrameNumber = (frame + shift) % len(places) + 1
    save(seg, folder / "label.dcm")


@pytest.mark.hazard("G23", "M06")
def test_a_real_segmentation_of_a_multi_frame_ct(tmp_path: Path, read: Read) -> None:
    """Drawn on the frames of one object, it has the voxels it has on the single images."""
    shutil.copytree(DATA / "dcmqi" / "24x38x3" / "image", tmp_path / "single" / "ct")
    shutil.copy(DATA / "dcmqi" / "24x38x3" / "seg" / "label.seg", tmp_path / "single")
    refer_to_multi_frame(tmp_path / "multi")
    one, other = read(tmp_path / "single").segments[0].mask, read(tmp_path / "multi").segments[0].mask
    assert one.count == other.count == 315
    assert np.array_equal(one.voxels, other.voxels)
    assert np.allclose(one.geometry.corners_mm(), other.geometry.corners_mm(), atol=1e-3)


@pytest.mark.hazard("M06")
def test_frames_that_lie_elsewhere_than_the_frames_they_name_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    """One frame off within a multi-frame image is as wrong as one image off in a series."""
    refer_to_multi_frame(tmp_path, shift=1)
    assert refusal(tmp_path).code == "GRID_INDEX"


def test_a_study_reads_alike_without_the_walk(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the own walk hands to pydicom comes out the same."""
    write_study(tmp_path)
    first = read(tmp_path)
    monkeypatch.setattr("pipeline.readers.segmentation.seg_file.PER_FRAME", 0)
    second = read(tmp_path)
    assert volumes_ml(first) == volumes_ml(second)
    assert codes_of(first) == codes_of(second)
