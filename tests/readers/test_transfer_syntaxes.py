"""Transfer syntaxes: the same Hounsfield units from each; a clear refusal for the rest; no decoder is led astray."""

from __future__ import annotations

import io
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from pipeline.errors import StudyRefused
from pipeline.readers import read_image
from pipeline.readers.dicom.codestreams import check_codestream
from pipeline.readers.dicom.series import read_slices
from pipeline.readers.dicom.stack import build_stacks
from pipeline.readers.dicom.unreadable import UnreadableFile
from pipeline.study import ImageSeries, Study
from tests.phantoms import make_grid
from tests.readers.build_dicom import edit, save, write_series
from tests.readers.conftest import DATA, GRID, codes_of, write_study
from tests.readers.test_dicom_series import whole

Read = Callable[[Path], Study]
Encode = Callable[[Dataset], bytes]

JPEG = "1.2.840.10008.1.2.4."
VOXELS = np.random.default_rng(5).integers(0, 2**12, GRID.shape).astype(np.int16)
SMOOTH = (np.indices(GRID.shape).sum(axis=0) * 20 + 900).astype(np.int16)


def plane_of(image: Dataset) -> np.ndarray:
    return np.frombuffer(image.PixelData, "<u2").reshape(image.Rows, image.Columns)


def jpeg_lossless(predictor: int) -> Encode:
    return lambda image: imagecodecs.jpeg8_encode(
        plane_of(image), lossless=True, predictor=predictor, bitspersample=image.BitsStored
    )


def jpeg_2000(image: Dataset) -> bytes:
    return imagecodecs.jpeg2k_encode(plane_of(image), codecformat="j2k", reversible=True, bitspersample=12)


def by_pydicom(syntax: str) -> Encode:
    def encode(image: Dataset) -> bytes:
        image.compress(syntax, generate_instance_uid=False)
        return next(pydicom.encaps.generate_frames(image.PixelData, number_of_frames=1))

    return encode


LOSSLESS: dict[str, tuple[str, Encode]] = {
    "RLE": ("1.2.840.10008.1.2.5", by_pydicom("1.2.840.10008.1.2.5")),
    "JPEG lossless, predictor 1": (f"{JPEG}57", jpeg_lossless(1)),
    "JPEG lossless, predictor 6": (f"{JPEG}57", jpeg_lossless(6)),
    "JPEG lossless SV1": (f"{JPEG}70", jpeg_lossless(1)),
    "JPEG-LS": (f"{JPEG}80", by_pydicom(f"{JPEG}80")),
    "JPEG 2000 lossless": (f"{JPEG}90", lambda image: jpeg_2000(image)),
    "JPEG 2000 that allows loss": (f"{JPEG}91", lambda image: jpeg_2000(image)),
    "HTJ2K lossless": (f"{JPEG}201", lambda image: imagecodecs.htj2k_encode(plane_of(image), reversible=True)),
}


def write_packed(folder: Path, voxels: np.ndarray, syntax: str, encode: Encode, bits: int = 12) -> list[Path]:
    """Write a study whose images are compressed with a codestream each, values unsigned."""
    paths = write_study(folder, voxels=voxels)
    for path in paths:
        image = pydicom.dcmread(path)
        image.PixelRepresentation, image.BitsStored, image.HighBit = 0, bits, bits - 1
        if bits == 8:
            image.BitsAllocated = 8
        code = encode(image)
        image.PixelData = encapsulate([code])
        image["PixelData"].is_undefined_length = True
        image["PixelData"].VR = "OB"
        image.file_meta.TransferSyntaxUID = syntax
        save(image, path)
    return paths


@pytest.mark.parametrize("name", LOSSLESS)
def test_a_lossless_syntax_gives_the_values_that_were_packed(tmp_path: Path, read: Read, name: str) -> None:
    """Every voxel of the box, and no finding but that of a syntax that allows loss."""
    syntax, encode = LOSSLESS[name]
    write_packed(tmp_path, VOXELS, syntax, encode)
    study = read(tmp_path)
    assert codes_of(study) == (["LOSSY"] if syntax.endswith("91") else [])
    assert np.array_equal(read_image(study.image, whole(GRID)).voxels, VOXELS - 1000.0)


