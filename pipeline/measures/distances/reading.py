"""A distance as a measurement: with its method, its flags, and where it can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.geometry import Geometry
from pipeline.lesion import Lesion
from pipeline.measurement import Location, Measurement
from pipeline.measures.distances.search import Distance
from pipeline.measures.grids import same_grid
from pipeline.measures.locations import locate
from pipeline.study import Study
from pipeline.volume import Mask, Points

METHOD = "smallest distance between the half-level surfaces"
SHARED = "0: the masks share voxels"


def nearest_of(distances: Sequence[Distance]) -> Distance:
    """Return the distance to the nearest of several structures; its interval is that of the smallest ends."""
    best = min(distances, key=lambda distance: distance.value_mm)
    low, high = (min(ends) for ends in zip(*((each.low_mm, each.high_mm) for each in distances), strict=True))
    return replace(best, low_mm=min(low, best.value_mm), high_mm=max(high, best.value_mm))


def read_distance(
    study: Study,
    lesion: Lesion,
    name: str,
    distance: Distance,
    others: tuple[str, ...],
    *,
    method: str = METHOD,
    flags: tuple[str, ...] = (),
) -> Measurement:
    """Return a distance from a lesion as a measurement.

    Parameters
    ----------
    others
        Names of the structures that it is measured to.
    """
    return Measurement(
        name,
        distance.value_mm,
        "mm",
        distance.low_mm,
        distance.high_mm,
        None,
        SHARED if distance.shares else method,
        (lesion.label, *others),
        place(study, lesion.mask, distance.ends_mm),
        tuple(dict.fromkeys((*flags_of(study, lesion), *flags))),
    )


def flags_of(study: Study, lesion: Lesion) -> tuple[str, ...]:
    """Return the codes of what touches every distance of a lesion: those of its own measurements."""
    volume = lesion.measurements.get("volume_ml")
    return () if volume is None else volume.flags


def place(study: Study, mask: Mask, ends_mm: Points) -> Location:
    """Return where a distance lies: the slice of its end on the mask, and both ends."""
    plane = int(np.rint(mask.grid.to_index(ends_mm[:1])[0, 0]))
    return locate(study, mask, int(np.clip(plane, mask.box[0].start, mask.box[0].stop - 1)), ends_mm)


def border_gap_mm(mask: Mask, image: Geometry) -> float:
    """Return how far a mask's voxels stay from the nearest face of the image, in mm; 0 where they reach beyond it."""
    if same_grid(mask.grid, image):
        low = np.array([part.start for part in mask.box], dtype=np.float64)
        high = np.array([part.stop for part in mask.box], dtype=np.float64)
    else:
        corners = image.to_index(mask.geometry.corners_mm())
        low, high = corners.min(axis=0) + 0.5, corners.max(axis=0) + 0.5
    normals = np.linalg.inv(image.axes).T
    heights = 1 / np.linalg.norm(normals, axis=1)
    gaps = np.minimum(low, np.array(image.shape) - high) * heights
    return max(float(gaps.min()), 0.0)
