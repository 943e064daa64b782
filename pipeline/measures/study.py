"""Everything that is measured of one study, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.lesion import Lesion, LesionStatus, StudyMeasurements
from pipeline.measurement import Fact, Location, Measurement
from pipeline.measures.body_ratios import measure_body_ratios
from pipeline.measures.body_size import measure_body
from pipeline.measures.border import reaches_border
from pipeline.measures.distribution import find_distribution, place_lesion
from pipeline.measures.findings import add_flags, check_lesions, report_reasons
from pipeline.measures.grids import unite
from pipeline.measures.lattices import share_lattices
from pipeline.measures.lesion_measures import measure_lesion
from pipeline.measures.lesion_totals import UNITS, measure_lesion_totals
from pipeline.measures.lesions import LesionSet, count_interval, find_lesions
from pipeline.measures.liver_volumes import LiverVolumes, measure_liver
from pipeline.measures.locations import locate_largest_slice
from pipeline.measures.missing_slices import check_missing, find_missing, flag_sparse
from pipeline.measures.quality import (
    LesionKnowledge,
    find_liver,
    find_lost,
    judge_lesions,
    judge_liver,
    lesion_state_fact,
)
from pipeline.measures.remnant import REMNANT_QUANTITIES, Remnant, check_remnant, find_remnant
from pipeline.measures.structure_volumes import measure_structures
from pipeline.measures.uncertainty import mask_volume_interval
from pipeline.measures.volumes import mask_volume_ml
from pipeline.measures.volumetry import Places, Reasons, measure_remnant, measure_volumes
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, Finding, Segment, Study, Unmapped
from pipeline.volume import Mask

LIVER_QUANTITIES = (
    "total_liver_volume_ml",
    "functional_liver_volume_ml",
    "tumour_burden_percent",
    "functional_to_estimated_liver_percent",
    *REMNANT_QUANTITIES,
)
LESION_QUANTITIES = (*UNITS, "total_lesion_volume_ml", *LIVER_QUANTITIES)
TOUCHED_BY_GAPS = (
    (Role.LIVER, LESION_QUANTITIES),
    (Role.REMNANT, REMNANT_QUANTITIES),
    (Role.RESECTION, REMNANT_QUANTITIES),
)
"""What lacks something where slices are missing inside a structure."""
TOUCHED_BY_STEPS = (
    (Role.LESION, LESION_QUANTITIES),
    (Role.LIVER, LIVER_QUANTITIES),
    (Role.REMNANT, REMNANT_QUANTITIES),
    (Role.RESECTION, REMNANT_QUANTITIES),
)
"""What is less sure where a structure was not drawn on every slice."""


@dataclass(frozen=True, eq=False)
class Liver:
    """The liver as measured.

    Parameters
    ----------
    total
        Liver mask with the intrahepatic lesions; None without a liver mask.
    lesions
        Union of the intrahepatic lesions; None without one.
    """

    total: Mask | None
    lesions: Mask | None
    remnant: Remnant
    volumes: LiverVolumes | None
    reasons: Reasons


def measure_study(
    study: Study,
    clinical: ClinicalRecord,
    *,
    min_lesion_mm: float,
    connectivity: int,
    bsa_formula: str,
    etlv_formula: str,
) -> StudyMeasurements:
    """Measure one study: its lesions, its liver and its remnant.

    Definitions of every quantity: docs/measurements.md. What is not known has no value and carries its reason.

    Parameters
    ----------
    min_lesion_mm
        Equivalent diameter in mm below which a component is a speck.
    connectivity
        6, 18 or 26: neighbours that make a component.
    bsa_formula, etlv_formula
        Names of formulas of ``pipeline.measures.body_size``; an unknown one raises ValueError.
    """
    study = share_lattices(study)
    mask = find_liver(study)
    found = find_lesions(study, mask, min_lesion_mm=min_lesion_mm, connectivity=connectivity)
    knowledge = judge_lesions(study, clinical, mask, found)
    lesions = tuple(_measure_and_place(study, lesion) for lesion in found.all)
    counted = tuple(lesion for lesion in lesions if lesion.status is LesionStatus.INTRAHEPATIC)
    liver = _measure_liver(study, mask, found, knowledge)
    body = measure_body(clinical.facts, bsa_formula=bsa_formula, etlv_formula=etlv_formula)
    measurements = (
        *_measure_totals(study, counted, min_lesion_mm, knowledge),
        *_measure_liver_quantities(study, liver, body[1], clinical),
        *body,
    )
    missing = find_missing(study)
    gaps = check_missing(study.segments, missing, TOUCHED_BY_GAPS)
    cautions = (*check_lesions(study, found, min_lesion_mm), *_check_remnant(liver))
    findings = (*_report_absences(liver.reasons), *gaps, *cautions)
    flagging = (*study.findings, *findings, *flag_sparse(study.segments, TOUCHED_BY_STEPS))
    return StudyMeasurements(
        lesions=lesions,
        structure_volumes=measure_structures(study, missing),
        structure_complete=_find_complete(study),
        measurements=add_flags(measurements, flagging),
        facts=_find_facts(counted, knowledge, liver),
        findings=findings,
        lesions_known=knowledge.known,
        lesions_reason=knowledge.reason,
    )


def _measure_totals(
    study: Study, counted: Sequence[Lesion], min_lesion_mm: float, knowledge: LesionKnowledge
) -> list[Measurement]:
    """Return what is measured of all lesions in the liver together."""
    count = count_interval(counted, min_lesion_mm, len(find_lost(study)))
    return measure_lesion_totals(counted, count, knowledge.reason)


def _find_complete(study: Study) -> tuple[bool, ...]:
    """Return for each drawn structure whether it lies inside the scan."""
    drawn: tuple[Segment | Unmapped, ...] = (*study.segments, *study.unmapped)
    return tuple(not reaches_border(item.mask, study.image.geometry) for item in drawn)


def _find_facts(counted: Sequence[Lesion], knowledge: LesionKnowledge, liver: Liver) -> dict[str, Fact]:
    """Return what is known of a study in words."""
    facts = (
        find_distribution(counted, knowledge.reason),
        lesion_state_fact(knowledge),
        _remnant_tumour_free(liver.remnant),
    )
    return {fact.name: fact for fact in facts}


def _measure_and_place(study: Study, lesion: Lesion) -> Lesion:
    """Return a lesion measured and, unless it is a speck, placed in the liver's segments."""
    measured = measure_lesion(study, lesion)
    return measured if lesion.status is LesionStatus.SPECK else place_lesion(study, measured)


