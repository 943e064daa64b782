"""The clinical record: identity, units, plausibility, age of values (rows M32 and M33)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.readers import match_record, read_clinical
from pipeline.study import Identity
from pipeline.yaml_file import read_yaml
from tests.readers.clinical_records import FIELDS, ONE, a_study, codes, record
from tests.readers.conftest import ROOT


def test_values_become_facts_under_their_canonical_name(tmp_path: Path) -> None:
    """Numbers with units, truths, words and lists."""
    text = (
        ONE + "ecog: 1\nweight_kg: 74.5\ncirrhosis: false\nascites: none\ncomorbidities: [renal, cardiac]\ninr: null\n"
    )
    found = record(tmp_path, text)
    assert {name: fact.value for name, fact in found.facts.items()} == {
        "ecog": 1, "weight_kg": 74.5, "cirrhosis": False, "ascites": "none", "comorbidities": ("renal", "cardiac"),
    }  # fmt: skip
    assert found.facts["weight_kg"].unit == "kg"
    assert codes(found) == []


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ("bilirubin_total_umol_l: 17.104", "bilirubin_total_mg_dl", 1.0),
        ("albumin_g_dl: 3.9", "albumin_g_l", 39.0),
        ("bilirubin_total: {value: 17.104, unit: umol/L}", "bilirubin_total_mg_dl", 1.0),
        ("creatinine_umol_l: 88.4", "creatinine_mg_dl", 1.0),
        ("platelets: {value: 150, unit: 10*9/L}", "platelets_10e9_l", 150.0),
        ("platelets_per_ul: 150000", "platelets_10e9_l", 150.0),
        ("height_m: 1.75", "height_cm", 175.0),
    ],
)
def test_accepted_units_are_converted(tmp_path: Path, given: str, name: str, value: float) -> None:
    """By the molar masses: bilirubin 584.66 g/mol, creatinine 113.12 g/mol."""
    found = record(tmp_path, ONE + given + "\n")
    assert found.facts[name].value == pytest.approx(value, rel=1e-3)
    assert codes(found) == []


@pytest.mark.hazard("M32")
@pytest.mark.parametrize(
    ("given", "name", "code", "word"),
    [
        ("bilirubin_total: 17", "bilirubin_total_mg_dl", "CLIN_UNIT", "bilirubin_total_mg_dl"),
        ("weight: 74", "weight_kg", "CLIN_UNIT", "weight_kg"),
        ("albumin: {value: 39, unit: mmol/L}", "albumin_g_l", "CLIN_UNIT", "g/dL"),
        ("albumin_g_l: 3.9", "albumin_g_l", "CLIN_RANGE", "albumin_g_dl"),
        ("platelets_10e9_l: 150000", "platelets_10e9_l", "CLIN_RANGE", "/uL"),
        ("height_cm: 1.75", "height_cm", "CLIN_RANGE", "height_m"),
        ("weight_kg: 7400", "weight_kg", "CLIN_RANGE", "plausible"),
        ("ecog: 1.5", "ecog", "CLIN_VALUE", "whole"),
        ("ecog: 7", "ecog", "CLIN_RANGE", "0 to 4"),
        ("ecog: true", "ecog", "CLIN_VALUE", "number"),
        ("weight_kg: '74,5'", "weight_kg", "CLIN_VALUE", "number"),
        ("weight_kg: .nan", "weight_kg", "CLIN_VALUE", "number"),
        ("cirrhosis: possibly", "cirrhosis", "CLIN_VALUE", "true or false"),
        ("cirrhosis: 0", "cirrhosis", "CLIN_VALUE", "true or false"),
        ("ascites: some", "ascites", "CLIN_VALUE", "moderate_severe"),
        ("comorbidities: [renal, hepatic]", "comorbidities", "CLIN_VALUE", "cardiac"),
        ("albumin_g_l: 39\nalbumin_g_dl: 4.4", "albumin_g_l", "CLIN_UNIT", "twice"),
        ("primary_diagnosis_date: 31.01.24", "primary_diagnosis_date", "CLIN_VALUE", "2024-01-31"),
        ("primary_diagnosis_date: 12/06/2024", "primary_diagnosis_date", "CLIN_VALUE", "cannot be told apart"),
    ],
)
def test_a_value_that_cannot_be_trusted_is_refused_by_itself(
    tmp_path: Path, given: str, name: str, code: str, word: str
) -> None:
    """It has no value, a reason with the way out, and a finding; the other values stand."""
    found = record(tmp_path, f"{ONE}asa: 2\n{given}\n")
    assert found.facts[name].value is None
    assert (found.facts[name].reason or "").startswith(f"{code}: ")
    assert word in (found.facts[name].reason or "")
    assert codes(found) == [code]
    assert found.facts["asa"].value == 2


@pytest.mark.hazard("M33")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("patient_id: P-2\necog: 1\n", "CLIN_PATIENT"),
        ("study_instance_uid: 1.2.3\npatient_id: P-2\necog: 1\n", "CLIN_PATIENT"),
        ("study_instance_uid: 1.2.4\npatient_id: P-1\necog: 1\n", "CLIN_PATIENT"),
        ("ecog: 1\n", "CLIN_PATIENT"),
        ("patient_id: ''\necog: 1\n", "CLIN_PATIENT"),
        ("study: patient7\necog: 1\n", "CLIN_PATIENT"),
        ("records:\n- {patient_id: P-1, ecog: 1}\n- {patient_id: P-1, ecog: 2}\n", "CLIN_PATIENT"),
        ("records:\n- {patient_id: P-3, ecog: 1}\n- {ecog: 2}\n", "CLIN_PATIENT"),
        ("records:\n- {patient_id: P-3, ecog: 1}\n- {patient_id: P-4, ecog: 2}\n", "CLIN_ABSENT"),
    ],
)
def test_a_record_that_may_be_another_patients_is_not_used(tmp_path: Path, text: str, code: str) -> None:
    """Another identity, none, or two that match: no fact of it reaches a verdict."""
    found = record(tmp_path, text)
    assert not found.facts
    assert codes(found) == [code]
    assert not any(text in found.findings[0].message for text in ("P-1", "P-2", "1.2.3"))


@pytest.mark.parametrize("identity", ["patient_id: P-1", "study_instance_uid: 1.2.3"])
def test_one_identity_is_enough(tmp_path: Path, identity: str) -> None:
    """Patient or study."""
    assert record(tmp_path, f"{identity}\necog: 1\n").facts["ecog"].value == 1


def test_a_study_without_identity_is_matched_by_its_folder(tmp_path: Path) -> None:
    """NIfTI and NRRD carry none."""
    text = "records:\n- {study: patient7, ecog: 1}\n- {study: patient8, ecog: 2}\n"
    assert record(tmp_path, text, study=a_study(Identity())).facts["ecog"].value == 1


def test_a_table_has_one_record_a_row(tmp_path: Path) -> None:
    """Empty cells are unknown; truths are true and false."""
    text = "patient_id,ecog,cirrhosis,weight_kg\nP-9,2,true,80\nP-1,1,false,\n"
    found = record(tmp_path, text, "c.csv")
    assert {name: fact.value for name, fact in found.facts.items()} == {"ecog": 1, "cirrhosis": False}


@pytest.mark.hazard("M33")
@pytest.mark.parametrize(("taken", "stale"), [("2024-01-05", False), ("2024-01-01", False), ("2023-12-31", True)])
def test_old_laboratory_values_are_stale(tmp_path: Path, taken: str, stale: bool) -> None:
    """More than 30 days before the study counts as unknown; what does not age stays."""
    found = record(tmp_path, f"{ONE}date: {taken}\nalbumin_g_l: 39\nweight_kg: 70\n")
    assert (found.facts["albumin_g_l"].value is None) == stale
    assert codes(found) == (["CLIN_STALE"] if stale else [])
    assert found.facts["weight_kg"].value == 70


def test_a_single_value_may_carry_its_own_date(tmp_path: Path) -> None:
    """Tumour markers may be 45 days old."""
    for taken, known in (("2023-12-17", True), ("2023-12-16", False)):
        found = record(tmp_path, f"{ONE}cea_ng_ml: {{value: 12, date: {taken}}}\n")
        assert (found.facts["cea_ng_ml"].value == 12) == known


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("c.yaml", "patient_id: P-1\necog: 1\necog: 2\n", "twice"),
        ("c.yaml", "just words\n", "expected a record"),
        ("c.csv", "patient_id,ecog,ecog\nP-1,1,2\n", "twice"),
        ("c.csv", "patient_id,ecog\nP-1,1,2\n", "3 columns"),
        ("c.csv", "", "empty"),
        ("c.json", '{"ecog": 1', "not JSON"),
    ],
)
def test_a_file_that_is_wrong_is_a_problem_of_configuration(tmp_path: Path, name: str, text: str, word: str) -> None:
    """Unknown names, repeated names, ragged rows: told with the file, before anything is measured."""
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ConfigurationError) as error:
        read_clinical(path, FIELDS)
    assert any(each.startswith(name) and word in each for each in error.value.problems), error.value.problems


def test_a_studys_own_record_is_used_and_a_broken_one_is_told(tmp_path: Path) -> None:
    """Without a file for the run, the one in the study's folder counts."""
    path = tmp_path / "clinical.yaml"
    path.write_text(ONE + "ecog: 1\n")
    study = a_study(clinical=path)
    assert match_record(None, study, FIELDS).facts["ecog"].value == 1
    path.write_text("ecog: [")
    assert codes(match_record(None, study, FIELDS)) == ["CLIN_FILE"]
    assert match_record(None, a_study()).findings == ()


