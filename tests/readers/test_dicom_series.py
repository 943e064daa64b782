"""Image series: order, grid and refusals (rows G01 to G23 of docs/hazards.md), and their pixels."""

from __future__ import annotations

import itertools
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from pipeline.errors import StudyRefused
from pipeline.geometry import CANONICAL_AXES, Geometry
from pipeline.readers import read_image
from pipeline.readers.dicom.series import read_slices
from pipeline.readers.dicom.stack import build_stacks
from pipeline.study import ImageSeries, Study
from tests.phantoms import OBLIQUE, make_grid, sample_array
from tests.readers.build_dicom import MR, Exam, edit, save, uid, write_raw_text, write_seg, write_series
from tests.readers.conftest import (
    DATA,
    GRID,
    LESION,
    LESION_BALL,
    LIVER,
    LIVER_BALL,
    balls,
    codes_of,
    volumes_ml,
    write_study,
)

Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]


def clean_volumes() -> dict[str, float]:
    return {name: mask.sum() * GRID.voxel_volume_mm3 / 1000 for name, mask in balls().items()}


def whole(grid: Geometry) -> tuple[slice, slice, slice]:
    a, b, c = (slice(0, size) for size in grid.shape)
    return a, b, c


def test_the_grid_is_the_one_the_positions_say(tmp_path: Path, read: Read) -> None:
    """Affine, shape, slices and volumes of a plain series come out as they were written."""
    paths = write_study(tmp_path)
    study = read(tmp_path)
    assert np.allclose(study.image.geometry.affine, GRID.affine, atol=1e-5)
    assert study.image.geometry.shape == GRID.shape
    assert [path.name for path in study.image.files] == [path.name for path in paths]
    assert study.image.sop_instance_uids == tuple(uid("exam", "portal venous", n) for n in range(14))
    assert volumes_ml(study) == pytest.approx(clean_volumes(), rel=1e-6)
    assert codes_of(study) == []


def test_the_grid_and_the_pixels_are_simpleitks(tmp_path: Path, read: Read) -> None:
    """An oblique anisotropic series has the places and Hounsfield units that SimpleITK gives it."""
    grid = make_grid((9, 20, 16), (2.5, 1.25, 0.8), rotation=OBLIQUE)
    voxels = np.random.default_rng(1).integers(0, 2000, grid.shape).astype(np.int16)
    paths = write_series(tmp_path / "ct", grid, voxels)
    mask = sample_array(LIVER_BALL, grid)
    write_seg(tmp_path / "seg.dcm", paths, {"Liver": (mask, LIVER)})
    study = read(tmp_path)
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path / "ct"))
    image = sitk.ReadImage(names)
    ours = read_image(study.image, (slice(2, 7), slice(3, 18), slice(0, 11)))
    for index in ((0, 0, 0), (4, 14, 10), (2, 7, 5)):
        (world,) = ours.geometry.to_world(np.array([index], dtype=float))
        place = image.TransformPhysicalPointToIndex(world.tolist())
        assert np.allclose(image.TransformIndexToPhysicalPoint(place), world, atol=1e-3)
        assert image[place] == ours.voxels[index]


@pytest.mark.hazard("G09")
def test_order_is_by_position_alone(tmp_path: Path, read: Read) -> None:
    """Instance numbers, slice locations and file names in any order, nested and without extension, change nothing."""

    def mix(image: Dataset, number: int) -> None:
        image.InstanceNumber = None if number == 5 else 100 - number
        image.SliceLocation = str(number * 7 % 5)

    paths = write_study(tmp_path, change=mix)
    for number, path in enumerate(paths):
        target = tmp_path / "ct" / f"deep{number % 3}" / "er" / f"{number * 37 % 101}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)
    study = read(tmp_path)
    assert volumes_ml(study) == pytest.approx(clean_volumes(), rel=1e-6)
    assert study.image.sop_instance_uids == tuple(uid("exam", "portal venous", n) for n in range(14))


