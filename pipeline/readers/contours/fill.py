"""Polygons as voxels: which pixel centres lie inside, and what share of each pixel's area does, exactly.

The share is the signed area between each edge and the right-hand end of its row, summed up along the row: it is linear
in the edges, so that the shares of all pixels together are the polygons' area, and those of structures that share an
edge make up the whole pixel. Along a row it changes only where an edge goes through.

A pixel centre that lies on a contour counts for the structure on its far side (of higher row and column): structures
that share a contour share no voxel and leave none out. It is decided by a point ``NUDGE`` beside the centre, so that
rounding does not decide.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.geometry import Geometry
from pipeline.readers.contours.polygons import Region
from pipeline.volume import Coverage, Mask, ShareKind

NUDGE = (1.3e-6, 1.7e-6)
"""Where in its pixel the point lies that decides: this far from the centre, in rows and columns."""
ROUNDING = 1e-9
"""A share this near to 0 or 1 is 0 or 1."""
BLOCK_VOXELS = 4_000_000
"""Slices are filled together as long as they make no more voxels than this."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Edges:
    """Edges of polygons, each going up in rows (y): ends, slice, and whether the inside begins (1) or ends (-1) there.

    Coordinates are rows and columns of the grid, voxel centres at whole numbers.
    """

    slices: Ints
    y: Floats
    x: Floats
    y_end: Floats
    x_end: Floats
    sense: Floats

    def take(self, chosen: NDArray[np.bool_]) -> Edges:
        """Return some of the edges."""
        ends = (each[chosen] for each in (self.y, self.x, self.y_end, self.x_end, self.sense))
        return Edges(self.slices[chosen], *ends)


def fill_region(region: Region, grid: Geometry, axis: int) -> Mask:
    """Return the mask of a region on a grid, with the share of each pixel that it covers.

    Parameters
    ----------
    region
        Polygons in column and row; both are the grid's axes other than ``axis``, in their order.
    axis
        The array axis of the slices.
    """
    others = [i for i in range(3) if i != axis]
    size = (grid.shape[others[0]], grid.shape[others[1]])
    empty = Mask(grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_))
    if not len(region.polygons):
        return empty
    edges = _list_edges(region)
    low, shape = _box_of(edges, size)
    voxels = np.zeros(shape, dtype=np.bool_)
    indices, shares = [], []
    for first, part in _blocks(edges, low, shape):
        inside, places, covered = _fill(part, (first, low[1], low[2]), shape)
        voxels[first - low[0] : first - low[0] + len(inside)] = inside
        shares.append(covered)
        indices.append(places + np.array([first, low[1], low[2]]))
    order = [0, 0, 0]
    order[axis], order[others[0]], order[others[1]] = 0, 1, 2
    found = np.concatenate(indices)[:, order]
    start = [low[i] for i in order]
    bare = Mask.from_array(grid, voxels.transpose(order), (start[0], start[1], start[2]))
    ascending = np.lexsort(found.T[::-1])
    coverage = Coverage(ShareKind.POLYGONS, found[ascending], np.concatenate(shares)[ascending])
    return Mask(grid, bare.offset, bare.voxels, coverage)


def _list_edges(region: Region) -> Edges:
    """Return the edges of all polygons, outer rings and holes oriented against each other."""
    rings, owner = shapely.get_rings(region.polygons, return_index=True)
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    is_hole = np.diff(owner, prepend=-1) == 0
    joined = ring_of[1:] == ring_of[:-1]
    start, end, ring = points[:-1][joined], points[1:][joined], ring_of[:-1][joined]
    origin = points[np.searchsorted(ring_of, ring)]
    a, b = start - origin, end - origin
    turn = np.bincount(ring, a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], minlength=len(rings))
    sense = np.where(is_hole, 1.0, -1.0) * np.sign(turn)
    rises = end[:, 1] > start[:, 1]
    low, high = np.where(rises[:, None], start, end), np.where(rises[:, None], end, start)
    signed = np.where(rises, 1.0, -1.0) * sense[ring]
    edges = Edges(region.slices[owner[ring]], low[:, 1], low[:, 0], high[:, 1], high[:, 0], signed)
    return edges.take(edges.y_end > edges.y)


