"""NIfTI and NRRD: grids, labels, and what a file without identity must prove (rows M05 to M15)."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK as sitk

from pipeline.errors import StudyRefused
from pipeline.geometry import Geometry, canonical_geometry
from pipeline.readers import Naming, find_studies, read_image
from pipeline.readers.mask_formats import open_volume
from pipeline.structures import Role
from pipeline.study import Severity, Study
from tests.phantoms import OBLIQUE, make_grid, sample_array
from tests.readers.build_dicom import write_series
from tests.readers.conftest import GRID, LESION_BALL, LIVER_BALL, balls, codes_of, volumes_ml, write_study

Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]
FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])


def itk_image(array: np.ndarray, grid: Geometry) -> sitk.Image:
    """Return an array on a grid as SimpleITK holds it: its axes are the grid's in reverse."""
    image = sitk.GetImageFromArray(array)
    image.SetOrigin(grid.affine[:3, 3].tolist())
    image.SetSpacing(grid.spacing_mm[::-1].tolist())
    directions = (grid.axes / grid.spacing_mm[:, None])[::-1].T
    image.SetDirection(directions.ravel().tolist())
    return image


def write(path: Path, array: np.ndarray, grid: Geometry = GRID) -> Path:
    """Write NIfTI or NRRD with SimpleITK, an independent writer of both."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(itk_image(array, grid), str(path))
    return path


def write_nifti(path: Path, array: np.ndarray, affine_ras: np.ndarray, **header: int) -> Path:
    """Write NIfTI with nibabel, where SimpleITK would not write what is wrong."""
    image = nib.Nifti1Image(array, affine_ras)
    image.set_sform(affine_ras, header.get("sform", 1))
    image.set_qform(affine_ras, header.get("qform", 1))
    image.header["xyzt_units"] = header.get("unit", 2)
    nib.save(image, path)
    return path


def as_nifti(grid: Geometry = GRID) -> np.ndarray:
    """Return the RAS affine of an array indexed column, row, slice."""
    affine = np.eye(4)
    affine[:3, :3] = grid.axes[::-1].T
    affine[:3, 3] = grid.affine[:3, 3]
    return FLIP @ affine


def ct_values(grid: Geometry = GRID) -> np.ndarray:
    return np.random.default_rng(5).integers(-1000, 1000, grid.shape).astype(np.int16)


def labels(grid: Geometry = GRID) -> np.ndarray:
    lesion, liver = sample_array(LESION_BALL, grid), sample_array(LIVER_BALL, grid)
    return np.where(lesion, 2, np.where(liver, 1, 0)).astype(np.uint8)


def write_lits(folder: Path, suffix: str = ".nii.gz", grid: Geometry = GRID) -> None:
    write(folder / f"volume-7{suffix}", ct_values(grid), grid)
    write(folder / f"segmentation-7{suffix}", labels(grid), grid)


OBLIQUE_GRID = make_grid((10, 14, 12), (3.0, 1.5, 1.25), rotation=OBLIQUE)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd"])
@pytest.mark.parametrize("grid", [GRID, OBLIQUE_GRID], ids=["straight", "oblique"])
def test_a_label_map_beside_its_image(tmp_path: Path, read: Read, suffix: str, grid: Geometry) -> None:
    """LiTS files are recognised; grid, labels and pixels are what SimpleITK wrote, RAS or LPS inside."""
    write_lits(tmp_path, suffix, grid)
    study = read(tmp_path)
    straight = canonical_geometry(grid)[0]
    assert study.naming == "lits"
    assert study.image.modality == "CT"
    assert np.allclose(study.image.geometry.affine, straight.affine, atol=1e-4)
    assert codes_of(study) == ["PAIR_BY_NAME"]
    box = (slice(2, 7), slice(1, 9), slice(3, 11))
    assert np.array_equal(read_image(study.image, box).voxels, ct_values(grid)[box])
    for segment, number in zip(study.segments, (1, 2), strict=True):
        assert np.array_equal(segment.mask.within(box), labels(grid)[box] == number)
    assert [segment.role for segment in study.segments] == [Role.LIVER, Role.LESION]


@pytest.mark.hazard("M09")
@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
@pytest.mark.parametrize("orientation", ["LPS", "RAS", "SAR", "ILP"])
def test_any_storage_order_gives_the_same_voxels(tmp_path: Path, read: Read, suffix: str, orientation: str) -> None:
    """Masks stored along other axes than the image lie where they lay."""
    write(tmp_path / "ct.nii.gz", ct_values())
    turned = sitk.DICOMOrient(itk_image(balls()["Lesion 1"].astype(np.uint8), GRID), orientation)
    sitk.WriteImage(turned, str(tmp_path / f"lesion{suffix}"))
    study = read(tmp_path)
    assert study.segments[0].mask.grid is study.image.geometry
    whole = (slice(0, 14), slice(0, 20), slice(0, 24))
    assert np.array_equal(study.segments[0].mask.within(whole), balls()["Lesion 1"])


@pytest.mark.hazard("M09")
def test_nrrd_in_ras_and_in_lps_are_both_right(tmp_path: Path, read: Read) -> None:
    """The space that the header names decides the signs."""
    write(tmp_path / "ct.nii.gz", ct_values())
    data = balls()["Lesion 1"].astype(np.uint8).transpose(2, 1, 0)
    steps, origin = GRID.axes[::-1], GRID.affine[:3, 3]
    for name, signs in (("right-anterior-superior", (-1, -1, 1)), ("left-posterior-superior", (1, 1, 1))):
        header = {"space": name, "space directions": steps * signs, "space origin": origin * signs}
        nrrd.write(str(tmp_path / "lesion.nrrd"), data, header)
        study = read(tmp_path)
        assert np.array_equal(
            study.segments[0].mask.within((slice(0, 14), slice(0, 20), slice(0, 24))), balls()["Lesion 1"]
        )


@pytest.mark.hazard("M09")
def test_an_affine_written_in_the_other_convention_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """LPS numbers in a NIfTI header are named as mirrored, and no flip is tried."""
    grid = make_grid((14, 20, 24), (3.0, 1.25, 1.0), center_mm=(12.0, -30.0, 40.0))
    write(tmp_path / "ct.nii.gz", ct_values(grid), grid)
    write_nifti(
        tmp_path / "lesion.nii.gz",
        sample_array(LESION_BALL, GRID).astype(np.uint8).transpose(2, 1, 0),
        FLIP @ as_nifti(grid),
    )
    assert refusal(tmp_path).code == "AFFINE_RAS_LPS"


@pytest.mark.hazard("M10")
@pytest.mark.parametrize("broken", ["sform", "qform"])
def test_a_mask_whose_forms_disagree_is_read_by_the_one_that_fits(tmp_path: Path, read: Read, broken: str) -> None:
    """Exactly one of sform and qform is the image's grid: that one is taken."""
    write(tmp_path / "ct.nii.gz", ct_values())
    write_nifti(tmp_path / "lesion.nii.gz", balls()["Lesion 1"].astype(np.uint8).transpose(2, 1, 0), as_nifti())
    image = nib.load(tmp_path / "lesion.nii.gz")
    wrong = as_nifti()
    wrong[:3, 3] += 20
    getattr(image, f"set_{broken}")(wrong, 1)
    nib.save(image, tmp_path / "lesion.nii.gz")
    study = read(tmp_path)
    assert np.array_equal(
        study.segments[0].mask.within((slice(0, 14), slice(0, 20), slice(0, 24))), balls()["Lesion 1"]
    )
    (finding,) = [each for each in study.findings if each.code == "AFFINE_SQ"]
    assert finding.severity is Severity.WARNING
    assert f"only its {'qform' if broken == 'sform' else 'sform'} " in finding.message


