"""Named liver resections: Brisbane 2000's segments, synonyms, and names that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.readers.clinical.entry_values import Refused, read_plain
from pipeline.readers.clinical.fields import ClinicalFields, load_clinical_fields
from pipeline.readers.clinical.resections import load_resections
from pipeline.resection import role_of_segment
from pipeline.structures import Role

CONFIGS = Path(__file__).parent.parent.parent / "configs"
BRISBANE = {
    "right hepatectomy": "5678",
    "right hemihepatectomy": "5678",
    "Right Hemi-Hepatectomy": "5678",
    "left hepatectomy": "234",
    "left hemihepatectomy": "234",
    "right trisectionectomy": "45678",
    "extended right hepatectomy": "45678",
    "extended right": "45678",
    "right trisegmentectomy": "45678",
    "left trisectionectomy": "23458",
    "extended left hemihepatectomy": "23458",
    "left lateral sectionectomy": "23",
    "bisegmentectomy 2 3": "23",
    "left medial sectionectomy": "4",
    "right anterior sectionectomy": "58",
    "right posterior sectionectomy": "67",
    "mesohepatectomy": "458",
    "central hepatectomy": "458",
    "right hepatectomy with segment 1": "15678",
    "caudate lobectomy": "1",
    "segmentectomy 6": "6",
}
"""Strasberg, HPB 2000;2:333 and J Hepatobiliary Pancreat Surg 2005;12:351: first, second and third-order divisions."""

EXTENT = "side_by_side: []\nextent: {minor_up_to: 2, major_from: 3, extended_from: 5}\n"


@pytest.fixture(scope="module")
def fields() -> ClinicalFields:
    return load_clinical_fields(CONFIGS / "clinical.yaml")


def read(fields: ClinicalFields, text: str) -> object:
    return read_plain(fields.fields["resection_plan"].keys["procedure"], text)


@pytest.mark.parametrize(("name", "segments"), BRISBANE.items())
def test_names_remove_the_segments_of_brisbane_2000(fields: ClinicalFields, name: str, segments: str) -> None:
    """Capitals, hyphens and underscores do not matter; a name that does not speak of segment 1 leaves it."""
    found = fields.resections.named[str(read(fields, name))]
    assert set(found.removed) == {role_of_segment(number) for number in segments}
    assert found.with_segment_1 == ("1" in segments)


def test_an_unknown_name_is_refused_with_the_likest_ones(fields: ClinicalFields) -> None:
    """Nothing is guessed; all names are where the refusal says."""
    refused = read(fields, "right hepatektomie")
    assert isinstance(refused, Refused)
    assert refused.code == "CLIN_VALUE"
    assert "right_hepatectomy" in refused.why
    assert "docs/clinical.md" in refused.why
    listed = (Path(__file__).parents[2] / "docs" / "clinical.md").read_text(encoding="utf-8")
    assert all(name in listed for name in fields.resections.named)


@pytest.mark.parametrize(
    ("name", "readings"),
    [
        ("right lobectomy", ("right_hepatectomy", "right_trisectionectomy")),
        ("left lobectomy", ("left_lateral_sectionectomy", "left_hepatectomy")),
    ],
)
def test_an_older_name_of_several_resections_is_refused_with_its_readings(
    fields: ClinicalFields, name: str, readings: tuple[str, str]
) -> None:
    """A lobe ends at Cantlie's line for some and at the umbilical fissure for others."""
    refused = read(fields, name)
    assert isinstance(refused, Refused)
    assert all(reading in refused.why for reading in readings)


OTHER = "b: {segments: ['2'], segment_1: stays, synonyms: []}"
FAULTY = {
    "two_names": ("a: {segments: ['5'], segment_1: stays, synonyms: [b]}", "used twice"),
    "caudate": ("a: {segments: ['5'], segment_1: removed, synonyms: []}", "segment_1"),
    "caudate_stays": ("a: {segments: ['1', '5'], segment_1: stays, synonyms: []}", "segment_1"),
    "part_and_whole": ("a: {segments: ['4', '4a'], segment_1: stays, synonyms: []}", "listed twice"),
    "no_segment": ("a: {segments: ['9'], segment_1: stays, synonyms: []}", "segments"),
    "same": ("a: {segments: ['2'], segment_1: stays, synonyms: []}", "same segments as"),
    "silent_on_segment_1": ("a: {segments: ['5'], synonyms: []}", "segment_1"),
}


@pytest.mark.parametrize(("text", "said"), FAULTY.values(), ids=list(FAULTY))
def test_a_table_at_odds_with_itself_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the file, the line and what is wrong."""
    path = tmp_path / "resections.yaml"
    path.write_text(f"source: x\nresections:\n  {text}\n  {OTHER}\nambiguous: {{}}\n{EXTENT}")
    with pytest.raises(ConfigurationError) as caught:
        load_resections(path)
    assert any(said in problem and "resections.yaml:" in problem for problem in caught.value.problems)


def test_ambiguous_names_lead_to_resections_that_exist(tmp_path: Path) -> None:
    """And are themselves none."""
    path = tmp_path / "resections.yaml"
    path.write_text(
        'source: x\nresections:\n  right: {segments: ["5"], segment_1: stays, synonyms: []}\n'
        f"ambiguous: {{right: [right, wrong]}}\n{EXTENT}"
    )
    with pytest.raises(ConfigurationError) as caught:
        load_resections(path)
    assert len(caught.value.problems) == 2


def test_every_segment_has_a_role() -> None:
    """4a and 4b too."""
    assert role_of_segment("4b") is Role.SEGMENT_4B
    with pytest.raises(ValueError, match="segment_9"):
        role_of_segment("9")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("side_by_side: [['1', '1']]\nextent: {minor_up_to: 2, major_from: 3, extended_from: 5}\n", "two segments"),
        ("side_by_side: [['1', '9']]\nextent: {minor_up_to: 2, major_from: 3, extended_from: 5}\n", "side_by_side"),
        ("side_by_side: []\nextent: {minor_up_to: 3, major_from: 3, extended_from: 5}\n", "follow each other"),
        ("side_by_side: []\nextent: {minor_up_to: 2, major_from: 6, extended_from: 5}\n", "follow each other"),
    ],
)
def test_wrong_neighbours_and_extents_are_refused(tmp_path: Path, wrong: str, said: str) -> None:
    """A pair of one segment, a segment that there is not, words of extent out of order."""
    path = tmp_path / "resections.yaml"
    path.write_text(f"source: x\nresections: {{}}\nambiguous: {{}}\n{wrong}")
    with pytest.raises(ConfigurationError) as caught:
        load_resections(path)
    assert any(said in problem for problem in caught.value.problems)


def test_neighbours_are_those_of_couinauds_planes(fields: ClinicalFields) -> None:
    """Segments on both sides of a plane, and the caudate lobe behind 2, 4, 7 and 8; none that meet in a line only."""
    planes = "12 14 17 18 23 24 34 45 48 56 58 67 78"
    assert fields.resections.side_by_side == {frozenset(pair) for pair in planes.split()}
