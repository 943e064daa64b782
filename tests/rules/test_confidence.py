"""Marks of what a criterion rests on; limits and marks by hand from the catalogue, sections 9, 11, 12 and 23."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.outcome import find_marks
from pipeline.rules import Catalogue
from pipeline.rules.results import build_result
from pipeline.verdict import Kind, Truth
from tests.rules.small_catalogue import VALUES, at_most, make_catalogue, rule
from tests.rules.test_surgery_content import LEFT, REMOVED, judge

NEAR_DUCT = {**LEFT, "dist_central_bile_duct_mm": 7.0}
"""Expansive: at least 5 mm from the central bile ducts, marked uncertain (section 23); elsewhere 10 mm or more."""


@pytest.mark.parametrize(
    ("id_", "confidence"), [("RES-01", "V-; threshold U through ABL-07"), ("CMB-01", "K; threshold U through ABL-07")]
)
def test_an_uncertain_threshold_marks_what_rests_on_it(id_: str, confidence: str) -> None:
    """A lesion 7 mm from the bile duct can be ablated in the expansive profile alone, by a threshold marked U."""
    ev = judge(40, [REMOVED, NEAR_DUCT], "expansive")
    result = build_result(ev, ev.rules.rules[id_], Kind.HARD)
    assert (result.truth, result.confidence, result.marks) == (Truth.MET, confidence, ("U",))
    strict = judge(40, [REMOVED, NEAR_DUCT], "consensus")
    result = build_result(strict, strict.rules.rules[id_], Kind.HARD)
    assert (result.truth is not Truth.MET, result.marks) == (True, ())


@pytest.mark.parametrize("profile", ["seed", "consensus", "conservative", "expansive"])
def test_no_rule_hides_an_uncertain_one_that_it_names(catalogue: Catalogue, profile: str) -> None:
    """Read from the rules as written: ``rule: X`` stands in the text of a criterion, X is U, so the mark is there."""
    view = catalogue.under(profile)
    named = {
        id_: set(re.findall(r"rule='([^']+)'", repr(view.conditions[id_]))) & set(view.rules) for id_ in view.rules
    }
    for id_, others in named.items():
        unsure = {other for other in others if "U" in find_marks(view.confidences[other])}
        assert not unsure or "U" in find_marks(view.confidences[id_]), (id_, unsure)


def test_marks_come_through_several_rules_and_not_through_verdicts(tmp_path: Path) -> None:
    """R-1 names R-2, which names R-3 with an uncertain threshold; the verdict of their treatment carries its own."""
    limit = {"parameter": "limit"}
    rules = [
        rule("R-1", criterion={"rule": "R-2"}, confidence="K"),
        rule("R-2", criterion={"all": [{"rule": "R-3"}, at_most("b", 3)]}),
        rule("R-3", criterion=at_most("a", limit), confidence="V / E"),
        rule("R-4", criterion={"rule": "R-5"}),
        rule("R-5", criterion=at_most("b", 3), confidence="V- / U"),
        rule("R-6", applies={"t2": "H"}, criterion={"verdict": "t1", "any_of": ["eligible"]}),
    ]
    values = {"parameters": VALUES | {"limit": {"value": 30, "confidence": "U"}}}
    view = make_catalogue(tmp_path, rules, profiles={"p": values}).under("p")
    assert {id_: view.confidences[id_] for id_ in (f"R-{n}" for n in range(1, 7))} == {
        "R-1": "K; threshold U through R-3",
        "R-2": "V; threshold U through R-3",
        "R-3": "V / E; threshold U",
        "R-4": "V; U through R-5",
        "R-5": "V- / U",
        "R-6": "V",
    }


def test_the_name_of_a_rule_is_no_mark() -> None:
    """A rule may be called U-1."""
    assert find_marks("K; threshold E through U-1, R-2") == ("E",)
