"""The distance to vessels of at least 3 mm local diameter: balls between unset voxels, one after the other."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from pipeline.verify.distances import smallest
from pipeline.verify.gap import Body, Points, find_gap
from pipeline.verify.grid import Floats, Grid
from pipeline.verify.number import Number, absent, within
from pipeline.verify.places import unseen_mm
from pipeline.verify.solid import Solid, together, trimmed
from pipeline.verify.study_files import SecondReading

LIMIT_MM = 3.0
NEAR = 1e-9
TREES = {
    "portal_vein": ("portal_vein", "portal_vein_main", "portal_vein_left", "portal_vein_right"),
    "hepatic_vein": ("hepatic_vein", "hepatic_vein_right", "hepatic_vein_middle", "hepatic_vein_left"),
    "liver_vessel": ("liver_vessel",),
    "ivc": ("ivc",),
}
Levels = tuple[Solid | None, Solid | None, Solid | None]
"""What is possibly, by definition and surely wide of the vessels on one grid; None where nothing is."""


def draw_tree(second: SecondReading, *roles: str) -> list[Solid]:
    """Return what is drawn of a vessel on each grid."""
    by_grid: dict[int, list[Solid]] = {}
    for each in second.of(*roles):
        if each.solid.count:
            by_grid.setdefault(id(each.solid.grid), []).append(each.solid)
    return [together(group) for group in by_grid.values()]


def find_wide(second: SecondReading) -> tuple[list[Levels], tuple[str, ...]]:
    """Return the wide parts of all vessels on each grid, or codes of why they are not known."""
    trees = {name: draw_tree(second, *roles) for name, roles in TREES.items()}
    if not trees["liver_vessel"] and not (trees["portal_vein"] and trees["hepatic_vein"]):
        return [], ("NO_MASK",)
    by_grid: dict[int, list[list[Solid]]] = {}
    for masks in trees.values():
        for mask in masks:
            by_grid.setdefault(id(mask.grid), []).append(_levels(mask))
    found = [tuple(_join([tree[n] for tree in group]) for n in range(3)) for group in by_grid.values()]
    levels: list[Levels] = [(possible, wide, sure) for possible, wide, sure in found]
    return (levels, ()) if any(wide is not None for _, wide, _ in levels) else ([], ("NO_VESSEL",))


def _join(solids: list[Solid]) -> Solid | None:
    filled = [solid for solid in solids if solid.count]
    return together(filled) if filled else None


def _levels(vessel: Solid) -> list[Solid]:
    """Return what is possibly, by definition and surely wide of one vessel."""
    signs = np.array([[1, 1, 1], [1, 1, -1], [1, -1, 1], [-1, 1, 1]])
    less = float(np.linalg.norm(signs @ vessel.grid.steps, axis=1).max()) / 2
    more = float(np.linalg.norm(np.sort(vessel.grid.spacing)[:2])) / 2
    radius = LIMIT_MM / 2
    return [opened(vessel, each) for each in (max(radius - less, 0.0), radius, radius + more)]


def opened(vessel: Solid, radius: float) -> Solid:
    """Return the voxels of a vessel in a ball of a radius that holds no unset centre, or next to such a voxel."""
    low, high = vessel.box()
    wide = np.pad(vessel.over(low, high), 2)
    unset = np.argwhere(ndimage.binary_dilation(wide, np.ones((3, 3, 3), dtype=bool)) & ~wide) - 2 + low
    voxels = np.argwhere(wide) - 2 + low
    centres = vessel.grid.world(voxels)
    free = Points(_beyond(vessel.grid, unset)).nearest(centres)[0]
    core = centres[free >= radius - NEAR]
    part = np.zeros_like(wide)
    if len(core):
        held = (Points(core).nearest(centres)[0] < radius - NEAR) | (free >= radius - NEAR)
        part[tuple((voxels[held] - low + 2).T)] = True
        part = ndimage.binary_dilation(part, np.ones((3, 3, 3), dtype=bool)) & wide
    return trimmed(Solid(vessel.grid, low - 2, part, None, vessel.apart))


def _beyond(grid: Grid, indices: np.ndarray) -> Floats:
    """Return LPS mm of voxels; slices beyond the ends of an uneven grid follow at its first and last gap."""
    world = grid.world(indices)
    if grid.places is None:
        return world
    along, last = indices[:, grid.slice_axis], len(grid.places) - 1
    step = grid.steps[grid.slice_axis]
    world[along < 0] += grid.places[0] - grid.places[1] + step
    world[along > last] += grid.places[-1] - grid.places[-2] - step
    return world


class WideVessels:
    """The wide parts of a study's vessels, with their surfaces."""

    def __init__(self, second: SecondReading) -> None:
        levels, self.codes = find_wide(second)
        self._image = second.image
        self._drawn = [solid for roles in TREES.values() for solid in draw_tree(second, *roles)]
        self.levels = [[None if solid is None else Body(solid) for solid in level] for level in levels]

    def distance(self, own: Body, *, uids: bool) -> Number:
        """Return the distance of a lesion to the nearest wide vessel."""
        if self.codes:
            return absent(*self.codes)
        values, lows, highs = [], [], []
        for possible, wide, sure in self.levels:
            if possible is None:
                continue
            lows.append(find_gap(own, possible).low)
            if wide is None:
                continue
            gap = find_gap(own, wide)
            values.append(Number(gap.value, gap.low, gap.high, uids=uids, ends=gap.ends))
            highs.append(_farthest(own.solid, wide.solid) if sure is None else find_gap(own, sure).high)
        best = smallest(values)
        value = best.value or 0.0
        unseen = unseen_mm(self._image, own.solid, self._drawn)
        ends = within(value, min(*lows, unseen), max(min(highs), value))
        return Number(value, ends.low, ends.high, uids=uids, ends=best.ends)


def _farthest(lesion: Solid, part: Solid) -> float:
    """Return a distance that no voxel of a part exceeds from the middle of a lesion's box."""
    corners = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
    low, high = lesion.box()
    middle = lesion.grid.world(np.where(corners, high, low)).mean(axis=0)
    low, high = part.box()
    return float(np.linalg.norm(part.grid.world(np.where(corners, high, low)) - middle, axis=1).max())
