"""What a remnant has to grow by before the resection: how much, for how long, and whether that may be tried."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.outcome import Outcome
from pipeline.plan import Requirement
from pipeline.plan_record import Growth
from pipeline.planned.sizes import STANDARDIZED, Sizes

POSSIBLE = (Outcome.ELIGIBLE, Outcome.CONDITIONAL)
REFUSED = (Outcome.NOT_ELIGIBLE, Outcome.NOT_APPLICABLE)
INDEX_WORDS = {STANDARDIZED: "standardised remnant", "remnant_percent": "remnant"}
TINY_ML = 1e-6


def find_growth(
    remnant_ml: float,
    requirement: Requirement,
    sizes: Sizes,
    points_per_week: float | None,
    outcomes: Mapping[str, Outcome],
) -> Growth | None:
    """Return what a remnant has to grow by; None where it is large enough, or where that cannot be asked.

    Deficit: what the rules ask for less the remnant, not below 0; its low end for the class of liver that asks least of
    those still possible, its high end for the one that asks most. Weeks: the deficit in points of the index by the
    profile's growth rate.

    Parameters
    ----------
    points_per_week
        Growth rate of the profile, in points of the index.
    outcomes
        Of each treatment that makes a remnant grow, under the plan, by its title.
    """
    low, high = requirement.possibly_ml, requirement.surely_ml
    if low is None or high is None or remnant_ml >= high - TINY_ML:
        return None
    share = 100 / sizes.whole_ml
    target = (low * share, high * share)
    deficit = (max(low - remnant_ml, 0.0), high - remnant_ml)
    points = (deficit[0] * share, deficit[1] * share)
    weeks = None if not points_per_week else (points[0] / points_per_week, points[1] / points_per_week)
    feasible, reason = _find_feasible(remnant_ml, requirement.floor_ml, outcomes)
    return Growth(
        _say(sizes, target, deficit, points, weeks, feasible),
        sizes.index,
        target,
        deficit,
        points,
        weeks,
        feasible,
        reason,
        points_per_week,
    )


def _find_feasible(
    remnant_ml: float, floor_ml: float | None, outcomes: Mapping[str, Outcome]
) -> tuple[bool | None, str]:
    """Return whether some way of making the remnant grow is open, and what its rules say."""
    each = "; ".join(f"{title}: {outcome.value.replace('_', ' ')}" for title, outcome in outcomes.items())
    below = floor_ml is not None and remnant_ml < floor_ml
    reason = f"{each}; below the {floor_ml:.0f} mL from which on it is worth trying" if below else each
    if any(outcome in POSSIBLE for outcome in outcomes.values()):
        return True, reason
    if outcomes and all(outcome in REFUSED for outcome in outcomes.values()):
        return False, reason
    return None, reason or "RULE_NOT_ASKED: no treatment that makes a remnant grow is asked under this profile"


def _say(
    sizes: Sizes,
    target: tuple[float, float],
    deficit: tuple[float, float],
    points: tuple[float, float],
    weeks: tuple[float, float] | None,
    feasible: bool | None,
) -> str:
    """Return the growth that is needed in one sentence."""
    aim = f"{INDEX_WORDS[sizes.index]} of {_span(target, 0)} %"
    text = f"The remnant has to grow by {_span(deficit, 0)} mL ({_span(points, 1)} points) to reach a {aim}"
    if weeks is not None:
        text += f", {_span(weeks, 1)} weeks at the profile's growth rate"
    ends = {
        True: "; a way of making it grow is open.",
        False: "; no way of making it grow is open.",
        None: "; whether it may be made to grow is open.",
    }
    return text + ends[feasible]


def _span(ends: tuple[float, float], digits: int) -> str:
    low, high = (f"{end:.{digits}f}" for end in ends)
    return low if low == high else f"{low} to {high}"
