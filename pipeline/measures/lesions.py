"""Which lesions there are: their status, their order, their number and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.lesion import Lesion, LesionStatus, Pieces
from pipeline.measurement import Point
from pipeline.measures.candidates import Candidate, Candidates, find_candidates, min_volume_ml
from pipeline.measures.components import find_components
from pipeline.measures.contacts import count_groups, find_contacts
from pipeline.measures.distances.overlap import find_inside
from pipeline.measures.gaps import join_across_gaps
from pipeline.measures.grids import count_shared, group_by_grid, same_grid, unite
from pipeline.measures.hepatic import find_in_liver
from pipeline.measures.locations import find_centroid
from pipeline.measures.necks import find_pieces
from pipeline.measures.uncertainty import Interval
from pipeline.measures.volumes import MM3_PER_ML, mask_volume_ml
from pipeline.structures import Role
from pipeline.study import Study
from pipeline.volume import Mask

LETTERS = {
    LesionStatus.INTRAHEPATIC: "L",
    LesionStatus.EXTRAHEPATIC: "E",
    LesionStatus.TREATED: "T",
    LesionStatus.SPECK: "S",
    LesionStatus.UNKNOWN: "U",
}
"""First letter of a lesion's id, in the order of the report."""


@dataclass(frozen=True, eq=False)
class LesionSet:
    """All lesions of a study, in the order of the report, not yet measured.

    Parameters
    ----------
    reason
        Why they were not looked for, ``CODE: sentence``; None when they were.
    """

    all: tuple[Lesion, ...]
    reason: str | None = None

    def of(self, *statuses: LesionStatus) -> tuple[Lesion, ...]:
        """Return the lesions with one of these statuses."""
        return tuple(lesion for lesion in self.all if lesion.status in statuses)

    @property
    def intrahepatic(self) -> tuple[Lesion, ...]:
        """The lesions that count."""
        return self.of(LesionStatus.INTRAHEPATIC)

    @property
    def drawn(self) -> tuple[Lesion, ...]:
        """Every lesion that is not a speck."""
        return tuple(lesion for lesion in self.all if lesion.status is not LesionStatus.SPECK)


def find_lesions(study: Study, liver: Mask | None, *, min_lesion_mm: float, connectivity: int) -> LesionSet:
    """Find the lesions of a study, tell where they stand, and number them.

    Parameters
    ----------
    liver
        The liver mask, or None when there is none that holds a voxel.
    min_lesion_mm
        Equivalent diameter below which a component is a speck.
    connectivity
        6, 18 or 26 neighbours make a component.
    """
    segments = study.segments_of(Role.LESION)
    found = find_candidates(segments, study.lesion_unit, min_lesion_mm=min_lesion_mm, connectivity=connectivity)
    zones = [zone.mask for zone in study.segments_of(Role.ABLATION_ZONE) if not zone.mask.is_empty]
    statuses = _find_statuses(found.lesions, liver, zones)
    return LesionSet(_number(found, statuses, min_lesion_mm), found.reason)


def count_interval(lesions: Sequence[Lesion], lost: int = 0) -> Interval:
    """Return the interval of the number of lesions: from 26-connected to 6-connected with one-voxel necks cut.

    The low end also joins components of one segment across slices that are missing in it. Pieces below the smallest
    size are not counted; the value itself always lies inside.

    Parameters
    ----------
    lost
        Lesions that are drawn and cannot be measured: the high end counts them.
    """
    low = count_bodies(lesions) - _count_joined(lesions)
    high = sum(lesion.pieces.cut for lesion in lesions)
    return Interval(float(min(low, len(lesions))), float(max(high, len(lesions)) + lost))


def count_bodies(lesions: Sequence[Lesion]) -> int:
    """Return the number of 26-connected components of all lesions together: those that touch make one."""
    bodies: list[Mask] = []
    for lesion in lesions:
        bodies += [lesion.mask] if lesion.pieces.bodies == 1 else find_components(lesion.mask, 26)
    return count_groups(len(bodies), ((one.first, one.second) for one in find_contacts(bodies)))


