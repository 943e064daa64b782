"""What the optimistic bound of a sparing resection, and the vessels that a plan must leave, are called."""

from __future__ import annotations

import re

from pipeline.writers.quantity_text import QuantityText

_BOUND = re.compile(r"sparing_remnant_(?P<margin>[0-9.]+)mm_ml")
STUDY_BOUNDS = (
    QuantityText(
        "parenchyma_sparing_remnant_percent",
        "Parenchyma-sparing remnant (optimistic bound)",
        "%",
        "Liver farther from every lesion than the profile's margin, in percent of the functional liver.",
    ),
    QuantityText(
        "standardized_parenchyma_sparing_remnant_percent",
        "Standardised parenchyma-sparing remnant (optimistic bound)",
        "%",
        "Liver farther from every lesion than the profile's margin, in percent of the estimated total liver volume.",
    ),
    QuantityText(
        "kept_vessel_distance_mm",
        "Distance to a vessel that must stay",
        "mm",
        "Smallest distance of a resected lesion to a named vessel that the plan does not give up.",
    ),
    QuantityText(
        "kept_vessel_contact_deg",
        "Contact with a vessel that must stay",
        "deg",
        "Largest contact arc of a resected lesion with a named vessel that the plan does not give up.",
    ),
)
BOUND_FACTS = (
    QuantityText(
        "kept_vessel_occluded",
        "Vessel that must stay interrupted",
        "1",
        "true when a vessel that the plan does not give up is interrupted at a resected lesion.",
    ),
)


def explain_bound(name: str) -> QuantityText | None:
    """Return what the liver beyond a margin round all lesions is called; None of other names."""
    found = _BOUND.fullmatch(name)
    if found is None:
        return None
    words = f"Liver farther than {found['margin']} mm from every lesion"
    return QuantityText(name, words, "mL", f"{words}: what a sparing resection leaves at most, optimistic.")
