"""Every distance of a study's lesions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.lesion import Lesion, LesionStatus
from pipeline.measurement import Fact, Measurement
from pipeline.measures.distances.ablation import leave_out, measure_ablation
from pipeline.measures.distances.ablation_limit import find_limit
from pipeline.measures.distances.capsule import measure_capsule
from pipeline.measures.distances.clusters import measure_clusters
from pipeline.measures.distances.groups import add_groups
from pipeline.measures.distances.margins import find_main_vessel_distance, measure_margins, plan_margin
from pipeline.measures.distances.neighbours import measure_neighbours
from pipeline.measures.distances.surface import Surface
from pipeline.measures.distances.targets import find_targets
from pipeline.measures.distances.to_structures import measure_to_targets
from pipeline.measures.grids import same_grid, unite
from pipeline.measures.liver_holes import CODE as HOLES
from pipeline.structures import Role
from pipeline.study import Study
from pipeline.volume import Mask


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What of the liver distances are measured to, and why any of it is not known (``CODE: sentence``).

    Parameters
    ----------
    total
        Liver with its intrahepatic lesions; None without one.
    total_reason
        Why its surface cannot be trusted. A liver that reaches the border of the scan can.
    lesions_reason
        Why it is not known which lesions there are.
    kept
        What a planned resection keeps, the lesions in it included; None without a plan.
    kept_reason
        Why that is not known.
    solid
        The total liver with its holes filled, of which the surface is the capsule; None where it has none.
    """

    total: Mask | None
    total_reason: str | None
    lesions_reason: str | None
    kept: Mask | None
    kept_reason: str | None
    solid: Mask | None = None


def measure_distances(
    study: Study, lesions: Sequence[Lesion], missing: Sequence[int], liver: Surroundings
) -> tuple[Lesion, ...]:
    """Return lesions with their distances; specks as they are.

    Parameters
    ----------
    lesions
        Already measured.
    missing
        Number of slices that are missing inside each segment of the study.
    """
    drawn = [lesion for lesion in lesions if lesion.status is not LesionStatus.SPECK]
    if not drawn:
        return tuple(lesions)
    bodies = [Surface(lesion.mask) for lesion in drawn]
    readings = measure_to_targets(study, drawn, bodies, find_targets(study, missing))
    found = [add_groups(lesion, own) for lesion, own in zip(drawn, readings, strict=True)]
    for own, neighbour in zip(found, measure_neighbours(study, drawn, bodies, liver.lesions_reason), strict=True):
        own[neighbour.name] = neighbour
    for number, cluster in measure_clusters(study, drawn, bodies).items():
        found[number][cluster.name] = cluster
    for own, margin in zip(found, measure_margins(study, drawn, bodies, liver.kept, liver.total), strict=True):
        own |= {} if margin is None else {margin.name: margin}
    _add_capsule(study, drawn, bodies, liver, found)
    _add_ablation(study, drawn, liver, found)
    measured = {lesion.id: own for lesion, own in zip(drawn, found, strict=True)}
    return tuple(
        replace(lesion, measurements={**lesion.measurements, **measured.get(lesion.id, {})}) for lesion in lesions
    )


def summarise_distances(
    lesions: Sequence[Lesion], liver: Surroundings, given: Mapping[str, Fact]
) -> tuple[Measurement, ...]:
    """Return the study's own distances: of the plan, and to the main vessels.

    Parameters
    ----------
    lesions
        The intrahepatic lesions with their distances.
    given
        The clinical record: what it states and the masks do not tell is left to it.
    """
    kept_reason = liver.kept_reason or liver.lesions_reason
    found = (
        plan_margin(lesions, liver.kept, kept_reason),
        find_main_vessel_distance(lesions, liver.lesions_reason),
    )
    return tuple(one for one in found if one.value is not None or one.name not in given)


def _add_capsule(
    study: Study,
    lesions: Sequence[Lesion],
    bodies: Sequence[Surface],
    liver: Surroundings,
    found: Sequence[dict[str, Measurement]],
) -> None:
    """Add the distances of the intrahepatic lesions to the capsule."""
    inside = [n for n, lesion in enumerate(lesions) if lesion.status is LesionStatus.INTRAHEPATIC]
    if not inside:
        return
    asked, surfaces = [lesions[number] for number in inside], [bodies[number] for number in inside]
    readings = measure_capsule(study, asked, surfaces, liver.solid or liver.total, liver.total_reason)
    holes = (HOLES,) if liver.solid is not None else ()
    for number, own in zip(inside, readings, strict=True):
        found[number].update({name: replace(one, flags=(*one.flags, *holes)) for name, one in own.items()})


def _add_ablation(
    study: Study, lesions: Sequence[Lesion], liver: Surroundings, found: Sequence[dict[str, Measurement]]
) -> None:
    """Add the margins of the treated lesions."""
    zones = [zone.mask for zone in study.segments_of(Role.ABLATION_ZONE) if not zone.mask.is_empty]
    solid = None if liver.total_reason is not None else liver.solid or liver.total
    for lesion, own in zip(lesions, found, strict=True):
        near = [zone for zone in zones if same_grid(zone.grid, lesion.mask.grid)]
        if lesion.status is not LesionStatus.TREATED:
            continue
        if len(near) < len(zones):
            own |= leave_out(lesion)
            continue
        zone = unite(near)
        limit = find_limit(study, lesion, zone, solid, liver.total_reason)
        own |= measure_ablation(study, lesion, zone, liver.total, limit)
