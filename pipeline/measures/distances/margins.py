"""Margins of a planned resection, and the smallest distance of the lesions to the main vessels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.lesion import Lesion, LesionStatus
from pipeline.measurement import Measurement
from pipeline.measures.border import beyond_border_mm, border_gaps_mm, find_cut_faces
from pipeline.measures.distances.reading import reach_beyond, read_distance
from pipeline.measures.distances.search import Distance, find_distances
from pipeline.measures.distances.surface import Surface
from pipeline.measures.grids import count_shared, same_grid
from pipeline.study import Study
from pipeline.volume import Mask

MARGIN, PLANNED = "resection_margin_mm", "planned_margin_mm"
MAIN = "main_vessel_distance_mm"
MAIN_VESSELS = ("portal_vein_main", "hepatic_artery", "ivc")
CUT_SHARE = 0.1
"""Share of a lesion outside of what is kept above which the plan does not leave it whole."""
METHOD = "smallest distance between the half-level surfaces of a removed lesion and of what is kept of the liver"
NO_REMOVED = "NO_TARGET: no lesion in the liver is removed by the plan"
NO_LESION = "NO_LESION: there is no lesion in the liver to measure from"


def measure_margins(
    study: Study, lesions: Sequence[Lesion], bodies: Sequence[Surface], kept: Mask | None, total: Mask | None
) -> list[Measurement | None]:
    """Return ``resection_margin_mm`` of each lesion that the plan removes or cuts; None for every other one.

    Removed or cut: an intrahepatic lesion of which more than a tenth lies outside of what is kept. Where part of it
    lies within, the cut goes through it: 0.

    Parameters
    ----------
    kept
        What the plan keeps of the liver, the lesions in it included; None without a plan that can be measured.
    total
        The liver with its lesions: where the scan cuts it, what is kept may go on outside (``FOV_CUT``).
    """
    found: list[Measurement | None] = [None] * len(lesions)
    if kept is None or kept.is_empty:
        return found
    removed = [n for n, lesion in enumerate(lesions) if _is_removed(lesion, kept)]
    distances = find_distances([bodies[number] for number in removed], Surface(kept))
    for number, distance in zip(removed, distances, strict=True):
        if distance is not None:
            found[number] = read_margin(study, lesions[number], distance, total)
    return found


def read_margin(study: Study, lesion: Lesion, distance: Distance, total: Mask | None) -> Measurement:
    """Return the distance of a lesion to what is kept as its ``resection_margin_mm``.

    Parameters
    ----------
    total
        The liver with its lesions: where the scan cuts it, what is kept may go on outside (``FOV_CUT``).
    """
    cut = np.zeros((3, 2), dtype=np.bool_) if total is None else find_cut_faces(total, study.image.geometry)
    unseen = beyond_border_mm(border_gaps_mm(lesion.mask, study.image.geometry), cut)
    flags = ("FOV_CUT",) if cut.any() else ()
    reached = reach_beyond(distance, unseen)
    return read_distance(study, lesion, MARGIN, reached, ("remnant",), method=METHOD, flags=flags)


def plan_margin(lesions: Sequence[Lesion], kept: Mask | None, reason: str | None) -> Measurement:
    """Return ``planned_margin_mm``: the smallest resection margin of the lesions that the plan removes.

    Parameters
    ----------
    reason
        Why the plan or the lesions are not known, ``CODE: sentence``.
    """
    if reason is not None or kept is None:
        return Measurement(PLANNED, None, "mm", reason=reason or "NO_REMNANT: no plan of a resection is given")
    readings = {lesion.id: lesion.measurements[MARGIN] for lesion in lesions if MARGIN in lesion.measurements}
    return smallest_margin(readings)


def smallest_margin(readings: Mapping[str, Measurement]) -> Measurement:
    """Return ``planned_margin_mm`` of the resection margins of lesions, by their ids."""
    return _smallest(PLANNED, readings, "smallest resection margin of the removed lesions", NO_REMOVED)


def find_main_vessel_distance(lesions: Sequence[Lesion], reason: str | None) -> Measurement:
    """Return ``main_vessel_distance_mm``: of the lesions in the liver to portal trunk, hepatic artery or vena cava."""
    inside = [lesion for lesion in lesions if lesion.status is LesionStatus.INTRAHEPATIC]
    if reason is not None:
        return Measurement(MAIN, None, "mm", reason=reason)
    if not inside:
        return Measurement(MAIN, None, "mm", reason=NO_LESION)
    readings = {
        f"{lesion.id} to {vessel.replace('_', ' ')}": found
        for lesion in inside
        for vessel in MAIN_VESSELS
        if (found := lesion.measurements.get(f"dist_{vessel}_mm")) is not None
    }
    missing = [v.replace("_", " ") for v in MAIN_VESSELS if f"dist_{v}_mm" not in inside[0].measurements]
    smallest = _smallest(MAIN, readings, "smallest distance of a lesion to portal trunk, hepatic artery, vena cava", "")
    if not missing:
        return smallest
    reason = f"NO_MASK: not drawn: {', '.join(missing)}"
    if smallest.value is not None:
        reason += f"; of those drawn the nearest is {smallest.value:.1f} mm away"
    return Measurement(MAIN, None, "mm", reason=reason)


def _is_removed(lesion: Lesion, kept: Mask) -> bool:
    """Tell whether a plan removes a lesion, or at least cuts through it."""
    inside = lesion.status is LesionStatus.INTRAHEPATIC and same_grid(lesion.mask.grid, kept.grid)
    return inside and count_shared(lesion.mask, kept) < (1 - CUT_SHARE) * lesion.mask.count


def _smallest(name: str, readings: Mapping[str, Measurement], method: str, reason: str) -> Measurement:
    """Return the smallest of several distances; its interval is that of the smallest ends."""
    if not readings:
        return Measurement(name, None, "mm", reason=reason or "NO_MASK: none of the structures is drawn")
    which, best = min(readings.items(), key=lambda item: item[1].value or 0.0)
    low = min(one.low for one in readings.values() if one.low is not None)
    high = min(one.high for one in readings.values() if one.high is not None)
    flags = tuple(dict.fromkeys(code for one in readings.values() for code in one.flags))
    return replace(best, name=name, low=low, high=high, method=f"{method}: {which}", flags=flags)
