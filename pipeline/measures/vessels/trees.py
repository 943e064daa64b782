"""Which masks make up which vessel, and masks of another grid brought to a vessel's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.geometry import Geometry
from pipeline.measures.drawn import find_drawn
from pipeline.measures.grids import same_grid
from pipeline.measures.missing_slices import find_missing
from pipeline.structures import Role
from pipeline.study import Study
from pipeline.volume import Mask

PORTAL = (Role.PORTAL_VEIN, Role.PORTAL_VEIN_MAIN, Role.PORTAL_VEIN_LEFT, Role.PORTAL_VEIN_RIGHT)
NAMED_HEPATIC = (Role.HEPATIC_VEIN_RIGHT, Role.HEPATIC_VEIN_MIDDLE, Role.HEPATIC_VEIN_LEFT)
HEPATIC = (Role.HEPATIC_VEIN, *NAMED_HEPATIC)
TREES: Mapping[str, tuple[Role, ...]] = {
    "portal_vein": PORTAL,
    **{role.value: (role,) for role in PORTAL[1:]},
    "hepatic_vein": HEPATIC,
    **{role.value: (role,) for role in NAMED_HEPATIC},
    "ivc": (Role.IVC,),
    "liver_vessel": (Role.LIVER_VESSEL,),
    "hepatic_artery": (Role.HEPATIC_ARTERY,),
}
"""Vessels and the roles whose masks together are one."""


@dataclass(frozen=True, eq=False)
class Tree:
    """A vessel as drawn.

    Parameters
    ----------
    name
        Its name in the names of quantities.
    drawn
        The roles that are drawn.
    masks
        What is drawn of it on each grid; none is empty.
    flags
        Codes of what is wrong with the masks: ``MASK_GAP`` (slices are missing inside one), ``RT_GAP``.
    """

    name: str
    drawn: tuple[Role, ...]
    masks: tuple[Mask, ...]
    flags: tuple[str, ...] = ()


def find_trees(study: Study) -> dict[str, Tree]:
    """Return the vessels of which at least one voxel is drawn, by name."""
    missing = find_missing(study)
    found = {name: _find_tree(study, missing, name) for name in TREES}
    return {name: tree for name, tree in found.items() if tree is not None}


def _find_tree(study: Study, missing: Sequence[int], name: str) -> Tree | None:
    """Return one vessel; None where nothing of it is drawn."""
    drawn = find_drawn(study, missing, TREES[name])
    return None if drawn is None else Tree(name, drawn.roles, drawn.bodies, drawn.flags)


def bring(mask: Mask, grid: Geometry) -> Mask | None:
    """Return a mask on another grid: the voxels whose nearest voxel on the mask's own grid is set.

    The mask itself where it lies on that grid; None where one of both grids has uneven slices.
    """
    if same_grid(mask.grid, grid):
        return mask
    if mask.grid.slice_positions_mm is not None or grid.slice_positions_mm is not None:
        return None
    corners = mask.geometry.offset_in(grid)
    reach = 1 + np.abs(np.linalg.inv(grid.axes.T) @ mask.grid.axes.T).sum(axis=1)
    low = np.floor(corners.min(axis=0) - reach).astype(np.int64)
    high = np.ceil(corners.max(axis=0) + reach).astype(np.int64)
    low, high = (np.clip(ends, 0, grid.shape) for ends in (low, high + 1))
    shape = np.maximum(high - low, 0)
    indices = np.indices(shape).reshape(3, -1).T + low
    own = np.rint(mask.grid.to_index(grid.to_world(indices.astype(np.float64)))).astype(np.int64)
    start = (int(low[0]), int(low[1]), int(low[2]))
    return Mask.from_array(grid, mask.are_set(own).reshape(shape), start)
