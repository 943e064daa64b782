"""What is found of a study beside its measurements: image against masks, and lesions against vessels."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import StudyRefused
from pipeline.measures.forensics import check_masks, find_liver, unchecked
from pipeline.measures.lattices import share_lattices
from pipeline.measures.lesion_measures import size_lesion
from pipeline.measures.lesions import find_lesions
from pipeline.measures.plausibility import check_structures
from pipeline.measures.quality import find_liver as find_liver_mask
from pipeline.measures.vessels.lesion_vessels import Relations, relate
from pipeline.measures.volumes import mask_volume_ml
from pipeline.readers import read_image
from pipeline.settings import Settings
from pipeline.study import Finding, Study
from pipeline.withholding import refuse_unproved


@dataclass(frozen=True, eq=False)
class Beside:
    """What was found: findings on the masks, and what lesions and vessels are to each other."""

    findings: tuple[Finding, ...]
    relations: Relations


def find_beside(study: Study, settings: Settings) -> Beside:
    """Return what needs nothing of the other measurements, so that it can be found while these are made."""
    return Beside(check_content(study, settings), relate_to_vessels(study, settings))


def relate_to_vessels(study: Study, settings: Settings) -> Relations:
    """Return what the lesions and vessels of a study are to each other."""
    shared = share_lattices(study)
    liver = find_liver_mask(shared)
    found = find_lesions(shared, liver, min_lesion_mm=settings.min_lesion_mm, connectivity=settings.connectivity)
    return relate(shared, [size_lesion(shared, lesion) for lesion in found.all], settings.min_vessel_mm)


def check_content(study: Study, settings: Settings) -> tuple[Finding, ...]:
    """Return what the image's content says against the liver mask; a note where its pixels cannot be had."""
    try:
        compared = check_masks(study, lambda box: read_image(study.image, box), settings.forensic_limits)
    except StudyRefused as refusal:
        compared = (unchecked(f"the image's pixels cannot be read ({refusal.code})"),)
    outside = settings.outside_percent(study.image.modality)
    compared = refuse_unproved(compared, _liver_ml(study), outside, trusted=settings.trust_masks)
    return (*check_structures(study), *compared)


def _liver_ml(study: Study) -> float | None:
    """Return the volume of the masks that were held against the image."""
    liver = find_liver(study)
    return None if liver is None else mask_volume_ml(liver)
