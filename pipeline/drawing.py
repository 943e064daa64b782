"""The pictures of a study: key images of what was measured, and one of each plan; or why there are none."""

from __future__ import annotations

from pipeline.errors import StudyRefused
from pipeline.lesion import StudyMeasurements
from pipeline.measures.key_images import Window, draw_key_images
from pipeline.measures.key_views import find_views
from pipeline.picture import Picture
from pipeline.planned.pictures import draw_plans
from pipeline.planned.planning import Planned
from pipeline.readers import read_image
from pipeline.settings import Settings
from pipeline.study import Finding, Severity, Study
from pipeline.volume import Box, Image


def draw_pictures(
    study: Study, measured: StudyMeasurements, planned: Planned, settings: Settings
) -> tuple[tuple[Picture, ...], tuple[Finding, ...]]:
    """Return the key images and a picture of each plan, or none and why: masks need no pixels that can be decoded."""
    window = Window(settings.ct_window_width_hu, settings.ct_window_level_hu)

    def read(box: Box) -> Image:
        return read_image(study.image, box)

    try:
        images = draw_key_images(study, measured, read, window=window)
        return (*images, *draw_plans(study, planned, read, window)), ()
    except StudyRefused as refusal:
        return (), (_no_pictures(refusal),)


def find_picture_trouble(study: Study, measured: StudyMeasurements) -> tuple[Finding, ...]:
    """Return what a run would say of the pictures' pixels: every slice they show is read, none is drawn."""
    try:
        for _, box in find_views(study, measured.lesions):
            read_image(study.image, box)
    except StudyRefused as refusal:
        return (_no_pictures(refusal),)
    return ()


def _no_pictures(refusal: StudyRefused) -> Finding:
    message = f"There are no pictures of this study: {refusal.message} The measurements come from the masks."
    return Finding(refusal.code, Severity.WARNING, message)
