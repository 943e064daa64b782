"""Add to what was measured and recorded every quantity that follows from it by a formula.

A formula is one pure function in one of the families; a family is one module and one line in ``FAMILIES``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from pipeline.measurement import Inputs, Quantity


@dataclass(frozen=True)
class FormulaWords:
    """Formulas and numbers that a profile sets, by the parameter's name: ``bsa_formula``, ``ablation_margin_mm``."""

    words: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Derived:
    """Quantities by name, of the study and of each lesion by its id."""

    study: Mapping[str, Quantity] = field(default_factory=dict)
    lesions: Mapping[str, Mapping[str, Quantity]] = field(default_factory=dict)


Family: TypeAlias = Callable[[Inputs, FormulaWords], Derived]

FAMILIES: tuple[Family, ...] = ()
"""In the order in which they run: a family may read what an earlier one gave."""


def derive(inputs: Inputs, formulas: FormulaWords, families: tuple[Family, ...] | None = None) -> Inputs:
    """Return the inputs with every derived quantity computed anew; a stated fact is never replaced."""
    for family in FAMILIES if families is None else families:
        inputs = _add(inputs, family(inputs, formulas))
    return inputs


def _add(inputs: Inputs, derived: Derived) -> Inputs:
    lesions = {id_: {**held, **derived.lesions.get(id_, {})} for id_, held in inputs.lesions.items()}
    return replace(inputs, study={**inputs.study, **derived.study}, lesions=lesions)
