"""Add to what was measured and recorded every quantity that follows from it by a formula.

A formula is one pure function in one of the families; a family is one module and one line in ``FAMILIES`` of
``pipeline.measures.derived.families``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from pipeline.measurement import Fact, Inputs, Quantity


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

FORMULA = "formula: "
"""Begin of the source of a fact that a formula gave; such a fact is computed anew."""


def derive(inputs: Inputs, formulas: FormulaWords, families: Sequence[Family]) -> Inputs:
    """Return the inputs with every derived quantity computed anew, family by family.

    A stated fact is never replaced: one of the clinical record, or one that somebody supposes (``Fact``), whatever a
    formula would give in its place. What was measured, and facts whose source begins with ``FORMULA``, are.
    """
    for family in families:
        inputs = _add(inputs, family(inputs, formulas))
    return inputs


def _add(inputs: Inputs, derived: Derived) -> Inputs:
    lesions = {id_: _join(held, derived.lesions.get(id_, {})) for id_, held in inputs.lesions.items()}
    return replace(inputs, study=_join(inputs.study, derived.study), lesions=lesions)


def _join(held: Mapping[str, Quantity], new: Mapping[str, Quantity]) -> Mapping[str, Quantity]:
    return held if not new else {**held, **{name: each for name, each in new.items() if not _is_stated(held.get(name))}}


def _is_stated(quantity: Quantity | None) -> bool:
    return isinstance(quantity, Fact) and not quantity.source.startswith(FORMULA)
