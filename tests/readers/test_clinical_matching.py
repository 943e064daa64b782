"""Whose a clinical record is, which of several counts, and what its age is worth (row M33)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.readers import match_record, note_shared, read_clinical
from pipeline.study import Identity, Severity
from tests.readers.clinical_records import FIELDS, ONE, STUDY, a_study, codes, record, values, written

FULL = replace(STUDY, accession_number="A-5")


@pytest.mark.parametrize(
    "identity",
    [
        "study_instance_uid: 1.2.3",
        "StudyInstanceUID: 1.2.3",
        "accession_number: A-5",
        "patient_id: P-1",
        "patient_id: P-1\nstudy_date: 2024-01-31",
        "PatientID: P-1\nStudyDate: 20240131",
        "patient_id: P-1\nstudy_date: 31.1.2024",
        "study_instance_uid: 1.2.3\naccession_number: A-5\npatient_id: P-1\nstudy_date: 2024-01-31",
    ],
)
def test_a_record_is_matched_by_whatever_it_states(tmp_path: Path, identity: str) -> None:
    """Under the names of the record or of DICOM."""
    assert values(record(tmp_path, f"{identity}\necog: 1\n", study=a_study(FULL))) == {"ecog": 1}


@pytest.mark.hazard("M33")
@pytest.mark.parametrize(
    "identity",
    [
        "patient_id: P-1\nstudy_date: 2023-01-31",
        "patient_id: P-1\nstudy_date: 31.01.2023",
        "patient_id: P-1\nstudy_date: 31/01/2024",
        "patient_id: P-1\naccession_number: A-6",
        "accession_number: A-6",
        "accession_number: A-5\npatient_id: P-2",
        "study_date: 2024-01-31",
        "patient_id: [P-1]",
        "patient_id: {P-1: P-1}",
        "patient_id: P-1\nPatientID: P-1",
    ],
)
def test_everything_that_a_record_states_must_match(tmp_path: Path, identity: str) -> None:
    """One part that is another's, a day alone, or an identity that is no text or given twice: not used."""
    found = record(tmp_path, f"{identity}\necog: 1\n", study=a_study(FULL))
    assert values(found) == {}
    assert codes(found) == ["CLIN_PATIENT"]


@pytest.mark.hazard("M33")
def test_what_the_images_do_not_state_is_passed_over_only_beside_the_uid(tmp_path: Path) -> None:
    """A StudyInstanceUID is unique in the world; a patient number beside an unknown accession number is not."""
    bare = replace(STUDY, patient_id=None)
    assert values(record(tmp_path, ONE + "ecog: 1\n", study=a_study(bare))) == {"ecog": 1}
    assert values(record(tmp_path, "patient_id: P-1\naccession_number: A-5\necog: 1\n")) == {}


@pytest.mark.hazard("M33")
@pytest.mark.parametrize(
    ("own", "written_as"),
    [("P-1", "p1"), ("P-1", "P-01"), ("P 1", "P_1"), ("0012", "12"), ("1234", "1234.0"), ("0012", '=""0012""')],
)
def test_an_identity_that_is_only_alike_is_not_used_and_told(tmp_path: Path, own: str, written_as: str) -> None:
    """Two patients of two clinics may differ in a zero; a spreadsheet drops it. The message says what to do."""
    study = a_study(Identity(patient_id=own))
    for others in ("", "Q-9,2\n"):
        cell = f'"{written_as}"' if '"' in written_as else written_as
        found = record(tmp_path, f"patient_id,ecog\n{cell},1\n{others}", "c.csv", study)
        assert values(found) == {}
        assert codes(found) in (["CLIN_PATIENT"], ["CLIN_ABSENT"])
        assert ("leading zeros" in found.findings[0].message) == (written_as != "P-01")
        assert written_as not in found.findings[0].message


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("study_instance_uid: 1.2.3", "accession_number: A-5"),
        ("study_instance_uid: 1.2.3", "patient_id: P-1"),
        ("accession_number: A-5", "patient_id: P-1, study_date: 2024-01-31"),
        ("patient_id: P-1, study_date: 2024-01-31", "patient_id: P-1"),
    ],
)
def test_the_record_that_names_the_study_best_counts(tmp_path: Path, better: str, worse: str) -> None:
    """In whichever order they stand; and that there are two is told."""
    for first, second in ((better, worse), (worse, better)):
        marks = {better: 1, worse: 3}
        text = f"records:\n- {{{first}, ecog: {marks[first]}}}\n- {{{second}, ecog: {marks[second]}}}\n"
        found = record(tmp_path, text, study=a_study(FULL))
        assert values(found) == {"ecog": 1}
        assert codes(found, Severity.INFO) == ["CLIN_SEVERAL"]


