"""The ROIs of an RTSTRUCT drawn on an image's grid, each as a mask with its exact shares of pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.readers.contours.contour_findings import DrawnRoi
from pipeline.readers.contours.fill import fill_region
from pipeline.readers.contours.planes import PlacedContours, place_contours
from pipeline.readers.contours.polygons import Region, build_region
from pipeline.readers.contours.rtstruct_header import Roi
from pipeline.readers.contours.slabs import fill_slabs
from pipeline.readers.contours.spacing import Spacing, find_spacings
from pipeline.volume import Geometry, Mask


def draw_rois(rois: Sequence[Roi], image: Geometry) -> tuple[DrawnRoi, ...]:
    """Return every ROI as a mask on the image's slices; one drawn on every k-th of them fills the slabs between.

    Raises
    ------
    StudyRefused
        When contours do not lie on the image: see ``place_contours``; ``RT_CROSS`` when they bound no area.
    """
    closed = [contour for roi in rois for contour in roi.contours if contour.is_closed]
    placed = place_contours(closed, image)
    ends = np.cumsum([sum(contour.is_closed for contour in roi.contours) for roi in rois])
    chosen = [slice(int(first), int(last)) for first, last in zip([0, *ends[:-1]], ends, strict=True)]
    regions = [build_region(placed.rings[each], placed.slices[each]) for each in chosen]
    spacings = find_spacings(regions)
    return tuple(
        _draw_roi(roi, placed, region, spacing, image)
        for roi, region, spacing in zip(rois, regions, spacings, strict=True)
    )


def _draw_roi(roi: Roi, placed: PlacedContours, region: Region, spacing: Spacing, image: Geometry) -> DrawnRoi:
    if not len(region.polygons):
        nothing = Mask(image, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
        return DrawnRoi(roi, nothing, region, Spacing(), placed)
    mask = fill_slabs(fill_region(region, image, placed.axis), placed.axis, spacing)
    return DrawnRoi(roi, mask, region, spacing, placed)