@pytest.mark.hazard("M10")
def test_an_image_whose_forms_disagree_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Nothing says which of the two is right."""
    write_lits(tmp_path)
    image = nib.load(tmp_path / "volume-7.nii.gz")
    image.set_qform(as_nifti() @ np.diag([-1, 1, 1, 1]), 1)
    nib.save(image, tmp_path / "volume-7.nii.gz")
    assert refusal(tmp_path).code == "AFFINE_SQ"


@pytest.mark.hazard("M11")
@pytest.mark.parametrize("which", ["volume-7", "segmentation-7"])
@pytest.mark.parametrize("coded", [0, 1], ids=["no code", "identity"])
def test_a_file_without_a_place_is_refused(tmp_path: Path, refusal: Refusal, which: str, coded: int) -> None:
    """An array dump has no place, even where all shapes agree."""
    write_lits(tmp_path)
    data = np.asarray(nib.load(tmp_path / f"{which}.nii.gz").dataobj)
    write_nifti(tmp_path / f"{which}.nii.gz", data, np.eye(4), sform=coded, qform=coded)
    assert refusal(tmp_path).code == "AFFINE_NONE"


@pytest.mark.hazard("M11")
def test_an_nrrd_with_spacings_only_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Spacings alone are no place in the patient."""
    write(tmp_path / "ct.nrrd", ct_values())
    nrrd.write(
        str(tmp_path / "lesion.nrrd"),
        balls()["Lesion 1"].astype(np.uint8).transpose(2, 1, 0),
        {"spacings": [1, 1.25, 3]},
    )
    assert refusal(tmp_path).code == "AFFINE_NONE"


