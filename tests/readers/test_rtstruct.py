"""Structure sets: exact areas, holes in three ways, planes, gaps, what bounds no area, and what does not belong."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import nibabel
import numpy as np
import pytest
from pydicom.dataset import Dataset

from pipeline.errors import StudyRefused
from pipeline.geometry import CANONICAL_AXES, Geometry
from pipeline.measures.volumes import describe_volume, mask_volume_ml, voxel_volume_ml
from pipeline.preferences import Preferences
from pipeline.readers import StudyFiles, read_study
from pipeline.readers.contours import rtstruct_header
from pipeline.readers.contours.rtstruct import open_rtstruct
from pipeline.readers.dicom.series import read_slices
from pipeline.readers.dicom.stack import build_stacks
from pipeline.structures import Role
from pipeline.study import Severity, Study
from tests.phantoms import GRIDS, make_grid, sample_array, sphere
from tests.readers.build_dicom import Exam, edit, write_series
from tests.readers.build_rtstruct import (
    Outline,
    Points,
    ball_outlines,
    circle,
    origin_of,
    plane_of,
    polygon_area,
    write_rtstruct,
)
from tests.readers.conftest import DATA, codes_of

GRID = make_grid((14, 48, 52), (3.0, 1.25, 1.0))
CENTER = (1.0, -1.0, 2.0)
Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]


def write(
    folder: Path,
    rois: dict[str, Sequence[Outline]],
    grid: Geometry = GRID,
    **options: Callable[[Dataset], None] | Exam | dict[str, str],
) -> Path:
    series = write_series(folder / "ct", grid)
    return write_rtstruct(folder / "rt.dcm", series, rois, **options)  # type: ignore[arg-type]


def volume_of(study: Study, name: str = "Liver") -> float:
    return mask_volume_ml(next(each.mask for each in study.segments if each.name == name))


def area_ml(area_mm2: float, grid: Geometry = GRID) -> float:
    return area_mm2 * grid.voxel_volume_mm3 / float(np.linalg.norm(np.cross(grid.axes[1], grid.axes[2]))) / 1000


@pytest.mark.parametrize("kind", ["isotropic", "anisotropic", "oblique", "sheared", "uneven", "coarse"])
def test_the_volume_is_that_of_the_polygons_on_any_grid(kind: str, tmp_path: Path, read: Read) -> None:
    """Oblique, sheared, uneven: polygon area x slab to 1e-6, and a ball of 30 mm within 3 % of the ball."""
    uneven = make_grid((24, 48, 52), (1.9, 1.25, 1.0), uneven=0.04)
    grid = {**GRIDS, "uneven": uneven}.get(kind, GRID)
    outlines, truth = ball_outlines(grid, 15.0, CENTER)
    study = read(write(tmp_path, {"Liver": outlines}, grid).parent)
    assert volume_of(study) == pytest.approx(truth, rel=1e-6)
    assert volume_of(study) == pytest.approx(sphere(15.0).volume_mm3 / 1000, rel=0.03)
    assert not {"RT_PLANE", "RT_GAP", "RT_POINT", "RT_CROSS", "GRID_OTHER"} & set(codes_of(study))


SIGNED = [
    (order, signs) for order in itertools.permutations(range(3)) for signs in itertools.product((1, -1), repeat=3)
]


@pytest.mark.hazard("G15")
@pytest.mark.parametrize(("order", "signs"), SIGNED, ids=lambda value: "".join(f"{v}" for v in value))
def test_all_signed_axis_permutations_give_the_same_structure(
    order: tuple[int, ...], signs: tuple[int, ...], tmp_path: Path, read: Read
) -> None:
    """A box-shaped structure has the same volume, voxels and place however rows, columns and slices run."""
    axes = CANONICAL_AXES[list(order)] * np.array(signs)[:, None]
    grid = make_grid((7, 9, 9), (2.0, 2.0, 2.0), axes=axes)
    u, v, normal = plane_of(grid)
    half = np.abs(np.array([[1.9, 3.9, 4.4]]) @ np.stack([u, v, normal]).T)[0]
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half[:2]
    outlines = [
        Outline(corners @ np.stack([u, v]) + origin_of(grid, n) @ normal * normal, n)
        for n in range(7)
        if abs(origin_of(grid, n) @ normal) < half[2]
    ]
    (segment,) = read(write(tmp_path, {"Liver": outlines}, grid).parent).segments
    thick = 2 * len(outlines)
    assert mask_volume_ml(segment.mask) == pytest.approx(4 * half[0] * half[1] * thick / 1000, rel=1e-6)
    middle = np.argwhere(segment.mask.voxels).mean(axis=0) + np.array(segment.mask.offset)
    assert segment.mask.grid.to_world(middle[None])[0] == pytest.approx([0, 0, 0], abs=1e-5)
    sizes = np.array(segment.mask.voxels.shape)[::-1]
    expected = 2 * np.floor(np.array([1.9, 3.9, 4.4]) / 2) + 1
    assert sizes.tolist() == expected.tolist()


def ring(kind: str, grid: Geometry, number: int) -> list[Outline]:
    """Return a ring of 20 and 10 mm in one of the ways in which holes are drawn."""
    outer, inner = circle(grid, number, 20.0), circle(grid, number, 10.0)
    if kind == "keyhole":
        back = np.roll(inner[::-1], 1, axis=0)
        return [Outline(np.concatenate([outer, outer[:1], back, back[:1]]), number)]
    sense = -1 if kind.endswith("turned") else 1
    name = "CLOSEDPLANAR_XOR" if kind.startswith("xor") else "CLOSED_PLANAR"
    pair = [Outline(outer, number, name), Outline(inner[::sense], number, name)]
    return pair[::-1] if kind == "hole first" else pair


@pytest.mark.hazard("M28")
@pytest.mark.parametrize("kind", ["nested", "nested turned", "hole first", "keyhole", "xor", "xor turned"])
def test_a_hole_is_a_hole_in_every_way_of_drawing_it(kind: str, tmp_path: Path, read: Read) -> None:
    """A ring of 20 and 10 mm: the polygons' area exactly, the circles' within 3 %, and no voxel set inside."""
    outlines = [each for number in range(4, 9) for each in ring(kind, GRID, number)]
    study = read(write(tmp_path, {"Liver": outlines}).parent)
    exact = 5 * area_ml(polygon_area(20.0) - polygon_area(10.0))
    assert volume_of(study) == pytest.approx(exact, rel=1e-6)
    assert volume_of(study) == pytest.approx(5 * area_ml(np.pi * 300), rel=0.03)
    assert "RT_CROSS" not in codes_of(study)
    mask = study.segments[0].mask
    assert not mask.are_set(np.rint(mask.grid.to_index(np.zeros((1, 3)))).astype(np.int64))[0]
    assert f"{mask.count} voxels" in describe_volume(mask)


def moved(outlines: Sequence[Outline], step: Points) -> list[Outline]:
    return [Outline(each.points + step, each.slice, each.kind) for each in outlines]


@pytest.mark.hazard("M29")
@pytest.mark.parametrize(("slices", "code"), [(0.001, None), (0.05, "RT_PLANE"), (-0.09, "RT_PLANE")])
def test_contours_a_little_beside_their_slices_are_flagged(
    slices: float, code: str | None, tmp_path: Path, read: Read
) -> None:
    """Up to a tenth of a slice they are taken as drawn on it, with the same volume."""
    outlines, truth = ball_outlines(GRID, 12.0)
    study = read(write(tmp_path, {"Liver": moved(outlines, np.array([0, 0, 3.0 * slices]))[::-1]}).parent)
    assert volume_of(study) == pytest.approx(truth, rel=1e-6)
    assert ("RT_PLANE" in codes_of(study)) == (code is not None)


@pytest.mark.hazard("M29")
@pytest.mark.parametrize(("slices", "code"), [(0.5, "RT_PLANE"), (0.15, "RT_PLANE"), (30.0, "GRID_OTHER")])
def test_contours_off_the_slices_are_refused(slices: float, code: str, tmp_path: Path, refusal: Refusal) -> None:
    """Contours between planes belong to another series; those far away to another place."""
    outlines, _ = ball_outlines(GRID, 12.0)
    found = refusal(write(tmp_path, {"Liver": moved(outlines, np.array([0, 0, 3.0 * slices]))}).parent)
    assert found.code == code


@pytest.mark.hazard("M29")
def test_a_contour_that_names_another_image_than_it_lies_in_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Place and named image contradict each other by two slices."""
    outlines = [Outline(each.points, (each.slice or 0) + 2) for each in ball_outlines(GRID, 8.0)[0]]
    assert refusal(write(tmp_path, {"Liver": outlines}).parent).code == "GRID_INDEX"


