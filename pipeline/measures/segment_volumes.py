"""Volumes of the liver's Couinaud segments, which add up to the total liver, and of the spleen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.measurement import Measurement
from pipeline.measures.border import reaches_border
from pipeline.measures.couinaud import HALVES, SEGMENT_VOLUMES, Division
from pipeline.measures.grids import unite
from pipeline.measures.locations import locate_largest_slice
from pipeline.measures.uncertainty import mask_volume_interval
from pipeline.measures.volumes import describe_volume, mask_volume_ml
from pipeline.structures import Role
from pipeline.study import Segment, Study
from pipeline.volume import Mask

METHOD = "voxels of the total liver in the segment; the segments' volumes add up to the total liver volume"


def measure_segments(
    study: Study, division: Division, reason: str | None, structures: Sequence[Measurement]
) -> list[Measurement]:
    """Return ``segment_1_volume_ml`` to ``segment_8_volume_ml``; of the halves 4a and 4b too, where both are drawn.

    The parts of the total liver (with its lesions), to the voxel: volumes 1 to 8 add up to ``total_liver_volume_ml``.

    Parameters
    ----------
    reason
        Why the total liver is not measured, if it is not. In one that the scan cuts, segments inside the scan are.
    structures
        Volumes of the study's segments as they are drawn, in their order.
    """
    parts = dict(division.parts)
    halves = [parts[half] for half in HALVES if half in parts]
    if halves:
        parts[Role.SEGMENT_4] = unite(halves)
    names = {Role(name.removesuffix("_volume_ml")): name for name in SEGMENT_VOLUMES}
    names |= {half: f"{half.value}_volume_ml" for half in HALVES if half in parts}
    why = division.reason or reason
    return [_measure(study, name, parts.get(role), why, structures) for role, name in names.items()]


def _measure(
    study: Study, name: str, part: Mask | None, reason: str | None, structures: Sequence[Measurement]
) -> Measurement:
    """Return the volume of one part."""
    role = Role(name.removesuffix("_volume_ml"))
    masks = (role.value, "liver", "lesion")
    if reason is not None and reason.startswith("FOV_CUT") and part is not None:
        reason = reason if reaches_border(part, study.image.geometry) else None
    if reason is not None or part is None:
        why = reason or f"NO_SEGMENTS: no mask of {role.value.replace('_', ' ')} with a voxel in the liver is given"
        return Measurement(name, None, "mL", reason=why, masks=masks)
    volume = mask_volume_ml(part)
    low, high = _find_interval(study, role, part, volume, structures)
    method = METHOD if part.coverage is None else f"{METHOD}; {describe_volume(part)}"
    where = locate_largest_slice(study, part)
    return Measurement(name, volume, "mL", low, high, None, method, masks, where)


def _find_interval(
    study: Study, role: Role, part: Mask, volume: float, structures: Sequence[Measurement]
) -> tuple[float | None, float | None]:
    """Return the interval of a part: that of its drawn segment where they are the same voxels."""
    for segment, drawn in zip(study.segments, structures, strict=False):
        if segment.role is role and segment.mask.coverage is None and _is_same(segment.mask, part):
            return drawn.low, drawn.high
    interval = mask_volume_interval(part, volume)
    return interval.low, interval.high


def _is_same(first: Mask, second: Mask) -> bool:
    """Tell whether two masks on one grid are the same set of voxels, without shares."""
    same_place = first.offset == second.offset and first.count == second.count
    return same_place and second.coverage is None and bool(np.array_equal(first.voxels, second.voxels))


def measure_spleen(segments: Sequence[Segment], structures: Sequence[Measurement]) -> Measurement:
    """Return ``spleen_volume_ml``: the spleen's mask, where it lies wholly in the scan and lacks no slice.

    Parameters
    ----------
    structures
        Volumes of the segments, in their order.
    """
    name, masks = "spleen_volume_ml", ("spleen",)
    found = next((m for s, m in zip(segments, structures, strict=False) if s.role is Role.SPLEEN), None)
    if found is None:
        return Measurement(name, None, "mL", reason="NO_MASK: no mask of the spleen is given", masks=masks)
    cut = {
        "FOV_CUT": "FOV_CUT: the spleen touches the border of the scan, so it is not complete",
        "MASK_GAP": "MASK_GAP: slices are missing inside the spleen",
    }
    reason = found.reason or next((why for code, why in cut.items() if code in found.flags), None)
    if reason is not None:
        return Measurement(name, None, "mL", reason=reason, masks=masks)
    return replace(found, name=name, masks=masks)
