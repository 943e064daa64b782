"""The check of a study's liver mask against its image, from the masks to the findings."""

from __future__ import annotations

from pipeline.forensic_limits import ForensicLimits
from pipeline.measures.forensics.comparison import compare
from pipeline.measures.forensics.outline import fills_image, find_specks, find_steps
from pipeline.measures.forensics.view import Read
from pipeline.measures.forensics.wording import (
    say_boundary,
    say_cuts,
    say_placement,
    say_specks,
    say_steps,
    say_values,
    say_whole_image,
)
from pipeline.measures.grids import same_grid, unite
from pipeline.measures.volumes import mask_volume_ml
from pipeline.structures import Role
from pipeline.study import Finding, ImageSeries, Severity, Study
from pipeline.volume import Mask

LEAST_ML = 50.0
LEAST_SLICES = 5
"""Below these there are too few boundary points for a judgement that is right in 99 of 100 cases."""


def check_masks(study: Study, read: Read, limits: ForensicLimits) -> tuple[Finding, ...]:
    """Return what speaks against the liver mask being that of the liver in the image.

    Parameters
    ----------
    read
        Returns the image's values in a box of its grid; only slices near the mask are asked for.

    Returns
    -------
    tuple of Finding
        Warnings, each with what was seen, the quantities it endangers and the mL at stake; ``MASK_UNCHECKED`` with the
        reason where a check could not be made. Empty for a mask that fits.
    """
    liver = find_liver(study)
    if liver is None:
        return (unchecked("there is no liver mask, and lesions alone have too little outline"),)
    return check_liver(liver, study.image, read, limits)


def check_liver(liver: Mask, image: ImageSeries, read: Read, limits: ForensicLimits) -> tuple[Finding, ...]:
    """Return what speaks against a mask being that of the liver in an image; see ``check_masks``."""
    if fills_image(liver, limits.whole_image_percent):
        return tuple(say_whole_image(liver))
    shape = [*say_specks(find_specks(liver), limits), *say_steps(find_steps(liver), liver)]
    small = _too_small(liver)
    if small is not None:
        return (*shape, unchecked(small))
    found = compare(liver, image, read)
    if found is None:
        return (*shape, unchecked("the mask lies outside the image"))
    placement = say_placement(found, liver, limits, image.modality)
    fits = not any(each.code in ("MASK_MIRRORED", "MASK_OTHER_PATIENT") for each in placement)
    values = say_values(found, liver, limits, image.modality, fits=fits)
    beyond = (
        []
        if not fits
        else [
            *say_boundary(found, limits, image.modality),
            *say_cuts(found.cuts),
        ]
    )
    return (*placement, *values, *beyond, *shape)


def find_liver(study: Study) -> Mask | None:
    """Return the liver mask with the lesions on its grid: some masks of the liver leave its tumours out."""
    livers = [each.mask for each in study.segments_of(Role.LIVER) if not each.mask.is_empty]
    if not livers:
        return None
    lesions = [each.mask for each in study.segments_of(Role.LESION) if not each.mask.is_empty]
    same = [mask for mask in (*livers[1:], *lesions) if same_grid(mask.grid, livers[0].grid)]
    return unite([livers[0], *same])


def _too_small(liver: Mask) -> str | None:
    """Return why a mask is too small to be compared with its image; None when it is not."""
    volume, slices = mask_volume_ml(liver), liver.voxels.shape[liver.grid.slice_axis]
    if volume < LEAST_ML:
        return f"{volume:.3g} mL of liver have too little outline"
    return f"{slices} slices of liver have too little outline" if slices < LEAST_SLICES else None


def unchecked(why: str) -> Finding:
    """Return the note that a mask was not compared with its image."""
    message = f"The mask was not compared with the image's content: {why}. A mirrored or shifted mask would go unseen."
    return Finding("MASK_UNCHECKED", Severity.INFO, message)
