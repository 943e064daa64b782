"""What rules may read of a study under a plan: the study's quantities with those of the plan in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.measures.derived import FAMILIES, Derived, Family, FormulaWords, derive
from pipeline.measures.derived.after_ablation import VOLUME, derive_after_ablation
from pipeline.measures.derived.deriving import FORMULA
from pipeline.measures.derived.lesion_sizes import derive_lesion_sizes
from pipeline.measures.plan_extent import NAMES as EXTENT
from pipeline.measures.plans.adopting import AFTER_PLAN
from pipeline.measures.remnant import REMNANT_QUANTITIES
from pipeline.plan import Plan

MARGIN, SMALLEST = "resection_margin_mm", "planned_margin_mm"
FREE = "remnant_tumour_free"
R0 = "surgeon_r0_expected"
"""The surgeon's word is on one plan; of another the surgeon says nothing."""
MEASURED = (*REMNANT_QUANTITIES, "remnant_lesion_volume_ml", SMALLEST)
"""Quantities of the study that are another plan's unless the plan gives them."""
AFTER = {
    VOLUME: "remnant_volume_ml",
    "remnant_after_ablation_percent": "remnant_percent",
    "standardized_remnant_after_ablation_percent": "standardized_remnant_percent",
}
"""Quantities of the remnant after ablation, and those of the remnant that they are under a plan that ablates."""
OF_NO_PLAN = (derive_lesion_sizes,)
"""Formulas of lesions and whole liver alone, which the study has already: every plan leaves them as they are."""
OF_ONE_PLAN = frozenset(
    (
        *EXTENT,
        *("resection_segments", "resection_procedure", "resection_plan", "resection_mask", SMALLEST),
        *("remnant_cleared", "remnant_clearable", "remnant_portal_thrombus"),
        *("remnant_inflow_ok", "remnant_inflow_reconstructable"),
        *("remnant_outflow_ok", "remnant_outflow_reconstructable"),
        *("remnant_biliary_ok", "remnant_biliary_reconstructable"),
        *("prior_remnant_volume_ml", "degree_of_hypertrophy_percent", "kinetic_growth_rate_percent_per_week"),
        *("limax_flr_ug_kg_h", "hbs_flr_percent_min_m2"),
    )
)
"""What a clinical record states of one plan: the one that it gives, or one that it does not name."""
EMPTY = "EMPTY_REMNANT"
NONE_LEFT = {
    **dict.fromkeys(("remnant_volume_ml", "remnant_percent", "standardized_remnant_percent"), 0.0),
    **dict.fromkeys(("remnant_to_body_weight_percent", "remnant_per_body_surface_ml_m2"), 0.0),
    "removed_percent": 100.0,
}
"""What each quantity of the remnant is where nothing of the liver is left."""
NOT_THIS = "PLAN_OTHER: it is not measured under this plan"
OTHER_PLAN = "STATED_OTHER_PLAN: the record states it of another plan, the one that it gives"
NO_PLAN = "STATED_OTHER_PLAN: the record states it of a plan that it does not name"


@dataclass(frozen=True)
class Stated:
    """What the clinical record states.

    Parameters
    ----------
    names
        Of the facts that it speaks of, be it to say that they are not known.
    other
        Why what it states of a plan is not stated of the one that is asked about, ``CODE: sentence``; None where it is.
    """

    names: frozenset[str] = frozenset()
    other: str | None = None

    def speaks_of(self, name: str) -> bool:
        """Tell whether the record states something of the plan that is asked about."""
        return name in self.names and (self.other is None or name not in (*OF_ONE_PLAN, R0))


