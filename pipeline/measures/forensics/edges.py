"""Where the image has an edge near a mask's boundary: profiles along the boundary's normals.

An edge is a change of the image along the normal, brighter or darker, that stands out of the noise. Nothing here
needs Hounsfield units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.forensics.interpolation import smooth_rows
from pipeline.measures.forensics.surface import Surface, Values
from pipeline.measures.forensics.view import View

REACH_MM = 12.0
"""How far from the boundary edges are looked for."""
STEP_MM = 0.75
SMOOTHING_MM = 1.0
NOISE_FACTOR = 4.0
"""An edge is this many times steeper than what is usual inside the mask."""
NEAR_MM = 1.5
"""An edge this near, and three quarters of a voxel more, agrees with the boundary."""

BEFORE = (3, 4, 5)
AFTER = (2, 3)
"""Steps before and after the steepest point where the tissues on both sides are read."""
GAS_FACTOR = 6.0
"""Beyond the outline, a tissue this many times further from the liver than the contrast is lung or gas."""
BONE_FACTOR = 1.0
"""Beyond the outline, a tissue brighter than the liver by more than this times the contrast is taken for bone."""

Offsets = np.arange(-REACH_MM, REACH_MM + STEP_MM / 2, STEP_MM)


@dataclass(frozen=True, eq=False)
class Profiles:
    """Slopes of the image along the normals of boundary points.

    Parameters
    ----------
    surface
        The points that are in view.
    seen
        Which of all points these are.
    slopes
        Absolute slope in units of the image per mm, shape (points, offsets).
    values
        The image itself along the normals, smoothed alike.
    beside_gas, beside_bone
        Which points have lung or gas before them, and which something much brighter than the liver (bone, in CT).
    noise
        Usual slope inside the mask.
    """

    surface: Surface
    seen: NDArray[np.bool_]
    slopes: Values
    values: Values
    beside_gas: NDArray[np.bool_]
    beside_bone: NDArray[np.bool_]
    noise: float


@dataclass(frozen=True, eq=False)
class Agreement:
    """How many boundary points lie on an edge of the image.

    Parameters
    ----------
    has_edge
        Which points have an edge within reach, shape (n,).
    agrees
        Which of them have their steepest edge on the boundary, shape (n,).
    """

    has_edge: NDArray[np.bool_]
    agrees: NDArray[np.bool_]

    @property
    def share(self) -> float:
        """Share of the points with an edge whose edge is on the boundary, 0 to 1; 0 without any."""
        count = int(self.has_edge.sum())
        return float(self.agrees.sum()) / count if count else 0.0


def draw_profiles(view: View, surface: Surface, level: float, contrast: float) -> Profiles:
    """Return the slopes along the normals; points whose profile leaves the view are left out.

    Parameters
    ----------
    level, contrast
        Values further than ``contrast`` from ``level`` are taken for equal, so that lung or bone some millimetres away
        does not outdo the liver's own edge.
    """
    points = surface.points_mm[:, None, :] + Offsets[None, :, None] * surface.normals[:, None, :]
    values = view.look_up(points.reshape(-1, 3)).reshape(len(surface.points_mm), -1)
    seen = np.asarray(np.isfinite(values).all(axis=1), dtype=np.bool_)
    clipped = np.clip(values[seen], level - contrast, level + contrast)
    signed = smooth_rows(clipped, SMOOTHING_MM / STEP_MM, order=1) / STEP_MM
    slopes = np.abs(signed)
    inner = slopes[:, Offsets < -REACH_MM / 2]
    noise = float(np.median(inner)) * 1.4826 if inner.size else 0.0
    plain = smooth_rows(values[seen], SMOOTHING_MM / 2 / STEP_MM)
    beyond = plain[:, (Offsets > 0) & (Offsets < REACH_MM / 2)]
    beside_gas = np.asarray((np.abs(beyond - level) > GAS_FACTOR * contrast).any(axis=1), dtype=np.bool_)
    beside_bone = np.asarray((beyond - level > BONE_FACTOR * contrast).any(axis=1), dtype=np.bool_)
    return Profiles(surface.take(seen), seen, slopes, plain, beside_gas, beside_bone, noise)


def find_agreement(profiles: Profiles, noise: float | None = None) -> Agreement:
    """Return which boundary points lie on the steepest edge within reach."""
    if not len(profiles.slopes):
        nothing = np.zeros(0, dtype=np.bool_)
        return Agreement(nothing, nothing)
    level = max(profiles.noise if noise is None else noise, 1e-6)
    best = profiles.slopes.argmax(axis=1)
    strongest = profiles.slopes[np.arange(len(best)), best]
    has_edge = strongest > NOISE_FACTOR * level
    near = np.abs(Offsets[best]) <= NEAR_MM + 0.75 * profiles.surface.steps_mm
    return Agreement(has_edge, has_edge & near)


def locate_edges(profiles: Profiles, expected_mm: Values, window_mm: float) -> tuple[Values, NDArray[np.bool_]]:
    """Return where the edge nearest to what is expected lies along each normal, mm, and which points have one.

    The place is where the profile passes half-way between the tissues on both sides of its steepest point, so that it
    does not depend on how much the edge is blurred. Edges to lung or gas are left out: a thin layer lies before them.
    So does muscle as bright as the liver before a rib: ``fit_boundary`` leaves these out in CT.
    """
    inside = np.abs(Offsets[None, :] - expected_mm[:, None]) <= window_mm
    best = np.where(inside, profiles.slopes, -1.0).argmax(axis=1)
    rows = np.arange(len(best))
    found = profiles.slopes[rows, best] > NOISE_FACTOR * max(profiles.noise, 1e-6)
    count = len(Offsets)
    before = np.mean([profiles.values[rows, np.clip(best - k, 0, count - 1)] for k in BEFORE], axis=0)
    after = np.mean([profiles.values[rows, np.clip(best + k, 0, count - 1)] for k in AFTER], axis=0)
    rise = after - before
    share = (profiles.values - before[:, None]) / np.where(np.abs(rise) < 1e-9, 1e-9, rise)[:, None]
    place = np.zeros(len(best))
    passed = np.zeros(len(best), dtype=np.bool_)
    nearest = np.full(len(best), np.inf)
    for k in range(-3, 3):
        i = np.clip(best + k, 0, count - 2)
        low, high = share[rows, i], share[rows, i + 1]
        crosses = (low < 0.5) & (high >= 0.5)
        at = Offsets[i] + STEP_MM * (0.5 - low) / np.where(crosses, high - low, 1.0)
        distance = np.where(crosses, np.abs(at - Offsets[best]), np.inf)
        better = distance < nearest
        place, nearest, passed = np.where(better, at, place), np.where(better, distance, nearest), passed | crosses
    return place, found & passed & ~profiles.beside_gas
