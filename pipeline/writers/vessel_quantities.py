"""What the quantities of vessels are called."""

from __future__ import annotations

from pipeline.writers.quantity_text import QuantityText
from pipeline.writers.structure_words import VESSELS

_VESSELS = {name: words for name, words in VESSELS.items() if name != "hepatic_artery"}
"""Vessels whose contact with a lesion is looked at."""

VESSEL_QUANTITIES = (
    QuantityText(
        "dist_vessel_ge3mm_mm",
        "Distance to vessels of 3 mm or more",
        "mm",
        "Smallest distance to the part of portal vein, hepatic veins and vena cava of at least 3 mm local diameter.",
    ),
    *(
        QuantityText(
            f"contact_arc_{name}_deg",
            f"Contact with {label}",
            "deg",
            f"Largest part of the wall of the {label}, of 360 degrees, that the lesion touches in one slice.",
        )
        for name, label in _VESSELS.items()
        if name != "liver_vessel"
    ),
)
"""Of each lesion."""
VESSEL_FACTS = tuple(
    QuantityText(
        f"occluded_{name}",
        f"Interrupts {label}",
        "1",
        f"true when two pieces of the mask of the {label} reach the lesion; false does not say that blood flows there.",
    )
    for name, label in _VESSELS.items()
    if name in ("ivc", "liver_vessel") or not name.startswith("portal_vein_")
)
"""Of each lesion."""

GREAT_VESSEL_FACTS = tuple(
    QuantityText(name, label, "1", f"false when no lesion touches {vessels}, all drawn and whole; else not known.")
    for name, label, vessels in (
        ("portal_inflow_blocked", "Portal inflow blocked", "the portal trunk and one of its branches"),
        ("hepatic_veins_blocked", "Hepatic veins blocked", "the vena cava and one of the hepatic veins"),
        ("portal_or_hepatic_vein_contact", "Contact with portal or hepatic veins", "any of these or the vena cava"),
        ("main_vessels_occluded", "Main vessels occluded", "portal vein, hepatic artery and vena cava"),
    )
)
"""Of the study."""
