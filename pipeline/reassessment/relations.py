"""Quantities of the volumes that are bound to each other by arithmetic: where one is supposed, the others follow.

A relation is used only where the report's own numbers satisfy it: else the quantity would have to be measured anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from pipeline.measurement import Inputs, Measurement, Quantity
from pipeline.measures.derived.terms import evaluate, measured
from pipeline.measures.lesion_totals import MM_PER_CM
from pipeline.measures.volumetry import percent

SAME = 1e-6
"""Relative difference up to which the report's numbers satisfy a relation."""


@dataclass(frozen=True)
class Relation:
    """A quantity that follows from others.

    Parameters
    ----------
    triggers
        The ones whose change makes it another one; the others are only read.
    """

    name: str
    of: tuple[str, ...]
    triggers: frozenset[str]
    formula: Callable[..., float]
    method: str


def _relation(name: str, of: tuple[str, ...], formula: Callable[..., float], method: str, *only: str) -> Relation:
    return Relation(name, of, frozenset(only or of), formula, method)


TOTAL, LESIONS, FUNCTIONAL = "total_liver_volume_ml", "total_lesion_volume_ml", "functional_liver_volume_ml"
REMNANT, SHARE = "remnant_volume_ml", "remnant_percent"
RELATIONS = (
    _relation(FUNCTIONAL, (TOTAL, LESIONS), lambda total, lesions: total - lesions, "total liver less the lesions"),
    _relation("tumour_burden_percent", (LESIONS, TOTAL), percent, "lesions / total liver"),
    _relation(
        REMNANT, (SHARE, FUNCTIONAL), lambda share, whole: share * whole / 100, "remnant percent of the liver", SHARE
    ),
    _relation(SHARE, (REMNANT, FUNCTIONAL), percent, "remnant / functional liver"),
    _relation(
        "removed_percent", (REMNANT, TOTAL), lambda kept, total: 100 - percent(kept, total), "all but the remnant"
    ),
    _relation(
        "tumour_burden_score",
        ("largest_diameter_mm", "lesion_count"),
        lambda largest, count: math.hypot(largest / MM_PER_CM, count),
        "sqrt(d^2 + n^2), d the largest diameter in cm, n the number of lesions",
    ),
)


def follow_relations(before: Mapping[str, Quantity], inputs: Inputs, changed: Collection[str]) -> Inputs:
    """Return the inputs with what follows from changed quantities by arithmetic, in the order of the relations.

    Parameters
    ----------
    before
        Quantities of the study as the report has them.
    changed
        Names of the quantities of the study that are supposed, or that follow already.
    """
    study, known = dict(inputs.study), set(changed)
    for relation in RELATIONS:
        if relation.name in changed or not relation.triggers & known or not _holds(before, relation):
            continue
        reads = tuple(measured(study, name) for name in relation.of)
        old = study[relation.name]
        found = evaluate(relation.name, old.unit, relation.formula, reads, relation.method, _check)
        study[relation.name] = found if not isinstance(old, Measurement) else replace(found, masks=old.masks)
        known.add(relation.name)
    return replace(inputs, study=study)


def _check(*terms: float) -> str | None:
    return None if all(term >= 0 for term in terms) and terms[-1] > 0 else "its parts must be above zero"


def _holds(before: Mapping[str, Quantity], relation: Relation) -> bool:
    """Tell whether the report's own numbers satisfy a relation."""
    held = [before.get(name) for name in (relation.name, *relation.of)]
    values = [each.value for each in held if isinstance(each, Measurement) and each.value is not None]
    if len(values) < len(held):
        return False
    stated, *terms = values
    if not terms[-1] > 0:
        return False
    return math.isclose(relation.formula(*terms), stated, rel_tol=SAME, abs_tol=SAME)
