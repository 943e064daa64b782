"""Whether a structure reaches the border of the scan, on whatever grid it is drawn."""

from __future__ import annotations

import numpy as np

from pipeline.geometry import Geometry, Points
from pipeline.measures.grids import same_grid
from pipeline.volume import Mask

TOUCH_VOXELS = 0.01
"""How far a voxel has to reach into the outermost layer of the image, in steps of the image: less is rounding."""


def reaches_border(mask: Mask, image: Geometry) -> bool:
    """Tell whether a set voxel reaches into the outermost layer of the image, or beyond it.

    On the image's grid: whether a set voxel lies in that layer. On another one the mask's own border says nothing: a
    mask cropped to its structure is complete, and one padded beyond the image is cut where the image ends.

    Parameters
    ----------
    image
        Grid of the image the mask belongs to.
    """
    if mask.is_empty:
        return False
    if same_grid(mask.grid, image):
        return mask.touches_border
    centres = image.to_index(mask.grid.to_world(_line_ends(mask)))
    half = np.abs(mask.grid.axes @ np.linalg.inv(image.axes)).sum(axis=0) / 2
    low, high = centres.min(axis=0) - half, centres.max(axis=0) + half
    inner = np.array(image.shape) - 1.5
    return bool((low < 0.5 - TOUCH_VOXELS).any() or (high > inner + TOUCH_VOXELS).any())


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
