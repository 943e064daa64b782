"""Volume files are read a few planes at a time: what they unpack to is never held, and is bounded (rows S02, S03)."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

from pipeline.errors import StudyRefused
from pipeline.readers.mask_formats import open_volume
from pipeline.readers.volumes import label_map, label_voxels, stored_voxels
from pipeline.readers.volumes.label_map import read_label_map
from pipeline.readers.volumes.label_voxels import looks_like_labels

SUFFIXES = [".nii.gz", ".nii", ".nrrd", ".mha"]
MEGABYTE = 1 << 20


def save(path: Path, array: np.ndarray, packed: bool = True) -> Path:
    """Write an array (k, j, i) by SimpleITK, away from the origin."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((0.8, 0.9, 2.0))
    image.SetOrigin((-30.0, 12.0, 5.0))
    sitk.WriteImage(image, str(path), packed)
    return path


@pytest.mark.hazard("S03")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_a_mask_unpacks_to_is_never_held(tmp_path: Path, suffix: str) -> None:
    """210 MB of 64 bits, nearly all zero, within the memory of two slabs; and the structure is where it was put."""
    array = np.zeros((256, 320, 320), dtype=np.float64)
    array[200:220, 30:90, 50:140] = 1
    path = save(tmp_path / f"m{suffix}", array)
    size = array.nbytes
    del array
    tracemalloc.start()
    try:
        (found,) = read_label_map(open_volume(path), None, {})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size == 200 * MEGABYTE
    assert peak < 100 * MEGABYTE
    assert found.mask.count == 20 * 60 * 90
    assert found.mask.voxels.shape == (20, 60, 90)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("voxels", [1, 7 * 6, 2 * 7 * 6 + 1, 1 << 22])
def test_slabs_of_any_thickness_give_the_same_voxels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, voxels: int
) -> None:
    """One plane, two planes or all at once: the whole grid, a box of it, and its labels."""
    monkeypatch.setattr(stored_voxels, "SLAB_VOXELS", voxels)
    array = np.zeros((5, 6, 7), dtype=np.int16)
    array[1:4, 2:5, 3:6] = np.random.default_rng(0).integers(0, 300, (3, 3, 3))
    file = open_volume(save(tmp_path / f"m{suffix}", array))
    assert np.array_equal(file.load()[0], array.T)
    box = (slice(2, 6), slice(1, 4), slice(1, 3))
    part = file.load(box, np.dtype(np.float32))[0]
    assert part.dtype == np.float32
    assert np.array_equal(part, array.T[box])
    for each in read_label_map(file, None, {}):
        whole = each.mask.within(tuple(slice(0, size) for size in each.mask.grid.shape))
        assert np.array_equal(whole, array == each.number)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii"])
def test_a_fourth_axis_in_slabs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    """Each volume of it is a layer."""
    monkeypatch.setattr(stored_voxels, "SLAB_VOXELS", 24)
    array = np.random.default_rng(0).integers(0, 2, (3, 4, 5, 6)).astype(np.uint8)
    path = tmp_path / f"m{suffix}"
    affine = np.diag([-1.0, -1.0, 2.0, 1.0])
    affine[:3, 3] = 7
    nibabel.save(nibabel.Nifti1Image(array, affine), str(path))
    assert np.array_equal(open_volume(path).load(), np.moveaxis(array, -1, 0))


