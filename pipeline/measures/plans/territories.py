"""Which branch of a vessel tree each place of the liver is nearest to.

Definition: the territory of a branch is what lies nearer to it than to every other branch of its tree. This is the
nearest-neighbour approximation of Selle, Preim, Schenk and Peitgen (IEEE Trans Med Imaging 2002;21:1344), which the
risk analysis of Fraunhofer MEVIS rests on (Lang et al., Arch Surg 2005;140:629) and which Slicer-Liver uses too; there
distances are taken to centre lines, here to the centres of all voxels that a mask draws. It is an estimate: twigs too
thin to be drawn do not count.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry, Index3
from pipeline.ground import NO_BRANCH, Flags, Tree
from pipeline.measures.plans.branches import Grove, find_grove
from pipeline.measures.plans.cells import Cells, Forest
from pipeline.measures.point_tree import PointTree
from pipeline.measures.vessels.trees import Tree as Drawn

STEP_MM = 3.0
"""Blocks of voxels that share one answer are at most so long along each axis: territories are not known finer."""
ASIDE = np.array([0.0113, 0.0071, 0.0047])
"""By this part of a voxel a block's point lies beside its centre, so that no two voxels are equally near to it."""


def build_trees(vessels: Mapping[str, Drawn], cells: Cells, least_mm: float) -> Forest:
    """Return the trees of portal and hepatic veins as branches, and the nearest branch of every voxel of the liver.

    ``inflow`` and ``outflow`` are there even where they tell nothing, then with their reason and without roots, and
    the nearest branches are None. ``artery`` is for contact alone and never has a root.

    A branch is a 26-connected set of vessel voxels of equal structures, equal part and equal level of every lesion
    (``cells``), numbered in the order of their first voxels in the array. Pieces of a tree (26-connected, whatever
    their names) smaller than a ball of ``least_mm`` are left out. Vessel voxels outside the total liver, and the vena
    cava wherever it is drawn, have ``inside=False``; those of ``portal_vein_main`` have no part: a resection of parts
    leaves the portal trunk, a wedge may take it. A branch is touched when at most one voxel lies between one of its
    voxels and a lesion (as in ``measures/vessels/interruption``).

    Every voxel of a block of ``step`` voxels takes the branch that holds the vessel voxel whose centre is nearest, in
    mm, to the block's point ``box start + block * step + (step - 1) / 2 + ASIDE`` (index of the grid, fractions
    allowed; blocks at the box's end are counted in full); ``step = max(1, floor(STEP_MM / spacing))`` along each axis.

    Parameters
    ----------
    vessels
        As drawn, by name: ``measures/vessels/trees.find_trees(study)``; masks on other grids are brought to the
        liver's by nearest voxel.
    cells
        Part, lesion and levels over the total liver's box.
    least_mm
        Of the smallest ball that counts as a piece of a vessel.
    """
    step = _find_step(cells.total.geometry)
    is_held = _find_blocks(cells.total.voxels, step)
    trees: dict[str, Tree] = {}
    blocks: dict[str, NDArray[np.int32] | None] = {}
    for name in ("inflow", "outflow", "artery"):
        grove = find_grove(vessels, cells, name, least_mm)
        trees[name] = grove.tree
        if name != "artery":
            blocks[name] = _divide(cells, is_held, step, grove)
    return Forest(trees, blocks["inflow"], blocks["outflow"], step)


def _find_step(grid: Geometry) -> Index3:
    """Return how many voxels a block has along each axis."""
    a, b, c = (max(1, int((STEP_MM + 1e-9) // spacing)) for spacing in grid.spacing_mm)
    return a, b, c


def _find_blocks(voxels: Flags, step: Index3) -> Flags:
    """Return which blocks hold a set voxel."""
    out = voxels
    for axis, by in enumerate(step):
        out = np.logical_or.reduceat(out, np.arange(0, out.shape[axis], by), axis=axis)
    return out


def _divide(cells: Cells, is_held: Flags, step: Index3, grove: Grove) -> NDArray[np.int32] | None:
    """Return the branch of each block of the liver's box; None where the tree has no root."""
    if not grove.tree.roots or grove.voxels is None or grove.branch is None:
        return None
    grid, which = cells.total.grid, np.argwhere(is_held)
    index = which * step + (np.array(step) - 1) / 2 + ASIDE + np.array(cells.total.offset)
    tree = PointTree(grid.to_world(grove.voxels.indices.astype(np.float64)))
    blocks = np.full(is_held.shape, NO_BRANCH, dtype=np.int32)
    blocks[is_held] = grove.branch[tree.find_nearest(grid.to_world(index))[1]]
    return blocks
