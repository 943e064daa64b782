"""The page of the formulas: what each computes, from what, by which formula, and who published it."""

from __future__ import annotations

from pathlib import Path

from pipeline.rules.catalogue import Catalogue

NOTICE = "Research use. Decision support only; not a medical device."


def write_formulas(catalogue: Catalogue, configs: Path) -> str:
    """Return the page of the formulas in Markdown."""
    return f"# Formulas\n\n{NOTICE}\n"
