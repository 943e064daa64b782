"""What structures are called on pages and in tables, by the name of their role."""

from __future__ import annotations

VESSELS = {
    "portal_vein": "portal vein",
    "portal_vein_main": "portal trunk",
    "portal_vein_left": "left portal vein",
    "portal_vein_right": "right portal vein",
    "hepatic_vein": "hepatic veins",
    "hepatic_vein_right": "right hepatic vein",
    "hepatic_vein_middle": "middle hepatic vein",
    "hepatic_vein_left": "left hepatic vein",
    "ivc": "vena cava",
    "liver_vessel": "liver vessels",
    "hepatic_artery": "hepatic artery",
}
"""Vessels that a lesion's distance is taken to; ``portal_vein`` and ``hepatic_vein`` hold their named parts."""

_OTHERS = {
    "bile_duct": "bile ducts",
    "central_bile_duct": "central bile ducts",
    "lung": "lungs",
}


def name_structure(role: str) -> str:
    """Return the words for a structure: of one that is not listed, its role with spaces."""
    return VESSELS.get(role) or _OTHERS.get(role) or role.replace("_", " ")
