"""Several plans of a resection in one clinical record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.plan import GivenPlan
from tests.readers.clinical_records import ONE, codes, record

RIGHT = ("5", "6", "7", "8")


def plan_reason(plan: GivenPlan) -> str:
    return (plan.reason or "").partition(": ")[2]


def plans(tmp_path: Path, given: str, name: str = "c.yaml") -> tuple[GivenPlan, ...]:
    return record(tmp_path, given if name.endswith("csv") else f"{ONE}{given}\n", name).plans


def test_a_list_is_read_in_its_order_and_its_first_entry_is_that_of_the_study(tmp_path: Path) -> None:
    given = (
        "resection_plans: [{name: big, procedure: Extended right hepatectomy}, {segments_removed: [2, 3]},"
        " {name: mine, mask: Plan B}, left hepatectomy]"
    )
    found = record(tmp_path, f"{ONE}{given}\n")
    assert found.plans == (
        GivenPlan("big", ("4", *RIGHT), "right_trisectionectomy"),
        GivenPlan("segments 2, 3", ("2", "3")),
        GivenPlan("mine", mask="Plan B"),
        GivenPlan("left hepatectomy", ("2", "3", "4"), "left_hepatectomy"),
    )
    assert found.facts["resection_procedure"].value == "right_trisectionectomy"
    assert "resection_segments" not in found.facts
    assert found.facts["resection_plans"].value == (
        "big (right_trisectionectomy)", "segments 2, 3", "mine (mask Plan B)", "left_hepatectomy",
    )  # fmt: skip
    assert codes(found) == []


@pytest.mark.parametrize(
    ("first", "name", "value"),
    [
        ("{segments_removed: [4a, 5]}", "resection_segments", ("4a", "5")),
        ("{mask: Plan B}", "resection_mask", "Plan B"),
    ],
)
def test_what_the_first_entry_states_of_the_study(tmp_path: Path, first: str, name: str, value: object) -> None:
    found = record(tmp_path, f"{ONE}resection_plans: [{first}, left hepatectomy]\n")
    stated = {key for key in found.facts if key.startswith("resection_")}
    assert stated == {"resection_plans", name}
    assert found.facts[name].value == value


@pytest.mark.parametrize(
    "cell",
    [
        "right hepatectomy | segmentectomy 8",
        json.dumps([{"procedure": "right hepatectomy"}, {"segments_removed": ["8"], "name": "segmentectomy 8"}]),
    ],
)
def test_a_table_holds_names_or_json(tmp_path: Path, cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    found = plans(tmp_path, f"patient_id,resection_plans\nP-1,{quoted}\n", "c.csv")
    assert [(plan.name, plan.segments) for plan in found] == [("right hepatectomy", RIGHT), ("segmentectomy 8", ("8",))]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{procedure: right lobectomy}", "it may mean right_hepatectomy or right_trisectionectomy"),
        ("{procedure: right hepatectmy}", "the nearest are right_hepatectomy"),
        ("{segments_removed: [9]}", "segment 9 is not among 1, 2, 3"),
        ("{segments_removed: none}", "it removes no segment"),
        ("{name: A}", "one of procedure, segments_removed, mask"),
        ("{procedure: left hepatectomy, mask: A}", "no more than one"),
        ("{mask: A, margin_mm: 5}", "expected a list of"),
        ("[left hepatectomy]", "expected a list of"),
    ],
)
def test_a_bad_entry_is_left_out_and_told_and_the_others_stay(tmp_path: Path, entry: str, said: str) -> None:
    found = record(tmp_path, f"{ONE}resection_plans: [right hepatectomy, {entry}, segmentectomy 8]\n")
    assert [plan.reason is None for plan in found.plans] == [True, False, True]
    assert said in (found.plans[1].reason or "")
    (finding,) = found.findings
    assert finding.code == "CLIN_VALUE"
    assert finding.message.startswith("Entry 2 of resection_plans is left out:")
    assert plan_reason(found.plans[1]) in finding.message
    assert found.facts["resection_procedure"].value == "right_hepatectomy"


def test_a_bad_first_entry_leaves_the_resection_of_the_study_unknown(tmp_path: Path) -> None:
    """No other entry takes its place unseen: the numbers of the study would silently be those of another plan."""
    found = record(tmp_path, f"{ONE}resection_plans: [right lobectomy, left hepatectomy]\n")
    assert [plan.reason is None for plan in found.plans] == [False, True]
    assert found.facts["resection_procedure"].value is None
    (finding,) = found.findings
    assert finding.message.startswith(
        "Entry 1 of resection_plans, which the numbers of the study would rest on, is not used"
    )


@pytest.mark.parametrize("given", ["resection_plans: {procedure: left hepatectomy}", "resection_plans: 3 plans"])
def test_what_is_no_list_of_plans_gives_none(tmp_path: Path, given: str) -> None:
    found = record(tmp_path, f"{ONE}{given}\n")
    assert [plan for plan in found.plans if plan.reason is None] == []
    assert codes(found) == ["CLIN_VALUE"]


def test_the_single_plan_comes_first_and_is_not_listed_twice(tmp_path: Path) -> None:
    """An entry that removes the same segments is the same plan, whichever way it is written; it lends its name."""
    single = "resection_plan: {segments_removed: [2, 3, 4a, 4b]}\n"
    found = record(
        tmp_path, f"{ONE}{single}resection_plans: [right hepatectomy, {{name: L, procedure: left hepatectomy}}]\n"
    )
    assert found.plans == (
        GivenPlan("L", ("2", "3", "4a", "4b")),
        GivenPlan("right hepatectomy", RIGHT, "right_hepatectomy"),
    )
    assert "resection_procedure" not in found.facts
    assert codes(found) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("resection_segments: [5, 6]", [GivenPlan("segments 5, 6", ("5", "6"))]),
        ("resection_plan: {name: R, procedure: right hepatectomy, segments_removed: [5, 6, 7, 8]}",
         [GivenPlan("R", RIGHT, "right_hepatectomy")]),
        ("resection_segments: [5, 6]\nresection_procedure: left hepatectomy",
         [GivenPlan("segments 5, 6", ("5", "6")), GivenPlan("left hepatectomy", ("2", "3", "4"), "left_hepatectomy")]),
        ("resection_mask: plan B", [GivenPlan("plan B", mask="plan B")]),
        ("asa: 2", []),
    ],
)  # fmt: skip
def test_single_plans_are_plans_too(tmp_path: Path, given: str, expected: list[GivenPlan]) -> None:
    assert list(plans(tmp_path, given)) == expected


def test_two_plans_never_have_one_name(tmp_path: Path) -> None:
    found = plans(tmp_path, "resection_plans: [{name: A, mask: x}, {name: A, mask: y}, {name: A, mask: z}]")
    assert [plan.name for plan in found] == ["A", "A (2)", "A (3)"]


def test_a_refused_single_plan_is_listed_with_its_reason(tmp_path: Path) -> None:
    found = plans(tmp_path, "resection_plan: {procedure: right lobectomy}\nresection_plans: [left hepatectomy]")
    assert [(plan.name, plan.reason is None) for plan in found] == [
        ("right lobectomy", False),
        ("left hepatectomy", True),
    ]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("resection_plans: [{name: small, segments_removed: [9]}, right lobectomy]", ["small", "right lobectomy"]),
        ("resection_plans: [{segments_removed: [9]}]", ["plan 1"]),
        ("resection_plan: {name: mine, segments_removed: [2, 9]}", ["mine"]),
    ],
)
def test_a_refused_plan_keeps_its_name_and_the_reason_names_the_segment(
    tmp_path: Path, given: str, names: list[str]
) -> None:
    found = record(tmp_path, f"{ONE}{given}\n")
    assert [plan.name for plan in found.plans] == names
    assert all(plan.reason for plan in found.plans)
    assert any("segment 9 is not among" in finding.message for finding in found.findings)
    written = given.partition(":")[0]
    assert all("resection_procedure" not in finding.message for finding in found.findings if written)


@pytest.mark.parametrize("segments", ["[2, 3]", "[5, 6, 7]", "none"])
def test_a_name_and_other_segments_in_one_plan_contradict_and_neither_is_used(tmp_path: Path, segments: str) -> None:
    found = record(tmp_path, f"{ONE}resection_plan: {{procedure: right hepatectomy, segments_removed: {segments}}}\n")
    assert codes(found) == ["CLIN_CONTRADICT"]
    assert {name for name in found.facts if name.startswith("resection_")} == {"resection_plan"}
    assert found.facts["resection_plan"].value is None
    (plan,) = found.plans
    assert plan.name == "right hepatectomy"
    assert not plan.segments
    assert (plan.reason or "").startswith("CLIN_CONTRADICT: right hepatectomy removes segments 5, 6, 7, 8")
    assert "resection_plan is not used" in found.findings[0].message