def _box_of(edges: Edges, size: tuple[int, int]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return the first slice, row and column that edges touch within the grid, and how many of each they span."""
    first, last = int(edges.slices.min()), int(edges.slices.max())
    top, bottom = np.clip([np.floor(edges.y.min() + 0.5), np.floor(edges.y_end.max() + 0.5)], 0, size[0] - 1)
    columns = np.minimum(edges.x, edges.x_end).min(), np.maximum(edges.x, edges.x_end).max()
    left, right = np.clip([np.floor(columns[0] + 0.5), np.floor(columns[1] + 0.5)], 0, size[1] - 1)
    return (first, int(top), int(left)), (last - first + 1, int(bottom - top) + 1, int(right - left) + 1)


def _blocks(edges: Edges, low: tuple[int, int, int], shape: tuple[int, int, int]) -> Iterator[tuple[int, Edges]]:
    """Yield the edges of a few slices at a time, with the first of these slices."""
    together = max(1, BLOCK_VOXELS // (shape[1] * shape[2]))
    for first in range(low[0], low[0] + shape[0], together):
        chosen = (edges.slices >= first) & (edges.slices < first + together)
        if chosen.any():
            yield first, edges.take(chosen)


def _fill(
    edges: Edges, low: tuple[int, int, int], shape: tuple[int, int, int]
) -> tuple[NDArray[np.bool_], Ints, Floats]:
    """Return which centres lie inside from the slice of ``low`` on, and the voxels that are neither full nor empty.

    The latter as indices from ``low`` on, shape (n, 3), ascending, and their shares.
    """
    box = (int(edges.slices.max()) - low[0] + 1, shape[1], shape[2] + 1)
    where, weights = _within(*_cross_centres(edges), low, box)
    steps = np.zeros(math.prod(box), dtype=np.int8)
    np.add.at(steps, where, weights.astype(np.int8))
    inside = np.cumsum(steps, dtype=np.int8) != 0
    where, weights = _within(*_cover_pixels(edges), low, box)
    order = np.argsort(where, kind="stable")
    where, weights = where[order], weights[order]
    begins = np.flatnonzero(np.diff(where, prepend=-1))
    places, shares = where[begins], np.cumsum(np.add.reduceat(weights, begins))
    shares[np.abs(shares) < ROUNDING] = 0.0
    shares[np.abs(shares - 1) < ROUNDING] = 1.0
    is_partial = (shares > 0) & (shares < 1)
    number, step = _repeat(np.where(is_partial, np.diff(places, append=places[-1] + 1), 1))
    places, shares = places[number] + step, shares[number]
    odd = (shares != inside[places]) & (places % box[2] < box[2] - 1)
    indices = np.stack(np.unravel_index(places[odd], box), axis=1)
    return inside.reshape(box)[:, :, :-1], indices, shares[odd]


def _within(where: Ints, weights: Floats, low: tuple[int, int, int], box: tuple[int, int, int]) -> tuple[Ints, Floats]:
    """Return places in a flat box, and their weights; those left of it count in its first column."""
    local = where - np.array(low)[:, None]
    local[2] = np.clip(local[2], 0, box[2] - 1)
    inside = (local[1] >= 0) & (local[1] < box[1])
    flat = (local[0] * box[1] + local[1]) * box[2] + local[2]
    return flat[inside], weights[inside]


def _cross_centres(edges: Edges) -> tuple[Ints, Floats]:
    """Return for each row of centres that an edge crosses the first centre on its right, and the edge's sense."""
    first = np.ceil(edges.y - NUDGE[0]).astype(np.int64)
    counts = np.ceil(edges.y_end - NUDGE[0]).astype(np.int64) - first
    edge, step = _repeat(counts)
    rows = first[edge] + step
    along = (rows + NUDGE[0] - edges.y[edge]) / (edges.y_end[edge] - edges.y[edge])
    x = edges.x[edge] + along * (edges.x_end[edge] - edges.x[edge])
    columns = np.ceil(x - NUDGE[1]).astype(np.int64)
    return np.stack([edges.slices[edge], rows, columns]), edges.sense[edge]


def _cover_pixels(edges: Edges) -> tuple[Ints, Floats]:
    """Return what each edge adds to the share of the pixels it goes through, and to all of those on their right."""
    edge, row, height, left, right = _cut_at_rows(edges)
    first = np.floor(left).astype(np.int64)
    piece, step = _repeat(np.maximum(np.ceil(right).astype(np.int64) - first, 1))
    column = first[piece] + step
    from_x, to_x = np.maximum(left[piece], column), np.minimum(right[piece], column + 1)
    width = (right - left)[piece]
    part = np.divide(to_x - from_x, width, out=np.ones(len(piece)), where=width > 0)
    weight = edges.sense[edge[piece]] * height[piece] * part
    beyond = (from_x + to_x) / 2 - column
    place = (edges.slices[edge[piece]], row[piece])
    where = np.concatenate([np.stack([*place, column]), np.stack([*place, column + 1])], axis=1)
    return where, np.concatenate([weight * (1 - beyond), weight * beyond])


def _cut_at_rows(edges: Edges) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """Return the pieces of edges within one row of pixels: edge, row, height, left and right end (pixel i: i to i+1).

    Both coordinates are moved by half a pixel, so that pixels begin at whole numbers.
    """
    y, y_end, x = edges.y + 0.5, edges.y_end + 0.5, edges.x + 0.5
    first = np.floor(y).astype(np.int64)
    edge, step = _repeat(np.maximum(np.ceil(y_end).astype(np.int64) - first, 1))
    row = first[edge] + step
    low, high = np.maximum(y[edge], row), np.minimum(y_end[edge], row + 1)
    slope = (edges.x_end - edges.x) / (edges.y_end - edges.y)
    start, end = (x[edge] + slope[edge] * (at - y[edge]) for at in (low, high))
    return edge, row, high - low, np.minimum(start, end), np.maximum(start, end)


def _repeat(counts: Ints) -> tuple[Ints, Ints]:
    """Return each number as often as ``counts`` says, and how many of the same stand before it."""
    counts = np.maximum(counts, 0)
    number = np.repeat(np.arange(len(counts)), counts)
    return number, np.arange(len(number)) - np.repeat(np.cumsum(counts) - counts, counts)
