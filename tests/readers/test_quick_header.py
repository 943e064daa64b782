"""The quick look at a file's first bytes: on real files what pydicom reads, on odd ones nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pipeline.readers.dicom.header import looks_like_dicom
from pipeline.readers.dicom.quick_header import FIRST_BYTES, read_texts
from pipeline.readers.found_files import KEYWORDS
from pipeline.readers.walk import read_start
from tests.readers.build_dicom import write_series
from tests.readers.conftest import DATA, GRID, ROOT

SINGLE_IMAGES = ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4")
ITEM, ITEM_END, SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0"


def texts_of_pydicom(path: Path) -> dict[str, str]:
    header = pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=list(KEYWORDS))
    found = {word: str(header.get(word, "")).strip(" \0") for word in KEYWORDS}
    return {word: text for word, text in found.items() if text}


@cache
def real_files() -> tuple[tuple[Path, bytes], ...]:
    def find() -> Iterator[tuple[Path, bytes]]:
        for folder in (DATA, ROOT / "sample_data"):
            for path in sorted(folder.rglob("*")):
                if path.is_file() and looks_like_dicom(start := read_start(path, FIRST_BYTES)):
                    yield path, start

    return tuple(find())


def test_real_files_give_what_pydicom_gives() -> None:
    """Every DICOM file of the data and sample folders that is taken; at least nine of ten are."""
    files = real_files()
    quick = {path: found for path, start in files if (found := read_texts(start, KEYWORDS)) is not None}
    assert len(quick) >= 0.9 * len(files)
    for path, (texts, _) in quick.items():
        assert texts == texts_of_pydicom(path), path


def test_every_real_single_image_is_taken() -> None:
    """CT and MR as archives export them, with sequences of undefined length in their first bytes."""
    images = [
        (path, start) for path, start in real_files() if texts_of_pydicom(path).get("SOPClassUID") in SINGLE_IMAGES
    ]
    assert len(images) >= 100
    assert [path for path, start in images if read_texts(start, KEYWORDS) is None] == []


def write_with_sequence(folder: Path, syntax: str, depth: int = 3) -> Path:
    """Write an image with nested sequences of undefined length, the identity's words in them as well."""
    path = write_series(folder, GRID)[0]
    image = pydicom.dcmread(path)
    inner = Dataset()
    inner.PatientID, inner.SeriesNumber = "SOMEBODY ELSE", 77
    for _ in range(depth):
        item = Dataset()
        item.ReferencedStudySequence = Sequence([inner, Dataset()])
        item["ReferencedStudySequence"].is_undefined_length = True
        item.is_undefined_length_sequence_item = True
        inner = item
    image.ReferencedStudySequence = Sequence([inner])
    image["ReferencedStudySequence"].is_undefined_length = True
    image.file_meta.TransferSyntaxUID = UID(syntax)
    pydicom.dcmwrite(path, image, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
    return path


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_words_within_sequences_are_not_the_files(tmp_path: Path, syntax: str) -> None:
    """The patient of a nested item is skipped with it."""
    path = write_with_sequence(tmp_path, syntax)
    quick = read_texts(read_start(path, FIRST_BYTES), KEYWORDS)
    assert quick is not None
    assert "SOMEBODY ELSE" not in quick[0].values()
    assert quick[0] == texts_of_pydicom(path)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda start: start.replace(SEQUENCE_END, b"\x08\x00\x12\x11"),
        lambda start: start.replace(ITEM, ITEM_END, 1),
        lambda start: start[: start.index(ITEM) + 20],
        lambda start: start.replace(ITEM + b"\xff\xff\xff\xff", ITEM + b"\xf0\xff\xff\x7f"),
        lambda start: start[: start.index(ITEM)] + 500 * (ITEM + b"\xff\xff\xff\xff"),
    ],
    ids=["never closed", "no item", "cut", "length beyond the file", "items without end"],
)
def test_a_spoiled_sequence_is_left_to_the_full_reader(tmp_path: Path, spoil: object) -> None:
    """Nothing is guessed behind a sequence whose end is not where it should be."""
    start = read_start(write_with_sequence(tmp_path, ExplicitVRLittleEndian), FIRST_BYTES)
    assert callable(spoil)
    assert read_texts(start, KEYWORDS) is not None
    assert read_texts(spoil(start), KEYWORDS) is None


def test_deep_nesting_is_left_to_the_full_reader(tmp_path: Path) -> None:
    """More levels than any object has end the quick look, not the program (row S05)."""
    path = write_with_sequence(tmp_path, ImplicitVRLittleEndian, depth=110)
    assert read_texts(path.read_bytes(), KEYWORDS) is None
