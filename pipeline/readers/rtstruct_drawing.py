"""The ROIs of an RTSTRUCT drawn on an image's grid, each as a mask with its exact shares of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.readers.contour_fill import fill_region
from pipeline.readers.contour_planes import PlacedContours, place_contours
from pipeline.readers.contour_polygons import Region, build_region
from pipeline.readers.contour_spacing import Spacing, find_spacing, thin_out
from pipeline.readers.rtstruct_findings import DrawnRoi
from pipeline.readers.rtstruct_header import Roi
from pipeline.volume import Geometry, Mask


@dataclass(frozen=True, eq=False)
class _Sheets:
    """All grids that structures of one object are placed on, each made once."""

    image: Geometry
    axis: int
    made: dict[tuple[int, int], Geometry]

    def grid_of(self, spacing: Spacing) -> Geometry:
        """Return the image's grid, or that of every k-th slice of it."""
        if spacing.step == 1:
            return self.image
        key = (spacing.step, spacing.first)
        if key not in self.made:
            self.made[key] = thin_out(self.image, self.axis, spacing)
        return self.made[key]


def draw_rois(rois: Sequence[Roi], image: Geometry) -> tuple[DrawnRoi, ...]:
    """Return every ROI as a mask on the image's slices, or on every k-th of them.

    Raises
    ------
    StudyRefused
        When contours do not lie on the image: see ``place_contours``; ``RT_CROSS`` when they bound no area.
    """
    closed = [contour for roi in rois for contour in roi.contours if contour.is_closed]
    placed = place_contours(closed, image)
    sheets = _Sheets(image, placed.axis, {})
    found, first = [], 0
    for roi in rois:
        count = sum(contour.is_closed for contour in roi.contours)
        chosen = slice(first, first + count)
        found.append(_draw_roi(roi, placed, chosen, sheets))
        first += count
    return tuple(found)


def _draw_roi(roi: Roi, placed: PlacedContours, chosen: slice, sheets: _Sheets) -> DrawnRoi:
    region = build_region(placed.rings[chosen], placed.slices[chosen])
    if not len(region.polygons):
        nothing = Mask(sheets.image, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
        return DrawnRoi(roi, nothing, region, Spacing(), placed)
    spacing = find_spacing(region)
    grid = sheets.grid_of(spacing)
    slices = (region.slices - spacing.first) // spacing.step
    mask = fill_region(Region(region.polygons, slices), grid, placed.axis)
    return DrawnRoi(roi, mask, region, spacing, placed)