@pytest.mark.hazard("M33")
@pytest.mark.parametrize(
    ("days", "chosen"),
    [
        (("2024-01-20", "2023-06-01"), 0),
        (("2023-06-01", "2024-02-10"), 1),
        (("2023-12-20", "2024-01-10", "2024-03-01"), 1),
        (("2024-01-30", "2024-02-01"), None),
        (("2024-01-20", "2024-01-20"), None),
        (("2023-06-01", "2023-07-01"), None),
        (("2024-01-20", ""), None),
        (("2024-01-20", "soon"), None),
    ],
)
def test_of_several_rows_of_a_patient_the_nearest_counts_or_none(
    tmp_path: Path, days: tuple[str, ...], chosen: int | None
) -> None:
    """At most 30 days from the study, the only nearest, and all dated."""
    rows = "".join(f"P-1,{day},{number}\n" for number, day in enumerate(days))
    found = record(tmp_path, f"patient_id,date,ecog\n{rows}", "c.csv")
    assert values(found) == ({} if chosen is None else {"ecog": chosen})
    assert codes(found) == (["CLIN_PATIENT"] if chosen is None else [])
    assert codes(found, Severity.INFO) == ([] if chosen is None else ["CLIN_SEVERAL"])


def both(tmp_path: Path, run: str, own: str) -> list[tuple[str, Severity, str]]:
    path = tmp_path / "study" / "clinical.yaml"
    path.parent.mkdir()
    path.write_text(own)
    found = match_record(read_clinical(written(tmp_path, run), FIELDS), a_study(clinical=path), FIELDS)
    said = next(each for each in found.findings if each.code == "CLIN_REPLACED")
    assert values(found) == values(record(tmp_path, run))
    return [(said.code, said.severity, said.message)]


@pytest.mark.hazard("M33")
@pytest.mark.parametrize(
    ("run", "own", "severity", "said"),
    [
        ("ecog: 1", "ecog: 1", Severity.INFO, "they agree"),
        ("ecog: 1", "ecog: 2\nasa: 2", Severity.WARNING, "differs in ecog"),
        ("ecog: 1", "ecog: 1\nasa: 2", Severity.INFO, "asa of that one are not used"),
        ("ecog: seven", "ecog: 2", Severity.WARNING, "differs in ecog"),
        ("ecog: 1", "ecog: [", Severity.INFO, "states nothing that can be used"),
    ],
)
def test_a_study_with_two_records_says_which_counts(
    tmp_path: Path, run: str, own: str, severity: Severity, said: str
) -> None:
    """The run's file, as a whole; what the other says otherwise is named."""
    ((_, found, message),) = both(tmp_path, ONE + run + "\n", ONE + own + "\n")
    assert found is severity
    assert said in message


@pytest.mark.hazard("M33")
def test_a_runs_file_without_the_study_does_not_fall_back_in_silence(tmp_path: Path) -> None:
    """The study's own record is not used either, and both are told."""
    text = "records:\n- {patient_id: P-8, ecog: 1}\n- {patient_id: P-9, ecog: 1}\n"
    ((_, severity, message),) = both(tmp_path, text, ONE + "ecog: 1\n")
    assert severity is Severity.WARNING
    assert "not used" in message


NIFTI = a_study(Identity())


