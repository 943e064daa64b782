"""What the image that was measured on is: its modality and how thick its slices are."""

from __future__ import annotations

from pipeline.measurement import Fact
from pipeline.measures.lesion_measures import slice_spacing_mm
from pipeline.study import Study

HEADERS = "headers of the image measured on"
NANOMETRES = 6
"""Decimals of a mm that slices are rounded to: 5 mm that was computed from positions is 5 mm."""


def describe_image(study: Study) -> tuple[Fact, ...]:
    """Return ``image_modality`` and ``image_slice_mm``: the larger of slice thickness and spacing, as RECIST asks."""
    grid = study.image.geometry
    slices = round(max(slice_spacing_mm(grid), grid.slice_thickness_mm or 0.0), NANOMETRES)
    modality = study.image.modality if study.image.modality in ("CT", "MR") else "unknown"
    return (
        Fact("image_modality", modality, source=HEADERS),
        Fact("image_slice_mm", slices, unit="mm", source=HEADERS),
    )
