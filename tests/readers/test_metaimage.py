"""MetaImage: grid and voxels as SimpleITK writes and reads them, and what its header may not do."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from pipeline.errors import StudyRefused
from pipeline.geometry import canonical_geometry
from pipeline.readers.mask_formats import open_volume
from pipeline.readers.volumes.label_map import read_label_map
from pipeline.readers.volumes.metaimage import DATA
from pipeline.structures import Role
from pipeline.study import Study
from tests.phantoms import OBLIQUE, make_grid
from tests.readers.conftest import GRID, codes_of
from tests.readers.test_volume_files import ct_values, itk_image, labels, write, write_lits

Read = Callable[[Path], Study]
HEADER = {
    "ObjectType": "Image",
    "NDims": "3",
    "BinaryData": "True",
    "BinaryDataByteOrderMSB": "False",
    "CompressedData": "False",
    "TransformMatrix": "1 0 0 0 1 0 0 0 1",
    "Offset": "-10 5 7.5",
    "ElementSpacing": "1 1.25 3",
    "DimSize": "4 3 2",
    "ElementType": "MET_UCHAR",
    "ElementDataFile": "LOCAL",
}
VOXELS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4) % 3
STEPS = list(itertools.product(itertools.permutations(range(3)), itertools.product((1, -1), repeat=3)))


def write_header(path: Path, data: bytes = VOXELS.tobytes(), **changes: str | None) -> Path:
    """Write a header with changes (None leaves an entry out), and its voxels behind it."""
    entries = {**HEADER, **changes}
    entries[DATA] = entries.pop(DATA)
    text = "".join(f"{key} = {value}\n" for key, value in entries.items() if value is not None)
    path.write_bytes(text.encode("latin-1") + data)
    return path


def refused(path: Path) -> str:
    with pytest.raises(StudyRefused) as error:
        read_label_map(open_volume(path), None, {})
    return error.value.code


def array_of(path: Path) -> np.ndarray:
    """Return the voxels as SimpleITK would give them: slice, row, column."""
    return open_volume(path).load(None)[0].T


@pytest.mark.parametrize("suffix", [".mha", ".mhd"])
@pytest.mark.parametrize(
    "grid", [GRID, make_grid((10, 14, 12), (3.0, 1.5, 1.25), rotation=OBLIQUE)], ids=["", "oblique"]
)
def test_a_label_map_beside_its_image(tmp_path: Path, read: Read, suffix: str, grid: object) -> None:
    """LiTS files as MetaImage: grid and labels are what SimpleITK wrote."""
    write_lits(tmp_path, suffix, grid)  # type: ignore[arg-type]
    study = read(tmp_path)
    assert study.naming == "lits"
    assert np.allclose(study.image.geometry.affine, canonical_geometry(grid)[0].affine, atol=1e-4)  # type: ignore[arg-type]
    assert [segment.role for segment in study.segments] == [Role.LIVER, Role.LESION]
    assert [segment.mask.count for segment in study.segments] == [int((labels(grid) == n).sum()) for n in (1, 2)]  # type: ignore[arg-type]
    assert codes_of(study) == ["PAIR_BY_NAME"]
    assert len(study.sources) == (4 if suffix == ".mhd" else 2)


@pytest.mark.hazard("G15", "M06", "M09")
@pytest.mark.parametrize(("order", "signs"), STEPS, ids=[f"{o}{s}" for o, s in STEPS])
def test_every_orientation_lies_where_simpleitk_puts_it(
    tmp_path: Path, order: tuple[int, int, int], signs: tuple[int, int, int]
) -> None:
    """All 48 signed axis permutations, compressed or not: index and place of every voxel agree."""
    direction = np.zeros((3, 3))
    direction[list(order), range(3)] = signs
    image = sitk.GetImageFromArray(np.random.default_rng(7).integers(0, 4, (5, 4, 3)).astype(np.uint8))
    image.SetDirection(direction.ravel().tolist())
    image.SetSpacing((0.8, 1.25, 3.0))
    image.SetOrigin((11.0, -22.0, 33.0))
    sitk.WriteImage(image, str(tmp_path / "m.mha"), sum(signs) > 0)
    file = open_volume(tmp_path / "m.mha")
    assert np.array_equal(file.load(None)[0], sitk.GetArrayFromImage(image).T)
    (grid,) = file.geometries()
    index = [(0, 0, 0), (2, 0, 0), (0, 3, 0), (0, 0, 4), (1, 2, 3)]
    expected = [image.TransformIndexToPhysicalPoint(each) for each in index]
    assert np.allclose(grid.to_world(np.array(index, dtype=float)), expected, atol=1e-6)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.float32, np.float64])
def test_every_type_of_voxel(tmp_path: Path, kind: type) -> None:
    """Types are read as SimpleITK writes them."""
    sitk.WriteImage(sitk.GetImageFromArray(labels().astype(kind)), str(tmp_path / "m.mha"))
    path = tmp_path / "m.mha"
    path.write_bytes(path.read_bytes().replace(b"Offset = 0 0 0", b"Offset = 1 0 0"))
    array = array_of(path)
    assert array.dtype == kind
    assert np.array_equal(array, labels())


@pytest.mark.parametrize("key", ["BinaryDataByteOrderMSB", "ElementByteOrderMSB"])
def test_big_endian_voxels(tmp_path: Path, key: str) -> None:
    """The byte order is the header's."""
    wide = (VOXELS.astype(np.int64) * 300).astype(">i2")
    order = {"BinaryDataByteOrderMSB": None, key: "True"}
    path = write_header(tmp_path / "m.mha", wide.tobytes(), ElementType="MET_SHORT", **order)
    assert np.array_equal(array_of(path), VOXELS.astype(int) * 300)


