"""Doses of radiation: biologically effective dose of a fractionated schedule, and dose of the lungs in SIRT."""

from __future__ import annotations

from pipeline.measurement import Inputs
from pipeline.measures.derived.deriving import Derived, FormulaWords
from pipeline.measures.derived.terms import Term, collect, evaluate, is_stated, positive, recorded

TUMOUR_GY, LATE_GY = 10.0, 3.0
"""Alpha/beta of tumours and of tissue that reacts late (Fowler, Br J Radiol 1989;62:679)."""
GY_KG_PER_GBQ = 49.67
"""Energy that yttrium-90 gives up until it has decayed: 49.67 J per GBq (Weber, EJNMMI 2022;49:1682)."""
LUNG_MASS_KG = 1.0
"""Mass of both lungs where the record states none (Weber 2022)."""
STANDARD_FRACTION_GY = 2.0


def derive_radiation(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return BED and EQD2 of the SBRT schedule for tumour and late tissue, and the lung dose of SIRT, all in Gy.

    A ``sbrt_bed10_gy`` that the record states stays as it is.
    """
    plan = recorded(inputs.study, "sbrt_dose_gy"), recorded(inputs.study, "sbrt_fractions")
    check = positive("sbrt_dose_gy", "sbrt_fractions")
    rows = (
        ("sbrt_bed10_gy", biologically_effective_gy, TUMOUR_GY, "D (1 + D / n / 10 Gy)"),
        ("sbrt_bed3_gy", biologically_effective_gy, LATE_GY, "D (1 + D / n / 3 Gy)"),
        ("sbrt_eqd2_10_gy", equivalent_gy, TUMOUR_GY, "BED10 / (1 + 2 / 10)"),
        ("sbrt_eqd2_3_gy", equivalent_gy, LATE_GY, "BED3 / (1 + 2 / 3)"),
    )
    found = [
        evaluate(name, "Gy", formula, (*plan, Term(ratio, ratio, ratio)), method, lambda d, n, _: check(d, n))
        for name, formula, ratio, method in rows
        if not is_stated(inputs, name)
    ]
    shunt, activity = recorded(inputs.study, "lung_shunt_percent"), recorded(inputs.study, "sirt_activity_gbq")
    stated = "lung_mass_kg" in inputs.study
    mass = recorded(inputs.study, "lung_mass_kg") if stated else Term(LUNG_MASS_KG, LUNG_MASS_KG, LUNG_MASS_KG)
    source = "from the record" if stated else f"{LUNG_MASS_KG:g} kg assumed"
    lungs = evaluate(
        "sirt_lung_dose_gy",
        "Gy",
        lung_dose_gy,
        (activity, shunt, mass),
        f"49.67 Gy kg/GBq x activity x lung shunt / lung mass; lung mass {source}",
        _check_lungs,
    )
    return Derived(collect(*found, lungs))


def biologically_effective_gy(dose_gy: float, fractions: float, ratio_gy: float) -> float:
    """Return BED = D (1 + d / (alpha/beta)) of a whole dose D in fractions of d = D / n (linear-quadratic model)."""
    return dose_gy * (1 + dose_gy / fractions / ratio_gy)


def equivalent_gy(dose_gy: float, fractions: float, ratio_gy: float) -> float:
    """Return EQD2 = BED / (1 + 2 Gy / (alpha/beta)): the dose in fractions of 2 Gy of the same effect."""
    return biologically_effective_gy(dose_gy, fractions, ratio_gy) / (1 + STANDARD_FRACTION_GY / ratio_gy)


def lung_dose_gy(activity_gbq: float, shunt_percent: float, mass_kg: float) -> float:
    """Return the mean dose of the lungs, Gy."""
    return GY_KG_PER_GBQ * activity_gbq * (shunt_percent / 100) / mass_kg


def _check_lungs(activity_gbq: float, shunt_percent: float, mass_kg: float) -> str | None:
    if not 0 <= shunt_percent <= 100:
        return "lung_shunt_percent must be between 0 and 100"
    return positive("sirt_activity_gbq", "lung_mass_kg")(activity_gbq, mass_kg)
