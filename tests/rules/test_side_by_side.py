"""Every treatment under every profile: outcomes are those of each profile alone, and the number named explains them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.measurement import Inputs
from pipeline.rules import Catalogue, assess, load_catalogue
from pipeline.rules.side_by_side import compare_profiles
from pipeline.verdict import Outcome, SideBySide
from tests.rules.small_catalogue import VALUES, at_most, inputs_of, number, rule, write_files
from tests.rules.test_shipped_rules import CATALOGUE, PROFILES

TWO = {"base": {"parameters": VALUES}, "narrow": {"from": "base", "parameters": {"limit": 20}}}
LIMIT = {"parameter": "limit"}
SITE = "site: Our clinic\noverrides:\n- {parameter: limit, value: 10, profiles: [narrow], reason: own results}\n"


def make(
    folder: Path, rules: list[dict[str, object]], profiles: dict[str, dict[str, object]] | None = None
) -> Catalogue:
    return load_catalogue(*write_files(folder, rules, profiles=profiles or TWO))


def compare(catalogue: Catalogue, inputs: Inputs) -> dict[str, SideBySide]:
    found = compare_profiles(catalogue, lambda _: inputs, tuple(catalogue.profiles))
    return {side.treatment: side for side in found}


def test_profiles_that_agree_part_on_nothing(tmp_path: Path) -> None:
    """Both outcomes stand side by side; no criterion is named."""
    side = compare(make(tmp_path, [rule(criterion=at_most("a", LIMIT))]), inputs_of(a=number(15)))["t1"]
    assert dict(side.outcomes) == {"base": Outcome.ELIGIBLE, "narrow": Outcome.ELIGIBLE}
    assert side.parting is None


def test_the_number_that_decides_is_named_with_each_threshold(tmp_path: Path) -> None:
    """25 mm is within 30 and not within 20; what else fails nowhere is not named."""
    rules = [rule("R-1", criterion=at_most("b", 40)), rule("R-2", criterion=at_most("a", LIMIT))]
    side = compare(make(tmp_path, rules), inputs_of(a=number(25, 24, 26), b=number(10)))["t1"]
    parting = side.parting
    assert parting is not None
    assert (parting.rule, parting.input, parting.value, parting.low, parting.high) == ("R-2", "a", 25, 24, 26)
    assert dict(parting.thresholds) == {"base": "at most 30 mm", "narrow": "at most 20 mm"}
    assert parting.text == (
        "R-2 (R-2): a 25 mm (24-26). base: at most 30 mm, met (eligible); "
        "narrow: at most 20 mm, not met (not eligible)."
    )


def test_a_criterion_that_alone_explains_is_preferred(tmp_path: Path) -> None:
    """A soft rule answers differently too, but it is the hard one that makes the outcome."""
    rules = [
        rule("R-SOFT", applies={"t1": "S"}, criterion=at_most("b", LIMIT)),
        rule("R-HARD", criterion=at_most("a", LIMIT)),
    ]
    side = compare(make(tmp_path, rules), inputs_of(a=number(25), b=number(25)))["t1"]
    assert side.parting is not None
    assert side.parting.rule == "R-HARD"


def test_another_effect_of_the_same_answer_is_named(tmp_path: Path) -> None:
    """The rule fails in both profiles; it must be met in one and should be met in the other."""
    rules = [rule("R-1", applies={"t1": {"default": "S", "narrow": "H"}}, criterion=at_most("a", 30))]
    hard = rule("R-2", criterion=at_most("b", 30))
    side = compare(make(tmp_path, [*rules, hard]), inputs_of(a=number(35), b=number(1)))["t1"]
    assert dict(side.outcomes) == {"base": Outcome.CONDITIONAL, "narrow": Outcome.NOT_ELIGIBLE}
    assert side.parting is not None
    assert dict(side.parting.thresholds) == {
        "base": "at most 30 mm (should be met)",
        "narrow": "at most 30 mm (must be met)",
    }


def test_the_lesion_that_decides_is_named(tmp_path: Path) -> None:
    """Of three lesions the one that is within one profile's limit and beyond the other's."""
    size = rule(scope="lesion", aggregate="all", criterion=at_most("lesion.d", LIMIT))
    side = compare(make(tmp_path, [size]), inputs_of([number(5), number(25), number(10)]))["t1"]
    assert side.parting is not None
    assert (side.parting.lesion, side.parting.value) == ("L2", 25)


def test_what_parts_through_an_earlier_verdict_names_its_number(tmp_path: Path) -> None:
    """The second treatment is for those whom the first one is not; its number is the first one's."""
    rules = [
        rule("R-1", criterion=at_most("a", LIMIT)),
        rule("R-2", applies={"t2": "H"}, criterion={"verdict": "t1", "any_of": ["not_eligible"]}),
    ]
    parting = compare(make(tmp_path, rules), inputs_of(a=number(25)))["t2"].parting
    assert parting is not None
    assert (parting.rule, parting.input, parting.value, parting.through) == ("R-2", "a", 25, "one")


