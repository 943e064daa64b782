"""Volumes of liver, lesions and remnant that move together when their boundaries do.

Three boundaries are uncertain: the liver's capsule, the cut face of the remnant, and the lesions' surfaces inside the
liver. A boundary that two volumes share moves once for both. Every quantity made of these volumes takes its interval
from the same set of states: each boundary in, as drawn, or out by half a voxel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from pipeline.measures.boundary import Voxels, measure_interface, measure_surface
from pipeline.measures.uncertainty import Interval, Move, drawn_sections, find_move
from pipeline.measures.volumes import mask_volume_ml, state_basis
from pipeline.volume import Mask, bounding_box


@dataclass(frozen=True)
class LiverState:
    """Volumes in mL: liver with lesions, lesions, remnant without lesions (0 without a remnant)."""

    total: float
    lesions: float
    remnant: float

    @property
    def functional(self) -> float:
        """Liver without lesions, mL."""
        return max(self.total - self.lesions, 0.0)


@dataclass(frozen=True)
class LiverVolumes:
    """The volumes as drawn, and in every position of their boundaries.

    Parameters
    ----------
    basis
        How they are obtained, where that is not by counting voxels; else empty.
    """

    drawn: LiverState
    moved: tuple[LiverState, ...]
    basis: str = ""

    def value(self, quantity: Callable[[LiverState], float]) -> float:
        """Return a quantity of the volumes as drawn."""
        return quantity(self.drawn)

    def interval(self, quantity: Callable[[LiverState], float]) -> Interval:
        """Return the smallest and the largest value of a quantity over all positions of the boundaries."""
        values = [quantity(state) for state in self.moved]
        return Interval(min(values), max(values))


@dataclass(frozen=True)
class Part:
    """A volume and what each boundary does to it: its move in mL, and the shares of capsule, cut face and lesions."""

    volume: float
    move: Move
    capsule: float = 0.0
    cut: float = 0.0
    lesions: float = 0.0

    def at(self, capsule: int, cut: int, lesions: int) -> float:
        """Return the volume with boundaries moved in (-1), left (0) or moved out (1), floor 0."""
        change = self.capsule * self._by(capsule) + self.cut * self._by(cut) + self.lesions * self._by(lesions)
        return max(self.volume + change, 0.0)

    def _by(self, sense: int) -> float:
        """Return the change when the whole boundary moves in or out."""
        return self.move.outward if sense > 0 else -self.move.inward if sense < 0 else 0.0


def measure_liver(total: Mask, lesions: Mask | None, remnant: Mask | None) -> LiverVolumes:
    """Return the volumes of liver, lesions and remnant with their moved states.

    Parameters
    ----------
    total
        Liver with intrahepatic lesions; not empty.
    lesions
        Union of the intrahepatic lesions, part of ``total``, on the same grid; None when there is none.
    remnant
        Remnant without lesions, part of ``total``, on the same grid; None when there is none.
    """
    liver, tumour = measure_liver_part(total), measure_lesion_part(lesions, total)
    kept = measure_remnant_part(remnant, lesions, total)
    return move_together(liver, tumour, kept, state_basis(total, lesions, remnant))


def move_together(liver: Part, lesions: Part, remnant: Part, basis: str = "") -> LiverVolumes:
    """Return the volumes of liver, lesions and remnant with every position of the boundaries that they share."""
    states = [_state((liver, lesions, remnant), *senses) for senses in product((0, -1, 1), repeat=3)]
    return LiverVolumes(states[0], tuple(states), basis)


def _state(parts: tuple[Part, Part, Part], capsule: int, cut: int, lesions: int) -> LiverState:
    """Return the volumes for one position of each boundary; a part never exceeds what holds it."""
    total = parts[0].at(capsule, cut, lesions)
    inside = min(parts[1].at(capsule, cut, lesions), total)
    remnant = parts[2].at(capsule, cut, -lesions)
    return LiverState(total, inside, min(remnant, total - inside))


def measure_liver_part(total: Mask) -> Part:
    """Return the liver: all of its boundary is capsule."""
    return Part(mask_volume_ml(total), _move_ml(total), capsule=1.0)


def measure_lesion_part(lesions: Mask | None, total: Mask) -> Part:
    """Return the lesions: where they reach the surface of the liver their boundary is capsule."""
    if lesions is None or lesions.is_empty:
        return Part(0.0, Move(0.0, 0.0))
    inside, liver, _ = _draw(lesions, total, None)
    capsule = measure_interface(inside, ~liver) / measure_surface(inside)
    return Part(mask_volume_ml(lesions), _move_ml(lesions), capsule=capsule, lesions=1 - capsule)


def measure_remnant_part(remnant: Mask | None, lesions: Mask | None, total: Mask) -> Part:
    """Return the remnant: its boundary is capsule, lesion surface, or else cut face."""
    if remnant is None or remnant.is_empty:
        return Part(0.0, Move(0.0, 0.0))
    kept, liver, tumour = _draw(remnant, total, lesions)
    whole = measure_surface(kept)
    capsule, at_lesions = measure_interface(kept, ~liver) / whole, measure_interface(kept, tumour) / whole
    cut = max(1 - capsule - at_lesions, 0.0)
    return Part(mask_volume_ml(remnant), _move_ml(remnant), capsule, cut, at_lesions)


def _draw(part: Mask, total: Mask, lesions: Mask | None) -> tuple[Voxels, Voxels, Voxels]:
    """Return part, liver and lesions over the part's box with a margin of one voxel."""
    box = bounding_box([part], margin=1)
    liver = total.within(box)
    tumour = np.zeros_like(liver) if lesions is None else lesions.within(box)
    return part.within(box), liver, tumour


def _move_ml(mask: Mask) -> Move:
    """Return what half a voxel adds to a mask and takes away from it, in mL."""
    sections = drawn_sections(mask)
    move, unit = find_move(sections), mask_volume_ml(mask) / int(np.count_nonzero(sections))
    return Move(move.outward * unit, move.inward * unit)
