"""Search for the plans that no other plan beats.

For every set of parts that may be removed and every margin, each lesion is cleared by the parts, has to be taken with
them, or is free. Free lesions whose zones meet outside the parts are decided together, every way of them
(``cluster``); clusters do not touch each other, so that their ways add up, and the best sums for each number of
wedges, procedures and untreated lesions are found one cluster after another. A cluster with too many ways is followed
along chains (``chains``), with a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from pipeline.ground import Ground
from pipeline.plan import Choices, Plan, Requirement, Score
from pipeline.planning.cases import Case, find_ablation_alone, find_case
from pipeline.planning.chains import follow_chains
from pipeline.planning.cluster import find_ways
from pipeline.planning.front import find_unbeaten
from pipeline.planning.scoring import Scorer, plan_of_way, sort_key
from pipeline.planning.setting import Cluster, Setting, Way
from pipeline.planning.thinning import find_worth, thin
from pipeline.planning.zones import UNITS_PER_ML, find_sides, lesion_parts, part_names

MOST_OPEN = 18
"""Open lesions up to which every way of a cluster is looked at."""
MOST_WAYS = 4_000_000
"""Ways that are looked at in all clusters together before chains are followed, the smallest clusters first."""


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Parameters
    ----------
    plans, scores
        Those to be read, in the order of reading; at most as many as were asked for.
    searched
        How many choices of parts, margin and handlings were compared; some come to the same plan.
    unbeaten
        How many plans no other of them beats.
    exact
        Whether every plan of the space was compared.
    bound, bound_ml
        How far the result may be off where it is not exact, a sentence and in mL; else empty and 0.
    every, every_scores
        All unbeaten plans, in the same order.
    """

    plans: tuple[Plan, ...]
    scores: tuple[Score, ...]
    searched: int
    unbeaten: int
    exact: bool = True
    bound: str = ""
    bound_ml: float = 0.0
    every: tuple[Plan, ...] = ()
    every_scores: tuple[Score, ...] = ()


@dataclass(frozen=True)
class Solved:
    """What was found of the clusters: ways, how many were looked at, bounds in 1e-9 mL, which were not exact."""

    ways: dict[Cluster, list[Way]]
    looked: dict[Cluster, int]
    off: dict[Cluster, int]
    chained: set[Cluster] = field(default_factory=set)


def search(
    ground: Ground,
    choices: Choices,
    requirement: Requirement,
    is_allowed: Callable[[tuple[str, ...]], bool],
    most: int,
) -> Found:
    """Return the plans of the space that no other beats, thinned to at most ``most``; deterministic.

    The space: every set of parts but all of them (the empty set too) that ``is_allowed``, every margin, and every
    handling that ``choices`` leaves open. Plans that treat no lesion, or that leave no liver tissue, are not
    among them.

    Parameters
    ----------
    is_allowed
        Asked for names of parts in their order, each set once.
    """
    settings = [Setting(ground, choices, margin_mm) for margin_mm in choices.wedge_margins_mm]
    if not settings or not ground.lesions:
        return Found((), (), 0, 0)
    cases = _list_cases(settings, is_allowed)
    solved = _solve(settings, cases)
    scorer = Scorer(ground, choices, requirement)
    ways, rows = list[tuple[Case, Way]](), list[tuple[float, ...]]()
    for case in cases:
        setting = settings[case.margin]
        alone = find_ablation_alone(setting, case)
        for way in [*_add_up(case, solved), *([alone] if alone else [])]:
            row = scorer.score(setting, case, way)
            if row[1] > 0 and (way[1] or case.cleared or way[3] < len(ground.lesions)):
                ways.append((case, way))
                rows.append(row)
    table = np.array(rows, dtype=np.float64).reshape(-1, 6)
    kept = [
        (plan_of_way(settings[ways[row][0].margin], *ways[row]), to_score(table[row]))
        for row in np.flatnonzero(find_unbeaten(table))
    ]
    kept.sort(key=lambda each: sort_key(each[0], each[1], requirement))
    worth = find_worth([score for _, score in kept], requirement)
    return _conclude(kept, worth, cases, solved, most)


