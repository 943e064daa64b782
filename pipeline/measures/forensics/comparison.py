"""A mask held against its image: everything that is measured, before anything is said about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.measures.forensics.fit import Fit, fit_boundary
from pipeline.measures.forensics.placement import (
    FLIPS,
    Flip,
    Placement,
    find_best,
    flip_points,
    flip_surface,
    is_better,
    move_surface,
    try_place,
)
from pipeline.measures.forensics.ribs import Ribs, find_ribs
from pipeline.measures.forensics.surface import Surface, Values, sample_surface
from pipeline.measures.forensics.tissue import Cut, find_cuts, sample_points, share_on_right
from pipeline.measures.forensics.view import Read, View, read_view
from pipeline.study import ImageSeries
from pipeline.volume import Mask, Points

POINTS = 2500
MARGIN_MM = 16.0
GOOD_SHARE = 0.6
"""Where so many boundary points lie on their steepest edge, no other place is tried for a mirrored mask."""
LEAST_GAIN = 0.1
"""Another place explains the image better when it puts this share of the boundary more on edges."""
TRIAL_MOVES_MM = (5.0, 10.0, 16.0, 24.0)
BODY_HU = -300.0
BODY_SHARE = 0.15


@dataclass(frozen=True, eq=False)
class Comparison:
    """How a mask fits its image.

    Parameters
    ----------
    flip
        The reversal that explains the image better, by axis of the image's grid; None when none does.
    trial_mm
        The move that the fit was started from, LPS mm.
    fit
        Against the edges, at the best place found by moving; None with too few edges.
    best
        How it fits with trial and fitted move together.
    right_share
        Share of the mask right of the body's middle; None where that is not known.
    upside_down
        Whether lung or gas lies under the mask and none above it.
    ribs
        How the ribs run, in CT; None where none are in view.
    """

    surface: Surface
    here: Placement
    best: Placement
    flip: Flip | None
    trial_mm: Values
    fit: Fit | None
    right_share: float | None
    cuts: tuple[Cut, ...]
    upside_down: bool
    ribs: Ribs | None

    @property
    def move_mm(self) -> Values:
        """Move along the axes of the mask's grid, mm, that would lay the mask on the edges."""
        fitted = np.zeros(3) if self.fit is None else self.fit.move_mm
        return np.asarray(self.trial_mm + fitted, dtype=np.float64)


def compare(mask: Mask, image: ImageSeries, read: Read) -> Comparison | None:
    """Return how a mask fits its image; None when nothing of it is in the image.

    Parameters
    ----------
    read
        Returns the values of a box of the image's grid; asked for the slices around the mask, and for further ones
        only where a mask does not fit.
    """
    surface = sample_surface(mask, POINTS)
    if not len(surface.points_mm):
        return None
    view = read_view(image, read, surface.points_mm - MARGIN_MM, surface.points_mm + MARGIN_MM)
    if view is None:
        return None
    points = sample_points(mask)
    here = try_place(view, surface, points)
    if not len(here.inside.values):
        return None
    poor = here.agreement.share < GOOD_SHARE
    few, some = surface.take(np.arange(len(surface.points_mm)) % 3 == 0), points[::4]
    now = try_place(view, few, some) if poor else here
    flip = _find_flip(image, read, view, few, some, now) if poor else None
    axes = mask.grid.axes / mask.grid.spacing_mm[:, None]
    trial = _find_move(view, few, some, now, axes) if poor else np.zeros(3)
    best = try_place(view, move_surface(surface, trial @ axes), points) if trial.any() else here
    fit = fit_boundary(best.profiles, axes, has_bright_bone=image.modality == "CT")
    moved = (trial + (np.zeros(3) if fit is None else fit.move_mm)) @ axes
    best = try_place(view, move_surface(surface, moved), points + moved)
    return Comparison(
        surface,
        here,
        best,
        flip,
        trial,
        fit,
        _share_on_right(view, here, image.modality),
        find_cuts(view, mask, here.inside),
        _is_upside_down(here, axes),
        find_ribs(view) if image.modality == "CT" else None,
    )


def _find_flip(
    image: ImageSeries, read: Read, view: View, surface: Surface, points: Points, here: Placement
) -> Flip | None:
    """Return the reversal of the image's array under which the mask fits clearly better."""
    better: list[tuple[Flip, Placement]] = []
    other: View | None = None
    for flip in FLIPS:
        placed = flip_surface(image.geometry, surface, flip)
        if flip[image.geometry.slice_axis]:
            low, high = placed.points_mm - MARGIN_MM, placed.points_mm + MARGIN_MM
            other = other or read_view(image, read, low, high)
        seen = other if flip[image.geometry.slice_axis] else view
        if seen is None:
            continue
        there = try_place(seen, placed, flip_points(image.geometry, points, flip))
        calmer = len(there.inside.values) > 0 and there.inside.spread < 0.9 * here.inside.spread
        if calmer and is_better(there, here, surface.patches, LEAST_GAIN):
            better.append((flip, there))
    return max(better, key=lambda each: each[1].score)[0] if better else None


def _find_move(view: View, surface: Surface, points: Points, here: Placement, axes: Points) -> Values:
    """Return the move along the grid's axes, mm, from which the fit starts: none unless another place is better."""
    tried = []
    for axis in range(3):
        for length in TRIAL_MOVES_MM:
            for sign in (-1, 1):
                move = np.zeros(3)
                move[axis] = sign * length
                shift = move @ axes
                tried.append((move, try_place(view, move_surface(surface, shift), points + shift)))
    move, best = find_best(tried)
    if is_better(best, here, surface.patches, LEAST_GAIN):
        return move
    return np.zeros(3)


def _share_on_right(view: View, here: Placement, modality: str) -> float | None:
    """Return the share of a mask right of the body's middle."""
    least = BODY_HU if modality == "CT" else BODY_SHARE * here.inside.level
    return share_on_right(view, here.inside, least)


def _is_upside_down(here: Placement, axes: Points) -> bool:
    """Tell whether lung or gas lies under the mask and none above it, as where image and mask are both reversed."""
    profiles = here.profiles
    along = profiles.surface.normals @ axes[0]
    above, below = along > 0.6, along < -0.6
    if min(above.sum(), below.sum()) < 30:
        return False
    return bool(profiles.beside_gas[below].mean() > 0.45 and profiles.beside_gas[above].mean() < 0.1)
