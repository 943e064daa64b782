"""Extent of planned resections: Brisbane 2000, counted by hand on a drawing of Couinaud's segments."""

from __future__ import annotations

import pytest

from pipeline.measurement import Fact
from pipeline.measures.plan_extent import derive_plan_facts, find_plan_conflicts
from pipeline.readers.clinical.fields import load_clinical_fields
from tests.rules.conftest import CONFIGS

RESECTIONS = load_clinical_fields(CONFIGS / "clinical.yaml").resections


def facts_of(**given: str | bool | float | tuple[str, ...]) -> dict[str, Fact]:
    return {name: Fact(name, value, source="clinical record") for name, value in given.items()}


def follow(**given: str | bool | float | tuple[str, ...]) -> dict[str, Fact]:
    return derive_plan_facts(facts_of(**given), RESECTIONS)


# removed, word, major, preserved segments that hang together
BY_NAME = {
    "right_hepatectomy": (4, "major", True, 4),
    "left_hepatectomy": (3, "major", True, 5),
    "right_trisectionectomy": (5, "extended", True, 3),
    "right_trisectionectomy_with_segment_1": (6, "extended", True, 2),
    "left_trisectionectomy": (5, "extended", True, 3),
    "left_lateral_sectionectomy": (2, "minor", False, 6),
    "right_posterior_sectionectomy": (2, "minor", False, 6),
    "mesohepatectomy": (3, "major", True, 5),
    "segmentectomy_4b": (1, "minor", False, 7),
}


@pytest.mark.parametrize(("name", "wanted"), BY_NAME.items())
def test_named_resections(name: str, wanted: tuple[float, str, bool, float]) -> None:
    """Major from three segments side by side, extended from five."""
    found = follow(resection_procedure=name)
    names = ("segments_removed", "resection_extent", "resection_is_major", "remnant_segments_preserved")
    assert tuple(found[each].value for each in names) == wanted


def test_segments_apart_are_neither_minor_nor_major() -> None:
    """2, 6 and 8 do not touch: three segments, none beside another; 1, 3, 4, 5 and 7 hang together."""
    found = follow(resection_segments=("2", "6", "8"))
    for name in ("resection_extent", "resection_is_major"):
        assert found[name].value is None
        assert (found[name].reason or "").startswith("EXTENT_UNDEFINED: ")
    assert found["remnant_segments_preserved"].value == 5


@pytest.mark.parametrize(("removed", "preserved"), [(("4", "5", "8", "1"), 2), (("2", "3", "4", "5", "7", "8"), 1)])
def test_preserved_segments_must_hang_together(removed: tuple[str, ...], preserved: int) -> None:
    """Without 1, 4, 5 and 8 two pairs are left, 2-3 and 6-7; then 1 and 6 alone."""
    assert follow(resection_segments=removed)["remnant_segments_preserved"].value == preserved


def test_both_halves_of_the_fourth_are_one_segment() -> None:
    """4a and 4b are removed: as segment 4. Half of it is gone: it counts as removed and is not preserved."""
    whole, halves = follow(resection_segments=("4", "5")), follow(resection_segments=("4a", "4b", "5"))
    assert {name: whole[name].value for name in whole} | {"resection_segments": 0} == {
        name: halves[name].value for name in halves
    } | {"resection_segments": 0}
    half = follow(resection_segments=("4b", "5"))
    assert (half["segments_removed"].value, half["remnant_segments_preserved"].value) == (2, 6)


def test_a_stated_fact_is_used_and_the_difference_said() -> None:
    """The record says minor of a right hepatectomy."""
    facts = follow(resection_procedure="right_hepatectomy", resection_is_major=False, remnant_segments_preserved=4.0)
    assert facts["resection_is_major"].value is False
    (finding,) = find_plan_conflicts(facts, RESECTIONS)
    assert (finding.code, finding.touches) == ("CLIN_CONTRADICT", ("resection_is_major",))


def test_two_plans_that_differ_say_nothing() -> None:
    """A list of segments and a name for another resection."""
    facts = follow(resection_segments=("6", "7"), resection_procedure="right_hepatectomy")
    assert facts["resection_is_major"].value is None
    assert (facts["resection_is_major"].reason or "").startswith("CLIN_CONTRADICT: ")
    agreeing = follow(resection_segments=("5", "6", "7", "8"), resection_procedure="right_hepatectomy")
    assert agreeing["resection_is_major"].value is True


def test_without_a_plan_nothing_is_added() -> None:
    """An empty record, and one with other facts."""
    assert derive_plan_facts({}, RESECTIONS) == {}
    assert set(follow(ecog=1)) == {"ecog"}
