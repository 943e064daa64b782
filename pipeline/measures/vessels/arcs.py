"""How far around a vessel a lesion touches it, in a plane.

The share of the wall of a section (``walls``) that touches the lesion, times 360 degrees, is the contact arc: of a
round section the angle, seen from its centre.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box, Geometry, Points
from pipeline.measures.grids import grow_box, intersect
from pipeline.measures.vessels.walls import Sections, Wall, fill_holes, find_wall
from pipeline.volume import Mask

Voxels = NDArray[np.bool_]
GAPS = (0, 1, 2)
"""Voxels between wall and lesion that still count as contact: low end, value (catalogue 2A), high end."""
ROOM = 16
"""Pixels around a lesion in which sections are looked for first."""


@dataclass(frozen=True, eq=False)
class Arc:
    """The contact of a lesion with a vessel, in degrees.

    Parameters
    ----------
    degrees, low, high
        With at most one voxel between; at least; at most. Each the largest of all sections.
    plane
        Index along axis 0 of the vessel's grid of the section with the largest arc; None where nothing touches.
    ends_mm
        Two points of the touched wall far apart, LPS mm, shape (2, 3); of shape (0, 3) where nothing touches.
    inside
        A part of the lesion lies in the lumen: within the outer wall of a section.
    """

    degrees: float = 0.0
    low: float = 0.0
    high: float = 0.0
    plane: int | None = None
    ends_mm: Points = field(default_factory=lambda: np.zeros((0, 3)))
    inside: bool = False


def measure_arc(vessel: Mask, lesion: Mask) -> Arc:
    """Return the largest contact arc of a lesion with the sections of a vessel on the same grid."""
    near = _touched_planes(vessel, lesion)
    if not len(near):
        return Arc()
    for box in (grow_box(lesion.box, (0, ROOM, ROOM)), _around(vessel, lesion)):
        sections = _label_sections(vessel, box, near)
        touched = _keep_touched(sections, _spread(_planes_of(lesion, box, near), max(GAPS) + 1))
        if not _reaches_edge(touched):
            break
    box, touched = _crop(box, touched)
    return _largest_arc(vessel.grid, touched, _planes_of(lesion, box, near), near, box)


def _crop(box: Box, sections: Sections) -> tuple[Box, Sections]:
    """Return what of a box and of sections in it lies around the sections, with room for the widest gap."""
    if not sections.any():
        return box, sections
    room, used = max(GAPS) + 2, [np.flatnonzero(sections.any(axis=axes)) for axes in ((0, 2), (0, 1))]
    a, b = (slice(max(int(each[0]) - room, 0), int(each[-1]) + 1 + room) for each in used)
    cropped = np.ascontiguousarray(sections[:, a, b])
    first, second = (part.start + own.start for part, own in zip(box[1:], (a, b), strict=True))
    return (box[0], slice(first, first + cropped.shape[1]), slice(second, second + cropped.shape[2])), cropped


def _touched_planes(vessel: Mask, lesion: Mask) -> NDArray[np.int64]:
    """Return the planes in which the vessel may touch the lesion with the widest gap, as indices of the grid."""
    margin = max(GAPS) + 1
    box = grow_box(lesion.box, (0, margin, margin))
    if intersect(box, vessel.box) is None or not (around := vessel.within(box)).any():
        return np.zeros(0, dtype=np.int64)
    met = (around & _spread(lesion.within(box), margin)).any(axis=(1, 2))
    return np.asarray(np.flatnonzero(met) + box[0].start, dtype=np.int64)


def _around(vessel: Mask, lesion: Mask) -> Box:
    """Return the box of the lesion's planes that holds vessel and lesion with a margin."""
    a, b, c = (
        slice(min(v.start, own.start), max(v.stop, own.stop)) for v, own in zip(vessel.box, lesion.box, strict=True)
    )
    return grow_box((a, b, c), (0, max(GAPS) + 2, max(GAPS) + 2))


def _planes_of(mask: Mask, box: Box, planes: NDArray[np.int64]) -> Voxels:
    """Return some planes of a mask over the rows and columns of a box, shape (planes, rows, columns)."""
    whole = mask.within((slice(int(planes[0]), int(planes[-1]) + 1), box[1], box[2]))
    return np.ascontiguousarray(whole[planes - planes[0]])


