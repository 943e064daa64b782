"""Whether drawn Couinaud segments lie where these segments lie: order of their centres, and which touch each other.

Labels that were exchanged, or a liver that was mirrored, make every plan by segments wrong without any number looking
odd. Limits are lenient: livers turn, shrink and grow (``configs/default.yaml``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from pipeline.anatomy import AnatomyLimits
from pipeline.measures.couinaud import Division, name_segments
from pipeline.measures.grids import unite, within_box
from pipeline.resection import Resections
from pipeline.structures import COUINAUD, Role
from pipeline.volume import Mask

Floats = NDArray[np.float64]
MOST_WORDS = 4
LEFT_LATERAL = (Role.SEGMENT_2, Role.SEGMENT_3)
LEFT = (*LEFT_LATERAL, Role.SEGMENT_4)
RIGHT = (Role.SEGMENT_5, Role.SEGMENT_6, Role.SEGMENT_7, Role.SEGMENT_8)
ABOVE = (
    (Role.SEGMENT_2, Role.SEGMENT_3),
    (Role.SEGMENT_4A, Role.SEGMENT_4B),
    (Role.SEGMENT_8, Role.SEGMENT_5),
    (Role.SEGMENT_7, Role.SEGMENT_6),
)
"""The first lies above the second: the planes of the portal branches (Couinaud 1957)."""
BEHIND_RIGHT = ((Role.SEGMENT_6, Role.SEGMENT_5), (Role.SEGMENT_7, Role.SEGMENT_8))
"""The first lies to the right of the second, or behind it: the plane of the right hepatic vein, which is oblique."""
APART = (*((side, right) for side in LEFT_LATERAL for right in RIGHT), *((Role.SEGMENT_4, n) for n in RIGHT[1:3]))
"""Segments with others between them: no border in common. 5|7 and 6|8, which meet in a line, are left out."""


@dataclass(frozen=True)
class Order:
    """What contradicts the order of Couinaud segments, each in words; empty where nothing does.

    Parameters
    ----------
    grave
        Sides or labels that are exchanged: plans by segments cannot be followed.
    odd
        Neighbours that do not touch, or segments that touch although others lie between them.
    """

    grave: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()


def refuse_order(
    division: Division, total: Mask | None, resections: Resections | None, limits: AnatomyLimits | None
) -> Division:
    """Return a division with the reason why no plan by it can be followed, where sides or labels are exchanged.

    Parameters
    ----------
    limits
        None where nothing is checked; where masks are trusted (situs inversus) nothing is refused either.
    """
    if total is None or limits is None or limits.trusted or not division.parts:
        return division
    side_by_side = frozenset() if resections is None else resections.side_by_side
    grave = check_order(division.parts, total, side_by_side, limits).grave
    return replace(division, order_reason=f"SEGMENT_ORDER: {list_words(grave)}") if grave else division


def list_words(words: Sequence[str]) -> str:
    """Return what was seen as one clause: the first few, and how many more."""
    more = len(words) - MOST_WORDS
    return "; ".join(words[:MOST_WORDS]) + (f"; and {more} more" if more > 0 else "")


def check_order(
    parts: Mapping[Role, Mask], total: Mask, side_by_side: Collection[frozenset[str]], limits: AnatomyLimits
) -> Order:
    """Return what contradicts the order of the segments; nothing is said of hemilivers but their sides.

    Parameters
    ----------
    parts
        Disjoint parts of the liver, by segment or hemiliver.
    side_by_side
        Pairs of whole segments that have a border in common (``configs/resections.yaml``).
    """
    centers = {role: _center(mask) for role, mask in _with_fourth(parts).items()}
    least = limits.segment_order_percent / 100 * _extent(total)
    grave = _check_sides(centers, least) or _check_pairs(centers, least)
    whole = {role: mask for role, mask in _with_fourth(parts).items() if role in (*LEFT, *RIGHT)}
    return Order(grave, _check_touching(whole, total, side_by_side, limits))


def _with_fourth(parts: Mapping[Role, Mask]) -> dict[Role, Mask]:
    """Return the parts with segment 4 as a whole too where its halves are given."""
    halves = [parts[role] for role in (Role.SEGMENT_4A, Role.SEGMENT_4B) if role in parts]
    return {**parts, **({Role.SEGMENT_4: unite(halves)} if halves and Role.SEGMENT_4 not in parts else {})}


def _center(mask: Mask) -> Floats:
    """Return the mean of the voxels' centres, LPS mm."""
    counts = [mask.voxels.sum(axis=tuple(a for a in range(3) if a != axis)) for axis in range(3)]
    index = [float(n @ np.arange(len(n))) / mask.count + mask.offset[axis] for axis, n in enumerate(counts)]
    return np.asarray(mask.grid.to_world(np.array([index], dtype=np.float64))[0], dtype=np.float64)