@pytest.mark.parametrize("name", [name for name in LOSSLESS if "HTJ2K" not in name])
def test_packed_values_are_those_that_gdcm_unpacks(tmp_path: Path, read: Read, name: str) -> None:
    """SimpleITK reads the same files to the same Hounsfield units with decoders of its own."""
    syntax, encode = LOSSLESS[name]
    paths = write_packed(tmp_path, VOXELS, syntax, encode)
    ours = read_image(read(tmp_path).image, whole(GRID)).voxels
    for number in (0, 6, 13):
        theirs = sitk.GetArrayFromImage(sitk.ReadImage(str(paths[number])))[0]
        assert np.array_equal(ours[number], theirs)


@pytest.mark.parametrize("stored", [12, 16])
def test_signed_values_survive_lossless_jpeg(tmp_path: Path, read: Read, stored: int) -> None:
    """JPEG knows no sign: the bits are the values' own (DICOM PS3.5 section 8.2.1)."""
    values = VOXELS - 2048
    paths = write_study(tmp_path, voxels=values)
    for path in paths:
        image = pydicom.dcmread(path)
        image.BitsStored, image.HighBit = stored, stored - 1
        bits = plane_of(image) & (2**stored - 1)
        image.PixelData = encapsulate([imagecodecs.jpeg8_encode(bits, lossless=True, bitspersample=stored)])
        image["PixelData"].VR = "OB"
        image.file_meta.TransferSyntaxUID = f"{JPEG}70"
        save(image, path)
    assert np.array_equal(read_image(read(tmp_path).image, whole(GRID)).voxels, values - 1000.0)


@pytest.mark.hazard("G22")
@pytest.mark.parametrize(
    ("syntax", "bits", "tolerance", "encode"),
    [
        (f"{JPEG}50", 8, 6, lambda image: imagecodecs.jpeg8_encode(_bytes_of(image), level=95)),
        (f"{JPEG}51", 12, 25, lambda image: imagecodecs.jpeg8_encode(plane_of(image), level=95, bitspersample=12)),
        (f"{JPEG}81", 12, 3, lambda image: imagecodecs.jpegls_encode(plane_of(image), level=3)),
    ],
    ids=["baseline", "extended, 12 bits", "JPEG-LS near-lossless"],
)
def test_a_lossy_syntax_is_read_and_flagged(
    tmp_path: Path, read: Read, syntax: str, bits: int, tolerance: float, encode: Encode
) -> None:
    """A smooth image comes out near its values; that detail may be lost is told."""
    values = (SMOOTH - 900) // 8 if bits == 8 else SMOOTH
    write_packed(tmp_path, values.astype(np.int16), syntax, encode, bits)
    study = read(tmp_path)
    assert codes_of(study) == ["LOSSY"]
    found = read_image(study.image, whole(GRID)).voxels
    assert np.abs(found - (values - 1000.0)).max() <= tolerance


def _bytes_of(image: Dataset) -> np.ndarray:
    return plane_of(image).astype(np.uint8)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "deflated"])
def test_uncompressed_syntaxes_give_the_values_that_were_stored(tmp_path: Path, read: Read, syntax: str) -> None:
    """Implicit and explicit, little and big endian, and deflated."""
    for path in write_study(tmp_path, voxels=VOXELS):
        image = pydicom.dcmread(path)
        if syntax.endswith(".2.2"):
            image.PixelData = np.frombuffer(image.PixelData, "<i2").astype(">i2").tobytes()
        image.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99" if syntax == "deflated" else syntax
        explicit = syntax != "1.2.840.10008.1.2"
        buffer = io.BytesIO()
        pydicom.dcmwrite(
            buffer, image, implicit_vr=not explicit, little_endian=not syntax.endswith(".2.2"), force_encoding=True
        )
        path.write_bytes(buffer.getvalue())
    study = read(tmp_path)
    assert codes_of(study) == []
    assert np.array_equal(read_image(study.image, whole(GRID)).voxels, VOXELS - 1000.0)