def _measure_liver(study: Study, liver: Mask | None, found: LesionSet, knowledge: LesionKnowledge) -> Liver:
    """Return total liver, lesions and remnant, their volumes, and why any of them is not known."""
    masks = [lesion.mask for lesion in found.intrahepatic]
    lesions = unite(masks) if masks else None
    total = None if liver is None else unite([liver] if lesions is None else [liver, lesions])
    incomplete = judge_liver(study, liver, found)
    blocked = knowledge.reason if incomplete is None or _is_cut(incomplete) else incomplete
    remnant = find_remnant(study, total, lesions, blocked)
    at_border = remnant.kept is not None and reaches_border(remnant.kept, study.image.geometry)
    cut = incomplete if at_border else None
    reasons = Reasons(
        total=incomplete,
        lesions=knowledge.reason,
        remnant=remnant.reason or cut,
        ratio=remnant.reason or incomplete or remnant.ratio_reason,
    )
    volumes = None if total is None else measure_liver(total, lesions, remnant.kept)
    return Liver(total, lesions, remnant, volumes, reasons)


def _is_cut(reason: str) -> bool:
    """Tell whether the only trouble is a liver at the border of the scan: parts inside it can still be measured."""
    return reason.startswith("FOV_CUT")


def _measure_liver_quantities(
    study: Study, liver: Liver, estimated: Measurement, clinical: ClinicalRecord
) -> list[Measurement]:
    """Return volumes of the liver and its remnant, and their ratios."""
    masks = (liver.total, liver.lesions, liver.remnant.kept)
    places = Places(*(_place(study, mask) for mask in masks))
    volumes, reasons = liver.volumes, liver.reasons
    return [
        *measure_volumes(volumes, reasons, places),
        *measure_remnant(volumes, reasons, places, liver.remnant.method),
        _measure_remnant_lesions(study, liver.remnant),
        *measure_body_ratios(volumes, reasons, places, estimated, clinical.facts),
    ]


def _place(study: Study, mask: Mask | None) -> Location | None:
    """Return the slice in which a mask is largest, if there is one."""
    return None if mask is None else locate_largest_slice(study, mask)


def _measure_remnant_lesions(study: Study, remnant: Remnant) -> Measurement:
    """Return the volume of lesions in the remnant, which the remnant's volume leaves out."""
    name, masks = "remnant_lesion_volume_ml", ("remnant", "lesion")
    if remnant.lesions is None:
        return Measurement(name, None, "mL", reason=remnant.reason, masks=masks)
    volume = mask_volume_ml(remnant.lesions)
    interval = mask_volume_interval(remnant.lesions, volume)
    where = locate_largest_slice(study, remnant.lesions)
    method = "lesions within the remnant mask"
    return Measurement(name, volume, "mL", interval.low, interval.high, None, method, masks, where)


def _remnant_tumour_free(remnant: Remnant) -> Fact:
    """Return whether no lesion lies in the remnant."""
    name = "remnant_tumour_free"
    if remnant.lesions is None:
        return Fact(name, None, remnant.reason)
    return Fact(name, remnant.lesions.is_empty, source="remnant and lesion masks")


def _check_remnant(liver: Liver) -> tuple[Finding, ...]:
    """Return the findings on the remnant."""
    inside = liver.remnant.lesions
    return check_remnant(liver.remnant, None if inside is None else mask_volume_ml(inside))


def _report_absences(reasons: Reasons) -> tuple[Finding, ...]:
    """Return findings for what is not published; a remnant that is not given is no finding.

    A liver at the border of the scan touches the lesions as well: there may be more of them outside it.
    """
    cut = reasons.total is not None and _is_cut(reasons.total)
    remnant = None if reasons.remnant is not None and reasons.remnant.startswith("NO_REMNANT") else reasons.remnant
    return report_reasons(
        (reasons.lesions, LESION_QUANTITIES),
        (reasons.total, (*LIVER_QUANTITIES, *LESION_QUANTITIES) if cut else LIVER_QUANTITIES),
        (remnant, REMNANT_QUANTITIES),
    )
