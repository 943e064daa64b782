"""The masks of a liver as they were measured: what planning starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.structures import Role
from pipeline.volume import Mask


@dataclass(frozen=True)
class AnatomyLimits:
    """When something odd about a liver is said; meanings and origins stand in ``configs/default.yaml``.

    ``trusted`` is the setting ``trust_masks``: segments in another order are said and refuse nothing (situs inversus).
    """

    segment_order_percent: float
    segment_contact_percent: float
    wide_lesion_segments: int
    wide_lesion_percent: float
    accessory_vein_mm: float
    hepatic_vein_piece_ml: float
    trusted: bool = False


@dataclass(frozen=True, eq=False)
class Anatomy:
    """The liver of a study in its parts.

    Parameters
    ----------
    total
        Liver mask with the intrahepatic lesions; None without one.
    lesions
        Union of the intrahepatic lesions; None without one.
    parts
        Disjoint masks that together are the total liver, by Couinaud segment; empty with ``parts_reason``.
    kept
        What a plan given by masks or by the clinical record keeps of the total liver, with its lesions; else None.
    reason
        Why liver or lesions are not known, ``CODE: sentence``; None where they are.
    parts_reason
        Why the liver is not divided.
    """

    total: Mask | None
    lesions: Mask | None
    parts: Mapping[Role, Mask] = field(default_factory=dict)
    kept: Mask | None = None
    reason: str | None = None
    parts_reason: str | None = None