@pytest.mark.parametrize(
    "syntax", [f"{JPEG}100", f"{JPEG}102", f"{JPEG}104", f"{JPEG}107", f"{JPEG}52", f"{JPEG}92", "1.2.3"]
)
def test_other_syntaxes_are_refused_by_name(tmp_path: Path, read: Read, syntax: str) -> None:
    """MPEG, HEVC, retired JPEG processes, multi-component JPEG 2000, nonsense."""
    write_packed(tmp_path, VOXELS, syntax, lambda image: b"\0" * 100)
    study = read(tmp_path)
    with pytest.raises(StudyRefused, match="which is not decoded here") as refused:
        read_image(study.image, whole(GRID))
    assert refused.value.code == "TRANSFER_SYNTAX"


def test_old_scanners_overlay_bits_are_no_values(tmp_path: Path, read: Read) -> None:
    """A graphic kept in bit 12 above 12 stored bits changes no Hounsfield unit, signed or not."""
    for path in write_study(tmp_path, voxels=VOXELS):
        image = pydicom.dcmread(path)
        image.PixelRepresentation, image.BitsStored, image.HighBit = 0, 12, 11
        image.PixelData = (plane_of(image) | 0x1000).tobytes()
        save(image, path)
    assert np.array_equal(read_image(read(tmp_path).image, whole(GRID)).voxels, VOXELS - 1000.0)


JPEG_HEAD = b"\xff\xd8\xff\xc3\x00\x0b\x0c"


def _rle(segments: list[bytes], claimed: int | None = None) -> bytes:
    starts, place = [], 64
    for segment in segments:
        starts.append(place)
        place += len(segment)
    head = struct.pack("<16I", len(segments) if claimed is None else claimed, *starts, *([0] * (15 - len(starts))))
    return head + b"".join(segments)


BOMBS = {
    "JPEG of 65535 by 65535": (f"{JPEG}70", JPEG_HEAD + struct.pack(">HHB", 65535, 65535, 1) + bytes(50)),
    "JPEG of three samples": (f"{JPEG}70", JPEG_HEAD + struct.pack(">HHB", 20, 24, 3) + bytes(50)),
    "JPEG-LS of 65535 by 65535": (
        f"{JPEG}80",
        b"\xff\xd8\xff\xf7\x00\x0b\x0c" + struct.pack(">HHB", 65535, 65535, 1) + bytes(50),
    ),
    "JPEG 2000 of 4 G by 4 G": (
        f"{JPEG}90",
        b"\xff\x4f\xff\x51\x00\x29\x00\x00"
        + struct.pack(">8IH", 2**32 - 1, 2**32 - 1, 0, 0, 2**32 - 1, 2**32 - 1, 0, 0, 1)
        + bytes(50),
    ),
    "JPEG 2000 of many tiles": (
        f"{JPEG}90",
        b"\xff\x4f\xff\x51\x00\x29\x00\x00" + struct.pack(">8IH", 24, 2**31, 0, 2**31 - 20, 1, 1, 0, 0, 1) + bytes(50),
    ),
}


@pytest.mark.hazard("S02")
@pytest.mark.parametrize("name", BOMBS)
def test_a_codestream_larger_than_its_image_is_not_decoded(tmp_path: Path, read: Read, name: str) -> None:
    """A decoder would allocate what the codestream states."""
    syntax, code = BOMBS[name]
    write_packed(tmp_path, VOXELS, syntax, lambda image: code)
    study = read(tmp_path)
    with pytest.raises(StudyRefused) as refused:
        read_image(study.image, whole(GRID))
    assert refused.value.code == "LIMIT_PIXELS"


