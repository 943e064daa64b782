"""Only the slices that a box touches are decoded: counted, and held by spoiling all others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import UID, JPEGLSLossless, RLELossless

from pipeline.readers import read_image
from pipeline.readers.dicom.decoding import FrameDecoder
from pipeline.study import Study
from pipeline.volume import Box
from tests.readers import conftest, test_enhanced
from tests.readers.build_dicom import save
from tests.readers.conftest import GRID

Read = Callable[[Path], Study]

SLICES, ROWS, COLUMNS = GRID.shape
VOXELS = np.random.default_rng(11).integers(0, 2000, GRID.shape).astype(np.int16)
ORDER = np.random.default_rng(3).permutation(SLICES).tolist()
BOX = slice(5, 8), slice(2, 6), slice(3, 4)
SYNTAXES = {"uncompressed": None, "RLE": RLELossless, "JPEG-LS": JPEGLSLossless}
GARBAGE = b"\x5a"
"""Spoils a frame: no code stream, and -1000 HU + 23130 nowhere in the phantom."""


def pieces_of(image: Dataset) -> list[bytes]:
    """Return the bytes of each frame."""
    count = int(image.get("NumberOfFrames", 1))
    if image.file_meta.TransferSyntaxUID.is_compressed:
        return list(generate_frames(image.PixelData, number_of_frames=count))
    size = len(image.PixelData) // count
    return [image.PixelData[n * size : (n + 1) * size] for n in range(count)]


def spoil(path: Path, keep: set[int]) -> None:
    """Overwrite all frames of a file but some; their lengths stay."""
    image = pydicom.dcmread(path)
    pieces = [piece if n in keep else GARBAGE * len(piece) for n, piece in enumerate(pieces_of(image))]
    packed = image.file_meta.TransferSyntaxUID.is_compressed
    image.PixelData = encapsulate(pieces) if packed else b"".join(pieces)
    save(image, path)


def write(folder: Path, multi: bool, syntax: UID | None) -> None:
    """Write a study of single images, or of one object of shuffled frames."""
    if multi:
        paths = [test_enhanced.write_study(folder, order=ORDER, voxels=VOXELS)]
    else:
        paths = conftest.write_study(folder, voxels=VOXELS)
    for path in paths if syntax is not None else ():
        image = pydicom.dcmread(path)
        image.compress(str(syntax), generate_instance_uid=False)
        save(image, path)


class Counter:
    """Notes what is decoded, and what the file said of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.codes: list[bytes] = []
        self.bytes_out = 0
        decode = FrameDecoder.decode

        def noting(decoder: FrameDecoder, code: bytes) -> np.ndarray:
            self.codes.append(code)
            plane = decode(decoder, code)
            self.bytes_out += plane.nbytes
            return plane

        monkeypatch.setattr(FrameDecoder, "decode", noting)


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize("multi", [False, True], ids=["single images", "frames of one object"])
def test_only_the_slices_of_a_box_are_decoded(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch, multi: bool, name: str
) -> None:
    """Three of fourteen are asked for: three are decoded, the right ones, and what the others hold plays no part."""
    write(tmp_path, multi, SYNTAXES[name])
    study = read(tmp_path)
    files, frames = study.image.files, study.image.frames or (0,) * SLICES
    wanted = {(files[n], frames[n]) for n in range(SLICES)[BOX[0]]}
    stored = {pieces_of(pydicom.dcmread(path))[frame] for path, frame in wanted}
    for path in set(files):
        spoil(path, {frame for each, frame in wanted if each == path})
    counter = Counter(monkeypatch)
    image = read_image(study.image, BOX)
    assert np.array_equal(image.voxels, VOXELS[BOX] - 1000.0)
    assert len(counter.codes) == 3
    assert set(counter.codes) == stored
    assert counter.bytes_out == 3 * ROWS * COLUMNS * 2
    assert image.voxels.base is None or image.voxels.base.nbytes == image.voxels.nbytes


def test_a_spoiled_slice_within_the_box_is_seen(tmp_path: Path, read: Read) -> None:
    """The test above could not fail otherwise."""
    write(tmp_path, True, None)
    study = read(tmp_path)
    spoil(study.image.files[0], set())
    box: Box = BOX
    assert not np.array_equal(read_image(study.image, box).voxels, VOXELS[box] - 1000.0)


@pytest.mark.parametrize("multi", [False, True])
def test_finding_and_pairing_decode_nothing(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch, multi: bool
) -> None:
    """Headers are enough to say what a study holds and whether its masks lie on it."""
    write(tmp_path, multi, RLELossless)
    counter = Counter(monkeypatch)
    assert len(read(tmp_path).segments) == 2
    assert counter.codes == []
