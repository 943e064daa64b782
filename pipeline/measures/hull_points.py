"""Corners of the convex hulls of a mask's half-level contours, found on the grid itself.

The mid-points of crossed grid edges (``pipeline.measures.contour``) are a lattice, so hulls within planes of the grid
are exact in whole numbers: twice the index. A point that is no corner of the hull of its plane is no corner of the hull
in space, which leaves a few hundred points of a lesion's surface, whatever its size, and no hull in space to build.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.volume import Mask

Numbers = NDArray[np.int64] | NDArray[np.float64]
Doubled = NDArray[np.int64]
"""Twice the index in a mask's box, shape (n, 3): whole numbers for voxel centres and for mid-points between them."""


def find_plane_corners(mask: Mask) -> Doubled:
    """Return the corners of the convex hull of the half-level contour in every plane of axis 0, ordered by plane.

    Where slices lie unevenly along another axis, a plane of axis 0 is no lattice in the patient: then all points of its
    contour are returned.
    """
    if mask.grid.slice_positions_mm is not None and mask.grid.slice_axis != 0:
        points = np.concatenate([_crossings_along(mask.voxels, axis) for axis in (1, 2)])
    else:
        points = keep_corners(np.concatenate([_ends_along(mask.voxels, axis) for axis in (1, 2)]), 0)
    return points[np.argsort(points[:, 0], kind="stable")]


def find_space_corners(mask: Mask, in_planes: Doubled) -> Doubled:
    """Return points of the half-level surface among which are all corners of its convex hull in space.

    Parameters
    ----------
    in_planes
        The corners of its planes of axis 0.
    """
    if mask.grid.slice_positions_mm is None:
        points, flat = np.concatenate([keep_corners(_ends_along(mask.voxels, 0), 0), in_planes]), [1, 2]
    else:
        along = mask.grid.slice_axis
        ends = [_ends_along(mask.voxels, axis) for axis in range(3) if axis != along]
        points, flat = np.concatenate([*ends, _crossings_along(mask.voxels, along)]), [along]
    for axis in flat:
        points = keep_corners(points, axis)
    return points


def keep_corners(points: Doubled, axis: int) -> Doubled:
    """Return the points that are corners of the convex hull of those in their plane of an axis."""
    first, second = (i for i in range(3) if i != axis)
    return points[find_corners(points[:, axis], points[:, first], points[:, second])]


def find_corners(plane: Numbers, x: Numbers, y: Numbers) -> NDArray[np.int64]:
    """Return the positions, ascending, of the points that are corners of the convex hull of their plane's points.

    Parameters
    ----------
    plane
        Number of the plane of each point.
    x, y
        Its place in the plane; exact in whole numbers.
    """
    order = np.lexsort((y, x, plane))
    both = np.concatenate([order, order[::-1]])
    sign = np.repeat(np.array([1, -1]), len(order))
    apart = plane.max(initial=0) - plane.min(initial=0) + 1
    return np.unique(both[_chain(np.where(sign > 0, plane[both], plane[both] + apart), sign * x[both], sign * y[both])])


def _chain(plane: Numbers, x: Numbers, y: Numbers) -> NDArray[np.int64]:
    """Return the positions of the lower hull's corners in each plane; points are sorted by plane, x and y.

    A point on or above the line between two others is no corner. Those between their neighbours are dropped until none
    is left; each was seen to be none by points of the set, so that dropping many at once drops no corner.
    """
    new = np.ones(len(x), dtype=np.bool_)
    new[1:] = (plane[1:] != plane[:-1]) | (x[1:] != x[:-1])
    kept = np.flatnonzero(new)
    while len(kept) > 2:
        p, a, b = plane[kept], x[kept], y[kept]
        step_a, step_b = np.diff(a), np.diff(b)
        turn = step_a[:-1] * step_b[1:] - step_b[:-1] * step_a[1:]
        inner = (turn <= 0) & (p[:-2] == p[2:])
        if not inner.any():
            break
        kept = np.delete(kept, np.flatnonzero(inner) + 1)
    return kept


def _ends_along(voxels: NDArray[np.bool_], axis: int) -> Doubled:
    """Return where every line of voxels along an axis begins and ends."""
    size = voxels.shape[axis]
    lines = np.moveaxis(voxels, axis, -1)
    used = np.argwhere(lines.any(axis=-1))
    chosen = lines[used[:, 0], used[:, 1]]
    first, last = chosen.argmax(axis=1), size - 1 - chosen[:, ::-1].argmax(axis=1)
    return np.concatenate([np.insert(2 * used, axis, ends, axis=1) for ends in (2 * first - 1, 2 * last + 1)])


def _crossings_along(voxels: NDArray[np.bool_], axis: int) -> Doubled:
    """Return every mid-point of a crossed edge along an axis."""
    lines = np.moveaxis(voxels, axis, -1)
    padded = np.pad(lines, ((0, 0), (0, 0), (1, 1)))
    found = 2 * np.argwhere(padded[..., 1:] != padded[..., :-1])
    found[:, 2] -= 1
    return np.insert(found[:, :2], axis, found[:, 2], axis=1)
