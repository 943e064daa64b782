"""Enhanced and legacy converted multi-frame images (row G23): read frame by frame, like single images."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from pipeline.errors import StudyRefused
from pipeline.readers import read_image
from pipeline.readers.dicom.series import read_slices
from pipeline.readers.dicom.stack import build_stacks
from pipeline.study import Study
from tests.phantoms import OBLIQUE, make_grid, sample_array
from tests.readers.build_dicom import save, uid, write_seg, write_series
from tests.readers.build_enhanced import item, make_enhanced, write_enhanced
from tests.readers.conftest import DATA, GRID, LESION, LESION_BALL, LIVER, balls, codes_of, volumes_ml
from tests.readers.test_dicom_series import SIGNED_PERMUTATIONS, axes_of, whole

Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]

VOXELS = np.random.default_rng(7).integers(0, 2000, GRID.shape).astype(np.int16)
MULTI = DATA / "dcmqi" / "23x38x3"
BESIDE = DATA / "dcmqi" / "24x38x3"


def write_study(folder: Path, voxels: NDArray[np.int16] = VOXELS, **options: object) -> Path:
    """Write an enhanced CT, and the SEG of a liver and a lesion that names its frames."""
    path = write_enhanced(folder / "ct" / "image", make_enhanced(GRID, voxels, **options))  # type: ignore[arg-type]
    masks = balls()
    write_frame_seg(folder / "seg.dcm", path, {"Liver": masks["Liver"], "Lesion 1": masks["Lesion 1"]})
    return path


def write_frame_seg(path: Path, image: Path, masks: dict[str, np.ndarray]) -> None:
    """Write a SEG of a multi-frame image: drawn on single images, its references then say frames of the one object."""
    source = pydicom.dcmread(image)
    singles = write_series(path.parent / "singles", GRID, VOXELS)
    numbers = {pydicom.dcmread(each).SOPInstanceUID: n for n, each in enumerate(singles, 1)}
    places = [f.PlanePositionSequence[0].ImagePositionPatient for f in source.PerFrameFunctionalGroupsSequence]
    frame_of = {tuple(place): n for n, place in enumerate(places, 1)}
    names = {
        key: frame_of[tuple(pydicom.dcmread(each).ImagePositionPatient)]
        for key, each in zip(numbers, singles, strict=True)
    }

    def refer(seg: Dataset) -> None:
        for group in seg.PerFrameFunctionalGroupsSequence:
            for derivation in group.DerivationImageSequence:
                for each in derivation.SourceImageSequence:
                    if each.ReferencedSOPInstanceUID in names:
                        each.ReferencedFrameNumber = names[each.ReferencedSOPInstanceUID]
                        each.ReferencedSOPInstanceUID = source.SOPInstanceUID
        (series,) = seg.ReferencedSeriesSequence
        series.ReferencedInstanceSequence = item(
            ReferencedSOPClassUID=source.SOPClassUID, ReferencedSOPInstanceUID=source.SOPInstanceUID
        )

    codes = {"Liver": LIVER, "Lesion 1": LESION}
    write_seg(path, singles, {name: (mask, codes[name]) for name, mask in masks.items()}, change=refer)
    shutil.rmtree(path.parent / "singles")


@pytest.mark.hazard("G23")
@pytest.mark.parametrize("order", ["as they lie", "backwards", "shuffled"])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("legacy", [True, False])
def test_a_multi_frame_image_is_the_series_it_holds(
    tmp_path: Path, read: Read, order: str, shared: bool, legacy: bool
) -> None:
    """Grid, Hounsfield units, volumes and references are those of single images, whatever the order of the frames."""
    orders = {
        "as they lie": range(14),
        "backwards": range(13, -1, -1),
        "shuffled": np.random.default_rng(3).permutation(14).tolist(),
    }
    write_study(tmp_path, order=orders[order], shared=shared, legacy=legacy)
    study = read(tmp_path)
    assert codes_of(study) == []
    assert study.image.modality == "CT"
    assert np.allclose(study.image.geometry.affine, GRID.affine, atol=1e-5)
    assert [orders[order][frame] for frame in study.image.frames] == list(range(14))
    assert len(study.image.sop_instance_uids) == len(study.image.files) == 14
    assert np.array_equal(read_image(study.image, whole(GRID)).voxels, VOXELS - 1000.0)
    expected = {name: mask.sum() * GRID.voxel_volume_mm3 / 1000 for name, mask in balls().items()}
    assert volumes_ml(study) == pytest.approx(expected, rel=1e-6)
    assert len(study.sources) == 2


@pytest.mark.hazard("G15")
@pytest.mark.hazard("G23")
@pytest.mark.parametrize(("turn", "signs"), SIGNED_PERMUTATIONS[::5], ids=str)
def test_a_multi_frame_image_of_any_orientation(tmp_path: Path, turn: tuple[int, ...], signs: tuple[int, ...]) -> None:
    """Ten of the 48 ways to lay frames, rows and columns lead to one canonical box of values."""
    sizes, spacing = (10, 12, 14), (2.0, 1.5, 1.25)
    grid = make_grid(tuple(sizes[a] for a in turn), tuple(spacing[a] for a in turn), axes=axes_of(turn, signs))  # type: ignore[arg-type]
    straight = make_grid(sizes, spacing)
    values = (sample_array(LESION_BALL, grid) * 100).astype(np.int16)
    path = write_enhanced(tmp_path / "image", make_enhanced(grid, values))
    (stack,) = build_stacks(read_slices([path])[0])
    assert np.allclose(stack.geometry.affine, straight.affine, atol=1e-5)
    image = as_series(path, stack)
    box = (slice(2, 9), slice(1, 10), slice(3, 14))
    assert np.array_equal(read_image(image, box).voxels, sample_array(LESION_BALL, straight)[box] * 100.0 - 1000.0)


def as_series(path: Path, stack: object) -> object:
    from pipeline.study import ImageSeries

    return ImageSeries(
        "CT",
        stack.geometry,  # type: ignore[attr-defined]
        tuple(each.path for each in stack.slices),  # type: ignore[attr-defined]
        sop_instance_uids=tuple(each.sop_instance_uid for each in stack.slices),  # type: ignore[attr-defined]
        frames=tuple(each.frame or 0 for each in stack.slices),  # type: ignore[attr-defined]
    )


@pytest.mark.hazard("G23")
@pytest.mark.parametrize("folder", [MULTI, BESIDE], ids=["23 columns", "24 columns"])
def test_dcmqis_multi_frame_ct_is_its_single_images(folder: Path) -> None:
    """PixelMed's conversions of three CT images have their places and values."""
    (single,) = build_stacks(read_slices(sorted((folder / "image").glob("*.dcm")))[0])
    path = folder / "multiframe" / "mf.dcm"
    (stack,) = build_stacks(read_slices([path])[0])
    assert np.allclose(stack.geometry.affine, single.geometry.affine, atol=1e-4)
    ours = read_image(as_series(path, stack), whole(stack.geometry)).voxels
    assert np.array_equal(ours, read_image(as_series(path, single), whole(single.geometry)).voxels)