@pytest.mark.hazard("G01")
@pytest.mark.parametrize("missing", [[6], [5, 6, 7]], ids=["one", "three"])
def test_slices_missing_within_a_structure_refuse_the_study(
    tmp_path: Path, refusal: Refusal, missing: list[int]
) -> None:
    """A gap in the range of a mask leaves nothing to publish."""
    paths = write_study(tmp_path)
    for number in missing:
        paths[number].unlink()
    refused = refusal(tmp_path)
    assert refused.code == "GEOM_GAP"
    low, high = (GRID.to_world(np.array([[n, 0.0, 0.0]]))[0, 2] for n in (missing[0] - 1, missing[-1] + 1))
    count = "1 slice is" if len(missing) == 1 else "3 slices are"
    assert refused.message.startswith(f"{count} missing between z = {low:.1f} and {high:.1f} mm")


@pytest.mark.hazard("G01")
def test_slices_missing_beside_the_structures_are_flagged(tmp_path: Path, read: Read) -> None:
    """The contiguous part that holds all structures is measured, and the report says so."""
    grid = make_grid((24, 20, 24), (3.0, 1.25, 1.0))
    paths = write_study(tmp_path, grid)
    paths[20].unlink()
    study = read(tmp_path)
    assert "GEOM_GAP" in codes_of(study)
    assert study.image.geometry.shape[0] == 20
    expected = {n: m.sum() * grid.voxel_volume_mm3 / 1000 for n, m in balls(grid).items()}
    assert volumes_ml(study) == pytest.approx(expected, rel=1e-6)


@pytest.mark.hazard("G02")
def test_copies_of_one_file_count_once(tmp_path: Path, read: Read) -> None:
    """Every third file again under another name changes nothing but the record."""
    paths = write_study(tmp_path)
    for path in paths[::3]:
        shutil.copy(path, path.with_name(f"copy_{path.name}"))
    study = read(tmp_path)
    assert volumes_ml(study) == pytest.approx(clean_volumes(), rel=1e-6)
    assert "GEOM_DUP_FILE" in codes_of(study)


@pytest.mark.hazard("G03")
def test_one_uid_with_two_contents_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Which of the two would be measured could only be guessed."""
    paths = write_study(tmp_path)
    copy = paths[4].with_name("again.dcm")
    shutil.copy(paths[4], copy)
    edit(copy, PixelData=b"\1" * len(pydicom.dcmread(copy).PixelData))
    assert refusal(tmp_path).code == "UID_CONFLICT"


@pytest.mark.hazard("G04")
def test_two_phases_in_one_series_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Two images at each position are two volumes: none is chosen."""
    write_study(tmp_path)
    other = write_series(tmp_path / "late", GRID, series="late")
    for path in other:
        edit(path, SeriesInstanceUID=uid("exam", "portal venous"), AcquisitionNumber=2)
    assert refusal(tmp_path).code == "GEOM_DUP_POS"


@pytest.mark.hazard("G05")
def test_slightly_uneven_slices_keep_their_own_places(tmp_path: Path, read: Read) -> None:
    """Up to 10 % unevenness is kept slice by slice and flagged."""
    grid = make_grid((14, 20, 24), (3.0, 1.25, 1.0), uneven=0.04)
    write_study(tmp_path, grid)
    study = read(tmp_path)
    assert "GEOM_SPACING" in codes_of(study)
    assert study.image.geometry.slice_positions_mm is not None
    assert np.allclose(study.image.geometry.slice_positions_mm, grid.slice_positions_mm, atol=1e-5)
    assert np.allclose(study.image.geometry.slab_volumes_mm3, grid.slab_volumes_mm3, rtol=1e-5)
    assert study.segments[0].mask.grid is study.image.geometry


@pytest.mark.hazard("G05")
def test_every_other_slice_missing_in_one_half_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Two spacings stitched into one series are no volume."""
    grid = make_grid((28, 20, 24), (1.5, 1.25, 1.0))
    paths = write_study(tmp_path, grid)
    for path in paths[15::2]:
        path.unlink()
    assert refusal(tmp_path).code == "GEOM_SPACING"


@pytest.mark.hazard("G05")
def test_strongly_uneven_slices_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Gaps of 2.4 and 3.6 mm in turn are not measured."""
    write_study(tmp_path, make_grid((14, 20, 24), (3.0, 1.25, 1.0), uneven=0.2))
    assert refusal(tmp_path).code == "GEOM_SPACING"


