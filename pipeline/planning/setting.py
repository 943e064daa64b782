"""A ground seen at one margin of resection: zones, who lies in whose zone, and what may be done with whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.ground import Flags, Floats, Ground
from pipeline.plan import Choices
from pipeline.planning.zones import lesion_atoms, meet, number_of_margin, tissue_units, which_parts, zones_at

Way = tuple[int, int, int, int, int]
"""Tissue taken (1e-9 mL), wedges, procedures, untreated lesions; and which lesions are wedges, as bits."""


@dataclass(frozen=True)
class Cluster:
    """Lesions that are decided together, as bits; memory of what was found goes by it.

    Parameters
    ----------
    margin
        Number of the setting.
    removed
        Parts that are removed, as far as the cluster's zones reach into them.
    wedges
        Lesions that are wedges in every way.
    choice
        Lesions that may be wedges, and are something else where they are not.
    dragged
        Lesions that become wedges where the wedge of another takes a voxel of them.
    rest
        Lesions that are never wedges.
    """

    margin: int
    removed: int
    wedges: int
    choice: int
    dragged: int
    rest: int

    @property
    def open(self) -> int:
        """Lesions that may or may not be wedges."""
        return self.choice | self.dragged


@dataclass(frozen=True, eq=False)
class Setting:
    """What the search looks up, for one margin of resection.

    Parameters
    ----------
    margin_mm
        Of cleared lesions and of wedges.
    """

    ground: Ground
    choices: Choices
    margin_mm: float

    @property
    def ablation_is_wider(self) -> bool:
        """Whether an ablation takes at least what a wedge takes; False where no lesion may be ablated."""
        ground = self.ground
        if not self.choices.ablate:
            return False
        return number_of_margin(ground, self.choices.ablation_mm) >= number_of_margin(ground, self.margin_mm)

    @cached_property
    def units(self) -> Floats:
        """Tissue of each atom in 1e-9 mL."""
        return tissue_units(self.ground)

    @cached_property
    def wedges(self) -> Flags:
        """Zones of resection, (lesions, atoms)."""
        return zones_at(self.ground, self.margin_mm)

    @cached_property
    def ablations(self) -> Flags:
        """Zones of ablation, (lesions, atoms); nothing where no lesion may be ablated."""
        if not self.choices.ablate:
            return np.zeros_like(self.wedges)
        return zones_at(self.ground, self.choices.ablation_mm)

    @cached_property
    def hits(self) -> tuple[int, ...]:
        """For each lesion the lesions of which its wedge takes a voxel, itself left out; as bits."""
        found = meet(self.wedges, lesion_atoms(self.ground))
        np.fill_diagonal(found, val=False)
        return to_bits(found)

    @cached_property
    def shared(self) -> tuple[int, ...]:
        """For each lesion the lesions with which its wedge shares an atom, as bits."""
        return to_bits(meet(self.wedges, self.wedges))

    @cached_property
    def reach(self) -> tuple[int, ...]:
        """For each lesion the parts in which its wedge has an atom, as bits."""
        return to_bits(which_parts(self.ground, self.wedges))

    @cached_property
    def near(self) -> tuple[tuple[int, ...], ...]:
        """For each part, and last for what is in none: which lesions' widest zones meet there."""
        widest = self.wedges | self.ablations
        part = self.ground.atoms.part
        count = len(self.ground.parts)
        places = [part == number for number in range(count)] + [(part < 0) | (part >= count)]
        zones = (widest[:, place] for place in places)
        return tuple(to_bits(meet(here, here)) for here in zones)

    @cached_property
    def extent(self) -> tuple[int, ...]:
        """For each lesion the parts in which its widest zone has an atom, as bits."""
        return to_bits(which_parts(self.ground, self.wedges | self.ablations))

    @cached_property
    def may_wedge(self) -> int:
        """Lesions that may be wedges, as bits."""
        return self._bits_of(self.choices.wedge)

    @cached_property
    def may_ablate(self) -> int:
        """Lesions that may be ablated, as bits."""
        return self._bits_of(self.choices.ablate)

    @cached_property
    def may_irradiate(self) -> int:
        """Lesions that are irradiated where nothing else is done with them, as bits."""
        return self._bits_of(self.choices.irradiate) & ~self.may_wedge & ~self.may_ablate

    def _bits_of(self, names: frozenset[str]) -> int:
        return sum(1 << number for number, name in enumerate(self.ground.lesions) if name in names)

    def extend(self, wedges: int, among: int) -> int:
        """Return wedges with those that must be wedges because of them: lesions of which one takes a voxel."""
        found, fresh = wedges, wedges
        while fresh:
            here = 0
            for number in bits_in(fresh):
                here |= self.hits[number]
            fresh = here & among & ~found
            found |= fresh
        return found


def to_bits(table: Flags) -> tuple[int, ...]:
    """Return each row of a table of flags as an integer: bit k for column k."""
    return tuple(sum(1 << int(column) for column in np.flatnonzero(row)) for row in table)


def bits_in(bits: int) -> list[int]:
    """Return the numbers of the bits that are set, ascending."""
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found
