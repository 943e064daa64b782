"""Random rules over the inputs of ``small_catalogue`` in everything that the language can say, and random studies."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.rules import Catalogue
from tests.rules.small_catalogue import make_catalogue, number, rule

NAMES = ("a", "b", "c")
OPERATORS = ("<=", "<", ">=", ">", "==")
COLOUR = rule(
    "CLS",
    applies={"study": "X"},
    class_name="colour",
    classes=[
        {"class": "hot", "when": {"input": "a", "op": ">=", "threshold": 25, "unit": "mm"}},
        {"class": "warm", "when": {"input": "word", "is": "red"}},
        {"class": "cold"},
    ],
)
SCORE = rule(
    "SCO",
    applies={"study": "X"},
    class_name="group",
    base_points=1,
    points=[
        {"points": 2, "when": {"input": "truth", "is": True}},
        {"points": 1, "when": {"input": "b", "op": ">", "threshold": 20, "unit": "mm"}},
    ],
    groups=[{"class": "low", "at_most": 1}, {"class": "mid", "at_most": 3}, {"class": "high", "at_most": 9}],
)


def threshold_of(draw: random.Random) -> Any:
    kind = draw.randrange(7)
    if kind == 0:
        return {"parameter": "limit", "plus": draw.choice([0, 5])}
    if kind == 1:
        return {"by": "colour", "cases": {"hot": 10, "warm": {"parameter": "limit"}, "cold": 20}, "plus": 1}
    if kind == 2:
        return {"of": draw.choice(NAMES), "times": 2} | ({"otherwise": 20} if draw.random() < 0.5 else {})
    return draw.choice([10, 20, 30])


def operand_of(draw: random.Random, lesion: bool) -> Any:
    if lesion and draw.random() < 0.6:
        return "lesion.d"
    kind = draw.choice(["first_known", "lowest_of", "highest_of", "one", "one", "one"])
    return draw.choice(NAMES) if kind == "one" else {kind: draw.sample(NAMES, 2)}


def compare_of(draw: random.Random, lesion: bool) -> dict[str, Any]:
    bounds = {side: draw.choice(NAMES) for side in ("bounded_above_by", "bounded_below_by") if draw.random() < 0.2}
    operand = operand_of(draw, lesion)
    return {"input": operand, "op": draw.choice(OPERATORS), "threshold": threshold_of(draw), "unit": "mm"} | bounds


def leaf_of(draw: random.Random, lesion: bool, others: list[str]) -> dict[str, Any]:
    leaves: list[dict[str, Any]] = [
        {"input": "word", "any_of": draw.sample(["red", "green", "blue"], 2), "unknown": draw.choice([[], ["blue"]])},
        {"input": "truth", "is": draw.random() < 0.5},
        {"input": "words", "any_of": ["x", "y"]},
        {"input": "n", "op": draw.choice(OPERATORS), "threshold": {"parameter": "most"}, "unit": "1"},
        {"known": draw.sample([*NAMES, "word"], 2)},
        {"parameter": "mode", "is": draw.choice(["strict", "loose"])},
        {"case": "mode", "of": {"strict": compare_of(draw, lesion), "loose": compare_of(draw, lesion)}},
        {"class": "colour", "any_of": draw.sample(["hot", "warm", "cold"], 2)},
        {"class": "group", "any_of": [draw.choice(["low", "mid", "high"])]},
        {"score": "SCO", "op": draw.choice(OPERATORS), "threshold": draw.choice([1, 2, 3])},
    ]
    leaves += [{"rule": other} for other in others[-2:]]
    return draw.choice(leaves) if draw.random() < 0.5 else compare_of(draw, lesion)


def expression_of(draw: random.Random, depth: int, lesion: bool, others: list[str]) -> dict[str, Any]:
    kind = draw.choice(["all", "any", "not", "leaf"]) if depth else "leaf"
    if kind == "leaf":
        return leaf_of(draw, lesion, others)
    if kind == "not":
        return {"not": expression_of(draw, depth - 1, lesion, others)}
    return {kind: [expression_of(draw, depth - 1, lesion, others) for _ in range(2)]}


def scope_of(draw: random.Random) -> dict[str, Any]:
    if draw.random() < 0.5:
        return {"scope": "study"}
    aggregate = draw.choice(["all", "any", "max", "sum", "count"])
    count = {"count": {"op": draw.choice(OPERATORS), "threshold": draw.choice([1, {"parameter": "most"}])}}
    return {"scope": "lesion", "aggregate": aggregate} | (count if aggregate == "count" else {})


def rules_of(draw: random.Random) -> list[dict[str, Any]]:
    """Return random rules of two treatments, each of which may read those before it; the second reads verdicts."""
    rules = [COLOUR, SCORE]
    others: list[str] = []
    for place in range(draw.randint(3, 7)):
        scope = scope_of(draw)
        lesion = scope["scope"] == "lesion"
        treatment = "t1" if place < 3 else "t2"
        criterion = expression_of(draw, 2, lesion, others)
        if treatment == "t2" and draw.random() < 0.5:
            outcome = draw.choice(["eligible", "not_eligible", "conditional", "not_applicable"])
            criterion = {draw.choice(["any", "all"]): [criterion, {"verdict": "t1", "any_of": [outcome]}]}
        kind = draw.choice("HHS")
        more: dict[str, Any] = {"when": expression_of(draw, 1, lesion, others)} if draw.random() < 0.4 else {}
        more |= {"safety": True} if kind == "S" and draw.random() < 0.5 else {}
        more |= {"decides": "applicability"} if kind == "H" and draw.random() < 0.2 else {}
        rules.append(rule(f"R-{place}", applies={treatment: kind}, criterion=criterion, **scope, **more))
        others.append(f"R-{place}")
    hard = [rule(f"H-{name}", applies={name: "H"}, criterion=compare_of(draw, False)) for name in ("t1", "t2")]
    return [*rules, *hard]


def catalogue_of(draw: random.Random) -> Catalogue:
    limits: dict[str, Any] = {
        "limit": draw.choice([15, "no_limit", {"value": 15, "strict": True}]),
        "most": draw.choice([1, 2, "no_limit"]),
        "mode": draw.choice(["strict", "loose"]),
    }
    with TemporaryDirectory() as folder:
        return make_catalogue(Path(folder) / "x", rules_of(draw), profiles={"base": {"parameters": limits}})


def measurement_of(draw: random.Random, share: float) -> Measurement:
    value = draw.choice([0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 31.0, 40.0])
    if draw.random() < share:
        return number(None)
    return number(value) if draw.random() < 0.5 else number(value, max(0.0, value - 6), value + 6)


def inputs_from(draw: random.Random, share: float = 0.25) -> Inputs:
    """Return a study in which a share of the inputs is not known."""
    study: dict[str, Quantity] = {name: measurement_of(draw, share) for name in NAMES}
    words: dict[str, Any] = {
        "word": draw.choice(["red", "green", "blue"]),
        "truth": draw.random() < 0.5,
        "words": draw.choice([(), ("x",), ("z", "y")]),
    }
    study |= {name: Fact(name, value) for name, value in words.items() if draw.random() > share}
    if draw.random() > share:
        study["n"] = number(float(draw.randint(0, 3)), unit="1")
    lesions = {f"L{n}": {"d": measurement_of(draw, share)} for n in range(draw.randint(0, 3))}
    return Inputs(study, lesions, draw.random() > 0.1, None)
