"""The targets that lesions near each other make together: all that hang together by gaps below 10 mm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.lesion import Lesion, LesionStatus
from pipeline.measurement import Measurement
from pipeline.measures.diameters import find_farthest, find_outermost
from pipeline.measures.distances.interval import widest_step
from pipeline.measures.distances.reading import flags_of
from pipeline.measures.distances.search import find_pairs
from pipeline.measures.distances.surface import Surface
from pipeline.measures.uncertainty import Interval, diameter_interval, drawn_grid
from pipeline.study import Study
from pipeline.volume import Points

NAME = "cluster_10mm_diameter_mm"
NEAR_MM = 10.0
"""Gap below which two lesions belong to one target, part of the quantity's name."""
WIDEST_REACH = 4.0
"""Steps of the widest spacing by which surfaces, centres and their interval can differ from each other, and more."""
ALONE = "its own 3D diameter: no other lesion in the liver is less than 10 mm away"
Link: TypeAlias = tuple[int, int]
Group: TypeAlias = tuple[int, ...]


def measure_clusters(study: Study, lesions: Sequence[Lesion], bodies: Sequence[Surface]) -> dict[int, Measurement]:
    """Return ``cluster_10mm_diameter_mm`` of each intrahepatic lesion, by its number.

    The largest distance between two vertices of the half-level surfaces of all lesions of its target. The low end is
    that of the target by the high ends of the gaps, the high end that by their low ends.
    """
    inside = [n for n, lesion in enumerate(lesions) if lesion.status is LesionStatus.INTRAHEPATIC]
    gaps = find_pairs(bodies, bodies, _close_pairs(bodies, inside))
    ends = ("value_mm", "high_mm", "low_mm")
    links = [[pair for pair, gap in gaps.items() if getattr(gap, end) < NEAR_MM] for end in ends]
    grouped, narrow, wide = (_join(inside, each) for each in links)
    near = {number for group in wide.values() if len(group) > 1 for number in group}
    outermost = {number: find_outermost(lesions[number].mask) for number in near}
    sizes = {
        group: _size([lesions[n] for n in group], [outermost[n] for n in group])
        for group in {each[number] for each in (grouped, narrow, wide) for number in near}
    }
    found = {}
    for number in inside:
        if number not in near:
            found[number] = _read(study, [lesions[number]], *_own(lesions[number]))
            continue
        value, own = sizes[grouped[number]]
        low, high = sizes[narrow[number]][1].low, sizes[wide[number]][1].high
        interval = Interval(min(low, own.low), max(high, own.high))
        found[number] = _read(study, [lesions[n] for n in grouped[number]], value, interval)
    return found


def _close_pairs(bodies: Sequence[Surface], inside: Sequence[int]) -> list[Link]:
    """Return the pairs of lesions whose boxes are near enough for a gap below 10 mm to lie in its interval."""
    if len(inside) < 2:
        return []
    low = np.stack([bodies[number].shell.at.min(axis=1) for number in inside])
    high = np.stack([bodies[number].shell.at.max(axis=1) for number in inside])
    apart = np.maximum(np.maximum(low[:, None] - high, low - high[:, None]), 0.0)
    reach = NEAR_MM + WIDEST_REACH * max(widest_step(bodies[number].mask.grid) for number in inside)
    close: NDArray[np.bool_] = np.triu(np.linalg.norm(apart, axis=2) <= reach, 1)
    return [(inside[a], inside[b]) for a, b in np.argwhere(close).tolist()]


def _join(numbers: Sequence[int], links: Iterable[Link]) -> dict[int, Group]:
    """Return for each number all that hang together with it by links, ascending."""
    groups = {number: {number} for number in numbers}
    for first, second in links:
        whole = groups[first] | groups[second]
        groups |= dict.fromkeys(whole, whole)
    return {number: tuple(sorted(group)) for number, group in groups.items()}


def _size(members: Sequence[Lesion], outermost: Sequence[Points]) -> tuple[float, Interval]:
    """Return the diameter of lesions together, and its interval: the widest of those on their grids."""
    chord = find_farthest(np.concatenate(outermost))
    intervals = [diameter_interval(drawn_grid(lesion.mask), chord) for lesion in members]
    return chord.length_mm, Interval(min(one.low for one in intervals), max(one.high for one in intervals))


def _own(lesion: Lesion) -> tuple[float, Interval]:
    """Return the 3D diameter of a lesion and its interval."""
    own = lesion.measurements.get("max_3d_diameter_mm")
    if own is None or own.value is None or own.low is None or own.high is None:
        return _size([lesion], [find_outermost(lesion.mask)])
    return own.value, Interval(own.low, own.high)


def _read(study: Study, members: Sequence[Lesion], value: float, interval: Interval) -> Measurement:
    ids = ", ".join(lesion.id for lesion in members)
    together = f"largest distance between two vertices of the half-level surfaces of {ids}, less than 10 mm apart"
    flags = tuple(dict.fromkeys(flag for lesion in members for flag in flags_of(study, lesion)))
    masks = tuple(dict.fromkeys(lesion.label for lesion in members))
    method = ALONE if len(members) == 1 else together
    return Measurement(NAME, value, "mm", interval.low, interval.high, None, method, masks, None, flags)
