"""What a search asks of a ground over and over: which atoms lie in which zone, and how lesions lie to parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import NO_LESION, NO_PART, Flags, Floats, Ground

UNITS_PER_ML = 1e9
"""Volumes are added as whole numbers of 1e-9 mL, so that sums are exact and do not depend on their order."""
TINY_MM = 1e-9
"""Distances that differ by less are equal."""


@dataclass(frozen=True, eq=False)
class Sides:
    """How the lesions lie to a set of removed parts.

    Parameters
    ----------
    margin_mm
        Distance of each lesion to what the parts leave, at most the largest margin of the ground; 0 for one with a
        voxel outside of the parts.
    reached
        Whether a voxel of the lesion lies in the parts.
    """

    margin_mm: Floats
    reached: Flags

    def clear(self, margin_mm: float) -> Flags:
        """Return which lesions the parts remove with that margin: all their voxels, and nothing kept is nearer."""
        return np.asarray((self.margin_mm > 0) & (self.margin_mm >= margin_mm - TINY_MM))


def number_of_margin(ground: Ground, margin_mm: float) -> int:
    """Return the number of a margin in ``Ground.margins_mm``; ValueError for one that is not there."""
    for number, known in enumerate(ground.margins_mm):
        if abs(known - margin_mm) < TINY_MM:
            return number
    raise ValueError(f"{margin_mm:g} mm is no margin that the lesions were grown by")


def numbers_of(names: Sequence[str], wanted: Iterable[str]) -> tuple[int, ...]:
    """Return the numbers of names in a sequence, ascending; ValueError for an unknown name."""
    return tuple(sorted({names.index(name) for name in wanted}))


def part_names(ground: Ground) -> tuple[str, ...]:
    """Return the names of the parts in their order."""
    return tuple(part.name for part in ground.parts)


def tissue_units(ground: Ground) -> Floats:
    """Return the volume of each atom of liver tissue in whole 1e-9 mL, 0 for atoms of lesions."""
    units = np.rint(ground.atoms.volume_ml * UNITS_PER_ML)
    return np.asarray(np.where(ground.atoms.lesion == NO_LESION, units, 0.0), dtype=np.float64)


def lesion_atoms(ground: Ground) -> Flags:
    """Return which atoms are voxels of which lesion, shape (lesions, atoms).

    A lesion all of whose voxels belong to lesions of lower numbers has the atoms of lesions that it lies in.
    """
    atoms, count = ground.atoms, len(ground.lesions)
    found = np.zeros((count, atoms.lesion.size), dtype=np.bool_)
    for number in range(count):
        found[number] = atoms.lesion == number
        if not found[number].any():
            found[number] = (atoms.lesion != NO_LESION) & (atoms.level[:, number] == 0)
    return found


def lesion_parts(ground: Ground) -> Flags:
    """Return which lesion has a voxel in which part, shape (lesions, parts)."""
    atoms = ground.atoms
    found = np.zeros((len(ground.lesions), len(ground.parts)), dtype=np.bool_)
    held = (atoms.part != NO_PART) & (atoms.lesion != NO_LESION)
    found[atoms.lesion[held], atoms.part[held]] = True
    for number in set(range(len(found))).difference(np.unique(atoms.lesion).tolist()):
        found[number, atoms.part[held & (atoms.level[:, number] == 0)]] = True
    return found


def which_parts(ground: Ground, zones: Flags) -> Flags:
    """Return in which parts sets of atoms lie: (sets, atoms) to (sets, parts)."""
    of_part = ground.atoms.part[:, None] == np.arange(len(ground.parts))[None, :]
    return meet(zones, np.ascontiguousarray(of_part.T))


def meet(some: Flags, others: Flags) -> Flags:
    """Return which rows of one table of flags share a true column with which rows of another."""
    first = _pack(some)
    second = first if others is some else _pack(others)
    found = np.zeros((len(first), len(second)), dtype=np.bool_)
    for number, row in enumerate(first):
        used = np.flatnonzero(row)
        found[number] = (second[:, used] & row[used]).any(axis=1)
    return found


def _pack(table: Flags) -> NDArray[np.uint64]:
    """Return the rows of a table of flags in words of 64 bits."""
    rows, columns = table.shape
    padded = np.zeros((rows, -(-columns // 64) * 8), dtype=np.uint8)
    padded[:, : -(-columns // 8)] = np.packbits(table, axis=1)
    return padded.view(np.uint64)


def zones_at(ground: Ground, margin_mm: float) -> Flags:
    """Return which atoms lie within a margin of which lesion, the lesion included; shape (lesions, atoms)."""
    number = number_of_margin(ground, margin_mm)
    if number not in ground.zones:
        ground.zones[number] = np.ascontiguousarray((ground.atoms.level <= number).T) | lesion_atoms(ground)
    return ground.zones[number]


def find_sides(ground: Ground, removed: Sequence[int], of_part: Flags) -> Sides:
    """Return how the lesions lie to the parts that are removed.

    Parameters
    ----------
    removed
        Numbers of the parts.
    of_part
        ``lesion_parts``.
    """
    taken = np.zeros(len(ground.parts), dtype=np.bool_)
    taken[list(removed)] = True
    reached = of_part[:, taken].any(axis=1)
    outside = of_part[:, ~taken].any(axis=1)
    across = ground.clearance_mm[:, ~taken][:, :, np.append(taken, True)]
    nearest = across.min(axis=(1, 2), initial=np.inf)
    margin = np.where(reached & ~outside, np.minimum(nearest, ground.margins_mm[-1]), 0.0)
    return Sides(margin, np.asarray(reached))


def groups_of(joined: NDArray[np.bool_], members: Sequence[int]) -> list[list[int]]:
    """Return the members in groups that hang together, in the order of their first members.

    Parameters
    ----------
    joined
        Square table of which hang together.
    """
    left, groups = list(members), []
    while left:
        group, todo = [left[0]], [left.pop(0)]
        while todo:
            here = todo.pop()
            near = [each for each in left if joined[here, each]]
            left = [each for each in left if each not in near]
            todo += near
            group += near
        groups.append(sorted(group))
    return groups
