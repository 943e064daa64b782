"""What would change a verdict: numbers, sums, thresholds set by other inputs, words, truths and lists."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measurement import Inputs
from pipeline.rules import assess
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.readings import check_lesions
from pipeline.verdict import Flip, Outcome, Verdict
from tests.rules.random_rules import catalogue_of, inputs_from
from tests.rules.small_catalogue import INPUTS, at_most, inputs_of, make_catalogue, number, rule

OUTSIDE = {
    "word": {"label": "disease outside the liver", "type": "word", "source": "record"}
    | {"words": ["none", "resectable", "unresectable", "unknown"]}
}


def judge(folder: Path, rules: list[dict[str, Any]], study: Inputs, **more: Any) -> Verdict:
    return assess(make_catalogue(folder, rules, **more), "base", study).verdicts[0]


def texts(verdict: Verdict) -> list[str]:
    return [flip.text for flip in verdict.flips]


def test_a_word_that_would_change_the_verdict(tmp_path: Path) -> None:
    """In the words of the record, all words of one outcome together; a word for not known is none of them."""
    hard = {"input": "word", "any_of": ["none", "resectable"], "unknown": ["unknown"]}
    soft = rule("S", applies={"t1": "S"}, criterion={"input": "word", "is": "none", "unknown": ["unknown"]})
    verdict = judge(tmp_path, [rule(criterion=hard), soft], inputs_of(word="unresectable"), inputs=INPUTS | OUTSIDE)
    assert texts(verdict) == [
        "Disease outside the liver: unresectable; would be eligible if it were none",
        "Disease outside the liver: unresectable; would be conditional if it were resectable",
    ]
    flip = verdict.flips[1]
    assert (flip.value, flip.flip_at, flip.becomes) == ("unresectable", None, Outcome.CONDITIONAL)
    assert (flip.change_percent, flip.within_interval) == (None, False)


def test_a_truth_and_a_list(tmp_path: Path) -> None:
    """Yes for no; the empty list, and each word of a list that is asked for."""
    both = rule(criterion={"all": [{"input": "truth", "is": False}, {"not": {"input": "words", "any_of": ["x"]}}]})
    assert texts(judge(tmp_path, [both], inputs_of(truth=True, words=()))) == [
        "Truth: yes; would be eligible if it were no"
    ]
    assert texts(judge(tmp_path / "x", [both], inputs_of(truth=False, words=("x", "y")))) == [
        "Words: x, y; would be eligible if it were none"
    ]


def test_nothing_turns_on_what_no_event_changes(tmp_path: Path) -> None:
    """An input that is declared as fixed has no flip."""
    inputs = INPUTS | {"word": INPUTS["word"] | {"fixed": True}}
    one = rule(criterion={"input": "word", "is": "red"})
    assert judge(tmp_path, [one], inputs_of(word="blue"), inputs=inputs).flips == ()


def test_numbers_come_before_words(tmp_path: Path) -> None:
    """A number that is far away still leads."""
    one = rule(criterion={"any": [at_most("a", 30), {"input": "truth", "is": True}]})
    found = judge(tmp_path, [one], inputs_of(a=number(900), truth=False)).flips
    assert [flip.input for flip in found] == ["a", "truth"]


def test_one_lesions_part_of_a_sum(tmp_path: Path) -> None:
    """20 + 25 against at most 40: the nearer lesion's part that brings the sum to 40, by hand 15 and 20."""
    one = rule(scope="lesion", aggregate="sum", criterion=at_most("lesion.d", 40))
    (flip,) = judge(tmp_path, [one], inputs_of([number(20), number(25)])).flips
    assert (flip.lesion, flip.flip_at, flip.becomes) == ("L2", 20, Outcome.ELIGIBLE)


def test_a_threshold_that_another_input_sets(tmp_path: Path) -> None:
    """Twice another number: the number flips at the product, the other one at the quotient."""
    one = rule(criterion=at_most("a", {"of": "b", "times": 2}))
    found = {flip.input: flip for flip in judge(tmp_path, [one], inputs_of(a=number(50), b=number(20))).flips}
    assert (found["a"].flip_at, found["b"].flip_at) == (40, 25)
    assert found["b"].text == "B 20 mm; would be eligible at 25 mm or more"


def try_flip(ev: Evaluation, treatment: str, flip: Flip) -> set[Outcome]:
    """Return the outcomes at a flip point and just beside it."""
    at = flip.flip_at
    assert at is not None
    beside = (at, at + 1e-9 * max(abs(at), 1.0), at - 1e-9 * max(abs(at), 1.0), at + 1, at - 1)
    return {ev.suppose({(flip.input, flip.lesion): value}).find_outcome(treatment) for value in beside}


@pytest.mark.hazard("M36")
@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 10**7))
def test_a_flip_brings_about_what_it_says(seed: int) -> None:
    """Over random rules in everything the language can say, asked by walking the expressions."""
    draw = random.Random(seed)
    catalogue, inputs = catalogue_of(draw), inputs_from(draw, 0.1)
    rules = catalogue.under("base")
    ev = Evaluation(rules, check_lesions(inputs, rules.inputs))
    for verdict in assess(catalogue, "base", inputs).verdicts:
        for flip in verdict.flips:
            assert flip.becomes is not verdict.outcome
            if flip.flip_at is not None:
                assert flip.becomes in try_flip(ev, verdict.treatment, flip)