def _count_joined(lesions: Sequence[Lesion]) -> int:
    """Return by how many fewer lesions there are if those of one segment are joined across its empty slices."""
    fewer = 0
    for label in dict.fromkeys(lesion.label for lesion in lesions):
        parts = [lesion.mask for lesion in lesions if lesion.label == label]
        for group in group_by_grid(parts):
            members = [parts[number] for number in group]
            if len(members) > 1:
                fewer += len(members) - len(join_across_gaps(unite(members), members).bodies)
    return fewer


def _find_statuses(lesions: Sequence[Candidate], liver: Mask | None, zones: Sequence[Mask]) -> tuple[LesionStatus, ...]:
    """Tell where each lesion stands; unknown where no liver mask on its grid can tell."""
    statuses = [LesionStatus.UNKNOWN] * len(lesions)
    for number, lesion in enumerate(lesions):
        if _is_treated(lesion.mask, zones):
            statuses[number] = LesionStatus.TREATED
    if liver is None:
        return tuple(statuses)
    asked = [
        number
        for number, lesion in enumerate(lesions)
        if statuses[number] is LesionStatus.UNKNOWN and same_grid(lesion.mask.grid, liver.grid)
    ]
    inside = find_in_liver([lesions[number].mask for number in asked], liver)
    for number, is_in in zip(asked, inside, strict=True):
        statuses[number] = LesionStatus.INTRAHEPATIC if is_in else LesionStatus.EXTRAHEPATIC
    return tuple(statuses)


def _is_treated(mask: Mask, zones: Sequence[Mask]) -> bool:
    """Tell whether at least half of a lesion lies in ablation zones; in one on another grid by the nearest voxel."""
    if all(same_grid(zone.grid, mask.grid) for zone in zones):
        return bool(zones) and 2 * count_shared(mask, unite(zones)) >= mask.count
    inside = np.concatenate([find_inside(mask, zone) for zone in zones])
    return 2 * len(np.unique(inside, axis=0)) >= mask.count


def _number(found: Candidates, statuses: Sequence[LesionStatus], min_lesion_mm: float) -> tuple[Lesion, ...]:
    """Return all lesions numbered within their status: by decreasing volume, ties by position."""
    marked = [*zip(found.lesions, statuses, strict=True), *((speck, LesionStatus.SPECK) for speck in found.specks)]
    placed = [(candidate, find_centroid(candidate.mask), own) for candidate, own in marked]
    numbered: list[Lesion] = []
    for status, letter in LETTERS.items():
        members = [(candidate, middle) for candidate, middle, own in placed if own is status]
        members.sort(key=lambda member: _order(*member))
        least = None if status is LesionStatus.SPECK else min_volume_ml(min_lesion_mm)
        numbered += [_lesion(f"{letter}{n}", status, *member, least) for n, member in enumerate(members, 1)]
    return tuple(numbered)


def _lesion(name: str, status: LesionStatus, found: Candidate, middle: Point, least_ml: float | None) -> Lesion:
    """Return a lesion with its place, and with what it may fall into where a smallest size of pieces is given."""
    mask = found.mask
    pieces = Pieces()
    if least_ml is not None:
        pieces = find_pieces(mask, least_ml * MM3_PER_ML / mask.grid.voxel_volume_mm3)
    return Lesion(
        name, status, mask, found.label, found.tracking_uid, found.components, centroid_mm=middle, pieces=pieces
    )


def _order(candidate: Candidate, middle: Point) -> tuple[float, ...]:
    """Return the sorting key of a lesion: larger first, then head-ward, then to the right, then to the front."""
    left, back, head = (round(value, 3) for value in middle)
    return (-round(mask_volume_ml(candidate.mask), 9), -head, left, back)
