"""Quantities that follow from others by a formula: no pixels, so a stored report gives them anew with other values."""

from pipeline.measures.derived.deriving import FAMILIES, Derived, Family, FormulaWords, derive

__all__ = ["FAMILIES", "Derived", "Family", "FormulaWords", "derive"]
