"""What is told of clinical records before and in a run: days, records that name one study, unknown names (M33)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.readers import describe_clinical, read_clinical
from pipeline.readers.clinical.slips import find_meant
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


@pytest.mark.parametrize(
    "name", ["Bilirubin gesamt (µmol/l)", "bilirubin", "bilirubin_gesamt_mg_dl", "Bilirubin [mg/dl]"]
)
def test_where_a_name_may_stand_for_several_fields_all_are_told(tmp_path: Path, name: str) -> None:
    """Total (German: gesamt) bilirubin is not the direct one, though its letters are nearer to it."""
    (line,) = told(tmp_path, f"patient_id;{name}\nP-1;17\n")
    assert "is it" not in line
    assert "fields that begin like it: bilirubin_total, bilirubin_direct." in line


@pytest.mark.parametrize(
    "name", ["creatinine_urine_mg_dl", "sodium_urine_mmol_l", "albumin_urine_g_l", "ca125_u_ml", "ecg"]
)
def test_another_quantity_is_not_asked_to_be_a_field(tmp_path: Path, name: str) -> None:
    """One word more names something else, which would be read as the field if the question were followed."""
    assert "is it" not in "".join(told(tmp_path, f"patient_id,{name}\nP-1,1\n"))


def test_no_field_is_asked_to_be_another() -> None:
    """If any one field were unknown, its own names would lead to no other; no plan is read as a list of plans."""
    for field in FIELDS.fields:
        names = {name: column for name, column in FIELDS.names.items() if column.field != field}
        others = replace(FIELDS, names=names, _columns={})
        asked = [find_meant(name, others) for name, column in FIELDS.names.items() if column.field == field]
        plural = field in ("resection_plan", "resection_plans")
        assert plural or not any(meant and meant.is_slip for meant in asked), field


def test_an_unknown_column_is_told_once_for_all_records(tmp_path: Path) -> None:
    """By its number, whether its name is like a field's or like none; and why the other name is not repeated."""
    rows = "".join(f"P-{n},w,0,1,\n" for n in range(1, 20)) + "P-20,,,1,x\n"
    slip, strange = told(tmp_path, f"patient_id,Geschlecht,ecgo,asa,Mueller\n{rows}")
    assert slip.endswith("CLIN_FIELD: The column 'ecgo' (number 3) is no field and was not read; is it ecog?")
    assert "column number 2, 5. Names that are like no field's are not repeated" in strange
    assert slip.startswith("lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, …: ")


def test_places_are_lines_of_tables_and_records_of_lists(tmp_path: Path) -> None:
    """As a run calls them."""
    path = written(tmp_path, "records:\n- {patient_id: P-1}\n- {patient_id: P-2, ecgo: 1}\n", "c.yaml")
    (line,) = describe_clinical(read_clinical(path, FIELDS))
    assert line.startswith("record 2: CLIN_FIELD: The key 'ecgo' (number 2)")


@pytest.mark.parametrize(
    ("truth", "cells"),
    [
        (True, ["TRUE", "yes", "WAHR", "Ja", "VRAI", "oui", "VERDADERO", "VERO", "VERDADEIRO", "WAAR"]),
        (False, ["FALSE", "No", "FALSCH", "nein", "FAUX", "non", "FALSO", "ONWAAR", "nee"]),
    ],
)
def test_truths_are_read_as_spreadsheets_of_several_languages_write_them(
    tmp_path: Path, truth: bool, cells: list[str]
) -> None:
    """In a field, and in a key of a structured one."""
    for cell in cells:
        found = record(tmp_path, f"patient_id,cirrhosis\nP-1,{cell}\n", "c.csv")
        assert values(found) == {"cirrhosis": truth}, cell
    for cell, known in ((cells[2], True), ("1", False)):
        text = f"patient_id: P-1\nextrahepatic_sites: [{{site: lung, controlled: {cell}}}]\n"
        assert ("extrahepatic_sites" in values(record(tmp_path, text))) == known


@pytest.mark.parametrize("cell", ["0", "1", "x", "J", "vielleicht", "y", "t"])
def test_what_is_no_word_for_a_truth_is_refused_with_the_words_that_are(tmp_path: Path, cell: str) -> None:
    """Nobody can tell what a mark in a cell meant."""
    (line,) = told(tmp_path, f"patient_id,cirrhosis\nP-1,{cell}\n")
    assert "true or false (yes or no)" in line
