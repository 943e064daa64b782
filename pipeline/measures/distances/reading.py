"""A distance as a measurement: with its method, its flags, and where it can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.lesion import Lesion
from pipeline.measurement import Location, Measurement
from pipeline.measures.distances.search import Distance
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


def reach_beyond(distance: Distance, unseen_mm: float) -> Distance:
    """Return a distance whose low end holds the part of a structure that the scan does not show.

    Parameters
    ----------
    unseen_mm
        How near that part may be.
    """
    return distance if distance.low_mm <= unseen_mm else replace(distance, low_mm=unseen_mm)


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
