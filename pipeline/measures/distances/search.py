"""The smallest distances between bodies and other structures, with their intervals; exact.

On straight grids the extremes lie between boundary voxels: an inner voxel has a neighbour, one step along the axis of
the smallest spacing, that is nearer, and whose direction has no smaller step. On sheared grids, and between two
grids, all voxels are compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.measures.distances.distance import Distance as Distance
from pipeline.measures.distances.distance import Reach, find_reaches
from pipeline.measures.distances.overlap import find_shared
from pipeline.measures.distances.pairwise import compare
from pipeline.measures.distances.surface import Surface
from pipeline.measures.distances.together import compare_together

Asked = tuple[int, int, Reach]
"""Number of a body, number of a structure, and which of their voxels may matter."""


def find_distances(bodies: Sequence[Surface], other: Surface) -> list[Distance | None]:
    """Return the distance of each body to another surface; None where that one has no voxel.

    Parameters
    ----------
    bodies
        On any grids; each is small beside the other surface, for speed alone.
    """
    found = find_pairs(bodies, [other], [(number, 0) for number in range(len(bodies))])
    return [found.get((number, 0)) for number in range(len(bodies))]


def find_pairs(
    bodies: Sequence[Surface], others: Sequence[Surface], pairs: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], Distance]:
    """Return the distances of pairs of a body and another surface, by their numbers; of none that has no voxel."""
    asked = sorted((pair for pair in pairs if not others[pair[1]].mask.is_empty), key=lambda pair: (pair[1], pair[0]))
    reaches = find_reaches([bodies[body] for body, _ in asked], [others[number] for _, number in asked])
    found: dict[tuple[int, int], Distance] = {}
    waiting: list[Asked] = []
    for (body, number), reach in zip(asked, reaches, strict=True):
        shared = find_shared(bodies[body].mask, others[number].mask)
        if shared is None:
            waiting.append((body, number, reach))
        else:
            found[body, number] = Distance(0.0, 0.0, 0.0, np.stack([shared, shared]), shares=True)
    for group in _group(bodies, others, waiting):
        distances = _compare(bodies, others, group)
        found |= {(body, number): each for (body, number, _), each in zip(group, distances, strict=True)}
    return found


def _group(bodies: Sequence[Surface], others: Sequence[Surface], asked: Sequence[Asked]) -> list[list[Asked]]:
    """Return pairs in groups that are searched at once: by their grids on straight ones, else by the structure."""
    groups: dict[tuple[int, ...], list[Asked]] = {}
    for body, number, reach in asked:
        grids = id(bodies[body].mask.grid), id(others[number].mask.grid)
        groups.setdefault((number,) if reach.solid else grids, []).append((body, number, reach))
    return list(groups.values())


def _compare(bodies: Sequence[Surface], others: Sequence[Surface], asked: Sequence[Asked]) -> list[Distance]:
    """Return the distances of a group of pairs."""
    if not asked[0][2].solid:
        return compare_together(bodies, others, asked)
    return compare([bodies[body] for body, _, _ in asked], others[asked[0][1]], [reach for _, _, reach in asked])
