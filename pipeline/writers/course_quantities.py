"""What changes against earlier studies, visits and the images themselves are called in tables and on pages."""

from __future__ import annotations

from pipeline.writers.quantity_text import QuantityText

_OF = {
    "target_sum": ("Target diameters", "sum of target diameters"),
    "enhancing_sum": ("Enhancing diameters", "sum of arterially enhancing diameters"),
    "product_sum": ("Products of diameters", "sum of products of perpendicular diameters of all lesions"),
    "lesion_volume": ("Lesion volume", "volume of all lesions"),
}
_FROM = {"baseline": "before treatment", "nadir": "its smallest earlier value"}

STUDY_CHANGES = (
    *(
        QuantityText(
            f"{name}_change_from_{when}_percent",
            f"{label} against {since}",
            "%",
            f"Change of the {words} from {since}, which the clinical record states.",
        )
        for name, (label, words) in _OF.items()
        for when, since in _FROM.items()
    ),
    *(
        QuantityText(
            f"target_sum_growth_from_{when}_mm",
            f"Growth of target diameters from {since}",
            "mm",
            f"Sum of target diameters less that from {since}, which the clinical record states.",
        )
        for when, since in _FROM.items()
    ),
    QuantityText(
        "two_largest_change_from_baseline_percent",
        "Two largest lesions against the targets before",
        "%",
        "Two largest diameters of today against the targets before treatment: bounds their change from above.",
    ),
    QuantityText(
        "attenuation_change_percent",
        "Portal attenuation against before treatment",
        "%",
        "Change of the portal attenuation of the lesions from before treatment, both from the clinical record.",
    ),
)

COURSE_FACTS = (
    QuantityText("image_modality", "Modality", "1", "Modality of the image that was measured on."),
    QuantityText(
        "image_slice_mm", "Slices", "mm", "The larger of slice thickness and distance of slices of that image, in mm."
    ),
    *(
        QuantityText(
            f"visits_after_{name}",
            f"Visits after {name}",
            "1",
            f"Dates of visits after the last {name}, at the latest.",
        )
        for name in ("resection", "ablation", "radiation")
    ),
)
