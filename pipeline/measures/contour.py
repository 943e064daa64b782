"""Half-level contours of masks in patient mm.

The half-level iso-contour of a mask (level 0.5 between unset = 0 and set = 1, linear interpolation) crosses every grid
edge between a set and an unset voxel at its mid-point. These mid-points are the vertices of marching squares in a
plane and of marching cubes in 3D, so lengths between vertices need no triangles. The world outside the array counts
as unset, so structures at its border close. Mid-points go through ``Geometry.to_world``: oblique, sheared and uneven
grids are exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.volume import Mask, Points

IN_PLANE_AXES = (1, 2)
ALL_AXES = (0, 1, 2)


def find_surface_points(mask: Mask) -> Points:
    """Return the vertices of the mask's half-level surface (marching cubes) in LPS mm, shape (n, 3)."""
    return mask.grid.to_world(_crossings(mask, ALL_AXES))


def find_plane_points(mask: Mask) -> tuple[Points, NDArray[np.int64]]:
    """Return the vertices of the half-level contours of every plane of axis 0 (marching squares).

    Returns
    -------
    points
        LPS mm, shape (n, 3), ordered by plane.
    planes
        Index in ``mask.grid`` of each point's plane, ascending, shape (n,).
    """
    indices = _crossings(mask, IN_PLANE_AXES)
    order = np.argsort(indices[:, 0], kind="stable")
    indices = indices[order]
    return mask.grid.to_world(indices), np.rint(indices[:, 0]).astype(np.int64)


def trace_plane(mask: Mask, plane: int) -> tuple[Points, ...]:
    """Return the closed half-level contours of one plane of axis 0, each a chain of LPS mm points, shape (n, 3).

    Parameters
    ----------
    plane
        Index in ``mask.grid``. A plane without a set voxel has no contour.
    """
    from skimage.measure import find_contours

    row = plane - mask.offset[0]
    if not 0 <= row < mask.voxels.shape[0]:
        return ()
    padded = np.pad(mask.voxels[row], 1).astype(np.float64)
    traced: list[Points] = find_contours(padded, 0.5, fully_connected="high")  # type: ignore[no-untyped-call]
    start = np.array(mask.offset[1:], dtype=np.float64) - 1
    flat = [np.column_stack([np.full(len(chain), float(plane)), chain + start]) for chain in traced]
    return tuple(mask.grid.to_world(chain) for chain in flat)


def _crossings(mask: Mask, axes: tuple[int, ...]) -> Points:
    """Return the mid-points of all grid edges along ``axes`` that join a set and an unset voxel, as grid indices."""
    found = [_crossings_along(mask.voxels, axis) for axis in axes]
    return np.concatenate(found) + np.array(mask.offset, dtype=np.float64)


def _crossings_along(voxels: NDArray[np.bool_], axis: int) -> Points:
    """Return the crossed edges along one axis, in indices of ``voxels``."""
    edge = np.zeros_like(voxels, shape=[1 if i == axis else size for i, size in enumerate(voxels.shape)])
    closed = np.concatenate([edge, voxels, edge], axis=axis)
    changes = np.argwhere(np.diff(closed, axis=axis)).astype(np.float64)
    changes[:, axis] -= 0.5
    return changes
