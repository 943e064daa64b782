"""Mask files beside a DICOM series that bear the case in their names, and what messages show of such names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.readers.identity_match import hide_identity
from pipeline.structures import Role
from pipeline.study import Identity, Study
from tests.readers.build_dicom import Exam
from tests.readers.conftest import balls, write_study
from tests.readers.test_volume_files import write

Read = Callable[[Path], Study]
PATIENT = Exam().patient_id


def put(folder: Path, liver: str, lesion: str, exam: Exam | None = None) -> None:
    """A series, and two masks beside it."""
    write_study(folder / "CT", exam=exam)
    (folder / "CT" / "seg.dcm").unlink()
    for name, ball in ((liver, "Liver"), (lesion, "Lesion 1")):
        write(folder / f"{name}.nii.gz", balls()[ball].astype(np.uint8))


@pytest.mark.parametrize("where", ["", "masks/"])
@pytest.mark.parametrize(
    ("liver", "lesion"),
    [
        (f"{PATIENT}_liver", f"{PATIENT}_tumor"), (f"{PATIENT}-liver", f"{PATIENT}-tumor"),
        (f"liver_{PATIENT}", f"tumor_1_{PATIENT}"),
        ("LIVER-0123_liver", "LIVER-0123_tumor"), ("4711_liver", "4711_tumor"),
        ("case_012_liver", "case_012_lesion_2"), ("study9_liver", "study9_tumor"),
    ],
)  # fmt: skip
def test_masks_called_by_case_and_structure_are_read(
    tmp_path: Path, read: Read, where: str, liver: str, lesion: str
) -> None:
    """By the patient, by the study's folder, or by a name and number before all of them."""
    put(tmp_path / "study9", where + liver, where + lesion)
    study = read(tmp_path / "study9")
    assert {segment.role for segment in study.segments} == {Role.LIVER, Role.LESION}
    assert not any(PATIENT.casefold() in segment.name.casefold() for segment in study.segments)


@pytest.mark.hazard("M15")
@pytest.mark.parametrize(
    "prefix", ["no", "non", "ex", "PTV50", "ring_10", "PTV5000", "margin_010", "5mm", "pre", "left", f"no_{PATIENT}"]
)
def test_no_other_word_is_taken_off(tmp_path: Path, read: Read, prefix: str) -> None:
    """What stands before all masks may make other structures of them."""
    put(tmp_path / "patient", f"{prefix}_liver", f"{prefix}_tumor")
    study = read(tmp_path / "patient")
    assert not [segment for segment in study.segments if not segment.mask.is_empty]


@pytest.mark.hazard("M05")
@pytest.mark.parametrize("other", ["P-200", "study_123"])
def test_masks_numbered_as_another_patient_are_not_read(tmp_path: Path, read: Read, other: str) -> None:
    """The same form as the patient's identifier or the folder, and another number."""
    put(tmp_path / "study_9", f"{other}_liver", f"{other}_tumor")
    study = read(tmp_path / "study_9")
    assert not study.segments
    assert len(study.unmapped) == 2


def test_a_single_mask_has_no_common_name(tmp_path: Path, read: Read) -> None:
    """One file shares its beginning with nothing."""
    put(tmp_path, "case_012_liver", "lesion")
    study = read(tmp_path)
    assert [segment.role for segment in study.segments] == [Role.LESION]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("PAT0071_liver", "..._liver"), ("Liver_DOE", "Liver_..."), ("DOE", "..."),
        ("Segmentation Doe", "Segmentation"),
        ("spleen", "spleen"), ("1960-Leber", "1960-Leber"), ("19600102 Leber", "Leber"),
    ],
)  # fmt: skip
def test_of_a_name_only_the_identity_is_blanked(text: str, shown: str) -> None:
    """The structure stays readable."""
    identity = Identity(patient_id="PAT0071", patient_name="Doe^Jane", birth_date="19600102")
    assert hide_identity(text, identity) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("liver", "liver"), ("LIVER-012_liver", "..._liver"), ("liver_012", "..."), ("tumor_012", "tumor_...")],
)  # fmt: skip
def test_a_word_of_an_identifier_is_no_identity(text: str, shown: str) -> None:
    """An identifier may begin with the name of a structure."""
    assert hide_identity(text, Identity(patient_id="LIVER-012")) == shown


def test_any_other_word_of_an_identifier_is_blanked() -> None:
    """It may be made of the patient's name."""
    assert hide_identity("Muster_late", Identity(patient_id="MUSTER-1")) == "..._late"
    assert hide_identity("lesion 1", Identity(patient_id="MUSTER-1")) == "lesion 1"


def test_messages_keep_the_structure_of_a_name_and_not_the_patient(tmp_path: Path) -> None:
    """In the list and in the findings, where long numbers are shortened too."""
    put(
        tmp_path,
        "PAT0071_Herd_spaet",
        "PAT0071_Rest_KM",
        Exam(patient_id="PAT0071", patient_name="Muster^Max"),
    )
    printed = CliRunner().invoke(app, ["check", str(tmp_path)]).output
    assert "PAT" not in printed.replace("PATIENT", "")
    assert "Herd_spaet" in printed
    assert "Rest_KM" in printed