@pytest.mark.parametrize("matrix", ["TransformMatrix", "Orientation", "Rotation"])
@pytest.mark.parametrize("place", ["Offset", "Position", "Origin"])
def test_former_names_of_matrix_and_place(tmp_path: Path, matrix: str, place: str) -> None:
    """MetaIO has three names for each."""
    names = {"TransformMatrix": None, "Offset": None, matrix: "0 1 0 1 0 0 0 0 -1", place: "-10 5 7.5"}
    path = write_header(tmp_path / "m.mha", **names, AnatomicalOrientation="RAI")
    (grid,) = open_volume(path).geometries()
    expected = sitk.ReadImage(str(path)).TransformIndexToPhysicalPoint((3, 2, 1))
    assert np.allclose(grid.to_world(np.array([[3.0, 2.0, 1.0]])), expected)


def test_voxels_in_a_file_a_slice(tmp_path: Path) -> None:
    """A list and a pattern name the same two files, and both are the whole volume."""
    for number, plane in enumerate(VOXELS, 1):
        (tmp_path / f"s{number:03d}.raw").write_bytes(plane.tobytes())
    write_header(tmp_path / "list.mhd", b"s001.raw\ns002.raw\n", ElementDataFile="LIST")
    write_header(tmp_path / "pattern.mhd", b"", ElementDataFile="s%03d.raw 1 2 1")
    for name in ("list.mhd", "pattern.mhd"):
        assert np.array_equal(array_of(tmp_path / name), VOXELS)
        assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / name))), VOXELS)


@pytest.mark.parametrize("size", ["-1", "7"])
def test_a_header_before_the_voxels_of_the_data_file(tmp_path: Path, size: str) -> None:
    """HeaderSize skips it; -1 means that the voxels are the file's end."""
    (tmp_path / "v.raw").write_bytes(b"1234567" + VOXELS.tobytes())
    path = write_header(tmp_path / "m.mhd", b"", ElementDataFile="v.raw", HeaderSize=size)
    assert np.array_equal(array_of(path), VOXELS)


@pytest.mark.hazard("M15")
def test_channels_are_structures_without_names(tmp_path: Path, read: Read) -> None:
    """One channel a structure: left out and listed, for nobody says which is which."""
    write(tmp_path / "volume-7.nii.gz", ct_values())
    planes = np.stack([labels() == 1, labels() == 2], axis=-1).astype(np.uint8)
    image = itk_image(np.zeros(GRID.shape, np.uint8), GRID)
    vector = sitk.GetImageFromArray(planes, isVector=True)
    vector.CopyInformation(image)
    sitk.WriteImage(vector, str(tmp_path / "segmentation-7.mha"))
    study = read(tmp_path)
    assert study.segments == ()
    assert [each.name for each in study.unmapped] == ["layer 0", "layer 1"]
    assert [each.mask.count for each in study.unmapped] == [int((labels() == n).sum()) for n in (1, 2)]


