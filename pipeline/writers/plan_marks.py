"""What stands out beside the numbers of a plan: lesions left, liver that loses its vessels, options as good."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.measurement import Measurement
from pipeline.plan import Handling
from pipeline.plan_comparison import Comparison
from pipeline.plan_record import PlanRecord, PlansRecord
from pipeline.writers.format import format_number, with_unit
from pipeline.writers.plan_words import join_ids

LOST_SHARE = 0.05
"""Share of the remnant without inflow or outflow from which on the row says so."""
LOSSES = (("remnant_without_inflow_ml", "inflow"), ("remnant_without_outflow_ml", "outflow"))
REMNANTS = ("remnant_volume_ml", "remnant_percent", "standardized_remnant_percent")
MOST_OPEN = 4
"""Options beside a plan of the user's own that stand open."""


def list_untreated(plan: PlanRecord) -> str:
    """Return the lesions that a plan leaves untreated, joined; empty for none."""
    return join_ids([one.id for one in plan.lesions if one.handling is Handling.UNTREATED])


def list_losses(plan: PlanRecord) -> list[str]:
    """Return what of the remnant loses inflow or outflow, where it is much, in words."""
    remnant = plan.measurements.get("remnant_volume_ml")
    if remnant is None or not remnant.value:
        return []
    return [
        f"loses {word} of {with_unit(format_number(lost, 'mL'), 'mL')}"
        for name, word in LOSSES
        if (lost := _value(plan, name)) is not None and lost > LOST_SHARE * remnant.value
    ]


def list_as_good(plan: PlanRecord, record: PlansRecord) -> list[str]:
    """Return the options that may be as good: those of the record whose remnant meets this one's in percent as well."""
    by_id = {each.id: each for each in record.options}
    return [
        other
        for other in plan.alike_within_intervals
        if other not in by_id or all(_meets(plan, by_id[other], name) for name in REMNANTS)
    ]


def split_compared(plan: PlanRecord) -> tuple[list[Comparison], list[Comparison]]:
    """Return the options beside a plan: a few that stand open, and the others.

    First are those that beat it, then those that are worse in nothing that is compared.
    """
    ordered = sorted(plan.compared, key=lambda each: (not each.beats, _is_worse(each)))
    return ordered[:MOST_OPEN], ordered[MOST_OPEN:]


def say_others(plans: Sequence[PlanRecord]) -> str:
    """Return how many of the other named resections clear no lesion, and how many cannot be measured."""
    measured = sum(plan.reason is None for plan in plans)
    ends = ((measured, "that clear no lesion"), (len(plans) - measured, "that cannot be measured in these masks"))
    return "; ".join(f"{count} {words}" for count, words in ends if count)


def _is_worse(each: Comparison) -> bool:
    more = (each.untreated, each.procedures or 0, each.segments or 0)
    return max(more) > 0 or min(each.remnant_ml, each.resected, each.margin_mm) < 0


def _value(plan: PlanRecord, name: str) -> float | None:
    held = plan.measurements.get(name)
    return None if held is None else held.value


def _meets(one: PlanRecord, two: PlanRecord, name: str) -> bool:
    """Tell whether the intervals of a quantity meet; where it is not known of both nothing speaks against it."""
    ends = [_find_ends(plan.measurements.get(name)) for plan in (one, two)]
    if ends[0] is None or ends[1] is None:
        return True
    return ends[0][0] <= ends[1][1] and ends[1][0] <= ends[0][1]


def _find_ends(held: Measurement | None) -> tuple[float, float] | None:
    if held is None or held.value is None:
        return None
    return (held.value if held.low is None else held.low, held.value if held.high is None else held.high)
