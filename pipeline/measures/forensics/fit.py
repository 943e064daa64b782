"""The rigid move and the margin by which a mask's boundary lies off the edges of the image.

Least squares over boundary points: the edge's offset along the normal is ``margin + normal . move + bend * curvature``.
The margin is positive where the mask is too small everywhere; a positive bend says that the mask has lost its corners,
as smoothing with a Gaussian of variance ``bend`` mm2 moves a surface by that times its mean curvature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.forensics.edges import Profiles, locate_edges
from pipeline.measures.forensics.surface import Values

WINDOWS_MM = (6.0, 4.5, 3.5, 3.5)
"""How far from what is expected an edge may lie, in each round."""
TUKEY = 4.685
"""Tuning of Tukey's biweight for 95 % efficiency with normal errors (Beaton and Tukey, 1974)."""
LEAST_POINTS = 60


@dataclass(frozen=True, eq=False)
class Fit:
    """How a boundary lies against the edges of the image.

    Parameters
    ----------
    move_mm, move_errors_mm
        LPS mm by which the mask would have to be moved, and its standard errors over patches; the mask lies off by the
        opposite.
    margin_mm, margin_error_mm
        By how much the mask is too small everywhere (negative: too large).
    bend_mm2, bend_error_mm2
        Coefficient of the curvature.
    spread_mm
        Robust standard deviation of what remains.
    count
        Points that were used.
    """

    move_mm: Values
    move_errors_mm: Values
    covariance: Values
    margin_mm: float
    margin_error_mm: float
    bend_mm2: float
    bend_error_mm2: float
    spread_mm: float
    count: int
    sides_mm: Values


def fit_boundary(profiles: Profiles, axes: Values, *, has_bright_bone: bool = False) -> Fit | None:
    """Return the fit of a boundary; None with too few edges.

    Parameters
    ----------
    axes
        Unit vectors of the mask's grid in LPS, one a row.
    has_bright_bone
        In this image bone is brighter than liver (CT). No part of a liver lies on bone: muscle lies between, often as
        bright as the liver, and the edge found is that of the rib, millimetres too far out.
    """
    usable = ~profiles.beside_bone if has_bright_bone else np.ones(len(profiles.beside_bone), dtype=np.bool_)
    surface = profiles.surface
    curvature = np.clip(surface.curvatures_per_mm, -0.25, 0.25)
    ones = np.ones(len(curvature))
    design = (
        np.column_stack([surface.normals @ axes.T, ones, curvature - np.median(curvature)]) if len(curvature) else None
    )
    if design is None or len(design) < LEAST_POINTS:
        return None
    solution = np.zeros(5)
    for window in WINDOWS_MM:
        expected = np.clip(design @ solution, -9, 9)
        places, found = locate_edges(profiles, expected, window)
        found &= usable
        if found.sum() < LEAST_POINTS:
            return None
        solution, weights, spread = _solve(design[found], places[found], solution)
    covariance = _covariance(design[found], places[found] - design[found] @ solution, weights, surface.patches[found])
    errors = np.sqrt(np.maximum(np.diag(covariance), 0))
    sides = _measure_sides(design[found], places[found], weights, solution)
    return Fit(
        solution[:3],
        errors[:3],
        covariance[:3, :3],
        float(solution[3]),
        float(errors[3]),
        float(solution[4]),
        float(errors[4]),
        spread,
        int(found.sum()),
        sides,
    )


def _solve(design: Values, places: Values, start: Values) -> tuple[Values, Values, float]:
    """Return the robust solution, its weights and the spread of what remains."""
    solution = start
    for _ in range(5):
        rest = places - design @ solution
        spread = max(float(np.median(np.abs(rest - np.median(rest)))) * 1.4826, 0.2)
        ratio = np.clip(np.abs(rest) / (TUKEY * spread), 0, 1)
        weights = (1 - ratio**2) ** 2
        root = np.sqrt(weights)[:, None]
        solution = np.asarray(np.linalg.lstsq(design * root, places * root[:, 0], rcond=None)[0], dtype=np.float64)
    return solution, weights, spread


def _covariance(design: Values, rest: Values, weights: Values, patches: NDArray[np.int64]) -> Values:
    """Return the covariance of the solution, robust to what points of one patch have in common (sandwich)."""
    bread = np.linalg.pinv((design * weights[:, None]).T @ design)
    scores = design * (weights * rest)[:, None]
    sums = np.zeros((int(patches.max()) + 1, design.shape[1]))
    np.add.at(sums, patches, scores)
    count = int((np.bincount(patches) > 0).sum())
    scale = count / max(count - 1, 1)
    return np.asarray(bread @ (sums.T @ sums) @ bread * scale, dtype=np.float64)


def _measure_sides(design: Values, places: Values, weights: Values, solution: Values) -> Values:
    """Return the move along each axis as its low and its high side show it, mm, shape (3, 2).

    A move shows on both sides of the liver, a margin drawn too wide on one side (at the ribs, say) on that side only.
    """
    sides = np.zeros((3, 2))
    for axis in range(3):
        others = [a for a in range(3) if a != axis]
        rest = places - design[:, others] @ solution[others] - design[:, 4] * solution[4]
        across = (np.abs(design[:, others]) > 0.6).any(axis=1)
        margin = np.average(rest[across], weights=weights[across] + 1e-9) if across.any() else solution[3]
        for side, sign in enumerate((-1, 1)):
            at = sign * design[:, axis] > 0.6
            if at.sum() >= 10:
                sides[axis, side] = sign * np.average((rest - margin)[at], weights=weights[at] + 1e-9)
    return sides
