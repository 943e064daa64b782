"""Whether a segmentation lies where the images lie that it says it was drawn on (rows M06 and M07)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.readers.mask_object import FrameSource, MaskObject, MaskReference
from pipeline.readers.segmentation.grid import COSINE_TOLERANCE, slice_origins
from pipeline.study import ImageSeries
from pipeline.volume import Geometry

SLICE_TOLERANCE = 0.51
"""A frame may lie up to half a slice beside an image that it names, and a little for rounding."""
MATRIX_TOLERANCE = 0.5
"""Corners of a plane with as many pixels as the image's plane may lie up to half a pixel beside its corners."""

Floats = NDArray[np.float64]


def check_frame_sources(reference: MaskReference, parts: Sequence[ImageSeries]) -> None:
    """Check that every frame lies in the plane of an image that it names, where that image is here.

    Frames in planes of another orientation cut through many images and are not compared.

    Raises
    ------
    StudyRefused
        ``GRID_INDEX`` when a frame lies half a slice or more away from every one of its images.
    """
    for part in parts:
        normal, spacing = _normal_of(part.geometry)
        heights = _heights_of(part, normal)
        known: dict[FrameSource, float] = {}
        for frame in reference.frames:
            if frame not in known:
                known[frame] = _distance(frame, heights, normal)
        away = [known[frame] for frame in reference.frames]
        wrong = sum(distance > SLICE_TOLERANCE * spacing for distance in away)
        if wrong:
            raise StudyRefused(
                "GRID_INDEX",
                f"{wrong} of {len(away)} frames of the segmentation lie up to {max(away):.1f} mm away from the images "
                "that they name as their source: the positions or the names are wrong; export the segmentation again.",
            )


def _normal_of(grid: Geometry) -> tuple[Floats, float]:
    """Return the unit normal of a grid's slices, and their distance along it."""
    first, second = np.delete(grid.axes, grid.slice_axis, axis=0)
    normal = np.cross(first, second)
    normal = normal / np.linalg.norm(normal)
    return normal, abs(float(grid.axes[grid.slice_axis] @ normal))


def _heights_of(part: ImageSeries, normal: Floats) -> dict[str | tuple[str, int], list[float]]:
    """Return where the slices of each image lie along a normal; of a multi-frame image also by its frames."""
    heights: dict[str | tuple[str, int], list[float]] = {}
    places = (slice_origins(part.geometry) @ normal).tolist()
    for uid, height in zip(part.sop_instance_uids, places, strict=True):
        heights.setdefault(uid, []).append(height)
    if part.frames:
        for uid, frame, height in zip(part.sop_instance_uids, part.frames, places, strict=True):
            heights.setdefault((uid, frame), []).append(height)
    return heights


def _distance(frame: FrameSource, heights: Mapping[str | tuple[str, int], Sequence[float]], normal: Floats) -> float:
    """Return how far a frame is from the nearest of its images, in mm; 0 when that cannot be said."""
    named: list[str | tuple[str, int]] = [source for source in frame.frames if source in heights]
    named = named or [uid for uid in frame.instances if uid in heights]
    directions = np.array(frame.orientation).reshape(2, 3)
    if not frame.instances <= heights.keys() or np.abs(directions @ normal).max() > COSINE_TOLERANCE:
        return 0.0
    place = float(np.array(frame.position) @ normal)
    return min(abs(place - height) for source in named for height in heights[source])


def check_matrix(reference: MaskReference, masks: MaskObject, image: ImageSeries) -> None:
    """Check that a mask of the image's own matrix, drawn on its slices, lies on its pixels.

    Raises
    ------
    StudyRefused
        ``GRID_OTHER`` when it has as many rows and columns, was drawn on these images, and has another pixel spacing,
        orientation or place.
    """
    if not (reference.instances & set(image.sop_instance_uids) or image.series_instance_uid in reference.series):
        return
    grids = {id(each.mask.grid): each.mask.grid for each in masks.segments if each.mask.grid is not image.geometry}
    if any(_contradicts(grid, image.geometry) for grid in grids.values()):
        raise StudyRefused(
            "GRID_OTHER",
            "The segmentation has as many rows and columns as the images it was drawn on, and another pixel spacing, "
            "orientation or place: one of the two is wrong; export the segmentation again.",
        )


def _contradicts(grid: Geometry, image: Geometry) -> bool:
    axis = image.slice_axis
    if grid.slice_axis != axis or np.delete(grid.shape, axis).tolist() != np.delete(image.shape, axis).tolist():
        return False
    own = Geometry(grid.shape, grid.affine, axis)
    even = Geometry(image.shape, image.affine, axis)
    expected, found = own.to_index(own.corners_mm()), even.to_index(own.corners_mm())
    in_plane = np.abs(np.delete(found - expected, axis, axis=1)).max()
    tilted = max(float(np.ptp(found[expected[:, axis] == end, axis])) for end in np.unique(expected[:, axis]))
    return bool(max(in_plane, tilted) > MATRIX_TOLERANCE)
