"""Every row of the clinical catalogue is there: a rule, formula, convention or statement, or the reason why not.

``catalogue_ids.txt`` lists the ids of the catalogue's sections 3 to 22, copied from its page.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from pipeline.rules.documents import (
    Convention,
    Statement,
    carried_by,
    read_conventions,
    read_documents,
    read_formulas,
    read_gaps,
    read_statements,
)
from tests.rules.test_shipped_rules import CATALOGUE, CONFIGS

ROOT = CONFIGS.parent
LISTED = [
    line
    for line in (Path(__file__).parent / "catalogue_ids.txt").read_text(encoding="utf-8").split("\n")
    if line and not line.startswith("#")
]
RULES = {rule.id: rule for rule in CATALOGUE.rules}
CONVENTIONS, STATEMENTS, FORMULAS = read_conventions(CONFIGS), read_statements(CONFIGS), read_formulas(CONFIGS)
GAPS = read_gaps(CONFIGS)
MOST_GAPS = 8


def carriers(id_: str) -> list[str]:
    """Return what carries a row of the catalogue; LIV-08b and MEA-20-ABL are variants of LIV-08 and MEA-20."""
    variants = re.compile(re.escape(id_) + r"([a-z]|-[A-Z]+)?$")
    named = {each.id for each in CONVENTIONS} | {each.id for each in STATEMENTS} | {each.id for each in FORMULAS}
    names = {*RULES, *named}
    return sorted(name for name in names if variants.match(name))


def test_the_list_of_ids_is_whole() -> None:
    """The list has each id once, and as many of each section's kind as the catalogue's page has."""
    assert len(LISTED) == len(set(LISTED))
    kinds = [id_.split("-")[0] for id_ in LISTED]
    counted = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    wanted = {
        "F": 24,
        "MEA": 23,
        "D0": 6,
        "D1": 10,
        "D2": 8,
        "D3": 16,
        "D4": 18,
        "OUT": 7,
        "GEN": 3,
        "PAT": 9,
        "LIV": 13,
    }
    wanted |= {"LIV": 13, "VOL": 10, "RES": 16, "EGO": 5, "COL": 1, "HYP": 10, "STR": 8, "CMB": 3, "ABL": 21, "CRY": 3}
    wanted |= {"IRE": 8, "SBR": 16, "BRT": 7, "SIR": 15, "TAC": 10, "HAI": 11, "PHP": 7, "IHP": 1, "HYT": 4, "LTX": 18}
    wanted |= {"NET": 6, "SYS": 8, "SCO": 11, "PRI": 18, "IMG": 8, "DLM": 5, "FUP": 7}
    assert counted == wanted


@pytest.mark.parametrize("id_", LISTED)
def test_every_row_of_the_catalogue_is_carried_or_its_absence_explained(id_: str) -> None:
    """A row has a rule, formula, convention or statement of its id, or stands in configs/coverage.yaml: never both."""
    explained = id_ in {gap.id for gap in GAPS}
    assert bool(carriers(id_)) != explained, carriers(id_)


def test_the_gaps_are_few_and_rows_of_the_catalogue() -> None:
    """Only a handful of rows may be left out, each of them a row that exists."""
    assert len(GAPS) <= MOST_GAPS
    assert {gap.id for gap in GAPS} <= set(LISTED)


def test_rules_of_this_project_cannot_be_mistaken_for_rows_of_the_catalogue() -> None:
    """A rule whose id looks like PAT-10 is a row of the catalogue or a lettered variant of one."""
    rows = {rule for rule in RULES if re.fullmatch(r"[A-Z]+-\d\d[a-z]?", rule)}
    assert {rule for rule in rows if rule.rstrip("abcdefgh") not in LISTED} == set()


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.id)
def test_every_statement_of_the_source_documents_is_carried(statement: Statement) -> None:
    """Each rule that a statement names exists, each star stands for at least one, each field is in the record."""
    assert statement.id.startswith(f"{statement.document}-")
    assert statement.document in read_documents(CONFIGS)
    fields = yaml.safe_load((CONFIGS / "clinical.yaml").read_text(encoding="utf-8"))["fields"]
    for name in statement.rules:
        if name.startswith("record: "):
            assert name.removeprefix("record: ") in fields
        else:
            assert any(id_.startswith(name.rstrip("*")) if name.endswith("*") else id_ == name for id_ in RULES), name
    assert carried_by(statement, RULES)


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda convention: convention.id)
def test_every_convention_is_carried_out_somewhere(convention: Convention) -> None:
    """Each place that a convention names is a rule, a quantity of docs/measurements.md or a field of the record."""
    fields = yaml.safe_load((CONFIGS / "clinical.yaml").read_text(encoding="utf-8"))["fields"]
    page = (ROOT / "docs" / "measurements.md").read_text(encoding="utf-8")
    for name in convention.where:
        inputs = {each.removeprefix("lesion.") for each in CATALOGUE.inputs}
        assert name in RULES or name in inputs or name in fields or f"`{name}`" in page, name
    assert set(convention.sources) <= set(CATALOGUE.sources)


def test_a_note_for_some_patients_is_open_while_it_is_not_known_who_they_are() -> None:
    """A rule with a precondition and nothing else would be met for a patient of whom nothing is known."""
    bare = [rule.id for rule in RULES.values() if rule.when and not (rule.criterion or rule.classes or rule.points)]
    assert bare == []
