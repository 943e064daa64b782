"""How far around a vessel a lesion touches it: section by section, cell by cell (docs/measurements.md, *Vessels*)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from pipeline.measurement import Point
from pipeline.verify.gap import nearest_inside
from pipeline.verify.grid import Floats, Grid
from pipeline.verify.number import Number, absent, agree
from pipeline.verify.places import Slices, slice_of
from pipeline.verify.solid import Bools, Solid, trimmed
from pipeline.verify.study_files import SecondReading
from pipeline.verify.surface import off_points

EIGHT = np.ones((3, 3), dtype=bool)
REACH = 3
Pixel = tuple[int, int]
Edge = tuple[Pixel, Pixel]
"""Set pixel, and the unset one beside it."""


@dataclass
class Found:
    """Arcs in degrees of one section, and the touched points of its wall, LPS mm."""

    plane: int
    low: float
    value: float
    high: float
    points: Floats
    possible: Floats


@dataclass(frozen=True)
class Arcs:
    """The arcs of all sections of a vessel with a lesion, and the vessel's own grid."""

    vessel: Solid
    sections: Sequence[Found] = field(default_factory=tuple)


def contact_arc(second: SecondReading, lesion: Solid, vessels: Sequence[Solid]) -> tuple[Number, list[Arcs]]:
    """Return the contact arc of a lesion with a vessel, drawn on one grid or several."""
    every = []
    held = False
    for vessel in vessels:
        own = bring(lesion, vessel.grid)
        if own is None:
            return absent("GRID_OTHER"), []
        every.append(Arcs(vessel, _sections(vessel, own)))
        held = held or lies_within(vessel, own)
    if held and not any(section.value for arcs in every for section in arcs.sections):
        return absent("VESSEL_GONE"), every
    found = [section for arcs in every for section in arcs.sections]
    if not any(section.high for section in found):
        return Number(0.0, 0.0, 0.0), []
    value, low, high = (max(getattr(each, name) for each in found) for name in ("value", "low", "high"))
    best = [each for each in found if agree(each.value if value else each.high, value or high)]
    points = np.concatenate([each.points if value else each.possible for each in best])

    def ends_of(ends: tuple[Point, ...], _: float) -> str | None:
        wrong = len(ends) != 2 or off_points(ends, points)
        return "its end points are not on the touched wall" if wrong else None

    places = [
        slice_of(second.image, arcs.vessel, each.plane, _middle(each, value))
        for arcs in every
        for each in arcs.sections
        if any(each is other for other in best)
    ]
    slices: Slices = frozenset().union(*places)
    own_grid = all(arcs.vessel.grid is second.image.grid for arcs in every) and second.image.grid.slice_axis == 0
    return Number(value, low, high, slices=slices, uids=own_grid, ends=ends_of), every


def lies_within(vessel: Solid, lesion: Solid) -> bool:
    """Tell whether a voxel of a lesion lies within the outer wall of a section of a vessel on the same grid."""
    if not lesion.count:
        return False
    low, high = (pick(a, b) for pick, a, b in zip((np.minimum, np.maximum), vessel.box(), lesion.box(), strict=True))
    tumour, drawn = lesion.over(low, high), vessel.over(low, high)
    planes = np.flatnonzero(tumour.any(axis=(1, 2)) & drawn.any(axis=(1, 2)))
    return any(bool((ndimage.binary_fill_holes(drawn[plane]) & tumour[plane]).any()) for plane in planes)


def _middle(found: Found, value: float) -> Floats:
    points = found.points if value else found.possible
    return np.asarray(points.mean(axis=0))


def bring(solid: Solid, grid: Grid) -> Solid | None:
    """Return a solid on another grid, by the nearest voxel; None where slices of either are uneven."""
    if solid.grid is grid:
        return solid
    if solid.grid.places is not None or grid.places is not None:
        return None
    low, high = solid.box()
    corners = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
    places = grid.index(solid.grid.world(np.where(corners, high + 1, low - 1)))
    first = np.clip(np.floor(places.min(axis=0)).astype(int) - 1, 0, np.array(grid.shape))
    last = np.clip(np.ceil(places.max(axis=0)).astype(int) + 1, 0, np.array(grid.shape) - 1)
    whole = Solid(grid, first, np.ones(np.maximum(last - first + 1, 0), dtype=bool))
    voxels = np.zeros_like(whole.voxels)
    voxels[tuple((nearest_inside(whole, solid) - first).T)] = True
    return trimmed(Solid(grid, first, voxels))


