"""What every quantity is called in tables and on pages: one line a quantity.

Definitions are those of ``docs/measurements.md``; the names here are the names of the record. Owns words, no numbers.
"""

from __future__ import annotations

import re

from pipeline.writers.bound_quantities import BOUND_FACTS, STUDY_BOUNDS, explain_bound
from pipeline.writers.course_quantities import COURSE_FACTS, STUDY_CHANGES
from pipeline.writers.distance_quantities import LESION_DISTANCES, STUDY_DISTANCES, explain_distance
from pipeline.writers.formula_quantities import FORMULA_FACTS, LESION_FORMULA_FACTS, LESION_FORMULAS, STUDY_FORMULAS
from pipeline.writers.pixel_quantities import PIXEL_VALUES, explain_intensity
from pipeline.writers.quantity_text import QuantityText as QuantityText
from pipeline.writers.vessel_quantities import GREAT_VESSEL_FACTS, VESSEL_FACTS, VESSEL_QUANTITIES

STUDY_QUANTITIES = (
    QuantityText(
        "lesion_count",
        "Lesions in the liver",
        "1",
        "Number of intrahepatic lesions, specks and treated ones not counted.",
    ),
    QuantityText(
        "largest_diameter_mm",
        "Largest axial diameter",
        "mm",
        "Longest axial diameter of the largest intrahepatic lesion.",
    ),
    QuantityText(
        "largest_3d_diameter_mm",
        "Largest 3D diameter",
        "mm",
        "Largest maximum 3D diameter of the intrahepatic lesions.",
    ),
    QuantityText(
        "sum_of_target_diameters_mm",
        "Sum of target diameters",
        "mm",
        "Sum of the longest axial diameters of the two largest measurable liver lesions (RECIST 1.1).",
    ),
    QuantityText(
        "total_lesion_volume_ml", "Volume of all lesions", "mL", "Volume of the union of the intrahepatic lesions."
    ),
    QuantityText(
        "total_liver_volume_ml",
        "Total liver volume",
        "mL",
        "Volume of the liver together with its lesions.",
    ),
    QuantityText(
        "functional_liver_volume_ml",
        "Functional liver volume",
        "mL",
        "Total liver volume less the intrahepatic lesions.",
    ),
    QuantityText(
        "tumour_burden_percent", "Tumour burden", "%", "Volume of all lesions as a share of the total liver volume."
    ),
    QuantityText(
        "remnant_volume_ml", "Remnant (FLR)", "mL", "Volume of the future liver remnant less lesions inside it."
    ),
    QuantityText(
        "remnant_percent",
        "Remnant of functional liver",
        "%",
        "Remnant volume as a share of the functional liver volume.",
    ),
    QuantityText(
        "standardized_remnant_percent",
        "Standardised remnant (sFLR)",
        "%",
        "Remnant volume as a share of the liver volume estimated from body size; the estimate carries no interval.",
    ),
    QuantityText(
        "remnant_to_body_weight_percent",
        "Remnant to body weight",
        "%",
        "Remnant in grams (1 mL as 1 g) as a share of the body weight.",
    ),
    QuantityText(
        "remnant_per_body_surface_ml_m2",
        "Remnant to body surface",
        "mL/m2",
        "Remnant volume by body surface area.",
    ),
    QuantityText(
        "remnant_lesion_volume_ml", "Lesions in the remnant", "mL", "Volume of lesions that lie inside the remnant."
    ),
    QuantityText(
        "estimated_total_liver_volume_ml",
        "Estimated liver volume",
        "mL",
        "Liver volume estimated from the body surface area by the formula in the settings.",
    ),
    QuantityText(
        "body_surface_area_m2",
        "Body surface area",
        "m2",
        "Body surface area from height and weight by the formula in the settings.",
    ),
    QuantityText(
        "removed_percent",
        "Liver removed",
        "%",
        "What is not remnant as a share of the total liver volume.",
    ),
    QuantityText(
        "remnant_index_difference_percent",
        "Difference of both remnant indices",
        "%",
        "Absolute difference of standardised remnant and remnant of functional liver, in percentage points.",
    ),
    QuantityText(
        "functional_to_estimated_liver_percent",
        "Functional to estimated liver",
        "%",
        "Functional liver volume as a share of the estimated liver volume.",
    ),
    QuantityText(
        "tumour_burden_score",
        "Tumour burden score",
        "1",
        "Square root of the sum of squares of the largest diameter in cm and the lesion count.",
    ),
    *(
        QuantityText(
            f"segment_{number}_volume_ml",
            f"Segment {number}",
            "mL",
            f"Part of the total liver in Couinaud segment {number}; segments 1 to 8 add up to the total liver volume.",
        )
        for number in range(1, 9)
    ),
    QuantityText("spleen_volume_ml", "Spleen", "mL", "Volume of the spleen, where it lies wholly in the scan."),
    *STUDY_DISTANCES,
    *STUDY_FORMULAS,
    *STUDY_BOUNDS,
    *STUDY_CHANGES,
)

