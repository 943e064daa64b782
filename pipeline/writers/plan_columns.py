"""The columns of plans.csv in their order, each with type, UCUM unit and meaning."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.writers.quantities import STUDY_FACTS, STUDY_QUANTITIES
from pipeline.writers.quantity_text import QuantityText

ColumnWords = tuple[str, str, str]
"""Type, UCUM unit, meaning."""

PLAN_QUANTITIES = (
    QuantityText("specimen_volume_ml", "Specimen", "mL", "Volume that the plan resects, lesions in it included."),
    QuantityText(
        "ablated_volume_ml",
        "Ablated",
        "mL",
        "Volume of the ablated lesions with the margin of ablation, outside the specimen.",
    ),
    *(
        text
        for name in ("remnant_volume_ml", "remnant_lesion_volume_ml", "remnant_percent", "standardized_remnant_percent")
        for text in STUDY_QUANTITIES
        if text.name == name
    ),
    *(
        text
        for name in (
            *("remnant_to_body_weight_percent", "remnant_per_body_surface_ml_m2"),
            *("remnant_index_difference_percent", "removed_percent"),
        )
        for text in STUDY_QUANTITIES
        if text.name == name
    ),
    QuantityText(
        "planned_margin_mm",
        "Margin",
        "mm",
        "Smallest resection margin of the lesions that the plan resects: measured where whole parts or a mask are "
        "removed, by construction round a wedge.",
    ),
    QuantityText(
        "remnant_without_inflow_ml",
        "Remnant that loses inflow",
        "mL",
        "Estimate: remnant whose nearest drawn portal branch the plan takes or cuts off.",
    ),
    QuantityText(
        "remnant_without_outflow_ml",
        "Remnant that loses outflow",
        "mL",
        "Estimate: remnant whose nearest drawn hepatic vein branch the plan takes or cuts off.",
    ),
)
"""What is measured of every plan, in the order of the table."""
PLAN_FACTS = (
    QuantityText("resection_extent", "Extent", "1", "Word for the extent of the resection."),
    QuantityText("resection_is_major", "Major resection", "1", "true when the extent is major or extended."),
    QuantityText(
        "remnant_segments_preserved", "Segments preserved", "1", "Contiguous Couinaud segments that the plan leaves."
    ),
    QuantityText("vessels_given_up", "Vessels given up", "1", "Named vessels that the plan takes, whole or in part."),
    QuantityText(
        "remnant_inflow_ok",
        "Inflow kept",
        "1",
        "true when nearly all of the remnant surely keeps portal and arterial inflow.",
    ),
    QuantityText(
        "remnant_outflow_ok", "Outflow kept", "1", "true when most of the remnant surely keeps venous outflow."
    ),
    *(text for text in STUDY_FACTS if text.name == "remnant_tumour_free"),
)
TRUE_OR_FALSE = ("resection_is_major", "remnant_inflow_ok", "remnant_outflow_ok", "remnant_tumour_free")

PLAIN: dict[str, ColumnWords] = {
    "plan_id": (
        "text",
        "",
        "P an option found by the search, N a named resection, U the user's own.",
    ),
    "origin": ("text", "", "option, named or own; empty in the row of a study of which no plan could be made."),
    "kind": (
        *("text", ""),
        "anatomical, parenchyma_sparing, resection, resection_and_ablation, ablation, radiation or mask.",
    ),
    "title": ("text", "", "What the plan takes and does."),
    "sentence": ("text", "", "The plan and its trade-off."),
    "adopted": ("truth", "", "true for the plan on which the study's own remnant quantities and verdicts rest."),
    "segments_removed": ("text", "", "Couinaud segments removed whole, separated by semicolons."),
    "mask": ("text", "", "Structure that draws the plan; empty for one that no mask draws."),
    "lesions_resected": ("text", "", "Lesions in the specimen, separated by semicolons."),
    "lesions_resected_margin_mm": (
        *("text", "mm"),
        "Margin of each of them, in the same order, separated by semicolons; nothing between two where not known.",
    ),
    "lesions_resected_as_wedge": ("text", "", "Those that are resected with liver round them, not with whole parts."),
    "lesions_ablated": ("text", "", "Lesions that are ablated."),
    "lesions_irradiated": ("text", "", "Lesions that are irradiated."),
    "lesions_untreated": ("text", "", "Lesions that no treatment of the plan reaches."),
    "lesion_notes": ("text", "", "What has to be known of single lesions under the plan."),
    "resected_count": ("integer", "1", "Number of lesions treated by resection."),
    "procedures": (
        *("integer", "1"),
        "Specimens, ablated lesions and irradiated lesions, and one for making the remnant grow first.",
    ),
}
VERDICT: dict[str, ColumnWords] = {
    "profile": ("text", "", "Profile of thresholds that the verdict was reached with."),
    "treatment": ("text", "", "Treatment whose rules judge the plan."),
    "outcome": ("text", "", "not_applicable, not_eligible, indeterminate, conditional or eligible."),
    "stable": ("truth", "", "false when some value inside the intervals of the inputs gives another outcome."),
    "outcome_reason": ("text", "", "Why the outcome is what it is."),
    "failed": ("text", "", "Rules on the plan itself that must be met and are not, separated by semicolons."),
    "unknown": ("text", "", "Rules on the plan itself that could not be asked."),
    "failed_elsewhere": (
        "text",
        "",
        "Rules on patient and disease that must be met and are not.",
    ),
    "unknown_elsewhere": ("text", "", "Rules on patient and disease that could not be asked."),
}
GROWTH: dict[str, ColumnWords] = {
    "growth": ("text", "", "What the remnant has to grow by before the resection; empty where it need not."),
    "growth_index": ("text", "", "Quantity that the growth is counted in."),
    "growth_target_low_percent": (
        "number",
        "%",
        "Remnant asked for, of the most favourable class still possible.",
    ),
    "growth_target_high_percent": ("number", "%", "The same of the least favourable."),
    "growth_deficit_low_ml": ("number", "mL", "Volume that is missing now, of the most favourable class."),
    "growth_deficit_high_ml": ("number", "mL", "The same of the least favourable."),
    "growth_deficit_low_points": ("number", "%{points}", "Percentage points that are missing now, likewise."),
    "growth_deficit_high_points": ("number", "%{points}", "The same of the least favourable class."),
    "growth_low_weeks": ("number", "wk", "Time to grow by that at the profile's rate."),
    "growth_high_weeks": ("number", "wk", "The same of the least favourable class."),
    "growth_points_per_week": ("number", "%{points}/wk", "That rate."),
    "growth_feasible": (
        "truth",
        "",
        "Whether the rules on making the remnant grow allow it.",
    ),
}
STAGE_QUANTITIES = ("remnant_volume_ml", "remnant_percent", "standardized_remnant_percent")
STAGES = (1, 2)
OTHERS: dict[str, ColumnWords] = {
    "equals": ("text", "", "Plans of the list that remove and do the same."),
    "alike_within_intervals": (
        *("text", ""),
        "Options that may be as good: the intervals of the remnants in mL meet, and nothing else is worse.",
    ),
    "beaten_by": ("text", "", "Of a plan of the user's own: options that are nowhere worse and somewhere better."),
    "compared": (
        "text",
        "",
        "Of a plan of the user's own: what each option has more or less of; of a drawn plan procedures and "
        "whole segments are not known, and not compared.",
    ),
    "cautions": ("text", "", "What the numbers do not say."),
    "reason": ("text", "", "Why the plan has no numbers, or why there are no plans of the study, as CODE: sentence."),
}


def explain_plan_columns() -> dict[str, ColumnWords]:
    """Return what every column of plans.csv means but those that say which study it is, in their order."""
    return {
        **PLAIN,
        **_explain_measured(PLAN_QUANTITIES),
        **_explain_facts(),
        **VERDICT,
        **GROWTH,
        **{name: words for number in STAGES for name, words in _explain_stage(number).items()},
        **OTHERS,
    }


def _explain_measured(texts: Iterable[QuantityText]) -> dict[str, ColumnWords]:
    """Return value, interval and reason of every quantity."""
    found: dict[str, ColumnWords] = {}
    for text in texts:
        found[text.name] = ("number", text.unit, text.meaning)
        found[f"{text.name}_low"] = ("number", text.unit, f"Low end of the interval of {text.name}.")
        found[f"{text.name}_high"] = ("number", text.unit, f"High end of the interval of {text.name}.")
        found[f"{text.name}_reason"] = ("text", "", f"Why {text.name} is empty; empty when it has a value.")
    return found


def _explain_facts() -> dict[str, ColumnWords]:
    """Return value and reason of every fact."""
    found: dict[str, ColumnWords] = {}
    for text in PLAN_FACTS:
        found[text.name] = ("truth" if text.name in TRUE_OR_FALSE else "text", "", text.meaning)
        found[f"{text.name}_reason"] = ("text", "", f"Why {text.name} is empty; empty when it has a value.")
    return found


def _explain_stage(number: int) -> dict[str, ColumnWords]:
    """Return the columns of one stage of a plan in two stages."""
    stage = f"stage_{number}"
    units = {text.name: text.unit for text in PLAN_QUANTITIES}
    return {
        stage: ("text", "", f"What is done in stage {number}; empty for a plan in one stage."),
        f"{stage}_parts": ("text", "", "Parts of the liver that it removes whole, separated by semicolons."),
        f"{stage}_lesions": ("text", "", "Lesions that it treats, separated by semicolons."),
        **{
            f"{stage}_{name}": ("number", units[name], f"{name} of what functions after stage {number}.")
            for name in STAGE_QUANTITIES
        },
    }
