"""Where a measurement can be seen: slice of the study's image, SOPInstanceUID and frame, end points."""

from __future__ import annotations

import numpy as np

from pipeline.measurement import Location, Point
from pipeline.measures.grids import same_grid
from pipeline.study import Study
from pipeline.volume import Mask, Points


def locate(study: Study, mask: Mask, plane: int, ends_mm: Points | None = None) -> Location:
    """Return where a plane of a mask lies in the study's image.

    Parameters
    ----------
    plane
        Index along axis 0 of the mask's grid. On another grid than the image's: the nearest slice of the image, by
        position.
    ends_mm
        End points, LPS mm, shape (n, 3).
    """
    points = () if ends_mm is None else tuple(_point(end) for end in ends_mm)
    index = _image_slice(study, mask, plane, ends_mm)
    if index is None:
        return Location(points_mm=points)
    own = study.image.geometry.slice_axis == 0 and same_grid(mask.grid, study.image.geometry)
    uids, frames = study.image.sop_instance_uids, study.image.frames
    return Location(
        index,
        uids[index] if own and index < len(uids) else None,
        points,
        frames[index] + 1 if own and index < len(frames) else None,
    )


def locate_largest_slice(study: Study, mask: Mask) -> Location | None:
    """Return the slice in which a mask is largest; None for an empty mask."""
    if mask.is_empty:
        return None
    areas = np.count_nonzero(mask.voxels, axis=(1, 2))
    return locate(study, mask, mask.offset[0] + int(areas.argmax()))


def find_centroid(mask: Mask) -> Point:
    """Return the mean of the centres of a mask's set voxels, LPS mm; slices that are uneven count where they lie.

    Raises
    ------
    ValueError
        When the mask is empty.
    """
    if mask.is_empty:
        raise ValueError("an empty mask has no centroid")
    counts = [np.count_nonzero(mask.voxels, axis=tuple(o for o in range(3) if o != axis)) for axis in range(3)]
    places = [start + np.arange(len(found)) for start, found in zip(mask.offset, counts, strict=True)]
    middle = [float(found @ place) / mask.count for found, place in zip(counts, places, strict=True)]
    axis = mask.grid.slice_axis
    slices = np.tile(np.array(middle), (len(places[axis]), 1))
    slices[:, axis] = places[axis]
    return _point(counts[axis] @ mask.grid.to_world(slices) / mask.count)


def _image_slice(study: Study, mask: Mask, plane: int, ends_mm: Points | None) -> int | None:
    """Return the image slice of a plane of the mask's grid; None when it lies outside the image."""
    if same_grid(mask.grid, study.image.geometry):
        return plane
    middle = np.array([[plane, *(start + (size - 1) / 2 for start, size in _in_plane(mask))]], dtype=np.float64)
    world = mask.grid.to_world(middle) if ends_mm is None else ends_mm.mean(axis=0)[None]
    index = int(np.rint(study.image.geometry.to_index(world)[0, 0]))
    return index if 0 <= index < study.image.geometry.shape[0] else None


def _in_plane(mask: Mask) -> list[tuple[int, int]]:
    """Return first index and size of the mask's box along rows and columns."""
    return [(mask.offset[1], mask.voxels.shape[1]), (mask.offset[2], mask.voxels.shape[2])]


def _point(end: Points) -> Point:
    """Return a point as plain numbers."""
    return float(end[0]), float(end[1]), float(end[2])
