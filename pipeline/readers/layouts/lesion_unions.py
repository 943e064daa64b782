"""All lesions drawn once more beside the lesions one by one: ``tumor`` beside ``tumor_1`` and ``tumor_2`` (row M04)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StudyRefused
from pipeline.readers.layouts.naming import generalize, normalize
from pipeline.readers.layouts.precedence import describe_names
from pipeline.structures import Role
from pipeline.study import Finding, Segment, Severity
from pipeline.volume import Mask

CONTAINED = 0.9
"""Share of the voxels of one mask in others from which on it is drawn in them."""
LESION_QUANTITIES = ("lesion_count", "total_lesion_volume_ml", "tumour_burden_percent")


def settle_unions(segments: Sequence[Segment]) -> tuple[list[Segment], list[Finding]]:
    """Return the segments without unions of lesions that are there one by one too.

    An unnumbered lesion that holds numbered ones of its object (at least nine tenths of the voxels of each) is no
    further lesion. Where the numbered ones hold nine tenths of it in turn, they count.

    Raises
    ------
    StudyRefused
        ``PAIR_AMBIGUOUS`` when it holds more than they do: which lesions there are is not known.
    """
    lesions = [each for each in segments if each.role is Role.LESION and not each.mask.is_empty]
    numbered = [each for each in lesions if _is_numbered(each)]
    unions: list[Segment] = []
    for union in (each for each in lesions if not _is_numbered(each)):
        inside = [each for each in numbered if each.source == union.source and _is_held(each.mask, [union.mask])]
        if not inside:
            continue
        if not _is_held(union.mask, [each.mask for each in inside]):
            raise _refusal(union, inside)
        unions.append(union)
    if not unions:
        return list(segments), []
    message = (
        f"All lesions are drawn once more as one ({describe_names([each.name for each in unions])}); those drawn one "
        "by one were measured."
    )
    kept = [each for each in segments if not any(each is union for union in unions)]
    return kept, [Finding("PAIR_AMBIGUOUS", Severity.WARNING, message, LESION_QUANTITIES)]


def _is_numbered(segment: Segment) -> bool:
    key = normalize(segment.name)
    return generalize(key) != key


def _refusal(union: Segment, inside: Sequence[Segment]) -> StudyRefused:
    return StudyRefused(
        "PAIR_AMBIGUOUS",
        f"One structure ({describe_names([union.name])}) holds {len(inside)} numbered lesions "
        f"({describe_names([each.name for each in inside])}) and more than they do: it may be all lesions or one "
        "of them. Keep those that count, or name it under `ignored` in a role file (docs/roles.md).",
    )


def _is_held(mask: Mask, others: Sequence[Mask]) -> bool:
    """Tell whether nine tenths of a mask's voxels lie in other masks."""
    held = np.zeros(mask.voxels.shape, dtype=np.bool_)
    for other in others:
        held |= _shared(mask, other)
    return bool(np.count_nonzero(held) >= CONTAINED * mask.count)


def _shared(mask: Mask, other: Mask) -> NDArray[np.bool_]:
    """Return which voxels of a mask's block lie in another mask; on another grid, which voxel centres do."""
    if mask.grid is other.grid or (mask.grid.shape == other.grid.shape and mask.grid.same_axes(other.grid)):
        return mask.voxels & other.within(mask.box)
    found = np.zeros(mask.voxels.shape, dtype=np.bool_)
    places = np.argwhere(mask.voxels)
    points = mask.grid.to_world(places.astype(np.float64) + np.array(mask.offset))
    index = np.rint(other.grid.to_index(points)).astype(np.int64) - np.array(other.offset)
    inside = ((index >= 0) & (index < np.array(other.voxels.shape))).all(axis=1)
    found[tuple(places[inside].T)] = other.voxels[tuple(index[inside].T)]
    return found
