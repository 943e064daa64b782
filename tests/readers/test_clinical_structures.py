"""Structured fields of the clinical record: checked key by key, or not used."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.measurement import Fact
from pipeline.measures.resection_plan import read_plans
from pipeline.readers.clinical.resections import load_resections
from pipeline.resection import Resections
from tests.readers.clinical_records import ONE, codes, record, values


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("extrahepatic_sites: [{site: lung, count: 2, max_mm: 9, controlled: true, resectable: yes}, {site: bone}]",
         {"extrahepatic_sites": ("lung (count 2, max_mm 9, controlled yes, resectable yes)", "bone")}),
        ("extrahepatic_sites: []", {"extrahepatic_sites": ()}),
        ("prior_liver_treatments: [{type: SBRT, date: 2022-03-01, dose_gy: 50}]",
         {"prior_liver_treatments": ("sbrt",), "last_liver_radiation_date": "2022-03-01"}),
        ("prior_liver_treatments: [resection, mwa]", {"prior_liver_treatments": ("resection", "mwa")}),
        ("prior_liver_treatments: none", {"prior_liver_treatments": ()}),
        ("sbrt_plan: {fractions: 5, dose_gy: 50, liver_mean_gy: 9.5, liver_cc_below_dose: {15: 900}, "
         "oar_max: {cord: 12}}",
         {"sbrt_plan": ("fractions: 5", "dose_gy: 50", "liver_mean_gy: 9.5", "liver_cc_below_dose: 1 values",
                        "oar_max: 1 values"),
          "sbrt_fractions": 5, "sbrt_dose_gy": 50, "sbrt_liver_mean_gy": 9.5, "sbrt_liver_below_15_gy_ml": 900}),
        ("sbrt_plan: {liver_cc_below_dose: {15.0: 710, 9.1: 640, 21: 990}, oar_max: {Small bowel: 24, eye: 3}}",
         {"sbrt_plan": ("liver_cc_below_dose: 3 values", "oar_max: 2 values"), "sbrt_liver_below_15_gy_ml": 710,
          "sbrt_liver_below_9_1_gy_ml": 640, "sbrt_max_small_bowel_gy": 24}),
        ("resection_plan: {name: right, procedure: right hepatectomy, segments_removed: [5, 6, 7, 8]}",
         {"resection_plan": ("name: right", "procedure: right_hepatectomy", "segments_removed: 5, 6, 7, 8"),
              "resection_procedure": "right_hepatectomy", "resection_segments": ("5", "6", "7", "8")}),
    ],
)  # fmt: skip
def test_structures_are_read_with_what_they_state_of_other_fields(
    tmp_path: Path, given: str, expected: dict[str, object]
) -> None:
    """Lists of a thing, or one thing with keys."""
    found = record(tmp_path, f"{ONE}{given}\n")
    assert values(found) == expected
    assert codes(found) == []


@pytest.mark.hazard("M32")
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("extrahepatic_sites: lungs", "CLIN_VALUE"),
        ("extrahepatic_sites: {site: lung}", "CLIN_VALUE"),
        ("extrahepatic_sites: [{count: 2}]", "CLIN_VALUE"),
        ("extrahepatic_sites: [{site: lung, size: 2}]", "CLIN_VALUE"),
        ("extrahepatic_sites: [{site: lung, count: 1.5}]", "CLIN_VALUE"),
        ("extrahepatic_sites: [{site: lung, max_mm: 5000}]", "CLIN_RANGE"),
        ("extrahepatic_sites: [{site: lung, controlled: perhaps}]", "CLIN_VALUE"),
        ("extrahepatic_sites: [[lung]]", "CLIN_VALUE"),
        (f"extrahepatic_sites: [{', '.join(['lung'] * 300)}]", "CLIN_VALUE"),
        ("prior_liver_treatments: [{type: sbrt, date: last year}]", "CLIN_VALUE"),
        ("prior_liver_treatments: [{type: sbrt, dose_gy: 5000}]", "CLIN_RANGE"),
        ("sbrt_plan: 50 Gy in 5", "CLIN_VALUE"),
        ("sbrt_plan: {oar_max: {oesophagus: 20, esophagus: 25}}", "CLIN_VALUE"),
        ("sbrt_plan: [{fractions: 5}]", "CLIN_VALUE"),
        ("sbrt_plan: {fractions: 5, dose_gy: 5000}", "CLIN_RANGE"),
        ("sbrt_plan: {liver_cc_below_dose: 900}", "CLIN_VALUE"),
        ("sbrt_plan: {liver_cc_below_dose: {low: 900}}", "CLIN_VALUE"),
        ("sbrt_plan: {oar_max: {cord: high}}", "CLIN_VALUE"),
        ("resection_plan: {segments_removed: [9]}", "CLIN_VALUE"),
    ],
)
def test_a_structure_with_anything_wrong_is_not_used_at_all(tmp_path: Path, given: str, code: str) -> None:
    """Nor does any part of it reach another field."""
    found = record(tmp_path, f"{ONE}asa: 2\n{given}\n")
    assert values(found) == {"asa": 2}
    assert codes(found) == [code]


def test_a_plan_that_contradicts_its_own_number_leaves_it_unknown(tmp_path: Path) -> None:
    """Five fractions in the plan, three beside it."""
    found = record(tmp_path, f"{ONE}sbrt_fractions: 3\nsbrt_plan: {{fractions: 5, dose_gy: 50}}\n")
    assert found.facts["sbrt_fractions"].value is None
    assert codes(found) == ["CLIN_CONTRADICT"]
    assert found.facts["sbrt_dose_gy"].value == 50


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("resection;sbrt", ("resection", "sbrt")), ("resection|sbrt", ("resection", "sbrt")), ("none", ()),
     ('"[{""type"": ""sbrt"", ""dose_gy"": 50}]"', ("sbrt",))],
)  # fmt: skip
def test_a_table_holds_structures_as_words_or_json(tmp_path: Path, cell: str, expected: tuple[str, ...]) -> None:
    """In one cell."""
    found = record(tmp_path, f"patient_id,prior_liver_treatments\nP-1,{cell}\n", "c.csv")
    assert values(found) == {"prior_liver_treatments": expected}


def test_a_misspelled_resection_is_answered_with_the_likest_names_once(tmp_path: Path) -> None:
    """Never with all of them, and never with what was written; the documentation lists every name."""
    found = record(tmp_path, f"{ONE}resection_plan: {{procedure: right hepatectmy}}\n")
    (finding,) = found.findings
    assert finding.code == "CLIN_VALUE"
    assert "right_hepatectomy" in finding.message
    assert "docs/clinical.md" in finding.message
    assert "mesohepatectomy" not in finding.message
    assert "hepatectmy" not in finding.message
    assert len(finding.message) < 220
    text = (Path(__file__).parents[2] / "docs" / "clinical.md").read_text(encoding="utf-8")
    names = load_resections(Path(__file__).parents[2] / "configs" / "resections.yaml").named
    assert [name for name in names if f"`{name}`" not in text] == []


def test_a_plan_says_of_a_refused_name_no_more_than_that() -> None:
    reason = "CLIN_VALUE: not a known name, the nearest is right_hepatectomy; all names: docs/clinical.md"
    (plan,) = read_plans({"resection_procedure": Fact("resection_procedure", None, reason)}, Resections())
    assert plan.reason == "CLIN_VALUE: resection_procedure: not a known name"