@pytest.mark.hazard("M30")
def test_a_missing_contour_is_flagged_and_not_filled(tmp_path: Path, read: Read) -> None:
    """Without the middle contour the volume is less by exactly that contour."""
    outlines, truth = ball_outlines(GRID, 12.0)
    middle = len(outlines) // 2
    lost = np.linalg.norm(outlines[middle].points[0] - outlines[middle].points.mean(axis=0))
    study = read(write(tmp_path, {"Liver": [*outlines[:middle], *outlines[middle + 1 :]]}).parent)
    assert volume_of(study) == pytest.approx(truth - area_ml(polygon_area(lost)), rel=1e-6)
    (found,) = [finding for finding in study.findings if finding.code == "RT_GAP"]
    assert found.severity is Severity.WARNING
    assert found.at_stake_ml == pytest.approx(area_ml(polygon_area(lost)), rel=0.5)


@pytest.mark.hazard("M30")
@pytest.mark.parametrize("step", [2, 3])
def test_a_structure_drawn_on_every_second_slice_fills_the_slabs_between(step: int, tmp_path: Path, read: Read) -> None:
    """Each contour stands for as many slices as it was drawn for, flagged, without a contour being invented."""
    grid = make_grid((29, 48, 52), (1.5, 1.25, 1.0))
    outlines = [each for each in ball_outlines(grid, 15.0)[0] if (each.slice or 0) % step == 1]
    areas = [polygon_area(float(np.linalg.norm(each.points[0] - each.points.mean(axis=0)))) for each in outlines]
    study = read(write(tmp_path, {"Liver": outlines}, grid).parent)
    assert volume_of(study) == pytest.approx(sum(areas) * 1.5 * step / 1000, rel=1e-6)
    assert volume_of(study) == pytest.approx(sphere(15.0).volume_mm3 / 1000, rel=0.05)
    assert "RT_GAP" in codes_of(study)
    mask = study.segments[0].mask
    assert mask.grid is study.image.geometry
    assert mask.steps == (step, 1, 1)
    assert voxel_volume_ml(mask) == pytest.approx(volume_of(study), rel=0.01)