def _sections(vessel: Solid, lesion: Solid) -> list[Found]:
    """Return the arcs of all sections of a vessel that come near a lesion, plane by plane."""
    if not lesion.count:
        return []
    low, high = (pick(a, b) for pick, a, b in zip((np.minimum, np.maximum), vessel.box(), lesion.box(), strict=True))
    room = np.array([0, REACH + 2, REACH + 2])
    low, high = low - room, high + room
    found = []
    for plane in range(int(lesion.box()[0][0]), int(lesion.box()[1][0]) + 1):
        at_low, at_high = np.array([plane, *low[1:]]), np.array([plane, *high[1:]])
        tumour, drawn = lesion.over(at_low, at_high)[0], vessel.over(at_low, at_high)[0]
        labels, count = ndimage.label(drawn, EIGHT)
        near = set(np.unique(labels[ndimage.binary_dilation(tumour, EIGHT, REACH)])) - {0}
        if near and count:
            found += _plane_arcs(vessel.grid, plane, np.where(np.isin(labels, list(near)), labels, 0), tumour, at_low)
    return found


def _plane_arcs(grid: Grid, plane: int, labels: np.ndarray, tumour: Bools, start: np.ndarray) -> list[Found]:
    """Return the arcs of the sections of one plane."""
    filled = ndimage.binary_fill_holes(labels > 0)
    owners = np.where(labels > 0, labels, 0)
    walls = _walls(filled, grid)
    touch = {gap: {edge for edge in walls if _touches(edge, tumour, gap)} for gap in (0, 1, 2)}
    loose = {edge[1] for edge in walls if edge not in touch[0]}
    wide = {edge[1] for edge in touch[2]}
    sure = {edge for edge in touch[0] if not _beside(edge[1], loose)}
    possible = touch[2] | {edge for edge in walls if _beside(edge[1], wide)}
    found = []
    for number in set(np.unique(owners)) - {0}:
        own = [edge for edge in walls if owners[edge[0]] == number]
        length = sum(walls[edge] for edge in own)
        if not own or not length:
            continue
        arcs = [min(360 * sum(walls[e] for e in own if e in part) / length, 360) for part in (sure, touch[1], possible)]
        points, most = (_points(grid, plane, [e for e in own if e in part], start) for part in (touch[1], possible))
        found.append(Found(plane, arcs[0], arcs[1], arcs[2], points, most))
    return found


def _walls(filled: Bools, grid: Grid) -> dict[Edge, float]:
    """Return the crossed edges of a plane, and the length of contour that each stands for, in mm."""
    lengths: dict[Edge, float] = {}
    mixed = filled[:-1, :-1].astype(int) + filled[:-1, 1:] + filled[1:, :-1] + filled[1:, 1:]
    for row, column in np.argwhere((mixed > 0) & (mixed < 4)):
        ring = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
        for first, second in _pieces([(int(a), int(b)) for a, b in ring], filled):
            step = np.subtract(np.add(*first), np.add(*second)) / 2
            size = float(np.linalg.norm(step @ grid.steps[1:])) / 2
            for edge in (first, second):
                lengths[edge] = lengths.get(edge, 0.0) + size
    return lengths


def _pieces(ring: list[Pixel], filled: Bools) -> list[tuple[Edge, Edge]]:
    """Return the pieces of contour in a cell, each between two crossed edges; set corners across it are joined."""
    pairs = [(ring[n], ring[(n + 1) % 4]) for n in range(4)]
    edges = [(a, b) if filled[a] else (b, a) for a, b in pairs]
    crossed = [n for n in range(4) if filled[pairs[n][0]] != filled[pairs[n][1]]]
    if len(crossed) == 2:
        return [(edges[crossed[0]], edges[crossed[1]])]
    return [(edges[n - 1], edges[n]) for n in range(4) if not filled[ring[n]]]


def _touches(edge: Edge, tumour: Bools, gap: int) -> bool:
    (a, b), (c, d) = edge
    places = [(a, b), *((c + n * (c - a), d + n * (d - b)) for n in range(gap + 1))]
    return any(_is_set(tumour, place) for place in places)


def _is_set(voxels: Bools, place: Pixel) -> bool:
    row, column = (min(max(p, 0), n - 1) for p, n in zip(place, voxels.shape, strict=True))
    return bool(voxels[row, column])


def _beside(pixel: Pixel, others: set[Pixel]) -> bool:
    return any((pixel[0] + a, pixel[1] + b) in others for a in (-1, 0, 1) for b in (-1, 0, 1))


def _points(grid: Grid, plane: int, edges: list[Edge], start: np.ndarray) -> Floats:
    places = [(plane, (a[0] + b[0]) / 2 + start[1], (a[1] + b[1]) / 2 + start[2]) for a, b in edges]
    return grid.world(np.array(places, dtype=float).reshape(-1, 3))
