"""Values of the image in each lesion against IBSI, SimpleITK and brute force; padding, other grids, lost pixels."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from pipeline.errors import StudyRefused
from pipeline.lesion import Lesion, LesionStatus, StudyMeasurements
from pipeline.measurement import Measurement
from pipeline.measures import intensity
from pipeline.measures.flagging import EVERY_SIZE, flag_measured
from pipeline.measures.intensity import measure_intensities, name_statistics
from pipeline.structures import Role
from pipeline.study import Finding, Severity, Study
from pipeline.volume import Box, Geometry, Image, Mask
from tests.phantoms import GRIDS, OBLIQUE, empty, make_grid, make_study, sample, sphere

IBSI = Path(__file__).parent.parent / "data" / "ibsi-digital-phantom"
HU = name_statistics("CT")
GRID = GRIDS["anisotropic"]


def reader(values: np.ndarray, grid: Geometry) -> Callable[[Box], Image]:
    """Return what gives the boxes of an image, as the readers do."""

    def read(box: Box) -> Image:
        for part, size in zip(box, grid.shape, strict=True):
            assert 0 <= part.start < part.stop <= size
        return Image(grid.crop(box), box, np.ascontiguousarray(values[box], dtype=np.float32))

    return read


def lesions_of(*masks: Mask, status: LesionStatus = LesionStatus.INTRAHEPATIC) -> StudyMeasurements:
    """Return a study's measurements of which the volumes alone are there."""
    volume = Measurement("volume_ml", 1.0, "mL", masks=("lesion (1)",), flags=("LESION_THIN",))
    lesions = tuple(
        Lesion(f"L{n}", status, mask, "lesion", measurements={"volume_ml": volume}) for n, mask in enumerate(masks, 1)
    )
    return StudyMeasurements(lesions, (), (), {}, {}, (), True)


def study_on(grid: Geometry, modality: str = "CT", *, files: bool = True) -> Study:
    """Return a study with an image of this kind."""
    study = make_study({Role.LESION: empty(grid)}, grid=grid)
    uids = study.image.sop_instance_uids if files else ()
    return replace(study, image=replace(study.image, modality=modality, sop_instance_uids=uids))


def values_of(found: StudyMeasurements, number: int = 0) -> dict[str, float | None]:
    """Return the values of a lesion by the statistic's short name."""
    measurements = found.lesions[number].measurements
    return {name.rsplit("_", 1)[0]: each.value for name, each in measurements.items() if name != "volume_ml"}


def test_statistics_are_the_consensus_of_ibsi() -> None:
    """The digital phantom: mean, variance, median, ends, 10th and 90th percentile as published."""
    with (IBSI / "reference_values_dig_phantom.csv").open(encoding="utf-8") as file:
        rows = {row["tag"]: float(row["reference value"] or "nan") for row in csv.DictReader(file, delimiter=";")}
    image = nibabel.load(IBSI / "nifti" / "image" / "phantom.nii.gz")
    array = np.asarray(nibabel.load(IBSI / "nifti" / "mask" / "mask.nii.gz").dataobj) > 0
    grid = make_grid(array.shape, (2.0, 2.0, 2.0))
    read = reader(np.asarray(image.dataobj), grid)
    found = values_of(measure_intensities(study_on(grid, "unknown"), lesions_of(Mask.from_array(grid, array)), read))
    expected = {name: rows[f"stat_{name}"] for name in ("mean", "median", "min", "max", "p10", "p90")}
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=0.005)
    assert (found["sd"] or 0) ** 2 == pytest.approx(rows["stat_var"], abs=0.005)


@pytest.mark.parametrize("slice_axis", [0, 1, 2])
@pytest.mark.parametrize("most", [1, 3000, 1 << 22])
def test_statistics_are_those_of_simpleitk(monkeypatch: pytest.MonkeyPatch, slice_axis: int, most: int) -> None:
    """Two lesions in different slices, however the slices lie and however few are read together."""
    monkeypatch.setattr(intensity, "MOST_PIXELS", most)
    grid = make_grid((30, 40, 36), slice_axis=slice_axis)
    values = np.random.default_rng(3).normal(60, 25, grid.shape).astype(np.float32)
    masks = [sample(sphere(6.0, place), grid) for place in ((-5.0, 6.0, -8.0), (9.0, -10.0, 5.0))]
    asked: list[Box] = []
    read = reader(values, grid)
    found = measure_intensities(study_on(grid), lesions_of(*masks), lambda box: asked.append(box) or read(box))
    for number, mask in enumerate(masks):
        whole = np.zeros(grid.shape, dtype=np.uint8)
        whole[mask.box] = mask.voxels
        other = sitk.LabelStatisticsImageFilter()
        other.Execute(sitk.GetImageFromArray(values), sitk.GetImageFromArray(whole))
        ours = values_of(found, number)
        assert ours["mean"] == pytest.approx(other.GetMean(1))
        assert (ours["min"], ours["max"]) == (other.GetMinimum(1), other.GetMaximum(1))
        assert ours["sd"] == pytest.approx(other.GetSigma(1) * np.sqrt(1 - 1 / mask.count))
        assert ours["median"] == np.median(values[mask.box][mask.voxels])
    held = {n for mask in masks for n in range(mask.box[slice_axis].start, mask.box[slice_axis].stop)}
    assert sorted(n for box in asked for n in range(box[slice_axis].start, box[slice_axis].stop)) == sorted(held)


