"""Roles that a segmented structure can have, and the groups that rules and measures speak of.

Which name, label number or code means which role is configuration (``configs/roles``), not code.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a segmented structure is to the measurements."""

    LIVER = "liver"
    LESION = "lesion"
    BENIGN_LESION = "benign_lesion"
    REMNANT = "remnant"
    RESECTION = "resection"
    ABLATION_ZONE = "ablation_zone"
    HEMILIVER_RIGHT = "hemiliver_right"
    HEMILIVER_LEFT = "hemiliver_left"
    SEGMENT_1 = "segment_1"
    SEGMENT_2 = "segment_2"
    SEGMENT_3 = "segment_3"
    SEGMENT_4 = "segment_4"
    SEGMENT_4A = "segment_4a"
    SEGMENT_4B = "segment_4b"
    SEGMENT_5 = "segment_5"
    SEGMENT_6 = "segment_6"
    SEGMENT_7 = "segment_7"
    SEGMENT_8 = "segment_8"
    PORTAL_VEIN = "portal_vein"
    PORTAL_VEIN_MAIN = "portal_vein_main"
    PORTAL_VEIN_LEFT = "portal_vein_left"
    PORTAL_VEIN_RIGHT = "portal_vein_right"
    HEPATIC_VEIN = "hepatic_vein"
    HEPATIC_VEIN_RIGHT = "hepatic_vein_right"
    HEPATIC_VEIN_MIDDLE = "hepatic_vein_middle"
    HEPATIC_VEIN_LEFT = "hepatic_vein_left"
    LIVER_VESSEL = "liver_vessel"
    IVC = "ivc"
    HEPATIC_ARTERY = "hepatic_artery"
    BILE_DUCT = "bile_duct"
    CENTRAL_BILE_DUCT = "central_bile_duct"
    GALLBLADDER = "gallbladder"
    SPLEEN = "spleen"
    BODY = "body"
    STOMACH = "stomach"
    DUODENUM = "duodenum"
    SMALL_BOWEL = "small_bowel"
    COLON = "colon"
    RIGHT_KIDNEY = "right_kidney"
    LEFT_KIDNEY = "left_kidney"
    HEART = "heart"
    LUNG = "lung"
    SPINAL_CORD = "spinal_cord"
    OESOPHAGUS = "oesophagus"
    DIAPHRAGM = "diaphragm"
    CHEST_WALL = "chest_wall"
    IGNORED = "ignored"
    """Known to the naming of a data set and of no use here (background, other organs): left out in silence."""


MULTIPLE_ROLES = frozenset({Role.LESION, Role.BENIGN_LESION, Role.ABLATION_ZONE, Role.IGNORED})
"""Roles that several segments of one study may share; any other role is one structure."""

PLAN_ROLES = frozenset({Role.RESECTION})
"""Roles of which each structure of a study is another plan, told apart by its name."""

LEFT_LOBE = (Role.SEGMENT_2, Role.SEGMENT_3, Role.SEGMENT_4, Role.SEGMENT_4A, Role.SEGMENT_4B)
RIGHT_LOBE = (Role.SEGMENT_5, Role.SEGMENT_6, Role.SEGMENT_7, Role.SEGMENT_8)
HEMILIVERS = (Role.HEMILIVER_RIGHT, Role.HEMILIVER_LEFT)
"""Right and left of Cantlie's line (Brisbane 2000), each as one structure."""
COUINAUD = (Role.SEGMENT_1, *LEFT_LOBE, *RIGHT_LOBE)
"""Couinaud segments; the caudate lobe (segment 1) belongs to neither side of Cantlie's line."""