def test_every_field_of_the_shipped_record_is_sound() -> None:
    """Numbers have plausible limits, and no unit's name stands for two fields."""
    for name, field in FIELDS.fields.items():
        assert field.kind not in ("number", "integer") or field.plausible, name
        assert not field.words or field.kind in ("word", "words"), name
        assert field.unit == "1" or field.kind in ("number", "integer"), name


STATED = Identity(patient_id="P1", sex="M", birth_date="19580317", study_date=date(2024, 9, 18))


def test_an_empty_cell_beside_a_stale_value_is_not_given(tmp_path: Path) -> None:
    """A laboratory value that is old is stale, one that is not there is not there; neither is an error."""
    found = record(
        tmp_path,
        "patient_id,date,bilirubin_total_mg_dl,albumin_g_l\nP1,2024-06-01,0.9,\n",
        "c.csv",
        a_study(STATED),
    )
    assert (found.facts["bilirubin_total_mg_dl"].reason or "").startswith("CLIN_STALE")
    assert "albumin_g_l" not in found.facts


@pytest.mark.hazard("M33")
@pytest.mark.parametrize("day", ["15/09/2024", "15.09.24", "15.09.2034", "2034-09-01", "soon"])
def test_a_record_whose_date_cannot_be_used_gives_no_laboratory_value(tmp_path: Path, day: str) -> None:
    """A date that is not readable, or years after the study, says nothing about the day of the study."""
    found = record(tmp_path, f"patient_id,date,bilirubin_total_mg_dl,ecog\nP1,{day},0.9,1\n", "c.csv", a_study(STATED))
    assert found.facts["bilirubin_total_mg_dl"].value is None
    assert found.facts["ecog"].value == 1
    assert found.findings


