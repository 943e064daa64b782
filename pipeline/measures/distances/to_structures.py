"""Distances and overlaps of lesions with vessels and organs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from pipeline.lesion import Lesion
from pipeline.measurement import Measurement
from pipeline.measures.border import beyond_border_mm, border_gaps_mm
from pipeline.measures.distances.overlap import common_mask
from pipeline.measures.distances.reading import nearest_of, reach_beyond, read_distance
from pipeline.measures.distances.search import Distance, find_pairs
from pipeline.measures.distances.surface import Surface
from pipeline.measures.distances.targets import Target
from pipeline.measures.grids import same_grid
from pipeline.measures.locations import locate_largest_slice
from pipeline.measures.uncertainty import Interval, mask_volume_interval
from pipeline.measures.volumes import mask_volume_ml
from pipeline.study import Study
from pipeline.volume import Mask

Readings = dict[str, Measurement]


def measure_to_targets(
    study: Study, lesions: Sequence[Lesion], bodies: Sequence[Surface], targets: Mapping[str, Target]
) -> list[Readings]:
    """Return for each lesion ``dist_<name>_mm`` to every target, and ``overlap_<name>_ml`` where they share volume."""
    found: list[Readings] = [{} for _ in lesions]
    gaps = [border_gaps_mm(lesion.mask, study.image.geometry) for lesion in lesions]
    for (name, target), distances in zip(targets.items(), _find_all(bodies, [*targets.values()]), strict=True):
        for lesion, gap, distance, readings in zip(lesions, gaps, distances, found, strict=True):
            flags = (*target.flags, *grid_flags(lesion.mask, target.masks))
            unseen = beyond_border_mm(gap, target.cut)
            if distance.value_mm > unseen:
                flags = (*flags, "FOV_CUT")
            roles = tuple(role.value for role in target.roles)
            reading = read_distance(
                study, lesion, f"dist_{name}_mm", reach_beyond(distance, unseen), roles, flags=flags
            )
            readings[reading.name] = reading
            if distance.shares:
                overlap = _measure_overlap(study, lesion, target, flags)
                readings[overlap.name] = overlap
    return found


def _find_all(bodies: Sequence[Surface], targets: Sequence[Target]) -> list[list[Distance]]:
    """Return the distance of each body to the nearest mask of each target; targets of the same roles are one."""
    different = list({target.roles: target for target in targets}.values())
    surfaces = [Surface(mask) for target in different for mask in target.masks]
    found = find_pairs(bodies, surfaces, [*product(range(len(bodies)), range(len(surfaces)))])
    distances, first = {}, 0
    for target in different:
        masks = range(first, first + len(target.masks))
        distances[target.roles] = [nearest_of([found[body, mask] for mask in masks]) for body in range(len(bodies))]
        first = masks.stop
    return [distances[target.roles] for target in targets]


def grid_flags(mask: Mask, others: Sequence[Mask]) -> tuple[str, ...]:
    """Return ``GRID_OTHER`` where a mask and others are drawn on different grids."""
    return () if all(same_grid(mask.grid, other.grid) for other in others) else ("GRID_OTHER",)


def _measure_overlap(study: Study, lesion: Lesion, target: Target, flags: tuple[str, ...]) -> Measurement:
    """Return the volume that a lesion and a structure share."""
    parts = [part for mask in target.masks if not (part := common_mask(lesion.mask, mask)).is_empty]
    volume = sum(mask_volume_ml(part) for part in parts)
    intervals = [mask_volume_interval(part, mask_volume_ml(part)) for part in parts]
    whole = Interval(sum(each.low for each in intervals), sum(each.high for each in intervals))
    return Measurement(
        f"overlap_{target.name}_ml",
        volume,
        "mL",
        min(whole.low, volume),
        max(whole.high, volume),
        None,
        "volume that lesion and structure share",
        (lesion.label, *(role.value for role in target.roles)),
        locate_largest_slice(study, parts[0]) if parts else None,
        flags,
    )
