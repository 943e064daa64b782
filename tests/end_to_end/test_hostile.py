"""Texts and names inside a study that would do harm as a path, a line of a log, a command or a page."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pydicom
import pytest

from tests.end_to_end.conftest import SAMPLES, Run

SMALL = SAMPLES / "studies" / "real_ct_liver"
HOSTILE_TEXTS = {
    "parent folder": "../../../canary",
    "absolute path": "/tmp/canary",
    "windows path": "..\\..\\canary",
    "command": "$(touch canary); `touch canary`",
    "option": "-rf",
    "escape sequences": "\x1b[31mred\x1b[0m \x07",
    "two lines": "first\r\nsecond done 99 lesions",
    "format string": "%s%n{0}{patient}",
    "very long": "x" * 64,
}


def poisoned(source: Path, target: Path, text: str) -> Path:
    """Return a copy of a study that holds a text wherever DICOM lets a sender write freely."""
    shutil.copytree(source, target)
    with pydicom.config.disable_value_validation():
        for path in target.rglob("*.dcm"):
            dataset = pydicom.dcmread(path)
            for keyword in ("PatientID", "PatientName", "AccessionNumber", "StudyDescription", "SeriesDescription"):
                setattr(dataset, keyword, text)
            for segment in dataset.get("SegmentSequence", []):
                segment.SegmentDescription = text
            dataset.save_as(path)
    return target


@pytest.mark.hazard("S01")
@pytest.mark.hazard("S10")
@pytest.mark.hazard("S11")
@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_a_hostile_text_is_neither_a_path_nor_a_line_nor_a_command(run, tmp_path: Path, text: str) -> None:
    """The study is measured, its folder is its opaque key, and what is printed holds nothing of the text."""
    before = set(tmp_path.parent.rglob("canary*"))
    result: Run = run(poisoned(SMALL, tmp_path / "in" / "study", text))
    (report,) = result.reports.values()
    assert report["status"] == "done", report["findings"]
    assert re.fullmatch(r"[0-9a-f]{16}", report["key"])
    assert {path.name for path in result.output.iterdir() if path.is_dir()} == {report["key"]}
    assert set(tmp_path.parent.rglob("canary*")) == before
    assert not Path("canary").exists()
    assert text not in result.printed
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", result.printed)


@pytest.mark.hazard("S01")
def test_a_uid_that_is_none_never_becomes_a_path(run, tmp_path: Path) -> None:
    """A study whose UID is a path keeps its opaque key, or is refused; nothing is written elsewhere."""
    study = Path(shutil.copytree(SMALL, tmp_path / "in" / "study"))
    with pydicom.config.disable_value_validation():
        for path in study.rglob("*.dcm"):
            dataset = pydicom.dcmread(path)
            dataset.StudyInstanceUID = "../../canary"
            dataset.save_as(path)
    result: Run = run(study)
    assert {path.name for path in result.output.iterdir() if path.is_dir()} == {
        report["key"] for report in result.reports.values()
    }
    assert not list(tmp_path.rglob("canary*"))


@pytest.mark.hazard("S17")
def test_a_dicomdir_leads_nowhere(run, tmp_path: Path) -> None:
    """Paths inside a DICOMDIR are not followed: the folder is walked, and the DICOMDIR itself is no image."""
    study = Path(shutil.copytree(SMALL, tmp_path / "in" / "study"))
    outside = tmp_path / "outside.dcm"
    shutil.copy(next((SAMPLES / "studies" / "synthetic_mr").rglob("*.dcm")), outside)
    record = pydicom.Dataset()
    with pydicom.config.disable_value_validation():
        record.ReferencedFileID = ["..", "..", "outside.dcm"]
    record.DirectoryRecordType = "IMAGE"
    directory = pydicom.Dataset()
    directory.DirectoryRecordSequence = [record]
    directory.file_meta = pydicom.dataset.FileMetaDataset()
    directory.file_meta.MediaStorageSOPClassUID = pydicom.uid.MediaStorageDirectoryStorage
    directory.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    directory.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    with pydicom.config.disable_value_validation():
        directory.save_as(study / "DICOMDIR", enforce_file_format=True)
    result: Run = run(study)
    (report,) = result.reports.values()
    assert report["status"] == "done"
    assert "outside.dcm" not in str(report["provenance"]["sources"])
