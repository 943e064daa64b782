"""Quantities that follow from others by a formula: no pixels, so a stored report gives them anew with other values."""

from pipeline.measurement import Inputs
from pipeline.measures.derived.deriving import Derived, Family, FormulaWords
from pipeline.measures.derived.deriving import derive as derive_by
from pipeline.measures.derived.families import FAMILIES

__all__ = ["FAMILIES", "Derived", "Family", "FormulaWords", "derive"]


def derive(inputs: Inputs, formulas: FormulaWords, families: tuple[Family, ...] | None = None) -> Inputs:
    """Return the inputs with every derived quantity computed anew (``pipeline.measures.derived.deriving.derive``)."""
    return derive_by(inputs, formulas, FAMILIES if families is None else families)