@pytest.mark.hazard("G06")
def test_rounded_positions_are_one_even_stack(tmp_path: Path, read: Read) -> None:
    """Positions off by 5 um change no volume and raise no flag."""

    def jitter(image: Dataset, number: int) -> None:
        x, y, z = (float(v) for v in image.ImagePositionPatient)
        image.ImagePositionPatient = [f"{x:.3f}", f"{y:.3f}", f"{z + 0.005 * (-1) ** number:.4f}"]

    write_study(tmp_path, change=jitter)
    study = read(tmp_path)
    assert codes_of(study) == []
    assert volumes_ml(study) == pytest.approx(clean_volumes(), rel=1e-3)


@pytest.mark.hazard("G07")
@pytest.mark.hazard("G08")
@pytest.mark.parametrize(("factor", "severity"), [(2.0, "info"), (0.5, "warning")])
def test_thickness_and_declared_spacing_are_never_the_spacing(
    tmp_path: Path, read: Read, factor: float, severity: str
) -> None:
    """SliceThickness of twice or half the spacing is told; SpacingBetweenSlices of 1.7 times it is not believed."""

    def mislead(image: Dataset, _: int) -> None:
        image.SliceThickness = str(3.0 * factor)
        image.SpacingBetweenSlices = "5.1"

    write_study(tmp_path, change=mislead)
    study = read(tmp_path)
    assert volumes_ml(study) == pytest.approx(clean_volumes(), rel=1e-6)
    found = [(f.code, f.severity.value) for f in study.findings]
    assert found == [("THICKNESS_NE_SPACING", severity), ("SEG_SPACING", "info")]


@pytest.mark.hazard("G10")
def test_a_tilted_stack_keeps_its_shear(tmp_path: Path, read: Read) -> None:
    """Slices shifted by tan(15 degrees) give a sheared affine, the true volume, and a flag."""
    grid = make_grid((20, 44, 40), (2.0, 0.9, 0.9), tilt_degrees=15.0)
    write_study(tmp_path, grid)
    study = read(tmp_path)
    assert "GEOM_TILT" in codes_of(study)
    assert np.allclose(study.image.geometry.affine, grid.affine, atol=1e-5)
    expected = {n: m.sum() * grid.voxel_volume_mm3 / 1000 for n, m in balls(grid).items()}
    assert volumes_ml(study) == pytest.approx(expected, rel=1e-6)


@pytest.mark.hazard("G10")
def test_the_siemens_tilt_is_read_as_its_positions_say() -> None:
    """The table moves 5 mm along z under a gantry tilted by 14 degrees; SimpleITK says 5.0 mm and straight."""
    slices, _ = read_slices(sorted((DATA / "dicom2nifti-awkward" / "gantry_tilt_siemens").glob("*.dcm")))
    (stack,) = build_stacks(slices)
    step = stack.geometry.axes[0]
    normal = stack.geometry.plane_normal
    assert abs(step @ normal) == pytest.approx(5 * np.cos(np.radians(14)), abs=1e-3)
    assert np.linalg.norm(step - (step @ normal) * normal) == pytest.approx(5 * np.sin(np.radians(14)), abs=1e-3)
    assert "GEOM_TILT" in [finding.code for finding in stack.findings]


@pytest.mark.hazard("G11")
def test_pixel_spacing_is_row_then_column(tmp_path: Path, read: Read) -> None:
    """With rows 1.25 mm and columns 1 mm apart, the ball extends equally far in both."""
    write_study(tmp_path)
    mask = next(s.mask for s in read(tmp_path).segments if s.name == "Liver")
    extent = np.array(mask.voxels.shape)[1:] * mask.grid.spacing_mm[1:]
    assert np.allclose(mask.grid.spacing_mm[1:], (1.25, 1.0))
    assert abs(extent[0] - extent[1]) <= 1.25


