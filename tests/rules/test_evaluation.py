"""Answers of rules: thresholds by class, bounds, first known, lesions, references, classes and scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.measurement import Inputs, Measurement
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.results import build_result
from pipeline.verdict import CriterionResult, Grade, Kind, Outcome, Truth
from tests.rules.small_catalogue import at_most, inputs_of, make_catalogue, number, rule

MET, NOT, UNKNOWN, NA = Truth.MET, Truth.NOT_MET, Truth.INDETERMINATE, Truth.NOT_APPLICABLE
CLASS = rule(
    "CLS",
    applies={"study": "X"},
    class_name="colour",
    classes=[
        {"class": "hot", "when": {"input": "word", "is": "red"}},
        {"class": "warm", "when": {"input": "truth", "is": True}},
        {"class": "cold"},
    ],
)
BY_CLASS = {"by": "colour", "cases": {"hot": 40, "warm": 30, "cold": {"parameter": "limit"}}}


def answer(tmp_path: Path, rules: list[dict[str, Any]], inputs: Inputs, **more: Any) -> CriterionResult:
    """Return the result of the first of the rules."""
    catalogue = make_catalogue(tmp_path, rules, **more)
    view = catalogue.under("base")
    return build_result(Evaluation(view, inputs), view.rules[rules[0]["id"]], Kind.HARD)


@pytest.mark.parametrize(
    ("a", "facts", "truth"),
    [
        pytest.param(29, {}, MET, id="met for every class still possible"),
        pytest.param(41, {}, NOT, id="not met for any"),
        pytest.param(35, {}, UNKNOWN, id="classes differ"),
        pytest.param(35, {"word": "red"}, MET, id="class known"),
        pytest.param(35, {"word": "green"}, NOT, id="two classes left, same threshold"),
    ],
)
def test_a_threshold_by_class_is_decided_when_every_possible_class_agrees(
    tmp_path: Path, a: float, facts: dict[str, str], truth: Truth
) -> None:
    """With the class open, the comparison is made for every class that is still possible."""
    rules = [rule(criterion=at_most("a", BY_CLASS)), CLASS]
    result = answer(tmp_path, rules, inputs_of(a=number(a), **facts))
    assert result.truth is truth
    if truth is UNKNOWN:
        assert any(one.name == "colour" and one.reason.startswith("CLASS_OPEN") for one in result.missing)
        assert any(one.name == "word" for one in result.missing)


@pytest.mark.parametrize(("b", "truth"), [(29.9, NOT), (30.0, UNKNOWN), (80.0, UNKNOWN), (None, UNKNOWN)], ids=str)
def test_an_upper_bound_decides_a_missing_value(tmp_path: Path, b: float | None, truth: Truth) -> None:
    """What bounds a missing value from above can fail it, never pass it."""
    criterion = {"input": "a", "op": ">=", "threshold": 30, "unit": "mm", "bounded_above_by": "b"}
    result = answer(tmp_path, [rule(criterion=criterion)], inputs_of(b=number(b)))
    assert result.truth is truth
    assert result.evidence[0].value is None


@pytest.mark.parametrize(
    ("operand", "a", "b", "truth"),
    [
        ({"first_known": ["a", "b"]}, 20, 90, MET),
        ({"first_known": ["a", "b"]}, None, 90, NOT),
        ({"first_known": ["a", "b"]}, None, None, UNKNOWN),
        ({"lowest_of": ["a", "b"]}, 90, 20, MET),
        ({"lowest_of": ["a", "b"]}, 90, 91, NOT),
        ({"lowest_of": ["a", "b"]}, 20, None, MET),
        ({"lowest_of": ["a", "b"]}, 90, None, UNKNOWN),
        ({"highest_of": ["a", "b"]}, 90, None, NOT),
        ({"highest_of": ["a", "b"]}, 20, None, UNKNOWN),
        ({"highest_of": ["a", "b"]}, 20, 30, MET),
    ],
)
def test_several_inputs_give_one_value(
    tmp_path: Path, operand: dict[str, list[str]], a: float | None, b: float | None, truth: Truth
) -> None:
    """First known takes the first that is there; lowest and highest are bounded by those that are known."""
    result = answer(
        tmp_path, [rule(criterion=at_most("a", 30) | {"input": operand})], inputs_of(a=number(a), b=number(b))
    )
    assert result.truth is truth


def test_the_tightest_bound_counts(tmp_path: Path) -> None:
    """A wide bound does not take the place of a tight one."""
    criterion = at_most("a", 30) | {"op": ">=", "input": {"lowest_of": ["a", "b"]}, "bounded_above_by": "c"}
    assert answer(tmp_path, [rule(criterion=criterion)], inputs_of(b=number(12), c=number(105))).truth is NOT


@pytest.mark.parametrize(("b", "c", "truth"), [(40, 20, NOT), (40, 60, MET), (20, 60, NOT), (None, 60, UNKNOWN)])
def test_what_bounds_decide_is_not_overturned_by_a_fallback(
    tmp_path: Path, b: float | None, c: float, truth: Truth
) -> None:
    """While the preferred input is missing, its bounds are asked before the next one in the list."""
    criterion = at_most("a", 30) | {"op": ">=", "input": {"first_known": ["a", "b"]}, "bounded_above_by": "c"}
    assert answer(tmp_path, [rule(criterion=criterion)], inputs_of(b=number(b), c=number(c))).truth is truth


LESIONS = [
    ("all", {}, [10, 30], MET),
    ("all", {}, [10, 31], NOT),
    ("all", {}, [10, None], UNKNOWN),
    ("all", {}, [31, None], NOT),
    ("any", {}, [31, 10], MET),
    ("any", {}, [31, None], UNKNOWN),
    ("max", {}, [10, 31], NOT),
    ("max", {}, [31, None], NOT),
    ("max", {}, [10, None], UNKNOWN),
    ("sum", {}, [10, 20], MET),
    ("sum", {}, [10, 21], NOT),
    ("sum", {}, [31, None], NOT),
    ("sum", {}, [10, None], UNKNOWN),
    ("count", {"count": {"op": "<=", "threshold": 1}}, [10, 31], MET),
    ("count", {"count": {"op": "<=", "threshold": 1}}, [10, 11], NOT),
    ("count", {"count": {"op": "<=", "threshold": 1}}, [10, None], UNKNOWN),
    ("count", {"count": {"op": "<=", "threshold": 1}}, [31, None], MET),
]


@pytest.mark.parametrize(("aggregate", "more", "diameters", "truth"), LESIONS)
def test_lesions_are_aggregated(
    tmp_path: Path, aggregate: str, more: dict[str, Any], diameters: list[float | None], truth: Truth
) -> None:
    """Each way of aggregating reads the known lesions and lets a missing one leave open only what it can change."""
    one = rule(scope="lesion", aggregate=aggregate, criterion=at_most("lesion.d", 30), **more)
    assert answer(tmp_path, [one], inputs_of([number(d) for d in diameters])).truth is truth


@pytest.mark.hazard("M23")
@pytest.mark.parametrize("aggregate", ["all", "any", "max", "sum"])
def test_no_lesions_and_unknown_lesions_are_two_things(tmp_path: Path, aggregate: str) -> None:
    """Confirmed zero lesions: the rule does not apply. Lesions not known: it is indeterminate. Never met."""
    one = rule(scope="lesion", aggregate=aggregate, criterion=at_most("lesion.d", 30))
    assert answer(tmp_path / "zero", [one], inputs_of([])).truth is NA
    unknown = answer(tmp_path / "unknown", [one], inputs_of([number(1)], known=False))
    assert unknown.truth is UNKNOWN
    assert unknown.missing[0].name == "lesions"


def test_a_reference_means_the_same_lesion(tmp_path: Path) -> None:
    """Inside a lesion rule, another lesion rule is asked for that lesion: each may be covered by another one."""
    small = rule("SMALL", scope="lesion", aggregate="all", criterion=at_most("lesion.d", 30))
    large = rule("LARGE", scope="lesion", aggregate="all", criterion=at_most("lesion.d", 60) | {"op": ">="})
    either = rule("COVER", scope="lesion", aggregate="all", criterion={"any": [{"rule": "SMALL"}, {"rule": "LARGE"}]})
    assert answer(tmp_path / "a", [either, small, large], inputs_of([number(20), number(70)])).truth is MET
    assert answer(tmp_path / "b", [either, small, large], inputs_of([number(20), number(40)])).truth is NOT


def test_points_of_missing_items_stay_open(tmp_path: Path) -> None:
    """A score runs from the points that are sure to those still possible; the group is decided when both ends agree."""
    score = rule(
        "SCO",
        applies={"study": "X"},
        class_name="risk",
        points=[
            {"points": 2, "when": at_most("a", 30)},
            {"points": 1, "when": at_most("b", 30)},
        ],
        groups=[{"class": "low", "at_most": 1}, {"class": "high", "at_most": 3}],
    )
    assert answer(tmp_path / "a", [score], inputs_of(a=number(10))).class_value == "high (2-3)"
    assert answer(tmp_path / "b", [score], inputs_of(b=number(10))).class_value == "low or high (1-3)"
    assert answer(tmp_path / "c", [score], inputs_of(a=number(99))).class_value == "low (0-1)"


def test_a_parameter_without_limit_takes_the_comparison_away(tmp_path: Path) -> None:
    """No limit under a profile: the comparison is not applicable and drops out of AND."""
    profiles = {"base": {"parameters": {"limit": "no_limit", "most": 5, "mode": "strict"}}}
    only = rule(criterion=at_most("a", {"parameter": "limit"}))
    both = rule(criterion={"all": [at_most("a", {"parameter": "limit"}), at_most("b", 30)]})
    assert answer(tmp_path / "only", [only], inputs_of(a=number(999)), profiles=profiles).truth is NA
    assert answer(tmp_path / "both", [both], inputs_of(b=number(31)), profiles=profiles).truth is NOT


def test_a_strict_parameter_takes_out_the_or_equal(tmp_path: Path) -> None:
    """A threshold given as strict is not reached by the value itself."""
    profiles = {"base": {"parameters": {"limit": {"value": 30, "strict": True}, "most": 5, "mode": "strict"}}}
    one = rule(criterion=at_most("a", {"parameter": "limit"}))
    assert answer(tmp_path / "at", [one], inputs_of(a=number(30)), profiles=profiles).truth is NOT
    assert answer(tmp_path / "below", [one], inputs_of(a=number(29.9)), profiles=profiles).truth is MET


def test_grades(tmp_path: Path) -> None:
    """Ideal, acceptable and exceeded; no grade while the rule is open."""
    one = rule(criterion=at_most("a", 50), ideal=at_most("a", 30))
    cases = [(30, Grade.IDEAL), (50, Grade.ACCEPTABLE), (51, Grade.EXCEEDED), (None, None)]
    for place, (a, grade) in enumerate(cases):
        assert answer(tmp_path / str(place), [one], inputs_of(a=number(a))).grade is grade


def test_an_earlier_verdict_can_be_read(tmp_path: Path) -> None:
    """A rule may ask for an earlier verdict; while that is open, so is the rule."""
    first = rule("ONE", criterion=at_most("a", 30))
    second = rule("TWO", applies={"t2": "H"}, criterion={"verdict": "t1", "any_of": ["not_eligible"]})
    cases = [(31, MET), (30, NOT), (None, UNKNOWN)]
    for place, (a, truth) in enumerate(cases):
        assert answer(tmp_path / str(place), [second, first], inputs_of(a=number(a))).truth is truth


def test_a_given_indeterminate_verdict_is_open(tmp_path: Path) -> None:
    """An example that gives an earlier verdict as indeterminate leaves the rule open."""
    second = rule("TWO", applies={"t2": "H"}, criterion={"verdict": "t1", "any_of": ["not_eligible"]})
    view = make_catalogue(tmp_path, [second]).under("base")
    given = Evaluation(view, inputs_of(), given_verdicts={"t1": Outcome.INDETERMINATE})
    assert given.answer_rule("TWO").truth is UNKNOWN


def test_evidence_under_not_reads_from_outside(tmp_path: Path) -> None:
    """The comparison recorded under a NOT is the negated one, with the answer that goes with it."""
    result = answer(tmp_path, [rule(criterion={"not": at_most("a", 30)})], inputs_of(a=number(31)))
    assert (result.truth, result.evidence[0].op, result.evidence[0].truth) == (MET, ">", MET)


@pytest.mark.hazard("M36")
def test_a_borderline_value_names_its_flip_point(tmp_path: Path) -> None:
    """The explanation says value, interval, limit, answer, and where it would be another one."""
    one = rule(criterion=at_most("a", 30) | {"op": ">="})
    result = answer(tmp_path, [one], inputs_of(a=number(31.2, 28.9, 33.4)))
    assert result.borderline
    assert result.evidence[0].flip_at == 30
    assert result.explanation == "A 31.2 mm (28.9-33.4), needs at least 30 mm: met, borderline; not met below 30 mm."


@pytest.mark.parametrize(("joined", "settles"), [("any", True), ("all", False)])
def test_an_open_answer_is_borderline_only_where_a_value_could_settle_it(
    tmp_path: Path, joined: str, settles: bool
) -> None:
    """31 (29-33), at most 30, is not met. Beside something unknown: 29 would settle *any*, leaves *all* open."""
    known = at_most("a", 30)
    rules = [rule(criterion={"any": [known, at_most("b", 1)]})]
    if joined == "all":
        rules = [rule(criterion={"any": [{"all": [known, at_most("b", 1)]}, {"all": [at_most("b", 1)]}]})]
    result = answer(tmp_path, rules, inputs_of(a=number(31, 29, 33)))
    assert result.truth is UNKNOWN
    assert result.borderline is settles
    said = "A 31 mm (29-33), needs at most 30 mm: not met, borderline; met up to 30 mm."
    assert (said in result.explanation) is settles


@pytest.mark.hazard("U05")
@pytest.mark.parametrize(("value", "text"), [(29.96, "29.96 mm"), (29.9999, "29.9999 mm"), (30.04, "30.04 mm")])
def test_a_printed_value_never_crosses_its_limit(tmp_path: Path, value: float, text: str) -> None:
    """Rounding stops before the printed value would lie on the limit or beyond it."""
    result = answer(tmp_path, [rule(criterion=at_most("a", 30))], inputs_of(a=number(value)))
    assert f"A {text}, needs at most 30 mm" in result.explanation


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(Measurement("a", 3.0, "cm"), id="unit"),
        pytest.param(Measurement("a", -1.0, "mm"), id="impossible"),
        pytest.param(Measurement("a", float("inf"), "mm"), id="infinite"),
    ],
)
def test_an_input_that_cannot_be_right_counts_as_missing(tmp_path: Path, wrong: Measurement) -> None:
    """A wrong unit or an impossible value is not converted and not believed."""
    result = answer(tmp_path, [rule(criterion=at_most("a", 30))], inputs_of(a=wrong))
    assert result.truth is UNKNOWN
    assert result.missing[0].reason.startswith("INPUT_")


def test_a_word_that_rules_do_not_know_counts_as_missing(tmp_path: Path) -> None:
    """An unknown word, a truth in place of a word, and a word said to mean unknown are all not known."""
    one = rule(criterion={"input": "word", "is": "red", "unknown": ["blue"]})
    for place, value in enumerate(("purple", True, "blue")):
        assert answer(tmp_path / str(place), [one], inputs_of(word=value)).truth is UNKNOWN
    assert answer(tmp_path / "green", [one], inputs_of(word="green")).truth is NOT