def test_single_contours_far_apart_are_not_taken_for_a_coarser_grid(tmp_path: Path, read: Read) -> None:
    """Three flat structures beside each other, ten slices apart: each is one slice thick."""
    outlines = [Outline(circle(GRID, n, 4.0, (x, 0, 0)), n) for n, x in ((2, -12.0), (6, 0.0), (10, 12.0))]
    study = read(write(tmp_path, {"Liver": outlines}).parent)
    assert volume_of(study) == pytest.approx(3 * area_ml(polygon_area(4.0)), rel=1e-6)
    assert "RT_GAP" not in codes_of(study)


@pytest.mark.hazard("M31")
@pytest.mark.parametrize(
    ("points", "kind"),
    [
        (np.zeros((1, 3)), "POINT"),
        (circle(GRID, 7, 5.0), "OPEN_PLANAR"),
        (circle(GRID, 7, 5.0), "OPEN_NONPLANAR"),
        (circle(GRID, 7, 5.0, points=2), "CLOSED_PLANAR"),
        (np.array([[0, 0, 1.5], [1, 1, 1.5], [4, 4, 1.5]]), "CLOSED_PLANAR"),
        (circle(GRID, 7, 0.2), "CLOSED_PLANAR"),
    ],
    ids=["point", "open", "open in space", "two points", "on a line", "less than a pixel"],
)
def test_what_bounds_no_area_is_flagged_and_the_rest_kept(
    points: Points, kind: str, tmp_path: Path, read: Read
) -> None:
    """A structure of nothing else is not measured: it is neither 0 mL nor 'declared and empty'."""
    outlines, truth = ball_outlines(GRID, 12.0)
    odd = Outline(points, None, kind)
    study = read(write(tmp_path, {"Liver": outlines, "Lesion 1": [odd]}).parent)
    assert [segment.name for segment in study.segments if not segment.mask.is_lost] == ["Liver"]
    assert [segment.name for segment in study.segments_of(Role.LESION)] == ["Lesion 1"]
    assert volume_of(study) == pytest.approx(truth, rel=1e-6)
    (found,) = [finding for finding in study.findings if finding.code == "RT_POINT"]
    assert found.severity is Severity.WARNING
    assert "'Lesion 1'" in found.message


