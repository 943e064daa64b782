"""Several volumes in one series (row G04): taken apart by what the images state, for masks that name exactly one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from pipeline.errors import StudyRefused
from pipeline.readers import read_image
from pipeline.study import Study
from tests.readers.build_dicom import edit, save, uid, write_seg, write_series
from tests.readers.build_enhanced import item, make_enhanced, write_enhanced
from tests.readers.conftest import GRID, LESION, LIVER, balls, codes_of, volumes_ml
from tests.readers.test_dicom_series import clean_volumes, whole

Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]

EARLY = np.random.default_rng(9).integers(0, 2000, GRID.shape).astype(np.int16)
LATE = (EARLY + 25).astype(np.int16)


def write_two(folder: Path, first: dict[str, object], second: dict[str, object]) -> tuple[list[Path], list[Path]]:
    """Write two volumes at the same places under one series, and a SEG of the second."""
    early = write_series(folder / "early", GRID, EARLY)
    late = write_series(folder / "late", GRID, LATE, series="late")
    for path in early:
        edit(path, **first)
    for path in late:
        edit(path, SeriesInstanceUID=uid("exam", "portal venous"), **second)
    masks = balls()
    write_seg(folder / "seg.dcm", late, {"Liver": (masks["Liver"], LIVER), "Lesion 1": (masks["Lesion 1"], LESION)})
    return early, late


@pytest.mark.hazard("G04")
@pytest.mark.parametrize(
    ("keyword", "first", "second"),
    [
        ("AcquisitionNumber", 1, 2),
        ("TemporalPositionIdentifier", 1, 2),
        ("DiffusionBValue", 50.0, 800.0),
        ("EchoTime", "2.3", "4.6"),
        ("ImageType", ["ORIGINAL", "PRIMARY", "IN_PHASE"], ["ORIGINAL", "PRIMARY", "OUT_PHASE"]),
        ("ConvolutionKernel", "B30f", "B70f"),
        ("AcquisitionTime", "120000", "120040"),
    ],
)
def test_of_two_volumes_the_one_that_the_mask_names_is_used(
    tmp_path: Path, read: Read, keyword: str, first: object, second: object
) -> None:
    """Its Hounsfield units, 25 above the other's, its volumes, and a flag."""
    _, late = write_two(tmp_path, {keyword: first}, {keyword: second})
    study = read(tmp_path)
    assert codes_of(study) == ["GEOM_DUP_POS"]
    assert keyword in study.findings[0].message
    assert sorted(study.image.files) == late
    assert np.array_equal(read_image(study.image, whole(GRID)).voxels, LATE - 1000.0)
    assert volumes_ml(study) == pytest.approx(clean_volumes(), rel=1e-6)


