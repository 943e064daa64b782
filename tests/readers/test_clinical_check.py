"""What is told of clinical records before and in a run: days, records that name one study, unknown names (M33)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.readers import describe_clinical, read_clinical
from pipeline.study import Identity
from tests.readers.clinical_records import FIELDS, a_study, codes, record, values, written


def told(tmp_path: Path, text: str) -> list[str]:
    return describe_clinical(read_clinical(written(tmp_path, text, "c.csv"), FIELDS))


@pytest.mark.hazard("M33")
@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("12/06/2024", "its day and month cannot be told apart; write it like 2024-01-31"),
        ("6-12-24", "its day and month cannot be told apart; write it like 2024-01-31"),
        ("gestern", "it is no day of the calendar; write it like 2024-01-31"),
        ("31.02.2024", "it is no day of the calendar; write it like 2024-01-31"),
    ],
)
@pytest.mark.parametrize("column", ["study_date", "date"])
def test_a_day_that_cannot_be_read_is_told_before_a_run(tmp_path: Path, column: str, day: str, said: str) -> None:
    """Of the study or of the record; the value itself is not repeated."""
    (line,) = told(tmp_path, f"patient_id,{column},ecog\nP-1,{day},1\n")
    assert line.startswith("line 2: CLIN_DATE: ")
    assert said in line
    assert day not in line


@pytest.mark.parametrize("day", ["2024-06-12", "20240612", "12.06.2024", "12.6.2024", "2024-06-12 00:00:00"])
def test_a_day_is_the_same_in_every_form_that_is_read(tmp_path: Path, day: str) -> None:
    """ISO 8601, DICOM's DA, and DIN 5008, whose dots stand for day, month, year."""
    file = read_clinical(written(tmp_path, f"patient_id,study_date,date\nP-1,{day},{day}\n", "c.csv"), FIELDS)
    assert describe_clinical(file) == []
    assert file.records[0].identity["study_date"] == "2024-06-12"
    assert str(file.records[0].day) == "2024-06-12"


@pytest.mark.hazard("M33")
@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ("P-1,2024-06-12,,1\nP-1,2024-06-12,,2\n", ["lines 2, 3: CLIN_PATIENT"]),
        ("P-1,2024-06-12,,1\nP-1,12.06.2024,,2\n", ["lines 2, 3: CLIN_PATIENT"]),
        ("P-1,,2024-06-01,1\nP-2,,,1\nP-1,,2024-06-01,2\n", ["lines 2, 4: CLIN_PATIENT"]),
        ("P-1,,2024-06-01,1\nP-1,,2024-06-11,2\n", []),
        ("P-1,2024-06-12,,1\nP-1,2024-07-12,,2\nP-1,,,2\n", []),
    ],
)
def test_records_of_which_none_can_be_chosen_are_told_before_a_run(tmp_path: Path, rows: str, lines: list[str]) -> None:
    """The same study twice; not where each has a day of its own, or names another study."""
    found = told(tmp_path, f"patient_id,study_date,date,ecog\n{rows}")
    assert [line.partition(": They")[0] for line in found] == lines


@pytest.mark.hazard("M33")
@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("31/01/2024", "which cannot be read: write it like 2024-01-31"),
        ("01/31/2024", "which cannot be read: write it like 2024-01-31"),
        ("gestern", "which cannot be read: write it like 2024-01-31"),
        ("32.01.2024", "which cannot be read: write it like 2024-01-31"),
        ("30.01.2024", "only in its study_date: it may be of another examination"),
    ],
)
def test_a_record_of_the_patient_that_states_another_day_is_told_as_such(tmp_path: Path, day: str, said: str) -> None:
    """The patient's number is the study's own: nothing in it is written otherwise."""
    for others in ("", "Q-9,2024-01-31,2\n"):
        found = record(tmp_path, f"patient_id,study_date,ecog\nP-1,{day},1\n{others}", "c.csv")
        assert values(found) == {}
        assert codes(found) in (["CLIN_PATIENT"], ["CLIN_ABSENT"])
        assert said in found.findings[0].message
        assert "leading zeros" not in found.findings[0].message


@pytest.mark.hazard("M33")
def test_a_day_of_the_study_that_cannot_be_read_is_told_where_nothing_else_states_one(tmp_path: Path) -> None:
    """The record of images without a date is used, and the age of its values is not taken for checked."""
    found = record(tmp_path, "study: patient7\nstudy_date: 31/01/2024\nalbumin_g_l: 39\n", study=a_study(Identity()))
    assert values(found) == {"albumin_g_l": 39}
    assert found.study_date is None
    assert codes(found) == ["CLIN_DATE"]
