"""Whether measured volumes can be those of a liver, and masks what their names say.

A mask in wrong units or of something else shows here.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.measurement import Measurement
from pipeline.measures.flagging import EVERY_SIZE
from pipeline.measures.grids import count_shared, same_grid
from pipeline.measures.volumes import mask_volume_ml
from pipeline.structures import Role
from pipeline.study import Finding, Severity, Study
from pipeline.volume import Mask

TOUCHED = ("total_liver_volume_ml", "functional_liver_volume_ml", "tumour_burden_percent", "remnant_percent")
DIAMETERS = ("largest_diameter_mm", "largest_3d_diameter_mm", "sum_of_target_diameters_mm")
SIZES = (*TOUCHED, "total_lesion_volume_ml", "remnant_volume_ml", "lesion_count", *DIAMETERS, *EVERY_SIZE)
"""A liver of a wrong size puts the unit of the grid in doubt, and with it every number in mL and mm."""


def check_liver_volume(
    measurements: Mapping[str, Measurement], smallest_ml: float, largest_ml: float
) -> tuple[Finding, ...]:
    """Return the finding ``MASK_IMPLAUSIBLE`` when a whole liver is smaller or larger than livers are.

    Parameters
    ----------
    measurements
        Those of the study, by name.
    smallest_ml, largest_ml
        What is believed of a total liver volume, in mL.
    """
    total = measurements["total_liver_volume_ml"].value
    if total is None or smallest_ml <= total <= largest_ml:
        return ()
    message = (
        f"The liver measures {total:.4g} mL; livers have {smallest_ml:g} to {largest_ml:g} mL. "
        "Check the units of the grid and whether the mask is of the liver; no number was changed."
    )
    return (Finding("MASK_IMPLAUSIBLE", Severity.WARNING, message, SIZES),)


SAME_SHARE = 0.9
"""Two lesion segments with this share of their union in common are one lesion drawn twice."""
LIVER_SHARE = 0.9
"""Lesions or a remnant with this share of the liver's voxels are the liver by another name."""
REMNANT_SHARE = 0.99
"""A remnant that leaves out at most 1 % of the liver leaves out nothing."""
LESION_TOUCHED = ("lesion_count", "total_lesion_volume_ml", "tumour_burden_percent", "sum_of_target_diameters_mm")
REMNANT_TOUCHED = ("remnant_volume_ml", "remnant_percent")


def check_structures(study: Study) -> tuple[Finding, ...]:
    """Return what speaks against the masks' meaning: a lesion drawn twice, lesions or a remnant that are the liver.

    ``LESION_TWICE``, ``LESION_IS_LIVER``, ``REMNANT_IS_LIVER``; ``MODALITY_UNKNOWN`` where the image says neither
    CT nor MR. No mask is left out.
    """
    livers = [each.mask for each in study.segments_of(Role.LIVER) if not each.mask.is_empty]
    liver = livers[0] if livers else None
    found = (_find_twice(study), *_find_liver_again(study, liver), _note_modality(study))
    return tuple(finding for finding in found if finding is not None)


def _find_twice(study: Study) -> Finding | None:
    """Return the finding on lesion segments that are the same lesion."""
    masks = [each.mask for each in study.segments_of(Role.LESION) if not each.mask.is_empty]
    volume, pairs = 0.0, 0
    for number, first in enumerate(masks):
        for second in masks[:number]:
            fewer, more = sorted((first.count, second.count))
            if fewer < SAME_SHARE * more or not same_grid(first.grid, second.grid):
                continue
            shared = count_shared(first, second)
            if shared >= SAME_SHARE * (first.count + second.count - shared):
                pairs, volume = pairs + 1, volume + mask_volume_ml(first)
                break
    if not pairs:
        return None
    message = (
        f"{pairs} lesion segment{'s are' if pairs > 1 else ' is'} drawn twice, with the same voxels: counted as drawn, "
        f"so that the number of lesions is too high by {pairs}."
    )
    return Finding("LESION_TWICE", Severity.WARNING, message, LESION_TOUCHED, volume)


def _find_liver_again(study: Study, liver: Mask | None) -> tuple[Finding | None, ...]:
    """Return the findings on lesions and remnants that are as large as the liver."""
    if liver is None:
        return ()
    volume = mask_volume_ml(liver)
    lesions = [each.mask for each in study.segments_of(Role.LESION)]
    remnants = [each.mask for each in study.segments_of(Role.REMNANT)]
    large = next((mask for mask in lesions if _covers(mask, liver)), None)
    whole = next((mask for mask in remnants if _covers(mask, liver, REMNANT_SHARE)), None)
    said = "A lesion mask covers the liver mask almost whole: it may be the liver or the image under a lesion's name."
    kept = "The remnant mask is the whole liver: with it nothing would be resected, and the remnant is 100 %."
    return (
        None
        if large is None
        else Finding("LESION_IS_LIVER", Severity.WARNING, said, (*LESION_TOUCHED, *TOUCHED), volume),
        None if whole is None else Finding("REMNANT_IS_LIVER", Severity.WARNING, kept, REMNANT_TOUCHED, volume),
    )


def _covers(mask: Mask, liver: Mask, share: float = LIVER_SHARE) -> bool:
    """Tell whether a mask holds a share of the liver's voxels."""
    return not mask.is_empty and same_grid(mask.grid, liver.grid) and count_shared(mask, liver) >= share * liver.count


def _note_modality(study: Study) -> Finding | None:
    """Return the note on an image that is said to be neither CT nor MR."""
    if study.image.modality in ("CT", "MR"):
        return None
    message = (
        "The image does not say whether it is CT or MR: its values were not checked as Hounsfield units, and its "
        "pictures are windowed between percentiles of grey."
    )
    return Finding("MODALITY_UNKNOWN", Severity.INFO, message)