@pytest.mark.hazard("S01", "S14")
@pytest.mark.parametrize("name", ["../v.raw", "/etc/hostname", "sub/v.raw", "..\\v.raw", "C:\\v.raw", "link.raw", "."])
def test_a_data_file_elsewhere_is_not_opened(tmp_path: Path, name: str) -> None:
    """Only a regular file of the same folder is."""
    (tmp_path / "v.raw").write_bytes(VOXELS.tobytes())
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "sub" / "v.raw").write_bytes(VOXELS.tobytes())
    (tmp_path / "in" / "link.raw").symlink_to(tmp_path / "v.raw")
    assert refused(write_header(tmp_path / "in" / "m.mhd", b"", ElementDataFile=name)) == "PATH"


@pytest.mark.hazard("S02", "S06")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"DimSize": "65535 65535 65535"}, "LIMIT_PIXELS"),
        ({"DimSize": "4 3 3"}, "TRUNCATED"),
        ({"DimSize": "4 -3 2"}, "TRUNCATED"),
        ({"DimSize": "4 3"}, "TRUNCATED"),
        ({"DimSize": "24 1", "NDims": "2"}, "GEOM_SLICES"),
        ({"DimSize": None}, "TRUNCATED"),
        ({"ElementNumberOfChannels": "999999999"}, "LIMIT_PIXELS"),
        ({"ElementDataFile": None}, "TRUNCATED"),
        ({"ElementDataFile": "absent.raw"}, "TRUNCATED"),
        ({"ElementDataFile": "s%03d.raw 1 99999 1"}, "META_KIND"),
        ({"ElementDataFile": "s%s.raw 1 2 1"}, "META_KIND"),
        ({"BinaryData": "False"}, "META_KIND"),
        ({"ElementType": "MET_LONG"}, "META_KIND"),
        ({"ElementType": "MET_STRING"}, "META_KIND"),
        ({"CompressedData": "True"}, "TRUNCATED"),
        ({"ObjectType": "Tube"}, "TRUNCATED"),
    ],
)
def test_a_header_that_promises_what_is_not_there(tmp_path: Path, changes: dict[str, str | None], code: str) -> None:
    """It is refused before room is made for it."""
    assert refused(write_header(tmp_path / "m.mha", **changes)) == code


@pytest.mark.hazard("M11", "M12", "G13")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"TransformMatrix": None}, "AFFINE_NONE"),
        ({"Offset": None}, "AFFINE_NONE"),
        ({"ElementSpacing": None}, "AFFINE_NONE"),
        ({"ElementSpacing": "1 1 0"}, "AFFINE_NONE"),
        ({"ElementSpacing": "1 1 -3"}, "AFFINE_NONE"),
        ({"ElementSpacing": "1,5 1 3"}, "AFFINE_NONE"),
        ({"ElementSpacing": "nan 1 3"}, "AFFINE_NONE"),
        ({"TransformMatrix": "1 0 0 1 0 0 0 0 1"}, "AFFINE_NONE"),
        ({"TransformMatrix": "2 0 0 0 1 0 0 0 1"}, "AFFINE_NONE"),
        ({"Offset": "0 0 0", "ElementSpacing": "1 1 1"}, "AFFINE_NONE"),
        ({"DistanceUnits": "cm"}, "AFFINE_UNIT"),
        ({"NDims": "3 3"}, "TRUNCATED"),
        ({"ElementNumberOfChannels": "1 1"}, "META_KIND"),
    ],
)
def test_a_grid_without_a_place_is_refused(tmp_path: Path, changes: dict[str, str | None], code: str) -> None:
    """Spacings alone, impossible axes and other units are no place in the patient; two counts are none either."""
    assert refused(write_header(tmp_path / "m.mha", **changes)) == code


@pytest.mark.hazard("S03")
def test_packed_voxels_are_unpacked_no_further_than_promised(tmp_path: Path) -> None:
    """A gigabyte of zeros behind 24 voxels is noticed at the first megabyte."""
    packer = zlib.compressobj(1)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()
    path = write_header(tmp_path / "m.mha", bomb, CompressedData="True")
    assert path.stat().st_size < 8 << 20
    assert refused(path) == "LIMIT_INFLATE"


@pytest.mark.hazard("S06")
@pytest.mark.parametrize("share", [0.1, 0.6, 0.99])
def test_a_file_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    """Wherever it ends."""
    sitk.WriteImage(itk_image(labels(), GRID), str(tmp_path / "m.mha"), True)
    content = (tmp_path / "m.mha").read_bytes()
    (tmp_path / "m.mha").write_bytes(content[: int(len(content) * share)])
    assert refused(tmp_path / "m.mha") == "TRUNCATED"
