"""NIfTI of every make (1 and 2, pairs, layers, units), detached NRRD, and layers of overlapping segments."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import nrrd
import numpy as np
import pytest

from pipeline.errors import StudyRefused
from pipeline.readers.mask_formats import open_volume
from pipeline.readers.volumes.label_map import read_label_map, read_structure_file
from pipeline.readers.volumes.label_voxels import looks_like_labels
from pipeline.structures import Role
from pipeline.study import Study
from tests.readers.conftest import DATA, GRID, balls, codes_of
from tests.readers.test_volume_files import as_nifti, ct_values, labels, write

Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]
WHOLE = (slice(0, 14), slice(0, 20), slice(0, 24))


def save_nifti(path: Path, array: np.ndarray, kind: type = nib.Nifti1Image, unit: int = 2, **header: object) -> Path:
    """Write an array indexed column, row, slice (and further axes) on the grid of the tests."""
    affine = as_nifti()
    affine[:3] /= {1: 1000.0, 3: 0.001}.get(unit, 1.0)
    image = kind(array, affine)
    image.set_sform(affine, 1)
    image.set_qform(affine, 1)
    image.header["xyzt_units"] = unit
    for key, value in header.items():
        image.header[key] = value
    nib.save(image, path)
    return path


def one_hot() -> np.ndarray:
    """Return liver and lesion as two channels, columns first."""
    return np.stack([labels().T == 1, labels().T == 2], axis=-1).astype(np.uint8)


def refused(path: Path) -> str:
    with pytest.raises(StudyRefused) as error:
        read_label_map(open_volume(path), None, {})
    return error.value.code


@pytest.mark.parametrize("name", ["segmentation-7.nii", "segmentation-7.nii.gz", "segmentation-7.hdr"])
@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image], ids=["NIfTI-1", "NIfTI-2"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_nifti_of_every_make(tmp_path: Path, read: Read, name: str, kind: type, order: str) -> None:
    """Versions 1 and 2, packed or not, in one file or a pair, of either byte order: the same voxels."""
    write(tmp_path / "volume-7.nii.gz", ct_values())
    if name.endswith(".hdr"):
        kind = nib.Nifti2Pair if kind is nib.Nifti2Image else nib.Nifti1Pair
    save_nifti(tmp_path / name, labels().T.astype(f"{order}i2"), kind)
    study = read(tmp_path)
    assert [segment.role for segment in study.segments] == [Role.LIVER, Role.LESION]
    for segment, number in zip(study.segments, (1, 2), strict=True):
        assert np.array_equal(segment.mask.within(WHOLE), labels() == number)
    assert len(study.sources) == (3 if name.endswith(".hdr") else 2)


@pytest.mark.hazard("M12")
@pytest.mark.parametrize("unit", [1, 2, 3], ids=["m", "mm", "um"])
def test_a_declared_unit_is_applied(tmp_path: Path, read: Read, unit: int) -> None:
    """Metres and micrometres become millimetres."""
    write(tmp_path / "volume-7.nii.gz", ct_values())
    save_nifti(tmp_path / "segmentation-7.nii.gz", labels().T, unit=unit)
    study = read(tmp_path)
    assert study.segments[0].mask.grid is study.image.geometry


@pytest.mark.hazard("M15")
def test_channels_are_structures_without_names(tmp_path: Path, read: Read) -> None:
    """One channel a structure: nothing is measured as liver or lesion, and no lesion is called searched for."""
    write(tmp_path / "volume-7.nii.gz", ct_values())
    save_nifti(tmp_path / "segmentation-7.nii.gz", one_hot())
    study = read(tmp_path)
    assert study.segments == ()
    assert [(each.name, each.mask.count) for each in study.unmapped] == [
        ("layer 0", int((labels() == 1).sum())),
        ("layer 1", int((labels() == 2).sum())),
    ]
    assert "LABEL_UNKNOWN" in codes_of(study)


def test_layers_of_several_values_name_them(tmp_path: Path) -> None:
    """A layer that holds other values than 1 is split by value; an empty one stays a structure without voxels."""
    layers = np.stack([labels().T, np.zeros_like(labels().T)], axis=-1)
    file = open_volume(save_nifti(tmp_path / "m.nii", layers))
    assert looks_like_labels(file)
    for found in (read_label_map(file, None, {}), read_structure_file(file, None, "liver")):
        assert [each.name for each in found] == ["layer 0 value 1", "layer 0 value 2", "layer 1"]
        assert found[2].mask.is_empty


def test_a_fourth_axis_of_one_is_none(tmp_path: Path) -> None:
    """Writers pad sizes with ones."""
    file = open_volume(save_nifti(tmp_path / "m.nii", labels().T[..., None]))
    assert file.layers == 1
    assert [each.number for each in read_label_map(file, None, {})] == [1, 2]


def test_a_time_series_is_no_image(tmp_path: Path, refusal: Refusal) -> None:
    """Which of its volumes the mask belongs to is not known."""
    values = np.stack([ct_values().T] * 3, axis=-1)
    save_nifti(tmp_path / "volume-7.nii.gz", values)
    write(tmp_path / "segmentation-7.nii.gz", labels())
    assert refusal(tmp_path).code == "GEOM_SLICES"


def test_a_time_series_is_no_mask(tmp_path: Path) -> None:
    """A file that calls itself one is not read as structures."""
    path = save_nifti(tmp_path / "m.nii", one_hot(), intent_code=2001)
    assert refused(path) == "GEOM_SLICES"


def test_colours_are_no_labels(tmp_path: Path) -> None:
    """Red, green and blue of a picture of a mask say nothing of structures."""
    colours = np.zeros((4, 3, 2), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    assert refused(save_nifti(tmp_path / "m.nii", colours)) == "NIFTI_KIND"


@pytest.mark.hazard("M14")
@pytest.mark.parametrize("kind", ["nifti", "nrrd", "metaimage"])
def test_interpolated_labels_are_refused(tmp_path: Path, kind: str) -> None:
    """One voxel between two numbers is enough, in every format."""
    soft = labels().astype(np.float32)
    soft[3, 4, 5] = 0.5
    suffix = {"nifti": ".nii.gz", "nrrd": ".nrrd", "metaimage": ".mha"}[kind]
    assert refused(write(tmp_path / f"m{suffix}", soft)) == "LABEL_NONINT"


@pytest.mark.hazard("M14")
@pytest.mark.parametrize("value", [-1.0, 70_000.0])
def test_numbers_that_are_no_labels_are_refused(tmp_path: Path, value: float) -> None:
    """Negative ones, and ones beyond any label map."""
    for kind in (np.float32, np.int32):
        array = labels().astype(kind)
        array[0, 0, 0] = value
        assert refused(write(tmp_path / "m.nrrd", array)) == "LABEL_NONINT"


@pytest.mark.hazard("M23")
@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_a_structure_file_without_voxels_is_an_empty_structure(tmp_path: Path, read: Read, suffix: str) -> None:
    """It is there and nothing is set, in every format."""
    write(tmp_path / "ct.nii.gz", ct_values())
    write(tmp_path / f"liver{suffix}", balls()["Liver"].astype(np.uint8))
    write(tmp_path / f"lesion{suffix}", np.zeros(GRID.shape, np.uint8))
    (lesion,) = read(tmp_path).segments_of(Role.LESION)
    assert lesion.mask.is_empty


def write_detached(folder: Path, encoding: str, data_file: str | None = None) -> Path:
    """Write liver and lesion as a detached NRRD."""
    header = {
        "space": "left-posterior-superior",
        "space directions": GRID.axes[::-1],
        "space origin": GRID.affine[:3, 3],
        "encoding": encoding,
    }
    path = folder / "segmentation-7.nhdr"
    nrrd.write(str(path), labels().transpose(2, 1, 0), header, detached_header=True)
    if data_file is not None:
        text = path.read_bytes()
        start = text.index(b"data file:")
        end = text.index(b"\n", start)
        path.write_bytes(text[:start] + b"data file: " + data_file.encode() + text[end:])
    return path


@pytest.mark.parametrize("encoding", ["raw", "gzip"])
def test_a_detached_header_and_its_voxels(tmp_path: Path, read: Read, encoding: str) -> None:
    """Both files are read, and both are named as sources."""
    write(tmp_path / "volume-7.nii.gz", ct_values())
    write_detached(tmp_path, encoding)
    study = read(tmp_path)
    for segment, number in zip(study.segments, (1, 2), strict=True):
        assert np.array_equal(segment.mask.within(WHOLE), labels() == number)
    assert len(study.sources) == 3


@pytest.mark.hazard("S01", "S14")
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../v.raw", "PATH"),
        ("/etc/hostname", "PATH"),
        ("link.raw", "PATH"),
        ("absent.raw", "TRUNCATED"),
        ("LIST", "NRRD_KIND"),
        ("v%03d.raw 1 2 1", "NRRD_KIND"),
    ],
)
def test_voxels_elsewhere_are_not_opened(tmp_path: Path, name: str, code: str) -> None:
    """Only a regular file of the same folder is."""
    (tmp_path / "in").mkdir()
    (tmp_path / "v.raw").write_bytes(labels().tobytes())
    (tmp_path / "in" / "link.raw").symlink_to(tmp_path / "v.raw")
    assert refused(write_detached(tmp_path / "in", "raw", name)) == code


@pytest.mark.hazard("M18")
def test_overlapping_segments_of_slicer_keep_their_layers(tmp_path: Path, read: Read) -> None:
    """A 4-D ``.seg.nrrd``: a voxel may be in liver and lesion; extents are hints, and wrong ones change nothing."""
    write(tmp_path / "ct.nii.gz", ct_values())
    masks = [balls()["Liver"] | balls()["Lesion 1"], balls()["Lesion 1"]]
    data = np.stack([mask.transpose(2, 1, 0) for mask in masks]).astype(np.uint8)
    header: dict[str, object] = {
        "space": "left-posterior-superior",
        "kinds": ["list", "domain", "domain", "domain"],
        "space directions": np.vstack([[np.nan] * 3, GRID.axes[::-1]]),
        "space origin": GRID.affine[:3, 3],
    }
    for number, name in enumerate(("Liver", "Tumor")):
        header |= {
            f"Segment{number}_Name": name,
            f"Segment{number}_LabelValue": "1",
            f"Segment{number}_Layer": str(number),
        }
        header[f"Segment{number}_Extent"] = "0 1 0 1 0 1"
    nrrd.write(str(tmp_path / "study.seg.nrrd"), data, header)
    study = read(tmp_path)
    assert [segment.role for segment in study.segments] == [Role.LIVER, Role.LESION]
    for segment, mask in zip(study.segments, masks, strict=True):
        assert np.array_equal(segment.mask.within(WHOLE), mask)


@pytest.mark.hazard("S05")
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("offset", [2.0**31, -352.0, float("nan")])
def test_voxels_that_begin_beyond_any_header_are_refused(tmp_path: Path, suffix: str, offset: float) -> None:
    """What lies before them would be read whole."""
    content = bytearray(save_nifti(tmp_path / "m.nii", labels().T).read_bytes())
    struct.pack_into("<f", content, 108, offset)
    path = tmp_path / f"wrong{suffix}"
    path.write_bytes(gzip.compress(bytes(content)) if suffix.endswith(".gz") else bytes(content))
    assert refused(path) == "LIMIT_LENGTH"


@pytest.mark.hazard("S02")
@pytest.mark.parametrize("layers", [1, 32_767])
def test_sizes_beyond_any_scanner_are_refused(tmp_path: Path, layers: int) -> None:
    """Before their voxels are looked for."""
    content = bytearray(save_nifti(tmp_path / "m.nii", labels().T).read_bytes())
    sizes = (4, 512, 512, 2, layers) if layers > 1 else (3, 32_767, 32_767, 32_767, 1)
    struct.pack_into("<5h", content, 40, *sizes)
    (tmp_path / "m.nii").write_bytes(bytes(content))
    assert refused(tmp_path / "m.nii") == "LIMIT_PIXELS"


@pytest.mark.hazard("S03")
@pytest.mark.parametrize("kind", ["nifti", "nrrd"])
def test_a_gigabyte_of_zeros_behind_the_voxels_is_not_unpacked(tmp_path: Path, kind: str) -> None:
    """Unpacking stops a megabyte behind the last voxel."""
    zeros = gzip.compress(bytes(1 << 20), mtime=0) * 1024
    if kind == "nifti":
        path = tmp_path / "m.nii.gz"
        path.write_bytes(gzip.compress(save_nifti(tmp_path / "m.nii", labels().T).read_bytes()) + zeros)
    else:
        path = write_detached(tmp_path, "gzip")
        data = next(each for each in tmp_path.iterdir() if each != path)
        data.write_bytes(data.read_bytes() + zeros)
    assert path.stat().st_size < 2 << 20
    assert refused(path) == "LIMIT_INFLATE"


@pytest.mark.hazard("M23")
def test_the_real_empty_mask_is_an_empty_structure() -> None:
    """TotalSegmentator's urinary bladder outside the scan: a structure with no voxel, on its image's grid."""
    path = DATA / "totalsegmentator" / "example_seg_fast" / "urinary_bladder.nii.gz"
    (bladder,) = read_structure_file(open_volume(path), None, "urinary_bladder")
    assert bladder.mask.is_empty
    assert sorted(bladder.mask.grid.shape) == [30, 101, 122]
