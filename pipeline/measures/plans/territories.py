"""Which branch of a vessel tree each place of the liver is nearest to.

Definition: the territory of a branch is what lies nearer to it than to every other branch of its tree. This is the
nearest-neighbour approximation of Selle, Preim, Schenk and Peitgen (IEEE Trans Med Imaging 2002;21:1344), which the
risk analysis of Fraunhofer MEVIS rests on (Lang et al., Arch Surg 2005;140:629) and which Slicer-Liver uses too; there
distances are taken to centre lines, here to the centres of all voxels that a mask draws. It is an estimate: twigs too
thin to be drawn do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Geometry, Index3, Points
from pipeline.ground import NO_BRANCH, Flags, Ints, Tree
from pipeline.measures.plans.branches import Grove, find_grove
from pipeline.measures.plans.cells import Cells
from pipeline.measures.point_tree import PointTree
from pipeline.measures.vessels.trees import Tree as Drawn

STEP_MM = 3.0
"""Blocks of voxels that share one answer are at most so long along each axis: territories are not known finer."""
ASIDE = np.array([0.0113, 0.0071, 0.0047])
"""By this part of a voxel a block's point lies beside its centre, so that no two voxels are equally near to it."""


@dataclass(frozen=True, eq=False)
class Territory:
    """The nearest branch over the box of the total liver, block by block.

    Parameters
    ----------
    step
        Voxels of a block along each axis: as many as make up to ``STEP_MM``, at least one.
    blocks
        Number of the branch of each block; a voxel ``(a, b, c)`` of the box lies in block ``(a // step[0], b //
        step[1], c // step[2])``. ``NO_BRANCH`` everywhere where the tree has no root, and in blocks without a voxel of
        the total liver.
    """

    step: Index3
    blocks: NDArray[np.int32]

    def read(self, voxels: tuple[Ints, Ints, Ints]) -> NDArray[np.int32]:
        """Return the branch of some voxels, given by their indices in the box along each axis (``np.nonzero``)."""
        a, b, c = (axis // step for axis, step in zip(voxels, self.step, strict=True))
        return self.blocks[a, b, c]

    def spread(self, shape: Index3) -> NDArray[np.int32]:
        """Return the branch of every voxel of the box of that shape: 4 bytes each; ``read`` takes less."""
        out = self.blocks
        for axis, step in enumerate(self.step):
            out = np.repeat(out, step, axis=axis)
        return out[tuple(slice(size) for size in shape)]


@dataclass(frozen=True, eq=False)
class Vasculature:
    """The vessel trees of a liver and their territories.

    Parameters
    ----------
    trees
        ``inflow`` and ``outflow``, each there even where it tells nothing (then with its reason and no root), and
        ``artery`` (for contact alone, never with a root).
    inflow, outflow
        Territories: numbers of ``trees["inflow"].branches`` and ``trees["outflow"].branches``.
    """

    trees: Mapping[str, Tree]
    inflow: Territory
    outflow: Territory


def build_trees(vessels: Mapping[str, Drawn], cells: Cells, least_mm: float) -> Vasculature:
    """Return the trees of portal and hepatic veins as branches, and the nearest branch of every place of the liver.

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
    groves = {name: find_grove(vessels, cells, name, least_mm) for name in ("inflow", "outflow", "artery")}
    is_held = _find_blocks(cells.total.voxels, step)
    inflow, outflow = (_divide(cells, is_held, step, groves[name]) for name in ("inflow", "outflow"))
    return Vasculature({name: grove.tree for name, grove in groves.items()}, inflow, outflow)


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


def _divide(cells: Cells, is_held: Flags, step: Index3, grove: Grove) -> Territory:
    """Return the nearest branch of every block that holds a voxel of the liver."""
    blocks = np.full(is_held.shape, NO_BRANCH, dtype=np.int32)
    if grove.tree.roots and grove.voxels is not None and grove.branch is not None:
        grid, which = cells.total.grid, np.argwhere(is_held)
        index = which * step + (np.array(step) - 1) / 2 + ASIDE + np.array(cells.total.offset)
        nearest = find_nearest(grid.to_world(index), grid.to_world(grove.voxels.indices.astype(np.float64)))
        blocks[is_held] = grove.branch[nearest]
    return Territory(step, blocks)


def find_nearest(places: Points, points: Points) -> Ints:
    """Return for each place the number of the nearest point; both in LPS mm."""
    return PointTree(points).find_nearest(places)[1]
