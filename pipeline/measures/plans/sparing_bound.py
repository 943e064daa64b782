"""What every resection that takes each lesion with a margin leaves at most (catalogue VOL-10): an optimistic bound."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.measurement import Measurement
from pipeline.measures.plans.basis import Basis
from pipeline.measures.plans.leaving import leave
from pipeline.plan import Plan

METHOD = (
    "optimistic bound: liver tissue farther than {margin:g} mm from every lesion; no access, vessel or cut is reckoned "
    "with"
)
MASKS = ("liver", "lesion")


def name_bound(margin_mm: float) -> str:
    """Return the name of the bound for a margin: ``sparing_remnant_1mm_ml``."""
    return f"sparing_remnant_{margin_mm:g}mm_ml"


def sparing_plans(lesions: Sequence[str], margins_mm: Sequence[float]) -> tuple[Plan, ...]:
    """Return the plans that take every lesion with a margin, one for each margin.

    Parameters
    ----------
    lesions
        All of the ground, by id.
    """
    return tuple(Plan(wedges=tuple(lesions), wedge_mm=margin if lesions else 0.0) for margin in margins_mm)


def measure_bounds(basis: Basis, margins_mm: Sequence[float]) -> tuple[Measurement, ...]:
    """Return ``sparing_remnant_<margin>mm_ml`` for each margin: liver tissue farther than it from every lesion.

    Parameters
    ----------
    basis
        Found with ``sparing_plans`` of these margins among its plans; all are in its ground.
    """
    plans = sparing_plans(basis.ground.lesions, margins_mm)
    return tuple(_measure(basis, plan, margin) for plan, margin in zip(plans, margins_mm, strict=True))


def absent_bounds(margins_mm: Sequence[float], reason: str) -> tuple[Measurement, ...]:
    """Return the bounds without a value, where the liver or its lesions are not known: ``CODE: sentence``."""
    return tuple(
        Measurement(name_bound(margin), None, "mL", reason=reason, method=METHOD.format(margin=margin), masks=MASKS)
        for margin in margins_mm
    )


def _measure(basis: Basis, plan: Plan, margin_mm: float) -> Measurement:
    left, method = leave(basis, plan), METHOD.format(margin=margin_mm)
    value, interval = left.volumes.drawn.remnant, left.volumes.interval(lambda state: state.remnant)
    low, high, name = interval.low, interval.high, name_bound(margin_mm)
    return basis.flag(Measurement(name, value, "mL", low, high, None, method, MASKS, left.remnant))
