"""The liver of a study: its segments, its remnant, their volumes, and why any of them is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.anatomy import AnatomyLimits
from pipeline.measurement import Fact, Location, Measurement
from pipeline.measures.body_ratios import measure_body_ratios
from pipeline.measures.border import reaches_border
from pipeline.measures.couinaud import SEGMENT_VOLUMES, Division, divide_liver
from pipeline.measures.couinaud_findings import check_division
from pipeline.measures.grids import unite
from pipeline.measures.lesions import LesionSet
from pipeline.measures.liver_holes import check_holes
from pipeline.measures.liver_volumes import LiverVolumes, measure_liver
from pipeline.measures.locations import locate_largest_slice
from pipeline.measures.plans.segment_order import refuse_order
from pipeline.measures.quality import LesionKnowledge, judge_liver
from pipeline.measures.remnant import REMNANT_QUANTITIES, Remnant, find_remnant
from pipeline.measures.remnant_findings import check_remnant, note_fallback
from pipeline.measures.segment_volumes import measure_segments, measure_spleen
from pipeline.measures.uncertainty import mask_volume_interval
from pipeline.measures.volumes import mask_volume_ml
from pipeline.measures.volumetry import Places, Reasons, measure_remnant, measure_volumes
from pipeline.resection import Resections
from pipeline.study import ClinicalRecord, Finding, Study
from pipeline.volume import Mask

LIVER_QUANTITIES = (
    "total_liver_volume_ml",
    "functional_liver_volume_ml",
    "tumour_burden_percent",
    "functional_to_estimated_liver_percent",
    *REMNANT_QUANTITIES,
)


@dataclass(frozen=True, eq=False)
class Liver:
    """The liver as measured.

    Parameters
    ----------
    total
        Liver mask with the intrahepatic lesions; None without a liver mask.
    lesions
        Union of the intrahepatic lesions; None without one.
    division
        The total liver in its Couinaud segments.
    """

    total: Mask | None
    lesions: Mask | None
    division: Division
    remnant: Remnant
    volumes: LiverVolumes | None
    reasons: Reasons


def measure_whole_liver(
    study: Study,
    liver: Mask | None,
    found: LesionSet,
    knowledge: LesionKnowledge,
    facts: Mapping[str, Fact],
    resections: Resections | None,
    limits: AnatomyLimits | None = None,
) -> Liver:
    """Return total liver, lesions, segments and remnant, their volumes, and why any of them is not known.

    Parameters
    ----------
    facts
        Of the clinical record: the plan of the resection.
    resections
        The named resections that it may speak of.
    limits
        When segments contradict their order, so that no plan by segments is followed; None: never.
    """
    masks = [lesion.mask for lesion in found.intrahepatic]
    lesions = unite(masks) if masks else None
    total = None if liver is None else unite([liver] if lesions is None else [liver, lesions])
    incomplete = judge_liver(study, liver, found)
    blocked = knowledge.reason if incomplete is None or is_cut(incomplete) else incomplete
    usable = None if incomplete is not None and not is_cut(incomplete) else total
    division = refuse_order(divide_liver(study.segments, usable), usable, resections, limits)
    remnant = find_remnant(study, usable, lesions, blocked, division=division, facts=facts, resections=resections)
    at_border = remnant.kept is not None and reaches_border(remnant.kept, study.image.geometry)
    cut = incomplete if at_border else None
    reasons = Reasons(
        total=incomplete,
        lesions=knowledge.reason,
        remnant=remnant.reason or cut,
        ratio=remnant.reason or incomplete or remnant.ratio_reason,
    )
    volumes = None if total is None else measure_liver(total, lesions, remnant.kept)
    return Liver(total, lesions, division, remnant, volumes, reasons)


def is_cut(reason: str) -> bool:
    """Tell whether the only trouble is a liver at the border of the scan: parts inside it can still be measured."""
    return reason.startswith("FOV_CUT")


def measure_liver_quantities(
    study: Study,
    liver: Liver,
    body: tuple[Measurement, Measurement],
    clinical: ClinicalRecord,
    structures: Sequence[Measurement],
) -> list[Measurement]:
    """Return volumes of the liver, its remnant and its segments, their ratios, what is known of the body, the spleen.

    Parameters
    ----------
    body
        Body surface area and estimated total liver volume.
    structures
        Volumes of the study's segments as they are drawn, in their order.
    """
    masks = (liver.total, liver.lesions, liver.remnant.kept)
    places = Places(*(_place(study, mask) for mask in masks))
    volumes, reasons, remnant = liver.volumes, liver.reasons, liver.remnant
    return [
        *measure_volumes(volumes, reasons, places),
        *measure_remnant(volumes, reasons, places, remnant.method, remnant.masks),
        measure_remnant_lesions(study, remnant),
        *measure_body_ratios(volumes, reasons, places, body, clinical.facts, remnant.masks),
        *body,
        *measure_segments(study, liver.division, reasons.total, structures),
        measure_spleen(study.segments, structures),
    ]


def check_liver(
    study: Study, liver: Liver, solid: Mask | None, measurements: Sequence[Measurement]
) -> tuple[Finding, ...]:
    """Return the findings on the remnant, on the Couinaud segments that it or the volumes come from, and on holes.

    Parameters
    ----------
    solid
        The total liver with its holes filled; None where it has none.
    """
    planned = any("segment" in name for name in liver.remnant.masks)
    touched = (*SEGMENT_VOLUMES, *(REMNANT_QUANTITIES if planned else ()))
    return (
        *check_remnant(study, liver.remnant, liver.total, liver.lesions),
        *check_division(liver.division, touched),
        *note_fallback(measurements),
        *check_holes(liver.total, solid),
    )


def find_tumour_free(remnant: Remnant) -> Fact:
    """Return whether no lesion lies in the remnant."""
    name = "remnant_tumour_free"
    if remnant.lesions is None:
        return Fact(name, None, remnant.reason)
    return Fact(name, remnant.lesions.is_empty, source="remnant and lesion masks")


def _place(study: Study, mask: Mask | None) -> Location | None:
    """Return the slice in which a mask is largest, if there is one."""
    return None if mask is None else locate_largest_slice(study, mask)


def measure_remnant_lesions(study: Study, remnant: Remnant) -> Measurement:
    """Return the volume of lesions in the remnant, which the remnant's volume leaves out."""
    name = "remnant_lesion_volume_ml"
    if remnant.lesions is None:
        return Measurement(name, None, "mL", reason=remnant.reason, masks=remnant.masks)
    volume = mask_volume_ml(remnant.lesions)
    interval = mask_volume_interval(remnant.lesions, volume)
    where = locate_largest_slice(study, remnant.lesions)
    method = "lesions within the remnant"
    return Measurement(name, volume, "mL", interval.low, interval.high, None, method, remnant.masks, where)
