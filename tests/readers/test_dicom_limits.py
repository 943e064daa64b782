"""Hostile and damaged DICOM files: no length, depth or size that a file states is believed (rows S02 to S06)."""

from __future__ import annotations

import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from pipeline.readers import StudyFiles, read_study
from pipeline.readers.dicom.element_bytes import read_bytes
from pipeline.readers.dicom.header import UnreadableFile, parse_dicom
from pipeline.study import Study
from tests.readers.build_dicom import edit, save, write_series
from tests.readers.conftest import DATA, GRID, codes_of, write_study

Find = Callable[[Path], tuple[StudyFiles, ...]]
Read = Callable[[Path], Study]

UNDEFINED = b"\xff\xff\xff\xff"
SEQUENCE = b"\x08\x00\x40\x11SQ\x00\x00"
ITEM, ITEM_END, SEQUENCE_END = (b"\xfe\xff" + tag for tag in (b"\x00\xe0", b"\x0d\xe0", b"\xdd\xe0"))


def split(path: Path) -> tuple[bytes, bytes]:
    """Return a file up to its modality (0008,0060), and from there on."""
    content = path.read_bytes()
    place = content.index(b"\x08\x00\x60\x00CS")
    return content[:place], content[place:]


def insert(path: Path, element: bytes) -> bytes:
    """Return a file with an element of group 0008 put in where its tag belongs."""
    content = path.read_bytes()
    place = content.index(b"\x10\x00\x10\x00PN")
    return content[:place] + element + content[place:]


def nested(levels: int, closed: bool = True, stated: bool = False) -> bytes:
    """Return sequences within sequences, of undefined or of stated length."""
    inner = b""
    for _ in range(levels):
        if stated:
            inner = ITEM + struct.pack("<I", len(inner)) + inner
            inner = SEQUENCE + struct.pack("<I", len(inner)) + inner
        else:
            end = ITEM_END + bytes(4) + SEQUENCE_END + bytes(4) if closed else b""
            inner = SEQUENCE + UNDEFINED + ITEM + UNDEFINED + inner + end
    return inner


def code_of(content: bytes) -> str:
    """Return why a file is not read; empty when it is."""
    try:
        parse_dicom(content)
    except UnreadableFile as error:
        return error.code
    return ""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """One CT image."""
    return write_series(tmp_path / "one", GRID)[0]


@pytest.mark.hazard("S04")
@pytest.mark.parametrize("stated", [True, False], ids=["stated lengths", "undefined lengths"])
@pytest.mark.parametrize(
    ("levels", "code"), [(90, ""), (101, "LIMIT_DEPTH"), (300, "LIMIT_DEPTH"), (5000, "LIMIT_DEPTH")]
)
def test_sequences_nest_a_hundred_levels_and_no_more(path: Path, stated: bool, levels: int, code: str) -> None:
    """Whether or not a parser would recurse into them."""
    assert code_of(insert(path, nested(levels, stated=stated))) == code


@pytest.mark.hazard("S05")
@pytest.mark.parametrize("vr", [b"UN", b"OB", b"UT", b"SQ"])
@pytest.mark.parametrize("length", [2**32 - 2, 2**31])
def test_an_element_that_claims_gigabytes_is_refused(path: Path, vr: bytes, length: int) -> None:
    """Nothing is allocated for it."""
    content = insert(path, b"\x09\x00\x01\x10" + vr + b"\0\0" + struct.pack("<I", length))
    tracemalloc.start()
    assert code_of(content) == "LIMIT_LENGTH"
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


@pytest.mark.hazard("S05")
def test_a_sequence_that_is_never_closed_is_refused(path: Path) -> None:
    """The file ends between its elements, and the sequence with it."""
    content = path.read_bytes()
    head = content[: content.index(b"\xe0\x7f\x10\x00")]
    assert code_of(head + b"\x40\x00\x40\xa0" + SEQUENCE[4:] + UNDEFINED + ITEM + UNDEFINED) == "LIMIT_LENGTH"


@pytest.mark.hazard("S05")
def test_an_item_that_claims_gigabytes_is_refused(path: Path) -> None:
    """Within a sequence of undefined length."""
    assert code_of(insert(path, SEQUENCE + UNDEFINED + ITEM + struct.pack("<I", 2**32 - 16))) == "LIMIT_LENGTH"


@pytest.mark.hazard("S05")
@pytest.mark.parametrize("kind", ["claims 4 GB", "never closed"])
def test_an_image_of_impossible_length_is_left_out_of_its_series(tmp_path: Path, find: Find, kind: str) -> None:
    """It is a missing slice, and its reason is told."""
    paths = write_study(tmp_path)
    if kind == "claims 4 GB":
        element = b"\x09\x00\x01\x10UN\0\0" + struct.pack("<I", 2**32 - 2)
    else:
        element = SEQUENCE + UNDEFINED + ITEM + UNDEFINED
    paths[13].write_bytes(insert(paths[13], element)[: None if kind == "claims 4 GB" else -1])
    content = paths[13].read_bytes()
    if kind == "never closed":
        head = content[: content.index(b"\xe0\x7f\x10\x00")]
        paths[13].write_bytes(head.replace(element, b"") + b"\x40\x00\x40\xa0" + element[4:])
    (study,) = find(tmp_path)
    found = read_study(study)
    assert "LIMIT_LENGTH" in [each.code for each in study.findings] + codes_of(found)
    assert found.image.geometry.shape[0] == 13