@pytest.mark.hazard("M31")
def test_a_small_contour_of_a_larger_structure_counts_by_its_area(tmp_path: Path, read: Read) -> None:
    """The tip of a structure is less than a pixel: it adds its area and is nothing to report."""
    outlines = [Outline(circle(GRID, 6, 8.0), 6), Outline(circle(GRID, 7, 0.3), 7)]
    study = read(write(tmp_path, {"Liver": outlines}).parent)
    assert volume_of(study) == pytest.approx(area_ml(polygon_area(8.0) + polygon_area(0.3)), rel=1e-6)
    assert "RT_POINT" not in codes_of(study)


def test_an_roi_without_contours_is_declared_and_empty(tmp_path: Path, read: Read) -> None:
    study = read(write(tmp_path, {"Liver": ball_outlines(GRID, 12.0)[0], "Lesion 1": []}).parent)
    (lesion,) = study.segments_of(Role.LESION)
    assert lesion.mask.is_empty


def test_contours_that_cross_are_flagged_with_the_volume_at_stake(tmp_path: Path, read: Read) -> None:
    """Two squares of 10 mm overlap by 5 x 10 mm: even-odd leaves the overlap out, and says how much it is."""
    square = np.array([[0, 0, 1.5], [10, 0, 1.5], [10, 10, 1.5], [0, 10, 1.5]], dtype=float)
    outlines = [Outline(square, 7), Outline(square + np.array([5, 0, 0]), 7)]
    study = read(write(tmp_path, {"Liver": outlines}).parent)
    (found,) = [finding for finding in study.findings if finding.code == "RT_CROSS"]
    assert found.at_stake_ml == pytest.approx(area_ml(50), rel=1e-6)
    assert volume_of(study) == pytest.approx(area_ml(100), rel=1e-6)


def test_a_contour_stored_twice_counts_once(tmp_path: Path, read: Read) -> None:
    """Even-odd alone would make the structure vanish."""
    outlines, truth = ball_outlines(GRID, 12.0)
    study = read(write(tmp_path, {"Liver": [*outlines, *outlines]}).parent)
    assert volume_of(study) == pytest.approx(truth, rel=1e-6)
    assert "RT_CROSS" in codes_of(study)


def test_structures_that_share_a_contour_share_no_voxel_and_lose_none(tmp_path: Path, read: Read) -> None:
    """Two halves of a square, cut through pixel centres: shares and voxels of both make up the square."""
    left, right, low, high = -10.5, 9.5, -9.375, 9.375
    cut = 1.5
    halves = [
        np.array([[a, low, 1.5], [b, low, 1.5], [b, high, 1.5], [a, high, 1.5]]) for a, b in ((left, cut), (cut, right))
    ]
    whole = np.array([[left, low, 1.5], [right, low, 1.5], [right, high, 1.5], [left, high, 1.5]])
    rois = {"Liver": [Outline(whole, 7)], "Segment 2": [Outline(halves[0], 7)], "Segment 3": [Outline(halves[1], 7)]}
    study = read(write(tmp_path, rois).parent)
    masks = [each.mask for each in (*study.segments, *study.unmapped)]
    assert len(masks) == 3
    assert masks[0].count == masks[1].count + masks[2].count
    assert not (masks[1].within(masks[0].box) & masks[2].within(masks[0].box)).any()
    assert mask_volume_ml(masks[0]) == pytest.approx(sum(mask_volume_ml(mask) for mask in masks[1:]), rel=1e-9)


def bad_data(text: str) -> Callable[[Dataset], None]:
    def change(plan: Dataset) -> None:
        contour = plan.ROIContourSequence[0].ContourSequence[0]
        del contour.ContourData, contour.NumberOfContourPoints
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            contour.add_new(0x30060050, "LT", text)

    return change


@pytest.mark.parametrize("text", ["1\\2", "1\\2\\nan", "1\\2\\1e400", "1\\2\\1,5", "1\\\\3", "0\\0\\1e9", "1 2\\3\\4"])
def test_coordinates_that_are_no_numbers_are_refused(text: str, tmp_path: Path, refusal: Refusal) -> None:
    outlines, _ = ball_outlines(GRID, 12.0)
    assert refusal(write(tmp_path, {"Liver": outlines}, change=bad_data(text)).parent).code == "RT_DATA"


