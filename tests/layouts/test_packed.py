"""Archives among the data: never opened, and said so where nothing else is there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.errors import StudyRefused
from pipeline.readers import find_studies, load_namings, read_study
from tests.layouts import replicas
from tests.readers.conftest import ROOT, codes_of


def test_a_patient_that_is_still_packed_is_refused_and_not_lost(tmp_path: Path) -> None:
    """3D-IRCADb-01 comes as archives within folders: each patient's says what to do."""
    patient = replicas.ircadb(tmp_path / "work")
    for name in ("PATIENT_DICOM", "MASKS_DICOM"):
        shutil.make_archive(str(tmp_path / "3Dircadb1.9" / name), "zip", patient / name)
    namings = load_namings(ROOT / "configs" / "roles")
    unpacked, packed = find_studies(tmp_path, namings)
    with pytest.raises(StudyRefused, match="unpack it where it lies") as error:
        read_study(packed)
    assert error.value.code == "PACKED"
    assert codes_of(read_study(unpacked)).count("PACKED") == 0


def test_an_archive_beside_what_it_held_is_noted(tmp_path: Path) -> None:
    """The study is read; the archive is named among its findings."""
    patient = replicas.ircadb(tmp_path)
    (patient / "PATIENT_DICOM.zip").write_bytes(b"PK\x03\x04")
    (files,) = find_studies(tmp_path, load_namings(ROOT / "configs" / "roles"))
    assert [finding.code for finding in files.findings] == ["PACKED"]
    assert read_study(files).segments
