"""The distance of each lesion to the nearest other one in the liver."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.lesion import Lesion, LesionStatus
from pipeline.measurement import Measurement
from pipeline.measures.distances.interval import widest_step
from pipeline.measures.distances.reading import nearest_of, read_distance
from pipeline.measures.distances.search import Distance, find_pairs
from pipeline.measures.distances.surface import Surface
from pipeline.measures.distances.to_structures import grid_flags
from pipeline.study import Study

NAME = "nearest_lesion_mm"
NO_OTHER = "NO_OTHER_LESION: there is no other lesion in the liver"
WIDEST_REACH = 4.0
"""Steps of the widest spacing by which surfaces, centres and their interval can differ from each other, and more."""


def measure_neighbours(
    study: Study, lesions: Sequence[Lesion], bodies: Sequence[Surface], reason: str | None
) -> list[Measurement]:
    """Return ``nearest_lesion_mm`` of each lesion: to the nearest other intrahepatic lesion.

    Parameters
    ----------
    reason
        Why it is not known which lesions lie in the liver, if it is not.
    """
    others = [n for n, lesion in enumerate(lesions) if lesion.status is LesionStatus.INTRAHEPATIC]
    found = _find_pairs(lesions, bodies, others)
    return [_read(study, lesions, number, found, reason) for number in range(len(lesions))]


def _read(
    study: Study, lesions: Sequence[Lesion], number: int, found: dict[tuple[int, int], Distance], reason: str | None
) -> Measurement:
    """Return the distance of one lesion to its nearest neighbour."""
    lesion = lesions[number]
    own = {other: distance for (first, other), distance in found.items() if first == number}
    if not own:
        return Measurement(NAME, None, "mm", reason=reason or NO_OTHER, masks=(lesion.label,))
    nearest = min(own, key=lambda other: own[other].value_mm)
    flags = grid_flags(lesion.mask, [lesions[nearest].mask])
    method = f"smallest distance between the half-level surfaces; to {lesions[nearest].id}"
    return read_distance(
        study, lesion, NAME, nearest_of([*own.values()]), (lesions[nearest].label,), method=method, flags=flags
    )


def _find_pairs(
    lesions: Sequence[Lesion], bodies: Sequence[Surface], others: Sequence[int]
) -> dict[tuple[int, int], Distance]:
    """Return the distances of all pairs (lesion, other one) that can hold the nearest one or an end of its interval."""
    close = _close_pairs(lesions, bodies, others)
    asked: dict[tuple[int, int], None] = {}
    for other in others:
        for number in np.flatnonzero(close[:, other] | close[other]).tolist():
            if number != other and (number in others) <= ((other, number) not in asked):
                asked[number, other] = None
    distances = find_pairs(bodies, bodies, [*asked])
    found: dict[tuple[int, int], Distance] = {}
    for number, other in asked:
        found[number, other] = distances[number, other]
        if number in others:
            found[other, number] = _turned(distances[number, other])
    return found


def _turned(distance: Distance) -> Distance:
    """Return a distance seen from its other end."""
    return Distance(distance.value_mm, distance.low_mm, distance.high_mm, distance.ends_mm[::-1], distance.shares)


def _close_pairs(lesions: Sequence[Lesion], bodies: Sequence[Surface], others: Sequence[int]) -> NDArray[np.bool_]:
    """Tell which others may be the nearest one of each lesion, or set an end of its interval, shape (n, n).

    At least as far apart as the boxes of their voxel centres, at most as the nearest two of six outermost voxels each.
    """
    low = np.stack([body.shell.at.min(axis=1) for body in bodies])
    high = np.stack([body.shell.at.max(axis=1) for body in bodies])
    apart = np.maximum(np.maximum(low[:, None] - high, low - high[:, None]), 0.0)
    at_least = np.linalg.norm(apart, axis=2)
    at_most = _distances_of_tips(np.stack([_tips(body) for body in bodies]))
    is_other = np.zeros(len(lesions), dtype=np.bool_)
    is_other[list(others)] = True
    asked = is_other[None] & ~np.eye(len(lesions), dtype=np.bool_)
    limit = np.where(asked, at_most, np.inf).min(axis=1) + WIDEST_REACH * max(widest_step(b.mask.grid) for b in bodies)
    return np.asarray(asked & (at_least <= limit[:, None]))


def _tips(body: Surface) -> NDArray[np.float64]:
    """Return the outermost boundary voxels along each patient axis, LPS mm, shape (6, 3)."""
    at = body.shell.at
    return at[:, np.concatenate([at.argmin(axis=1), at.argmax(axis=1)])].T


def _distances_of_tips(tips: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smallest distance between the outermost voxels of each two bodies, shape (n, n)."""
    flat = tips.reshape(-1, 3)
    rows = [np.linalg.norm(own[:, None] - flat, axis=2).min(axis=0).reshape(len(tips), -1).min(axis=1) for own in tips]
    return np.stack(rows)