def short_count(plan: Dataset) -> None:
    plan.ROIContourSequence[0].ContourSequence[2].NumberOfContourPoints = 3


def two_rois_of_one_number(plan: Dataset) -> None:
    plan.StructureSetROISequence[1].ROINumber = 1


def two_frames(plan: Dataset) -> None:
    plan.StructureSetROISequence[1].ReferencedFrameOfReferenceUID = "1.2.3"


def another_frame(plan: Dataset) -> None:
    for item in (*plan.StructureSetROISequence, *plan.ReferencedFrameOfReferenceSequence):
        item["ReferencedFrameOfReferenceUID" if "ROINumber" in item else "FrameOfReferenceUID"].value = "1.2.3"


def another_series(plan: Dataset) -> None:
    series = plan.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    series.SeriesInstanceUID = "1.2.3"
    del series.ContourImageSequence
    for roi in plan.ROIContourSequence:
        for contour in roi.ContourSequence:
            del contour.ContourImageSequence


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (short_count, "RT_DATA"),
        (two_rois_of_one_number, "RT_ROI"),
        (two_frames, "PAIR_FOR"),
        (another_frame, "PAIR_FOR"),
        (another_series, "PAIR_SERIES"),
    ],
)
def test_a_structure_set_that_contradicts_itself_or_its_images_is_refused(
    change: Callable[[Dataset], None], code: str, tmp_path: Path, refusal: Refusal
) -> None:
    outlines = ball_outlines(GRID, 12.0)[0]
    assert refusal(write(tmp_path, {"Liver": outlines, "Lesion 1": outlines[3:5]}, change=change).parent).code == code


@pytest.mark.hazard("M01")
def test_a_structure_set_of_another_patient_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    path = write(tmp_path, {"Liver": ball_outlines(GRID, 12.0)[0]})
    edit(path, PatientID="P-2")
    assert refusal(tmp_path).code == "PAIR_PATIENT"


def without_frame(plan: Dataset) -> None:
    del plan.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID
    for item in plan.StructureSetROISequence:
        del item.ReferencedFrameOfReferenceUID


def undeclared(plan: Dataset) -> None:
    plan.ROIContourSequence[1].ReferencedROINumber = 17


@pytest.mark.parametrize(("change", "code"), [(without_frame, "PAIR_FOR"), (undeclared, "RT_ROI")])
def test_what_a_structure_set_does_not_say_is_flagged(
    change: Callable[[Dataset], None], code: str, tmp_path: Path, read: Read
) -> None:
    outlines, truth = ball_outlines(GRID, 12.0)
    study = read(write(tmp_path, {"Liver": outlines, "Lesion 1": outlines[3:5]}, change=change).parent)
    assert code in codes_of(study)
    assert volume_of(study) == pytest.approx(truth, rel=1e-6)


def test_contours_outside_the_image_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    outlines = moved(ball_outlines(GRID, 12.0)[0], np.array([40.0, 0, 0]))
    assert refusal(write(tmp_path, {"Liver": outlines}).parent).code == "GRID_OTHER"


def test_a_contour_through_several_slices_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    outlines = ball_outlines(GRID, 12.0)[0]
    tilted = outlines[3].points + np.outer(outlines[3].points[:, 0], [0, 0, 0.3])
    assert refusal(write(tmp_path, {"Liver": [*outlines, Outline(tilted, None)]}).parent).code == "RT_PLANE"


def test_contours_across_the_slices_of_a_volume_are_read(tmp_path: Path, read: Read) -> None:
    """Sagittal contours on axial images: planes of the same voxels."""
    grid = make_grid((30, 30, 30), (1.5, 1.5, 1.5))
    sagittal = make_grid((30, 30, 30), (1.5, 1.5, 1.5), axes=CANONICAL_AXES[[2, 1, 0]])
    outlines, truth = ball_outlines(sagittal, 14.0)
    study = read(write(tmp_path, {"Liver": [Outline(each.points) for each in outlines]}, grid).parent)
    assert volume_of(study) == pytest.approx(truth, rel=1e-6)


