"""Segmentations that contradict themselves or their images: read by position, or refused (rows M04 to M23)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from pipeline.errors import StudyRefused
from pipeline.study import Study
from tests.readers.build_dicom import save, write_seg, write_series
from tests.readers.conftest import GRID, LESION, LIVER, balls, codes_of, volumes_ml, write_study

Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]


def change_seg(folder: Path, change: Callable[[Dataset], None]) -> None:
    seg = pydicom.dcmread(folder / "seg.dcm")
    change(seg)
    save(seg, folder / "seg.dcm")


def heights_of(seg: Dataset) -> list[float]:
    """Return how many slices each frame lies above the lowest one."""
    places = [group.PlanePositionSequence[0].ImagePositionPatient for group in seg.PerFrameFunctionalGroupsSequence]
    along = np.array(places, dtype=float) @ GRID.axes[0] / 9.0
    return [round(float(height - along.min()), 3) for height in along]


def keep_frames(seg: Dataset, kept: list[int]) -> None:
    """Keep some frames of 20 rows and 24 columns, with their bits."""
    bits = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")
    frames = bits[: int(seg.NumberOfFrames) * 480].reshape(-1, 480)[kept]
    data = np.packbits(frames.ravel(), bitorder="little").tobytes()
    seg.PixelData = data + b"\0" * (len(data) % 2)
    seg.PerFrameFunctionalGroupsSequence = [seg.PerFrameFunctionalGroupsSequence[i] for i in kept]
    seg.NumberOfFrames = len(kept)


def keep_every_other_slice(seg: Dataset, spacing: float | None) -> None:
    keep_frames(seg, [i for i, height in enumerate(heights_of(seg)) if height % 2 == 0])
    measures = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SpacingBetweenSlices = spacing
    if spacing is None:
        del measures.SpacingBetweenSlices


@pytest.mark.hazard("M07")
def test_a_mask_of_every_other_slice_is_measured_with_its_own_spacing(tmp_path: Path, read: Read) -> None:
    """Slices of 6 mm on an image of 3 mm: the volume is the same ball's, not half of it."""
    write_study(tmp_path)
    change_seg(tmp_path, lambda seg: keep_every_other_slice(seg, 6.0))
    study = read(tmp_path)
    assert codes_of(study) == ["GRID_OTHER"]
    liver = study.segments[0].mask
    assert np.allclose(liver.grid.spacing_mm, [6.0, 1.25, 1.0], rtol=1e-5)
    assert volumes_ml(study)["Liver"] == pytest.approx(4 / 3 * np.pi, rel=0.08)
    assert not liver.touches_border


@pytest.mark.hazard("M07")
@pytest.mark.hazard("G19")
@pytest.mark.parametrize(("end", "cut"), [(13, True), (11, False)], ids=["last slice", "within"])
def test_a_finer_mask_on_the_last_slice_of_the_image_touches_its_border(
    tmp_path: Path, read: Read, end: int, cut: bool
) -> None:
    """A mask of slices of 3 mm on an image that has every second of them: the scan ends where the image ends."""
    paths = write_series(tmp_path / "ct", GRID)
    liver = np.zeros(GRID.shape, dtype=bool)
    liver[4:end, 5:12, 6:14] = True
    write_seg(tmp_path / "seg.dcm", paths, {"Liver": (liver, LIVER)})
    for path in paths[1::2]:
        path.unlink()
    study = read(tmp_path)
    assert "GRID_OTHER" in codes_of(study)
    mask = study.segments[0].mask
    assert mask.count == liver.sum()
    assert mask.touches_border == cut


