"""Growth of the remnant after embolization or a first stage, from an earlier volumetry in the record."""

from __future__ import annotations

from pipeline.measurement import Inputs
from pipeline.measures.derived.deriving import Derived, FormulaWords
from pipeline.measures.derived.terms import collect, evaluate, measured, positive, recorded

EARLIER, WEEKS = "prior_remnant_volume_ml", "weeks_since_pve"
DAYS_A_WEEK = 7.0


def derive_growth(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return degree of hypertrophy, kinetic growth rate, and relative growth, whole and per day.

    Intervals come from today's remnant alone: the earlier volume is taken as the record states it. Time counts from
    the embolization or first stage (``weeks_since_pve``).
    """
    held = inputs.study
    now, before = measured(held, "remnant_volume_ml"), recorded(held, EARLIER)
    share, expected = measured(held, "standardized_remnant_percent"), measured(held, "estimated_total_liver_volume_ml")
    weeks = recorded(held, WEEKS)
    degree = evaluate(
        "degree_of_hypertrophy_percent",
        "%{points}",
        hypertrophy_points,
        (share, before, expected),
        "standardized remnant now less before, in points; interval from today's remnant alone",
        lambda _, volume, whole: positive(EARLIER, "estimated_total_liver_volume_ml")(volume, whole),
    )
    rate = evaluate(
        "kinetic_growth_rate_percent_per_week",
        "%/wk",
        lambda now, volume, whole, span: hypertrophy_points(now, volume, whole) / span,
        (share, before, expected, weeks),
        "degree of hypertrophy / weeks since the procedure",
        lambda _, volume, whole, span: positive(EARLIER, "estimated_total_liver_volume_ml", WEEKS)(volume, whole, span),
    )
    relative = evaluate(
        "remnant_growth_percent",
        "%",
        growth_percent,
        (now, before),
        "remnant now / remnant before - 1; interval from today's remnant alone",
        lambda _, volume: positive(EARLIER)(volume),
    )
    daily = evaluate(
        "remnant_growth_percent_per_day",
        "%/d",
        lambda volume, earlier, span: growth_percent(volume, earlier) / (span * DAYS_A_WEEK),
        (now, before, weeks),
        "growth of the remnant / days since the procedure",
        lambda _, volume, span: positive(EARLIER, WEEKS)(volume, span),
    )
    return Derived(collect(degree, rate, relative, daily))


def hypertrophy_points(standardized_percent: float, earlier_ml: float, estimated_ml: float) -> float:
    """Return sFLR after - sFLR before, in percentage points (Ribero, Br J Surg 2007;94:1386)."""
    return standardized_percent - 100 * earlier_ml / estimated_ml


def growth_percent(now_ml: float, earlier_ml: float) -> float:
    """Return 100 (FLR after / FLR before - 1) (Croome, HPB 2015;17:477)."""
    return 100 * (now_ml - earlier_ml) / earlier_ml