@pytest.mark.hazard("S05")
@pytest.mark.parametrize(("limit", "value"), [("MAX_CONTOURS", 5), ("MAX_POINTS", 500)])
def test_more_contours_or_points_than_any_patient_needs_are_refused(
    limit: str, value: int, tmp_path: Path, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, {"Liver": ball_outlines(GRID, 12.0)[0]})
    monkeypatch.setattr(rtstruct_header, limit, value)
    assert refusal(path.parent).code == "LIMIT_LENGTH"


def test_lines_that_cross_all_over_are_refused_at_once(tmp_path: Path, refusal: Refusal) -> None:
    """Two thousand random points in a plane would make a million crossings."""
    scribble = np.random.default_rng(3).uniform(-20, 20, (2000, 3))
    scribble[:, 2] = 1.5
    assert refusal(write(tmp_path, {"Liver": [Outline(scribble, 7)]}).parent).code == "RT_CROSS"


def test_pixels_are_those_whose_centres_lie_inside(tmp_path: Path, read: Read) -> None:
    """A ball of polygons sets the voxels whose centres lie in the ball, but for those on its very surface."""
    outlines, _ = ball_outlines(GRID, 11.3, CENTER, points=2000)
    mask = read(write(tmp_path, {"Liver": outlines}).parent).segments[0].mask
    truth = sample_array(sphere(11.3, CENTER), GRID)
    everywhere = (slice(0, GRID.shape[0]), slice(0, GRID.shape[1]), slice(0, GRID.shape[2]))
    assert np.count_nonzero(mask.within(everywhere) != truth) <= 2


@pytest.mark.parametrize("modality", ["CT", "MR_T1"])
def test_ibsi_contours_give_ibsi_voxels(modality: str) -> None:
    """Real contours of a tumour: the same 8862 voxels (27.636 mL) as IBSI's own mask; polygons are 0.25 % less."""
    folder = DATA / "ibsi-sts008" / f"dicom_{modality}"
    (stack,) = build_stacks(read_slices(sorted((folder / "image").glob("*.dcm")))[0])
    (tumour,) = open_rtstruct(folder / "mask" / "RS.dcm").read(stack.geometry).segments
    mask, truth = tumour.mask, nibabel.load(DATA / "ibsi-sts008" / "nifti" / f"{modality}_mask.nii.gz")
    voxels = np.argwhere(mask.voxels) + np.array(mask.offset)
    ras = mask.grid.to_world(voxels.astype(float)) * [-1, -1, 1]
    index = nibabel.affines.apply_affine(np.linalg.inv(truth.affine), ras)
    assert np.abs(index - np.rint(index)).max() < 1e-3
    theirs = np.asanyarray(truth.dataobj) > 0
    assert theirs[tuple(np.rint(index).astype(int).T)].all()
    assert mask.count == np.count_nonzero(theirs) == 8862
    assert mask.count * mask.grid.voxel_volume_mm3 / 1000 == pytest.approx(27.636, abs=5e-4)
    assert mask_volume_ml(mask) == pytest.approx(27.636, rel=0.003)


def plan_of(folder: Path, names: Sequence[str], types: dict[str, str] | None = None) -> Path:
    """Write a plan: structures called with liver in front are balls of 15 mm, all others of 6 mm, mets beside them."""
    large, small = ball_outlines(GRID, 15.0, CENTER)[0], ball_outlines(GRID, 6.0, CENTER)[0]
    rois = {name: large if name.casefold().startswith("liver") else small for name in names}
    rois |= {name: moved(small, np.array([3.0, 0.0, 0.0])) for name in names if name.startswith("mets")}
    return write(folder, rois, types=types or {}).parent


@pytest.mark.hazard("M15")
def test_margins_around_a_tumour_are_no_lesions(tmp_path: Path, read: Read) -> None:
    """GTV is the lesion; CTV and PTV are left out by name, and structures of any name by their type."""
    names = ["Liver", "GTV1", "CTV1", "PTV_5000", "boost", "mets left"]
    study = read(plan_of(tmp_path, names, {"boost": "PTV", "mets left": "GTV"}))
    assert [(each.name, each.mapped_by) for each in study.segments_of(Role.LESION)] == [
        ("GTV1", "name"),
        ("mets left", "code RT:GTV"),
    ]
    assert not study.unmapped


