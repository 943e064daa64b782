"""Vessels as branches that a plan takes or leaves whole, and how they hang together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.ground import Branch, Flags, Ints, Tree
from pipeline.measures.liver_holes import are_enclosed
from pipeline.measures.plans.cells import Cells
from pipeline.measures.plans.roots import ROOT_LEAST_MM, Candidates, find_inflow_roots, find_outflow_roots
from pipeline.measures.plans.runs import Runs, find_runs, join
from pipeline.measures.plans.vessel_voxels import Seen, VesselVoxels, gather, see
from pipeline.measures.vessels.trees import NAMED_HEPATIC, PORTAL
from pipeline.measures.vessels.trees import Tree as Drawn
from pipeline.structures import Role
from pipeline.volume import Mask

NAMES = {
    "inflow": tuple(role.value for role in PORTAL),
    "outflow": (Role.HEPATIC_VEIN.value, *(role.value for role in NAMED_HEPATIC), Role.IVC.value),
    "artery": (Role.HEPATIC_ARTERY.value,),
}
"""Structures of each tree, that of the whole first."""
UNEVEN = "GRID_OTHER: vessels and liver are drawn on different grids with uneven slices and are not compared"
NOT_APART = "NO_MASK: portal and hepatic veins are not told apart (liver_vessel)"
LEFT_OUT = "LIVER_HOLES: the liver mask leaves out most of the vessels within it, so that no part of it holds them"
BARE = "NO_MASK: within the liver less of its branches is drawn than a ball of {0:g} mm holds"
SMALL = "NO_MASK: no piece of it is as large as a ball of {0:g} mm"


@dataclass(frozen=True, eq=False)
class Grove:
    """A tree and the voxels that it is made of.

    Parameters
    ----------
    branch
        Number of the branch of each voxel.
    """

    tree: Tree
    voxels: VesselVoxels | None = None
    branch: Ints | None = None


def find_grove(vessels: Mapping[str, Drawn], cells: Cells, name: str, least_mm: float) -> Grove:
    """Return one tree with its voxels; without roots and with its reason where it tells nothing.

    Parameters
    ----------
    vessels
        As drawn, by name (``measures/vessels/trees.find_trees``).
    name
        ``inflow``, ``outflow`` or ``artery``.
    least_mm
        Pieces smaller than a ball of this diameter are left out: they do not tell.
    """
    drawn = [vessels[each] for each in NAMES[name] if each in vessels]
    if not drawn:
        return Grove(Tree(name, reason=_why_not_drawn(vessels, name)))
    voxels = gather(vessels, NAMES[name], cells)
    if voxels is None:
        return Grove(Tree(name, vessels=_list_roles(drawn), reason=UNEVEN))
    voxels = _leave_small(voxels, math.pi / 6 * least_mm**3 / cells.total.grid.voxel_volume_mm3)
    if not len(voxels.places):
        return Grove(Tree(name, vessels=_list_roles(drawn), reason=SMALL.format(least_mm)))
    cava, trunk = voxels.have(Role.IVC), voxels.have(Role.PORTAL_VEIN_MAIN)
    seen = see(voxels, cells, cava, trunk)
    own = ~(cava | trunk)
    if name != "artery" and _are_left_out(voxels.kept(own), seen.inside[own], cells.total):
        return Grove(Tree(name, vessels=_list_roles(drawn), reason=LEFT_OUT))
    runs = find_runs(voxels.places, seen.kind, *voxels.shape[1:])
    branch, joined = _find_branches(runs, seen.kind)
    branches = _describe(voxels, seen, branch)
    found = Candidates(branches, joined, branch, voxels.indices[:, 0], cells.total.grid.voxel_volume_mm3, least_mm)
    roots, reason = _find_roots(found, name)
    if name != "artery" and int(np.count_nonzero(seen.inside & own)) < found.count_ball(ROOT_LEAST_MM):
        roots, reason = (), BARE.format(ROOT_LEAST_MM)
    tree = Tree(name, branches, joined, roots, _list_roles(drawn), reason)
    return Grove(tree, voxels, branch)


def _why_not_drawn(vessels: Mapping[str, Drawn], name: str) -> str:
    """Return why there is no tree."""
    if name != "artery" and Role.LIVER_VESSEL.value in vessels:
        return NOT_APART
    words = {"inflow": "the portal vein", "outflow": "no hepatic vein", "artery": "the hepatic artery"}
    is_drawn = "is drawn" if name == "outflow" else "is not drawn"
    return f"NO_MASK: {words[name]} {is_drawn}"


def _list_roles(drawn: list[Drawn]) -> tuple[str, ...]:
    """Return the names of the structures that are drawn, each once."""
    return tuple(dict.fromkeys(role.value for each in drawn for role in each.drawn))


def _leave_small(voxels: VesselVoxels, least: float) -> VesselVoxels:
    """Return the voxels of pieces that hold at least so many."""
    runs = find_runs(voxels.places, np.zeros(len(voxels.places), dtype=np.int64), *voxels.shape[1:])
    piece = join(len(runs.starts), runs.touching)[runs.of]
    large = np.bincount(piece) >= least
    return voxels if large.all() else voxels.kept(large[piece])


def _are_left_out(voxels: VesselVoxels, inside: Flags, total: Mask) -> bool:
    """Tell whether a liver encloses more voxels of vessels, as ``liver_holes`` has it, than it holds."""
    places = voxels.indices[~inside] - np.array(total.offset)
    places = places[((places >= 0) & (places < np.array(total.voxels.shape))).all(axis=1)]
    held = int(np.count_nonzero(inside))
    return len(places) > held and int(np.count_nonzero(are_enclosed(total.voxels, places))) > held


def _find_branches(runs: Runs, kind: Ints) -> tuple[Ints, Ints]:
    """Return the branch of each voxel, numbered in the order of their first voxels, and the pairs that touch."""
    of_run = np.empty(len(runs.starts), dtype=np.int64)
    of_run[runs.of] = kind
    first, second = runs.touching.T
    equal = of_run[first] == of_run[second]
    branch = join(len(runs.starts), runs.touching[equal])
    pairs = np.sort(branch[runs.touching[~equal]], axis=1)
    return branch[runs.of], np.unique(pairs, axis=0).reshape(-1, 2)


def _describe(voxels: VesselVoxels, seen: Seen, branch: Ints) -> tuple[Branch, ...]:
    """Return the branches."""
    firsts = np.unique(branch, return_index=True)[1]
    sizes = np.bincount(branch).tolist()
    touched: Flags = np.bincount(branch, weights=seen.touched) > 0
    names = {code: _name(voxels.names, code) for code in np.unique(voxels.code).tolist()}
    parts, codes, inside = seen.part[firsts].tolist(), voxels.code[firsts].tolist(), seen.inside[firsts].tolist()
    return tuple(
        Branch(parts[n], seen.level[first], sizes[n], names[codes[n]], bool(touched[n]), inside[n])
        for n, first in enumerate(firsts.tolist())
    )


def _name(names: tuple[str, ...], code: int) -> tuple[str, ...]:
    """Return the structures whose bits are set."""
    return tuple(name for bit, name in enumerate(names) if code >> bit & 1)


def _find_roots(found: Candidates, name: str) -> tuple[tuple[int, ...], str | None]:
    """Return the branches at which blood comes in or leaves, and why none is known; an artery has none."""
    if name == "artery":
        return (), "NO_MASK: arteries are asked for contact alone"
    return find_inflow_roots(found) if name == "inflow" else find_outflow_roots(found)
