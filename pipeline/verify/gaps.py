"""Parts of a mask that only missing slices keep apart (docs/measurements.md, *Missing slices*)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pipeline.verify.solid import Bools, Solid

LEAST, SCRAP = 0.005, 0.01
"""Shares of a structure: that has to be missing, and below which a piece thinner than the gap is a stray one."""


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


def lacks_slices(solid: Solid, lesions: Sequence[Solid]) -> bool:
    """Tell whether slices are missing inside a structure that is one body: empty ones that lesions do not half fill."""
    if not solid.count:
        return False
    axis, (low, high) = solid.grid.slice_axis, solid.box()
    own = np.moveaxis(solid.over(low, high), axis, 0)
    filled = np.zeros(len(own), dtype=int)
    near = [np.moveaxis(each.over(low, high), axis, 0) for each in lesions if each.grid is solid.grid and each.count]
    if near:
        filled = np.any(near, axis=0).sum(axis=(1, 2))
    used, lacking = np.flatnonzero(own.any(axis=(1, 2))), 0
    for before, after in pairwise(used):
        empty = int(after - before - 1)
        sides = (own[: before + 1], own[after:])
        stray = any(side.sum() < SCRAP * own.sum() and len(side) < empty for side in sides)
        if not empty or stray or not _over_each_other(own[before], own[after]):
            continue
        section = min(int(own[before].sum()), int(own[after].sum()))
        lacking += section * int((2 * filled[before + 1 : after] < section).sum())
    return lacking > 0 and lacking >= LEAST * solid.count


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
