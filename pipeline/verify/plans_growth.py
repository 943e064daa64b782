"""What a plan's remnant has to grow by, by arithmetic: target less remnant, in mL, in points, in weeks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.plan_record import Growth, PlanRecord
from pipeline.verify.number import Number, agree

WHOLES = {
    "standardized_remnant_percent": "estimated_total_liver_volume_ml",
    "remnant_percent": "functional_liver_volume_ml",
}
"""What each index is a percentage of."""


def check_growth(plan: PlanRecord, numbers: Mapping[str, Number], wholes: Mapping[str, Number]) -> Iterator[str]:
    """Yield what of a plan's growth does not follow from its target and its remnant.

    Parameters
    ----------
    numbers
        Of the plan, found again.
    wholes
        Of the study: what the indices are percentages of.
    """
    growth = plan.growth
    if growth is None:
        return
    remnant = numbers["remnant_volume_ml"].value
    whole = wholes[WHOLES[growth.index]].value if growth.index in WHOLES else None
    if remnant is None or whole is None:
        yield f"plan {plan.id}: its growth is stated in {growth.index}, which has no second value"
        return
    missing = [max(target * whole / 100 - remnant, 0.0) for target in growth.target_percent]
    expected = {"deficit_ml": missing, "deficit_points": [100 * each / whole for each in missing]}
    rate = growth.points_per_week
    if rate is not None and rate > 0:
        expected["weeks"] = [100 * each / whole / rate for each in missing]
    yield from _compare(plan.id, growth, expected)


def _compare(plan: str, growth: Growth, expected: Mapping[str, list[float]]) -> Iterator[str]:
    if growth.target_percent[0] > growth.target_percent[1]:
        yield f"plan {plan}: the ends of its target are turned round"
    for name in ("deficit_ml", "deficit_points", "weeks"):
        stated, found = getattr(growth, name), expected.get(name)
        if stated is None and found is None:
            continue
        if stated is None or found is None or not all(map(agree, stated, found)):
            yield f"plan {plan}: {name} of its growth differs: {stated} is stated, {found} found again"
