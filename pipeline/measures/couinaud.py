"""The liver divided into its Couinaud segments, so that they add up to it to the voxel.

Drawn segments leave gaps, overlap and reach beyond the liver. Here every voxel of the total liver (with its lesions)
belongs to exactly one segment: the one that it is drawn in; of two, the one with the lower number; where it is drawn in
none, the one with the nearest voxel in mm (of equally near ones, the one with the lower number). Where no segment is
drawn and both hemilivers are, the liver is divided into these in the same way, the right one first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.measures.grids import intersect, share_grid, start_of, unite, within_box
from pipeline.measures.shares import split_shares
from pipeline.structures import COUINAUD, HEMILIVERS, Role
from pipeline.study import Segment
from pipeline.volume import Box, Mask

Labels = NDArray[np.uint8]
FLAGGED, REFUSED = 0.01, 0.10
"""Share of the liver in no segment, in several, or of the segments outside the liver, above which it is flagged, and
above which the segments are not used."""
SEGMENT_VOLUMES = tuple(f"segment_{number}_volume_ml" for number in range(1, 9))
HALVES = (Role.SEGMENT_4A, Role.SEGMENT_4B)
SEGMENT, HEMILIVER = "Couinaud segment", "hemiliver"
TIE = 1e-9
"""Relative difference of squared distances up to which two are equal."""


@dataclass(frozen=True, eq=False)
class Division:
    """The liver in its Couinaud segments.

    Parameters
    ----------
    parts
        Disjoint masks that together are the total liver, in the order of the segments; segment 4 whole or as 4a and 4b.
        Or the right and the left hemiliver.
    reason
        Why there are none, ``CODE: sentence``.
    gaps, shared, outside
        Shares, 0 to 1: of the liver in no drawn segment, of the liver in several, of the drawn segments outside it.
    missing
        Segments of which no mask with a voxel is given; empty for hemilivers.
    what
        What divides it, in words: ``Couinaud segment`` or ``hemiliver``.
    order_reason
        Why no plan by these segments can be followed although they divide the liver, ``SEGMENT_ORDER: sentence``.
    """

    parts: Mapping[Role, Mask] = field(default_factory=dict)
    reason: str | None = None
    gaps: float = 0.0
    shared: float = 0.0
    outside: float = 0.0
    missing: tuple[Role, ...] = ()
    what: str = SEGMENT
    order_reason: str | None = None


def divide_liver(segments: Sequence[Segment], total: Mask | None) -> Division:
    """Divide the liver into the Couinaud segments that are drawn, or into its hemilivers where no segment is.

    Parameters
    ----------
    segments
        Those of the study; other roles are passed over.
    total
        Liver with intrahepatic lesions; None without a liver.
    """
    drawn = _find_drawn(segments, COUINAUD) or _find_drawn(segments, HEMILIVERS)
    reason = _why_not(drawn, total)
    if reason is not None or total is None:
        return Division(reason=reason)
    halves = set(HEMILIVERS) >= set(drawn)
    given = {role: drawn[role] for role in HEMILIVERS} if halves else _settle_fourth(drawn)
    labels, shared, outside = _paint(tuple(given.values()), total)
    gaps = np.flatnonzero(total.voxels & (labels == 0))
    found = Division(
        {},
        None,
        len(gaps) / total.count,
        shared / total.count,
        outside / max(sum(mask.count for mask in given.values()), 1),
        () if halves else _find_missing(given),
        HEMILIVER if halves else SEGMENT,
    )
    reason = _refuse(found)
    if reason is not None:
        return replace(found, reason=reason)
    if len(gaps):
        labels.reshape(-1)[gaps] = _nearest_labels(labels, gaps, total)
    return replace(found, parts=_cut_parts(given, labels, total, filled=len(gaps) > 0))


def _find_drawn(segments: Sequence[Segment], roles: Sequence[Role]) -> dict[Role, Mask]:
    return {each.role: each.mask for each in segments if each.role in roles and not each.mask.is_empty}


def name_segments(roles: Sequence[Role]) -> str:
    """Return Couinaud segments in words: ``segments 5, 6, 7, 8``."""
    numbers = [role.value.removeprefix("segment_") for role in COUINAUD if role in roles]
    return f"segment{'' if len(numbers) == 1 else 's'} {', '.join(numbers)}" if numbers else "no segment"


def _has_halves(drawn: Mapping[Role, Mask]) -> bool:
    return all(half in drawn for half in HALVES)


def _find_missing(given: Mapping[Role, Mask]) -> tuple[Role, ...]:
    """Return the whole segments of which no mask is given."""
    there = {*given, *((Role.SEGMENT_4,) if _has_halves(given) else ())}
    return tuple(role for role in COUINAUD if role not in there and role not in HALVES)


def _settle_fourth(drawn: Mapping[Role, Mask]) -> dict[Role, Mask]:
    """Return the drawn segments in order, with segment 4 as its two halves where both are given, else as a whole."""
    found: dict[Role, Mask] = dict(drawn)
    fourth = [found.pop(role) for role in (Role.SEGMENT_4, *HALVES) if role in drawn]
    if _has_halves(drawn):
        found |= {half: drawn[half] for half in HALVES}
    elif fourth:
        found[Role.SEGMENT_4] = unite(fourth)
    return {role: found[role] for role in COUINAUD if role in found}


def _why_not(drawn: Mapping[Role, Mask], total: Mask | None) -> str | None:
    """Return why the liver cannot be divided, before anything is computed."""
    if not drawn:
        return "NO_SEGMENTS: no masks of Couinaud segments are given"
    if total is None:
        return "NO_LIVER: no liver mask holds a voxel"
    if not share_grid([total, *drawn.values()]):
        return "GRID_OTHER: liver and Couinaud segments are drawn on different grids and are not joined"
    sides = [role for role in HEMILIVERS if role in drawn]
    if len(sides) == 1:
        return f"NO_SEGMENTS: of the hemilivers only the {sides[0].value.removeprefix('hemiliver_')} one is given"
    halves = [role for role in HALVES if role in drawn]
    if len(halves) == 1 and Role.SEGMENT_4 not in drawn:
        return f"NO_SEGMENTS: of segment 4 only {name_segments(halves)} is given"
    return None


def _refuse(found: Division) -> str | None:
    """Return why drawn segments do not divide the liver."""
    lacking = f"; no mask is given of {name_segments(found.missing)}" if found.missing else ""
    said = (
        ("SEGMENT_GAP", found.gaps, f"of the liver lie in no {found.what}{lacking}"),
        ("SEGMENT_OVERLAP", found.shared, f"of the liver lie in several {found.what}s"),
        ("SEGMENT_OUTSIDE", found.outside, f"of the {found.what}s lie outside the liver"),
    )
    return next(
        (f"{code}: {100 * share:.0f} % {text}, more than 10 %" for code, share, text in said if share > REFUSED), None
    )


def _paint(given: Sequence[Mask], total: Mask) -> tuple[Labels, int, int]:
    """Return the label (place in ``given``, from 1) of each voxel of the liver, 0 where there is none.

    With it, the voxels of the liver that lie in several segments, and those of segments that lie outside it.
    """
    labels = np.zeros(total.voxels.shape, dtype=np.uint8)
    several = np.zeros(total.voxels.shape, dtype=np.bool_)
    inside = 0
    for number in range(len(given), 0, -1):
        mask = given[number - 1]
        box = intersect(mask.box, total.box)
        if box is None:
            continue
        place = within_box(box, total.box)
        voxels = mask.within(box) & total.voxels[place]
        several[place] |= voxels & (labels[place] > 0)
        labels[place][voxels] = number
        inside += int(np.count_nonzero(voxels))
    return labels, int(np.count_nonzero(several)), sum(mask.count for mask in given) - inside


def _nearest_labels(labels: Labels, gaps: NDArray[np.int64], total: Mask) -> Labels:
    """Return for each gap (flat index) the label with the nearest voxel in mm; of equally near ones the lowest."""
    from pykdtree.kdtree import KDTree

    outer = _outer_voxels(labels > 0)
    found, sought = _points(outer, total), _points(gaps, total)
    owners = labels.reshape(-1)[outer]
    least = KDTree(found).query(sought, sqr_dists=True)[0] * (1 + TIE)
    reach = float(np.sqrt(least.max()))
    nearest = np.zeros(len(gaps), dtype=np.uint8)
    for name in np.unique(owners)[::-1]:
        own = found[owners == name]
        near = ((sought >= own.min(axis=0) - reach) & (sought <= own.max(axis=0) + reach)).all(axis=1)
        if near.any():
            squared = KDTree(own).query(sought[near], sqr_dists=True)[0]
            nearest[np.flatnonzero(near)[squared <= least[near]]] = name
    return nearest


def _outer_voxels(voxels: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the flat indices of voxels with an unset one among their 26 neighbours: nearest ones are among them."""
    core = np.pad(voxels, 1)
    for axis in range(3):
        lines = np.moveaxis(core, axis, 0)
        kept = lines.copy()
        kept[1:] &= lines[:-1]
        kept[:-1] &= lines[1:]
        core = np.moveaxis(kept, 0, axis)
    return np.flatnonzero(voxels & ~core[1:-1, 1:-1, 1:-1])


def _points(flat: NDArray[np.int64], total: Mask) -> NDArray[np.float64]:
    """Return the LPS mm of voxels of the liver's box."""
    index = np.stack(np.unravel_index(flat, total.voxels.shape), axis=1) + np.array(total.offset)
    return np.ascontiguousarray(total.grid.to_world(index.astype(np.float64)))


def _cut_parts(given: Mapping[Role, Mask], labels: Labels, total: Mask, *, filled: bool) -> dict[Role, Mask]:
    """Return the mask of each label that has a voxel, with the liver's shares of voxels.

    Where no gap was filled a label lies within the box of its drawn segment.
    """
    boxes = [total.box if filled else intersect(mask.box, total.box) for mask in given.values()]
    places = zip(given, enumerate(boxes, 1), strict=True)
    cut = {role: _cut_part(labels, number, total, box) for role, (number, box) in places if box is not None}
    held = {role: mask for role, mask in cut.items() if not mask.is_empty}
    return dict(zip(held, split_shares(total, tuple(held.values())), strict=True))


def _cut_part(labels: Labels, number: int, total: Mask, box: Box) -> Mask:
    """Return the mask of one label within a box."""
    return Mask.from_array(total.grid, labels[within_box(box, total.box)] == number, start_of(box))
