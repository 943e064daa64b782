"""Which lesions touch or overlap each other, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Points
from pipeline.measures.boundary import Voxels
from pipeline.measures.grids import group_by_grid, grow_box, intersect
from pipeline.volume import Box, Mask


@dataclass(frozen=True, eq=False)
class Contact:
    """Two masks, by their position, that share voxels or hold 26-neighbours; one such voxel near the middle of all.

    Parameters
    ----------
    place_mm
        Centre of that voxel, LPS mm, shape (1, 3).
    plane
        Its index along axis 0 of the masks' grid.
    """

    first: int
    second: int
    place_mm: Points
    plane: int


def find_near_pairs(masks: Sequence[Mask], gap: int) -> list[tuple[int, int]]:
    """Return the pairs of masks on one grid whose boxes overlap, or would if one of them grew by ``gap`` voxels."""
    pairs: list[tuple[int, int]] = []
    for group in group_by_grid(masks):
        filled = [number for number in group if not masks[number].is_empty]
        starts = np.array([masks[number].offset for number in filled]).reshape(-1, 3)
        stops = starts + np.array([masks[number].voxels.shape for number in filled]).reshape(-1, 3)
        reach = (starts[:, None] < stops[None] + gap).all(axis=2)
        pairs += [(filled[a], filled[b]) for a, b in np.argwhere(np.triu(reach & reach.T, 1))]
    return pairs


def find_contacts(masks: Sequence[Mask]) -> list[Contact]:
    """Return every pair of masks on one grid that touch by 26 neighbours, or overlap."""
    found = (_touch(masks, a, b) for a, b in find_near_pairs(masks, 1))
    return [contact for contact in found if contact is not None]


def count_groups(count: int, pairs: Iterable[tuple[int, int]]) -> int:
    """Return how many groups things fall into that pairs join."""
    owner = list(range(count))
    for a, b in pairs:
        kept, lost = sorted((owner[a], owner[b]))
        if kept != lost:
            owner = [kept if own == lost else own for own in owner]
    return len(set(owner))


def _touch(masks: Sequence[Mask], first: int, second: int) -> Contact | None:
    """Return where two masks touch, if they do."""
    region = intersect(masks[first].box, grow_box(masks[second].box, (1, 1, 1)))
    if region is None:
        return None
    touching = masks[first].within(region) & _grown(masks[second], region)
    places = np.argwhere(touching) + np.array([part.start for part in region])
    if not len(places):
        return None
    middle = places[int(np.argmin(np.linalg.norm(places - places.mean(axis=0), axis=1)))]
    return Contact(first, second, masks[first].grid.to_world(middle[None]), int(middle[0]))


def _grown(mask: Mask, box: Box) -> Voxels:
    """Return a mask with all 26 neighbours of its voxels over a box."""
    grown: NDArray[np.bool_] = mask.within(grow_box(box, (1, 1, 1)))
    for axis in range(3):
        size = grown.shape[axis]
        parts = (np.moveaxis(grown, axis, 0)[start : size - 2 + start] for start in range(3))
        grown = np.moveaxis(np.logical_or.reduce(list(parts)), 0, axis)
    return grown