@dataclass(frozen=True)
class Under:
    """What a plan puts in the place of the study's own.

    Parameters
    ----------
    measurements, facts
        Of the study: the remnant with its indices, the planned margin; extent, inflow and outflow.
    margins
        ``resection_margin_mm`` of each lesion that the plan removes or cuts, by its id.
    staged
        It is done in two stages: before the first one, a lesion lies in the remnant of the second.
    """

    plan: Plan
    measurements: Mapping[str, Measurement]
    facts: Mapping[str, Fact] = field(default_factory=dict)
    margins: Mapping[str, Measurement] = field(default_factory=dict)
    staged: bool = False


def suppose_plan(base: Inputs, under: Under, words: FormulaWords, stated: Stated) -> Inputs:
    """Return what rules may read of a study under a plan, everything that follows by a formula anew.

    Parameters
    ----------
    base
        What rules may read of the study itself.
    stated
        What the clinical record states, and whether of this plan.
    """
    held = {name: each for name, each in base.study.items() if not _follows_from_plan(name, each)}
    if stated.other is not None:
        own = (*OF_ONE_PLAN, R0)
        held = {name: forget(each, stated.other) if name in own else each for name, each in held.items()}
    held = {name: forget(each, NOT_THIS) if name in MEASURED else each for name, each in held.items()}
    told = {name: each for name, each in under.facts.items() if not stated.speaks_of(name)}
    measured = {name: _say_empty(each) for name, each in under.measurements.items()}
    study: dict[str, Quantity] = {**held, **measured, **told, **_say_free(under)}
    lesions = {id_: _place(own, under.margins.get(id_)) for id_, own in base.lesions.items()}
    return derive(replace(base, study=study, lesions=lesions), words, _families(under))


def _say_empty(measurement: Measurement) -> Measurement:
    """Return none of a remnant, in any unit, where a plan is known to leave no liver tissue: rules compare it."""
    empty = measurement.value is None and (measurement.reason or "").startswith(EMPTY)
    if not empty or measurement.name not in NONE_LEFT:
        return measurement
    nothing = NONE_LEFT[measurement.name]
    return replace(measurement, value=nothing, low=nothing, high=nothing, reason=None)


def _follows_from_plan(name: str, quantity: Quantity) -> bool:
    """Tell whether a quantity of the study follows from the plan that its record gives, or from there being none."""
    if not isinstance(quantity, Fact):
        return False
    return name in AFTER_PLAN or (name in EXTENT and quantity.source.startswith(FORMULA))


def forget(quantity: Quantity, reason: str) -> Quantity:
    """Return a quantity without its value, and why; one that has none keeps its own reason."""
    if quantity.value is None:
        return quantity
    if isinstance(quantity, Measurement):
        return replace(quantity, value=None, low=None, high=None, reason=reason)
    return replace(quantity, value=None, reason=reason)


def _say_free(under: Under) -> dict[str, Quantity]:
    """Return that a lesion stays where one is ablated or irradiated: rules ask of what is not removed."""
    if under.staged:
        return {FREE: Fact(FREE, False, source="a first stage clears the future remnant of lesions")}
    stays = under.plan.ablated or under.plan.irradiated
    return {FREE: Fact(FREE, False, source="the plan ablates or irradiates a lesion")} if stays else {}


def _place(own: Mapping[str, Quantity], margin: Measurement | None) -> dict[str, Quantity]:
    """Return a lesion's quantities with its distance to the plan's cut, which only a removed or cut lesion has."""
    kept = {name: each for name, each in own.items() if name != MARGIN and name not in AFTER_PLAN}
    return kept if margin is None else {**kept, MARGIN: margin}


def _families(under: Under) -> tuple[Family, ...]:
    """Return the formulas, that of the remnant after ablation replaced where the plan itself says what is ablated."""
    families = tuple(family for family in FAMILIES if family not in OF_NO_PLAN)
    if not under.plan.ablated:
        return families

    def take_ablated(inputs: Inputs, formulas: FormulaWords) -> Derived:
        held = under.measurements
        return Derived({name: replace(held[of], name=name) for name, of in AFTER.items() if of in held})

    return tuple(take_ablated if family is derive_after_ablation else family for family in families)