@pytest.mark.hazard("G23")
def test_a_mask_of_the_images_that_were_converted_is_not_taken_for_the_conversions(
    tmp_path: Path, refusal: Refusal
) -> None:
    """dcmqi's segmentation names the single images, which are not there."""
    shutil.copytree(MULTI / "multiframe", tmp_path / "image")
    shutil.copy(MULTI / "seg" / "label.seg", tmp_path)
    assert refusal(tmp_path).code == "PAIR_SERIES"


@pytest.mark.hazard("G23")
def test_highdicoms_conversion_is_read_as_simpleitk_reads_the_series(tmp_path: Path) -> None:
    """A legacy converted CT of an oblique series: places and values of the series it was made from."""
    grid = make_grid((9, 20, 16), (2.5, 1.25, 0.8), rotation=OBLIQUE)
    voxels = np.random.default_rng(1).integers(0, 2000, grid.shape).astype(np.int16)
    paths = write_series(tmp_path / "ct", grid, voxels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        images = [pydicom.dcmread(path) for path in paths]
        for number, image in enumerate(images):
            image.InstanceNumber, image.Manufacturer = number + 1, "none"
        converted = hd.legacy.LegacyConvertedEnhancedCTImage(images, uid("converted"), 4, uid("object"), 1)
        converted.save_as(tmp_path / "converted.dcm")
    (stack,) = build_stacks(read_slices([tmp_path / "converted.dcm"])[0])
    box = (slice(2, 7), slice(3, 18), slice(0, 11))
    ours = read_image(as_series(tmp_path, stack), box)
    theirs = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path / "ct")))
    for index in ((0, 0, 0), (4, 14, 10), (2, 7, 5)):
        (world,) = ours.geometry.to_world(np.array([index], dtype=float))
        assert theirs[theirs.TransformPhysicalPointToIndex(world.tolist())] == ours.voxels[index]


@pytest.mark.hazard("G21")
@pytest.mark.hazard("G23")
def test_each_frame_has_its_own_rescale(tmp_path: Path, read: Read) -> None:
    """Slope and intercept of a frame win over the shared ones."""

    def rescale(group: Dataset, number: int) -> None:
        group.PixelValueTransformationSequence = item(
            RescaleSlope=1 + number / 2, RescaleIntercept=-1000 - number, RescaleType="HU"
        )

    write_study(tmp_path, change_frame=rescale)
    found = read_image(read(tmp_path).image, whole(GRID)).voxels
    factors = 1 + np.arange(14) / 2
    assert np.allclose(found, VOXELS * factors[:, None, None] - (1000 + np.arange(14))[:, None, None])


@pytest.mark.hazard("G01")
@pytest.mark.hazard("G23")
def test_a_missing_frame_is_a_gap(tmp_path: Path, refusal: Refusal) -> None:
    """Thirteen of fourteen frames: what lies between was not scanned."""
    path = write_study(tmp_path)
    write_enhanced(path, make_enhanced(GRID, VOXELS, order=[n for n in range(14) if n != 6]))
    assert refusal(tmp_path).code == "GEOM_GAP"


