"""Which branches of a vessel tree still carry blood under a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import NO_BRANCH, Flags, Floats, Ground, Ints, Tree
from pipeline.measures.plans.runs import join
from pipeline.structures import Role

TRUNK = Role.PORTAL_VEIN_MAIN.value


@dataclass(frozen=True, eq=False)
class Supply:
    """A tree in arrays, of as many entries as it has branches.

    Parameters
    ----------
    part, inside, touched
        As of ``Branch``.
    stem
        The portal trunk, the vena cava, and what else lies outside the liver.
    level
        Shape (lesions, branches).
    apart
        Branches that hang together with no root even before a plan.
    nearest
        Of each atom: its nearest branch; ``NO_BRANCH`` everywhere where the tree has no root.
    voxels
        By the name of each drawn structure: its voxels in the total liver, of each branch.
    """

    tree: Tree
    part: Ints
    level: NDArray[np.int8]
    inside: Flags
    touched: Flags
    stem: Flags
    apart: Flags
    nearest: Ints
    voxels: Mapping[str, Ints]

    @property
    def size(self) -> int:
        """How many branches it has."""
        return len(self.part)


@dataclass(frozen=True, eq=False)
class Losses:
    """What of a remnant a plan leaves without supply, in mL, by its nearest branches.

    Parameters
    ----------
    remnant_ml
        The whole remnant.
    apart_ml
        Nearest to branches that no root reaches even before the plan, and that it does not take.
    surely_ml
        Nearest to branches that the plan takes, or that its wedges cut off from every root.
    lost_ml
        Nearest to branches that the plan takes, or that it cuts off from every root.
    at_most_ml
        All but what is nearest to branches that no lesion touches between them and a root.
    stem_ml
        Nearest to trunk or vena cava that still carry blood: what branches there are is not drawn.
    root_cut
        A wedge takes a part of the roots, and not all of them.
    """

    remnant_ml: float
    apart_ml: float
    surely_ml: float
    lost_ml: float
    at_most_ml: float
    stem_ml: float
    root_cut: bool


def prepare_supply(ground: Ground, name: str) -> Supply | None:
    """Return a tree of the ground in arrays; None where it has no such tree or no branch of it."""
    tree = ground.trees.get(name)
    if tree is None or not tree.branches:
        return None
    branches, count = tree.branches, len(tree.branches)
    level = np.array([branch.level for branch in branches], dtype=np.int8).reshape(count, len(ground.lesions))
    nearest = {"inflow": ground.atoms.inflow, "outflow": ground.atoms.outflow}.get(name)
    return Supply(
        tree,
        np.array([branch.part for branch in branches], dtype=np.int64),
        np.ascontiguousarray(level.T),
        np.array([branch.inside for branch in branches], dtype=np.bool_),
        np.array([branch.touched for branch in branches], dtype=np.bool_),
        np.array([not branch.inside or TRUNK in branch.vessels for branch in branches], dtype=np.bool_),
        ~_reach(tree, np.ones(count, dtype=np.bool_)),
        np.full(len(ground.atoms.part), NO_BRANCH) if nearest is None else nearest.astype(np.int64),
        _count_voxels(tree),
    )


def _count_voxels(tree: Tree) -> dict[str, Ints]:
    """Return the voxels in the total liver of each branch, by the structures that they belong to."""
    found = {name: np.zeros(len(tree.branches), dtype=np.int64) for each in tree.branches for name in each.vessels}
    for number, branch in enumerate(tree.branches):
        for name in branch.vessels:
            found[name][number] = branch.voxels * branch.inside
    return found


def find_taken(supply: Supply, parts: Sequence[int], wedges: Sequence[int], level: int) -> tuple[Flags, Flags]:
    """Return the branches that a plan's parts take, and those that its wedges take.

    Parameters
    ----------
    parts, wedges
        Numbers of parts and lesions.
    level
        Number of the wedges' margin.
    """
    by_parts = supply.inside & np.isin(supply.part, parts)
    by_wedges = supply.inside & (supply.level[list(wedges)] <= level).any(axis=0)
    return by_parts, by_wedges


def find_losses(supply: Supply, by_parts: Flags, by_wedges: Flags, remnant_ml: Floats) -> Losses:
    """Return what of a remnant loses its supply.

    Parameters
    ----------
    by_parts, by_wedges
        Branches that the plan takes.
    remnant_ml
        Volume of each atom that stays and is liver tissue; 0 of the others.
    """
    tree, taken = supply.tree, by_parts | by_wedges
    held = supply.nearest != NO_BRANCH
    volume = np.bincount(supply.nearest[held], weights=remnant_ml[held], minlength=supply.size)
    served = _reach(tree, ~taken)
    firm = _reach(tree, ~taken & ~supply.touched)
    around_wedges = _reach(tree, ~by_wedges) if by_parts.any() else served
    roots = by_wedges[list(tree.roots)]
    return Losses(
        float(remnant_ml.sum()),
        float(volume[supply.apart & ~taken].sum()),
        float(volume[taken | ~(around_wedges | supply.apart)].sum()),
        float(volume[taken | ~(served | supply.apart)].sum()),
        float(volume[~firm].sum()),
        float(volume[supply.stem & served].sum()),
        bool(roots.any() and not roots.all()),
    )


def _reach(tree: Tree, free: Flags) -> Flags:
    """Return which free branches a chain of free branches joins to a free root."""
    first, second = tree.joined.T
    piece = join(len(free), tree.joined[free[first] & free[second]])
    roots = [root for root in tree.roots if free[root]]
    is_fed = np.zeros(len(free), dtype=np.bool_)
    is_fed[piece[roots]] = True
    return free & is_fed[piece]