def test_voxels_in_a_file_a_slice_in_slabs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slabs and boxes begin and end within files."""
    monkeypatch.setattr(stored_voxels, "SLAB_VOXELS", 12)
    array = np.arange(5 * 4 * 3, dtype=np.int16).reshape(5, 4, 3)
    header = save(tmp_path / "whole.mhd", array, packed=False).read_text().rsplit("\n", 2)[0]
    for number in range(5):
        (tmp_path / f"p{number}.raw").write_bytes(array[number].astype("<i2").tobytes())
    path = tmp_path / "m.mhd"
    path.write_text(f"{header}\nElementDataFile = p%d.raw 0 4 1\n")
    file = open_volume(path)
    for low in range(5):
        for high in range(low + 1, 6):
            box = (slice(0, 3), slice(0, 4), slice(low, high))
            assert np.array_equal(file.load(box)[0], array.T[box])


@pytest.mark.hazard("S02")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_bytes_are_bounded_and_not_only_voxels(tmp_path: Path, suffix: str) -> None:
    """800 x 800 x 800 of 64 bits are fewer voxels than a long scan has, and 4 GB."""
    path = save(tmp_path / f"m{suffix}", np.zeros((4, 5, 6), dtype=np.float64), packed=False)
    content = gzip.decompress(path.read_bytes()) if suffix == ".nii.gz" else path.read_bytes()
    if suffix in (".nii", ".nii.gz"):
        large = content[:42] + np.array([800, 800, 800], dtype="<i2").tobytes() + content[48:]
    else:
        large = content.replace(b"6 5 4", b"800 800 800")
    path.write_bytes(gzip.compress(large) if suffix == ".nii.gz" else large)
    with pytest.raises(StudyRefused, match=r"LIMIT_PIXELS.*2 GiB"):
        open_volume(path)


@pytest.mark.hazard("S02")
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("shape", [(1000, 512, 512, 8), (1500, 512, 512, 1), (2048, 512, 512, 4)])
def test_sizes_of_real_scans_are_no_reason_to_refuse(tmp_path: Path, suffix: str, shape: tuple[int, ...]) -> None:
    """What is missing is the voxels, not a limit: the header alone was written."""
    kind = {1: np.uint8, 4: np.float32, 8: np.float64}[shape[3]]
    path = save(tmp_path / f"m{suffix}", np.zeros((4, 5, 6), dtype=kind), packed=False)
    content = gzip.decompress(path.read_bytes()) if suffix == ".nii.gz" else path.read_bytes()
    sizes = shape[2::-1]
    if suffix in (".nii", ".nii.gz"):
        large = content[:42] + np.array(sizes, dtype="<i2").tobytes() + content[48:]
    else:
        large = content.replace(b"6 5 4", " ".join(map(str, sizes)).encode())
    path.write_bytes(gzip.compress(large) if suffix == ".nii.gz" else large)
    with pytest.raises(StudyRefused, match="TRUNCATED"):
        open_volume(path)


@pytest.mark.hazard("S02")
def test_more_labels_than_any_mask_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise of 60,000 values, and few labels each scattered over the whole grid."""
    noise = np.random.default_rng(0).integers(0, 60_000, (20, 100, 100)).astype(np.uint16)
    file = open_volume(save(tmp_path / "noise.nii.gz", noise))
    with pytest.raises(StudyRefused, match="LABEL_COUNT"):
        read_label_map(file, None, {})
    assert not looks_like_labels(file)
    many = np.arange(10 * 10 * 11, dtype=np.uint16).reshape(11, 10, 10)
    most = np.where(many <= label_voxels.MAX_LABELS, many, 0)
    labels = read_label_map(open_volume(save(tmp_path / "most.nii.gz", most)), None, {})
    assert [each.number for each in labels] == list(range(1, label_voxels.MAX_LABELS + 1))
    monkeypatch.setattr(label_map, "MAX_BOXES", 19 * 1000)
    scattered = np.random.default_rng(0).integers(0, 21, (10, 10, 10)).astype(np.uint8)
    with pytest.raises(StudyRefused, match="LABEL_COUNT"):
        read_label_map(open_volume(save(tmp_path / "scattered.nii.gz", scattered)), None, {})


def test_values_that_need_rounding_are_labels_too(tmp_path: Path) -> None:
    """Within a thousandth of a whole number, and above what 8 bits hold."""
    array = np.zeros((3, 4, 5), dtype=np.float32)
    array[1, 1, 1], array[2, 2, 2], array[0, 0, 0] = 0.9995, 299.9997, 255
    found = read_label_map(open_volume(save(tmp_path / "m.nii.gz", array)), None, {})
    assert [(each.number, each.mask.count) for each in found] == [(1, 1), (255, 1), (300, 1)]
