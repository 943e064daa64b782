"""Liver, lesions and remnant in mL, and every position of the three boundaries they share.

Capsule, cut face and lesion surfaces each move in, stay, or move out by half a voxel; what two volumes share moves
once for both (docs/measurements.md, *Uncertainty*).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from pipeline.verify.components import split
from pipeline.verify.number import Number
from pipeline.verify.solid import Solid, common, shared_count, together, without
from pipeline.verify.steiner import change, crossing_area, padded

FLAGGED_OUTSIDE = 0.10
FACES = [sense * np.eye(3, dtype=np.int64)[axis] for axis in range(3) for sense in (-1, 1)]


@dataclass(frozen=True)
class Volumes:
    """mL of liver with lesions, lesions, remnant without lesions."""

    total: float
    lesions: float
    remnant: float

    @property
    def functional(self) -> float:
        """Liver without lesions."""
        return max(self.total - self.lesions, 0.0)


@dataclass(frozen=True, eq=False)
class Liver:
    """The liver's parts as drawn, and their volumes in every state of their boundaries (the first is as drawn)."""

    total: Solid
    lesions: Solid | None
    remnant: Solid | None
    states: tuple[Volumes, ...]

    def number(self, formula: Callable[[Volumes], float]) -> Number:
        """Return a quantity of these volumes, with the least and the largest it takes in any state."""
        values = [formula(state) for state in self.states]
        return Number(values[0], min(values), max(values))


@dataclass(frozen=True, eq=False)
class Remnant:
    """What is kept of the liver without and with (``whole``) its lesions, these, and why it is not known."""

    kept: Solid | None = None
    lesions: Solid | None = None
    outside: float = 0.0
    codes: tuple[str, ...] = ()
    whole: Solid | None = None


def find_remnant(mask: Solid | None, specimen: Solid | None, total: Solid, lesions: Solid | None) -> Remnant:
    """Return the remnant: its mask within the liver, or the liver without the specimen; less the lesions in it."""
    given = mask or specimen
    if given is None:
        return Remnant(codes=("NO_REMNANT", "EMPTY_REMNANT"))
    if given.grid is not total.grid:
        return Remnant(codes=("GRID_OTHER",))
    inside = shared_count(given, total)
    if not inside:
        return Remnant(codes=("FLR_OUTSIDE",))
    part = common(together([mask, *_left_out(mask, total, lesions)]), total) if mask else without(total, given)
    if not part.count:
        return Remnant(codes=("EMPTY_REMNANT",))
    return without_lesions(part, lesions, 1 - inside / given.count if mask else 0.0)


def _left_out(given: Solid, total: Solid, lesions: Solid | None) -> list[Solid]:
    """Return the lesions that a mask leaves out and surrounds: of their faces in the liver more lie on it than not."""
    found = []
    for body in split(lesions, 26) if lesions is not None else []:
        if 10 * shared_count(body, given) > body.count:
            continue
        own = {tuple(voxel) for voxel in body.indices}
        beside = [(*near,) for step in FACES for near in body.indices + step if tuple(near) not in own]
        places = np.array(beside)
        low, high = places.min(axis=0), places.max(axis=0)
        at = tuple((places - low).T)
        on_mask, in_liver = given.over(low, high)[at], total.over(low, high)[at]
        if int(on_mask.sum()) > int((in_liver & ~on_mask).sum()):
            found.append(body)
    return found


def without_lesions(part: Solid, lesions: Solid | None, outside: float = 0.0) -> Remnant:
    """Return what is left of a part of the liver without the lesions in it."""
    left = None if lesions is None or not shared_count(part, lesions) else common(part, lesions)
    kept = without(part, lesions)
    if not kept.count:
        return Remnant(None, left, outside, ("EMPTY_REMNANT",), part)
    return Remnant(kept, left, outside, (), part)


def move_boundaries(total: Solid, lesions: Solid | None, remnant: Solid | None) -> Liver:
    """Return the volumes of the liver's parts in all 27 positions of capsule, cut face and lesion surfaces."""
    return Boundaries(total, lesions).move(remnant)


class Boundaries:
    """Capsule and lesion surfaces of a liver, of which a cut may leave any remnant."""

    def __init__(self, total: Solid, lesions: Solid | None) -> None:
        self._total, self._lesions = total, lesions
        self._liver = _Part(total, 1.0, 0.0, 0.0)
        capsule = 0.0 if lesions is None else _border_share(lesions, total, outside=True)
        self._tumour = None if lesions is None else _Part(lesions, capsule, 0.0, 1 - capsule)

    def move(self, remnant: Solid | None) -> Liver:
        """Return the volumes with one remnant in all 27 positions."""
        remaining = None
        if remnant is not None:
            capsule = _border_share(remnant, self._total, outside=True)
            faces = 0.0 if self._lesions is None else _border_share(remnant, self._lesions, outside=False)
            remaining = _Part(remnant, capsule, max(1 - capsule - faces, 0.0), faces)
        states = []
        for capsule_moves, cut_moves, lesions_move in product((0, -1, 1), repeat=3):
            whole = self._liver.at(capsule_moves, cut_moves, lesions_move)
            inner = self._tumour.at(capsule_moves, cut_moves, lesions_move) if self._tumour else 0.0
            kept = remaining.at(capsule_moves, cut_moves, -lesions_move) if remaining else 0.0
            inner = min(inner, whole)
            states.append(Volumes(whole, inner, min(kept, whole - inner)))
        return Liver(self._total, self._lesions, remnant, tuple(states))


class _Part:
    """A volume, and which shares of its boundary are capsule, cut face and lesion surface."""

    def __init__(self, solid: Solid, capsule: float, cut: float, faces: float) -> None:
        voxels = padded(solid)
        unit = solid.volume_ml / int(voxels.sum())
        self.volume = solid.volume_ml
        self.gain, self.loss = (amount * unit for amount in change(voxels))
        self.shares = (capsule, cut, faces)

    def at(self, *moves: int) -> float:
        """Return the volume when each boundary moves out (1), stays (0) or moves in (-1); never below 0."""
        parts = zip(self.shares, moves, strict=True)
        return max(self.volume + sum(s * (self.gain if m > 0 else -self.loss if m < 0 else 0) for s, m in parts), 0.0)


def _border_share(part: Solid, other: Solid, *, outside: bool) -> float:
    """Return the share of a part's surface at which another solid begins, or ends (``outside``)."""
    low, high = part.box()
    own, beside = part.over(low - 1, high + 1), other.over(low - 1, high + 1)
    margin = np.pad(own, 1)
    reached = np.pad(~beside if outside else beside, 1)
    return crossing_area(margin, reached & ~margin) / crossing_area(margin, ~margin)


def unite(solids: list[Solid]) -> Solid | None:
    """Return the union of solids; None without any."""
    return together(solids) if solids else None
