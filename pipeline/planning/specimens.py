"""How many specimens wedges come to: those that share an atom are one, and none where they share one with a part."""

from __future__ import annotations

from typing import cast

import numpy as np

from pipeline.ground import Ints
from pipeline.planning.setting import Cluster, Setting, bits_in

WORDS: tuple[tuple[int, type[np.generic]], ...] = ((31, np.int32), (63, np.int64))
"""Bits of machine numbers; more nodes are counted with Python's numbers."""


def group_wedges(setting: Setting, wedges: int) -> list[int]:
    """Return wedges in groups that hang together by shared atoms; all as bits of the ground's lesions."""
    groups = []
    while wedges:
        group = fresh = wedges & -wedges
        while fresh:
            fresh = _meet(setting, fresh) & wedges & ~group
            group |= fresh
        wedges &= ~group
        groups.append(group)
    return groups


def is_attached(setting: Setting, cluster: Cluster, wedges: int) -> bool:
    """Return whether one of the wedges shares an atom with a removed part."""
    return any(setting.reach[lesion] & cluster.removed for lesion in bits_in(wedges))


def count_specimens(setting: Setting, cluster: Cluster) -> Ints:
    """Return for every set of open lesions how many specimens apart from the parts they and the fixed wedges are.

    Returns
    -------
    Array of length 2 ** (open lesions), by the set as bits of their positions.
    """
    fixed = group_wedges(setting, cluster.wedges)
    held = sum(group for group in fixed if is_attached(setting, cluster, group))
    loose = [group for group in fixed if not group & held]
    apart = sum(1 for group in loose if not _meet(setting, group) & cluster.open)
    between = [group for group in loose if _meet(setting, group) & cluster.open]
    nodes = [*between, *(1 << lesion for lesion in bits_in(cluster.open))]
    meets = [_meet(setting, node) for node in nodes]
    attached = [is_attached(setting, cluster, node) or bool(met & held) for node, met in zip(nodes, meets, strict=True)]
    kind = next((kind for bits, kind in WORDS if len(nodes) < bits), np.object_)
    groups = cast(Ints, np.zeros((len(nodes), 1), dtype=kind))
    for spot in range(len(nodes)):
        near = [at for at in range(spot) if meets[spot] & nodes[at]]
        joined = _join(groups, spot, near)
        groups = joined if spot < len(between) else np.concatenate([groups, joined], axis=1)
    holding = sum(1 << spot for spot, yes in enumerate(attached) if yes)
    found = np.full(groups.shape[1], apart, dtype=np.int64)
    for spot in range(len(nodes)):
        group = groups[spot]
        found += ((group & -group) == 1 << spot) & ((group & holding) == 0)
    return found


def _meet(setting: Setting, wedges: int) -> int:
    met = 0
    for lesion in bits_in(wedges):
        met |= setting.shared[lesion]
    return met


def _join(groups: Ints, spot: int, near: list[int]) -> Ints:
    """Return the groups of each row with one more node, joined to the near ones that are there.

    Parameters
    ----------
    groups
        Shape (nodes, rows): of each node that is there the members of its group as bits, 0 for others.
    """
    whole = np.full(groups.shape[1], 1 << spot, dtype=groups.dtype)
    for each in near:
        whole |= groups[each]
    joined = groups.copy()
    joined[spot] = whole
    for each in range(spot):
        np.copyto(joined[each], whole, where=(whole >> each & 1).astype(np.bool_))
    return joined
