"""Stable or not, and what would change a verdict: against brute force on small random catalogues."""

from __future__ import annotations

import math
import random
from itertools import pairwise, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measurement import Inputs, Measurement
from pipeline.rules import Catalogue, assess
from pipeline.rules import stability as stability_module
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.stability import find_possible
from pipeline.verdict import Outcome, Verdict
from tests.rules.small_catalogue import at_most, inputs_of, make_catalogue, number, rule

NAMES = ("a", "b", "c")
THRESHOLDS = (10, 20, 30)
OPERATORS = ("<=", "<", ">=", ">")


def compare_of(draw: random.Random, lesion: bool) -> dict[str, Any]:
    name = "lesion.d" if lesion and draw.random() < 0.6 else draw.choice(NAMES)
    return {"input": name, "op": draw.choice(OPERATORS), "threshold": draw.choice(THRESHOLDS), "unit": "mm"}


def expression_of(draw: random.Random, depth: int, lesion: bool) -> dict[str, Any]:
    kind = draw.choice(["all", "any", "not", "leaf"]) if depth else "leaf"
    if kind == "leaf":
        return compare_of(draw, lesion)
    if kind == "not":
        return {"not": expression_of(draw, depth - 1, lesion)}
    return {kind: [expression_of(draw, depth - 1, lesion) for _ in range(2)]}


def rules_of(draw: random.Random) -> list[dict[str, Any]]:
    """Return a few random rules of two treatments; the second may read the verdict on the first."""
    rules = []
    for place in range(draw.randint(2, 4)):
        lesion = draw.random() < 0.4
        more: dict[str, Any] = {"scope": "lesion", "aggregate": draw.choice(["all", "any", "max"])} if lesion else {}
        treatment = draw.choice(["t1", "t2"])
        criterion = expression_of(draw, 2, lesion)
        if treatment == "t2" and draw.random() < 0.5:
            criterion = {"any": [criterion, {"verdict": "t1", "any_of": [draw.choice(["eligible", "not_eligible"])]}]}
        if draw.random() < 0.3:
            more["when"] = expression_of(draw, 1, lesion)
        kind = draw.choice("HHS")
        rules.append(rule(f"R-{place}", applies={treatment: kind}, criterion=criterion, **more))
    hard = [rule(f"H-{name}", applies={name: "H"}, criterion=compare_of(draw, False)) for name in ("t1", "t2")]
    return [*rules, *hard]


def measurement_of(draw: random.Random) -> Measurement:
    value = draw.choice([5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0])
    if draw.random() < 0.15:
        return number(None)
    if draw.random() < 0.4:
        return number(value)
    return number(value, max(0.0, value - draw.choice([0, 3, 5, 12])), value + draw.choice([0, 3, 5, 12]))


def inputs_from(draw: random.Random) -> Inputs:
    lesions = [measurement_of(draw) for _ in range(draw.randint(0, 2))]
    return inputs_of(lesions, **{name: measurement_of(draw) for name in NAMES})


def points_in(measurement: Measurement) -> list[Measurement]:
    """Return exact values that meet every cell of an interval: its ends, every threshold, and halves between."""
    if measurement.value is None or measurement.low is None or measurement.high is None:
        return [measurement]
    marks = sorted({measurement.low, measurement.value, measurement.high, *map(float, THRESHOLDS)})
    marks += [(one + other) / 2 for one, other in pairwise(marks)]
    return [number(mark) for mark in marks if measurement.low <= mark <= measurement.high]


def sample_outcomes(catalogue: Catalogue, inputs: Inputs, treatment: str) -> set[Outcome]:
    """Return the outcomes at every combination of exact values from the intervals."""
    names = list(inputs.study)
    lesions = list(inputs.lesions)
    choices = [points_in(inputs.study[name]) for name in names] + [
        points_in(inputs.lesions[one]["d"]) for one in lesions
    ]
    found = set()
    for chosen in product(*choices):
        study = dict(zip(names, chosen, strict=False))
        own = {one: {"d": value} for one, value in zip(lesions, chosen[len(names) :], strict=True)}
        found.add(Evaluation(catalogue.under("base"), Inputs(study, own)).find_outcome(treatment))
    return found


def draw_case(seed: int) -> tuple[Catalogue, Inputs]:
    draw = random.Random(seed)
    with TemporaryDirectory() as folder:
        catalogue = make_catalogue(Path(folder) / "x", rules_of(draw))
    return catalogue, inputs_from(draw)


@pytest.mark.hazard("M36")
@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_the_possible_outcomes_are_those_that_sampling_finds(seed: int) -> None:
    """While cells are few, exactly the outcomes occur that brute force finds inside the intervals."""
    catalogue, inputs = draw_case(seed)
    ev = Evaluation(catalogue.under("base"), inputs)
    for treatment in ("t1", "t2"):
        possible = set(find_possible(ev, treatment, ev.find_outcome(treatment)))
        sampled = sample_outcomes(catalogue, inputs, treatment)
        if math.prod(len(values) for _, values in stability_module.find_cells(ev, treatment)) <= 128:
            assert possible == sampled
        assert possible >= sampled