@pytest.mark.hazard("M33")
@pytest.mark.parametrize(
    ("text", "warned", "noted"),
    [
        ("albumin_g_l: 39", [], ["CLIN_STALE"]),
        ("date: 2024-01-30\nalbumin_g_l: 39", ["CLIN_STALE"], []),
        ("study_date: 2024-01-31\ndate: 2024-01-30\nalbumin_g_l: 39", [], []),
        ("ecog: 1", [], []),
    ],
)
def test_ages_that_cannot_be_checked_are_told(tmp_path: Path, text: str, warned: list[str], noted: list[str]) -> None:
    """Images without a date, values without one; a record that gives the study's day settles it."""
    found = record(tmp_path, f"study: patient7\n{text}\n", study=NIFTI)
    assert values(found)
    assert codes(found) == warned
    assert codes(found, Severity.INFO) == noted


@pytest.mark.hazard("M33")
def test_a_study_without_date_takes_the_day_of_its_record(tmp_path: Path) -> None:
    """Then values are stale as they would be with a date in the images."""
    text = "study: patient7\nstudy_date: 2024-01-31\ndate: 2023-11-30\nalbumin_g_l: 39\n"
    found = record(tmp_path, text, study=NIFTI)
    assert found.study_date == date(2024, 1, 31)
    assert values(found) == {}
    assert codes(found) == ["CLIN_STALE"]


@pytest.mark.hazard("M33")
def test_values_from_after_the_study_are_told(tmp_path: Path) -> None:
    """Within their limit they are used; beyond it they are not."""
    found = record(tmp_path, f"{ONE}date: 2024-02-20\nalbumin_g_l: 39\n")
    assert values(found) == {"albumin_g_l": 39}
    assert "after the study" in next(each.message for each in found.findings)
    found = record(tmp_path, f"{ONE}date: 2024-03-20\nalbumin_g_l: 39\n")
    assert values(found) == {}


@pytest.mark.hazard("M33")
def test_a_value_whose_own_date_cannot_be_read_is_not_used(tmp_path: Path) -> None:
    """It may not take the record's date instead."""
    found = record(tmp_path, f"{ONE}date: 2024-01-30\nalbumin_g_l: {{value: 39, date: 30.01.24}}\n")
    assert values(found) == {}
    assert codes(found) == ["CLIN_DATE"]


def shared_out(tmp_path: Path, rows: str, *folders: str) -> list[tuple[dict[str, object], list[str]]]:
    """Return the values that each study of a run gets, and the codes."""
    studies = [a_study(Identity(), folder) for folder in folders]
    file = note_shared(read_clinical(written(tmp_path, f"study,ecog\n{rows}", "c.csv"), FIELDS), studies)
    found = [match_record(file, study) for study in studies]
    return [(values(each), codes(each)) for each in found]


@pytest.mark.hazard("M33")
def test_a_folder_above_a_study_does_not_name_it(tmp_path: Path) -> None:
    """Study 2 of folder 1 is not patient 1."""
    assert shared_out(tmp_path, "1,1\n3,2\n", "1/2", "2/3") == [({}, ["CLIN_ABSENT"]), ({"ecog": 2}, [])]


@pytest.mark.hazard("M33")
def test_a_record_that_names_two_studies_of_a_run_is_used_for_neither(tmp_path: Path) -> None:
    """Patient 1 of two sites: two patients."""
    nobody = ({}, ["CLIN_PATIENT"])
    assert shared_out(tmp_path, "1,1\n", "a/1", "b/1") == [nobody, nobody]
    assert shared_out(tmp_path, "1,1\n2,2\n", "a/1", "b/1", "b/2") == [nobody, nobody, ({"ecog": 2}, [])]
    assert shared_out(tmp_path, "a/1,1\nb/1,2\n", "a/1", "b/1") == [({"ecog": 1}, []), ({"ecog": 2}, [])]


def test_two_studies_of_one_patient_share_a_record_by_patient(tmp_path: Path) -> None:
    """A number of the patient is no name of a folder."""
    studies = [a_study(folder="a/1"), a_study(folder="b/1")]
    file = note_shared(read_clinical(written(tmp_path, "patient_id: P-1\necog: 1\n"), FIELDS), studies)
    assert [values(match_record(file, study)) for study in studies] == [{"ecog": 1}, {"ecog": 1}]
