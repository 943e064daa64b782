"""Take a plan as the study's own: its remnant, margins and extent in the place of those that no record gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.anatomy import Anatomy
from pipeline.lesion import Lesion, LesionStatus, StudyMeasurements
from pipeline.measurement import Fact, Measurement
from pipeline.measures.body_ratios import measure_body_ratios
from pipeline.measures.border import reaches_border
from pipeline.measures.couinaud import SEGMENT_VOLUMES
from pipeline.measures.distances.margins import MARGIN, measure_margins, plan_margin
from pipeline.measures.distances.surface import Surface
from pipeline.measures.findings import add_flags, report_reasons
from pipeline.measures.flagging import flag_measured
from pipeline.measures.grids import unite
from pipeline.measures.liver import find_tumour_free, measure_remnant_lesions
from pipeline.measures.liver_volumes import measure_liver
from pipeline.measures.locations import locate_largest_slice
from pipeline.measures.missing_slices import flag_sparse
from pipeline.measures.plan_extent import derive_plan_facts
from pipeline.measures.remnant import REMNANT_QUANTITIES, Remnant, leave_lesions_out
from pipeline.measures.remnant_findings import check_remnant, is_refused, note_fallback
from pipeline.measures.remnant_ways import Way
from pipeline.measures.resection_plan import LIST
from pipeline.measures.volumetry import Places, Reasons, measure_remnant
from pipeline.resection import Resections
from pipeline.structures import Role
from pipeline.study import Finding, Study

BODY = ("body_surface_area_m2", "estimated_total_liver_volume_ml")
AFTER_PLAN = ("plan_relation", "kept_vessel_occluded")
"""Facts that follow from the plan by a formula: those found without it are forgotten."""
TOUCHED_BY_STEPS = ((Role.LIVER, REMNANT_QUANTITIES),)


def adopt(
    measured: StudyMeasurements,
    study: Study,
    facts: Mapping[str, Fact],
    removed: Sequence[Role],
    segments: Sequence[str],
    words: str,
    resections: Resections,
) -> StudyMeasurements:
    """Return the measurements as if the clinical record had given this plan; methods and sources say that it did not.

    Nothing that follows by a formula is computed anew: ``add_derived`` has to be asked again.

    Parameters
    ----------
    measured
        Without a plan of the record or a mask.
    facts
        Of the clinical record; what it states is not replaced. Without those that it states of another plan.
    removed
        Parts of ``measured.anatomy`` that the plan removes.
    segments
        The Couinaud segments that these are: ``5``, ``4a``.
    words
        Which plan it is, and why: ``right hepatectomy, the smallest resection that qualifies; no plan is given``.

    Raises
    ------
    ValueError
        Without a liver or its parts.
    """
    anatomy = measured.anatomy
    if anatomy is None or anatomy.total is None or not set(removed) <= set(anatomy.parts):
        raise ValueError("a plan can be adopted only on a liver that has its parts")
    remnant = _leave(anatomy, removed, words)
    lesions = _measure_lesions(measured.lesions, study, remnant, anatomy)
    found = [*_measure(measured, study, facts, remnant), *_plan_margin(measured, facts, lesions, remnant)]
    findings = (*_touch_more(measured.findings), *_check(study, anatomy, remnant, found))
    flagged = add_flags(found, (*study.findings, *findings, *flag_sparse(study.segments, TOUCHED_BY_STEPS)))
    stated = {name: fact for name, fact in measured.facts.items() if name not in AFTER_PLAN}
    result = replace(
        measured,
        lesions=lesions,
        measurements={**measured.measurements, **flagged},
        facts={**stated, **_find_facts(facts, remnant, segments, words, resections)},
        findings=findings,
        anatomy=replace(anatomy, kept=remnant.whole),
    )
    return flag_measured(result, study.findings)


def _leave(anatomy: Anatomy, removed: Sequence[Role], words: str) -> Remnant:
    """Return what stays of the liver without some of its parts."""
    kept = [mask for role, mask in anatomy.parts.items() if role not in removed]
    if not kept:
        return Remnant(reason=f"EMPTY_REMNANT: {words} removes every part of the liver")
    masks = tuple(role.value for role in anatomy.parts)
    way = Way(words, f"the liver less {words}", masks, unite(kept) if removed else anatomy.total)
    assert way.whole is not None
    return leave_lesions_out(way, way.whole, anatomy.lesions, (way,))


def _find_reasons(measured: StudyMeasurements, study: Study, remnant: Remnant) -> Reasons:
    """Return why any of the liver's volumes cannot be published."""
    total, lesions = measured.measurements["total_liver_volume_ml"].reason, measured.lesions_reason
    at_border = remnant.kept is not None and reaches_border(remnant.kept, study.image.geometry)
    cut = total if at_border else None
    return Reasons(total, lesions, remnant.reason or cut, remnant.reason or total)


