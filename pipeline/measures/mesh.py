"""Surface area and volume of a mask's half-level mesh, without making the mesh.

Marching cubes looks at cells of 2x2x2 voxel centres. Of a binary mask a cell has one of 256 configurations, and the
mesh crosses its edges at their mid-points, so what a configuration adds is known beforehand: triangles between 12
points. Counting configurations therefore gives the area and the volume of the whole mesh (IBSI ``morph_area_mesh``,
``morph_volume``, Zwanenburg 2020). The cells' shape comes from the grid's steps: oblique, flipped and sheared grids are
exact, and so are uneven slices, whose cells differ from slab to slab. The world outside the array counts as unset.

The triangles of a configuration follow from three rules, all of them the same in every orientation of the cell:

- On each face of the cell, a run of unset corners is cut off by one segment. Set voxels that meet across a face's
  diagonal alone are joined, as in 26-connected components. Both cells at a face do the same, so the mesh is closed.
- The segments make rings of 3 to 7 mid-points. A ring is filled with triangles that join its own points.
- Of all ways to do that, those of the largest area on the unit grid are taken, and their mean where several are equal.

Where no face has two diagonal set corners, these are the triangles of the usual tables: area and volume equal those of
pyradiomics, which treats such faces by the orientation of the array (up to some tenths of a percent for a lesion).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry
from pipeline.measures.boundary import Voxels
from pipeline.measures.volumes import MM3_PER_ML
from pipeline.volume import Mask

Values: TypeAlias = NDArray[np.float64]
Corner: TypeAlias = tuple[int, ...]
Triangulation: TypeAlias = tuple[tuple[int, int, int], ...]

CONFIGURATIONS, FULL = 256, 255
CORNERS: tuple[Corner, ...] = tuple(product((0, 1), repeat=3))
"""Corners of a cell by slice, row and column; corner ``n`` is bit ``n`` of a configuration."""
EDGES = tuple((a, b) for a, b in combinations(range(8), 2) if (a ^ b) in (1, 2, 4))
"""The 12 edges of a cell, by the corners that they join."""
MIDDLES = np.array([np.mean([CORNERS[a], CORNERS[b]], axis=0) for a, b in EDGES])
"""Mid-points of the edges in steps of the grid, shape (12, 3)."""
TRIANGLES = np.array(list(combinations(range(12), 3)))
"""Every triangle between three mid-points, by edges, shape (220, 3)."""
FACES = tuple(
    tuple(4 * a + 2 * b + c for a, b, c in ring)
    for ring in (
        ((0, 0, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1)),
        ((1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0)),
        ((0, 0, 0), (0, 0, 1), (1, 0, 1), (1, 0, 0)),
        ((0, 1, 0), (1, 1, 0), (1, 1, 1), (0, 1, 1)),
        ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)),
        ((0, 0, 1), (0, 1, 1), (1, 1, 1), (1, 0, 1)),
    )
)
"""Corners of each face in one sense as seen from outside."""
TIE = 1e-9
MOST_CELLS = 1 << 22
"""Cells that are looked at together: bounds the memory of large masks."""


@dataclass(frozen=True)
class Mesh:
    """What a mask's half-level mesh encloses and covers."""

    area_mm2: float
    volume_mm3: float

    @property
    def volume_ml(self) -> float:
        """Enclosed volume in mL."""
        return self.volume_mm3 / MM3_PER_ML


@dataclass(frozen=True, eq=False)
class Table:
    """What each configuration adds to a mesh.

    Parameters
    ----------
    weights
        How often it holds each of ``TRIANGLES``, shape (256, 220); a fraction where several ways are averaged.
    filled
        Share of the cell's volume that is enclosed, shape (256,); the same for cells of every shape.
    """

    weights: Values
    filled: Values


def measure_mesh(mask: Mask) -> Mesh:
    """Return area and volume of the half-level mesh of a mask; zero for an empty one."""
    if mask.is_empty:
        return Mesh(0.0, 0.0)
    axis = mask.grid.slice_axis
    order = (axis, *(other for other in range(3) if other != axis))
    uneven = mask.grid.slice_positions_mm is not None
    counts = _count_configurations(mask.voxels.transpose(order), by_slab=uneven)
    steps = _slab_steps(mask.grid, mask.offset[axis], len(counts))[:, order, :]
    table = _table()
    areas = _triangle_areas(steps) @ table.weights.T
    volumes = np.abs(np.linalg.det(steps))
    return Mesh(float((counts * areas).sum()), float(volumes @ (counts @ table.filled)))


