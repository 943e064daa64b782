"""One set of removed parts at one margin: what has to be done with each lesion, and what is left to be decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.ground import Flags
from pipeline.planning.cluster import measure_tissue, tell_way
from pipeline.planning.setting import Cluster, Setting, Way, bits_in
from pipeline.planning.zones import Sides


@dataclass(frozen=True)
class Case:
    """Removed parts and a margin, with what follows for the lesions; lesions and parts as bits.

    Parameters
    ----------
    margin
        Number of the setting.
    cleared, cleared_mm
        Lesions that the parts clear, and the smallest margin of these (infinite without any).
    forced
        Lesions that have to be wedges, whatever is chosen.
    whole
        All other lesions as one cluster.
    clusters
        Those lesions apart, where what is done with some does not bear on what others take.
    """

    removed: int
    margin: int
    cleared: int
    cleared_mm: float
    forced: int
    whole: Cluster
    clusters: tuple[Cluster, ...]


def find_case(setting: Setting, margin: int, removed: int, sides: Sides) -> Case:
    """Return what follows for the lesions when parts are removed with a margin.

    A lesion in the parts that they do not clear has to be a wedge, and so has one of which another such wedge takes a
    voxel, or one that can be nothing but a wedge. Where a wedge takes no more than an ablation, a lesion that may be
    either is a wedge: it is one more resected, takes no more liver and makes no more procedures; unless it would drag
    along one that can only be irradiated or left.
    """
    flags = sides.clear(setting.margin_mm)
    cleared, everyone = _bits(flags), (1 << len(setting.ground.lesions)) - 1
    among = everyone & ~cleared
    only = among & setting.may_wedge & ~setting.may_ablate
    wedges = setting.extend(_bits(sides.reached) & among | only, among)
    forced, free = wedges, among & ~wedges
    if setting.ablation_is_wider:
        idle = free & ~setting.may_wedge & ~setting.may_ablate
        for lesion in bits_in(free & setting.may_wedge):
            along = setting.extend(1 << lesion, among & ~wedges)
            if not along & idle:
                wedges |= along
        free = among & ~wedges
    choice = free & setting.may_wedge
    dragged = setting.extend(choice, free) & ~choice
    whole = Cluster(margin, removed, wedges, choice, dragged, free & ~choice & ~dragged)
    least = float(sides.margin_mm[flags].min(initial=np.inf))
    return Case(removed, margin, cleared, least, forced, whole, tuple(_divide(setting, whole)))


def _divide(setting: Setting, whole: Cluster) -> list[Cluster]:
    """Return the clusters: lesions whose widest zones meet outside the removed parts are in one."""
    idle = whole.rest & ~setting.may_ablate
    left = (whole.wedges | whole.open | whole.rest) & ~idle
    places = [bits for part, bits in enumerate(setting.near) if not whole.removed >> part & 1]
    groups = [idle] if idle else []
    while left:
        group = fresh = left & -left
        while fresh:
            reached = 0
            for lesion in bits_in(fresh):
                for place in places:
                    reached |= place[lesion]
            fresh = reached & left & ~group
            group |= fresh
        left &= ~group
        groups.append(group)
    return [_restrict(setting, whole, group) for group in groups]


def _restrict(setting: Setting, whole: Cluster, group: int) -> Cluster:
    reach = 0
    for lesion in bits_in(group):
        reach |= setting.extent[lesion]
    return Cluster(
        whole.margin,
        whole.removed & reach,
        whole.wedges & group,
        whole.choice & group,
        whole.dragged & group,
        whole.rest & group,
    )


def find_ablation_alone(setting: Setting, case: Case) -> Way | None:
    """Return the way without a wedge, where ablation has the wider margin and no lesion has to be a wedge; else None.

    Its margin may be wider than that of every other way, which ways are not compared by. The way without an ablation
    needs no such care: no other has as many wedges.
    """
    whole = case.whole
    everyone = whole.wedges | whole.open | whole.rest
    if case.forced or not everyone & setting.may_ablate or setting.margin_mm >= setting.choices.ablation_mm:
        return None
    alone = Cluster(whole.margin, whole.removed, 0, 0, 0, everyone)
    return tell_way(setting, alone, 0, measure_tissue(setting, alone).always)


def _bits(flags: Flags) -> int:
    return sum(1 << int(number) for number in np.flatnonzero(flags))
