"""Everything that is measured of one study, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.anatomy import Anatomy, AnatomyLimits
from pipeline.lesion import Lesion, LesionStatus, StudyMeasurements
from pipeline.measurement import Fact, Measurement
from pipeline.measures.body_size import measure_body
from pipeline.measures.border import reaches_border
from pipeline.measures.couinaud import SEGMENT_VOLUMES
from pipeline.measures.distances import Surroundings, measure_distances, summarise_distances, summarise_treated
from pipeline.measures.distribution import find_distribution, place_lesion
from pipeline.measures.findings import add_flags, check_lesions, report_reasons
from pipeline.measures.image_facts import describe_image
from pipeline.measures.lattices import share_lattices
from pipeline.measures.lesion_measures import measure_lesion
from pipeline.measures.lesion_totals import UNITS, measure_lesion_totals
from pipeline.measures.lesions import LesionSet, count_interval, find_lesions
from pipeline.measures.liver import (
    LIVER_QUANTITIES,
    Liver,
    check_liver,
    find_tumour_free,
    is_cut,
    measure_liver_quantities,
    measure_whole_liver,
)
from pipeline.measures.liver_holes import fill_liver
from pipeline.measures.missing_slices import check_missing, find_missing, flag_sparse
from pipeline.measures.quality import LesionKnowledge, find_liver, find_lost, judge_lesions, lesion_state_fact
from pipeline.measures.remnant import PLAN_QUANTITIES, REMNANT_QUANTITIES
from pipeline.measures.remnant_findings import is_refused
from pipeline.measures.structure_volumes import measure_structures
from pipeline.measures.unusable_plans import say_unusable
from pipeline.measures.volumetry import Reasons
from pipeline.resection import Resections
from pipeline.structures import Role
from pipeline.study import ClinicalRecord, Finding, Segment, Study, Unmapped

LESION_QUANTITIES = (*UNITS, "total_lesion_volume_ml", *LIVER_QUANTITIES)
TOUCHED_BY_GAPS = (
    (Role.LIVER, (*LESION_QUANTITIES, *SEGMENT_VOLUMES)),
    (Role.REMNANT, PLAN_QUANTITIES),
    (Role.RESECTION, PLAN_QUANTITIES),
)
"""What lacks something where slices are missing inside a structure."""
TOUCHED_BY_STEPS = (
    (Role.LESION, LESION_QUANTITIES),
    (Role.LIVER, (*LIVER_QUANTITIES, *SEGMENT_VOLUMES)),
    (Role.REMNANT, PLAN_QUANTITIES),
    (Role.RESECTION, PLAN_QUANTITIES),
)
"""What is less sure where a structure was not drawn on every slice."""


def measure_study(
    study: Study,
    clinical: ClinicalRecord,
    *,
    min_lesion_mm: float,
    connectivity: int,
    bsa_formula: str,
    etlv_formula: str,
    resections: Resections | None = None,
    limits: AnatomyLimits | None = None,
    more_findings: Callable[[], Sequence[Finding]] = tuple,
) -> StudyMeasurements:
    """Measure one study (docs/measurements.md): what is not known has no value and carries its reason.

    Parameters
    ----------
    min_lesion_mm, connectivity
        Equivalent diameter in mm below which a component is a speck. 6, 18 or 26: neighbours that make a component.
    bsa_formula, etlv_formula, resections, limits
        Names of formulas of ``pipeline.measures.body_size``; an unknown one raises ValueError. Resections that a record
        may name. When plans by segments in another order are refused.
    more_findings
        Returns further findings on the study; asked for at the end.
    """
    study = share_lattices(study)
    mask = find_liver(study)
    found = find_lesions(study, mask, min_lesion_mm=min_lesion_mm, connectivity=connectivity)
    knowledge = judge_lesions(study, clinical, mask, found)
    liver = measure_whole_liver(study, mask, found, knowledge, clinical.facts, resections, limits)
    missing, around = find_missing(study), _find_surroundings(study, liver, found)
    lesions = measure_distances(study, [_measure_and_place(study, lesion) for lesion in found.all], missing, around)
    counted = tuple(lesion for lesion in lesions if lesion.status is LesionStatus.INTRAHEPATIC)
    body = measure_body(clinical.facts, bsa_formula=bsa_formula, etlv_formula=etlv_formula)
    structures = measure_structures(study, missing)
    of_lesions = (*_measure_totals(study, lesions, knowledge), *summarise_distances(counted, around, clinical.facts))
    measurements = (*of_lesions, *measure_liver_quantities(study, liver, body, clinical, structures))
    cautions = (*check_lesions(study, found, min_lesion_mm), *check_liver(study, liver, around.solid, measurements))
    unusable = say_unusable(study, clinical, liver.total, liver.lesions, liver.division, liver.remnant)
    findings = (*_report_trouble(study, liver.reasons, missing), *cautions, *unusable)
    return StudyMeasurements(
        lesions=lesions,
        structure_volumes=structures,
        structure_complete=_find_complete(study),
        measurements=_flag(study, measurements, (*more_findings(), *findings)),
        facts=_find_facts(study, counted, knowledge, liver),
        findings=findings,
        lesions_known=knowledge.known,
        lesions_reason=knowledge.reason,
        anatomy=_find_anatomy(liver),
    )


def _find_anatomy(liver: Liver) -> Anatomy:
    """Return the masks that planning starts from."""
    reasons = liver.reasons
    return Anatomy(
        liver.total,
        liver.lesions,
        {} if liver.division.order_reason else liver.division.parts,
        liver.remnant.whole,
        reasons.total or reasons.lesions,
        liver.division.reason or liver.division.order_reason,
    )


def _find_surroundings(study: Study, liver: Liver, found: LesionSet) -> Surroundings:
    """Return what of the liver distances are measured to."""
    reasons, total = liver.reasons, liver.total
    hidden = None if reasons.total is not None and is_cut(reasons.total) else reasons.total
    filled = None if total is None or hidden is not None or not found.all else fill_liver(study, total)
    solid = None if filled is total else filled
    return Surroundings(total, hidden, reasons.lesions, liver.remnant.whole, liver.remnant.reason, solid)


def _measure_totals(study: Study, lesions: Sequence[Lesion], knowledge: LesionKnowledge) -> list[Measurement]:
    """Return what is measured of all lesions in the liver together, and of all treated ones."""
    counted = [lesion for lesion in lesions if lesion.status is LesionStatus.INTRAHEPATIC]
    count = count_interval(counted, len(find_lost(study)))
    totals = measure_lesion_totals(counted, count, knowledge.reason)
    return [*totals, *summarise_treated(lesions, knowledge.reason)]


def _find_complete(study: Study) -> tuple[bool, ...]:
    """Return for each drawn structure whether it lies inside the scan."""
    drawn: tuple[Segment | Unmapped, ...] = (*study.segments, *study.unmapped)
    return tuple(not reaches_border(item.mask, study.image.geometry) for item in drawn)


def _find_facts(study: Study, counted: Sequence[Lesion], knowledge: LesionKnowledge, liver: Liver) -> dict[str, Fact]:
    """Return what is known of a study in words."""
    facts = (
        find_distribution(counted, knowledge.reason),
        lesion_state_fact(knowledge),
        find_tumour_free(liver.remnant),
        *describe_image(study),
    )
    return {fact.name: fact for fact in facts}


def _measure_and_place(study: Study, lesion: Lesion) -> Lesion:
    """Return a lesion measured and, unless it is a speck, placed in the liver's segments."""
    measured = measure_lesion(study, lesion)
    return measured if lesion.status is LesionStatus.SPECK else place_lesion(study, measured)


def _flag(study: Study, measurements: Sequence[Measurement], findings: Sequence[Finding]) -> dict[str, Measurement]:
    """Return the measurements by name with the codes of what touches them."""
    return add_flags(measurements, (*study.findings, *findings, *flag_sparse(study.segments, TOUCHED_BY_STEPS)))


def _report_trouble(study: Study, reasons: Reasons, missing: Sequence[int]) -> tuple[Finding, ...]:
    """Return findings for what is not published, and for slices missing inside structures."""
    return (*_report_absences(reasons), *check_missing(study.segments, missing, TOUCHED_BY_GAPS))


def _report_absences(reasons: Reasons) -> tuple[Finding, ...]:
    """Return findings for what is not published; a remnant that is not given is no finding.

    A liver at the border of the scan touches the lesions as well: there may be more of them outside it.
    """
    cut = reasons.total is not None and is_cut(reasons.total)
    remnant = reasons.remnant if is_refused(reasons.remnant) else None
    return report_reasons(
        (reasons.lesions, LESION_QUANTITIES),
        (reasons.total, (*LIVER_QUANTITIES, *LESION_QUANTITIES) if cut else LIVER_QUANTITIES),
        (remnant, REMNANT_QUANTITIES),
    )
