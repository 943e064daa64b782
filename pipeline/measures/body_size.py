"""Body surface area, and the liver volume that a body of that size is expected to have. Formulas by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from pipeline.measurement import Fact, Measurement, absent

BSA_FORMULAS: Mapping[str, Callable[[float, float], float]] = {
    "mosteller": lambda height_cm, weight_kg: math.sqrt(height_cm * weight_kg / 3600),
    "du_bois": lambda height_cm, weight_kg: 0.007184 * height_cm**0.725 * weight_kg**0.425,
}
"""Body surface area in m2 from height in cm, weight in kg: Mosteller, N Engl J Med 1987; Du Bois, Arch Int Med 1916."""

ETLV_FORMULAS: Mapping[str, Callable[[float, float, float], float]] = {
    "vauthey_bsa": lambda height_cm, weight_kg, bsa_m2: -794.41 + 1267.28 * bsa_m2,
    "vauthey_weight": lambda height_cm, weight_kg, bsa_m2: 191.80 + 18.51 * weight_kg,
    "urata": lambda height_cm, weight_kg, bsa_m2: 706.2 * bsa_m2 + 2.4,
    "heinemann": lambda height_cm, weight_kg, bsa_m2: 1072.8 * bsa_m2 - 345.7,
    "yu": lambda height_cm, weight_kg, bsa_m2: 21.585 * weight_kg**0.732 * height_cm**0.225,
}
"""Estimated total liver volume in mL: Vauthey, Liver Transpl 2002 (two); Urata, Hepatology 1995; Heinemann, Liver
Transpl Surg 1999; Yu, Liver Transpl 2004."""


def measure_body(facts: Mapping[str, Fact], *, bsa_formula: str, etlv_formula: str) -> tuple[Measurement, Measurement]:
    """Return body surface area (m2) and estimated total liver volume (mL); neither carries an interval.

    Parameters
    ----------
    facts
        Of the clinical record: ``height_cm`` and ``weight_kg``.

    Raises
    ------
    ValueError
        When a formula's name is unknown.
    """
    _check_formula(bsa_formula, BSA_FORMULAS)
    _check_formula(etlv_formula, ETLV_FORMULAS)
    names = ("body_surface_area_m2", "m2"), ("estimated_total_liver_volume_ml", "mL")
    missing = missing_reason(facts, "height_cm", "weight_kg")
    if missing is not None:
        return absent(*names[0], *missing), absent(*names[1], *missing)
    height, weight = number_of(facts, "height_cm"), number_of(facts, "weight_kg")
    bsa = BSA_FORMULAS[bsa_formula](height, weight)
    surface = Measurement(*names[0][:1], bsa, "m2", method=f"{bsa_formula} from height and weight")
    expected = ETLV_FORMULAS[etlv_formula](height, weight, bsa)
    if expected <= 0:
        why = f"the formula {etlv_formula} gives no positive volume for a body surface area of {bsa:.2f} m2"
        return surface, absent(*names[1], "BODY_SIZE", why)
    method = f"{etlv_formula} with body surface area by {bsa_formula}; the estimate carries no interval"
    return surface, Measurement(names[1][0], expected, "mL", method=method)


def missing_reason(facts: Mapping[str, Fact], *fields: str) -> tuple[str, str] | None:
    """Return code and sentence why clinical numbers are not known; None when all are known and positive."""
    for field in fields:
        fact = facts.get(field)
        if fact is None:
            return "CLIN_MISSING", f"{field} is not in the clinical record"
        if fact.reason is not None:
            code, _, why = fact.reason.partition(": ")
            return code, f"{field}: {why}"
        if isinstance(fact.value, bool) or not isinstance(fact.value, int | float) or fact.value <= 0:
            return "CLIN_MISSING", f"{field} in the clinical record is not a positive number"
    return None


def number_of(facts: Mapping[str, Fact], field: str) -> float:
    """Return a clinical number that ``missing_reason`` has let pass."""
    value = facts[field].value
    assert isinstance(value, int | float)
    return float(value)


def _check_formula(name: str, formulas: Mapping[str, object]) -> None:
    """Refuse a formula that does not exist."""
    if name not in formulas:
        raise ValueError(f"unknown formula {name!r}; known are {', '.join(sorted(formulas))}")