@pytest.mark.hazard("M33")
@pytest.mark.parametrize("text", ["patient_id,sex\nP1,female\n", "patient_id,birth_date\nP1,1959-03-17\n"])
def test_a_record_that_contradicts_the_study_is_not_used(tmp_path: Path, text: str) -> None:
    """The same patient ID with another sex or date of birth may be another patient."""
    found = record(tmp_path, text, "c.csv", a_study(STATED))
    assert [finding.code for finding in found.findings] == ["CLIN_PATIENT"]
    assert not found.facts


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("clinical.xlsx", "PK\x03\x04", "a clinical file is .csv"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path, name: str, text: str, said: str) -> None:
    """The sentence says what is expected and what was found."""
    with pytest.raises(ConfigurationError, match=said):
        record(tmp_path, text, name)


def test_words_of_the_record_are_those_that_rules_know() -> None:
    """A word that no rule knows is refused where it is read, with the words that are known."""
    rules = read_yaml(ROOT / "configs" / "rules" / "inputs.yaml").value
    known = {name: entry["words"] for name, entry in rules["inputs"].items() if "words" in entry}
    shared = set(known) & set(FIELDS.fields)
    assert "primary_type" in shared
    assert {name: FIELDS.fields[name].words for name in shared} == {name: known[name] for name in shared}
