"""The rule reference in docs/rules: as generated, every rule in full, marks of uncertainty included."""

from __future__ import annotations

import re

import pytest

from pipeline.rules.model import Rule
from pipeline.writers.rule_reference import write_reference
from tests.rules.test_shipped_rules import CATALOGUE, CONFIGS

FOLDER = CONFIGS.parent / "docs" / "rules"
PAGES = write_reference(CATALOGUE, CONFIGS)
WHOLE = "\n".join(PAGES.values())


def test_the_pages_are_up_to_date() -> None:
    """`make rules-docs` after a change of the rules."""
    held = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert sorted(held) == sorted(PAGES)
    assert [name for name in held if held[name] != PAGES[name]] == []


@pytest.mark.parametrize("rule", CATALOGUE.rules, ids=lambda rule: rule.id)
def test_every_rule_has_its_entry(rule: Rule) -> None:
    """Id, title, sources spelled out, and the word for an uncertain or engineering confidence stand on its page."""
    entry = next(
        found
        for page in PAGES.values()
        for found in re.split(r"^## ", page, flags=re.MULTILINE)
        if found.startswith(f"{rule.id}\n")
    )
    assert f"**{rule.title}**" in entry
    for key in rule.sources:
        assert CATALOGUE.sources[key] in entry
    marks = rule.confidence.split(" / ")
    assert ("U" in marks) <= ("**uncertain**" in entry)
    assert ("E" in marks) <= ("**engineering default**" in entry)


def test_thresholds_of_all_profiles_stand_side_by_side() -> None:
    """ABL-01: 50 mm, under the conservative profile 30 mm; where a profile is silent and what is uncertain is said."""
    page = PAGES["ablation.md"]
    assert "(`ablation_max_mm`) | 50 mm (from consensus) | 50 mm | 30 mm | 50 mm |" in page
    assert "5 mm (U: **uncertain**" in page


def test_every_link_leads_somewhere() -> None:
    """Links between pages name a page and a rule on it."""
    for name, anchor in re.findall(r"\]\((\w*\.md)?#([\w-]+)\)", WHOLE):
        pages = [PAGES[name]] if name else PAGES.values()
        assert any(f"## {anchor}\n" in page.lower() for page in pages), (name, anchor)


def test_every_page_carries_the_notice() -> None:
    """Research use, on every page."""
    assert all("Research use. Decision support only; not a medical device." in page for page in PAGES.values())
