"""Several mask objects of one study: copies, two contents of one UID, and which of two that disagree holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import StudyRefused
from pipeline.preferences import MaskRule, Preferences
from pipeline.readers import StudyFiles, read_study
from pipeline.structures import Role
from pipeline.study import Severity, Study
from tests.phantoms import sample_array, sphere
from tests.readers.build_dicom import LESION, LIVER, edit, write_seg, write_series
from tests.readers.conftest import GRID, LESION_BALL, balls, codes_of, write_study

Find = Callable[[Path], tuple[StudyFiles, ...]]
Read = Callable[[Path], Study]
Refusal = Callable[[Path], StudyRefused]
LARGER = sample_array(sphere(7.0, LESION_BALL.center_mm), GRID)


def write_corrected(folder: Path) -> None:
    """Write liver and lesion by one reader, and a later SEG that draws the lesion larger."""
    paths = write_series(folder / "ct", GRID)
    masks = balls()
    write_seg(folder / "a.dcm", paths, {"Liver": (masks["Liver"], LIVER)})
    write_seg(folder / "b.dcm", paths, {"Lesion 1": (masks["Lesion 1"], LESION)})
    write_seg(folder / "c.dcm", paths, {"Lesion 1": (LARGER, LESION)})
    edit(folder / "a.dcm", ContentDate="20240101", ContentTime="100000", SeriesDescription="liver")
    edit(folder / "b.dcm", ContentDate="20240102", ContentTime="100000", ContentCreatorName="Second^Reader")
    edit(folder / "c.dcm", ContentDate="20240102", ContentTime="100001.5", SeriesDescription="approved_v2")


def rules(*each: dict[str, object]) -> Preferences:
    return Preferences(masks=tuple(MaskRule.model_validate(one) for one in each))


@pytest.mark.hazard("M04")
def test_masks_that_disagree_are_refused_with_their_list(tmp_path: Path, refusal: Refusal) -> None:
    """Each object with its name, its structures and its volume; and what can be done."""
    write_corrected(tmp_path)
    refused = refusal(tmp_path)
    assert refused.code == "PAIR_AMBIGUOUS"
    volume = LARGER.sum() * GRID.voxel_volume_mm3 / 1000
    assert f"3: approved_v2, 1 structures, {volume:.1f} mL" in refused.message
    assert "mask_preference" in refused.message


@pytest.mark.hazard("M04")
@pytest.mark.parametrize(
    ("rule", "larger"),
    [({"newest": True}, True), ({"words": ("approved",)}, True), ({"creator": ("reader",)}, False)],
    ids=["newest", "words", "creator"],
)
def test_a_rule_of_the_site_chooses_the_mask_and_is_printed(
    tmp_path: Path, find: Find, rule: dict[str, object], larger: bool
) -> None:
    """The preferred lesion is measured, the liver of a third object stays, and the finding names the rule."""
    write_corrected(tmp_path)
    (files,) = find(tmp_path)
    study = read_study(files, rules(rule))
    lesion = next(each for each in study.segments if each.role is Role.LESION)
    assert lesion.mask.count == (LARGER if larger else balls()["Lesion 1"]).sum()
    assert sorted(each.role for each in study.segments) == [Role.LESION, Role.LIVER]
    (finding,) = study.findings
    assert (finding.code, finding.severity) == ("PAIR_AMBIGUOUS", Severity.WARNING)
    assert next(iter(rule)) in finding.message
    assert f"{2 if larger else 3} left out" in finding.message


@pytest.mark.hazard("M04")
def test_masks_of_one_moment_are_not_told_apart(tmp_path: Path, find: Find) -> None:
    """The rule prefers neither: refused as without one; never by the time of the file."""
    write_corrected(tmp_path)
    edit(tmp_path / "b.dcm", ContentTime="100001")
    edit(tmp_path / "c.dcm", ContentTime="100001")
    (files,) = find(tmp_path)
    with pytest.raises(StudyRefused) as refused:
        read_study(files, rules({"newest": True}))
    assert refused.value.code == "PAIR_AMBIGUOUS"


@pytest.mark.hazard("M04")
def test_masks_that_agree_are_all_measured_under_any_rule(tmp_path: Path, find: Find) -> None:
    """A rule chooses only where there is something to choose."""
    write_corrected(tmp_path)
    (tmp_path / "b.dcm").unlink()
    (files,) = find(tmp_path)
    study = read_study(files, rules({"newest": True}))
    assert len(study.segments) == 2
    assert study.findings == ()


@pytest.mark.hazard("G03")
@pytest.mark.hazard("M04")
def test_two_masks_of_one_uid_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    """One SOPInstanceUID with two contents is a conflict, whatever a rule would prefer."""
    write_corrected(tmp_path)
    edit(tmp_path / "b.dcm", SOPInstanceUID="1.2.3.4")
    edit(tmp_path / "c.dcm", SOPInstanceUID="1.2.3.4")
    refused = refusal(tmp_path)
    assert refused.code == "UID_CONFLICT"
    assert "objects 2 and 3 of 3" in refused.message


@pytest.mark.hazard("M04")
def test_a_mask_stored_again_under_another_uid_counts_once(tmp_path: Path, read: Read) -> None:
    """The same structures voxel by voxel do not disagree."""
    write_study(tmp_path)
    content = (tmp_path / "seg.dcm").read_bytes()
    (tmp_path / "again.dcm").write_bytes(content)
    edit(tmp_path / "again.dcm", SOPInstanceUID="1.2.3.4", ContentDate="20250101")
    study = read(tmp_path)
    assert codes_of(study) == ["DUP_MASK"]
    assert len(study.segments) == 2


@pytest.mark.hazard("M01")
@pytest.mark.hazard("S16")
@pytest.mark.parametrize(
    ("image", "mask", "same"),
    [
        ("Müller^Jörg", unicodedata.normalize("NFD", "MÜLLER^Jörg^^^"), True),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada^Tarou", True),
        ("Yamada^Tarou=山田^太郎", "=山田^太郎", True),
        ("Yamada^Tarou=山田^太郎", "=山田^次郎", False),
        ("Yamada^Tarou=山田^太郎", "Yamada^Jirou=山田^太郎", False),
    ],
)
def test_names_compare_in_the_forms_that_both_give(
    tmp_path: Path, find: Find, image: str, mask: str, same: bool
) -> None:
    """Accents, case and trailing separators do not matter; a differing form of the name does."""
    paths = write_study(tmp_path)
    for path in paths:
        edit(path, SpecificCharacterSet="ISO_IR 192", PatientName=image)
    edit(tmp_path / "seg.dcm", SpecificCharacterSet="ISO_IR 192", PatientName=mask)
    (files,) = find(tmp_path)
    if same:
        assert codes_of(read_study(files)) == []
        return
    with pytest.raises(StudyRefused) as refused:
        read_study(files)
    assert refused.value.code == "PAIR_PATIENT"


@pytest.mark.hazard("M05")
def test_a_mask_without_patient_identifier_is_flagged(tmp_path: Path, read: Read) -> None:
    """The images say whose they are, the mask does not."""
    write_study(tmp_path)
    edit(tmp_path / "seg.dcm", PatientID="", PatientName="", PatientBirthDate="")
    assert codes_of(read(tmp_path)) == ["PAIR_NO_ID"]


def test_a_study_without_masks_is_told_what_to_do(tmp_path: Path, refusal: Refusal) -> None:
    """The refusal names the formats and where names of structures are explained."""
    write_series(tmp_path / "ct", GRID)
    refused = refusal(tmp_path)
    assert refused.code == "NO_MASK"
    assert all(text in refused.message for text in ("DICOM SEG", "NIfTI", "docs/roles.md"))
