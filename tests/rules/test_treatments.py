"""From criteria to a verdict: order of outcomes, kinds, safety rules, applicability, grade, reasons."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from pipeline.measurement import Fact, Inputs, Measurement
from pipeline.rules import Catalogue, assess
from pipeline.rules.answer import Answer
from pipeline.rules.kleene import only
from pipeline.rules.votes import Vote, find_outcome, find_possible_outcomes
from pipeline.verdict import Grade, Kind, Outcome, Truth, Verdict
from tests.rules.small_catalogue import at_most, inputs_of, make_catalogue, number, rule

ELIGIBLE, CONDITIONAL, OPEN = Outcome.ELIGIBLE, Outcome.CONDITIONAL, Outcome.INDETERMINATE
REFUSED, NONE = Outcome.NOT_ELIGIBLE, Outcome.NOT_APPLICABLE
YES, NO, LACKING = number(10), number(90), number(None)


def judge(folder: Path, rules: list[dict[str, Any]], inputs: Inputs) -> Verdict:
    return assess(make_catalogue(folder, rules), "base", inputs).verdicts[0]


HARD = rule("HARD", criterion=at_most("a", 30))
SOFT = rule("SOFT", applies={"t1": "S"}, criterion=at_most("b", 30))
SAFE = rule("SAFE", applies={"t1": "S"}, criterion=at_most("b", 30), safety=True)
WHETHER = rule("WHETHER", criterion=at_most("n", 3, "1"), decides="applicability")
COUNT, MANY = number(1, unit="1"), number(9, unit="1")


@pytest.mark.parametrize(
    ("rules", "given", "outcome", "decided_by"),
    [
        pytest.param([HARD, SOFT], {"a": YES, "b": YES}, ELIGIBLE, (), id="all met"),
        pytest.param([HARD, SOFT], {"a": NO, "b": YES}, REFUSED, ("HARD",), id="hard not met"),
        pytest.param([HARD, SOFT], {"a": LACKING, "b": YES}, OPEN, ("HARD",), id="hard missing"),
        pytest.param([HARD, SOFT], {"a": YES, "b": NO}, CONDITIONAL, ("SOFT",), id="soft not met"),
        pytest.param([HARD, SOFT], {"a": YES, "b": LACKING}, ELIGIBLE, (), id="soft missing"),
        pytest.param([HARD, SAFE], {"a": YES, "b": LACKING}, CONDITIONAL, ("SAFE",), id="safety missing"),
        pytest.param([HARD, SAFE], {"a": YES, "b": YES}, ELIGIBLE, (), id="safety met"),
        pytest.param([HARD, SOFT], {"a": LACKING, "b": NO}, OPEN, ("HARD",), id="missing before conditional"),
        pytest.param([HARD, WHETHER], {"a": NO, "n": MANY}, NONE, ("WHETHER",), id="not applicable first"),
        pytest.param([HARD, WHETHER], {"a": NO, "n": LACKING}, OPEN, ("WHETHER",), id="not known whether it applies"),
        pytest.param([HARD, WHETHER], {"a": NO, "n": COUNT}, REFUSED, ("HARD",), id="applies and not eligible"),
    ],
)
def test_the_order_of_outcomes(
    tmp_path: Path,
    rules: list[dict[str, Any]],
    given: dict[str, Measurement],
    outcome: Outcome,
    decided_by: tuple[str, ...],
) -> None:
    """Not applicable, not eligible, indeterminate, conditional, eligible: taken in this order."""
    verdict = judge(tmp_path, rules, inputs_of(**given))
    assert (verdict.outcome, verdict.decided_by) == (outcome, decided_by)
    assert verdict.reason.endswith(".")
    if outcome is not ELIGIBLE:
        assert decided_by[0] in verdict.reason


def test_a_note_changes_nothing(tmp_path: Path) -> None:
    """A note that is not met, or not known, leaves the verdict alone and is still reported."""
    note = rule("NOTE", applies={"t1": "N"}, criterion=at_most("b", 30))
    verdict = judge(tmp_path, [HARD, note], inputs_of(a=YES, b=NO))
    assert verdict.outcome is ELIGIBLE
    assert [result.truth for result in verdict.criteria] == [Truth.MET, Truth.NOT_MET]


def test_the_grade_is_the_worst_of_hard_and_soft(tmp_path: Path) -> None:
    """An eligible treatment is graded by its worst hard or soft rule; others have no grade."""
    fine = HARD | {"ideal": at_most("a", 20)}
    soft = SOFT | {"ideal": at_most("b", 20)}
    cases = [(10, 10, Grade.IDEAL), (10, 25, Grade.ACCEPTABLE), (25, 10, Grade.ACCEPTABLE), (10, 31, None)]
    for place, (a, b, grade) in enumerate(cases):
        assert judge(tmp_path / str(place), [fine, soft], inputs_of(a=number(a), b=number(b))).grade is grade


def test_what_is_missing_is_listed_with_reasons_hard_rules_first(tmp_path: Path) -> None:
    """Each missing input is named once with its reason."""
    verdict = judge(tmp_path, [SOFT, HARD], inputs_of(a=LACKING))
    assert [(one.name, one.reason) for one in verdict.missing] == [
        ("a", "GONE: not there"),
        ("b", "NOT_GIVEN: not among the measurements of this study"),
    ]


def test_an_answer_is_explained_by_what_it_rests_on(tmp_path: Path) -> None:
    """Members of an *any* that was met by another, or of an *all* that another one failed, explain nothing."""
    either = {"any": [at_most("b", 30), at_most("c", 30)]}
    both = rule(criterion={"all": [at_most("a", 30), either]})
    failed = judge(tmp_path / "failed", [both], inputs_of(a=NO, b=NO, c=YES)).criteria[0]
    assert [one.input for one in failed.evidence if not one.beside] == ["a"]
    assert failed.explanation == "A 90 mm, needs at most 30 mm: not met."
    still_open = judge(tmp_path / "open", [both], inputs_of(a=LACKING, b=LACKING, c=YES)).criteria[0]
    assert [one.name for one in still_open.missing] == ["a"]


def test_a_kind_can_differ_between_profiles(tmp_path: Path) -> None:
    """A rule that is soft by default can be hard in one profile."""
    one = rule("ONE", applies={"t1": {"default": "S", "base": "H"}}, criterion=at_most("a", 30))
    assert judge(tmp_path, [one], inputs_of(a=NO)).outcome is REFUSED


def test_a_treatment_without_a_hard_rule_is_refused(tmp_path: Path) -> None:
    """Nothing would hold such a treatment back while nothing is known."""
    with pytest.raises(Exception, match="t1 has no hard rule"):
        make_catalogue(tmp_path, [SOFT])


@pytest.mark.parametrize("applicability", [True, False])
def test_possible_outcomes_are_those_of_all_choices(applicability: bool) -> None:
    """The outcomes of sets of truths are exactly those of every choice of one truth for each rule."""
    kinds = [(Kind.HARD, False, applicability), (Kind.HARD, False, False), (Kind.SOFT, True, False)]
    votes = [Vote(str(place), *kind, Answer(Truth.MET, only(Truth.MET))) for place, kind in enumerate(kinds)]
    sets = [frozenset(choice) for n in (1, 2) for choice in product(Truth, repeat=n)]
    for chosen in product(sorted(set(sets), key=sorted), repeat=3):
        wanted = {find_outcome(zip(votes, truths, strict=True)) for truths in product(*chosen)}
        assert find_possible_outcomes(zip(votes, chosen, strict=True)) == wanted


WORDS = {
    "absent": OPEN,
    "declared_empty": OPEN,
    "below_half": OPEN,
    "only_specks": OPEN,
    "too_many": OPEN,
    "zero_confirmed": NONE,
}


@pytest.mark.hazard("M23")
@pytest.mark.parametrize("profile", ["seed", "consensus", "conservative", "expansive"])
@pytest.mark.parametrize(("word", "outcome"), WORDS.items())
def test_no_lesion_is_never_eligible(catalogue: Catalogue, profile: str, word: str, outcome: Outcome) -> None:
    """Confirmed zero lesions: no treatment applies. Absent, empty or specks only: every treatment is indeterminate."""
    known = word == "zero_confirmed"
    study = {"lesion_state": Fact("lesion_state", word), "primary_type": Fact("primary_type", "colorectal")}
    for verdict in assess(catalogue, profile, Inputs(study, {}, known, None)).verdicts:
        if verdict.treatment == "transplantation_net":
            assert verdict.outcome is NONE
        else:
            assert verdict.outcome is outcome


@pytest.mark.hazard("M23")
@pytest.mark.parametrize(
    ("study", "lesions"),
    [
        pytest.param({"lesion_state": "found"}, 0, id="found but none listed"),
        pytest.param({"lesion_state": "zero_confirmed"}, 2, id="zero but two listed"),
        pytest.param({"lesion_state": "found", "lesion_count": 3}, 2, id="three counted, two listed"),
    ],
)
def test_contradictions_about_lesions_make_them_unknown(
    catalogue: Catalogue, study: dict[str, Any], lesions: int
) -> None:
    """Where count, words and list of lesions contradict each other, none of them is believed."""
    held = {
        name: Fact(name, value) if isinstance(value, str) else number(value, unit="1") for name, value in study.items()
    }
    listed = {f"L{n}": {"longest_diameter_mm": number(10)} for n in range(lesions)}
    for verdict in assess(catalogue, "consensus", Inputs(held, listed)).verdicts:
        assert verdict.outcome is OPEN
        assert any("LESIONS_CONTRADICT" in one.reason for one in verdict.missing)
