"""Dates of a study that cannot be, or disagree (row M35)."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from pipeline.measures.clinical_facts import derive_facts
from pipeline.readers import StudyFiles, check_times, match_record, read_clinical
from pipeline.study import ClinicalRecord, Severity
from tests.phantoms import make_grid
from tests.readers.build_dicom import edit, write_raw_text
from tests.readers.clinical_records import FIELDS, codes, written
from tests.readers.conftest import write_study

YEARS = (1972, 2060)
ANY_DAY = 1_000_000_000

Find = Callable[[Path], tuple[StudyFiles, ...]]


def a_folder(tmp_path: Path, mask: dict[str, str] | None = None, **dates: str) -> Path:
    """Write a study of 31 January 2024 of a patient born in 1960, with other dates where they are given."""
    folder = tmp_path / "study"
    shutil.copytree(_written_once(), folder)
    dates = {"ContentDate": "20240131", "AcquisitionDate": "20240131", "SeriesDate": "20240131"} | dates
    for path in sorted((folder / "ct").iterdir()):
        edit(path, **dates)
    if mask:
        edit(folder / "seg.dcm", **mask)
    return folder


@cache
def _written_once() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="study_times"))
    atexit.register(shutil.rmtree, folder)
    write_study(folder, make_grid((3, 20, 24), (3.0, 1.25, 1.0)))
    return folder


def found_in(folder: Path, find: Find) -> list[str]:
    (study,) = find(folder)
    findings = check_times(study, YEARS)
    assert all(each.code == "TIME" and each.severity is Severity.WARNING for each in findings)
    return [each.message for each in findings]


def test_a_study_whose_dates_agree_has_no_finding(tmp_path: Path, find: Find) -> None:
    """Nor has one that passed midnight, or whose masks were drawn years later."""
    mask = {"ContentDate": "20310101", "SeriesDate": "20310101"}
    assert found_in(a_folder(tmp_path, mask, AcquisitionDate="20240201"), find) == []


@pytest.mark.hazard("M35")
@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ({"StudyDate": "20990131", "AcquisitionDate": "20990131"}, "outside 1972 to 2060"),
        ({"StudyDate": "19000101", "AcquisitionDate": "19000101"}, "outside 1972 to 2060"),
        ({"AcquisitionDate": "20990131"}, "days after StudyDate; StudyDate is used"),
        ({"AcquisitionDate": "20240129"}, "2 days before StudyDate; StudyDate is used"),
        ({"PatientBirthDate": "20250101"}, "PatientBirthDate lies after StudyDate"),
        ({"PatientBirthDate": "18500101"}, "more than 123 years"),
    ],
)
def test_an_impossible_date_is_told(tmp_path: Path, find: Find, dates: dict[str, str], said: str) -> None:
    """One finding, which names the attribute and what holds, and neither the date of birth nor the patient."""
    messages = found_in(a_folder(tmp_path, **dates), find)
    assert [said in message for message in messages].count(True) == 1
    assert not any(word in message for message in messages for word in ("P-1", "Phantom", "1960", "1850", "2025"))


@pytest.mark.hazard("M35")
@pytest.mark.parametrize("keyword", ["StudyDate", "PatientBirthDate"])
def test_a_date_that_is_none_is_told(tmp_path: Path, find: Find, keyword: str) -> None:
    """A 13th month, as hand-made anonymous files have it; the study goes on without that date."""
    folder = a_folder(tmp_path)
    for path in folder.rglob("*.dcm"):
        write_raw_text(path, keyword, "20241331")
    assert any(f"{keyword} is no date" in message for message in found_in(folder, find))


@pytest.mark.hazard("M35")
def test_a_mask_older_than_its_image_is_told(tmp_path: Path, find: Find) -> None:
    """It cannot have been drawn on it."""
    mask = {"ContentDate": "20230131", "SeriesDate": "20230131"}
    (message,) = found_in(a_folder(tmp_path, mask), find)
    assert "dated before the image" in message


def matched(folder: Path, find: Find, text: str, tmp_path: Path) -> ClinicalRecord:
    (study,) = find(folder)
    return match_record(read_clinical(written(tmp_path, text, "c.csv"), FIELDS), study)


@pytest.mark.hazard("M35")
def test_a_study_whose_date_cannot_be_gives_no_age(tmp_path: Path, find: Find) -> None:
    """In 2099 a patient born in 1990 would be 109, which looks right. No age, and no laboratory value."""
    folder = a_folder(tmp_path, StudyDate="20990131", AcquisitionDate="20990131", PatientBirthDate="19900101")
    found = matched(folder, find, "patient_id,date,albumin_g_l\nP-1,2024-01-30,39\n", tmp_path)
    assert found.study_date is None
    assert "age_years" not in derive_facts(found.facts, "19900101", found.study_date)
    assert codes(found) == ["CLIN_STALE"]


@pytest.mark.hazard("M35")
def test_the_declared_date_counts_and_never_the_files(tmp_path: Path, find: Find) -> None:
    """Files touched in 2001, acquired in 2030 as their scanner thought: the value is of the study's month."""
    folder = a_folder(tmp_path, AcquisitionDate="20300131", SeriesDate="20300131", ContentDate="20300131")
    for path in folder.rglob("*.dcm"):
        os.utime(path, (ANY_DAY, ANY_DAY))
    found = matched(folder, find, "patient_id,date,albumin_g_l\nP-1,2024-01-30,39\n", tmp_path)
    assert found.facts["albumin_g_l"].value == 39
    assert codes(found) == []


@pytest.mark.hazard("M35")
@pytest.mark.parametrize("text", ["albumin_g_l\n1959-12-31,39", "primary_diagnosis_date\n2024-01-30,1959-12-31"])
def test_a_date_before_birth_is_not_used(tmp_path: Path, find: Find, text: str) -> None:
    """A laboratory value, or the day of a diagnosis, from before the patient was born."""
    name, _, row = text.partition("\n")
    found = matched(a_folder(tmp_path), find, f"patient_id,date,{name}\nP-1,{row}\n", tmp_path)
    assert found.facts[name].value is None
    assert (found.facts[name].reason or "").startswith("TIME: ")
    assert codes(found) == ["TIME"]
