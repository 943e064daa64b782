"""Body surface area and expected liver volume from height and weight; formulas written out a second time."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log

from pipeline.measurement import Fact
from pipeline.report import Report
from pipeline.verify.number import Number, absent


def _power(base: float, exponent: float) -> float:
    return exp(exponent * log(base))


def surface_m2(formula: str, height_cm: float, weight_kg: float) -> float:
    """Return body surface area: Mosteller 1987, or Du Bois 1916."""
    if formula == "mosteller":
        return _power(height_cm / 100 * weight_kg / 36, 0.5)
    if formula == "du_bois":
        return 71.84 * _power(height_cm, 0.725) * _power(weight_kg, 0.425) / 10_000
    raise KeyError(formula)


def expected_ml(formula: str, height_cm: float, weight_kg: float, area_m2: float) -> float:
    """Return the total liver volume that a body is expected to have, by the formulas that profiles may name."""
    if formula == "yu":
        return 21.585 * _power(weight_kg, 0.732) * _power(height_cm, 0.225)
    if formula == "vauthey_weight":
        return 191.80 + 18.51 * weight_kg
    slope, start = {"vauthey_bsa": (1267.28, -794.41), "urata": (706.2, 2.4), "heinemann": (1072.8, -345.7)}[formula]
    return slope * area_m2 + start


def positive(facts: Mapping[str, Fact], name: str) -> float | None:
    """Return a positive number of the clinical record; None where it gives none."""
    fact = facts.get(name)
    if fact is None or isinstance(fact.value, bool) or not isinstance(fact.value, int | float) or fact.value <= 0:
        return None
    return float(fact.value)


def body_numbers(report: Report) -> tuple[Number, Number]:
    """Return body surface area and expected liver volume by the formulas that their methods name."""
    height, weight = positive(report.facts, "height_cm"), positive(report.facts, "weight_kg")
    if height is None or weight is None:
        nothing = absent(*_codes(report, "height_cm"), *_codes(report, "weight_kg"))
        return nothing, nothing
    first = report.measurements["body_surface_area_m2"].method.split(" ")[0]
    expected = report.measurements["estimated_total_liver_volume_ml"]
    area = surface_m2(first, height, weight)
    if expected.value is None:
        return Number(area), absent("BODY_SIZE") if _never_positive(height, weight, area) else Number(area)
    volume = expected_ml(expected.method.split(" ")[0], height, weight, area)
    return Number(area), Number(volume) if volume > 0 else absent("BODY_SIZE")


def _never_positive(height: float, weight: float, area: float) -> bool:
    names = ("vauthey_bsa", "vauthey_weight", "urata", "heinemann", "yu")
    return any(expected_ml(name, height, weight, area) <= 0 for name in names)


def _codes(report: Report, name: str) -> tuple[str, ...]:
    fact = report.facts.get(name)
    return ("CLIN_MISSING", *((fact.reason.split(":")[0],) if fact is not None and fact.reason else ()))