@pytest.mark.hazard("M15")
@pytest.mark.parametrize(("name", "kind"), [("Liver", "GTV"), ("GTV1", "PTV")])
def test_a_name_against_its_type_is_left_out(tmp_path: Path, read: Read, name: str, kind: str) -> None:
    """A liver typed as tumour is neither; a tumour typed as margin is not counted. Both are listed."""
    study = read(plan_of(tmp_path, ["Liver", "GTV1", "Spleen"], {name: kind}))
    assert [each.name for each in study.unmapped] == [name]
    assert "LABEL_CONFLICT" in codes_of(study)
    assert name not in {each.name for each in study.segments}


@pytest.mark.hazard("M19")
def test_a_liver_without_its_tumour_says_so(tmp_path: Path, read: Read) -> None:
    """Alone it is the liver, flagged; beside a whole liver it is left out; with the sign of a name it is unknown."""
    (alone,) = (each for each in read(plan_of(tmp_path / "a", ["Liver-GTV", "GTV"])).findings
                if each.code == "LIVER_REDUCED")  # fmt: skip
    assert alone.severity is Severity.WARNING
    assert "total_liver_volume_ml" in alone.touches
    both = read(plan_of(tmp_path / "b", ["Liver-GTV", "GTV", "Liver"]))
    assert [each.name for each in both.segments_of(Role.LIVER)] == ["Liver"]
    (note,) = (each for each in both.findings if each.code == "LIVER_REDUCED")
    assert note.severity is Severity.INFO
    unclear = read(plan_of(tmp_path / "c", ["Liver_GTV", "GTV"]))
    assert [each.name for each in unclear.unmapped] == ["Liver_GTV"]
    assert not unclear.segments_of(Role.LIVER)


@pytest.mark.hazard("M03")
def test_a_structure_set_of_another_study_that_names_the_images_study_is_paired(
    tmp_path: Path, find: Callable[[Path], tuple[StudyFiles, ...]]
) -> None:
    """As planning systems write it, in a folder of its own: one study of the images' key, measured and flagged."""
    outlines, truth = ball_outlines(GRID, 15.0, CENTER)
    path = write(tmp_path / "images", {"Liver": outlines})
    (alone,) = find(tmp_path)
    (tmp_path / "plans").mkdir()
    moved = path.rename(tmp_path / "plans" / "rt.dcm")
    edit(moved, StudyInstanceUID="1.2.3.4")
    (files,) = find(tmp_path)
    study = read_study(files)
    assert files.key == alone.key
    assert not alone.findings
    assert volume_of(study) == pytest.approx(truth, rel=1e-6)
    (note,) = files.findings
    assert (note.code, note.severity) == ("PAIR_SERIES", Severity.WARNING)
    assert "another StudyInstanceUID" in note.message


@pytest.mark.hazard("M03")
def test_a_structure_set_that_names_a_study_that_is_not_here_stays_alone(
    tmp_path: Path, find: Callable[[Path], tuple[StudyFiles, ...]]
) -> None:
    """Both halves are refused, and told that neither names the other."""
    outlines, _ = ball_outlines(GRID, 15.0, CENTER)
    path = write(tmp_path, {"Liver": outlines}, change=name_another_study)
    edit(path, StudyInstanceUID="1.2.3.4")
    codes = []
    for files in find(tmp_path):
        with pytest.raises(StudyRefused, match="do not name the images' study") as error:
            read_study(files)
        codes.append(error.value.code)
    assert sorted(codes) == ["NO_IMAGE", "NO_MASK"]


def name_another_study(plan: Dataset) -> None:
    plan.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].ReferencedSOPInstanceUID = "1.2.3.9"


@pytest.mark.hazard("M03")
@pytest.mark.parametrize("modality", ["CT", "MR_T1"])
def test_ibsi_contours_name_images_that_are_not_there(modality: str, refusal: Refusal) -> None:
    """IBSI gave the images new UIDs: the contours name their series and none of its images. The reason says so."""
    refused = refusal(DATA / "ibsi-sts008" / f"dicom_{modality}")
    assert refused.code == "PAIR_SERIES"
    assert "new SOPInstanceUIDs" in refused.message
    assert "other_series: same_grid" in refused.message


