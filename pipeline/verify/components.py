"""Connected components by SciPy, and pieces left when one-voxel necks are cut."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from pipeline.verify.grid import Floats
from pipeline.verify.solid import Bools, Solid, trimmed

NEIGHBOURS = {6: 1, 18: 2, 26: 3}


def structure_of(neighbours: int) -> Bools:
    """Return the neighbourhood of 6, 18 or 26 voxels, shape (3, 3, 3)."""
    return np.asarray(ndimage.generate_binary_structure(3, NEIGHBOURS[neighbours]), dtype=bool)


def split(solid: Solid, neighbours: int) -> list[Solid]:
    """Return the components of a solid; each share of a voxel goes to the component of the nearest set voxel."""
    if not solid.count:
        return []
    labels, count = ndimage.label(solid.voxels, structure_of(neighbours))
    if count == 1:
        return [solid]
    owner = labels if solid.shares is None else nearest_owner(solid, labels)
    parts = []
    for number in range(1, count + 1):
        shares = None if solid.shares is None else np.where(owner == number, solid.shares, 0.0)
        parts.append(trimmed(Solid(solid.grid, solid.start, labels == number, shares, solid.apart)))
    return parts


def nearest_owner(solid: Solid, labels: np.ndarray) -> np.ndarray:
    """Return labels of set voxels, with each other voxel that has a share given to the nearest set one."""
    assert solid.shares is not None
    owner = labels.copy()
    loose = np.argwhere((solid.shares > 0) & (labels == 0))
    set_voxels = np.argwhere(labels > 0)
    if len(loose):
        tree = cKDTree(_centres(solid, set_voxels))
        nearest = set_voxels[tree.query(_centres(solid, loose))[1]]
        owner[tuple(loose.T)] = labels[tuple(nearest.T)]
    return owner


def _centres(solid: Solid, local: np.ndarray) -> Floats:
    return solid.grid.world(local + solid.start)


def count_pieces(solid: Solid, least: float) -> int:
    """Return how many 6-connected pieces of at least ``least`` voxels are left without one-voxel necks; at least 1.

    A neck is a voxel with an unset face neighbour whose set face neighbours fall into two or more 6-connected groups
    within its 18 neighbours.
    """
    low, high = solid.box()
    voxels = np.pad(solid.over(low, high), 1)
    cut = voxels.copy()
    near = structure_of(18).copy()
    near[1, 1, 1] = False
    faces = structure_of(6).copy()
    faces[1, 1, 1] = False
    for i, j, k in np.argwhere(voxels & ~ndimage.binary_erosion(voxels, structure_of(6))):
        block = voxels[i - 1 : i + 2, j - 1 : j + 2, k - 1 : k + 2] & near
        labels, _ = ndimage.label(block, structure_of(6))
        if len(np.unique(labels[faces & block])) > 1:
            cut[i, j, k] = False
    labels, count = ndimage.label(cut, structure_of(6))
    if count <= 1:
        return 1
    return max(1, int((np.bincount(labels.ravel())[1:] >= least).sum()))