def _extent(total: Mask) -> Floats:
    """Return the size of the liver's box along the axes of the patient, in mm."""
    low, high = np.array(total.offset), np.array(total.offset) + np.array(total.voxels.shape) - 1
    corners = [[(low, high)[bit][axis] for axis, bit in enumerate(bits)] for bits in np.ndindex(2, 2, 2)]
    world = total.grid.to_world(np.array(corners, dtype=np.float64))
    return np.asarray(np.ptp(world, axis=0), dtype=np.float64)


def _check_sides(centers: Mapping[Role, Floats], least: Floats) -> tuple[str, ...]:
    """Return that what is called left lies to the right of what is called right."""
    if Role.HEMILIVER_RIGHT in centers:
        left, right, words = [Role.HEMILIVER_LEFT], [Role.HEMILIVER_RIGHT], "the left hemiliver lies to the right"
    else:
        left, right = [[role for role in side if role in centers] for side in (LEFT, RIGHT)]
        words = f"{name_segments(left)} lie to the right of {name_segments(right)}"
    if not left or not right:
        return ()
    apart = np.mean([centers[role][0] for role in left]) - np.mean([centers[role][0] for role in right])
    return (words,) if apart < -least[0] else ()


def _check_pairs(centers: Mapping[Role, Floats], least: Floats) -> tuple[str, ...]:
    """Return pairs of segments of which each lies where the other should."""
    found = []
    for first, second in ABOVE:
        if {first, second} <= centers.keys() and centers[first][2] < centers[second][2] - least[2]:
            found.append(f"{name_segments([first])} lies below {name_segments([second])}")
    for first, second in BEHIND_RIGHT:
        if {first, second} <= centers.keys():
            leftward, behind, _ = (centers[first] - centers[second]) / least
            if behind - leftward < -1:
                found.append(f"{name_segments([first])} lies to the left or in front of {name_segments([second])}")
    sides = [pair for pair in product(LEFT, RIGHT) if {*pair} <= centers.keys()]
    wrong = [pair for pair in sides if centers[pair[0]][0] < centers[pair[1]][0] - least[0]]
    found += [f"{name_segments([one])} lies to the right of {name_segments([other])}" for one, other in wrong]
    return tuple(found)


def _check_touching(
    parts: Mapping[Role, Mask], total: Mask, side_by_side: Collection[frozenset[str]], limits: AnatomyLimits
) -> tuple[str, ...]:
    """Return neighbours without a common border, and segments with a wide one that others should keep apart."""
    roles = list(parts)
    areas = _measure_borders([parts[role] for role in roles], total)
    inner = np.maximum(areas.sum(axis=1), 1e-9)
    found = []
    for (n, first), (m, second) in combinations(enumerate(roles), 2):
        pair = frozenset(role.value.removeprefix("segment_") for role in (first, second))
        words = name_segments(sorted((first, second), key=COUINAUD.index))
        share = 100 * min(areas[n, m] / inner[n], areas[n, m] / inner[m])
        if pair in side_by_side and areas[n, m] == 0:
            found.append(f"{words} lie side by side and do not touch")
        if ((first, second) in APART or (second, first) in APART) and share > limits.segment_contact_percent:
            found.append(f"{words} touch although others lie between them")
    return tuple(found)


def _measure_borders(masks: list[Mask], total: Mask) -> Floats:
    """Return the area in mm2 of the faces that each two masks have in common, shape (n, n), by the grid's own steps."""
    labels = np.zeros(total.voxels.shape, dtype=np.uint8)
    for number, mask in enumerate(masks, 1):
        labels[within_box(mask.box, total.box)][mask.voxels] = number
    size = len(masks) + 1
    areas = np.zeros((size, size), dtype=np.float64)
    steps = np.asarray(total.grid.affine, dtype=np.float64)[:3, :3]
    for axis in range(3):
        others = [steps[:, other] for other in range(3) if other != axis]
        area = float(np.linalg.norm(np.cross(others[0], others[1])))
        lines = np.moveaxis(labels, axis, 0)
        differ = (lines[1:] != lines[:-1]) & (lines[1:] > 0) & (lines[:-1] > 0)
        first, second = lines[1:][differ].astype(np.int64), lines[:-1][differ].astype(np.int64)
        areas += area * np.bincount(first * size + second, minlength=size * size).reshape(size, size)
    return np.asarray((areas + areas.T)[1:, 1:], dtype=np.float64)