@pytest.mark.hazard("G17")
@pytest.mark.hazard("G23")
def test_localizer_frames_are_left_out(tmp_path: Path, read: Read) -> None:
    """A frame whose type is LOCALIZER belongs to no volume."""

    def scout(group: Dataset, number: int) -> None:
        if number == 13:
            group.CTImageFrameTypeSequence = item(FrameType=["ORIGINAL", "PRIMARY", "LOCALIZER", "NONE"])

    write_study(tmp_path, change_frame=scout)
    study = read(tmp_path)
    assert codes_of(study) == ["LOCALIZER"]
    assert study.image.geometry.shape[0] == 13


def _lose_positions(image: Dataset) -> None:
    for group in image.PerFrameFunctionalGroupsSequence:
        del group.PlanePositionSequence


def _lose_spacing(image: Dataset) -> None:
    del image.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence


def _turn_a_frame(image: Dataset) -> None:
    (turned,) = item(ImageOrientationPatient=[1, 0, 0, 0, 0.8, 0.6])
    for group in image.PerFrameFunctionalGroupsSequence[:7]:
        group.PlaneOrientationSequence = [turned]


def _claim_frames(image: Dataset) -> None:
    image.NumberOfFrames = 2_000_000_000


def _describe_one_less(image: Dataset) -> None:
    del image.PerFrameFunctionalGroupsSequence[-1]


def _lose_groups(image: Dataset) -> None:
    del image.PerFrameFunctionalGroupsSequence
    del image.SharedFunctionalGroupsSequence


def _repeat_position(image: Dataset) -> None:
    groups = image.PerFrameFunctionalGroupsSequence
    groups[3].PlanePositionSequence = groups[2].PlanePositionSequence


@pytest.mark.hazard("G23")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_lose_positions, "GEOM_ORIENT"),
        (_lose_spacing, "PIXEL_SPACING"),
        (_turn_a_frame, "GEOM_ORIENT"),
        (_claim_frames, "LIMIT_PIXELS"),
        (_describe_one_less, "ENHANCED"),
        (_lose_groups, "ENHANCED"),
        (_repeat_position, "GEOM_DUP_POS"),
    ],
)
def test_a_multi_frame_image_that_cannot_be_measured_is_refused(
    tmp_path: Path, refusal: Refusal, change: Callable[[Dataset], None], code: str
) -> None:
    """For the same reasons as a series, and when its frames are not described one by one; never frame 0 alone."""
    path = write_study(tmp_path)
    image = pydicom.dcmread(path)
    change(image)
    save(image, path)
    assert refusal(tmp_path).code == code


@pytest.mark.hazard("S06")
@pytest.mark.hazard("G23")
@pytest.mark.parametrize("share", [0.6, 0.99])
def test_a_cut_multi_frame_image_is_refused(tmp_path: Path, refusal: Refusal, share: float) -> None:
    """Its last frames are not there: nothing of it is measured."""
    path = write_study(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert refusal(tmp_path).code == "TRUNCATED"


@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize("table", [True, False])
def test_compressed_frames_are_found_one_by_one(tmp_path: Path, read: Read, fragments: int, table: bool) -> None:
    """Run-length encoded frames, in one piece or (with a table of offsets) in several."""
    path = write_study(tmp_path)
    image = pydicom.dcmread(path)
    image.compress(RLELossless, generate_instance_uid=False)
    frames = list(pydicom.encaps.generate_frames(image.PixelData, number_of_frames=14))
    if fragments > 1 and table:
        image.PixelData = pydicom.encaps.encapsulate(frames, fragments_per_frame=fragments, has_bot=True)
    else:
        image.PixelData = pydicom.encaps.encapsulate(frames, has_bot=table)
    save(image, path)
    box = (slice(4, 9), slice(0, 20), slice(0, 24))
    assert np.array_equal(read_image(read(tmp_path).image, box).voxels, VOXELS[4:9] - 1000.0)


def test_the_header_is_read_once_for_slices_asked_one_by_one(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of a long multi-frame image takes longer than its frames; a file that changed is read anew."""
    from pipeline.readers.dicom import pixels as dicom_pixels

    path = write_study(tmp_path)
    study = read(tmp_path)
    parses: list[object] = []
    parse = dicom_pixels.parse_bytes
    monkeypatch.setattr(dicom_pixels, "parse_bytes", lambda found: (parses.append(found), parse(found))[1])
    for number in range(14):
        read_image(study.image, (slice(number, number + 1), slice(0, 20), slice(0, 24)))
    assert len(parses) == 1
    write_enhanced(path, make_enhanced(GRID, (VOXELS + 1).astype(np.int16), exam=None))
    path.touch()
    assert np.array_equal(read_image(study.image, whole(GRID)).voxels, VOXELS - 999.0)
    assert len(parses) == 2