@pytest.mark.hazard("M11")
@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
@pytest.mark.parametrize(("shift", "flagged"), [(0.0, True), (-70.5, False)])
def test_a_grid_of_spacings_alone_is_flagged(
    tmp_path: Path, read: Read, suffix: str, shift: float, flagged: bool
) -> None:
    """A first voxel exactly at zero is no scanner's; a straight grid anywhere else is one."""
    affine = np.array([[0.0, 0, 1, shift], [0, 1.25, 0, shift], [3, 0, 0, shift], [0, 0, 0, 1]])
    grid = Geometry((14, 20, 24), affine, 0)
    write_lits(tmp_path, suffix, grid)
    for path in tmp_path.iterdir():
        if path.name.startswith("segmentation"):
            write(path, np.ones(grid.shape, dtype=np.uint8), grid)
    assert codes_of(read(tmp_path)) == ["AFFINE_NONE"] * flagged + ["PAIR_BY_NAME"]


@pytest.mark.hazard("M12")
def test_declared_units_are_applied(tmp_path: Path, read: Read) -> None:
    """A mask in metres or micrometres that says so has the image's grid."""
    write(tmp_path / "ct.nii.gz", ct_values())
    data = balls()["Lesion 1"].astype(np.uint8).transpose(2, 1, 0)
    for unit, factor in ((1, 0.001), (3, 1000.0)):
        affine = as_nifti()
        affine[:3] *= factor
        write_nifti(tmp_path / "lesion.nii.gz", data, affine, unit=unit)
        assert volumes_ml(read(tmp_path))["lesion"] == pytest.approx(balls()["Lesion 1"].sum() * 3.75 / 1000, rel=1e-4)


@pytest.mark.hazard("M12")
@pytest.mark.parametrize("factor", [0.1, 10.0, 0.001])
def test_an_affine_in_another_unit_than_declared_is_refused(tmp_path: Path, refusal: Refusal, factor: float) -> None:
    """Centimetres declared as millimetres would make volumes a thousand times too small."""
    write(tmp_path / "ct.nii.gz", ct_values())
    affine = as_nifti()
    affine[:3] *= factor
    write_nifti(tmp_path / "lesion.nii.gz", balls()["Lesion 1"].astype(np.uint8).transpose(2, 1, 0), affine)
    assert refusal(tmp_path).code == "AFFINE_UNIT"


