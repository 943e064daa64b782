"""The units in which lesions are drawn: one segment, or one connected component, is one lesion; specks stand apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.measures.components import find_components, is_scattered
from pipeline.measures.gaps import join_across_gaps
from pipeline.measures.grids import count_shared, group_by_grid, unite
from pipeline.measures.volumes import MM3_PER_ML, mask_volume_ml
from pipeline.study import LesionUnit, Segment
from pipeline.volume import Mask


@dataclass(frozen=True, eq=False)
class Candidate:
    """One lesion or speck as drawn.

    Parameters
    ----------
    components
        Connected components of at least the smallest size.
    """

    mask: Mask
    label: str
    tracking_uid: str | None = None
    components: int = 1


MAX_LESIONS, MAX_COMPONENTS = 1000, 5000
"""Lesions, and components of all sizes, above which a mask is noise and nobody's finding."""
MAX_BOX_VOXELS = 1 << 30
"""Voxels of the boxes of all components together: they are looked at one by one."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Lesions and specks of all lesion segments.

    Parameters
    ----------
    reason
        Why they were not looked for, ``CODE: sentence``; None when they were.
    """

    lesions: tuple[Candidate, ...]
    specks: tuple[Candidate, ...]
    reason: str | None = None


def min_volume_ml(min_lesion_mm: float) -> float:
    """Return the volume in mL of the sphere with a diameter in mm."""
    return math.pi / 6 * min_lesion_mm**3 / MM3_PER_ML


def find_candidates(
    segments: Sequence[Segment], unit: LesionUnit, *, min_lesion_mm: float, connectivity: int
) -> Candidates:
    """Find what is drawn as lesions.

    Where the unit is the segment, each segment is one lesion: its components above the smallest size together.
    Otherwise each connected component of the union of the segments is one; where slices are missing again and again
    (two or more runs of them), the components on both sides are one. Components whose equivalent diameter is below
    ``min_lesion_mm`` are specks.

    Parameters
    ----------
    segments
        Those of role ``lesion``; empty ones are passed over.

    Returns
    -------
    Candidates
        None of either kind, and the reason ``LESION_MANY``, for masks that fall into more components than any
        patient has lesions.
    """
    filled = [segment for segment in segments if not segment.mask.is_empty]
    if is_scattered([segment.mask for segment in filled], MAX_COMPONENTS, MAX_BOX_VOXELS):
        return _too_many(f"more than {MAX_COMPONENTS} components")
    least = min_volume_ml(min_lesion_mm)
    split = {id(segment.mask): split_components(segment.mask, connectivity, least) for segment in filled}
    alone = [segment for segment in filled if _is_unit(segment, filled, unit, split)]
    lesions, specks = [], []
    for segment in alone:
        large, small = split[id(segment.mask)]
        if large:
            lesions.append(Candidate(unite(large), name_of(segment), segment.tracking_uid, len(large)))
        specks += [Candidate(part, name_of(segment)) for part in small]
    rest = [segment for segment in filled if not any(segment is other for other in alone)]
    for group in group_by_grid([segment.mask for segment in rest]):
        members = [rest[number] for number in group]
        large, small = _split_union(members, split, connectivity, least)
        lesions += [_component(unite(body), members, large, len(body)) for body in _find_bodies(members, large)]
        specks += [_component(part, members, large) for part in small]
    if len(lesions) > MAX_LESIONS:
        return _too_many(f"more than {MAX_LESIONS} lesions")
    return Candidates(tuple(lesions), tuple(specks))


def _too_many(what: str) -> Candidates:
    return Candidates((), (), f"LESION_MANY: the lesion masks fall into {what}; they are noise, or no lesion masks")


Split = tuple[list[Mask], list[Mask]]
"""Components of at least the smallest size, and specks."""


def split_components(mask: Mask, connectivity: int, least_ml: float) -> Split:
    """Return the large and the small connected components of a mask."""
    large: list[Mask] = []
    small: list[Mask] = []
    for part in find_components(mask, connectivity):
        (large if mask_volume_ml(part) >= least_ml * (1 - 1e-9) else small).append(part)
    return large, small


def _split_union(members: list[Segment], split: dict[int, Split], connectivity: int, least_ml: float) -> Split:
    """Return the large and small components of the union of segments on one grid."""
    if len(members) == 1:
        return split[id(members[0].mask)]
    return split_components(unite([member.mask for member in members]), connectivity, least_ml)


def _is_unit(segment: Segment, filled: list[Segment], unit: LesionUnit, split: dict[int, Split]) -> bool:
    """Tell whether a segment is one lesion by itself.

    Automatic: where two or more segments of one object are lesions and most of them are a single component, or would
    be with the slices that are missing in them.
    """
    if unit is not LesionUnit.AUTO:
        return unit is LesionUnit.SEGMENT
    siblings = [other for other in filled if other.source == segment.source]
    single = [other for other in siblings if _is_single(other, split)]
    return len(siblings) >= 2 and 2 * len(single) > len(siblings)


def _is_single(segment: Segment, split: dict[int, Split]) -> bool:
    """Tell whether a segment is a single component but for slices that are missing in it."""
    large = split[id(segment.mask)][0]
    return len(large) <= 1 or len(join_across_gaps(segment.mask, large).bodies) == 1


def _find_bodies(members: list[Segment], large: list[Mask]) -> list[list[Mask]]:
    """Return the components of segments on one grid, those together between which slices are missing repeatedly."""
    if len(large) < 2:
        return [[part] for part in large]
    joined = join_across_gaps(unite([member.mask for member in members]), large)
    return joined.bodies if joined.runs > 1 else [[part] for part in large]


def _component(part: Mask, members: list[Segment], lesions: list[Mask], components: int = 1) -> Candidate:
    """Return a component with the label of the segments it comes from.

    The tracking UID is kept when it can only mean this one lesion.
    """
    from_segments = [segment for segment in members if count_shared(part, segment.mask)]
    label = " + ".join(name_of(segment) for segment in from_segments)
    only = from_segments[0] if len(from_segments) == 1 else None
    if only is None or only.tracking_uid is None:
        return Candidate(part, label, None, components)
    others = [mask for mask in lesions if not count_shared(mask, part) and count_shared(mask, only.mask)]
    return Candidate(part, label, None if others else only.tracking_uid, components)


def name_of(segment: Segment) -> str:
    """Return a segment's own name with its number: ``Tumor_3 (7)``."""
    return segment.name if segment.number is None else f"{segment.name} ({segment.number})"
