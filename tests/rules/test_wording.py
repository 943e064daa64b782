"""Words of a verdict: limits are never rounded, names keep their capitals, raw names do not show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.rules import Catalogue, assess
from pipeline.rules.wording import lower_start, say_exactly, say_number, say_parameter
from tests.rules.small_catalogue import at_most, inputs_of, make_catalogue, number, rule

NOTHING = Inputs({}, {}, False, "MASK_ABSENT: there is no lesion mask")


@pytest.mark.parametrize(
    ("value", "text"), [(0.55, "0.55 %"), (26.6, "26.6 %"), (2.66, "2.66 %"), (30.0, "30 %"), (0.0, "0 %")]
)
def test_a_limit_is_printed_as_it_is(value: float, text: str) -> None:
    """A threshold of 0.55 must not be read as 0.6."""
    assert say_exactly(value, "%") == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.668, "0.67"), (0.8, "0.8"), (31.14, "31.1"), (-0.25, "-0.25"), (6, "6")]
)
def test_small_numbers_keep_two_decimals(value: float, text: str) -> None:
    """A remnant of 0.67 % of body weight is not told apart from 0.7 % with one decimal."""
    assert say_number(value) == text


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("ECOG 3", "ECOG 3"),
        ("Child-Pugh class", "Child-Pugh class"),
        ("Oslo score", "Oslo score"),
        ("LiMAx", "LiMAx"),
        ("Largest lesion", "largest lesion"),
        ("A lesion", "a lesion"),
    ],
)
def test_names_and_abbreviations_keep_their_capitals(text: str, inside: str) -> None:
    """Only an ordinary word loses its capital inside a sentence."""
    assert lower_start(text) == inside


@pytest.mark.parametrize("profile", ["seed", "consensus", "conservative", "expansive"])
def test_no_raw_name_and_no_empty_reason_reaches_the_reader(catalogue: Catalogue, profile: str) -> None:
    """Neither an input's name nor a class's nor an empty list stands in a statement or an explanation."""
    study: dict[str, Quantity] = {
        "primary_type": Fact("primary_type", "nothing_known"),
        "inr": Measurement("inr", 1.0, "1"),
        "lesion_count": Measurement("lesion_count", 3.0, "1", 3.0, 3.0),
    }
    for inputs in (NOTHING, Inputs(study, {f"L{n}": {} for n in (1, 2, 3)})):
        for verdict in assess(catalogue, profile, inputs).verdicts:
            for criterion in verdict.criteria:
                for text in (criterion.statement, criterion.explanation):
                    assert not re.search(r"[a-z]_[a-z]|:\s+still|\(3-3\)|  |no limit mm|[{}]", text), text


def test_a_parameter_without_limit_takes_no_unit(catalogue: Catalogue) -> None:
    """`no limit` stands alone; a number keeps its unit."""
    seed, consensus = (catalogue.under(name).parameters["lt_max_metastasis_mm"] for name in ("seed", "consensus"))
    assert (say_parameter(seed, " mm"), say_parameter(consensus, " mm")) == ("70 mm", "no limit")


def test_reasons_call_a_field_by_its_name_in_the_record(catalogue: Catalogue) -> None:
    """Not by half of it: ``height_cm``, as it is written in the record, never ``height cm``."""
    field = Fact("degree_of_hypertrophy_percent", None, "CLIN_MISSING: height_cm is not in the clinical record")
    given: dict[str, Quantity] = {"augmentation_done": Fact("augmentation_done", "PVE"), field.name: field}
    verdicts = assess(catalogue, "consensus", Inputs(given, {})).verdicts
    text = next(c.explanation for v in verdicts for c in v.criteria if c.id == "HYP-07")
    assert "height_cm is not in the clinical record" in text


def test_degree_of_hypertrophy_is_told_in_points(catalogue: Catalogue) -> None:
    """From 20 to 28 % of the standard liver are 8 points; 8 % of 20 % would be 1.6 points."""
    grown = Measurement("degree_of_hypertrophy_percent", 8.0, "%{points}")
    given: dict[str, Quantity] = {"augmentation_done": Fact("augmentation_done", "PVE"), grown.name: grown}
    verdicts = assess(catalogue, "consensus", Inputs(given, {})).verdicts
    text = next(c.explanation for v in verdicts for c in v.criteria if c.id == "HYP-07")
    assert "degree of hypertrophy 8 percentage points, needs at least 5 percentage points: met" in text


def test_a_surgeon_who_expects_no_complete_removal_is_quoted_plainly(catalogue: Catalogue) -> None:
    """What is asked is his yes, or his silence with a plan that does it."""
    given = (Fact("surgeon_r0_expected", False), Fact("surgeon_r0_stated", "not_expected"))
    study: dict[str, Quantity] = {each.name: each for each in given}
    verdicts = assess(catalogue, "consensus", Inputs(study, {})).verdicts
    text = next(c.explanation for v in verdicts for c in v.criteria if c.id == "RES-01")
    assert "what the surgeon says of complete removal (R0): not expected, needs expected or not stated: not met" in text


def test_a_verdict_that_is_read_is_named_by_its_title_with_what_it_can_still_be(tmp_path: Path) -> None:
    """Never eligible, as R-S is not met; refused or conditional by an input that is missing: both answer it."""
    rules = [
        rule("R-S", applies={"t1": "S"}, criterion=at_most("b", 30)),
        rule("R-H", applies={"t1": "H"}, criterion=at_most("a", 30)),
        rule("R-V", applies={"t2": "H"}, criterion={"verdict": "t1", "any_of": ["eligible"]}),
    ]
    small = make_catalogue(tmp_path, rules)
    for b, text in (
        (number(40), "One: not eligible or conditional, needs eligible: not met."),
        (number(20), "Not known: one: that verdict is not settled."),
    ):
        verdicts = assess(small, "base", inputs_of(b=b)).verdicts
        assert next(c for v in verdicts for c in v.criteria if c.id == "R-V").explanation == text
