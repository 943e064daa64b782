"""Where blood comes into a vessel tree or leaves it, as far as masks tell."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pipeline.ground import Branch, Ints
from pipeline.measures.plans.runs import join
from pipeline.structures import Role

ROOT_LEAST_MM = 10.0
"""What of the portal vein lies outside the liver is its trunk from a ball of this diameter on (E): noise at the liver's
surface and twigs that stick out of its mask are smaller. And so much of the branches lies within it, or only trunk or
vena cava is drawn, which everything would be nearest to."""
ROOT_TIMES = 2
"""And so many times as large as every other piece outside (E): of two alike, one is the umbilical portion."""
NO_TRUNK = (
    "NO_MASK: the trunk of the portal vein is not drawn, so that it is not known where blood comes into its branches"
)
WITHIN = (
    "NO_MASK: no trunk is drawn by its name, and outside the liver no single piece of the portal vein as large as a "
    "ball of {0:g} mm and {1} times as large as every other"
)
NO_OUTLET = (
    "NO_MASK: the vena cava is not drawn, and no hepatic vein leaves the liver's mask at its own head-ward end, so "
    "that it is not known where its blood leaves"
)


@dataclass(frozen=True, eq=False)
class Candidates:
    """A tree without its roots.

    Parameters
    ----------
    branch, slices
        Number of the branch and slice of each voxel.
    voxel_mm3
        Volume of a voxel.
    least_mm
        Diameter of the smallest ball that counts as a piece of a vessel.
    """

    branches: tuple[Branch, ...]
    joined: Ints
    branch: Ints
    slices: Ints
    voxel_mm3: float
    least_mm: float

    def count_ball(self, diameter_mm: float) -> float:
        """Return how many voxels a ball holds."""
        return math.pi / 6 * diameter_mm**3 / self.voxel_mm3


def find_inflow_roots(found: Candidates) -> tuple[tuple[int, ...], str | None]:
    """Return the branches at which portal blood comes in, or why none is known.

    The drawn trunk (``portal_vein_main``): its largest piece outside the liver where that is no sliver, or else all of
    it. Without one, what of ``portal_vein`` lies outside the liver, where that is one piece and no sliver or twig.
    """
    least, trunk = found.count_ball(ROOT_LEAST_MM), _list_branches(found, Role.PORTAL_VEIN_MAIN)
    beyond = _rank_outside(found, trunk)
    if trunk:
        return (beyond[0],) if beyond and found.branches[beyond[0]].voxels >= least else tuple(trunk), None
    whole = _list_branches(found, Role.PORTAL_VEIN)
    if not whole:
        return (), NO_TRUNK
    outside = _rank_outside(found, whole)
    sizes = [found.branches[n].voxels for n in outside] + [0, 0]
    if sizes[0] >= max(least, ROOT_TIMES * sizes[1], 1):
        return (outside[0],), None
    return (), WITHIN.format(ROOT_LEAST_MM, ROOT_TIMES)


def find_outflow_roots(found: Candidates) -> tuple[tuple[int, ...], str | None]:
    """Return the branches at which blood leaves, or why none is known.

    The vena cava. Without one, of each piece of the hepatic veins its largest part outside the liver, where that holds
    the head-ward end of the piece and is no smaller than the smallest ball that counts.
    """
    cava = _list_branches(found, Role.IVC)
    if cava:
        return tuple(cava), None
    piece = join(len(found.branches), found.joined)
    outlets = [_find_outlet(found, np.flatnonzero(piece == number)) for number in range(int(piece.max()) + 1)]
    roots = tuple(outlet for outlet in outlets if outlet is not None)
    return (roots, None) if roots else ((), NO_OUTLET)


def _list_branches(found: Candidates, role: Role) -> list[int]:
    """Return the branches that belong to a structure."""
    return [number for number, branch in enumerate(found.branches) if role.value in branch.vessels]


def _rank_outside(found: Candidates, numbers: list[int]) -> list[int]:
    """Return those of some branches that lie outside the liver, the largest first."""
    return sorted((n for n in numbers if not found.branches[n].inside), key=lambda n: (-found.branches[n].voxels, n))


def _find_outlet(found: Candidates, piece: Ints) -> int | None:
    """Return the branch at which a piece of the hepatic veins leaves the liver; None where that is not certain."""
    outside = [n for n in piece.tolist() if not found.branches[n].inside]
    if not outside:
        return None
    best = max(outside, key=lambda n: (found.branches[n].voxels, -n))
    top = found.slices[np.isin(found.branch, piece)].max()
    ends = bool((found.slices[found.branch == best] == top).any())
    large = found.branches[best].voxels >= found.count_ball(found.least_mm)
    return best if ends and large else None
