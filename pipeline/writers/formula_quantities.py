"""What quantities that follow by a formula are called in tables and on pages; formulas in ``configs/formulas.yaml``."""

from __future__ import annotations

from pipeline.writers.quantity_text import QuantityText

STUDY_FORMULAS = (
    QuantityText("albi_score", "ALBI score", "1", "Albumin-bilirubin score; lower is better."),
    QuantityText(
        "meld_score", "MELD score", "1", "Model for end-stage liver disease, unrounded; dialysis not counted."
    ),
    QuantityText(
        "lesion_size_ratio",
        "Largest to smallest lesion",
        "1",
        "Longest axial diameter of the largest by that of the smallest intrahepatic lesion.",
    ),
    QuantityText(
        "largest_planned_ablation_volume_ml",
        "Largest planned ablation",
        "mL",
        "Largest planned ablation volume of an intrahepatic lesion.",
    ),
    QuantityText(
        "planned_ablation_percent",
        "All planned ablations",
        "%",
        "Planned ablation volumes of all lesions together as a share of the total liver; overlaps count twice.",
    ),
    QuantityText(
        "remnant_after_ablation_ml",
        "Remnant after ablation",
        "mL",
        "Remnant less the planned ablations of the lesions that the plan leaves in place.",
    ),
    QuantityText(
        "remnant_after_ablation_percent",
        "Remnant after ablation of functional liver",
        "%",
        "Remnant after the planned ablations as a share of the functional liver volume.",
    ),
    QuantityText(
        "standardized_remnant_after_ablation_percent",
        "Standardised remnant after ablation",
        "%",
        "Remnant after the planned ablations as a share of the liver volume estimated from body size.",
    ),
    QuantityText(
        "sbrt_bed10_gy", "SBRT dose, BED10", "Gy", "Biologically effective dose for tumour (alpha/beta 10 Gy)."
    ),
    QuantityText(
        "sbrt_bed3_gy", "SBRT dose, BED3", "Gy", "Biologically effective dose for late tissue (alpha/beta 3 Gy)."
    ),
    QuantityText(
        "sbrt_eqd2_10_gy", "SBRT dose, EQD2 tumour", "Gy", "Dose of the same effect on tumour in 2 Gy fractions."
    ),
    QuantityText(
        "sbrt_eqd2_3_gy",
        "SBRT dose, EQD2 late tissue",
        "Gy",
        "Dose of the same effect on late tissue in 2 Gy fractions.",
    ),
    QuantityText(
        "sirt_lung_dose_gy",
        "Lung dose of radioembolization",
        "Gy",
        "From activity, lung shunt and lung mass; 1 kg where the record gives no mass.",
    ),
    QuantityText(
        "spleen_change_percent",
        "Change of the spleen",
        "%",
        "Spleen volume against that before chemotherapy, which the record gives.",
    ),
    QuantityText(
        "liver_spleen_difference_hu",
        "Liver less spleen, unenhanced CT",
        "[hnsf'U]",
        "Difference of the two attenuations that the record gives.",
    ),
    QuantityText(
        "steatosis_at_least_percent",
        "Steatosis, lower bound",
        "%",
        "Degree of steatosis that a sign in images shows at least; no value where there is no sign.",
    ),
    QuantityText(
        "degree_of_hypertrophy_percent",
        "Degree of hypertrophy",
        "%{points}",
        "Standardised remnant now less that before the procedure, in percentage points.",
    ),
    QuantityText(
        "kinetic_growth_rate_percent_per_week",
        "Kinetic growth rate",
        "%/wk",
        "Degree of hypertrophy by the weeks since the procedure.",
    ),
    QuantityText(
        "remnant_growth_percent", "Growth of the remnant", "%", "Remnant now against that before the procedure."
    ),
    QuantityText(
        "remnant_growth_percent_per_day",
        "Growth of the remnant per day",
        "%/d",
        "Growth of the remnant by the days since the procedure.",
    ),
    QuantityText(
        "interval_months",
        "Interval from the primary to the liver metastases",
        "mo",
        "Disease-free interval in calendar months; 0 where the metastases were found first.",
    ),
    QuantityText(
        "remnant_lesion_count", "Lesions left by the plan", "1", "Lesions that the plan leaves in the remnant or cuts."
    ),
    QuantityText(
        "largest_remnant_lesion_mm",
        "Largest lesion left by the plan",
        "mm",
        "Largest longest diameter of the lesions that the plan leaves in the remnant or cuts.",
    ),
    QuantityText(
        "removed_after_ablation_percent",
        "Removed or ablated",
        "%",
        "Share of the total liver that the plan removes or the planned ablations of the rest take.",
    ),
    QuantityText("cea_fall_percent", "Fall of CEA", "%", "Fall of CEA from its highest value."),
)

FORMULA_FACTS = (
    QuantityText(
        "steatosis_by_imaging",
        "Fatty liver in images",
        "1",
        "true when unenhanced CT or MRI in the record shows at least moderate steatosis.",
    ),
)

LESION_FORMULA_FACTS = (
    QuantityText(
        "plan_relation",
        "Place under the plan",
        "1",
        "removed, cut (at or across the planned cut) or remnant (left in place).",
    ),
)

LESION_FORMULAS = (
    QuantityText(
        "planned_ablation_volume_ml",
        "Planned ablation volume",
        "mL",
        "Sphere of the longest axial diameter and the profile's margin on every side.",
    ),
    QuantityText(
        "ideal_ablation_volume_ml",
        "Planned ablation volume, ideal margin",
        "mL",
        "Sphere of the longest axial diameter and the ideal margin on every side.",
    ),
)