def to_score(row: Sequence[float]) -> Score:
    """Return the score of one row of a table of scores."""
    return Score(int(row[0]), float(row[1]), int(row[2]), int(row[3]), float(row[4]), int(row[5]))


def _list_cases(settings: Sequence[Setting], is_allowed: Callable[[tuple[str, ...]], bool]) -> list[Case]:
    """Return the cases by their parts, fewer first, then their order, and by their margins."""
    ground = settings[0].ground
    names, of_part = part_names(ground), lesion_parts(ground)
    cases = []
    for removed in _list_sets(len(names)):
        if is_allowed(tuple(names[part] for part in removed)):
            sides = find_sides(ground, removed, of_part)
            bits = sum(1 << part for part in removed)
            cases += [find_case(setting, number, bits, sides) for number, setting in enumerate(settings)]
    return cases


def _list_sets(count: int) -> Iterator[tuple[int, ...]]:
    for size in range(max(count, 1)):
        yield from combinations(range(count), size)


def _solve(settings: Sequence[Setting], cases: Sequence[Case]) -> Solved:
    """Return what is to be known of every cluster, each once, the smallest first."""
    clusters = list(dict.fromkeys(cluster for case in cases for cluster in case.clusters))
    clusters.sort(key=lambda cluster: cluster.open.bit_count())
    solved, ways_left = Solved({}, {}, {}), MOST_WAYS
    for cluster in clusters:
        setting, ways = settings[cluster.margin], 1 << cluster.open.bit_count()
        solved.off[cluster] = 0
        if cluster.open.bit_count() <= MOST_OPEN and ways <= ways_left:
            ways_left -= ways
            solved.ways[cluster], solved.looked[cluster] = find_ways(setting, cluster)
        else:
            solved.ways[cluster], solved.looked[cluster], solved.off[cluster] = follow_chains(setting, cluster)
            solved.chained.add(cluster)
    return solved


def _add_up(case: Case, solved: Solved) -> list[Way]:
    """Return for each sum of wedges, procedures and untreated lesions the way that takes least."""
    sums: dict[tuple[int, int, int], tuple[int, int]] = {(0, 0, 0): (0, 0)}
    for cluster in case.clusters:
        grown: dict[tuple[int, int, int], tuple[int, int]] = {}
        for (wedges, procedures, untreated), (taken, chosen) in sums.items():
            for way in solved.ways[cluster]:
                key = (wedges + way[1], procedures + way[2], untreated + way[3])
                whole = taken + way[0]
                if key not in grown or whole < grown[key][0]:
                    grown[key] = (whole, chosen | way[4])
        sums = grown
    return [(taken, *key, chosen) for key, (taken, chosen) in sums.items()]


def _conclude(
    kept: list[tuple[Plan, Score]], worth: Sequence[int], cases: Sequence[Case], solved: Solved, most: int
) -> Found:
    """Return what was found, with the plans that are worth showing thinned to those that are to be read."""
    plans, scores = tuple(plan for plan, _ in kept), tuple(score for _, score in kept)
    shown = [worth[number] for number in thin([scores[number] for number in worth], most)]
    off = max((sum(solved.off[cluster] for cluster in case.clusters) for case in cases), default=0)
    bound_ml = off / UNITS_PER_ML
    searched = 0
    for case in cases:
        looked = 1
        for cluster in case.clusters:
            looked *= solved.looked[cluster]
        searched += looked
    return Found(
        tuple(plans[number] for number in shown),
        tuple(scores[number] for number in shown),
        searched,
        len(plans),
        not solved.chained,
        _say_bound(bound_ml) if solved.chained else "",
        bound_ml,
        plans,
        scores,
    )


def _say_bound(bound_ml: float) -> str:
    return (
        f"Not every plan was compared: one that was not may leave up to {bound_ml:.0f} mL more than one that was, "
        "at the same counts, and so may need no growth."
    )
