"""The masks of a study on the grid of its image, or of the part of it that holds them all."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.errors import StudyRefused
from pipeline.readers.images import ImageCandidate, with_gap_flag
from pipeline.readers.mask_object import MaskObject, OpenMask
from pipeline.readers.pairing import place_object
from pipeline.readers.segmentation.sources import check_matrix

PLACEMENT_CODES = frozenset({"GRID_OTHER", "GRID_OFF", "SEG_SPACING", "AFFINE_SHAPE", "AFFINE_UNIT", "AFFINE_RAS_LPS"})
"""Refusals that say that a mask lies elsewhere than one part of a series; the next part may hold it."""


def place_masks(
    opened: Sequence[OpenMask], candidates: Sequence[ImageCandidate]
) -> tuple[ImageCandidate, list[MaskObject]]:
    """Place all masks on the image; where slices are missing, on the part that holds every structure.

    Raises
    ------
    StudyRefused
        When a mask does not lie where the image is; ``GEOM_GAP`` when no part of the image holds every structure.
    """
    if not candidates[0].gap:
        return candidates[0], _place(opened, candidates[0])
    for candidate in candidates:
        try:
            objects = _place(opened, candidate)
        except StudyRefused as refusal:
            if refusal.code not in PLACEMENT_CODES:
                raise
            continue
        if not any(each.by_name and _on_other_grid(each) for each in objects):
            return with_gap_flag(candidate), objects
    raise StudyRefused("GEOM_GAP", f"{candidates[0].gap}, within the range of the structures; fetch the series again.")


def _on_other_grid(masks: MaskObject) -> bool:
    return any(finding.code == "GRID_OTHER" for finding in masks.findings)


def _place(opened: Sequence[OpenMask], candidate: ImageCandidate) -> list[MaskObject]:
    grid = candidate.series.geometry
    objects = [place_object(mask.read(grid), grid) for mask in opened]
    for mask, placed in zip(opened, objects, strict=True):
        if mask.reference is not None:
            check_matrix(mask.reference, placed, candidate.series)
    return objects
