"""Parts of a mask that only missing slices keep apart (docs/measurements.md, *Missing slices*)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from pipeline.verify.solid import Bools, Solid


def join_parts(whole: Solid, parts: list[Solid]) -> tuple[list[list[int]], int]:
    """Return the bodies that parts make when joined across empty slices, as positions of parts, and runs joined over.

    Two parts that face each other across empty slices are one where at least half of the smaller section lies over the
    other and the gap is no longer than the longer of them.
    """
    axis = whole.grid.slice_axis
    low, high = whole.box()
    sections = whole.over(low, high).any(axis=tuple(i for i in range(3) if i != axis))
    used = np.flatnonzero(sections) + low[axis]
    body, runs = list(range(len(parts))), 0
    for before, after in pairwise(used):
        if after - before < 2:
            continue
        joined = [
            (a, b)
            for a, lower in enumerate(parts)
            for b, upper in enumerate(parts)
            if lower.box()[1][axis] == before
            and upper.box()[0][axis] == after
            and after - before - 1 <= max(_depth(lower, axis), _depth(upper, axis))
            and _over_each_other(_section(lower, whole, before), _section(upper, whole, after))
        ]
        runs += bool(joined)
        for a, b in joined:
            keep, lose = sorted((body[a], body[b]))
            body = [keep if each == lose else each for each in body]
    return [[n for n, each in enumerate(body) if each == name] for name in sorted(set(body))], runs


def _depth(solid: Solid, axis: int) -> int:
    low, high = solid.box()
    return int(high[axis] - low[axis] + 1)


def _section(part: Solid, whole: Solid, place: int) -> Bools:
    low, high = whole.box()
    low, high = low.copy(), high.copy()
    low[whole.grid.slice_axis] = high[whole.grid.slice_axis] = place
    return part.over(low, high)


def _over_each_other(first: Bools, second: Bools) -> bool:
    smaller = min(int(first.sum()), int(second.sum()))
    return 2 * int((first & second).sum()) >= smaller > 0
