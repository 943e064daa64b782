"""Texts in any characters, declared rightly, wrongly or not at all (row S16), and UIDs that are none (row S01)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from pipeline.errors import StudyRefused
from pipeline.readers import StudyFiles
from pipeline.readers.dicom.header import parse_dicom, read_identity
from pipeline.readers.dicom.text import decode_text
from pipeline.study import Study
from tests.readers.build_dicom import edit, write_raw_text, write_series
from tests.readers.conftest import GRID, codes_of, write_study

Find = Callable[[Path], tuple[StudyFiles, ...]]
Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]

EXAMPLES = [
    (("ISO_IR 100",), "Buc^Jérôme", b"Buc^J\xe9r\xf4me"),
    (("ISO_IR 101",), "Wałęsa", b"Wa\xb3\xeasa"),
    (("ISO_IR 126",), "Διονυσιος", b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2"),
    (("ISO_IR 144",), "Люкceмбypг", b"\xbb\xee\xdace\xdc\xd1yp\xd3"),
    (("ISO_IR 192",), "Wang^XiaoDong=王^小东", "Wang^XiaoDong=王^小东".encode()),
    (
        ("", "ISO 2022 IR 87"),
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
    ),
]
"""Names of DICOM PS3.5 annexes H, I and J and their bytes."""


@pytest.mark.hazard("S16")
@pytest.mark.parametrize(("declared", "name", "raw"), EXAMPLES, ids=[each[1] for each in EXAMPLES])
def test_a_name_of_the_standards_annexes_is_decoded(declared: tuple[str, ...], name: str, raw: bytes) -> None:
    """Single-byte sets, UTF-8, and code extensions that switch within a name."""
    assert decode_text(raw, declared) == (name, True)


@pytest.mark.hazard("S16")
@pytest.mark.parametrize(
    ("declared", "raw"),
    [
        ((), b"M\xfcller"),
        (("ISO_IR 6",), b"M\xfcller"),
        (("ISO_IR 192",), b"M\xfcller"),
        (("ISO_IR 999",), b"M\xfcller"),
        (("ISO_IR 999",), b"Miller"),
        (("",), b"\x1b$B;3ED\xff\xff\x1b(B"),
    ],
)
def test_a_name_that_is_not_in_its_characters_loses_nothing(declared: tuple[str, ...], raw: bytes) -> None:
    """It is flagged, and each of its bytes is still told from every other."""
    text, sound = decode_text(raw, declared)
    assert not sound
    assert text.encode("latin-1") == raw


@pytest.mark.hazard("S16")
def test_two_names_that_cannot_be_decoded_are_equal_only_when_their_bytes_are() -> None:
    """Replacement signs would make them one patient."""
    assert decode_text(b"\xd0\xff", ("ISO_IR 192",)) != decode_text(b"\xd1\xff", ("ISO_IR 192",))


@pytest.mark.hazard("S16")
def test_composed_and_decomposed_letters_are_one_name() -> None:
    """As written on different systems."""
    assert decode_text("Mu\u0308ller".encode(), ("ISO_IR 192",)) == decode_text("M\u00fcller".encode(), ("ISO_IR 192",))


@pytest.mark.hazard("S16")
def test_one_name_in_two_character_sets_is_one_patient(tmp_path: Path, read: Read) -> None:
    """Images in Latin-1, the segmentation in UTF-8."""
    for path in write_study(tmp_path):
        edit(path, SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Jörg")
    edit(tmp_path / "seg.dcm", SpecificCharacterSet="ISO_IR 192", PatientName="Müller^Jörg")
    assert codes_of(read(tmp_path)) == []


@pytest.mark.hazard("S16")
def test_a_wrong_character_set_is_flagged(tmp_path: Path, find: Find) -> None:
    """Once for the study, however many images it is wrong in."""
    for path in write_study(tmp_path):
        edit(path, SpecificCharacterSet="ISO_IR 999")
    (study,) = find(tmp_path)
    assert [finding.code for finding in study.findings] == ["CHARSET"]


@pytest.mark.hazard("S16")
def test_japanese_names_keep_their_components(tmp_path: Path) -> None:
    """Alphabetic, ideographic and phonetic, as pydicom reads them."""
    path = write_series(tmp_path, GRID)[0]
    edit(path, SpecificCharacterSet=["", "ISO 2022 IR 87"], PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう")
    identity, sound = read_identity(parse_dicom(path))
    assert sound
    assert identity.patient_name == str(pydicom.dcmread(path).PatientName)


@pytest.fixture(scope="module")
def study_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One study, written once; tests spoil copies of it."""
    folder = tmp_path_factory.mktemp("study")
    write_study(folder)
    return folder


@pytest.mark.hazard("S01")
@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"])
@pytest.mark.parametrize("text", ["../../etc/passwd", "1.2.3/4", "1.2 .3", "1.2.x"])
def test_a_uid_that_is_none_leaves_its_file_out(
    tmp_path: Path, study_folder: Path, find: Find, keyword: str, text: str
) -> None:
    """No path, no name and no number is made of it."""
    shutil.copytree(study_folder, tmp_path / "copy")
    path = max((tmp_path / "copy" / "ct").iterdir())
    content = path.read_bytes()
    size = len(str(pydicom.dcmread(path)[keyword].value))
    write_raw_text(path, keyword, text.ljust(size, "9"))
    assert path.read_bytes() != content
    (study,) = find(tmp_path / "copy")
    assert "PATH" in [finding.code for finding in study.findings]
    assert len(study.dicom) == 14
