"""Which clinical record lies with a study whose files are spread over folders; none is lost silently."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.readers import StudyFiles
from tests.readers.build_dicom import Exam, write_series
from tests.readers.conftest import GRID, write_study

Find = Callable[[Path], tuple[StudyFiles, ...]]


def put(folder: Path, text: str = "ecog: 1\n", name: str = "clinical.yaml") -> Path:
    (folder / name).write_text(text)
    return folder / name


@pytest.fixture
def twice(tmp_path: Path) -> Path:
    """Return an input that holds one DICOM study in two sibling folders."""
    write_study(tmp_path / "in" / "study")
    shutil.copytree(tmp_path / "in" / "study", tmp_path / "in" / "copy")
    return tmp_path / "in"


@pytest.mark.hazard("G02")
def test_a_study_and_its_copy_keep_their_record(twice: Path, find: Find) -> None:
    """Equal records count once; so does one that only one of the folders holds."""
    first = put(twice / "study")
    (study,) = find(twice)
    assert study.clinical_path == first
    second = put(twice / "copy")
    (study,) = find(twice)
    assert study.clinical_path == second
    assert study.findings == ()


@pytest.mark.hazard("M33")
def test_records_of_copies_that_differ_are_not_chosen_from(twice: Path, find: Find) -> None:
    """Which of them holds nobody knows: neither is used, and that is said."""
    put(twice / "study")
    put(twice / "copy", "ecog: 3\n")
    (study,) = find(twice)
    assert study.clinical_path is None
    assert [finding.code for finding in study.findings] == ["CLIN_SEVERAL"]


@pytest.mark.hazard("M33")
def test_two_records_in_one_folder_that_differ(tmp_path: Path, find: Find) -> None:
    """The same beside the study itself."""
    write_study(tmp_path)
    put(tmp_path)
    put(tmp_path, "patient_id,ecog\nP-1,3\n", "clinical.csv")
    (study,) = find(tmp_path)
    assert study.clinical_path is None
    assert [finding.code for finding in study.findings] == ["CLIN_SEVERAL"]


@pytest.mark.hazard("M33")
def test_a_record_beside_another_study_is_that_ones(twice: Path, find: Find) -> None:
    """A folder that holds another study's files gives its record to nobody else."""
    write_series(twice / "other" / "ct", GRID, exam=Exam("other"), series="other")
    theirs = put(twice / "other")
    found = {study.clinical_path for study in find(twice)}
    assert found == {None, theirs}
