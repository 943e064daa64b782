"""Diameters of the targets that near lesions make together, computed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from scipy.spatial import ConvexHull
from scipy.spatial.distance import cdist

from pipeline.verify.gap import Body, Gap, find_gap
from pipeline.verify.grid import Floats
from pipeline.verify.lesions import Lesion
from pipeline.verify.number import Number
from pipeline.verify.surface import half_step

NEAR_MM, TIE_MM = 10.0, 1e-6


def cluster_numbers(drawn: Sequence[tuple[Lesion, Body]]) -> dict[str, Number]:
    """Return by the id of each lesion in the liver the diameter of all that hang together with it below 10 mm."""
    bodies = {lesion.id: body for lesion, body in drawn if lesion.status == "intrahepatic"}
    gaps = {
        frozenset(pair): find_gap(bodies[pair[0]], bodies[pair[1]])
        for pair in combinations(bodies, 2)
        if _may_touch(bodies[pair[0]], bodies[pair[1]])
    }
    found = {}
    for id_ in bodies:
        value, low, high = (
            _diameter([bodies[each] for each in sorted(_reach(id_, gaps, end))]) for end in ("value", "high", "low")
        )
        found[id_] = Number(
            value.value, min(low.low or 0.0, value.low or 0.0), max(high.high or 0.0, value.high or 0.0)
        )
    return found


def _may_touch(first: Body, second: Body) -> bool:
    room = 4 * max(float(each.solid.grid.spacing.max()) for each in (first, second))
    lows = np.maximum(first.surface.min(axis=0), second.surface.min(axis=0))
    highs = np.minimum(first.surface.max(axis=0), second.surface.max(axis=0))
    return float(np.linalg.norm(np.maximum(lows - highs, 0))) <= NEAR_MM + room


def _reach(start: str, gaps: Mapping[frozenset[str], Gap], end: str) -> set[str]:
    """Return all lesions that can be reached from one over gaps below 10 mm."""
    reached, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        near = {next(iter(pair - {here})) for pair, gap in gaps.items() if here in pair and getattr(gap, end) < NEAR_MM}
        waiting += near - reached
        reached |= near
    return reached


def _diameter(bodies: Sequence[Body]) -> Number:
    """Return the largest distance between two points of several surfaces, by every pair of their hulls' corners."""
    hulls = [body.surface[ConvexHull(body.surface - body.surface[0]).vertices] for body in bodies]
    points = np.concatenate(hulls)
    lengths = cdist(points, points)
    longest = float(lengths.max())
    pairs = [_in_order(points[pair]) for pair in np.argwhere(lengths >= longest - TIE_MM)]
    first, second = min(pairs, key=lambda pair: (*np.round(pair.mean(axis=0), 6), *np.round(pair[0], 6)))
    line = (second - first) / longest
    shift = 2 * max(half_step(body.solid.grid, line, body.solid.apart) for body in bodies)
    return Number(longest, max(longest - shift, 0.0), longest + shift)


def _in_order(pair: Floats) -> Floats:
    """Return two points, the smaller one first by L, P, H."""
    return pair if tuple(np.round(pair[0], 6)) <= tuple(np.round(pair[1], 6)) else pair[::-1]