@pytest.mark.hazard("M36")
@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_combining_sets_never_misses_an_outcome(seed: int) -> None:
    """The fallback for many cells names at least every outcome that brute force finds."""
    catalogue, inputs = draw_case(seed)
    ev = Evaluation(catalogue.under("base"), inputs)
    for treatment in ("t1", "t2"):
        assert set(stability_module.combine_sets_of(ev, treatment)) >= sample_outcomes(catalogue, inputs, treatment)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_a_flip_changes_the_verdict_and_nothing_nearer_does(seed: int) -> None:
    """At or just beside the flip point the verdict is the one named; at every sampled nearer value it is unchanged."""
    catalogue, inputs = draw_case(seed)
    view = catalogue.under("base")
    ev = Evaluation(view, inputs)
    for verdict in assess(catalogue, "base", inputs).verdicts:
        for flip in verdict.flips:
            key = (flip.input, flip.lesion)
            beside = (flip.flip_at, math.nextafter(flip.flip_at, -math.inf), math.nextafter(flip.flip_at, math.inf))
            outcomes = [ev.suppose({key: value}).find_outcome(verdict.treatment) for value in beside]
            assert flip.becomes in outcomes
            assert flip.becomes is not verdict.outcome
            for share in (0.1, 0.5, 0.9, 0.999):
                nearer = flip.value + share * (flip.flip_at - flip.value)
                assert ev.suppose({key: nearer}).find_outcome(verdict.treatment) is verdict.outcome


def judge(folder: Path, rules: list[dict[str, Any]], inputs: Inputs) -> Verdict:
    return assess(make_catalogue(folder, rules), "base", inputs).verdicts[0]


@pytest.mark.hazard("M36")
def test_intervals_are_varied_together(tmp_path: Path) -> None:
    """Two inputs that can each fall, but of which one must hold: together they can change the verdict."""
    either = rule(criterion={"any": [at_most("a", 30), at_most("b", 30)]})
    verdict = judge(tmp_path, [either], inputs_of(a=number(29, 28, 31), b=number(29, 28, 31)))
    assert (verdict.outcome, verdict.stable) == (Outcome.ELIGIBLE, False)
    assert verdict.possible == (Outcome.NOT_ELIGIBLE, Outcome.ELIGIBLE)
    assert verdict.flips == ()


def test_one_input_in_two_rules_is_varied_once(tmp_path: Path) -> None:
    """`at most 30 or above 30` holds for every value: an interval over 30 leaves the verdict stable."""
    always = rule(criterion={"any": [at_most("a", 30), at_most("a", 30) | {"op": ">"}]})
    verdict = judge(tmp_path, [always], inputs_of(a=number(30, 28, 31)))
    assert verdict.stable
    assert verdict.criteria[0].borderline


def test_many_borderline_lesions_stay_fast_and_sound(tmp_path: Path) -> None:
    """With thousands of combinations of cells the sets are combined, and the verdict is not stable."""
    one = rule(scope="lesion", aggregate="all", criterion=at_most("lesion.d", 30))
    verdict = judge(tmp_path, [one], inputs_of([number(29, 28, 31)] * 40))
    assert (verdict.outcome, verdict.stable) == (Outcome.ELIGIBLE, False)


def test_counts_are_varied_in_whole_numbers(tmp_path: Path) -> None:
    """A count of 3 to 4 never takes the value 3.5."""
    one = rule(criterion=at_most("n", 3.5, "1"))
    assert not judge(tmp_path / "a", [one], inputs_of(n=number(3, 3, 4, unit="1"))).stable
    between = rule(criterion={"any": [at_most("n", 3, "1"), at_most("n", 4, "1") | {"op": ">="}]})
    assert judge(tmp_path / "b", [between], inputs_of(n=number(3, 3, 4, unit="1"))).stable


def test_a_flip_is_physically_possible(tmp_path: Path) -> None:
    """No flip asks for a negative length."""
    one = rule(criterion=at_most("a", 0) | {"op": ">="})
    assert judge(tmp_path, [one], inputs_of(a=number(5))).flips == ()


@pytest.mark.hazard("M36")
def test_a_flip_in_words(tmp_path: Path) -> None:
    """The words say value, interval, what it becomes and where."""
    one = rule(criterion=at_most("a", 30) | {"op": ">="})
    flip = judge(tmp_path, [one], inputs_of(a=number(31.2, 28.9, 33.4))).flips[0]
    assert flip.text == "A 31.2 mm (28.9-33.4); would be not eligible below 30 mm"
    assert (flip.flip_at, flip.within_interval, flip.becomes) == (30, True, Outcome.NOT_ELIGIBLE)
    assert flip.change_percent == pytest.approx(-100 * 1.2 / 31.2)
    other = judge(tmp_path / "other", [rule(criterion=at_most("a", 40))], inputs_of(a=number(45.5))).flips[0]
    assert other.text == "A 45.5 mm; would be eligible at 40 mm or less"
