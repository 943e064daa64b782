"""What a plan's remnant has to grow by, by arithmetic: target less remnant, in mL, in points, in weeks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.plan import Requirement
from pipeline.plan_record import Growth, PlanRecord
from pipeline.verify.number import Number, agree

STANDARDIZED, MEASURED = "standardized_remnant_percent", "remnant_percent"
WHOLES = {STANDARDIZED: "estimated_total_liver_volume_ml", MEASURED: "functional_liver_volume_ml"}
"""What each index is a percentage of."""
TIE_ML = 2e-6


def check_growth(
    plan: PlanRecord, numbers: Mapping[str, Number], wholes: Mapping[str, Number], asked: Requirement | None
) -> Iterator[str]:
    """Yield what of a plan's growth does not follow from what is asked for and from its remnant.

    Parameters
    ----------
    numbers
        Of the plan, found again.
    wholes
        Of the study: what the indices are percentages of.
    asked
        What remnant the rules ask for.
    """
    remnant, growth = numbers["remnant_volume_ml"].value, plan.growth
    least, most = (None, None) if asked is None else (asked.possibly_ml, asked.surely_ml)
    resects = bool(plan.parts or plan.mask or any(each.wedge for each in plan.lesions))
    needs = resects and None not in (remnant, least, most) and (remnant or 0.0) < (most or 0.0) - TIE_ML
    if (growth is not None) is not needs and abs((remnant or 0.0) - (most or 0.0)) > TIE_ML:
        yield f"plan {plan.id}: whether its remnant has to grow differs"
    whole = None if growth is None or growth.index not in WHOLES else wholes[WHOLES[growth.index]].value
    if growth is None or remnant is None or least is None or most is None:
        return
    if whole is None or (growth.index == MEASURED) is not (wholes[WHOLES[STANDARDIZED]].value is None):
        yield f"plan {plan.id}: its growth is stated in {growth.index}, which is not the index to state it in"
        return
    missing = [max(each - remnant, 0.0) for each in (least, most)]
    expected = {"target_percent": [100 * each / whole for each in (least, most)], "deficit_ml": missing}
    expected["deficit_points"] = [100 * each / whole for each in missing]
    rate = growth.points_per_week
    if rate is not None and rate > 0:
        expected["weeks"] = [each / rate for each in expected["deficit_points"]]
    yield from _compare(plan.id, growth, expected)


def _compare(plan: str, growth: Growth, expected: Mapping[str, list[float]]) -> Iterator[str]:
    for name in ("target_percent", "deficit_ml", "deficit_points", "weeks"):
        stated, found = getattr(growth, name), expected.get(name)
        if stated is None and found is None:
            continue
        if stated is None or found is None or not all(map(agree, stated, found)):
            yield f"plan {plan}: {name} of its growth differs: {stated} is stated, {found} found again"