@pytest.mark.hazard("M03")
@pytest.mark.parametrize("modality", ["CT", "MR_T1"])
def test_ibsi_contours_are_measured_where_the_site_allows_new_uids(
    modality: str, find: Callable[[Path], tuple[StudyFiles, ...]]
) -> None:
    """Series, frame of reference and planes agree: IBSI's 8862 voxels, with a warning."""
    (files,) = find(DATA / "ibsi-sts008" / f"dicom_{modality}")
    study = read_study(files, Preferences(other_series="same_grid"))
    assert 8862 in {each.mask.count for each in (*study.segments, *study.unmapped)}
    (note,) = (each for each in study.findings if each.code == "PAIR_SERIES")
    assert note.severity is Severity.WARNING
    assert study.image.chosen_by.startswith("other_series: same_grid")


@pytest.mark.parametrize(("status", "flagged"), [("REJECTED", True), ("UNAPPROVED", False), ("APPROVED", False)])
def test_a_rejected_structure_set_is_flagged(status: str, flagged: bool, tmp_path: Path, read: Read) -> None:
    """Measured as it is, with a warning; most sets are never reviewed, which is nothing to report."""

    def review(plan: Dataset) -> None:
        plan.ApprovalStatus = status

    study = read(write(tmp_path, {"Liver": ball_outlines(GRID, 12.0)[0]}, change=review).parent)
    warnings_found = [each for each in study.findings if each.code == "RT_REJECTED"]
    assert [each.severity for each in warnings_found] == [Severity.WARNING] * flagged
    assert study.segments


def shrunk(outline: Outline, factor: float) -> Outline:
    middle = outline.points.mean(axis=0)
    return Outline(middle + (outline.points - middle) * factor, outline.slice)


@pytest.mark.hazard("M28")
@pytest.mark.parametrize("order", [1, -1], ids=["after", "before"])
@pytest.mark.parametrize(
    "kind", ["half of the points", "a third of the points", "smaller by 0.5 %", "a twentieth of a mm beside"]
)
@pytest.mark.parametrize("radius", [20.0, 3.0])
def test_an_outline_stored_again_a_little_different_is_no_hole(
    kind: str, radius: float, order: int, tmp_path: Path, read: Read
) -> None:
    """As planning systems thin out, round and copy outlines: the structure once, and not the ring between them."""
    outlines, truth = ball_outlines(GRID, radius, points=24)
    again = {
        "half of the points": [Outline(each.points[::2], each.slice) for each in outlines],
        "a third of the points": [Outline(each.points[::3], each.slice) for each in outlines],
        "smaller by 0.5 %": [shrunk(each, 0.995) for each in outlines],
        "a twentieth of a mm beside": moved(outlines, np.array([0.05, 0.0, 0.0])),
    }[kind]
    pairs = [each for pair in zip(outlines, again, strict=True) for each in pair[::order]]
    study = read(write(tmp_path, {"Liver": pairs}).parent)
    assert volume_of(study) == pytest.approx(truth, rel=0.011)
    (found,) = (each for each in study.findings if each.code == "RT_CROSS")
    assert f"{len(outlines)} contours are stored twice" in found.message


@pytest.mark.hazard("M28")
@pytest.mark.parametrize(("thickness", "flagged"), [(1.5, True), (3.0, False)])
def test_a_thin_shell_stays_a_shell(thickness: float, flagged: bool, tmp_path: Path, read: Read) -> None:
    """A wall of more than a pixel is measured as drawn; below two pixels it is told: it may be one outline twice."""
    grid = make_grid((5, 160, 160), (3.0, 1.0, 1.0))
    outlines = [Outline(circle(grid, n, r), n) for n in (1, 2, 3) for r in (70.0, 70.0 - thickness)]
    study = read(write(tmp_path, {"Liver": outlines}, grid).parent)
    truth = 9 * (polygon_area(70.0) - polygon_area(70.0 - thickness)) / 1000
    assert volume_of(study) == pytest.approx(truth, rel=1e-6)
    assert ("RT_CROSS" in codes_of(study)) == flagged


@pytest.mark.hazard("M28")
def test_a_hole_in_a_small_structure_is_no_copy(tmp_path: Path, read: Read) -> None:
    """Rings of 4 and 3 mm, a pixel thick, stay rings."""
    outlines = [Outline(circle(GRID, n, r), n) for n in (5, 6, 7) for r in (4.0, 3.0)]
    study = read(write(tmp_path, {"Liver": outlines}).parent)
    assert volume_of(study) == pytest.approx(3 * area_ml(polygon_area(4.0) - polygon_area(3.0)), rel=1e-6)