STUDY_FACTS = (
    QuantityText(
        "distribution", "Distribution", "1", "unilobar or bilobar, by the Couinaud segments that hold lesions."
    ),
    QuantityText(
        "lesion_state",
        "State of the lesion masks",
        "1",
        "absent, declared_empty, below_half, only_specks, too_many, zero_confirmed or found.",
    ),
    QuantityText(
        "central_bile_duct_basis",
        "Basis of the distance to the bile ducts",
        "1",
        "drawn, or proxy_portal where trunk and first branches of the portal vein stand in for them.",
    ),
    QuantityText("remnant_tumour_free", "Remnant free of tumour", "1", "true when no lesion lies in the remnant."),
    *GREAT_VESSEL_FACTS,
    *FORMULA_FACTS,
    *BOUND_FACTS,
    *COURSE_FACTS,
)

LESION_QUANTITIES = (
    QuantityText("volume_ml", "Volume", "mL", "Voxels of the mask times the volume of a voxel."),
    QuantityText(
        "longest_diameter_mm",
        "Longest axial diameter",
        "mm",
        "Largest distance of two contour points in one axial plane (RECIST 1.1).",
    ),
    QuantityText(
        "short_diameter_mm",
        "Short axial diameter",
        "mm",
        "Longest chord perpendicular to the longest axial diameter in the same plane.",
    ),
    QuantityText(
        "max_3d_diameter_mm", "Maximum 3D diameter", "mm", "Largest distance of two vertices of the surface (IBSI)."
    ),
    QuantityText(
        "equivalent_diameter_mm",
        "Equivalent diameter",
        "mm",
        "Diameter of a sphere of the lesion's volume.",
    ),
    QuantityText(
        "bidimensional_product_mm2", "Bidimensional product", "mm2", "Longest times short axial diameter (WHO)."
    ),
    QuantityText(
        "extent_left_right_mm", "Extent left to right", "mm", "Extent of the lesion along the patient's width."
    ),
    QuantityText(
        "extent_front_back_mm", "Extent front to back", "mm", "Extent of the lesion along the patient's depth."
    ),
    QuantityText(
        "extent_foot_head_mm", "Extent foot to head", "mm", "Extent of the lesion along the patient's height."
    ),
    QuantityText("surface_area_mm2", "Surface area", "mm2", "Area of the half-level mesh of the mask (IBSI)."),
    QuantityText("mesh_volume_ml", "Mesh volume", "mL", "Volume within the half-level mesh of the mask (IBSI)."),
    *PIXEL_VALUES,
    *VESSEL_QUANTITIES,
    *LESION_DISTANCES,
    *LESION_FORMULAS,
)

LESION_FACTS = (
    QuantityText("measurable", "Measurable", "1", "true when the lesion is measurable by RECIST 1.1."),
    QuantityText(
        "segments", "Couinaud segments", "1", "Couinaud segments that hold the lesion, separated by semicolons."
    ),
    QuantityText("lobe", "Side", "1", "Side of Cantlie's line on which the lesion lies."),
    *VESSEL_FACTS,
    *LESION_FORMULA_FACTS,
)

_TEXTS = {
    text.name: text for group in (STUDY_QUANTITIES, STUDY_FACTS, LESION_QUANTITIES, LESION_FACTS) for text in group
}


UNIT_ENDINGS = re.compile(
    r"_(mg_dl|g_l|g_dl|u_l|10e9_l|mmol_l|umol_l|ng_ml|u_ml|percent|weeks|years|kg|cm|mm|mm2|ml|gy)$"
)
ACRONYMS = frozenset(
    ("ecog", "asa", "inr", "cea", "alt", "ast", "alp", "ggt", "ldh", "egfr", "meld", "icg", "crs", "wbc")
)


def explain(name: str) -> QuantityText | None:
    """Return what a quantity of the record is called, also of those that only some studies have; None if unknown."""
    return _TEXTS.get(name) or explain_distance(name) or explain_bound(name) or explain_intensity(name)


def label_of(name: str) -> str:
    """Return the words for a quantity; of one that is not listed, its name without its unit and with spaces."""
    bare = name.rsplit(".", 1)[-1]
    text = explain(bare)
    if text is not None:
        return text.label
    parts = UNIT_ENDINGS.sub("", bare).split("_")
    return " ".join(part.upper() if part in ACRONYMS else part for part in parts)
