"""Lesions whose zones meet, and all that can be done with them: what each way takes of the liver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.ground import Flags, Ints
from pipeline.planning.setting import Cluster, Setting, Way, bits_in
from pipeline.planning.specimens import count_specimens, group_wedges, is_attached


@dataclass(frozen=True, eq=False)
class Tissue:
    """What the ways of a cluster differ in.

    Parameters
    ----------
    always
        Tissue that every way takes, outside of the removed parts.
    units, holders
        Pieces of tissue that not every way takes: volume, and the open lesions (position in ``members``, columns)
        whose wider zone holds the piece.
    members
        Open lesions.
    wedge_is_wider
        For each of them: whether its wedge is the wider one of its two zones.
    """

    always: float
    units: NDArray[np.float64]
    holders: Flags
    members: tuple[int, ...]
    wedge_is_wider: tuple[bool, ...]


def measure_tissue(setting: Setting, cluster: Cluster) -> Tissue:
    """Return what the ways of a cluster differ in; of two zones round a lesion one holds the other."""
    outside = ~np.isin(setting.ground.atoms.part, bits_in(cluster.removed))
    members = tuple(bits_in(cluster.open))
    always = np.zeros(outside.size, dtype=np.bool_)
    for lesion in bits_in(cluster.wedges):
        always |= setting.wedges[lesion]
    for lesion in bits_in(cluster.rest & setting.may_ablate):
        always |= setting.ablations[lesion]
    wider, larger = [], np.zeros((len(members), outside.size), dtype=np.bool_)
    for spot, lesion in enumerate(members):
        ablated = bool(setting.may_ablate >> lesion & 1)
        wider.append(not (ablated and setting.ablation_is_wider))
        larger[spot] = setting.wedges[lesion] if wider[-1] else setting.ablations[lesion]
        if ablated:
            always |= setting.ablations[lesion] if wider[-1] else setting.wedges[lesion]
    chosen = larger.any(axis=0) & outside & ~always & (setting.units > 0)
    taken = float(setting.units[always & outside].sum())
    return Tissue(taken, setting.units[chosen], larger[:, chosen].T, members, tuple(wider))


def find_ways(setting: Setting, cluster: Cluster) -> tuple[list[Way], int]:
    """Return the ways that no other way of the cluster beats, and how many there are; all are looked at."""
    tissue = measure_tissue(setting, cluster)
    rows = _list_rows(setting, cluster, tissue.members)
    return keep_unbeaten(_describe(setting, cluster, tissue, rows, _take_all(tissue, rows))), len(rows)


def take_row(tissue: Tissue, wedges: int) -> float:
    """Return the tissue that one way takes, by the lesions that are its wedges (bits of the ground's lesions)."""
    wide = [
        bool(wedges >> lesion & 1) == wider for lesion, wider in zip(tissue.members, tissue.wedge_is_wider, strict=True)
    ]
    return tissue.always + float(tissue.units[tissue.holders[:, wide].any(axis=1)].sum())


def _list_rows(setting: Setting, cluster: Cluster, members: Sequence[int]) -> Ints:
    """Return every set of wedges among the open lesions, as bits of their positions."""
    place = {lesion: spot for spot, lesion in enumerate(members)}
    rows = np.zeros(1, dtype=np.int64)
    for lesion in bits_in(cluster.choice):
        rows = np.concatenate([rows, rows | (1 << place[lesion])])
    hits = [sum(1 << place[hit] for hit in bits_in(setting.hits[lesion] & cluster.open)) for lesion in members]
    if not any(hits):
        return rows
    before = np.full_like(rows, -1)
    while (before != rows).any():
        before = rows.copy()
        for spot, hit in enumerate(hits):
            rows = np.where(rows >> spot & 1, rows | hit, rows)
    return np.unique(rows)


def _take_all(tissue: Tissue, rows: Ints) -> NDArray[np.float64]:
    """Return the tissue that each set of wedges takes: all but what no chosen zone holds, by sums over subsets."""
    count = len(tissue.members)
    if not count:
        return np.full(rows.size, tissue.always)
    codes = tissue.holders.astype(np.int64) @ (1 << np.arange(count, dtype=np.int64))
    sums = np.bincount(codes, weights=tissue.units, minlength=1 << count)
    for spot in range(count):
        pairs = sums.reshape(-1, 2, 1 << spot)
        pairs[:, 1] += pairs[:, 0]
    narrow = sum(1 << spot for spot, wider in enumerate(tissue.wedge_is_wider) if not wider)
    wide = rows ^ narrow
    whole = (1 << count) - 1
    return np.asarray(tissue.always + sums[whole] - sums[whole & ~wide])


def _describe(setting: Setting, cluster: Cluster, tissue: Tissue, rows: Ints, taken: NDArray[np.float64]) -> list[Way]:
    """Return ways by their rows; of those equal in all counts the one that takes least, then the first."""
    wedges, ablated, irradiated, untreated = _count(setting, cluster, tissue.members, rows)
    procedures = count_specimens(setting, cluster)[rows] + ablated + irradiated
    base = len(setting.ground.lesions) + 1
    keys = (wedges * base + procedures) * base + untreated
    order = np.lexsort((taken, keys))
    first = np.append(True, keys[order][1:] != keys[order][:-1])
    ways = []
    for row in order[first]:
        chosen = cluster.wedges
        for spot in bits_in(int(rows[row])):
            chosen |= 1 << tissue.members[spot]
        ways.append((int(taken[row]), int(wedges[row]), int(procedures[row]), int(untreated[row]), chosen))
    return ways


def _count(setting: Setting, cluster: Cluster, members: Sequence[int], rows: Ints) -> list[Ints]:
    """Return how many lesions are wedges, ablated, irradiated and untreated in each row."""
    ablate, irradiate = setting.may_ablate, setting.may_irradiate
    totals = [np.zeros(rows.size, dtype=np.int64) for _ in range(4)]
    totals[0] += cluster.wedges.bit_count()
    for kind, bits in enumerate((ablate, irradiate, ~(ablate | irradiate))):
        totals[kind + 1] += (cluster.rest & bits).bit_count()
    for spot, lesion in enumerate(members):
        taken = rows >> spot & 1
        kind = 1 if ablate >> lesion & 1 else 2 if irradiate >> lesion & 1 else 3
        totals[0] += taken
        totals[kind] += 1 - taken
    return totals


def tell_way(setting: Setting, cluster: Cluster, wedges: int, taken: float) -> Way:
    """Return one way by its wedges (bits of the ground's lesions) and the tissue that it takes."""
    specimens = sum(1 for group in group_wedges(setting, wedges) if not is_attached(setting, cluster, group))
    others = (cluster.open | cluster.rest) & ~wedges
    treated = others & (setting.may_ablate | setting.may_irradiate)
    procedures = specimens + treated.bit_count()
    return (int(taken), wedges.bit_count(), procedures, (others & ~treated).bit_count(), wedges)


def keep_unbeaten(ways: Sequence[Way]) -> list[Way]:
    """Return the ways of which no other takes as little with counts as good."""
    kept: list[Way] = []
    for way in sorted(ways, key=lambda each: (each[0], -each[1], each[2], each[3], each[4])):
        if not any(one[1] >= way[1] and one[2] <= way[2] and one[3] <= way[3] for one in kept):
            kept.append(way)
    return kept