def test_an_oblique_series_of_unequal_pixels_is_simpleitks() -> None:
    """A vendor's oblique series of 4.0 by 6.4 mm pixels lies where SimpleITK puts it."""
    folder = DATA / "dicom2nifti-awkward" / "oblique_non_isotropic"
    slices, _ = read_slices(sorted(folder.glob("*.dcm")))
    (stack,) = build_stacks(slices)
    image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))
    last = [size - 1 for size in image.GetSize()]
    corners = [image.TransformIndexToPhysicalPoint([c * n for c, n in zip(corner, last, strict=True)])
               for corner in itertools.product((0, 1), repeat=3)]  # fmt: skip
    assert np.allclose(_sorted(stack.geometry.corners_mm()), _sorted(np.array(corners)), atol=0.02)


def _sorted(points: np.ndarray) -> np.ndarray:
    return points[np.lexsort(np.round(points, 0).T)]


@pytest.mark.parametrize(
    "folder",
    [
        "dicom2nifti-awkward/gantry_tilt_siemens",
        "dicom2nifti-awkward/oblique_non_isotropic",
        "dicom2nifti-awkward/sagittal_jpeg2000",
        "dicom2nifti-awkward/two_slices_only",
        "highdicom-ct/ct_series",
        "dcmqi/23x38x3/image",
        "dcmqi/ct-3slice",
    ],
)
def test_values_of_real_series_lie_where_simpleitk_finds_them(folder: str) -> None:
    """Each image of an awkward series, at its corners and within, read by SimpleITK from its own file, and scaled."""
    paths = sorted((DATA / folder).glob("*.dcm"))
    stack = build_stacks(read_slices(paths)[0])[0]
    uids = tuple(each.sop_instance_uid for each in stack.slices)
    image = ImageSeries("CT", stack.geometry, tuple(each.path for each in stack.slices), sop_instance_uids=uids)
    ours = read_image(image, whole(stack.geometry))
    for each in stack.slices:
        theirs = sitk.ReadImage(str(each.path))
        wide, high, _ = theirs.GetSize()
        for column, row in ((0, 0), (wide - 1, 0), (0, high - 1), (wide // 2, high // 2), (wide // 3, high - 2)):
            world = np.array([theirs.TransformIndexToPhysicalPoint((column, row, 0))])
            place = tuple(np.rint(stack.geometry.to_index(world)[0]).astype(int))
            assert np.allclose(stack.geometry.to_world(np.array([place])), world, atol=0.02)
            assert ours.voxels[place] == pytest.approx(theirs[column, row, 0], rel=1e-6)


def test_two_slices_are_a_volume() -> None:
    """A real series of two slices is one even stack."""
    slices, _ = read_slices(sorted((DATA / "dicom2nifti-awkward" / "two_slices_only").glob("*.dcm")))
    (stack,) = build_stacks(slices)
    assert stack.geometry.shape[stack.geometry.slice_axis] == 2


def test_one_slice_is_no_volume(tmp_path: Path, refusal: Refusal) -> None:
    """The thickness of a single slice is not made into a volume."""
    for path in write_study(tmp_path)[1:]:
        path.unlink()
    assert refusal(tmp_path).code == "GEOM_SLICES"


def test_compressed_sagittal_pixels_are_simpleitks(tmp_path: Path, read: Read) -> None:
    """A vendor's sagittal JPEG 2000 series, made canonical, holds the values SimpleITK finds at the same places."""
    folder = DATA / "dicom2nifti-awkward" / "sagittal_jpeg2000"
    shutil.copytree(folder, tmp_path / "mr")
    paths = sorted((tmp_path / "mr").glob("*.dcm"))
    for path in paths:
        edit(
            path,
            FrameOfReferenceUID="1.2.3",
            PatientSex="O",
            PatientBirthDate="",
            StudyID="1",
            AccessionNumber="",
            SliceThickness="1",
        )
    shape = (len(paths), 256, 256)
    mask = np.zeros(shape, dtype=bool)
    mask[1:3, 100:120, 90:130] = True
    write_seg(tmp_path / "seg.dcm", paths, {"Liver": (mask, LIVER)})
    study = read(tmp_path)
    assert study.image.geometry.slice_axis == 2
    image = sitk.ReadImage([str(path) for path in paths])
    ours = read_image(study.image, whole(study.image.geometry))
    for index in ((0, 0, 0), (200, 30, 3), (128, 128, 1), (10, 250, 2)):
        (world,) = ours.geometry.to_world(np.array([index], dtype=float))
        assert image[image.TransformPhysicalPointToIndex(world.tolist())] == ours.voxels[index]


@pytest.mark.hazard("G12")
def test_detector_spacing_does_not_replace_pixel_spacing(tmp_path: Path, refusal: Refusal) -> None:
    """ImagerPixelSpacing is magnified: it is no size in the patient."""

    def detector(image: Dataset, _: int) -> None:
        image.ImagerPixelSpacing = image.PixelSpacing
        del image.PixelSpacing

    paths = write_series(tmp_path / "ct", GRID)
    write_seg(tmp_path / "seg.dcm", paths, {"Liver": (balls()["Liver"], LIVER)})
    for path in paths:
        image = pydicom.dcmread(path)
        detector(image, 0)
        save(image, path)
    assert refusal(tmp_path).code == "PIXEL_SPACING"


@pytest.mark.hazard("G13")
@pytest.mark.parametrize(
    "text", ["0\\1.0", "-1\\-1", "nan\\nan", "inf\\1.0", "1,25\\1,0", "1e400\\1.0", "1.25", "a\\b", ""]
)
def test_nonsense_in_pixel_spacing_is_refused(tmp_path: Path, refusal: Refusal, text: str) -> None:
    """Zero, negative, not finite, decimal comma, one value: no number is made of any of them."""
    paths = write_study(tmp_path)
    write_raw_text(paths[5], "PixelSpacing", text)
    assert refusal(tmp_path).code == "PIXEL_SPACING"


@pytest.mark.hazard("G13")
def test_pixel_spacing_that_varies_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """One slice of another spacing makes the stack no grid."""
    edit(write_study(tmp_path)[3], PixelSpacing=["1.30", "1.0"])
    assert refusal(tmp_path).code == "PIXEL_SPACING"


@pytest.mark.hazard("G14")
def test_slices_turned_against_each_other_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Five slices turned by 10 degrees in their plane."""
    c, s = np.cos(np.radians(10)), np.sin(np.radians(10))
    for path in write_study(tmp_path)[:5]:
        edit(path, ImageOrientationPatient=[f"{v:.6f}" for v in (c, s, 0, -s, c, 0)])
    assert refusal(tmp_path).code == "GEOM_ORIENT"


@pytest.mark.hazard("G14")
@pytest.mark.parametrize(
    "values", [["1", "0", "0", "0.1", "1", "0"], ["2", "0", "0", "0", "1", "0"], ["1", "0", "0", "1", "0", "0"]]
)
def test_an_orientation_that_is_none_is_refused(tmp_path: Path, refusal: Refusal, values: list[str]) -> None:
    """Vectors that are not of unit length and at right angles place nothing."""
    for path in write_study(tmp_path):
        edit(path, ImageOrientationPatient=values)
    assert refusal(tmp_path).code == "GEOM_ORIENT"


SIGNED_PERMUTATIONS = [
    (order, signs) for order in itertools.permutations(range(3)) for signs in itertools.product((1, -1), repeat=3)
]


def axes_of(order: tuple[int, ...], signs: tuple[int, ...]) -> np.ndarray:
    """Return the directions of slices, rows and columns that lie along the patient's axes in this order."""
    return np.array([CANONICAL_AXES[axis] * sign for axis, sign in zip(order, signs, strict=True)])


@pytest.mark.hazard("G15")
@pytest.mark.parametrize(("order", "signs"), SIGNED_PERMUTATIONS, ids=str)
def test_every_orientation_gives_the_same_voxels(
    tmp_path: Path, read: Read, order: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    """All 48 ways to lay slices, rows and columns along the patient's axes lead to one canonical study.

    DICOM's rows and columns make the slice direction right-handed or not; the files hold either, because order of files
    is free.
    """
    shape = tuple((10, 12, 14)[axis] for axis in order)
    grid = make_grid(shape, tuple((2.0, 1.5, 1.25)[axis] for axis in order), axes=axes_of(order, signs))  # type: ignore[arg-type]
    straight = make_grid((10, 12, 14), (2.0, 1.5, 1.25))
    paths = write_series(tmp_path / "ct", grid, (sample_array(LESION_BALL, grid) * 100).astype(np.int16))
    write_seg(tmp_path / "seg.dcm", paths, {"Lesion 1": (sample_array(LESION_BALL, grid), LESION)})
    study = read(tmp_path)
    expected = sample_array(LESION_BALL, straight)
    assert np.allclose(study.image.geometry.affine, straight.affine, atol=1e-5)
    assert np.array_equal(study.segments[0].mask.within(whole(straight)), expected)
    assert np.array_equal(read_image(study.image, whole(straight)).voxels, expected * 100.0 - 1000.0)


@pytest.mark.hazard("G16")
def test_a_slice_of_another_matrix_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """One slice at half matrix in the series."""
    paths = write_study(tmp_path)
    image = pydicom.dcmread(paths[2])
    image.Rows, image.PixelData = 10, image.PixelData[: 10 * 24 * 2]
    save(image, paths[2])
    assert refusal(tmp_path).code == "GEOM_MATRIX"


@pytest.mark.hazard("G17")
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "by its angle"])
def test_a_scout_in_the_series_is_left_out(tmp_path: Path, read: Read, declared: bool) -> None:
    """A coronal localizer that shares the series changes no number and is noted."""
    write_study(tmp_path)
    coronal = make_grid((1, 30, 30), axes=np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]]))
    (scout,) = write_series(tmp_path / "scout", coronal, series="scout")
    kind = ["ORIGINAL", "PRIMARY", "LOCALIZER" if declared else "AXIAL"]
    edit(scout, SeriesInstanceUID=uid("exam", "portal venous"), ImageType=kind)
    study = read(tmp_path)
    assert volumes_ml(study) == pytest.approx(clean_volumes(), rel=1e-6)
    assert codes_of(study) == ["LOCALIZER"]


