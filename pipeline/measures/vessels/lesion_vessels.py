"""Everything that is measured of lesions and vessels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pipeline.lesion import Lesion, LesionStatus, StudyMeasurements
from pipeline.measurement import Fact, Measurement
from pipeline.measures.lattices import share_lattices
from pipeline.measures.vessels.contacts import Vessel, find_interruptions, measure_contacts
from pipeline.measures.vessels.great_vessels import find_great_vessel_facts
from pipeline.measures.vessels.trees import find_trees
from pipeline.measures.vessels.wide_vessels import measure_wide_vessels
from pipeline.study import Study

Quantity = TypeVar("Quantity")


@dataclass(frozen=True, eq=False)
class Relations:
    """What lesions and vessels are to each other: measurements and facts by lesion id; facts of the great vessels."""

    measurements: Mapping[str, Mapping[str, Measurement]]
    facts: Mapping[str, Mapping[str, Fact]]
    great: tuple[Fact, ...]


def find_vessels(study: Study, limit_mm: float) -> dict[str, Vessel]:
    """Return the vessels that are drawn, by name.

    Parameters
    ----------
    limit_mm
        Pieces of a vessel smaller than a ball of this diameter do not tell that it is interrupted.
    """
    return {name: Vessel(tree, limit_mm) for name, tree in find_trees(study).items()}


def measure_vessels(
    study: Study, lesions: Sequence[Lesion], vessels: Mapping[str, Vessel], limit_mm: float
) -> tuple[Lesion, ...]:
    """Return the lesions with their distance to wide vessels, contact arcs and interruptions; specks as they are.

    Parameters
    ----------
    lesions
        Measured, with their ``volume_ml``.
    limit_mm
        Local diameter from which on a vessel is wide.
    """
    asked = [lesion for lesion in lesions if lesion.status is not LesionStatus.SPECK]
    trees = {name: vessel.tree for name, vessel in vessels.items()}
    wide = measure_wide_vessels(study, asked, trees, limit_mm)
    found = {
        lesion.id: replace(
            lesion,
            measurements={
                **lesion.measurements,
                distance.name: distance,
                **measure_contacts(study, lesion, vessels),
            },
            facts={**lesion.facts, **find_interruptions(lesion, vessels)},
        )
        for lesion, distance in zip(asked, wide, strict=True)
    }
    return tuple(found.get(lesion.id, lesion) for lesion in lesions)


def relate(study: Study, lesions: Sequence[Lesion], limit_mm: float) -> Relations:
    """Return what the lesions and vessels of a study are to each other.

    Parameters
    ----------
    lesions
        Of the study with its lattices shared, with their ``volume_ml``.
    limit_mm
        Local diameter in mm from which on a vessel is wide, and of the smallest ball that counts as a piece of one.
    """
    study = share_lattices(study)
    vessels = find_vessels(study, limit_mm)
    found = measure_vessels(study, lesions, vessels, limit_mm)
    pairs = list(zip(lesions, found, strict=True))
    return Relations(
        {new.id: _added(old.measurements, new.measurements) for old, new in pairs},
        {new.id: _added(old.facts, new.facts) for old, new in pairs},
        find_great_vessel_facts(found, vessels, None),
    )


def _added(before: Mapping[str, Quantity], after: Mapping[str, Quantity]) -> dict[str, Quantity]:
    """Return what a mapping has that it had not before."""
    return {name: value for name, value in after.items() if name not in before}


def add_vessels(measured: StudyMeasurements, found: Relations, given: Mapping[str, Fact]) -> StudyMeasurements:
    """Return measurements with those of lesions and vessels, and what the masks say of the great vessels.

    Parameters
    ----------
    given
        Facts of the clinical record: what it states of the great vessels stands.
    """
    lesions = tuple(
        replace(
            lesion,
            measurements={**lesion.measurements, **found.measurements[lesion.id]},
            facts={**lesion.facts, **found.facts[lesion.id]},
        )
        for lesion in measured.lesions
    )
    doubt = _why_more_lesions(measured)
    great = found.great if doubt is None else tuple(Fact(fact.name, None, doubt) for fact in found.great)
    stated = {name for name, fact in given.items() if fact.value is not None}
    facts = {fact.name: fact for fact in great if fact.name not in stated}
    return replace(measured, lesions=lesions, facts={**measured.facts, **facts})


def _why_more_lesions(measured: StudyMeasurements) -> str | None:
    """Return why there may be more lesions than are listed; None where all are."""
    if not measured.lesions_known:
        return measured.lesions_reason
    total = measured.measurements["total_liver_volume_ml"].reason
    return None if total is None else f"{total}; it may hold more lesions"
