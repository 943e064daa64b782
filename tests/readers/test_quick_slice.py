"""Images described from their bytes alone: always what the full parser gives, and nothing where it would be needed."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from pipeline.aside import alone
from pipeline.errors import StudyRefused
from pipeline.readers.dicom import series as dicom_series
from pipeline.readers.dicom.element_bytes import DicomBytes, read_bytes
from pipeline.readers.dicom.header import UnreadableFile
from pipeline.readers.dicom.quick_slice import quick_slice
from pipeline.readers.dicom.series import read_slices
from pipeline.readers.dicom.slice_header import Slice
from tests.readers.build_dicom import edit, write_raw_text, write_series
from tests.readers.conftest import DATA, GRID, ROOT

SINGLE_IMAGES = ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4")
MUTATIONS = 1500


def fully(path: Path, found: DicomBytes) -> list[Slice]:
    return dicom_series._read_fully(path, found, "digest")


def outcome(read: Callable[[], Slice | None]) -> Slice | str | None:
    """Return a slice, or the code of the refusal."""
    try:
        return read()
    except (UnreadableFile, StudyRefused) as error:
        return error.code


def differences(one: Slice, other: Slice) -> list[str]:
    """Return the names of the fields in which two slices differ; refusals count by code."""
    found = []
    for each in fields(Slice):
        first, second = getattr(one, each.name), getattr(other, each.name)
        if each.name == "refusal":
            first, second = getattr(first, "code", None), getattr(second, "code", None)
        if not (np.array_equal(first, second) if isinstance(first, np.ndarray) else first == second):
            found.append(each.name)
    return found


def single_images() -> list[Path]:
    paths = [path for folder in (DATA, ROOT / "sample_data") for path in sorted(folder.rglob("*.dcm"))]
    headers = {path: pydicom.dcmread(path, specific_tags=["SOPClassUID"], stop_before_pixels=True) for path in paths}
    return [path for path, header in headers.items() if header.SOPClassUID in SINGLE_IMAGES]


def test_real_images_are_described_as_by_the_full_parser() -> None:
    """CT and MR of every origin in the data and sample folders; most of them without the parser."""
    taken: Counter[bool] = Counter()
    for path in single_images():
        found = read_bytes(path)
        quick = quick_slice(path, found, "digest")
        taken[quick is not None] += 1
        if quick is not None:
            (full,) = fully(path, found)
            assert differences(quick, full) == [], path
    assert taken[True] >= 200
    assert taken[True] >= 0.9 * taken.total()


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, RLELossless])
def test_every_usual_encoding_is_taken(tmp_path: Path, syntax: str) -> None:
    """Also with all that tells images at one place apart, and a name in Latin-1."""
    path = write_series(tmp_path, GRID)[0]
    edit(
        path, SpecificCharacterSet="ISO_IR 100", PatientName="M\u00fcller^J\u00f6rg", StudyDate="20240131",
        ImageType=["ORIGINAL", "PRIMARY", "AXIAL"], ConvolutionKernel=["B30f", "2"], AcquisitionNumber="3",
        EchoTime="4.60", AcquisitionTime="101112.5", StackID="1", TemporalPositionIdentifier="2",
    )  # fmt: skip
    image = pydicom.dcmread(path)
    if syntax == RLELossless:
        image.compress(RLELossless, generate_instance_uid=False)
        image.save_as(path)
    else:
        image.file_meta.TransferSyntaxUID = syntax  # type: ignore[assignment]
        pydicom.dcmwrite(path, image, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
    found = read_bytes(path)
    quick = quick_slice(path, found, "digest")
    assert quick is not None
    assert differences(quick, fully(path, found)[0]) == []
    assert len(quick.marks) == 7
    assert quick.identity.patient_name == "M\u00fcller^J\u00f6rg"


def without(keyword: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        image = pydicom.dcmread(path)
        del image[keyword]
        image.save_as(path)

    return change


def big_endian(path: Path) -> None:
    image = pydicom.dcmread(path)
    image.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    pydicom.dcmwrite(path, image, implicit_vr=False, little_endian=False)


@pytest.mark.parametrize(
    "change",
    [
        lambda path: edit(path, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]),
        lambda path: edit(path, NumberOfFrames=2),
        lambda path: edit(path, LossyImageCompression="01"),
        lambda path: edit(path, SpecificCharacterSet=["", "ISO 2022 IR 87"]),
        lambda path: edit(path, DiffusionBValue=50.0),
        lambda path: edit(path, BitsAllocated=12),
        lambda path: write_raw_text(path, "PixelSpacing", "1,25\\1.0"),
        lambda path: write_raw_text(path, "ImagePositionPatient", "nan\\0\\0"),
        without("ImagePositionPatient"),
        without("ImageOrientationPatient"),
        without("PixelSpacing"),
        without("Rows"),
        big_endian,
    ],
)
def test_what_is_not_plain_is_left_to_the_full_parser(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = write_series(tmp_path, GRID)[0]
    assert quick_slice(path, read_bytes(path), "") is not None
    change(path)
    assert quick_slice(path, read_bytes(path), "") is None


@pytest.mark.parametrize("seed", range(3))
def test_damaged_headers_are_never_read_otherwise(tmp_path: Path, seed: int) -> None:
    """Of bytes changed anywhere in the header, the quick way gives the full parser's slice or refusal, or nothing."""
    chance = random.Random(seed)
    path = write_series(tmp_path, GRID)[0]
    original = path.read_bytes()
    end = read_bytes(original).pixels
    assert end is not None
    told: Counter[bool] = Counter()
    for _ in range(MUTATIONS // 3):
        content = bytearray(original)
        for _ in range(chance.choice((1, 1, 2))):
            signs = (chance.randrange(256), *b"0123456789.\\ eE+-LOSUISDS")
            content[chance.randrange(128, end.at)] = chance.choice(signs)
        try:
            found = read_bytes(bytes(content))
        except UnreadableFile:
            continue
        quick = outcome(lambda found=found: quick_slice(path, found, "digest"))  # type: ignore[misc]
        if quick is None:
            continue
        full = outcome(lambda found=found: fully(path, found)[0])  # type: ignore[misc]
        told[isinstance(quick, Slice)] += 1
        if isinstance(quick, Slice) and isinstance(full, Slice):
            assert differences(quick, full) == []
        else:
            assert quick == full
    assert told[True] > MUTATIONS / 10


@pytest.mark.parametrize("forked", [False, True])
def test_digests_are_those_of_all_bytes_of_the_files(tmp_path: Path, forked: bool) -> None:
    """Whether they are taken in a child process or not."""
    paths = write_series(tmp_path, GRID)
    with alone() if forked else nullcontext():
        found, _ = read_slices(paths)
    expected = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    assert [each.sha256 for each in found] == expected