@pytest.mark.hazard("M13")
def test_transposed_data_under_the_same_affine_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Slices, rows and columns where columns, rows and slices should be."""
    write(tmp_path / "ct.nii.gz", ct_values())
    write_nifti(tmp_path / "lesion.nii.gz", balls()["Lesion 1"].astype(np.uint8), as_nifti())
    assert refusal(tmp_path).code == "AFFINE_SHAPE"


@pytest.mark.hazard("M14")
def test_interpolated_labels_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    """Values between labels come from resampling: nothing is rounded."""
    write(tmp_path / "volume-7.nii.gz", ct_values())
    write(tmp_path / "segmentation-7.nii.gz", labels().astype(np.float32) * 0.95)
    assert refusal(tmp_path).code == "LABEL_NONINT"


@pytest.mark.hazard("M14")
def test_stored_scale_is_honoured_before_labels_are_judged(tmp_path: Path, read: Read) -> None:
    """Labels stored doubled with a slope of one half are the labels."""
    write_lits(tmp_path)
    image = nib.Nifti1Image(labels().transpose(2, 1, 0) * np.uint8(2), as_nifti())
    image.header.set_slope_inter(0.5, 0)
    nib.save(image, tmp_path / "segmentation-7.nii.gz")
    raw = gzip.decompress((tmp_path / "segmentation-7.nii.gz").read_bytes())
    patched = bytearray(raw)
    patched[112:116] = np.float32(0.5).tobytes()
    patched[352:] = (labels() * np.uint8(2)).tobytes()
    (tmp_path / "segmentation-7.nii.gz").write_bytes(gzip.compress(bytes(patched)))
    study = read(tmp_path)
    assert [segment.number for segment in study.segments] == [1, 2]


@pytest.mark.hazard("M15")
def test_numbers_that_no_naming_knows_are_left_out(tmp_path: Path, read: Read) -> None:
    """Label 2 of a bare label map is no tumour."""
    write(tmp_path / "image.nii.gz", ct_values())
    write(tmp_path / "labels.nii.gz", labels())
    study = read(tmp_path)
    assert not study.segments
    assert [each.number for each in study.unmapped] == [1, 2]
    assert set(codes_of(study)) == {"PAIR_BY_NAME", "LABEL_UNKNOWN"}


def test_a_label_map_without_lesion_declares_an_empty_one_where_the_naming_has_one(tmp_path: Path, read: Read) -> None:
    """LiTS searched for tumours: none is set, which differs from none looked for."""
    write(tmp_path / "volume-7.nii.gz", ct_values())
    write(tmp_path / "segmentation-7.nii.gz", (labels() > 0).astype(np.uint8))
    study = read(tmp_path)
    (lesion,) = study.segments_of(Role.LESION)
    assert lesion.mask.is_empty
    write(tmp_path / "segmentation-7.nii.gz", np.zeros_like(labels()))
    assert all(segment.mask.is_empty for segment in read(tmp_path).segments)


def test_structure_files_are_one_mask_object(tmp_path: Path, read: Read) -> None:
    """Two lesion files are two segments of one object; an empty file is an empty structure."""
    write(tmp_path / "ct.nii.gz", ct_values())
    for name in ("liver", "Tumor_1", "Tumor-2", "remnant"):
        mask = balls()["Liver" if name == "liver" else "Lesion 1"]
        write(tmp_path / f"{name}.nii.gz", (mask & (name != "remnant")).astype(np.uint8))
    study = read(tmp_path)
    assert sorted((s.role.value, s.source) for s in study.segments) == [
        ("lesion", 0), ("lesion", 0), ("liver", 0), ("remnant", 0),
    ]  # fmt: skip
    assert study.segments_of(Role.REMNANT)[0].mask.is_empty


def test_a_lesion_file_that_numbers_its_lesions_has_as_many_segments(tmp_path: Path, read: Read) -> None:
    """Lesions may share a file; a liver of two values is not one liver."""
    write(tmp_path / "ct.nii.gz", ct_values())
    numbered = balls()["Lesion 1"].astype(np.uint8)
    numbered[:, :, 12:] *= 3
    write(tmp_path / "lesions.nii.gz", numbered)
    write(tmp_path / "liver.nii.gz", numbered)
    study = read(tmp_path)
    assert [(s.role, s.number) for s in study.segments] == [(Role.LESION, 1), (Role.LESION, 3)]
    assert [each.name for each in study.unmapped] == ["liver", "liver"]


@pytest.mark.hazard("M05")
def test_masks_beside_a_dicom_series_are_paired_by_name_and_grid(tmp_path: Path, read: Read) -> None:
    """A folder of masks within the study: flagged, on the image's grid."""
    write_series(tmp_path / "ct", GRID)
    write(tmp_path / "masks" / "liver.nii.gz", balls()["Liver"].astype(np.uint8))
    write(tmp_path / "masks" / "lesion 1.nrrd", balls()["Lesion 1"].astype(np.uint8))
    study = read(tmp_path)
    assert codes_of(study) == ["PAIR_BY_NAME"]
    assert study.identity.patient_id == "P-1"
    assert volumes_ml(study) == pytest.approx(
        {"liver": balls()["Liver"].sum() * 3.75e-3, "lesion 1": balls()["Lesion 1"].sum() * 3.75e-3}, rel=1e-5
    )


def test_the_same_study_as_seg_nifti_and_nrrd_has_the_same_voxels(tmp_path: Path, read: Read) -> None:
    """Three formats, one result."""
    write_study(tmp_path / "a")
    found = [volumes_ml(read(tmp_path / "a"))]
    for suffix in (".nii.gz", ".nrrd"):
        folder = tmp_path / suffix
        shutil.copytree(tmp_path / "a" / "ct", folder / "ct")
        for name, mask in balls().items():
            write(folder / f"{name}{suffix}", mask.astype(np.uint8))
        found.append(volumes_ml(read(folder)))
    assert found[1] == pytest.approx(found[0], rel=1e-6)
    assert found[2] == pytest.approx(found[0], rel=1e-6)


