"""Pictures of plans: the liver from the front, and the slice with most of what is taken on the image's pixels.

Owns what is shown. What the plan takes comes from ``taking``; nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from pipeline.errors import StudyRefused
from pipeline.measures.grids import same_grid
from pipeline.measures.key_images import LIVER_WINDOW, Window, apply_window, find_edge_letters, trace_masks
from pipeline.measures.key_views import find_slice
from pipeline.measures.plans.cells import Cells
from pipeline.measures.plans.front_view import set_scene, view_plan
from pipeline.measures.plans.taking import Fate, Taken
from pipeline.picture import Outline, PlanPicture, PlanSlice
from pipeline.study import Study
from pipeline.volume import Box, Geometry, Image, Index3, Mask

LIVER_MARGIN_MM = 10.0
"""What of the image is shown round the liver."""
SHOWN = {"remnant": (Fate.REMNANT, Fate.LESION_LEFT), "specimen": (Fate.REMOVED,), "ablated": (Fate.ABLATED,)}
"""Roles of outlines and what they run around, those drawn later above the others; lesions come last."""


def draw_plan_pictures(
    study: Study,
    cells: Cells,
    plans: Callable[[], Iterator[tuple[str, Taken]]],
    read: Callable[[Box], Image],
    *,
    window: Window = LIVER_WINDOW,
) -> tuple[PlanPicture, ...]:
    """Return a picture of every plan, in the order of the plans; none of a liver without a voxel.

    Parameters
    ----------
    cells
        The total liver of the study.
    plans
        Gives each plan's id and what it takes, one after the other, so that only one is held at a time.
    read
        Returns the image's values in a box of its grid; called once a picture, for one slice.
    window
        Grey scale of CT. Other images are shown between two percentiles of the picture.
    """
    if cells.total.is_empty:
        return ()
    scene = set_scene(cells)
    return tuple(
        PlanPicture(plan_id, view_plan(scene, taken), _draw_slice(study, cells, taken, read, window))
        for plan_id, taken in plans()
    )


def _draw_slice(
    study: Study, cells: Cells, taken: Taken, read: Callable[[Box], Image], window: Window
) -> PlanSlice | None:
    """Return the slice with most of the specimen, or of the ablation zones.

    None where that lies outside the image, or where its pixels cannot be read: the view from the front needs no pixel.
    """
    geometry = study.image.geometry
    box = _find_box(geometry, taken)
    if box is None:
        return None
    try:
        image = read(box)
    except StudyRefused:
        return None
    pixels, window_text = apply_window(image.voxels[0], study.image.modality, window)
    return PlanSlice(
        pixels=pixels,
        pixel_spacing_mm=(float(geometry.spacing_mm[1]), float(geometry.spacing_mm[2])),
        outlines=tuple(_outline(geometry, box, cells, taken)),
        edge_letters=find_edge_letters(geometry),
        slice_index=box[0].start,
        slice_count=geometry.shape[0],
        window=window_text,
    )


def _find_box(geometry: Geometry, taken: Taken) -> Box | None:
    """Return the box of one slice of the image with the whole liver in it."""
    total, widest = taken.total, _find_widest(taken)
    rows, columns = np.nonzero(taken.states[widest] != Fate.OUTSIDE)
    index = find_slice(geometry, total.geometry.to_world(np.array([[widest, rows.mean(), columns.mean()]])))
    if index is None:
        return None
    corners = total.geometry.offset_in(geometry)[:, 1:]
    margin = LIVER_MARGIN_MM / geometry.spacing_mm[1:]
    low, high = np.floor(corners.min(axis=0) - margin), np.ceil(corners.max(axis=0) + margin)
    row, column = (slice(max(0, int(low[axis])), min(geometry.shape[axis + 1], int(high[axis]) + 1)) for axis in (0, 1))
    return slice(index, index + 1), row, column


def _find_widest(taken: Taken) -> int:
    """Return the slice of the liver's box with most of the specimen, else of the ablation zones, else of the liver."""
    counted = (
        [int(np.count_nonzero(plane == fate)) for plane in taken.states]
        for fate in (Fate.REMOVED, Fate.ABLATED, Fate.REMNANT)
    )
    return int(np.argmax(next((areas for areas in counted if any(areas)), [0])))


def _outline(geometry: Geometry, box: Box, cells: Cells, taken: Taken) -> Iterator[Outline]:
    """Yield what is outlined on a slice, each with a contour."""
    part, offset = _narrow(geometry, box, taken.total)
    masks = {role: np.isin(taken.states[part], fates) for role, fates in SHOWN.items()}
    masks["lesion"] = cells.lesion[part] >= 0
    for role, voxels in masks.items():
        contours = trace_masks(geometry, box, [[Mask(taken.total.grid, offset, voxels)]])
        if contours:
            yield Outline(role, contours)


def _narrow(geometry: Geometry, box: Box, total: Mask) -> tuple[slice, Index3]:
    """Return which slices of the liver's box a picture needs, and where they start: one on the image's own grid."""
    if not same_grid(total.grid, geometry):
        return slice(None), total.offset
    first = box[0].start - total.offset[0]
    return slice(first, first + 1), (box[0].start, total.offset[1], total.offset[2])
