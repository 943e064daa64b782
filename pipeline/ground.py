"""A liver cut into atoms: what a search for plans knows of it (``pipeline.plan``); no image, no mask.

Every plan takes, ablates or leaves an atom whole, so that what it leaves is a sum, right to the voxel. Definitions:
``docs/plans.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NO_PART, NO_LESION, BEYOND, NO_BRANCH = -1, -1, 127, -1
"""In atoms: in no part (none is given), in no lesion, farther from a lesion than every margin, near no vessel."""


@dataclass(frozen=True)
class Part:
    """A part of the liver that can be removed whole.

    Parameters
    ----------
    name
        ``1`` ... ``8``, ``4a``, ``4b``; ``right`` or ``left`` where only hemilivers are drawn.
    segments
        The Couinaud segments that it is: ``("4a",)``, or ``("5", "6", "7", "8")`` for the right hemiliver; segment 4
        as ``("4",)`` where it is given whole.
    """

    name: str
    segments: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Atoms:
    """The liver with its lesions (total liver), cut so that every plan treats an atom as one; arrays of length n.

    Parameters
    ----------
    part
        Number of the part in ``Ground.parts``, or ``NO_PART``.
    lesion
        Number of the lesion (in ``Ground.lesions``) whose voxels they are, or ``NO_LESION``: liver tissue.
    level
        Shape (n, lesions), int8: number of the smallest margin of ``Ground.margins_mm`` within which the atom's voxels
        lie of each lesion's surface (0 inside the lesion), ``BEYOND`` where none holds them.
    voxels, volume_ml
        Count and volume.
    inflow, outflow
        Number of the branch (``Tree.branches``) nearest to the atom's voxels, or ``NO_BRANCH`` where no tree is drawn.
    """

    part: NDArray[np.int8]
    lesion: NDArray[np.int16]
    level: NDArray[np.int8]
    voxels: Ints
    volume_ml: Floats
    inflow: NDArray[np.int32]
    outflow: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Branch:
    """A piece of a vessel that every plan takes or leaves whole.

    Parameters
    ----------
    part, level
        As of an atom: where it lies; the portal trunk lies in no part, since no resection of parts takes it.
    voxels
        Its size.
    vessels
        Names of the drawn structures that it belongs to: ``portal_vein``, ``portal_vein_right``.
    touched
        A lesion touches it, or it is interrupted: whether it is open is not seen in masks.
    inside
        It lies in the total liver; what lies outside is never taken, nor the vena cava wherever it is drawn.
    """

    part: int
    level: NDArray[np.int8]
    voxels: int
    vessels: tuple[str, ...]
    touched: bool = False
    inside: bool = True


@dataclass(frozen=True, eq=False)
class Tree:
    """Portal veins, or hepatic veins with the vena cava, as pieces that hang together.

    Parameters
    ----------
    name
        ``inflow``, ``outflow`` or ``artery``.
    joined
        Pairs of branches that touch, shape (m, 2).
    roots
        Branches at which blood comes in or leaves (portal trunk, vena cava); empty with ``reason`` where none is known.
    vessels
        Names of the drawn structures it is made of.
    reason
        Why it tells nothing, ``CODE: sentence``; None where it does.
    """

    name: str
    branches: tuple[Branch, ...] = ()
    joined: Ints = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    roots: tuple[int, ...] = ()
    vessels: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class Ground:
    """Everything that a search for plans needs to know of a liver; no image, no mask.

    Parameters
    ----------
    parts
        In the order of the segments; empty where none is given (``parts_reason`` says why).
    lesions
        Ids of the intrahepatic lesions, in the order of the report.
    margins_mm
        Margins that lesions are grown by, ascending, each once.
    clearance_mm
        Shape (lesions, parts, parts + 1): smallest distance of a lesion's half-level surface to the half-level surface
        of part t where t meets part u (or, with u = number of parts, what is no liver); infinite where they do not meet
        or farther than the largest margin and ``reach_mm``. The resection margin of a lesion under a plan that removes
        a set S is the smallest over t not in S, u in S or outside.
    touching
        Shape (parts, parts): whether a voxel of one has a face on a voxel of the other; planning leaves those that lie
        side by side as Couinaud segments do.
    dist_capsule_mm
        Of each lesion, NaN where it is not known (search alone; never published).
    reach_mm
        Distances beyond are not told apart.
    trees
        ``inflow`` and ``outflow``; ``artery``, which is asked for contact alone and has no root.
    """

    parts: tuple[Part, ...]
    lesions: tuple[str, ...]
    margins_mm: tuple[float, ...]
    atoms: Atoms
    clearance_mm: Floats
    touching: Flags
    dist_capsule_mm: Floats
    reach_mm: float
    trees: Mapping[str, Tree] = field(default_factory=dict)
    parts_reason: str | None = None

    @cached_property
    def zones(self) -> dict[int, Flags]:
        """Which atoms lie within a margin of which lesion, by the number of the margin, as far as asked for so far."""
        return {}

    @property
    def total_ml(self) -> float:
        """Volume of the total liver."""
        return float(self.atoms.volume_ml.sum())