def _label_sections(vessel: Mask, box: Box, planes: NDArray[np.int64]) -> Sections:
    """Return the vessel's 8-connected sections in some planes, numbered from 1 over all of them."""
    import cc3d

    voxels = _planes_of(vessel, box, planes)
    apart = np.zeros((2 * len(voxels), *voxels.shape[1:]), dtype=np.bool_)
    apart[::2] = voxels
    return np.asarray(cc3d.connected_components(apart, connectivity=26, out_dtype=np.uint32)[::2])


def _keep_touched(sections: Sections, around: Voxels) -> Sections:
    """Return the sections that reach into a region, the others unset."""
    keep = np.zeros(int(sections.max()) + 1, dtype=np.bool_)
    keep[sections[around]] = True
    keep[0] = False
    return np.where(keep[sections], sections, np.uint32(0))


def _reaches_edge(sections: Sections) -> bool:
    """Tell whether a section reaches the first or last row or column, where it may be cut."""
    return bool(sections[:, [0, -1]].any() or sections[:, :, [0, -1]].any())


def _largest_arc(grid: Geometry, sections: Sections, lesion: Voxels, planes: NDArray[np.int64], box: Box) -> Arc:
    """Return the largest contact arc of some sections."""
    filled = fill_holes(sections)
    wall, inside = find_wall(filled, grid), bool(filled[lesion].any())
    if not len(wall.sections):
        return Arc()
    touches = _find_touches(wall, lesion)
    lengths = np.bincount(wall.sections, wall.lengths_mm)
    lengths[lengths == 0] = np.inf
    arcs = [360.0 * (np.bincount(wall.sections, wall.lengths_mm * each) / lengths) for each in touches]
    best = int(arcs[1].argmax())
    low, value, high = (min(float(each.max()), 360.0) for each in arcs)
    if high == 0:
        return Arc(inside=inside)
    at = touches[1 if value else 2] & (wall.sections == (best if value else int(arcs[2].argmax())))
    corner = np.array([0, box[1].start, box[2].start], dtype=np.int64)
    middle = (wall.inner[at] + wall.outer[at]) / 2 + corner
    plane = int(planes[int(middle[0, 0])])
    middle[:, 0] = plane
    return Arc(value, low, high, plane, _far_apart(grid.to_world(middle)), inside)


def _find_touches(wall: Wall, lesion: Voxels) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which edges of a wall touch a lesion: surely, by definition, possibly.

    Surely: without a gap, and not beside an edge that does not. Possibly: with the widest gap, or beside one that does.
    """
    none, one, two = (_touch(wall, lesion, gap) for gap in GAPS)
    sure = none & ~_spread(_mark(wall.outer[~none], lesion), 1)[tuple(wall.outer.T)]
    possible = two | _spread(_mark(wall.outer[two], lesion), 1)[tuple(wall.outer.T)]
    return sure, one, possible


def _touch(wall: Wall, lesion: Voxels, gap: int) -> NDArray[np.bool_]:
    """Tell which edges touch a lesion with at most so many pixels between, counted outward along the edge."""
    found: NDArray[np.bool_] = lesion[tuple(wall.inner.T)]
    last = np.array(lesion.shape) - 1
    for step in range(gap + 1):
        found = found | lesion[tuple(np.clip(wall.outer + step * (wall.outer - wall.inner), 0, last).T)]
    return found


def _mark(pixels: NDArray[np.int64], like: Voxels) -> Voxels:
    """Return an array in which some pixels are set."""
    marked = np.zeros_like(like)
    marked[tuple(pixels.T)] = True
    return marked


def _far_apart(points: Points) -> Points:
    """Return the point farthest from the middle of some points and the one farthest from it, shape (2, 3)."""
    first = points[np.linalg.norm(points - points.mean(axis=0), axis=1).argmax()]
    second = points[np.linalg.norm(points - first, axis=1).argmax()]
    return np.stack([first, second])


def _spread(voxels: Voxels, gap: int) -> Voxels:
    """Return the voxels within so many rows and columns of a set one, in the same plane."""
    out = voxels.copy()
    for axis in (1, 2):
        source, front = out.copy(), (slice(None),) * axis
        for step in range(1, min(gap, voxels.shape[axis] - 1) + 1):
            out[(*front, slice(step, None))] |= source[(*front, slice(None, -step))]
            out[(*front, slice(None, -step))] |= source[(*front, slice(step, None))]
    return out
