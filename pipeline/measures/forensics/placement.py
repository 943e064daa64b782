"""Whether a mask fits its image better at another place: mirrored, upside down, moved.

No mask is ever moved: the other places are tried to name the fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.forensics.edges import Agreement, Profiles, draw_profiles, find_agreement
from pipeline.measures.forensics.surface import Surface, Values
from pipeline.measures.forensics.tissue import Inside, look_inside
from pipeline.measures.forensics.view import View
from pipeline.volume import Geometry, Points

Flip = tuple[bool, bool, bool]
FLIPS: tuple[Flip, ...] = tuple((a, b, c) for a, b, c in product((False, True), repeat=3) if a or b or c)
CONTRAST_SPREADS = 4.0
"""Tissue this many standard deviations from the liver's median is not liver, however far it is from it."""


@dataclass(frozen=True, eq=False)
class Placement:
    """How a mask fits the image at one place.

    Parameters
    ----------
    hits
        For each boundary point, 1 where the image has its steepest edge there, 0 where not, NaN out of view.
    """

    inside: Inside
    profiles: Profiles
    agreement: Agreement
    hits: Values

    @property
    def score(self) -> float:
        """Share of boundary points on an edge, among all points; those out of view count against it."""
        return float(np.nansum(self.hits)) / max(len(self.hits), 1)


def try_place(view: View, surface: Surface, points_mm: Points) -> Placement:
    """Return how a mask fits with its boundary and its inner points at some place."""
    inside = look_inside(view, points_mm)
    spread = inside.spread if len(inside.values) else 1.0
    profiles = draw_profiles(view, surface, inside.level, max(CONTRAST_SPREADS * spread, 1e-6))
    agreement = find_agreement(profiles)
    hits = np.full(len(surface.points_mm), np.nan)
    hits[profiles.seen] = agreement.agrees
    return Placement(inside, profiles, agreement, hits)


def flip_points(geometry: Geometry, points_mm: Points, flip: Flip) -> Points:
    """Return points as the array of the image reversed along some axes would place them."""
    index = geometry.to_index(points_mm)
    last = np.array(geometry.shape) - 1.0
    return geometry.to_world(np.where(np.array(flip), last - index, index))


def flip_surface(geometry: Geometry, surface: Surface, flip: Flip) -> Surface:
    """Return a surface as the reversed array would place it."""
    signs = np.where(np.array(flip), -1.0, 1.0)
    turn = np.linalg.inv(geometry.axes) @ np.diag(signs) @ geometry.axes
    normals = surface.normals @ turn
    length = np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return surface.placed(flip_points(geometry, surface.points_mm, flip), normals / length)


def move_surface(surface: Surface, shift_mm: Values) -> Surface:
    """Return a surface moved in LPS mm."""
    return surface.placed(surface.points_mm + shift_mm, surface.normals)


def is_better(new: Placement, old: Placement, patches: NDArray[np.int64], least: float) -> bool:
    """Tell whether a place explains the image better: by a margin, and by three standard errors over patches."""
    gain = np.nan_to_num(new.hits) - np.nan_to_num(old.hits)
    mean = float(gain.mean())
    if mean < least:
        return False
    sums = np.bincount(patches, weights=gain - mean)
    error = float(np.sqrt((sums**2).sum())) / len(gain)
    return mean > 3 * error


def find_best(tried: Iterable[tuple[Values, Placement]]) -> tuple[Values, Placement]:
    """Return the place with the highest score, the first of equal ones."""
    return max(tried, key=lambda each: each[1].score)