@pytest.mark.hazard("G17")
@pytest.mark.parametrize("lost", ["PixelSpacing", "ImagePositionPatient"])
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "by its angle"])
def test_a_scout_without_the_geometry_of_an_image_is_left_out(
    tmp_path: Path, read: Read, refusal: Refusal, declared: bool, lost: str
) -> None:
    """Its missing attributes do not refuse the series; a missing place does, unless it says that it is a scout."""
    write_study(tmp_path)
    coronal = make_grid((1, 30, 30), axes=np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]]))
    (scout,) = write_series(tmp_path / "scout", coronal, series="scout")
    kind = ["ORIGINAL", "PRIMARY", "LOCALIZER" if declared else "AXIAL"]
    edit(scout, SeriesInstanceUID=uid("exam", "portal venous"), ImageType=kind, **{lost: None})
    if lost == "ImagePositionPatient" and not declared:
        assert refusal(tmp_path).code == "GEOM_ORIENT"
        return
    study = read(tmp_path)
    assert volumes_ml(study) == pytest.approx(clean_volumes(), rel=1e-6)
    assert codes_of(study) == ["LOCALIZER"]


@pytest.mark.hazard("G18")
def test_two_frames_of_reference_in_one_series_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    """The patient may have been off the table in between."""
    for path in write_study(tmp_path)[7:]:
        edit(path, FrameOfReferenceUID="1.2.3.4")
    assert refusal(tmp_path).code == "FOR_MIXED"


