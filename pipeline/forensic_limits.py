"""When something seen in a mask or its image is worth a finding. Values: ``configs/default.yaml``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ForensicLimits:
    """Thresholds of the check of a mask against its image; meanings and origins stand in ``configs/default.yaml``."""

    smallest_liver_hu: float
    largest_liver_hu: float
    slice_jump_hu: float
    in_plane_shift_voxels: float
    slice_shift_slices: float
    slice_shift_mm: float
    margin_mm: float
    smoothing_mm2: float
    specks: int
    gas_percent: float
    whole_image_percent: float
