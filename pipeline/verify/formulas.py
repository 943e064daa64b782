"""Quantities that follow from others by a formula, computed again by other arithmetic.

ALBI by the natural logarithm, MELD by the logarithm of one product, BED as n d + n d2 / (alpha/beta), EQD2 without it.
"""

from __future__ import annotations

from datetime import date, timedelta
from math import log

from pipeline.report import Report
from pipeline.verify.number import Number, absent
from pipeline.verify.terms import Terms, above_zero, combine

LN_10 = log(10)


def record_formulas(terms: Terms) -> dict[str, Number]:
    """Return what follows from the clinical record, and from it and the masks, as a report publishes it."""
    found = _liver_function(terms) | _doses(terms) | _growth(terms) | _quality(terms)
    now, highest = terms.field("cea_ng_ml"), terms.field("cea_max_ng_ml")
    found["cea_fall_percent"] = combine(lambda a, b: (1 - a / b) * 100, "-+", now, highest, valid=above_zero(highest))
    if not terms.states("interval_months"):
        found["interval_months"] = _interval(terms.report)
    return found


def _liver_function(terms: Terms) -> dict[str, Number]:
    bilirubin, albumin = terms.field("bilirubin_total_mg_dl"), terms.field("albumin_g_l")
    inr, creatinine = terms.field("inr"), terms.field("creatinine_mg_dl")
    albi = combine(
        lambda b, a: 0.66 * (log(b) + log(17.104)) / LN_10 - a * 85 / 1000,
        "+-",
        bilirubin,
        albumin,
        valid=above_zero(bilirubin, albumin),
    )
    meld = combine(
        lambda b, i, c: 6.43 + log(max(b, 1) ** 3.78 * max(i, 1) ** 11.2 * min(max(c, 1), 4) ** 9.57),
        "+++",
        bilirubin,
        inr,
        creatinine,
        valid=above_zero(bilirubin, inr, creatinine),
    )
    return {"albi_score": albi, "meld_score": meld}


def _doses(terms: Terms) -> dict[str, Number]:
    dose, fractions = terms.field("sbrt_dose_gy"), terms.field("sbrt_fractions")
    valid = above_zero(dose, fractions)
    found = {}
    for ratio in (10, 3):
        found[f"sbrt_bed{ratio}_gy"] = combine(
            lambda d, n, r=ratio: n * (d / n) + n * (d / n) ** 2 / r, "+-", dose, fractions, valid=valid
        )
        found[f"sbrt_eqd2_{ratio}_gy"] = combine(
            lambda d, n, r=ratio: d * (d / n + r) / (2 + r), "+-", dose, fractions, valid=valid
        )
    found = {name: number for name, number in found.items() if not terms.states(name)}
    activity, shunt = terms.field("sirt_activity_gbq"), terms.field("lung_shunt_percent")
    mass = terms.field("lung_mass_kg") if "lung_mass_kg" in terms.report.facts else Number(1.0)
    possible = above_zero(activity, mass) and 0 <= (shunt.value or 0) <= 100
    lungs = combine(lambda a, s, m: a * s * 0.4967 / m, "++-", activity, shunt, mass, valid=possible)
    return {**found, "sirt_lung_dose_gy": lungs}


def _growth(terms: Terms) -> dict[str, Number]:
    now, before = terms.image("remnant_volume_ml"), terms.field("prior_remnant_volume_ml")
    share, whole = terms.image("standardized_remnant_percent"), terms.image("estimated_total_liver_volume_ml")
    weeks = terms.field("weeks_since_pve")
    past, timed = above_zero(before), above_zero(before, weeks)
    return {
        "degree_of_hypertrophy_percent": combine(
            lambda s, b, w: (s * w - 100 * b) / w, "+-+", share, before, whole, valid=past and above_zero(whole)
        ),
        "kinetic_growth_rate_percent_per_week": combine(
            lambda s, b, w, t: (s * w - 100 * b) / (w * t),
            "+-++",
            share,
            before,
            whole,
            weeks,
            valid=timed and above_zero(whole),
        ),
        "remnant_growth_percent": combine(lambda n, b: (n / b - 1) * 100, "+-", now, before, valid=past),
        "remnant_growth_percent_per_day": combine(
            lambda n, b, t: (n / b - 1) * 100 / t / 7, "+-+", now, before, weeks, valid=timed
        ),
    }


def _quality(terms: Terms) -> dict[str, Number]:
    spleen, baseline = terms.image("spleen_volume_ml"), terms.field("spleen_baseline_ml")
    liver, other = terms.field("liver_native_hu"), terms.field("spleen_native_hu")
    fatty, least = terms.report.facts.get("steatosis_by_imaging"), terms.report.measurements.get(LEAST)
    shown = fatty is not None and fatty.value is True and least is not None and least.value is not None
    return {
        "spleen_change_percent": combine(
            lambda n, b: (n / b - 1) * 100, "+-", spleen, baseline, valid=above_zero(baseline)
        ),
        "liver_spleen_difference_hu": combine(lambda a, b: -(b - a), "+-", liver, other),
        LEAST: Number(least.value)
        if shown and least is not None
        else absent("NO_SIGN", "CLIN_MISSING", "FORMULA_DOMAIN"),
    }


LEAST = "steatosis_at_least_percent"
"""Its value is a number that the profile sets; what is checked is whether the report may give it."""


def _interval(report: Report) -> Number:
    """Return the months from the primary to the metastases, from the day that the published method names."""
    published = report.measurements.get("interval_months")
    start = "diagnosis" if published is not None and "diagnosis of" in published.method else "resection"
    first, second = _day(report, f"primary_{start}_date"), _day(report, "liver_mets_diagnosis_date")
    in_place = report.facts.get("primary_in_situ")
    if second is None or first is None:
        if second is not None and in_place is not None and in_place.value is True and start == "resection":
            return Number(0.0)
        names = ("primary_resection_date", "primary_diagnosis_date", "liver_mets_diagnosis_date")
        held = [report.facts.get(name) for name in names]
        return absent("CLIN_MISSING", "CLIN_DATE", *((fact.reason or "").split(":")[0] for fact in held if fact))
    return Number(_count_months(first, second))


def _count_months(first: date, second: date) -> float:
    """Return the months passed, found by walking from month to month; 0 where the second day is not the later one."""
    months, begun = 0, first
    while begun < second:
        position = first.month - 1 + months + 1
        year, month = first.year + position // 12, position % 12 + 1
        length = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
        following = date(year, month, first.day if first.day < length else length)
        if following > second:
            return months + (second.toordinal() - begun.toordinal()) / (following.toordinal() - begun.toordinal())
        months, begun = months + 1, following
    return float(months)


def _day(report: Report, name: str) -> date | None:
    fact = report.facts.get(name)
    try:
        return None if fact is None or fact.value is None else date.fromisoformat(str(fact.value))
    except ValueError:
        return None