def _measure(
    measured: StudyMeasurements, study: Study, facts: Mapping[str, Fact], remnant: Remnant
) -> list[Measurement]:
    """Return every quantity of the remnant."""
    reasons = _find_reasons(measured, study, remnant)
    anatomy = measured.anatomy
    assert anatomy is not None
    assert anatomy.total is not None
    volumes = measure_liver(anatomy.total, anatomy.lesions, remnant.kept)
    place = None if remnant.kept is None else locate_largest_slice(study, remnant.kept)
    places = Places(None, None, place)
    surface, estimated = (measured.measurements[name] for name in BODY)
    return [
        *measure_remnant(volumes, reasons, places, remnant.method, remnant.masks),
        measure_remnant_lesions(study, remnant),
        *measure_body_ratios(volumes, reasons, places, (surface, estimated), facts, remnant.masks)[:-1],
    ]


def _plan_margin(
    measured: StudyMeasurements, facts: Mapping[str, Fact], lesions: Sequence[Lesion], remnant: Remnant
) -> tuple[Measurement, ...]:
    """Return the planned margin; where there is none, what the record states of it stays."""
    counted = [lesion for lesion in lesions if lesion.status is LesionStatus.INTRAHEPATIC]
    margin = plan_margin(counted, remnant.whole, remnant.reason or measured.lesions_reason)
    return () if margin.value is None and margin.name in facts else (margin,)


def _measure_lesions(lesions: Sequence[Lesion], study: Study, remnant: Remnant, anatomy: Anatomy) -> tuple[Lesion, ...]:
    """Return the lesions with their margins under the plan, and nothing that was said of them without it."""
    drawn = [lesion for lesion in lesions if lesion.status is not LesionStatus.SPECK]
    bodies = [Surface(lesion.mask) for lesion in drawn]
    found = measure_margins(study, drawn, bodies, remnant.whole, anatomy.total)
    margins = {lesion.id: margin for lesion, margin in zip(drawn, found, strict=True) if margin is not None}
    return tuple(_place(lesion, margins.get(lesion.id)) for lesion in lesions)


def _place(lesion: Lesion, margin: Measurement | None) -> Lesion:
    own = {name: each for name, each in lesion.measurements.items() if name != MARGIN}
    facts = {name: each for name, each in lesion.facts.items() if name not in AFTER_PLAN}
    return replace(lesion, measurements={**own, **({} if margin is None else {MARGIN: margin})}, facts=facts)


def _touch_more(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings; those on the segments touch the remnant that they make as well."""
    return tuple(
        replace(each, touches=tuple(dict.fromkeys((*each.touches, *REMNANT_QUANTITIES))))
        if set(SEGMENT_VOLUMES) <= set(each.touches)
        else each
        for each in findings
    )


def _check(study: Study, anatomy: Anatomy, remnant: Remnant, found: Sequence[Measurement]) -> tuple[Finding, ...]:
    """Return the findings on the remnant."""
    refused = remnant.reason if is_refused(remnant.reason) else None
    return (
        *report_reasons((refused, REMNANT_QUANTITIES)),
        *check_remnant(study, remnant, anatomy.total, anatomy.lesions),
        *note_fallback(found),
    )


def _find_facts(
    facts: Mapping[str, Fact], remnant: Remnant, segments: Sequence[str], words: str, resections: Resections
) -> dict[str, Fact]:
    """Return the facts that follow from the plan; none that the record states."""
    free = find_tumour_free(remnant)
    extent = derive_plan_facts({LIST: Fact(LIST, tuple(segments))}, resections)
    own = {
        name: replace(fact, source=fact.source.replace("list of segments", words))
        for name, fact in extent.items()
        if name != LIST and name not in facts
    }
    return {free.name: free, **own}
