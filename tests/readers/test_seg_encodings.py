"""DICOM SEG in every transfer syntax that is read, and what is refused of them (rows S02 and S03)."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels import compress
from pydicom.uid import ExplicitVRBigEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

from tests.readers.build_dicom import LIVER, save, write_seg, write_series
from tests.readers.seg_phantom import GRID, SIZE, WHOLE, balls, fractions, labels, refused, segments_of, write_kind

DEFLATED_FRAMES, RAW_FRAMES = "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.1.98"


def in_big_endian(seg: Dataset) -> None:
    data = seg.PixelData
    seg["PixelData"].VR = "OW"
    seg.PixelData = np.frombuffer(data + b"\0" * (len(data) % 2), "<u2").byteswap().tobytes()
    seg.file_meta.TransferSyntaxUID = ExplicitVRBigEndian


def in_frames(syntax: str, pack: Callable[[bytes], bytes]) -> Callable[[Dataset], None]:
    """Return what puts every frame into a fragment of its own."""

    def encode(seg: Dataset) -> None:
        count = int(seg.NumberOfFrames)
        if seg.BitsAllocated == 1:
            bits = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")[: count * SIZE]
            frames = [np.packbits(each, bitorder="little").tobytes() for each in bits.reshape(count, SIZE)]
        else:
            frames = [seg.PixelData[n * SIZE : (n + 1) * SIZE] for n in range(count)]
        seg.PixelData = encapsulate([pack(each) for each in frames])
        seg["PixelData"].VR = "OB"
        seg["PixelData"].is_undefined_length = True
        seg.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)

    return encode


def deflate(raw: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(raw) + packer.flush()
    return packed + b"\0" * (len(packed) % 2)


def with_pydicom(syntax: str) -> Callable[[Dataset], None]:
    return lambda seg: compress(seg, syntax, generate_instance_uid=False)


BITS = {
    "big endian": in_big_endian,
    "deflated frames": in_frames(DEFLATED_FRAMES, deflate),
    "frames in fragments": in_frames(RAW_FRAMES, lambda raw: raw),
}
VALUES = {
    **BITS,
    "RLE": with_pydicom(RLELossless),
    "JPEG-LS": with_pydicom(JPEGLSLossless),
    "JPEG 2000": with_pydicom(JPEG2000Lossless),
}


def write_encoded(path: Path, encode: Callable[[Dataset], None]) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seg = pydicom.dcmread(path)
        encode(seg)
        unknown = seg.file_meta.TransferSyntaxUID == DEFLATED_FRAMES  # pydicom reads it from 3.1 on
        if unknown:
            seg.file_meta.TransferSyntaxUID = pydicom.uid.UID(RAW_FRAMES)
        if seg.file_meta.TransferSyntaxUID == ExplicitVRBigEndian:
            pydicom.dcmwrite(path, seg, implicit_vr=False, little_endian=False, enforce_file_format=True)
        else:
            save(seg, path)
    if unknown:
        path.write_bytes(path.read_bytes().replace(RAW_FRAMES.encode(), DEFLATED_FRAMES.encode() + b"\0"))
    return path


@pytest.mark.parametrize("encoding", BITS)
def test_single_bits_in_every_transfer_syntax(tmp_path: Path, encoding: str) -> None:
    """The voxels are those of the uncompressed file."""
    paths = write_series(tmp_path / "ct", GRID)
    path = write_seg(tmp_path / "s.dcm", paths, {n: (m, LIVER) for n, m in balls().items()})
    for segment in segments_of(write_encoded(path, BITS[encoding])):
        assert np.array_equal(segment.mask.within(WHOLE), balls()[segment.name])


@pytest.mark.parametrize("encoding", VALUES)
@pytest.mark.parametrize("kind", ["FRACTIONAL", "LABELMAP"])
def test_bytes_in_every_transfer_syntax(tmp_path: Path, kind: str, encoding: str) -> None:
    """The voxels are those of the uncompressed file."""
    paths = write_series(tmp_path / "ct", GRID)
    pixels = labels() if kind == "LABELMAP" else fractions()
    options = {} if kind == "LABELMAP" else {"fractional_type": "OCCUPANCY"}
    path = write_kind(tmp_path / "s.dcm", paths, pixels, kind, **options)
    plain = segments_of(path)
    for one, other in zip(plain, segments_of(write_encoded(path, VALUES[encoding])), strict=True):
        assert one.mask.count == other.mask.count > 0
        assert one.mask.offset == other.mask.offset
        assert np.array_equal(one.mask.voxels, other.mask.voxels)
        if one.mask.coverage is not None and other.mask.coverage is not None:
            assert np.array_equal(one.mask.coverage.shares, other.mask.coverage.shares)


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.100", "1.2.3.4", "1.2.840.10008.1.2.5"]
)
def test_a_transfer_syntax_that_is_not_read_is_named(tmp_path: Path, syntax: str) -> None:
    """Lossy pictures, videos, private ones, and run lengths of single bits are refused before any pixel is touched."""
    paths = write_series(tmp_path / "ct", GRID)
    path = write_seg(tmp_path / "s.dcm", paths, {n: (m, LIVER) for n, m in balls().items()})
    assert refused(write_encoded(path, in_frames(syntax, lambda raw: raw))) == "SEG_COMPRESSED"


@pytest.mark.hazard("S03")
def test_a_deflated_frame_is_unpacked_no_further_than_its_size(tmp_path: Path) -> None:
    """Ten megabytes of zeros behind a frame are not unpacked."""
    paths = write_series(tmp_path / "ct", GRID)
    path = write_seg(tmp_path / "s.dcm", paths, {n: (m, LIVER) for n, m in balls().items()})
    bomb = in_frames(DEFLATED_FRAMES, lambda raw: deflate(raw + b"\0" * 10_000_000))
    assert refused(write_encoded(path, bomb)) == "TRUNCATED"


@pytest.mark.hazard("S02")
@pytest.mark.parametrize("encoding", ["JPEG-LS", "JPEG 2000"])
def test_a_packed_frame_that_claims_another_size_is_not_unpacked(tmp_path: Path, encoding: str) -> None:
    """The size in the code stream is compared before a decoder makes room for it."""
    paths = write_series(tmp_path / "ct", GRID)
    path = write_encoded(write_kind(tmp_path / "s.dcm", paths, labels(), "LABELMAP"), VALUES[encoding])
    content = path.read_bytes()
    if encoding == "JPEG 2000":
        start = content.index(b"\xff\x4f\xff\x51") + 8
        wrong = content[:start] + (60_000).to_bytes(4, "big") * 2 + content[start + 8 :]
    else:
        start = content.index(b"\xff\xf7") + 5
        wrong = content[:start] + (60_000).to_bytes(2, "big") * 2 + content[start + 4 :]
    path.write_bytes(wrong)
    assert refused(path) == "LIMIT_PIXELS"


@pytest.mark.hazard("S02")
def test_run_lengths_longer_than_their_pixels_are_not_unpacked(tmp_path: Path) -> None:
    """A packed frame of many times its pixels' bytes could only unpack to more than they are."""
    paths = write_series(tmp_path / "ct", GRID)
    path = write_kind(tmp_path / "s.dcm", paths, labels(), "LABELMAP")
    bomb = in_frames(RLELossless, lambda raw: b"\1\0\0\0\x40\0\0\0".ljust(64, b"\0") + b"\x81\0" * 100_000)
    assert refused(write_encoded(path, bomb)) == "LIMIT_PIXELS"


def test_a_fragment_missing_is_noticed(tmp_path: Path) -> None:
    """Frames are not shifted by one."""
    paths = write_series(tmp_path / "ct", GRID)
    path = write_kind(tmp_path / "s.dcm", paths, labels(), "LABELMAP")

    def drop(seg: Dataset) -> None:
        in_frames(RAW_FRAMES, lambda raw: raw)(seg)
        frames = list(pydicom.encaps.generate_fragments(seg.PixelData))[1:-1]
        seg.PixelData = encapsulate(frames)
        seg["PixelData"].is_undefined_length = True

    assert refused(write_encoded(path, drop)) == "TRUNCATED"
