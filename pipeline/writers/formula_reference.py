"""The page of the formulas: what each computes, by which formula, in which unit, and who published it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.rules.catalogue import Catalogue
from pipeline.rules.documents import Formula, read_formulas
from pipeline.rules.wording import UNIT_WORDS
from pipeline.writers.rule_entry import link, say_confidence


def write_formulas(catalogue: Catalogue, configs: Path, pages: Mapping[str, str]) -> list[str]:
    """Return the lines of the page of the formulas in Markdown, below its heading.

    Parameters
    ----------
    pages
        File name of the page that each rule stands on.
    """
    lines = ["Quantities are defined in [measurements](../measurements.md).", ""]
    for formula in read_formulas(configs):
        lines += _write_formula(catalogue, formula, pages)
    return lines


def _write_formula(catalogue: Catalogue, formula: Formula, pages: Mapping[str, str]) -> list[str]:
    unit = UNIT_WORDS.get(formula.unit, formula.unit)
    names = ", ".join(f"`{name}`" for name in formula.quantity)
    lines = [f"## {formula.id}", "", f"{names}{' in ' + unit if unit else ''}: {formula.formula.strip()}", ""]
    lines += [f"> {formula.note.strip()}", ""] if formula.note else []
    if formula.rules:
        lines += ["- **Rules**: " + ", ".join(link(id_, pages) for id_ in formula.rules)]
    lines += ["- **Sources**: " + "; ".join(f"{key}: {catalogue.sources[key]}" for key in formula.sources)]
    return [*lines, f"- **Confidence**: {say_confidence(formula.confidence)}", ""]
