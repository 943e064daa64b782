"""Area and volume of the half-level mesh, triangle by triangle in the patient (docs/measurements.md, *Mesh*)."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np

from pipeline.verify.grid import Floats
from pipeline.verify.number import Number
from pipeline.verify.solid import Solid

Point = tuple[float, ...]
Triangles = tuple[tuple[float, Floats], ...]
"""Weight of each triangle, and its corners within the cell, shape (3, 3)."""
CORNERS = [np.array(corner) for corner in product((0, 1), repeat=3)]


def mesh_numbers(solid: Solid) -> tuple[Number, Number]:
    """Return surface area in mm2 and enclosed volume in mL; the volume by the divergence theorem."""
    low, high = solid.box()
    wide = np.pad(solid.over(low, high), 1).astype(int)
    inner = [wide[tuple(slice(c, n - 1 + c) for c, n in zip(corner, wide.shape, strict=True))] for corner in CORNERS]
    codes = sum(part << n for n, part in enumerate(inner))
    middle = solid.grid.world((low + high) / 2)[0]
    area = volume = 0.0
    for code in np.unique(codes):
        cells = np.argwhere(codes == code) - 1 + low
        for weight, corners in triangles_of(int(code)):
            a, b, c = (solid.grid.world(cells + corner) - middle for corner in corners)
            area += weight * float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()) / 2
            volume += weight * float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum()) / 6
    return Number(area), Number(abs(volume) / 1000)


@cache
def triangles_of(code: int) -> Triangles:
    """Return the triangles of a cell whose corner n (slice, row, column) is set where bit n of a code is."""
    is_set = {tuple(corner): bool(code >> n & 1) for n, corner in enumerate(CORNERS)}
    found: list[tuple[float, Floats]] = []
    for ring in _rings(is_set):
        ways = _fillings(ring)
        sizes = [sum(_size(triangle) for triangle in way) for way in ways]
        best = [way for way, size in zip(ways, sizes, strict=True) if size > max(sizes) - 1e-9]
        found += [(1 / len(best), np.array(triangle)) for way in best for triangle in way]
    return tuple(found)


def _rings(is_set: dict[Point, bool]) -> list[list[Point]]:
    """Return the closed rings of mid-points that the segments on the six faces make, seen outward anticlockwise."""
    joined: dict[Point, list[Point]] = {}
    for axis, side in product(range(3), (0, 1)):
        for a, b in _segments(axis, side, is_set):
            joined.setdefault(a, []).append(b)
            joined.setdefault(b, []).append(a)
    rings = []
    while joined:
        ring = [next(iter(joined))]
        while True:
            following = [each for each in joined[ring[-1]] if each not in ring]
            if not following:
                break
            ring.append(following[0])
        for each in ring:
            del joined[each]
        rings.append(_outward(ring, is_set))
    return rings


def _segments(axis: int, side: int, is_set: dict[Point, bool]) -> list[tuple[Point, Point]]:
    """Return the segments on one face: between two crossed edges, or around each unset corner where all four are."""
    a, b = (i for i in range(3) if i != axis)
    corners = []
    for u, v in ((0, 0), (0, 1), (1, 1), (1, 0)):
        place = [0, 0, 0]
        place[axis], place[a], place[b] = side, u, v
        corners.append(tuple(place))
    pairs = [(corners[n], corners[(n + 1) % 4]) for n in range(4)]
    crossed = [_middle(p, q) for p, q in pairs if is_set[p] != is_set[q]]
    if len(crossed) < 4:
        return [(crossed[0], crossed[1])] if crossed else []
    unset = [n for n in range(4) if not is_set[corners[n]]]
    return [(_middle(*pairs[n - 1]), _middle(*pairs[n])) for n in unset]


def _middle(first: Point, second: Point) -> Point:
    return tuple((p + q) / 2 for p, q in zip(first, second, strict=True))


def _outward(ring: list[Point], is_set: dict[Point, bool]) -> list[Point]:
    """Return a ring in the sense in which its area vector points from set corners to unset ones."""
    points = np.array(ring)
    normal = np.cross(points, np.roll(points, -1, axis=0)).sum(axis=0)
    away = np.zeros(3)
    for point in points:
        ends = [np.array(corner) for corner in is_set if np.abs(np.array(corner) - point).sum() < 0.6]
        away += sum((-1 if is_set[tuple(end)] else 1) * end for end in ends)
    return ring if normal @ away > 0 else ring[::-1]


def _fillings(ring: list[Point]) -> list[list[tuple[Point, Point, Point]]]:
    """Return every way to fill a ring with triangles between its own points."""
    if len(ring) < 3:
        return [[]]
    return [
        [(ring[0], ring[n], ring[-1]), *before, *after]
        for n in range(1, len(ring) - 1)
        for before in _fillings(ring[: n + 1])
        for after in _fillings(ring[n:])
    ]


def _size(triangle: tuple[Point, Point, Point]) -> float:
    a, b, c = (np.array(point) for point in triangle)
    return float(np.linalg.norm(np.cross(b - a, c - a))) / 2