def test_a_choice_of_the_profile_is_named(tmp_path: Path) -> None:
    """Where a word of the profile decides and no number, the word is what they part on."""
    profiles = {"base": {"parameters": VALUES}, "free": {"from": "base", "parameters": {"mode": "loose"}}}
    rules = [rule("R-1", criterion={"parameter": "mode", "is": "loose"}), rule("R-2", criterion=at_most("a", 30))]
    parting = compare(make(tmp_path, rules, profiles), inputs_of(a=number(1)))["t1"].parting
    assert parting is not None
    assert dict(parting.thresholds) == {"base": "strict", "free": "loose"}


def test_a_sites_threshold_says_that_it_is_one(tmp_path: Path) -> None:
    """The site's own limit is labelled with the site and its reason."""
    folders = write_files(tmp_path, [rule(criterion=at_most("a", LIMIT))], profiles=TWO)
    (tmp_path / "site.yaml").write_text(SITE)
    parting = compare(load_catalogue(*folders, tmp_path / "site.yaml"), inputs_of(a=number(15)))["t1"].parting
    assert parting is not None
    assert parting.thresholds["narrow"] == "at most 10 mm (site: Our clinic (own results))"


def test_an_uncertain_threshold_carries_its_mark(tmp_path: Path) -> None:
    """The mark stands beside the threshold of the profile that set it."""
    unsure = {"from": "base", "parameters": {"limit": {"value": 20, "confidence": "U"}}}
    profiles = {"base": {"parameters": VALUES}, "narrow": unsure}
    parting = compare(make(tmp_path, [rule(criterion=at_most("a", LIMIT))], profiles), inputs_of(a=number(25)))[
        "t1"
    ].parting
    assert parting is not None
    assert dict(parting.thresholds) == {"base": "at most 30 mm", "narrow": "at most 20 mm [U]"}


@pytest.mark.parametrize("number_of_lesions", [0, 4, 7])
def test_outcomes_are_those_of_each_profile_alone(number_of_lesions: int) -> None:
    """Outcome, grade and stability under each shipped profile are those of an assessment under it."""
    sizes = [number(value, value - 2, value + 2) for value in (12.0, 21.0, 29.0, 33.0, 8.0, 9.0, 10.0)]
    lesions = {f"L{place}": {"longest_diameter_mm": size} for place, size in enumerate(sizes[:number_of_lesions], 1)}
    study = {
        "lesion_count": number(float(number_of_lesions), unit="1"),
        "standardized_remnant_percent": number(31.0, 28.0, 34.0, unit="%"),
    }
    inputs = Inputs(study, lesions, True, None)
    compared = compare_profiles(CATALOGUE, lambda _: inputs, PROFILES)
    for profile in PROFILES:
        verdicts = assess(CATALOGUE, profile, inputs).verdicts
        for side, verdict in zip(compared, verdicts, strict=True):
            found = (side.treatment, side.outcomes[profile], side.grades[profile], side.stable[profile])
            assert found == (verdict.treatment, verdict.outcome, verdict.grade, verdict.stable)
    assert all((side.parting is None) == (len(set(side.outcomes.values())) == 1) for side in compared)
    assert number_of_lesions < 7 or any(side.parting is not None for side in compared)