@pytest.mark.hazard("G20")
def test_screenshots_are_never_measured(tmp_path: Path, refusal: Refusal) -> None:
    """A study of secondary captures has no image."""
    for path in write_study(tmp_path):
        edit(path, SOPClassUID="1.2.840.10008.5.1.4.1.1.7")
    assert refusal(tmp_path).code == "SOP_CLASS"


@pytest.mark.hazard("G20")
def test_a_screenshot_beside_a_series_is_noted(tmp_path: Path, read: Read) -> None:
    """It changes nothing."""
    write_study(tmp_path)
    (shot,) = write_series(tmp_path / "shot", make_grid((1, 8, 8)), series="shot")
    edit(shot, SOPClassUID="1.2.840.10008.5.1.4.1.1.7")
    study = read(tmp_path)
    assert codes_of(study) == ["SOP_CLASS"]
    assert volumes_ml(study) == pytest.approx(clean_volumes(), rel=1e-6)


@pytest.mark.hazard("G20")
def test_a_screenshot_within_the_series_is_noted(tmp_path: Path, read: Read) -> None:
    """It shares the series and has no place in the patient."""
    path = write_study(tmp_path)[3]
    shutil.copy(path, tmp_path / "screen.dcm")
    edit(tmp_path / "screen.dcm", SOPInstanceUID="1.2.5", SOPClassUID="1.2.840.10008.5.1.4.1.1.7", Modality="OT")
    assert codes_of(read(tmp_path)) == ["SOP_CLASS"]


