"""The smallest distance of two surfaces, and which pairs of voxels can matter to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.geometry import Index3, Points
from pipeline.measures.distances.interval import Steps, extreme_steps, steps_between, widest_step
from pipeline.measures.distances.surface import Surface, is_straight
from pipeline.measures.grids import same_grid
from pipeline.volume import Mask

SLACK_MM = 1e-7
"""Added to every bound against rounding."""


@dataclass(frozen=True, eq=False)
class Distance:
    """The smallest distance between two surfaces and its interval, in mm.

    Parameters
    ----------
    value_mm
        0 where the masks share a voxel.
    ends_mm
        The nearest points of the first and of the second surface, LPS mm, shape (2, 3); of masks that share voxels
        twice the centre of one.
    """

    value_mm: float
    low_mm: float
    high_mm: float
    ends_mm: Points
    shares: bool = False


@dataclass(frozen=True)
class Reach:
    """How much farther than the nearest pair of voxel centres a pair may be and still matter, in mm.

    Parameters
    ----------
    steps, most
        Steps of the interval's low end, and the largest ``sqrt(sum (a_i . n)^2)`` of any direction n.
    crossing
        The farthest that two crossings can be nearer to each other than the voxels they belong to.
    margin
        What holds for crossings and for the interval's low end together.
    solid
        All voxels are compared, not those of the boundary alone.
    """

    steps: Steps
    most: float
    crossing: float
    margin: float
    solid: bool


def find_reaches(bodies: Sequence[Surface], others: Sequence[Surface]) -> list[Reach]:
    """Return which pairs of voxels may matter to each body and the surface in the same place: one for all alike."""
    known: dict[tuple[int, Index3, int, Index3], Reach] = {}
    keys = []
    for body, other in zip(bodies, others, strict=True):
        keys.append((id(body.mask.grid), body.mask.steps, id(other.mask.grid), other.mask.steps))
        if keys[-1] not in known:
            known[keys[-1]] = _find_reach(body.mask, other.mask)
    return [known[key] for key in keys]


def _find_reach(body: Mask, other: Mask) -> Reach:
    """Return which pairs of voxels may matter to two masks."""
    steps = steps_between(body, other)
    least, most = extreme_steps(steps)
    crossing = (widest_step(body.grid) + widest_step(other.grid)) / 2
    solid = not (same_grid(body.grid, other.grid) and is_straight(body.grid))
    margin = max(crossing * (2 if solid else 1), 2 * (most - least)) + SLACK_MM
    return Reach(steps, most, crossing, margin, solid)
