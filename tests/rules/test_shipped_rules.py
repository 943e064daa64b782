"""The contract of every shipped rule: its own examples hold, and it is indeterminate while nothing is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.measurement import Inputs
from pipeline.rules import Catalogue, assess, load_catalogue
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.examples import check_example
from pipeline.rules.given import Example
from pipeline.rules.model import Rule
from pipeline.verdict import Kind, Outcome, Truth

CONFIGS = Path(__file__).parents[2] / "configs"
CATALOGUE = load_catalogue(CONFIGS / "rules", CONFIGS / "profiles")
EXAMPLES = [(rule, place, example) for rule in CATALOGUE.rules for place, example in enumerate(rule.examples)]
PROFILES = ("seed", "consensus", "conservative", "expansive")
NOTHING = Inputs({}, {}, False, "MASK_ABSENT: there is no lesion mask")


@pytest.mark.parametrize(
    ("rule", "example"),
    [pytest.param(rule, example, id=f"{rule.id}-{place}") for rule, place, example in EXAMPLES],
)
def test_the_examples_of_a_rule_hold(rule: Rule, example: Example) -> None:
    """Each example of a rule file gives the answer, grade, classes and points written beside it."""
    assert check_example(CATALOGUE, rule, example) == ()


@pytest.mark.parametrize("rule", CATALOGUE.rules, ids=lambda rule: rule.id)
def test_every_rule_shows_each_answer_it_can_give(rule: Rule) -> None:
    """A rule has an example that is met, one not met and one indeterminate, save what it can never be."""
    shown = {example.expect for example in rule.examples}
    assert {Truth.MET, Truth.NOT_MET, Truth.INDETERMINATE} - set(rule.never) <= shown
    assert not shown & set(rule.never)


def test_the_four_profiles_are_there() -> None:
    """Seed, consensus, conservative and expansive are shipped."""
    assert set(CATALOGUE.profiles) == set(PROFILES)


@pytest.mark.hazard("M23")
@pytest.mark.parametrize("profile", PROFILES)
def test_hard_and_safety_rules_are_indeterminate_while_nothing_is_known(profile: str) -> None:
    """Without any input no hard rule is met, and no safety rule; those without a limit here do not apply."""
    ev = Evaluation(CATALOGUE.under(profile), NOTHING)
    for treatment in CATALOGUE.treatments:
        for vote in ev.votes(treatment.id):
            if vote.kind is Kind.HARD or vote.safety:
                no_limit = vote.rule == "EGO-B2" and profile in ("seed", "expansive")
                wanted = Truth.NOT_APPLICABLE if no_limit else Truth.INDETERMINATE
                assert vote.answer.truth is wanted, vote.rule


@pytest.mark.hazard("M23")
@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_known_settles_nothing(profile: str) -> None:
    """Without any input every treatment is indeterminate and names what it lacks."""
    for verdict in assess(CATALOGUE, profile, NOTHING).verdicts:
        assert verdict.outcome is Outcome.INDETERMINATE
        assert verdict.missing
        assert verdict.reason


def test_every_source_is_cited_by_a_known_key(catalogue: Catalogue) -> None:
    """Each rule names at least one source of the list of references."""
    assert all(rule.sources for rule in catalogue.rules)