@pytest.mark.hazard("G21")
def test_each_slice_has_its_own_rescale(tmp_path: Path, read: Read) -> None:
    """Slope and intercept that change from slice to slice give one and the same Hounsfield value."""

    def rescale(image: Dataset, number: int) -> None:
        image.RescaleSlope, image.RescaleIntercept = f"{1 + number / 2}", f"{-1000 - number}"
        image.PixelData = np.full((20, 24), 100, dtype="<i2").tobytes()

    write_study(tmp_path, change=rescale)
    study = read(tmp_path)
    found = read_image(study.image, whole(GRID)).voxels[:, 0, 0]
    assert np.array_equal(found, [100 * (1 + n / 2) - 1000 - n for n in range(14)])


@pytest.mark.hazard("G21")
def test_a_ct_without_rescale_is_flagged(tmp_path: Path, read: Read) -> None:
    """Its values may not be Hounsfield units."""
    for path in write_study(tmp_path):
        edit(path, RescaleSlope=None, RescaleIntercept=None)
    assert "HU_RANGE" in codes_of(read(tmp_path))


@pytest.mark.hazard("G21")
@pytest.mark.parametrize(
    ("keyword", "text"), [("RescaleSlope", "0"), ("RescaleSlope", "x"), ("RescaleIntercept", "1,024")]
)
def test_a_scale_that_is_none_is_flagged_and_gives_no_values(
    tmp_path: Path, read: Read, keyword: str, text: str
) -> None:
    """Masks are measured; no Hounsfield unit is made of it."""
    paths = write_study(tmp_path, change=lambda image, _: setattr(image, keyword, "-1024.00"))
    write_raw_text(paths[3], keyword, text)
    study = read(tmp_path)
    assert codes_of(study) == ["HU_RANGE"]
    with pytest.raises(StudyRefused, match="HU_RANGE"):
        read_image(study.image, whole(GRID))


@pytest.mark.hazard("G03")
def test_one_uid_in_two_series_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """A series was sent again under a new SeriesInstanceUID: the masks' images are in both."""
    path = write_study(tmp_path)[4]
    shutil.copy(path, tmp_path / "again.dcm")
    edit(tmp_path / "again.dcm", SeriesInstanceUID="1.2.3.4")
    assert refusal(tmp_path).code == "UID_CONFLICT"


def test_mr_keeps_its_stored_values(tmp_path: Path, read: Read) -> None:
    """MR has no Hounsfield units: nothing is rescaled."""
    write_study(tmp_path, modality="MR")
    study = read(tmp_path)
    assert study.image.modality == "MR"
    assert pydicom.dcmread(study.image.files[0]).SOPClassUID == MR
    assert np.all(read_image(study.image, whole(GRID)).voxels == 1050)


@pytest.mark.hazard("G22")
def test_lossy_compression_is_flagged_with_its_ratio(tmp_path: Path, read: Read) -> None:
    """Ratio and method are told."""
    for path in write_study(tmp_path):
        edit(
            path,
            LossyImageCompression="01",
            LossyImageCompressionRatio="12.5",
            LossyImageCompressionMethod="ISO_10918_1",
        )
    (finding,) = read(tmp_path).findings
    assert finding.code == "LOSSY"
    assert "12.5" in finding.message
    assert "ISO_10918_1" in finding.message