@pytest.mark.hazard("S02")
@pytest.mark.parametrize(
    "code",
    [
        _rle([b"\x81\x00" * 100_000] * 2),
        _rle([b"\x81\x00"] * 2),
        _rle([b"\x81\x00" * 4], 15),
        _rle([b"\x81\x00" * 4] * 2, 2**32 - 1),
        b"\x01",
    ],
    ids=["a long run", "a short run", "segments that are not there", "four billion segments", "one byte"],
)
def test_run_lengths_unpack_to_the_frame_and_no_further(tmp_path: Path, read: Read, code: bytes) -> None:
    """A frame that would unpack to more or less than its pixels is damaged."""
    write_packed(tmp_path, VOXELS, "1.2.840.10008.1.2.5", lambda image: code)
    study = read(tmp_path)
    with pytest.raises(StudyRefused) as refused:
        read_image(study.image, whole(GRID))
    assert refused.value.code in ("TRUNCATED", "LIMIT_PIXELS")


@pytest.mark.hazard("S02")
@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.5", f"{JPEG}70", f"{JPEG}80", f"{JPEG}90"])
def test_random_bytes_are_no_codestream(syntax: str) -> None:
    """No header of random bytes passes for a frame's, and none raises anything else."""
    random = np.random.default_rng(11)
    for _ in range(300):
        code = random.bytes(int(random.integers(0, 200)))
        with pytest.raises(UnreadableFile):
            check_codestream(code, syntax, 20, 24, 2)


@pytest.mark.parametrize(
    ("name", "rows", "columns"), [("JPGExtended", 1024, 256), ("MR_small_jpeg_ls_lossless", 64, 64)]
)
def test_vendors_codestreams_state_their_size(name: str, rows: int, columns: int) -> None:
    """The samples of pydicom, written by other libraries, are recognised."""
    path = Path(pydicom.data.get_testdata_file(f"{name}.dcm"))
    image = pydicom.dcmread(path)
    code = next(pydicom.encaps.generate_frames(image.PixelData, number_of_frames=1))
    check_codestream(code, image.file_meta.TransferSyntaxUID, rows, columns, 2)


def test_a_vendors_jpeg_2000_gives_simpleitks_values() -> None:
    """The sagittal series of the data folder, decoded to the values that GDCM finds."""
    from pipeline.readers.dicom.decoding import FrameDecoder

    for path in sorted((DATA / "dicom2nifti-awkward" / "sagittal_jpeg2000").glob("*.dcm")):
        image = pydicom.dcmread(path)
        code = next(pydicom.encaps.generate_frames(image.PixelData, number_of_frames=1))
        theirs = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))[0]
        assert np.array_equal(FrameDecoder(image).decode(code), theirs)


def test_no_more_than_the_box_is_kept(tmp_path: Path, read: Read) -> None:
    """Of 30 slices of 1.1 MB as numbers, a corner of 0.4 kB each: memory for one plane at a time, and the box."""
    grid = make_grid((30, 512, 512), (3.0, 0.8, 0.8))
    paths = write_series(tmp_path / "ct", grid)
    slices, _ = read_slices(paths)
    (stack,) = build_stacks(slices)
    uids = tuple(each.sop_instance_uid for each in stack.slices)
    image = ImageSeries("CT", stack.geometry, tuple(each.path for each in stack.slices), sop_instance_uids=uids)
    tracemalloc.start()
    found = read_image(image, (slice(0, 30), slice(5, 15), slice(500, 510)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.voxels.nbytes == 30 * 100 * 4
    assert peak < 2_000_000


def test_a_wrong_high_bit_is_refused(tmp_path: Path, read: Read) -> None:
    """Values that do not begin at bit 0 would be wrong by powers of two."""
    for path in write_study(tmp_path):
        edit(path, BitsStored=12, HighBit=15)
    with pytest.raises(StudyRefused, match="TRANSFER_SYNTAX"):
        read_image(read(tmp_path).image, whole(GRID))