def slicer_header(layers: bool) -> dict[str, object]:
    directions = GRID.axes[::-1]
    rows = np.vstack([np.full(3, np.nan), directions]) if layers else directions
    liver = "TerminologyEntry:x~SCT^123037004^Anatomical Structure~SCT^10200004^Liver~^^~Anatomic~^^~^^|"
    return {
        "space": "left-posterior-superior",
        "space directions": rows,
        "space origin": GRID.affine[:3, 3],
        "kinds": ["list", "domain", "domain", "domain"] if layers else ["domain"] * 3,
        "Segment0_Name": "Segment_1", "Segment0_LabelValue": "1", "Segment0_Layer": "0", "Segment0_Tags": liver,
        "Segment1_Name": "Tumor_1", "Segment1_LabelValue": "1" if layers else "2", "Segment1_Layer": str(int(layers)),
    }  # fmt: skip


@pytest.mark.parametrize("layers", [False, True], ids=["one layer", "overlapping layers"])
def test_a_slicer_segmentation_has_names_codes_and_layers(tmp_path: Path, read: Read, layers: bool) -> None:
    """Code first, then name; a lesion in its own layer leaves the liver whole."""
    write(tmp_path / "ct.nrrd", ct_values())
    both = [balls()[name].astype(np.uint8).transpose(2, 1, 0) for name in ("Liver", "Lesion 1")]
    data = np.stack(both) if layers else labels().transpose(2, 1, 0)
    nrrd.write(str(tmp_path / "study.seg.nrrd"), data, slicer_header(layers))
    study = read(tmp_path)
    assert [segment.role for segment in study.segments] == [Role.LIVER, Role.LESION]
    assert study.segments[1].mask.count == balls()["Lesion 1"].sum()
    overlap = 0 if layers else (balls()["Liver"] & balls()["Lesion 1"]).sum()
    assert study.segments[0].mask.count == balls()["Liver"].sum() - overlap


@pytest.mark.hazard("M07")
def test_a_structure_beyond_the_image_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    """A crop of the grid that ends outside the scan, and a mask that lies elsewhere."""
    write(tmp_path / "ct.nii.gz", ct_values())
    far = make_grid((10, 10, 10), (3.0, 1.25, 1.0), center_mm=(0.5, 0.0, 120.0))
    write(tmp_path / "lesion.nii.gz", np.ones((10, 10, 10), dtype=np.uint8), far)
    refused = refusal(tmp_path)
    assert refused.code in ("GRID_OTHER", "GRID_OFF")
    assert "elsewhere" in refused.message


@pytest.mark.hazard("S06")
@pytest.mark.parametrize("share", [0.01, 0.6, 0.95])
@pytest.mark.parametrize("name", ["volume-7", "segmentation-7"])
@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".nrrd"])
def test_a_cut_file_is_refused(tmp_path: Path, refusal: Refusal, share: float, name: str, suffix: str) -> None:
    """Cut headers and cut voxels never become numbers."""
    write_lits(tmp_path, suffix)
    path = tmp_path / f"{name}{suffix}"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert refusal(tmp_path).code == "TRUNCATED"


@pytest.mark.hazard("S03")
@pytest.mark.parametrize("suffix", [".nrrd", ".nii.gz"])
def test_a_file_that_unpacks_to_more_than_its_header_says_is_refused(tmp_path: Path, suffix: str) -> None:
    """100 MB of zeros behind a header of 60 voxels: neither held nor followed to their end."""
    path = write(tmp_path / f"x{suffix}", np.zeros((3, 4, 5), dtype=np.uint8), make_grid((3, 4, 5), (2.0, 1.0, 1.0)))
    if suffix == ".nrrd":
        header = path.read_bytes().split(b"\n\n")[0].replace(b"encoding: raw", b"encoding: gzip")
        path.write_bytes(header + b"\n\n" + gzip.compress(bytes(100_000_000)))
    else:
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + bytes(100_000_000)))
    with pytest.raises(StudyRefused, match="LIMIT_INFLATE"):
        open_volume(path)


