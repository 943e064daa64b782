"""The list of formulas: every one of the catalogue's, each with quantities that the program gives."""

from __future__ import annotations

from typing import TypedDict

import pytest
import yaml

from pipeline.measurement import Inputs
from pipeline.measures.derived import derive
from pipeline.rules import Catalogue
from tests.measures.derived.test_published_examples import WORDS
from tests.rules.conftest import CONFIGS

# Catalogue, section 3, copied by hand: id and confidence.
CONFIDENCE = {
    "F-01": "K", "F-02": "K", "F-03": "V", "F-04": "V / K", "F-05": "V", "F-06": "V", "F-07": "V", "F-08": "V",
    "F-09": "V", "F-10": "K", "F-11": "K", "F-12": "V", "F-13": "K", "F-14": "V", "F-15": "K", "F-16": "K / V-",
    "F-17": "K", "F-18": "K", "F-19": "K", "F-20": "K", "F-21": "K", "F-22": "K", "F-23": "K", "F-24": "V",
}  # fmt: skip


class Formula(TypedDict, total=False):
    id: str
    quantity: list[str]
    rules: list[str]
    formula: str
    unit: str
    sources: list[str]
    confidence: str
    note: str


FORMULAS: list[Formula] = yaml.safe_load((CONFIGS / "formulas.yaml").read_text(encoding="utf-8"))["formulas"]


def test_every_formula_of_the_catalogue_is_there() -> None:
    """F-01 to F-24, each once, with the catalogue's confidence."""
    assert {entry["id"]: entry["confidence"] for entry in FORMULAS} == CONFIDENCE
    assert len(FORMULAS) == len(CONFIDENCE)


@pytest.mark.parametrize("entry", FORMULAS, ids=lambda entry: entry["id"])
def test_a_formula_names_what_there_is(entry: Formula, catalogue: Catalogue) -> None:
    """Its quantities are inputs that rules know or derived ones, its rules and sources exist, its words are there."""
    derived = derive(Inputs({}), WORDS).study
    for name in entry["quantity"]:
        assert name in catalogue.inputs or name in derived, name
    assert set(entry["sources"]) <= set(catalogue.sources)
    assert set(entry.get("rules", [])) <= {rule.id for rule in catalogue.rules}
    assert entry["formula"]
    assert entry["unit"]
    assert entry["note"]


def test_every_derived_quantity_of_a_formula_can_be_read_by_rules(catalogue: Catalogue) -> None:
    """What derives from nothing but the record is declared as an input, with the same unit."""
    for name, quantity in derive(Inputs({}), WORDS).study.items():
        spec = catalogue.inputs.get(name)
        assert spec is not None, name
        assert spec.unit == quantity.unit or spec.type in ("truth", "word", "words"), name
