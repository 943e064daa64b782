"""Ways to spoil the folder a study lies in: links, pipes, names, copies, junk, hostile headers (section 3)."""

from __future__ import annotations

import os
import shutil
import struct
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.corruption.series_edits import Spoil, change_file, images_of, set_values, with_values
from tests.corruption.way import Expected, Part, Way
from tests.corruption.ways_record import UNUSED as OF_RECORD

C, F, R = Expected.CORRECT, Expected.FLAGGED, Expected.REFUSED


def put(name: str, content: bytes) -> Spoil:
    """Return a way that puts a file into the study's folder."""

    def spoil(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return spoil


def put_bytes_name(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.txt")).write_bytes(b"name")


def renamed(name: str) -> Spoil:
    """Return a way that gives an image a name that could do harm."""

    def spoil(folder: Path) -> None:
        path = images_of(folder)[3]
        path.rename(path.with_name(name))

    return spoil


def linked_slice(folder: Path) -> None:
    """Put a symbolic link in place of an image within the liver."""
    path = images_of(folder)[18]
    target = folder.parent.parent / f"{folder.parent.name}_elsewhere.bin"
    path.rename(target)
    path.symlink_to(target)


def linked_series(folder: Path) -> None:
    """Put a symbolic link in place of the series' folder."""
    target = folder.parent.parent / f"{folder.parent.name}_series"
    (folder / "ct").rename(target)
    (folder / "ct").symlink_to(target)


def loop(folder: Path) -> None:
    (folder / "again").symlink_to(folder)


def hard_link(folder: Path) -> None:
    os.link(images_of(folder)[5], folder / "ct" / "linked.dcm")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "ct" / "pipe.dcm")


def with_preamble(start: bytes) -> Spoil:
    """Return a way that puts a program's beginning before an image."""

    def spoil(folder: Path) -> None:
        path = images_of(folder)[4]
        path.write_bytes(start.ljust(128, b"\0") + path.read_bytes()[128:])

    return spoil


def nested(depth: int) -> Spoil:
    """Return a way that puts a file of nested sequences beside the series."""

    def spoil(folder: Path) -> None:
        content = images_of(folder)[0].read_bytes()
        place = content.index(b"\x10\x00\x10\x00PN")
        begin = b"\x09\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
        end = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
        (folder / "ct" / "deep.dcm").write_bytes(content[:place] + begin * depth + end * depth + content[place:])

    return spoil


def claiming(length: int) -> Spoil:
    """Return a way that puts an image beside the series one of whose elements claims a length."""

    def spoil(folder: Path) -> None:
        content = images_of(folder)[0].read_bytes()
        place = content.index(b"\x10\x00\x10\x00PN")
        element = b"\x09\x00\x10\x00UN\0\0" + struct.pack("<I", length)
        (folder / "ct" / "claims.dcm").write_bytes(content[:place] + element + content[place:])

    return spoil


def text_everywhere(value: str) -> Spoil:
    """Return a way that writes a text wherever a sender may write freely; image and masks agree on it."""

    def change(dataset: Dataset, _: int) -> None:
        set_values(dataset, PatientID=value, PatientName=value, StudyDescription=value, SeriesDescription=value)

    def spoil(folder: Path) -> None:
        for path in (*images_of(folder), folder / "seg.dcm"):
            change_file(path, change)
        record = folder / "clinical.yaml"
        record.unlink()

    return spoil


def study_copied(folder: Path) -> None:
    shutil.copytree(folder, folder.parent / "copy")
    shutil.move(folder.parent / "copy", folder / "copy")


def without_meta(folder: Path) -> None:
    """Store the images as bare data sets, without preamble and file meta information."""
    for path in images_of(folder):
        dataset = pydicom.dcmread(path)
        del dataset.file_meta
        dataset.save_as(path, implicit_vr=True, little_endian=True)


def dicomdir(folder: Path) -> None:
    record = Dataset()
    record.DirectoryRecordType = "IMAGE"
    directory = Dataset()
    directory.DirectoryRecordSequence = Sequence([record])
    directory.file_meta = pydicom.dataset.FileMetaDataset()
    directory.file_meta.MediaStorageSOPClassUID = pydicom.uid.MediaStorageDirectoryStorage
    directory.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    directory.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    with pydicom.config.disable_value_validation():
        record.ReferencedFileID = ["..", "..", "etc", "passwd"]
        directory.save_as(folder / "DICOMDIR", enforce_file_format=True)


def upper_case(folder: Path) -> None:
    for path in images_of(folder):
        path.rename(path.with_suffix(".DCM"))


def way(name: str, rows: str, spoil: Spoil, expected: Expected, *codes: str, **more: object) -> Way:
    """Return a way to spoil the folder of the DICOM study."""
    return Way(name, tuple(rows.split()), "dicom", Part.FOLDER, spoil, expected, codes, **more)  # type: ignore[arg-type]


WAYS: tuple[Way, ...] = (
    way("a text file", "S15", put("readme.txt", b"hello"), C),
    way("a file system's own files", "S15", put("ct/.DS_Store", b"\0\0\0\1Bud1"), C),
    way("a picture", "S15", put("ct/thumb.png", b"\x89PNG\r\n\x1a\n" + bytes(100)), C),
    way("a text file called .dcm", "S06", put("ct/notes.dcm", b"these are notes"), F, "TRUNCATED"),
    way("an empty file called .dcm", "S06", put("ct/zero.dcm", b""), F, "TRUNCATED"),
    way("a name of two lines", "S15", put("a\nb.txt", b"x"), C),
    way("a name that is no text", "S15", put_bytes_name, C),
    way("an image whose name is an option", "S15 S11", renamed("-rf.dcm"), C),
    way("an image whose name is a command", "S15 S11", renamed("$(touch canary);`id`.dcm"), C),
    way("an image whose name is markup", "S15 S08", renamed("<img src=x onerror=alert(1)>.dcm"), C),
    way("an image of a 250-byte name", "S01 S15", renamed("x" * 246 + ".dcm"), C),
    way("a dangling link", "S14", lambda folder: (folder / "gone.dcm").symlink_to(folder / "nothing"), C),
    way("a link to its own folder", "S14", loop, C),
    way("a link to a device", "S14", lambda folder: (folder / "zero.dcm").symlink_to("/dev/zero"), C),
    way("a pipe", "S14", pipe, C),
    way("a hard link to an image", "S14 G02", hard_link, C),
    way("a link in place of an image", "S14 G01", linked_slice, R, "GEOM_GAP", "LINK"),
    way("a link in place of the series", "S14", linked_series, R, "NO_IMAGE", "LINK"),
    way("a Windows program's beginning", "S07", with_preamble(b"MZ\x90\0"), F, "PREAMBLE"),
    way("a Linux program's beginning", "S07", with_preamble(b"\x7fELF\x02\x01"), F, "PREAMBLE"),
    *(way(f"sequences nested {depth} deep", "S04", nested(depth), F, "LIMIT_DEPTH")
      for depth in (300, 5000)),
    way("an element of four gigabytes", "S05", claiming(0xFFFFFFF0), F, "LIMIT_LENGTH"),
    way("an element that never ends", "S05", claiming(0xFFFFFFFF), F, "TRUNCATED|LIMIT_LENGTH"),
    way("a wrong character set", "S16", with_values(SpecificCharacterSet="ISO 2022 IR 999"), F, "CHARSET",
        alone=True),
    way("markup in every text", "S08", text_everywhere("<script>alert(1)</script>"), C, "CLIN_MISSING", drawn=OF_RECORD,
        alone=True),
    way("a formula in every text", "S09", text_everywhere("=HYPERLINK(1)"), C, "CLIN_MISSING", drawn=OF_RECORD,
        alone=True),
    way("a path in every text", "S01", text_everywhere("../../canary"), C, "CLIN_MISSING", drawn=OF_RECORD,
        alone=True),
    way("a DICOMDIR that leads outside", "S17", dicomdir, C),
    way("the study in a folder of its own folder", "G02", study_copied, C),
    way("the study in two folders", "G02", lambda folder: shutil.copytree(folder, folder.parent / "copy"), C),
    way("images without file meta information", "G09", without_meta, C, alone=True),
    way("endings in capitals", "G09", upper_case, C),
)  # fmt: skip