@pytest.mark.hazard("S06")
@pytest.mark.parametrize("name", ["volume-7", "segmentation-7"])
@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
@pytest.mark.parametrize("place", [0.9, -6], ids=["in the voxels", "in the checksum"])
def test_a_packed_file_with_one_wrong_byte_is_refused(
    tmp_path: Path, refusal: Refusal, name: str, suffix: str, place: float
) -> None:
    """It may still unpack, to other voxels: the checksum at its end tells."""
    write_lits(tmp_path)
    path = tmp_path / f"{name}{suffix}"
    if suffix == ".nrrd":
        image = sitk.ReadImage(str(tmp_path / f"{name}.nii.gz"))
        (tmp_path / f"{name}.nii.gz").unlink()
        sitk.WriteImage(image, str(path), useCompression=True)
    content = bytearray(path.read_bytes())
    content[int(len(content) * place) if place > 0 else int(place)] ^= 0x55
    path.write_bytes(bytes(content))
    assert refusal(tmp_path).code == "TRUNCATED"


@pytest.mark.hazard("S02")
def test_sizes_beyond_reason_are_refused_before_anything_is_held(tmp_path: Path) -> None:
    """A header of 30000 voxels along each axis."""
    path = write(tmp_path / "x.nrrd", np.zeros((3, 4, 5), dtype=np.uint8), make_grid((3, 4, 5), (2.0, 1.0, 1.0)))
    path.write_bytes(path.read_bytes().replace(b"sizes: 5 4 3", b"sizes: 30000 30000 30000"))
    with pytest.raises(StudyRefused, match="LIMIT_PIXELS"):
        open_volume(path)


def test_a_copied_case_is_read_once(tmp_path: Path, namings: dict[str, Naming]) -> None:
    """The same files in another folder are the same study."""
    write_lits(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    (files,) = find_studies(tmp_path, namings)
    assert [finding.code for finding in files.findings] == ["DUP_STUDY"]


@pytest.mark.hazard("G10")
def test_a_sheared_nifti_is_flagged(tmp_path: Path, read: Read) -> None:
    """Its grid is kept as it is."""
    grid = make_grid((10, 16, 16), (3.0, 1.5, 1.5), tilt_degrees=12.0)
    for name, array in (("volume-7", ct_values(grid)), ("segmentation-7", labels(grid))):
        affine = as_nifti(grid)
        image = nib.Nifti1Image(array.transpose(2, 1, 0), affine)
        image.set_qform(None, 0)
        nib.save(image, tmp_path / f"{name}.nii.gz")
    study = read(tmp_path)
    assert codes_of(study) == ["GEOM_TILT", "PAIR_BY_NAME"]
    assert np.allclose(study.image.geometry.affine, grid.affine, atol=1e-4)
    lesion = (labels(grid) == 2).sum() * grid.voxel_volume_mm3 / 1000
    assert volumes_ml(study)["label 2 (lesion)"] == pytest.approx(lesion, rel=1e-5)


@pytest.mark.hazard("G01")
def test_a_mask_file_beside_a_series_with_a_gap_must_lie_on_its_slices(tmp_path: Path, refusal: Refusal) -> None:
    """A label map that another tool made from the broken series has its gap closed up: it is not measured."""
    grid = make_grid((24, 20, 24), (3.0, 1.25, 1.0))
    write_series(tmp_path / "ct", grid)[20].unlink()
    squeezed = make_grid((23, 20, 24), (3.1, 1.25, 1.0))
    write(tmp_path / "lesion.nii.gz", sample_array(LESION_BALL, squeezed).astype(np.uint8), squeezed)
    assert refusal(tmp_path).code == "GEOM_GAP"


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (b"space origin: (", b"space origin: (1,"),
        (b"space directions: (", b"space directions: (7,"),
        (b"space: left-posterior-superior", b"space: scanner-xyz"),
        (b"sizes: 24", b"sizes: 0"),
        (b"type: unsigned char", b"type: block"),
        (b"encoding: gzip", b"encoding: bzip2"),
    ],
)
def test_a_broken_nrrd_header_is_refused(tmp_path: Path, refusal: Refusal, line: bytes, wrong: bytes) -> None:
    """Nothing is made up for what the header does not say."""
    write(tmp_path / "ct.nii.gz", ct_values())
    path = write(tmp_path / "lesion.nrrd", balls()["Lesion 1"].astype(np.uint8))
    content = path.read_bytes()
    if line == b"encoding: gzip":
        content = content.replace(b"encoding: raw", line)
    assert line in content
    path.write_bytes(content.replace(line, wrong))
    assert refusal(tmp_path).code in ("AFFINE_NONE", "GEOM_SLICES", "NRRD_KIND", "TRUNCATED")