@pytest.mark.hazard("M07")
def test_a_mask_that_declares_a_third_spacing_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Frames 6 mm apart that say 9 mm, on slices 3 mm apart: nothing is guessed."""
    write_study(tmp_path)
    change_seg(tmp_path, lambda seg: keep_every_other_slice(seg, 9.0))
    assert refusal(tmp_path).code == "SEG_SPACING"


@pytest.mark.hazard("M17")
@pytest.mark.parametrize(("spacing", "codes"), [(3.0, []), (None, ["SEG_SPACING"])], ids=["declared", "undeclared"])
def test_left_out_frames_of_the_images_own_spacing_stay_empty(
    tmp_path: Path, read: Read, spacing: float | None, codes: list[str]
) -> None:
    """Frames that are not there are empty slices where the spacing says so; where nothing does, it is flagged."""
    write_study(tmp_path)
    change_seg(tmp_path, lambda seg: keep_every_other_slice(seg, spacing))
    study = read(tmp_path)
    assert codes_of(study) == codes
    assert study.segments[0].mask.grid is study.image.geometry


def _as_bytes(seg: Dataset) -> None:
    bits = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")
    seg.PixelData = bits[: int(seg.NumberOfFrames) * 480].tobytes()


def _declare_bytes(seg: Dataset) -> None:
    seg.BitsAllocated = seg.BitsStored = 8
    seg.HighBit = 7


@pytest.mark.hazard("M16")
@pytest.mark.parametrize(
    ("stored", "declared"), [(True, True), (True, False), (False, True)], ids=["both", "by its length", "declared"]
)
def test_eight_bits_a_pixel_are_no_binary_segmentation(
    tmp_path: Path, refusal: Refusal, stored: bool, declared: bool
) -> None:
    """Bytes read as bits would scatter each structure; either sign of them refuses."""
    write_study(tmp_path)
    if stored:
        change_seg(tmp_path, _as_bytes)
    if declared:
        change_seg(tmp_path, _declare_bytes)
    assert refusal(tmp_path).code == "SEG_KIND"


def _shift_places(seg: Dataset, slices: int) -> None:
    for group in seg.PerFrameFunctionalGroupsSequence:
        place = group.PlanePositionSequence[0]
        moved = np.array(place.ImagePositionPatient, dtype=float) + slices * GRID.axes[0]
        place.ImagePositionPatient = [f"{v:.6f}" for v in moved]


def _turn_upside_down(seg: Dataset) -> None:
    groups = seg.PerFrameFunctionalGroupsSequence
    for number in (1, 2):
        own = [g for g in groups if g.SegmentIdentificationSequence[0].ReferencedSegmentNumber == number]
        places = [list(group.PlanePositionSequence[0].ImagePositionPatient) for group in own]
        for group, place in zip(own, places[::-1], strict=True):
            group.PlanePositionSequence[0].ImagePositionPatient = place


@pytest.mark.hazard("M06")
@pytest.mark.parametrize(
    "change",
    [lambda seg: _shift_places(seg, 1), lambda seg: _shift_places(seg, -2), _turn_upside_down],
    ids=["one up", "two down", "upside down"],
)
def test_frames_away_from_the_images_they_name_are_refused(
    tmp_path: Path, refusal: Refusal, change: Callable[[Dataset], None]
) -> None:
    """The position and the named image of a frame are two slices: one of them is wrong."""
    write_study(tmp_path)
    change_seg(tmp_path, change)
    refused = refusal(tmp_path)
    assert refused.code == "GRID_INDEX"
    assert "mm away" in refused.message


@pytest.mark.hazard("M06")
def test_a_frame_may_name_several_images_if_one_fits(tmp_path: Path, read: Read) -> None:
    """Every frame names its own image and the lowest of the series."""

    def name_two(seg: Dataset) -> None:
        first = seg.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0].SourceImageSequence[0]
        for group in seg.PerFrameFunctionalGroupsSequence[1:]:
            group.DerivationImageSequence[0].SourceImageSequence.append(first)

    write_study(tmp_path)
    change_seg(tmp_path, name_two)
    assert codes_of(read(tmp_path)) == []


def _set_spacing(seg: Dataset) -> None:
    seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing = [1.25, 1.25]


def _tilt(seg: Dataset) -> None:
    plane = seg.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0]
    plane.ImageOrientationPatient = [0.96, 0.28, 0, -0.28, 0.96, 0]


@pytest.mark.hazard("M07")
@pytest.mark.parametrize("change", [_set_spacing, _tilt], ids=["spacing", "orientation"])
@pytest.mark.parametrize("instances", [True, False], ids=["names images", "names the series"])
def test_the_images_own_matrix_on_other_pixels_is_refused(
    tmp_path: Path, refusal: Refusal, change: Callable[[Dataset], None], instances: bool
) -> None:
    """As many rows and columns, the same source images, other pixels: a contradiction, no finer grid."""
    write_study(tmp_path)
    change_seg(tmp_path, change)
    if not instances:
        change_seg(tmp_path, _forget_images)
    assert refusal(tmp_path).code == "GRID_OTHER"


def _forget_images(seg: Dataset) -> None:
    seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence = []
    for group in seg.PerFrameFunctionalGroupsSequence:
        group.DerivationImageSequence = []


@pytest.mark.hazard("M04")
@pytest.mark.hazard("M23")
@pytest.mark.parametrize("empty_first", [True, False])
def test_one_mask_with_lesions_and_one_that_declares_none_are_refused(
    tmp_path: Path, refusal: Refusal, empty_first: bool
) -> None:
    """One reader found a lesion and another searched and found none: they disagree."""
    paths = write_series(tmp_path / "ct", GRID)
    lesion = balls()["Lesion 1"]
    first, second = (lesion & False, lesion) if empty_first else (lesion, lesion & False)
    write_seg(tmp_path / "a.dcm", paths, {"Liver": (balls()["Liver"], LIVER), "Lesion 1": (first, LESION)})
    write_seg(tmp_path / "b.dcm", paths, {"Lesion 2": (second, LESION), "Lesion 3": (second, LESION)})
    refused = refusal(tmp_path)
    assert refused.code == "PAIR_AMBIGUOUS"
    assert "declares lesions of which no voxel is set" in refused.message


def test_a_segmentation_cut_within_its_header_says_so(tmp_path: Path, refusal: Refusal) -> None:
    """What lost its type by being cut is called cut, not of another type."""
    write_study(tmp_path)
    change_seg(tmp_path, lambda seg: delattr(seg, "SegmentationType"))
    assert refusal(tmp_path).code == "TRUNCATED"