@pytest.mark.hazard("G04")
def test_two_volumes_that_nothing_tells_apart_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Even though the mask names the images of one."""
    write_two(tmp_path, {}, {})
    assert refusal(tmp_path).code == "GEOM_DUP_POS"


@pytest.mark.hazard("G04")
def test_a_mark_that_some_images_lack_tells_nothing_apart(tmp_path: Path, refusal: Refusal) -> None:
    """One image of the second volume does not say to which it belongs."""
    _, late = write_two(tmp_path, {"AcquisitionNumber": 1}, {"AcquisitionNumber": 2})
    edit(late[4], AcquisitionNumber=None)
    assert refusal(tmp_path).code == "GEOM_DUP_POS"


@pytest.mark.hazard("G04")
def test_a_time_of_each_image_tells_nothing_apart(tmp_path: Path, refusal: Refusal) -> None:
    """Times differ within a volume too."""
    early, late = write_two(tmp_path, {}, {})
    for number, path in enumerate([*early, *late]):
        edit(path, AcquisitionTime=f"1200{number:02d}")
    assert refusal(tmp_path).code == "GEOM_DUP_POS"


@pytest.mark.hazard("G04")
@pytest.mark.parametrize("kind", ["both", "none"])
def test_masks_of_both_volumes_or_of_none_are_refused(tmp_path: Path, refusal: Refusal, kind: str) -> None:
    """Which one was segmented would be a guess."""
    early, _ = write_two(tmp_path, {"AcquisitionNumber": 1}, {"AcquisitionNumber": 2})
    if kind == "both":
        write_seg(tmp_path / "other.dcm", early, {"Spleen": (balls()["Liver"], LIVER)})
    else:

        def forget(seg: Dataset) -> None:
            for group in seg.PerFrameFunctionalGroupsSequence:
                del group.DerivationImageSequence
            del seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence

        write_seg(tmp_path / "seg.dcm", early, {"Liver": (balls()["Liver"], LIVER)}, change=forget)
    assert refusal(tmp_path).code == "GEOM_DUP_POS"


@pytest.mark.hazard("G04")
def test_the_frames_of_a_mask_win_over_its_list_of_images(tmp_path: Path, read: Read) -> None:
    """A list of all images of the series says nothing; that every frame names an image of one volume does."""
    early, late = write_two(tmp_path, {"AcquisitionNumber": 1}, {"AcquisitionNumber": 2})
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    images = [pydicom.dcmread(path, stop_before_pixels=True) for path in (*early, *late)]
    seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence = [
        each
        for image in images
        for each in item(ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID)
    ]
    save(seg, tmp_path / "seg.dcm")
    assert np.array_equal(read_image(read(tmp_path).image, whole(GRID)).voxels, LATE - 1000.0)


def _phase(group: Dataset, number: int) -> None:
    group.FrameContentSequence[0].TemporalPositionIndex = 1 + number // 14


@pytest.mark.hazard("G04")
@pytest.mark.hazard("G23")
@pytest.mark.parametrize("named", [0, 1])
def test_two_phases_in_one_multi_frame_image(tmp_path: Path, read: Read, named: int) -> None:
    """A mask whose frames name the frames of one temporal position is measured on it."""
    series = write_series(tmp_path / "one", GRID, EARLY)
    image = make_enhanced(GRID, EARLY, order=[*range(14), *range(14)], change_frame=_phase)
    image.PixelData = EARLY.tobytes() + LATE.tobytes()
    write_enhanced(tmp_path / "image", image)
    numbers = {pydicom.dcmread(path).SOPInstanceUID: 14 * named + n for n, path in enumerate(series, 1)}

    def refer(seg: Dataset) -> None:
        for group in seg.PerFrameFunctionalGroupsSequence:
            for each in group.DerivationImageSequence[0].SourceImageSequence:
                if each.ReferencedSOPInstanceUID in numbers:
                    each.ReferencedFrameNumber = numbers[each.ReferencedSOPInstanceUID]
                    each.ReferencedSOPInstanceUID = image.SOPInstanceUID

    write_seg(tmp_path / "seg.dcm", series, {"Liver": (balls()["Liver"], LIVER)}, change=refer)
    shutil.rmtree(tmp_path / "one")
    study = read(tmp_path)
    assert codes_of(study) == ["GEOM_DUP_POS"]
    assert study.image.frames == tuple(range(14 * named, 14 * named + 14))
    assert np.array_equal(read_image(study.image, whole(GRID)).voxels, (LATE if named else EARLY) - 1000.0)


@pytest.mark.hazard("G17")
def test_a_scout_that_the_mask_was_drawn_on_is_not_left_out(tmp_path: Path, refusal: Refusal) -> None:
    """Then the series is no volume of one orientation."""
    series = write_series(tmp_path / "ct", GRID)
    edit(
        series[5],
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
        ImageOrientationPatient=["1", "0", "0", "0", "0", "-1"],
    )
    path = write_seg(tmp_path / "seg.dcm", [*series[:5], *series[6:]], {"Liver": (balls()["Liver"][1:], LIVER)})
    seg, scout = pydicom.dcmread(path), pydicom.dcmread(series[5]).SOPInstanceUID
    seg.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0].SourceImageSequence[
        0
    ].ReferencedSOPInstanceUID = scout
    save(seg, path)
    assert refusal(tmp_path).code in ("GEOM_ORIENT", "GRID_INDEX")