@pytest.mark.hazard("S05")
@pytest.mark.hazard("S06")
def test_compressed_pixels_without_an_end_are_left_out(tmp_path: Path, read: Read) -> None:
    """The last item that says that no more follow is missing."""
    path = write_study(tmp_path)[13]
    image = pydicom.dcmread(path)
    image.compress("1.2.840.10008.1.2.5", generate_instance_uid=False)
    save(image, path)
    content = path.read_bytes()
    assert content.endswith(SEQUENCE_END + bytes(4))
    path.write_bytes(content[:-8])
    assert codes_of(read(tmp_path)) == ["LIMIT_LENGTH"]


@pytest.mark.hazard("S02")
@pytest.mark.parametrize("values", [{"Rows": 65535, "Columns": 65535}, {"BitsAllocated": 60000}, {"BitsAllocated": 12}])
def test_a_header_that_states_what_no_image_has_is_left_out(tmp_path: Path, read: Read, values: dict[str, int]) -> None:
    """Nothing is allocated from it."""
    edit(write_study(tmp_path)[13], **values)
    assert set(codes_of(read(tmp_path))) <= {"LIMIT_PIXELS", "TRUNCATED"}
    assert codes_of(read(tmp_path))


@pytest.mark.hazard("S02")
def test_two_billion_frames_of_a_single_image_are_refused(tmp_path: Path, refusal: Callable[[Path], Exception]) -> None:
    """A CT image that is said to hold more than one frame does not say where they lie."""
    for path in write_study(tmp_path):
        edit(path, NumberOfFrames=2_000_000_000)
    assert "ENHANCED" in str(refusal(tmp_path))


@pytest.mark.hazard("S03")
@pytest.mark.parametrize("levels", [0, 300])
def test_a_deflated_file_is_read_like_a_plain_one(path: Path, levels: int) -> None:
    """Its elements are checked once they are unpacked."""
    image = pydicom.dcmread(path)
    image.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    save(image, path)
    found = read_bytes(path)
    assert found.syntax == "1.2.840.10008.1.2.1"
    assert parse_dicom(path).PatientID == "P-1"
    cut = path.read_bytes()[:-20]
    assert code_of(cut) == "TRUNCATED"


@pytest.mark.hazard("S06")
def test_a_file_cut_anywhere_raises_nothing_else(path: Path) -> None:
    """Every tenth byte of the header, and some of the pixels."""
    content = path.read_bytes()
    for end in [*range(0, 900, 10), *range(900, len(content), 97)]:
        assert code_of(content[:end]) in ("", "TRUNCATED", "LIMIT_LENGTH")


@pytest.mark.hazard("S05")
def test_spoiled_bytes_raise_nothing_else_and_end_soon(path: Path) -> None:
    """Five hundred headers, each with a few bytes changed at random."""
    content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    random = np.random.default_rng(2)
    start = time.process_time()
    for _ in range(500):
        spoiled = content.copy()
        places = random.integers(132, 900, 3)
        spoiled[places] = random.integers(0, 256, 3)
        assert code_of(spoiled.tobytes()) in ("", "TRUNCATED", "LIMIT_LENGTH", "LIMIT_DEPTH", "LIMIT_INFLATE")
    assert time.process_time() - start < 10


@pytest.mark.hazard("S05")
def test_a_header_is_read_without_the_pixels_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file of 8 MB no more than 64 kB is read to know what it is."""

    def enlarge(image: Dataset, _: int) -> None:
        image.Rows = image.Columns = 2000
        image.PixelData = bytes(8_000_000)

    path = write_series(tmp_path / "big", GRID, change=enlarge)[0]
    found = read_bytes(path)
    assert len(found.content) == 2**16
    assert found.size == path.stat().st_size
    assert found.pixels is not None
    assert found.pixels.length == 8_000_000


@pytest.mark.parametrize("folder", ["dcmqi", "dicom2nifti-awkward", "highdicom-ct"])
def test_the_walk_finds_the_elements_that_pydicom_finds(folder: str) -> None:
    """The same tags, lengths and places of values in every real file of the data folder."""
    count = 0
    for path in sorted((DATA / folder).rglob("*")):
        if path.suffix not in (".dcm", ".seg"):
            continue
        found = read_bytes(path)
        theirs = pydicom.dcmread(path, stop_before_pixels=True)
        ours = {tag for tag in found.elements if tag < 0x7FE00000}
        assert ours == {int(tag) for tag in theirs.keys() if tag < 0x7FE00000}  # noqa: SIM118
        for tag in ours:
            raw = theirs.get_item(tag)
            if getattr(raw, "value_tell", None) and raw.length != 0xFFFFFFFF:
                assert raw.value_tell == found.elements[tag].at
        count += 1
    assert count
