"""Where a structure reaches the border of the scan, and how far one stays from it, on whatever grid it is drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry, Points
from pipeline.measures.grids import same_grid
from pipeline.volume import Mask

TOUCH_VOXELS = 0.01
"""How far a voxel has to reach into the outermost layer of the image, in steps of the image: less is rounding."""


Faces = NDArray[np.bool_]
"""Of each axis of the image its first and its last face, shape (3, 2)."""


def reaches_border(mask: Mask, image: Geometry) -> bool:
    """Tell whether a set voxel reaches into the outermost layer of the image, or beyond it.

    On the image's grid: whether a set voxel lies in that layer. On another one the mask's own border says nothing: a
    mask cropped to its structure is complete, and one padded beyond the image is cut where the image ends.

    Parameters
    ----------
    image
        Grid of the image the mask belongs to.
    """
    return bool(find_cut_faces(mask, image).any())


def find_cut_faces(mask: Mask, image: Geometry) -> Faces:
    """Tell at which faces of the image a mask reaches its border, as ``reaches_border`` defines it."""
    if mask.is_empty:
        return np.zeros((3, 2), dtype=np.bool_)
    if same_grid(mask.grid, image):
        ends = [(part.start == 0, part.stop == size) for part, size in zip(mask.box, image.shape, strict=True)]
        return np.array(ends, dtype=np.bool_)
    centres = image.to_index(mask.grid.to_world(_line_ends(mask)))
    half = _half_voxel(mask.grid, image)
    low, high = centres.min(axis=0) - half, centres.max(axis=0) + half
    inner = np.array(image.shape) - 1.5
    return np.stack([low < 0.5 - TOUCH_VOXELS, high > inner + TOUCH_VOXELS], axis=1)


def border_gaps_mm(mask: Mask, image: Geometry) -> NDArray[np.float64]:
    """Return how far a mask's voxels stay from each face of the image, mm, shape (3, 2); 0 where they reach beyond.

    Of a mask on another grid: how far the box around it stays.
    """
    if same_grid(mask.grid, image):
        low = np.array([part.start for part in mask.box]) - 0.5
        high = np.array([part.stop for part in mask.box]) - 0.5
    else:
        corners = image.to_index(mask.geometry.corners_mm())
        half = _half_voxel(mask.grid, image)
        low, high = corners.min(axis=0) - half, corners.max(axis=0) + half
    normals = np.linalg.inv(image.axes).T
    units = normals / np.linalg.norm(normals, axis=1)[:, None]
    ends = np.stack([low, high, np.full(3, -0.5), np.array(image.shape) - 0.5])
    heights = [image.to_world(np.diag(end)) for end in ends]
    own_low, own_high, first, last = (np.einsum("ij,ij->i", units, each) for each in heights)
    return np.asarray(np.maximum(np.stack([own_low - first, last - own_high], axis=1), 0.0))


def beyond_border_mm(gaps_mm: NDArray[np.float64], cut: Faces) -> float:
    """Return how near the unseen part of a cut structure may be, in mm; infinite for one that no face cuts.

    Parameters
    ----------
    gaps_mm
        How far something stays from each face of the image.
    cut
        The faces at which the structure goes on outside.
    """
    return float(np.where(cut, gaps_mm, np.inf).min())


def _half_voxel(grid: Geometry, image: Geometry) -> Points:
    """Return how far a voxel reaches from its centre, in steps of the image along each of its axes."""
    return np.asarray(np.abs(grid.axes @ np.linalg.inv(image.axes)).sum(axis=0) / 2)


def _line_ends(mask: Mask) -> Points:
    """Return the grid indices of the first and last set voxel of every line along axis 2, shape (n, 3).

    They hold the extremes of the mask in every direction.
    """
    voxels = mask.voxels
    lines = np.argwhere(voxels.any(axis=2))
    first = voxels.argmax(axis=2)[tuple(lines.T)]
    last = voxels.shape[2] - 1 - voxels[:, :, ::-1].argmax(axis=2)[tuple(lines.T)]
    ends = np.concatenate([np.column_stack([lines, end]) for end in (first, last)])
    return np.asarray(ends + np.array(mask.offset), dtype=np.float64)
