"""What an image's content says against the masks of its study, under the settings of a run."""

from __future__ import annotations

from pipeline.errors import StudyRefused
from pipeline.measures.forensics import check_masks, find_liver, unchecked
from pipeline.measures.plausibility import check_structures
from pipeline.measures.volumes import mask_volume_ml
from pipeline.readers import read_image
from pipeline.settings import Settings
from pipeline.study import Finding, Study
from pipeline.withholding import refuse_unproved


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