def test_a_volume_file_is_read_once() -> None:
    """It is unpacked from its beginning for each read: one box holds every lesion."""
    masks = [sample(sphere(5.0, place), GRID) for place in ((-15.0, 0.0, -20.0), (15.0, 5.0, 20.0))]
    asked: list[Box] = []
    read = reader(np.zeros(GRID.shape), GRID)
    study = study_on(GRID, files=False)
    measure_intensities(study, lesions_of(*masks), lambda box: asked.append(box) or read(box))
    assert len(asked) == 1


@pytest.mark.parametrize("kind", ["coarse", "fine", "turned", "uneven", "beside"])
def test_on_another_grid_each_pixel_counts_whose_nearest_voxel_is_set(kind: str) -> None:
    """Brute force over all pixels and voxels; flagged. A mask that meets no pixel has no statistics."""
    grids = {
        "coarse": make_grid((14, 18, 18), (5.1, 3.7, 3.9), center_mm=(0.3, 0.1, -0.2)),
        "fine": make_grid((60, 60, 60), (0.6, 0.55, 0.5)),
        "turned": make_grid((24, 30, 30), (2.1, 2.1, 2.1), rotation=OBLIQUE),
        "uneven": make_grid((26, 20, 22), (2.6, 3.1, 3.3), uneven=0.4),
        "beside": make_grid((20, 20, 20), center_mm=(500.0, 0.0, 0.0)),
    }
    image = make_grid((30, 34, 38), (1.7, 1.3, 1.1), center_mm=(0.11, -0.23, 0.07))
    values = np.random.default_rng(0).integers(-100, 300, image.shape)
    mask = sample(sphere(8.0, (500.0, 0.0, 0.0) if kind == "beside" else (0.0, 0.0, 0.0)), grids[kind])
    found = measure_intensities(study_on(image), lesions_of(mask), reader(values, image))
    centres = image.to_world(np.indices(image.shape).reshape(3, -1).T)
    voxels = mask.grid.to_world(np.indices(mask.grid.shape).reshape(3, -1).T)
    away, nearest = cKDTree(voxels).query(centres)
    near = away <= np.linalg.norm(mask.grid.spacing_mm)
    whole = np.zeros(mask.grid.shape, dtype=bool)
    whole[mask.box] = mask.voxels
    inside = values.reshape(-1)[near & whole.reshape(-1)[nearest]]
    measurements = found.lesions[0].measurements
    if kind == "beside":
        assert inside.size == 0
        assert all((measurements[name].reason or "").startswith("NO_PIXEL: ") for name in HU)
        return
    assert inside.size > 100
    assert f" {inside.size} pixels" in measurements["mean_hu"].method
    assert [measurements[name].value for name in ("mean_hu", "p10_hu", "max_hu")] == pytest.approx(
        [inside.mean(), np.percentile(inside, 10), inside.max()]
    )
    assert all("GRID_OTHER" in measurements[name].flags for name in HU)


@pytest.mark.hazard("G21")
@pytest.mark.parametrize("padding", [-1024.0, -2000.0, -3024.0, np.nan])
def test_padding_is_left_out_and_counted(padding: float) -> None:
    """A mask that reaches out of the reconstruction: statistics of the rest, said and flagged; of half, none."""
    mask = sample(sphere(12.0), GRID)
    values = np.full(GRID.shape, 50.0)
    values[:, :, : mask.box[2].start + 4] = padding
    left_out = int(np.count_nonzero(mask.voxels[:, :, :4]))
    found = measure_intensities(study_on(GRID), lesions_of(mask), reader(values, GRID))
    mean = found.lesions[0].measurements["mean_hu"]
    assert [values_of(found)[name] for name in ("mean", "sd", "min")] == [50.0, 0.0, 50.0]
    assert f"{left_out} left out" in mean.method
    assert mean.flags == ("LESION_THIN", "HU_RANGE")
    (finding,) = found.findings
    assert (finding.code, f"L1 ({left_out})" in finding.message) == ("HU_RANGE", True)
    values[:, :, : mask.box[2].start + 20] = padding
    lost = measure_intensities(study_on(GRID), lesions_of(mask), reader(values, GRID))
    assert all((lost.lesions[0].measurements[name].reason or "").startswith("HU_RANGE: ") for name in HU)


