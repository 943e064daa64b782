"""What distances are called in tables and on pages; definitions in ``docs/measurements.md``, *Distances*."""

from __future__ import annotations

import re

from pipeline.writers.quantity_text import QuantityText
from pipeline.writers.structure_words import name_structure

STUDY_DISTANCES = (
    QuantityText(
        "planned_margin_mm",
        "Planned margin",
        "mm",
        "Smallest resection margin of the lesions that the plan removes.",
    ),
    QuantityText(
        "main_vessel_distance_mm",
        "Distance to the main vessels",
        "mm",
        "Smallest distance of a lesion to portal trunk, hepatic artery and vena cava, all drawn.",
    ),
    QuantityText(
        "treated_lesion_count",
        "Treated lesions",
        "1",
        "Number of lesions of which at least half lies in an ablation zone.",
    ),
    QuantityText(
        "smallest_ablation_margin_mm",
        "Smallest ablation margin",
        "mm",
        "Smallest ablation margin of all treated lesions; its method names the lesion.",
    ),
    QuantityText(
        "smallest_ablation_shell_6mm_percent",
        "Smallest ablated share of the 6 mm shell",
        "%",
        "Smallest ablated share of the 6 mm shell of all treated lesions; its method names the lesion.",
    ),
)

LESION_DISTANCES = (
    QuantityText(
        "dist_capsule_mm",
        "Distance to the liver's surface",
        "mm",
        "Smallest distance between the surfaces of lesion and total liver.",
    ),
    QuantityText(
        "depth_mm",
        "Depth under the liver's surface",
        "mm",
        "Largest distance of a voxel of the lesion to the surface of the total liver.",
    ),
    QuantityText(
        "nearest_lesion_mm",
        "Distance to the nearest lesion",
        "mm",
        "Smallest distance to the surface of another lesion in the liver.",
    ),
    QuantityText(
        "cluster_10mm_diameter_mm",
        "Diameter of the target of near lesions",
        "mm",
        "Largest distance within all lesions that hang together by gaps below 10 mm; alone, the lesion's 3D diameter.",
    ),
    QuantityText(
        "dist_central_bile_duct_mm",
        "Distance to the central bile ducts",
        "mm",
        "Smallest distance to the central bile ducts; where not drawn, to portal trunk and branches, flagged.",
    ),
    QuantityText(
        "dist_bowel_mm",
        "Distance to stomach, duodenum or bowel",
        "mm",
        "Smallest distance to stomach, duodenum, small bowel and colon, all drawn.",
    ),
    QuantityText(
        "dist_bowel_or_gallbladder_mm",
        "Distance to bowel or gallbladder",
        "mm",
        "Smallest distance to stomach, duodenum, small bowel, colon and gallbladder, all drawn.",
    ),
    QuantityText(
        "dist_heart_or_diaphragm_mm",
        "Distance to heart or diaphragm",
        "mm",
        "Smallest distance to heart and diaphragm, both drawn.",
    ),
    QuantityText(
        "dist_sbrt_organs_mm",
        "Distance to organs at risk of radiation",
        "mm",
        "Smallest distance to heart, chest wall, right kidney and central bile ducts, all drawn.",
    ),
    QuantityText(
        "resection_margin_mm",
        "Resection margin",
        "mm",
        "Smallest distance of a removed lesion to what the plan keeps of the liver.",
    ),
    QuantityText(
        "ablation_margin_mm",
        "Ablation margin",
        "mm",
        "Smallest signed distance of a treated lesion's surface to the ablation zone's; negative outside it.",
    ),
    QuantityText(
        "ablation_margin_capsule_percent",
        "Surface left out of the ablation margin",
        "%",
        "Share of a treated lesion's surface at which the liver ends within the ablated margin.",
    ),
    QuantityText(
        "ablation_shell_6mm_percent",
        "Ablated share of the 6 mm shell",
        "%",
        "Share of the voxels within 6 mm around a treated lesion, in the liver, that the zone holds.",
    ),
)

_TO_STRUCTURE = re.compile(r"(?P<what>dist|overlap)_(?P<role>\w+?)_(?P<unit>mm|ml)")


def explain_distance(name: str) -> QuantityText | None:
    """Return what a lesion's distance to a drawn structure, or its overlap with it, is called; None of other names."""
    found = _TO_STRUCTURE.fullmatch(name)
    if found is None:
        return None
    words = name_structure(found["role"])
    if found["what"] == "overlap":
        return QuantityText(name, f"Overlap with {words}", "mL", f"Volume that the masks of lesion and {words} share.")
    meaning = f"Smallest distance between the surfaces of lesion and {words}; 0 where their masks touch or overlap."
    return QuantityText(name, f"Distance to {words}", "mm", meaning)
