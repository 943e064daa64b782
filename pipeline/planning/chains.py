"""A cluster too large to look at every way of it: a few good ways, and how far they may be from the best.

Ways are built by making one lesion after another a wedge. What they may lose to ways that were not looked at is
bounded by sharing each piece of tissue out among the lesions whose zones hold it: a way whose wedges are k lesions
takes at least the k smallest of these shares.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.planning.cluster import Tissue, keep_unbeaten, measure_tissue, take_row, tell_way
from pipeline.planning.setting import Cluster, Setting, Way, bits_in


def follow_chains(setting: Setting, cluster: Cluster) -> tuple[list[Way], int, int]:
    """Return good ways of a cluster, how many were looked at, and a bound in 1e-9 mL.

    Of every way of the cluster there is one among those returned that takes at most the bound more and is no worse in
    the counts.
    """
    tissue = measure_tissue(setting, cluster)
    shares = share_out(tissue)
    by_share = [tissue.members[spot] for spot in np.lexsort((np.arange(shares.size), shares))]
    by_place = _walk(setting, cluster, by_share)
    rows = list(dict.fromkeys(row for order in (by_share, by_place) for row in _follow(setting, cluster, order)))
    ways = [tell_way(setting, cluster, row, take_row(tissue, row)) for row in rows]
    return keep_unbeaten(ways), len(rows), _find_bound(setting, cluster, tissue, shares, ways)


def share_out(tissue: Tissue) -> NDArray[np.float64]:
    """Return each open lesion's share of the tissue in wider zones: those that hold a piece share it equally."""
    each = tissue.units / np.maximum(tissue.holders.sum(axis=1), 1)
    return np.asarray(each @ tissue.holders.astype(np.float64))


def _walk(setting: Setting, cluster: Cluster, order: Sequence[int]) -> list[int]:
    """Return lesions so that each, where it can, meets one before it: wedges that grow together."""
    left, walked, near = list(order), list[int](), cluster.wedges
    while left:
        reached = next((lesion for lesion in left if setting.shared[lesion] & near), left[0])
        left.remove(reached)
        walked.append(reached)
        near |= 1 << reached
    return walked


def _follow(setting: Setting, cluster: Cluster, order: Sequence[int]) -> list[int]:
    """Return the sets of wedges, from none of the open lesions to all, with those that they drag along."""
    rows = [cluster.wedges]
    for lesion in order:
        if cluster.choice >> lesion & 1:
            rows.append(setting.extend(rows[-1] | 1 << lesion, cluster.open | cluster.wedges))
    return rows


def _find_bound(
    setting: Setting, cluster: Cluster, tissue: Tissue, shares: NDArray[np.float64], ways: Sequence[Way]
) -> int:
    """Return by how much a way that was not looked at may take less than one that was and matches its counts."""
    most = max(ways, key=lambda way: (way[1], way[0]))
    if not all(tissue.wedge_is_wider):
        return int(most[0] - tissue.always)
    treated = sum(1 for each in tissue.members if (setting.may_ablate | setting.may_irradiate) >> each & 1)
    least = np.append(0.0, np.cumsum(np.sort(shares))) + tissue.always
    resting = (cluster.rest & (setting.may_ablate | setting.may_irradiate)).bit_count()
    off = 0.0
    for count, taken in enumerate(least):
        procedures = max(most[2], resting + max(treated - count, 0))
        wedges = count + len(bits_in(cluster.wedges))
        untreated = most[3] if count else ways[0][3]
        fitting = [way[0] for way in ways if way[1] >= wedges and way[2] <= procedures and way[3] <= untreated]
        off = max(off, min(fitting) - taken)
    return int(np.ceil(off))