def _count_configurations(voxels: Voxels, *, by_slab: bool) -> NDArray[np.int64]:
    """Return how often each configuration occurs, shape (1, 256); by slab between two slices: (slices + 1, 256)."""
    cells = np.pad(voxels, 1).view(np.uint8)
    slabs = len(cells) - 1
    block = 1 if by_slab else max(1, MOST_CELLS // cells[0].size)
    counts = np.stack([_count_block(cells[n : n + block + 1]) for n in range(0, slabs, block)])
    return counts if by_slab else counts.sum(axis=0, keepdims=True)


def _count_block(corners: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return how often each configuration occurs between slices that follow each other, shape (256,)."""
    codes = corners[:, :, :-1] | corners[:, :, 1:] << 1
    codes = codes[:, :-1] | codes[:, 1:] << 2
    codes = codes[:-1] | codes[1:] << 4
    crossed = codes[codes - np.uint8(1) < FULL - 1]
    counts = np.bincount(crossed, minlength=CONFIGURATIONS)
    counts[FULL] = np.count_nonzero(codes == FULL)
    return counts


def _slab_steps(grid: Geometry, first: int, slabs: int) -> Values:
    """Return the steps of the cells of each slab along the array axes, shape (slabs, 3, 3); one for all if even."""
    steps = np.repeat(grid.axes[None], slabs, axis=0)
    if grid.slice_positions_mm is not None:
        places = np.zeros((slabs + 1, 3))
        places[:, grid.slice_axis] = np.arange(first - 1, first + slabs)
        steps[:, grid.slice_axis] = np.diff(grid.to_world(places), axis=0)
    return steps


def _triangle_areas(steps: Values) -> Values:
    """Return the areas of ``TRIANGLES`` in mm2 in cells with these steps, shape (slabs, 220)."""
    corners = (MIDDLES @ steps)[:, TRIANGLES]
    sides = corners[:, :, 1:] - corners[:, :, :1]
    return np.asarray(np.linalg.norm(np.cross(sides[:, :, 0], sides[:, :, 1]), axis=2) / 2, dtype=np.float64)


@cache
def _table() -> Table:
    """Return what each of the 256 configurations adds; made in a few milliseconds when it is first needed."""
    filled = np.zeros(CONFIGURATIONS)
    rings: dict[tuple[int, ...], list[int]] = {}
    sides = [[_look_at(face, pattern) for pattern in product((False, True), repeat=4)] for face in FACES]
    for code in range(1, CONFIGURATIONS):
        after: dict[int, int] = {}
        for (a, b, c, d), side in zip(FACES, sides, strict=True):
            covered, segments = side[(code >> a & 1) << 3 | (code >> b & 1) << 2 | (code >> c & 1) << 1 | code >> d & 1]
            after.update(segments)
            filled[code] += covered / 6
        for ring in _follow(after):
            rings.setdefault(ring, []).append(code)
    weights = np.zeros((CONFIGURATIONS, len(TRIANGLES)))
    for count in sorted({len(ring) for ring in rings}):
        held = [ring for ring in rings if len(ring) == count]
        for ring, triangles, cone in zip(held, *_fill(np.array(held)), strict=True):
            weights[rings[ring]] += triangles
            filled[rings[ring]] += cone
    return Table(weights, filled)


def _look_at(face: Sequence[int], is_set: Sequence[bool]) -> tuple[float, list[tuple[int, int]]]:
    """Return the share of a face that is enclosed, and the segments on it, each from one edge to another.

    A segment leads from where the set corners end to where they begin again, in the face's sense of rotation.
    """
    edges = [EDGES.index((min(pair), max(pair))) for pair in zip(face, (*face[1:], face[0]), strict=True)]
    ends = [n for n in range(4) if is_set[n] and not is_set[(n + 1) % 4]]
    begins = {n for n in range(4) if not is_set[n] and is_set[(n + 1) % 4]}
    segments = [(edges[n], edges[next(m % 4 for m in range(n + 1, n + 4) if m % 4 in begins)]) for n in ends]
    covered = 3 / 4 if len(ends) == 2 else (0.0, 1 / 8, 1 / 2, 7 / 8, 1.0)[sum(is_set)]
    return covered, segments


def _follow(after: dict[int, int]) -> Iterator[tuple[int, ...]]:
    """Yield the rings that segments make, each its edges in order, outward by the right-hand rule."""
    left = sorted(after)
    while left:
        ring = [left[0]]
        while after[ring[-1]] != ring[0]:
            ring.append(after[ring[-1]])
        left = [edge for edge in left if edge not in ring]
        yield tuple(ring)


def _fill(rings: NDArray[np.int64]) -> tuple[Values, Values]:
    """Return the triangles of rings of equal length, and the volume between them and the middle of the cell.

    Parameters
    ----------
    rings
        Edges in order, one ring a row.

    Returns
    -------
    weights, cones
        Of each ring, shapes (n, 220) and (n,).
    """
    ways = np.array(_triangulations(0, rings.shape[1] - 1))
    corners = (MIDDLES - 0.5)[rings[:, ways]]
    cross = np.cross(corners[..., 1, :] - corners[..., 0, :], corners[..., 2, :] - corners[..., 0, :])
    areas = np.linalg.norm(cross, axis=-1).sum(axis=-1)
    best = areas > areas.max(axis=1, keepdims=True) - TIE
    share = best / best.sum(axis=1, keepdims=True)
    cones = np.einsum("...i,...i", corners[..., 0, :], cross).sum(axis=-1) / 6
    numbers = np.zeros((12, 12, 12), dtype=np.int64)
    numbers[tuple(TRIANGLES.T)] = np.arange(len(TRIANGLES))
    first, second, third = np.sort(rings[:, ways], axis=-1).transpose(3, 0, 1, 2)
    weights = np.zeros((len(rings), len(TRIANGLES)))
    owners = np.arange(len(rings))[:, None, None]
    np.add.at(weights, (owners, numbers[first, second, third]), share[:, :, None])
    return weights, (cones * share).sum(axis=1)


@cache
def _triangulations(first: int, last: int) -> tuple[Triangulation, ...]:
    """Return every way to fill the corners ``first`` to ``last`` of a ring with triangles between them."""
    if last - first < 2:
        return ((),)
    return tuple(
        (*before, *behind, (first, middle, last))
        for middle in range(first + 1, last)
        for before in _triangulations(first, middle)
        for behind in _triangulations(middle, last)
    )