@pytest.mark.hazard("G22")
@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91"])
def test_a_lossy_transfer_syntax_is_flagged_without_the_attribute(tmp_path: Path, read: Read, syntax: str) -> None:
    """Archives that compress often leave LossyImageCompression as it was."""
    path = write_study(tmp_path)[3]
    image = pydicom.dcmread(path)
    image.file_meta.TransferSyntaxUID = syntax
    image.PixelData = pydicom.encaps.encapsulate([bytes(500)])
    image["PixelData"].is_undefined_length = True
    save(image, path)
    assert codes_of(read(tmp_path)) == ["LOSSY"]


def _write_bare(path: Path, implicit: bool, little: bool = True) -> None:
    """Write an image as the data set alone: no preamble, no file meta information."""
    image = pydicom.dcmread(path)
    del image.file_meta
    if not little:
        image.PixelData = np.frombuffer(image.PixelData, "<i2").astype(">i2").tobytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(path, image, implicit_vr=implicit, little_endian=little)


@pytest.mark.parametrize("implicit", [True, False])
def test_images_without_file_meta_information_have_their_pixels(tmp_path: Path, read: Read, implicit: bool) -> None:
    """Bare data sets of old archives give the same Hounsfield units."""
    voxels = np.random.default_rng(1).integers(0, 2000, GRID.shape).astype(np.int16)
    for path in write_study(tmp_path, voxels=voxels):
        _write_bare(path, implicit)
    study = read(tmp_path)
    assert codes_of(study) == []
    image = read_image(study.image, whole(GRID))
    assert np.array_equal(image.voxels, voxels.astype(np.float32) - 1000)


def test_packed_pixels_without_file_meta_information_are_left_out_by_their_name(tmp_path: Path, read: Read) -> None:
    """Nothing says how they were compressed: that is the reason given, not a cut file."""
    path = write_study(tmp_path)[13]
    image = pydicom.dcmread(path)
    image.compress(RLELossless)
    save(image, path)
    content = path.read_bytes()
    path.write_bytes(content[content.index(b"\x08\x00\x08\x00") :])
    assert codes_of(read(tmp_path)) == ["TRANSFER_SYNTAX"]


def test_run_length_encoded_pixels_are_read(tmp_path: Path, read: Read) -> None:
    """RLE is decoded to the values that were compressed."""
    voxels = np.random.default_rng(2).integers(0, 2000, GRID.shape).astype(np.int16)
    paths = write_study(tmp_path, voxels=voxels)
    for path in paths:
        image = pydicom.dcmread(path)
        image.compress(RLELossless, generate_instance_uid=False)
        save(image, path)
    assert np.array_equal(read_image(read(tmp_path).image, whole(GRID)).voxels, voxels - 1000.0)


def test_a_compression_without_decoder_is_refused_when_pixels_are_needed(tmp_path: Path, read: Read) -> None:
    """Measuring masks needs no pixels; a picture of them says why it cannot be made."""
    paths = write_study(tmp_path)
    for path in paths:
        image = pydicom.dcmread(path)
        image.compress(RLELossless, generate_instance_uid=False)
        image.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"
        save(image, path)
    study = read(tmp_path)
    with pytest.raises(StudyRefused, match="TRANSFER_SYNTAX"):
        read_image(study.image, whole(GRID))


def test_images_of_two_patients_in_one_series_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Identity is checked within a series too."""
    edit(write_study(tmp_path)[3], PatientID="P-2")
    assert refusal(tmp_path).code == "PAIR_PATIENT"


def test_an_exam_of_two_series_uses_the_one_the_mask_names(tmp_path: Path, read: Read) -> None:
    """The arterial series beside it is not taken, whatever its number of slices."""
    write_study(tmp_path)
    write_series(tmp_path / "art", make_grid((40, 20, 24), (1.0, 1.25, 1.0)), series="arterial", exam=Exam())
    study = read(tmp_path)
    assert study.image.description == "portal venous"
    assert volumes_ml(study) == pytest.approx(clean_volumes(), rel=1e-6)