def test_other_images_have_intensities() -> None:
    """MR has no Hounsfield units: other names, no unit, and nothing is too low."""
    mask = sample(sphere(6.0), GRID)
    found = measure_intensities(study_on(GRID, "MR"), lesions_of(mask), reader(np.full(GRID.shape, -3000.0), GRID))
    mean = found.lesions[0].measurements["mean_intensity"]
    assert (mean.value, mean.unit, found.findings) == (-3000.0, "1", ())
    assert not set(HU) & set(found.lesions[0].measurements)


def test_pixels_that_cannot_be_read_leave_the_lesions_in_them_without_values() -> None:
    """A damaged slice: the lesion in it has the reason, the other its values."""
    masks = [sample(sphere(5.0, place), GRID) for place in ((0.0, 0.0, -20.0), (0.0, 0.0, 20.0))]
    good = reader(np.full(GRID.shape, 70.0), GRID)

    def read(box: Box) -> Image:
        if box[0].start < GRID.shape[0] // 2:
            raise StudyRefused("TRUNCATED", "An image is damaged.")
        return good(box)

    found = measure_intensities(study_on(GRID), lesions_of(*masks), read)
    assert found.lesions[0].measurements["mean_hu"].reason == "TRUNCATED: An image is damaged"
    assert found.lesions[1].measurements["mean_hu"].value == 70.0


def test_specks_have_none_and_a_doubtful_scale_is_flagged() -> None:
    """A speck is listed with its size alone; where the reader doubts the scale, values of CT say so."""
    mask = sample(sphere(6.0), GRID)
    read = reader(np.zeros(GRID.shape), GRID)
    specks = lesions_of(mask, status=LesionStatus.SPECK)
    assert measure_intensities(study_on(GRID), specks, read).lesions == specks.lesions
    doubt = Finding("HU_RANGE", Severity.WARNING, "Images lack RescaleSlope.")
    study = replace(study_on(GRID), findings=(doubt,))
    assert "HU_RANGE" in measure_intensities(study, lesions_of(mask), read).lesions[0].measurements["sd_hu"].flags


@pytest.mark.hazard("M21")
def test_a_mask_that_lies_elsewhere_puts_its_pixels_in_doubt() -> None:
    """What touches every size touches the values in it; what touches one size does not."""
    mask = sample(sphere(6.0), GRID)
    found = measure_intensities(study_on(GRID), lesions_of(mask), reader(np.zeros(GRID.shape), GRID))
    shifted = Finding("MASK_SHIFTED", Severity.WARNING, "The mask is shifted.", ("lesion_count", *EVERY_SIZE))
    thin = Finding("LESION_THIN", Severity.WARNING, "One slice only.", ("largest_diameter_mm", "volume_ml"))
    (lesion,) = flag_measured(found, (shifted, thin)).lesions
    assert all(lesion.measurements[name].flags == ("LESION_THIN", "MASK_SHIFTED") for name in HU)
    (lesion,) = flag_measured(found, (thin,)).lesions
    assert all(lesion.measurements[name].flags == found.lesions[0].measurements[name].flags for name in HU)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(1, 1, 1), (1, 1, 7), (1, 5, 5), (3, 4, 2)]))
def test_lesions_of_every_shape_have_statistics(seed: int, size: tuple[int, int, int]) -> None:
    """One voxel, a line, a plane, at the border: ordered statistics within the values, never an exception."""
    rng = np.random.default_rng(seed)
    grid = make_grid((7, 8, 9), (3.0, 0.7, 0.9), uneven=0.3 if seed % 2 else 0.0, tilt_degrees=seed % 20)
    array = rng.random(size) < 0.7
    array.flat[0] = True
    start = tuple(int(rng.integers(0, whole - part + 1)) for whole, part in zip(grid.shape, size, strict=True))
    values = rng.integers(-1000, 1000, grid.shape)
    mask = Mask.from_array(grid, array, (start[0], start[1], start[2]))
    found = values_of(measure_intensities(study_on(grid), lesions_of(mask), reader(values, grid)))
    ordered = [found[name] for name in ("min", "p10", "median", "p90", "max")]
    inside = values[mask.box][mask.voxels]
    assert ordered == sorted(ordered, key=lambda value: value or 0.0)
    assert (ordered[0], ordered[-1], found["mean"]) == (inside.min(), inside.max(), pytest.approx(inside.mean()))
